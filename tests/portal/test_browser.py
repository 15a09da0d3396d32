"""A real browser: no console error, no request to another host, no accessibility violation, on every page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import need, program
from docks_world import furnish as furnish_docks

from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.platform.docks.docks_store import docks_of
from haoyun.platform.market.load import LoadDraft
from haoyun.platform.market.store import post_load
from haoyun.platform.market.values import Body, Window
from haoyun.platform.portal.static_files import assets_are_built
from haoyun.platform.trading.store import submit_quote
from haoyun.tracking.context_store import fences_of
from haoyun.tracking.geofences import Polygon

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "correct horse battery"
CARRIER, SHIPPER, OPERATOR = "carrier@example.com", "shipper@example.com", "ops@example.com"
MAP_READY_MS = 20_000  # software rendering on a busy machine
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
# Each language meets each width and each theme; the first two looks visit every page, the others the main ones.
LOOKS = [
    ("zh", "light", 1440),
    ("en", "dark", 390),
    ("zh", "dark", 1440),
    ("en", "light", 390),
    ("zh", "light", 390),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    need("the built front end (python platform/build_assets.py)", assets_are_built())
    path = program("chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page that writes down what it should not have done."""

    page: Any
    base: str
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda m: self.trouble.append(f"console: {m.text}") if m.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        self.page.on("request", self._check_host)

    def _check_host(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(self.base).netloc:
            self.trouble.append(f"request to another host: {request.url}")

    def open(self, path: str) -> None:
        self.page.goto(self.base + path, wait_until="load")
        for box in self.page.locator("[data-map]").all():
            if box.is_visible():
                box.scroll_into_view_if_needed()
                self._wait_for_map(box)

    def _wait_for_map(self, box: Any) -> None:
        for _ in range(MAP_READY_MS // 100):
            if "ready" in (box.get_attribute("class") or "").split():
                return
            self.page.wait_for_timeout(100)
        self.trouble.append("the map did not become ready")

    def sign_in(self, email: str) -> None:
        self.page.goto(f"{self.base}/login")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.page.click("form[name=login_user_form] button[type=submit]")
        self.page.wait_for_url(f"{self.base}/")

    def problems(self) -> list[str]:
        """What is wrong with the open page."""
        found = [
            f"{v['id']}: {v['help']} at {v['nodes'][0]['target']} {v['nodes'][0].get('failureSummary', '')[:300]}"
            for v in axe.Axe().run(self.page).response["violations"]
        ]
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("the page scrolls sideways")
        return found + self.trouble


def open_tab(browser: Any, base: str, language: str = "zh", theme: str = "light", width: int = 1440) -> Tab:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        locale="zh-CN" if language == "zh" else "en-GB",
        has_touch=width < 500,
        reduced_motion="reduce",
    )
    return Tab(context.new_page(), base)


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_every_page_is_clean_and_accessible(
    browser: Any, site: Any, language: str, theme: str, width: int
) -> None:
    everything = (language, theme, width) in LOOKS[:2]
    public = ["/", "/login", "/loads", "/trucks", "/track", f"/track/{site.tracking_number}"]
    carrier = [
        "/loads", f"/loads/{site.loads[1].id}", f"/trucks/{site.capacity_ids[0]}", "/trucks/new", "/orders",
        f"/orders/{site.order_id}", f"/orders/{site.order_id}/share",
        f"/orders/{site.order_id}/replay", "/alerts", "/alerts/rules", "/live", "/dispatch",
        "/fences", "/exceptions", "/duty", "/privacy",
        f"/dispatch/{site.job_id}", "/me",
        "/devices", "/devices/new", "/devices/tracker-0001",
    ]  # fmt: skip
    if not everything:
        public = ["/", public[-1]]
        carrier = ["/loads", f"/orders/{site.order_id}", "/live", "/devices/tracker-0001"]
    shipper = ["/loads/new", f"/loads/{site.loads[1].id}"] if everything else []
    found = {}
    for email, paths in ((None, public), (CARRIER, carrier), (SHIPPER, shipper)):
        tab = open_tab(browser, site.url, language, theme, width)
        if email:
            tab.sign_in(email)
        found |= {(email or "public", path): check(tab, path) for path in paths}
        tab.page.context.close()
    assert {where: problems for where, problems in found.items() if problems} == {}


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("zh", "light", 390), ("en", "dark", 390), ("en", "light", 1280)]
)
def test_every_page_of_docks_is_clean_and_accessible(
    browser: Any, site: Any, language: str, theme: str, width: int
) -> None:
    house, booking = furnish_docks(site, site.actors[SHIPPER], site.actors[CARRIER])
    with site.services.read() as db:
        dock = docks_of(db, [house], site.actors[SHIPPER])[0].id
    both = [f"/warehouses/{house}", f"/warehouses/{house}/book", "/bookings", f"/bookings/{booking}"]
    own = [*both, f"/warehouses/{house}/edit", f"/docks/{dock}", f"/warehouses/{house}/docks/new"]
    found = {}
    for email, paths in ((CARRIER, ["/warehouses", *both]), (SHIPPER, [*own, "/warehouses/new"])):
        tab = open_tab(browser, site.url, language, theme, width)
        tab.sign_in(email)
        found |= {(email, path): check(tab, path) for path in paths}
        tab.page.context.close()
    assert {where: problems for where, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("language", "theme", "width"), [("zh", "dark", 390), ("en", "light", 1280)])
