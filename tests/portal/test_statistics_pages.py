"""Public figures as pages, and the emissions of an order."""

from __future__ import annotations

import re
from typing import Any

from facts_by_hand import SHANGHAI, WEEK, after_week, price, put
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token

from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.keeper import release_due
from haoyun.platform.statistics.privacy import Rule

EN, ZH = {"Accept-Language": "en"}, {"Accept-Language": "zh"}


def released(world: Any) -> None:
    def post(measure: Measure, number: int) -> Fact:
        org = ("", f"c{number}") if measure is Measure.TRUCK else (f"s{number}", "")
        return Fact(measure, f"{measure}-{number}", WEEK, SHANGHAI, "", *org, 1.0)

    databases = world.services.databases
    with databases.platform.begin() as db:
        put(db, [price(i, 600) for i in range(8)])
        put(db, [post(measure, i) for measure in (Measure.LOAD, Measure.TRUCK) for i in range(6)])
    release_due(databases, Rule(5), 3, after_week())


def test_figures_are_read_without_sign_in_in_both_languages(client: FlaskClient, world: Any) -> None:
    assert "No week has been released yet" in text(client.get("/statistics", headers=EN))
    released(world)
    page = text(client.get("/statistics", headers=EN))
    assert "Lane price index" in page and "6 ¥/km" in page and 'class="figures-chart"' in page
    assert "at least 5 organizations" in page and "CC BY 4.0" in page
    assert "线路运价指数" in text(client.get("/statistics", headers=ZH))
    one = text(client.get("/statistics/price?area=310000>510000", headers=EN))
    assert "Shanghai → Sichuan" in one and re.search(r"<td[^>]*>100\.0</td>", one)
    assert "Every area" in one and "/api/v1/statistics/price.csv?every=week" in one
    assert client.get("/statistics/price?area=nowhere&every=never", headers=EN).status_code == 200
    assert client.get("/statistics/nothing", headers=EN).status_code == 404
    picture = client.get("/statistics/ratio/2026-W21.png")
    assert picture.mimetype == "image/png" and picture.data.startswith(b"\x89PNG")
    assert client.get("/statistics/ratio/2026-W20.png").status_code == 404
    assert client.get("/statistics/ratio/..%2Fsecret.png").status_code == 404


def test_an_order_shows_its_emissions_and_takes_its_carriers_fuel(client: FlaskClient, world: Any) -> None:
    path = f"/orders/{world.order_id}"
    sign_in(client, SHIPPER)
    page = text(client.get(path, headers=EN))
    assert "kg CO₂e" in page and "default values" in page and 'name="litres"' not in page
    form = {"litres": "60", "csrf_token": token(client, "/me")}
    assert client.post(f"{path}/fuel", data=form).status_code == 403
    totals = text(client.get("/emissions", headers=EN))
    assert "No delivered shipment yet" in totals and "EN 16258:2012" in totals
    client = sign_in(world.app.test_client(), CARRIER)
    assert 'name="litres"' in text(client.get(path, headers=EN))
    for typed, said in (("much", "Fuel must be a number of litres"), ("60", "once the order is confirmed")):
        form = {"litres": typed, "csrf_token": token(client, "/me")}
        answer = client.post(f"{path}/fuel", data=form, headers=EN, follow_redirects=True)
        assert said in text(answer)
    client = sign_in(world.app.test_client(), STRANGER)
    form = {"litres": "60", "csrf_token": token(client, "/me")}
    assert client.post(f"{path}/fuel", data=form).status_code == 404
    assert client.get("/emissions").status_code == 200
