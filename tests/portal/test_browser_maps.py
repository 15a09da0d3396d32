"""Maps in a real browser: our tiles are drawn, the credit is in sight, other base maps work, and so does none."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import waitress
from conftest import need, program

from haoyun.maps.catalog import import_map
from haoyun.maps.tiles.tileset import build_tiles
from haoyun.platform.database import Databases
from haoyun.platform.migrations import upgrade
from haoyun.platform.portal.app import create_app
from haoyun.platform.portal.static_files import assets_are_built
from haoyun.platform.settings import Settings

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

CARRIER, PASSWORD = "carrier@example.com", "correct horse battery"
READY_MS = 20_000  # software rendering on a busy machine
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
WEBGL, NO_WEBGL = "--enable-unsafe-swiftshader", "--disable-3d-apis"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
DRAWN = """(layers) => {
  const map = document.querySelector("[data-map]").map;
  return layers.filter((id) => map.queryRenderedFeatures(undefined, { layers: [id] }).length > 0);
}"""


ANYONE = {"Access-Control-Allow-Origin": "*"}
STYLE = """{"version": 8, "sources": {}, "layers": [
  {"id": "theirs", "type": "background", "paint": {"background-color": "#ddeeff"}}]}"""


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[[str], Any]]:
    """Starts a browser with one more argument."""
    need("the built front end (python platform/build_assets.py)", assets_are_built())
    path, started = program("chromium"), []
    with sync_api.sync_playwright() as playwright:

        def start(argument: str) -> Any:
            found = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, argument])
            started.append(found)
            return found

        yield start
        for one in started:
            one.close()


@pytest.fixture(scope="module")
def browser(launch: Callable[[str], Any]) -> Any:
    return launch(WEBGL)


@pytest.fixture
def served() -> Iterator[Callable[[Settings, Databases], str]]:
    """Serves a portal until the end of the test."""
    servers: list[Any] = []

    def serve(settings: Settings, databases: Databases) -> str:
        app = create_app(settings, databases)
        servers.append(waitress.create_server(app, host="127.0.0.1", port=0, threads=4))
        threading.Thread(target=servers[-1].run, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].effective_port}"

    yield serve
    for server in servers:
        server.close()


def opened(browser: Any, url: str, width: int = 1200, **context: Any) -> tuple[Any, list[str]]:
    """A page whose map is drawn, and what went wrong or to other hosts on the way."""
    made = browser.new_context(viewport={"width": width, "height": 780}, locale="en-GB", **context)
    page, trouble = made.new_page(), []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    host = urlsplit(url).netloc
    page.on(
        "request",
        lambda r: (
            trouble.append(r.url) if r.url.startswith("http") and urlsplit(r.url).netloc != host else None
        ),
    )
    page.goto(url)
    return page, trouble


def wait(page: Any) -> None:
    page.wait_for_selector(".mapbox.ready", timeout=READY_MS)
    page.wait_for_function("document.querySelector('[data-map]').map.areTilesLoaded()", timeout=READY_MS)


def test_streets_land_and_names_are_drawn_from_our_own_tiles_alone(
    browser: Any, served: Any, shared_data: Path, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, map="columbus")
    source = shared_data / "maps" / "columbus.osm.pbf"
    build_tiles(import_map(source, "columbus", settings.maps_folder), settings.maps_folder, source)
    databases = settings.databases()
    upgrade(databases)
    page, trouble = opened(browser, served(settings, databases) + "/loads")
    wait(page)
    page.evaluate("document.querySelector('[data-map]').map.jumpTo({center: [-83.0, 39.96], zoom: 13.5})")
    page.wait_for_timeout(300)
    wait(page)
    page.wait_for_function(f"({DRAWN})(['road-names']).length === 1", timeout=READY_MS)
    layers = ["road-main", "road-small", "land", "water", "rail", "building", "road-names", "road-numbers"]
    assert page.evaluate(DRAWN, layers) == layers
    assert trouble == []
    databases.close()


@pytest.mark.parametrize(("width", "switch"), [(1200, False), (390, True)])
def test_the_credit_is_in_sight_on_every_screen(browser: Any, site: Any, width: int, switch: bool) -> None:
    page, trouble = opened(browser, f"{site.url}/loads", width)
    if switch:
        page.click("[data-map-switch]")
    wait(page)
    credit = page.locator(".maplibregl-ctrl-attrib")
    assert "GeoNames" in credit.inner_text()
    # What is on top at its middle is the credit itself, not the bar of tabs or a legend.
    assert credit.evaluate(
        """(element) => {
          const box = element.getBoundingClientRect();
          const x = box.x + box.width / 2;
          return [box.y + 2, box.bottom - 2].every((y) => element.contains(document.elementFromPoint(x, y)));
        }"""
    )
    assert trouble == []


def with_other_host(
    browser: Any, host: str, body: bytes | str, kind: str
) -> tuple[Any, list[str], list[str]]:
    """A page, what it asked of the host (which answers everything with `body`), and what went wrong."""
    page = browser.new_page(viewport={"width": 1200, "height": 780}, locale="en-GB")
    asked: list[str] = []
    trouble: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body=body, content_type=kind, headers=ANYONE)

    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.route(f"https://{host}/**", answer)
    return page, asked, trouble


def test_raster_tiles_of_another_maker_lie_below_our_lanes(browser: Any, site: Any, served: Any) -> None:
    settings = Settings(
        data=site.services.settings.data,
        map_raster_url="https://tiles.example.cn/{z}/{x}/{y}.png",
        map_attribution="Approved map GS(2026)0000",
        map_crs="gcj02",
    )
    url = served(settings, site.services.databases)
    page, asked, trouble = with_other_host(browser, "tiles.example.cn", PIXEL, "image/png")
    page.goto(f"{url}/loads")
    wait(page)
    assert asked and page.evaluate(DRAWN, ["lines"]) == ["lines"]
    assert "GS(2026)0000" in page.locator(".maplibregl-ctrl-attrib").inner_text()
    assert trouble == []
    page.close()


def test_a_style_of_another_maker_keeps_our_lanes_in_both_themes(
    browser: Any, site: Any, served: Any
) -> None:
    settings = Settings(
        data=site.services.settings.data,
        map_style_url="https://maps.example.com/style.json",
        map_attribution="© Example",
    )
    url = served(settings, site.services.databases)
    page, _, trouble = with_other_host(browser, "maps.example.com", STYLE, "application/json")
    page.goto(f"{url}/loads")
    for _ in range(2):
        wait(page)
        page.wait_for_function(f"({DRAWN})(['lines']).length === 1", timeout=READY_MS)
        assert page.evaluate("document.querySelector('[data-map]').map.getLayer('theirs') !== undefined")
        page.click("[data-theme-switch]")
    assert trouble == []
    page.close()


def test_without_webgl_the_order_page_shows_the_servers_drawing(launch: Any, site: Any) -> None:
    page, _ = opened(launch(NO_WEBGL), f"{site.url}/login")
    page.fill("[name=email]", CARRIER)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")
    page.goto(f"{site.url}/orders/{site.order_id}")
    page.locator(".map-loading", has_text="cannot draw the map").wait_for(timeout=READY_MS)
    drawn = page.locator(".map-drawn svg.minimap")
    assert drawn.is_visible()
    assert "GeoNames" in (drawn.text_content() or "")