def test_pages_of_accounts_publishing_and_figures_are_clean_and_accessible(
    browser: Any, site: Any, language: str, theme: str, width: int
) -> None:
    own = [
        "/organization", "/people", "/me/keys", "/me/security", "/me/two-step", "/webhooks", "/fleet",
        "/fleet/vehicles/new", "/fleet/drivers/new", "/emissions", "/rounds", "/warehouse/work",
        *(f"/publish{part}" for part in ("", "/paste", "/import", "/repeats", "/lanes", "/partners", "/flags")),
    ]  # fmt: skip
    found = {}
    for email, paths in ((None, ["/register", "/statistics"]), (CARRIER, own), (OPERATOR, ["/verification"])):
        tab = open_tab(browser, site.url, language, theme, width)
        if email:
            tab.sign_in(email)
        found |= {(email or "public", path): check(tab, path) for path in paths}
        tab.page.context.close()
    assert {where: problems for where, problems in found.items() if problems} == {}


def check(tab: Tab, path: str) -> list[str]:
    tab.trouble.clear()
    tab.open(path)
    return tab.problems()


@pytest.mark.parametrize(("language", "width"), [("zh", 390), ("en", 1440)])
def test_a_device_is_registered_and_its_secret_seen_once(
    browser: Any, site: Any, language: str, width: int
) -> None:
    name = f"phone-{language}-{width}"
    tab = open_tab(browser, site.url, language, width=width)
    tab.sign_in(CARRIER)
    tab.open("/devices/new")
    tab.page.fill("#f-name", "x")
    tab.page.click(".form-foot button")
    tab.page.locator("#d-name.err").wait_for()
    tab.trouble.clear()  # the browser itself logs the status 422
    tab.page.fill("#f-name", name)
    tab.page.select_option("#f-vehicle_id", site.vehicle_ids[0])
    tab.page.click(".form-foot button")
    tab.page.locator(".qr svg").first.wait_for()
    secret = tab.page.locator("#secret ~ dl dd").nth(2).inner_text()
    assert len(secret) >= 22
    assert tab.problems() == []
    tab.page.click("main p > a.btn")
    tab.page.wait_for_url(f"**/devices/{name}")
    assert secret not in tab.page.content()
    assert tab.problems() == []
    tab.page.context.close()


def test_a_missing_page_is_accessible_too(browser: Any, site: Any) -> None:
    tab = open_tab(browser, site.url)
    tab.page.goto(f"{site.url}/nope")
    tab.trouble.clear()  # the browser itself logs the status 404
    assert tab.problems() == []
    tab.page.context.close()


def test_the_theme_switch_is_at_once_and_lasts(browser: Any, site: Any) -> None:
    tab = open_tab(browser, site.url)
    tab.open("/track")
    tab.page.click("[data-theme-switch]")
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.open("/login")
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert tab.problems() == []
    tab.page.context.close()


def test_on_a_phone_the_list_comes_first_and_the_map_behind_a_switch(browser: Any, site: Any) -> None:
    tab = open_tab(browser, site.url, "en", width=390)
    tab.open("/loads")
    assert tab.page.locator(".offers").is_visible() and not tab.page.locator("[data-map]").is_visible()
    tab.page.click("[data-map-switch]")
    tab.page.wait_for_selector(".mapbox.ready", timeout=MAP_READY_MS)
    assert tab.page.locator("[data-map-switch]").inner_text().strip() == "List"
    assert tab.problems() == []
    tab.page.context.close()


