"""Public figures and emissions over HTTP: shapes, files, caches, and who may look."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from facts_by_hand import SHANGHAI, WEEK, after_week, price, put
from flask.testing import FlaskClient

from haoyun.platform.database import Databases
from haoyun.platform.statistics.export import csv_file
from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.keeper import release_due
from haoyun.platform.statistics.privacy import Rule
from haoyun.platform.statistics.read import Figure
from haoyun.platform.statistics.series import Series

ROOT = "/api/v1/statistics"


@pytest.fixture
def released(databases: Databases) -> None:
    def post(measure: Measure, number: int) -> Fact:
        org = ("", f"c{number}") if measure is Measure.TRUCK else (f"s{number}", "")
        return Fact(measure, f"{measure}-{number}", WEEK, SHANGHAI, "", *org, 1.0)

    with databases.platform.begin() as db:
        put(db, [price(i, 600) for i in range(8)])
        put(db, [post(measure, i) for measure in (Measure.LOAD, Measure.TRUCK) for i in range(6)])
    release_due(databases, Rule(5), 3, after_week())


@pytest.mark.usefixtures("released")
def test_a_series_its_areas_and_its_history(client: FlaskClient) -> None:
    listed = client.get(ROOT, headers={"Accept-Language": "en"}).json
    assert listed is not None
    first = listed["items"][0]
    assert (first["series"], first["title"], first["latest_week"]) == (
        "price",
        "Lane price index",
        "2026-W21",
    )
    history = client.get(f"{ROOT}/price?area=310000>510000", headers={"Accept-Language": "zh"}).json
    assert history is not None
    (item,) = history["items"]
    assert (item["value"], item["index"], item["name"]) == (6.0, 100.0, "上海 → 四川")
    areas = client.get(f"{ROOT}/price/areas").json
    assert areas is not None and {one["area"] for one in areas["items"]} == {"all", "310000>510000"}


@pytest.mark.usefixtures("released")
def test_files_have_units_a_licence_and_are_fetched_once(client: FlaskClient) -> None:
    answer = client.get(f"{ROOT}/price.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["value [CNY/km]"] == "6.0" and rows[0]["first_day"] == "2026-05-18"
    assert 'rel="license"' in answer.headers["Link"] and answer.last_modified is not None
    again = client.get(f"{ROOT}/price.csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    monthly = client.get(f"{ROOT}/price.csv?every=month", headers={"If-None-Match": answer.headers["ETag"]})
    assert monthly.status_code == 200


@pytest.mark.usefixtures("released")
def test_a_period_on_the_map(client: FlaskClient) -> None:
    answer = client.get(f"{ROOT}/ratio.geojson")
    assert answer.mimetype == "application/geo+json" and answer.json is not None
    shapes = {f["id"]: (f["geometry"] or {}).get("type") for f in answer.json["features"]}
    assert shapes == {"all": None, "310000": "Point", SHANGHAI: "Polygon"}
    assert answer.json["license"].startswith("https://creativecommons.org/licenses/by/4.0")
    lanes = client.get(f"{ROOT}/price.geojson").json
    assert lanes is not None and {(f["geometry"] or {}).get("type") for f in lanes["features"]} == {
        None, "LineString",
    }  # fmt: skip


@pytest.mark.usefixtures("released")
def test_the_catalogue_names_every_series_with_files_that_are_there(client: FlaskClient) -> None:
    answer = client.get(f"{ROOT}/catalog.jsonld")
    assert answer.mimetype == "application/ld+json"
    assert answer.json is not None
    sets = answer.json["dcat:dataset"]
    assert [one["dct:identifier"] for one in sets] == list(Series)
    for one in sets:
        for file in one["dcat:distribution"]:
            path = file["dcat:downloadURL"].removeprefix("http://localhost")
            assert client.get(path).status_code == 200, path


def test_before_the_first_release_everything_is_empty_and_nothing_fails(client: FlaskClient) -> None:
    for path in ("", "/catalog.jsonld", "/price", "/price/areas", "/price.csv", "/price.geojson"):
        assert client.get(ROOT + path).status_code == 200, path


@pytest.mark.parametrize("path", ["/prices", "/prices.csv", "/prices.geojson", "/prices/areas"])
def test_an_unknown_series_is_missing(client: FlaskClient, path: str) -> None:
    assert client.get(ROOT + path).status_code == 404


def test_a_wrong_period_is_named_with_its_rule(client: FlaskClient) -> None:
    answer = client.get(f"{ROOT}/price/areas?period=yesterday", headers={"Accept-Language": "en"})
    assert answer.status_code == 422 and answer.json is not None
    assert "must match" in answer.json["errors"]["period"]


def test_no_cell_of_a_file_begins_a_formula() -> None:
    figure = Figure(Series.PRICE, "=1+1", "lane", "2026-W21", WEEK, None, None, 0, 0)
    file = io.BytesIO()
    csv_file(file, Series.PRICE, [figure])
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode()))
    assert row["area"] == "'=1+1" and row["status"] == "withheld" and row["value [CNY/km]"] == ""


def test_both_sides_read_an_orders_emissions_and_its_carrier_reports_the_fuel(
    shipper: Any, carrier: Any, stranger: Any, deal: Any, databases: Databases
) -> None:
    order = shipper.post(f"/quotes/{deal.quote_id}/accept").json["id"]
    estimate = shipper.get(f"/orders/{order}/emissions").json
    assert estimate["quality"] == "default" and estimate["wtw_kg_co2e"] > estimate["ttw_kg_co2e"] > 0
    assert sum(part["kg_co2e"] for part in estimate["parts"]) == pytest.approx(
        estimate["wtw_kg_co2e"], abs=0.02
    )
    assert stranger.get(f"/orders/{order}/emissions").status_code == 404
    assert carrier.call("PUT", f"/orders/{order}/fuel", json={"litres": 60}).status_code == 409

    from haoyun.platform.emissions.factors import Factors
    from haoyun.platform.statistics.follow import Sources
    from haoyun.platform.statistics.keeper import take_in
    from haoyun.tracking.instants import from_ms

    carrier.post(f"/orders/{order}/confirm", {"vehicle_id": deal.vehicle_id})
    take_in(databases, Sources(lambda a, b: 50_000.0, Factors()), from_ms(4_000_000_000_000))
    modelled = shipper.get(f"/orders/{order}/emissions").json
    assert modelled["quality"] == "modelled" and modelled["empty_km"] == 50.0
    assert shipper.call("PUT", f"/orders/{order}/fuel", json={"litres": 60}).status_code == 403
    wrong = carrier.call("PUT", f"/orders/{order}/fuel", json={"litres": -1})
    assert wrong.status_code == 422 and "litres" in wrong.json["errors"]
    assert carrier.call("PUT", f"/orders/{order}/fuel", json={"litres": 60}).json["quality"] == "primary"
    assert carrier.call("PUT", f"/orders/{order}/fuel", json={"litres": None}).json["quality"] == "modelled"
    assert shipper.get("/emissions").json["items"] == []  # nothing is delivered yet
