"""The pages of a warehouse: what each shows, to whom, and what forms answer; then all of them in a real browser."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from conftest import need, program
from flask.testing import FlaskClient
from signing_in import text, token
from warehouse_world import CARRIER, LOT, READER, SHIPPER, furnish

from haoyun.platform.portal.static_files import assets_are_built
from haoyun.rfid_ingest.verify import check_report

PASSWORD, STRANGER, OPERATOR = "correct horse battery", "other@example.com", "ops@example.com"


@pytest.fixture(scope="module")
def furnished(world: Any) -> tuple[Any, str]:
    return world, furnish(world)


@pytest.fixture
def order_id(furnished: tuple[Any, str]) -> str:
    return str(furnished[0].order_id)


def sign_in(client: FlaskClient, email: str) -> FlaskClient:
    form = {"email": email, "password": PASSWORD, "csrf_token": token(client, "/login")}
    assert client.post("/login", data=form).status_code == 302
    client.get("/?lang=en")
    return client


def test_the_gate_page_shows_the_owner_what_is_missing_and_nobody_else(
    client: FlaskClient, furnished: tuple[Any, str]
) -> None:
    page = text(sign_in(client, CARRIER).get("/warehouse/gates"))
    assert READER in page and "2 pallets are missing" in page and "E2801160" in page
    for email in (SHIPPER, STRANGER, OPERATOR):
        assert READER not in text(sign_in(furnished[0].app.test_client(), email).get("/warehouse/gates/now"))


def test_labels_are_numbered_by_the_form_and_printed(client: FlaskClient, furnished: tuple[Any, str]) -> None:
    sign_in(client, SHIPPER)
    form = {
        "csrf_token": token(client, "/warehouse/labels"), "count": "2", "extension": "3",
        "gtin": "0950 6000 134352", "items": "12", "lot": "L9", "net_weight_kg": "812.5", "best_before": "2027-01-31",
    }  # fmt: skip
    made = client.post("/warehouse/labels", data=form)
    assert made.status_code == 302
    page = text(client.get(made.headers["Location"]))
    assert re.findall(r"urn:epc:id:sscc:9521234\.3\d{9}", page)
    pdf = client.get(made.headers["Location"] + "/print?format=a4")
    assert pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF")
    rows = list(csv.DictReader(io.StringIO(text(client.get(made.headers["Location"] + "/tags.csv")))))
    assert len(rows) == 2 and rows[0]["epc_hex"].startswith("31")
    wrong = client.post("/warehouse/labels", data={**form, "gtin": "09506000134353"})
    assert wrong.status_code == 422 and "check digit of this GTIN would be 2" in text(wrong)
    no_pair = client.post("/warehouse/labels", data={**form, "items": ""})
    assert 'id="d-items"' in text(no_pair) and "go together" in text(no_pair)


def test_labels_of_others_are_missing(client: FlaskClient, furnished: tuple[Any, str]) -> None:
    sign_in(client, STRANGER)
    for path in ("", "/print", "/tags.csv"):
        assert client.get(f"/warehouse/labels/{furnished[1]}{path}").status_code == 404


def test_a_scan_is_stored_and_a_wrong_one_comes_back_with_its_reason(
    client: FlaskClient, furnished: tuple[Any, str]
) -> None:
    sign_in(client, SHIPPER)
    form = {"csrf_token": token(client, "/warehouse/work"), "step": "gate_out", "objects": "CSQU3054383\n"}
    page = text(client.post("/warehouse/work", data=form))
    assert "1 EPCIS event" in page and "1 new milestone" in page and furnished[0].tracking_number in page
    wrong = client.post("/warehouse/work", data={**form, "objects": "CSQU3054384"})
    assert wrong.status_code == 422 and "is 3, not 4" in text(wrong) and "CSQU3054384" in text(wrong)


def test_the_custody_report_is_for_the_sides_of_the_order(client: FlaskClient, order_id: str) -> None:
    sign_in(client, STRANGER)
    for path in ("custody", "custody.json", "labels.pdf", "tags.csv"):
        assert client.get(f"/orders/{order_id}/{path}").status_code == 404
    assert (
        client.post(f"/orders/{order_id}/temperature", data={"csrf_token": token(client, "/me")}).status_code
        == 404
    )


def test_the_custody_report_names_holders_gaps_and_hashes_that_verify(
    client: FlaskClient, order_id: str
) -> None:
    sign_in(client, SHIPPER)
    page = text(client.get(f"/orders/{order_id}/custody"))
    assert "East Cold Chain" in page and "Shunda Haulage" in page
    assert "-12 °C, 3 °C outside the range -20…-15 °C" in page
    handed = orjson.loads(client.get(f"/orders/{order_id}/custody.json").data)
    checked = list(check_report(handed))
    assert len(checked) > 10 and all(one.is_right for one in checked)
    assert all(one.said in page for one in checked)


def test_a_recall_shows_the_way_of_a_lot(client: FlaskClient, furnished: tuple[Any, str]) -> None:
    sign_in(client, SHIPPER)
    page = text(client.get("/warehouse/recall", query_string={"what": LOT}))
    assert "LOT-7A" in page and "CSQU3054383" in page and "<svg" in page
    rows = list(
        csv.DictReader(io.StringIO(text(client.get("/warehouse/recall.csv", query_string={"what": LOT}))))
    )
    assert [row["role"] for row in rows] == ["affected", "holder", "holder"]
    assert client.get("/warehouse/recall", query_string={"what": "seven"}).status_code == 422


def test_the_pages_need_a_sign_in(client: FlaskClient, furnished: tuple[Any, str]) -> None:
    for path in ("gates", "gates/now", "work", "labels", "recall"):
        assert client.get(f"/warehouse/{path}").status_code == 302


sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    need("the built front end (python platform/build_assets.py)", assets_are_built())
    path = program("chromium")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme", "width"), [("zh", "light", 390), ("en", "dark", 1280)])
def test_every_warehouse_page_is_clean_and_accessible(
    browser: Any, site: Any, furnished: tuple[Any, str], language: str, theme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme,
        locale="zh-CN" if language == "zh" else "en-GB", reduced_motion="reduce",
    )  # fmt: skip
    page, trouble = context.new_page(), []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    found: dict[str, list[str]] = {}
    for email, paths in (
        (CARRIER, ["/warehouse/gates", "/warehouse/work"]),
        (
            SHIPPER,
            [
                "/warehouse/labels", f"/warehouse/labels/{furnished[1]}", f"/warehouse/recall?what={LOT}",
                f"/orders/{site.order_id}/custody",
            ],
        ),
    ):  # fmt: skip
        context.clear_cookies()
        page.goto(f"{site.url}/login")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.click("form[name=login_user_form] button[type=submit]")
        page.wait_for_url(f"{site.url}/")
        for path in paths:
            trouble.clear()
            page.goto(site.url + path, wait_until="load")
            problems = [
                f"{v['id']}: {v['nodes'][0]['target']}" for v in axe.Axe().run(page).response["violations"]
            ]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                problems.append("the page scrolls sideways")
            found[path] = problems + trouble
    context.close()
    assert {path: problems for path, problems in found.items() if problems} == {}