def test_figures_that_cannot_be_refreshed_say_so_and_recover(browser: Any, site: Any) -> None:
    tab = open_tab(browser, site.url, "en")
    tab.page.route("**/figures", lambda route: route.fulfill(status=503, body="<p>proxy error page</p>"))
    tab.open("/")
    stale = tab.page.locator(".live-strip .stale")
    stale.wait_for(state="visible", timeout=15_000)
    assert "proxy error page" not in tab.page.content()
    tab.page.unroute("**/figures")
    stale.wait_for(state="hidden", timeout=15_000)
    tab.page.context.close()


def test_the_live_map_moves_and_says_when_it_is_stale(browser: Any, site: Any) -> None:
    tab = open_tab(browser, site.url, "en")
    tab.sign_in(CARRIER)
    tab.open("/live")
    assert tab.page.locator("[data-count]").inner_text().isdigit()
    tab.page.click(".vehicle >> nth=1")
    popup = tab.page.locator(".maplibregl-popup-content")
    popup.wait_for(timeout=15_000)
    assert "浙" in popup.inner_text() or "苏" in popup.inner_text()
    tab.page.route("**/live/vehicles.json", lambda route: route.abort())
    tab.page.locator(".mapbox .stale").wait_for(state="visible", timeout=15_000)
    tab.page.context.close()


def test_public_tracking_works_without_javascript(browser: Any, site: Any) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{site.url}/")
    page.fill("#hero-number", site.tracking_number)
    page.click(".track-card button")
    assert page.locator("svg.minimap:visible").count() == 1
    assert page.locator(".timeline li").count() >= 4
    context.close()


def test_a_shipper_accepts_a_quote_in_the_browser(browser: Any, site: Any) -> None:
    load_id = a_quoted_load(site)
    tab = open_tab(browser, site.url, "en")
    tab.page.on("dialog", lambda dialog: dialog.accept())
    tab.sign_in(SHIPPER)
    tab.open(f"/loads/{load_id}")
    tab.page.click(".quote .btn:has-text('Accept')")
    tab.page.wait_for_url("**/orders/ord_*")
    assert "the order is made" in tab.page.locator(".flash").inner_text()
    assert tab.trouble == []
    tab.page.context.close()


def test_a_place_that_the_map_does_not_name_is_completed_by_the_closest_it_does(
    browser: Any, site: Any, place_book: PlaceBook
) -> None:
    folder = site.services.settings.maps_folder
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / place_book.path.name
    if not book.exists():
        book.symlink_to(place_book.path)
    tab = open_tab(browser, site.url, "zh")
    tab.open("/loads")
    tab.page.type("input[name=origin]", "北仑")
    tab.page.wait_for_selector("datalist option[data-found]", state="attached")
    options = tab.page.eval_on_selector_all(
        "datalist option[data-found]", "found => found.map(o => [o.value, o.label])"
    )
    assert ["宁波", "北仑区 · 浙江省宁波市"] in options
    assert tab.problems() == []
    tab.page.context.close()


def a_quoted_load(site: Any) -> str:
    now, market = datetime.now(UTC), site.services.market
    draft = LoadDraft(
        goods="茶叶 Tea",
        weight_kg=2000,
        origin=market.site("合肥"),
        destination=market.site("南京"),
        pickup=Window(now + timedelta(hours=4), now + timedelta(hours=12)),
        delivery=Window(now + timedelta(hours=8), now + timedelta(hours=30)),
        body=frozenset({Body.CURTAIN}),
    )
    with site.services.write() as db:
        load = post_load(db, site.actors[SHIPPER], draft, now, market.snapshot(now))
        submit_quote(db, site.actors[CARRIER], load.id, site.capacity_ids[4], 180_000, now)
    return load.id


def test_an_area_is_drawn_by_tapping_its_corners_and_is_watched(browser: Any, site: Any) -> None:
    tab = open_tab(browser, site.url, "en", "light", 1280)
    tab.sign_in(CARRIER)
    tab.open("/fences")
    page = tab.page
    page.wait_for_selector("[data-draw]:not([hidden])")
    page.check("input[name=draw_kind][value=polygon]")
    canvas = page.locator(".fence-map canvas").first
    for x, y in ((150, 120), (260, 120), (220, 210)):
        canvas.click(position={"x": x, "y": y})
        page.wait_for_timeout(350)  # two quick taps would be a zoom
    page.fill("#f-name", "Tapped yard")
    page.click("[data-fence-form] button[type=submit]")
    page.wait_for_selector("text=The fence is watched from now on.")
    with site.services.read_tracking() as db:
        (fence,) = (one for one in fences_of(db, site.actors[CARRIER].org_id) if one.name == "Tapped yard")
    assert isinstance(fence.shape, Polygon) and len(fence.shape.points) == 3
    assert tab.problems() == []
    page.context.close()
