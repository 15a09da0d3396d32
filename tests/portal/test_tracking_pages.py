"""Fences of every shape and out of files, duty from the phone, retention and looks, exceptions: the pages."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token

from haoyun.platform.trading.store import consignment_of
from haoyun.tracking.calendars import Calendar
from haoyun.tracking.context_store import fences_of
from haoyun.tracking.duty import find_off_duty
from haoyun.tracking.exceptions import ExceptionKind, ShipmentException, exceptions_of, raise_exception
from haoyun.tracking.geofences import Circle, Corridor, Polygon
from haoyun.tracking.history.retention import get_retentions
from haoyun.tracking.store import get_device, list_devices
from haoyun.tracking.timeline import Source

ENGLISH, CHINESE = {"Accept-Language": "en"}, {"Accept-Language": "zh"}
RING = [[121.5, 29.8], [121.6, 29.8], [121.6, 29.9], [121.5, 29.8]]


@pytest.fixture
def carrier(client: FlaskClient) -> FlaskClient:
    return sign_in(client, CARRIER)


def watched(world: Any, who: str = CARRIER) -> dict[str, Any]:
    with world.services.read_tracking() as db:
        return {one.name: one for one in fences_of(db, world.actors[who].org_id)}


def post_fence(client: FlaskClient, headers: dict[str, str] = ENGLISH, **form: Any) -> Any:
    form = {"csrf_token": token(client, "/fences"), **form}
    return client.post("/fences", data=form, headers=headers)


def test_what_was_drawn_is_watched_and_ended(world: Any, carrier: FlaskClient) -> None:
    area = json.dumps({"type": "Polygon", "coordinates": [RING]})
    road = json.dumps({"type": "LineString", "coordinates": RING[:2], "radius_m": 300})
    assert post_fence(carrier, name="Drawn area", shape=area, drawn="map", dwell_min="30").status_code == 302
    assert post_fence(carrier, name="Drawn road", shape=road, drawn="map").status_code == 302
    assert post_fence(carrier, name="By numbers", lat="29.9", lon="121.5", radius_m="400").status_code == 302
    found = watched(world)
    assert isinstance(found["Drawn area"].shape, Polygon) and found["Drawn area"].dwell_s == 1800
    assert found["Drawn road"].shape == Corridor(((29.8, 121.5), (29.8, 121.6)), 300)
    assert found["By numbers"].shape == Circle(29.9, 121.5, 400)
    page = text(carrier.get("/fences", headers=ENGLISH))
    assert "Area of 3 points" in page and "Corridor of 2 points" in page and "Drawn road" in page
    for name in ("Drawn area", "Drawn road", "By numbers"):
        form = {"csrf_token": token(carrier, "/fences")}
        carrier.post(f"/fences/{found[name].id}/end", data=form)
    assert not watched(world).keys() & found.keys()


def test_a_fence_can_be_watched_at_some_hours_only(world: Any, carrier: FlaskClient) -> None:
    place = {"lat": "29.9", "lon": "121.5", "radius_m": "400"}
    hours = {"weekdays": ["5", "6"], "hours_start": "22:00", "hours_end": "06:00"}
    assert post_fence(carrier, name="At night", **place, **hours).status_code == 302
    assert post_fence(carrier, name="Sundays", **place, weekdays="7").status_code == 302
    found = watched(world)
    zone = found["At night"].calendar.zone
    assert found["At night"].calendar == Calendar.of(frozenset({5, 6}), "22:00", "06:00", zone)
    assert found["Sundays"].calendar == Calendar.of(frozenset({7}), "", "", zone)
    assert f"Fri Sat 22:00 to 06:00 ({zone})" in text(carrier.get("/fences", headers=ENGLISH))
    assert f"周五 周六 22:00 至 06:00（{zone}）" in text(
        carrier.get("/fences", headers={"Accept-Language": "zh"})
    )
    refused = post_fence(carrier, name="Half", **place, hours_start="22:00")
    assert refused.status_code == 422 and "22:00 to 06:00" in text(refused)
    for name in ("At night", "Sundays"):
        form = {"csrf_token": token(carrier, "/fences")}
        carrier.post(f"/fences/{found[name].id}/end", data=form)


def test_a_file_brings_all_its_shapes_or_none(world: Any, carrier: FlaskClient) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"name": "Yard"},
            "geometry": {"type": "Polygon", "coordinates": [RING]},
        },
        {
            "type": "Feature",
            "properties": {"名称": "堆场"},
            "geometry": {"type": "Point", "coordinates": [121.7, 29.9]},
        },
    ]

    def upload(radius: str, more: list[dict[str, Any]], headers: dict[str, str] = ENGLISH) -> Any:
        content = json.dumps({"type": "FeatureCollection", "features": features + more}).encode()
        return post_fence(carrier, headers, file=(io.BytesIO(content), "yards.geojson"), radius_m=radius)

    bad = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [RING[:2]]}}
    refused = upload("300", [bad])
    assert refused.status_code == 422 and "shape 3 of the file: a polygon has at least 3 points" in text(
        refused
    )
    assert "文件中第 2 个形状：形状须为" in text(upload("", [], CHINESE))  # a point without a radius
    assert not watched(world).keys() & {"Yard", "堆场"}
    assert upload("300", []).status_code == 302
    assert watched(world)["堆场"].shape == Circle(29.9, 121.7, 300)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "X"}, "draw it on the map"),
        ({"name": "X", "lat": "200", "lon": "1", "radius_m": "50"}, "latitude -85..85"),
        ({"name": "X", "lat": "abc", "lon": "1", "radius_m": "50"}, "Please enter a number"),
        ({"name": "", "lat": "30", "lon": "120", "radius_m": "50"}, "1 to 120 characters"),
        ({"name": "X", "shape": "{", "drawn": ""}, "this is no GeoJSON text"),
        ({"name": "X", "lat": "30", "lon": "120", "radius_m": "5"}, "20 to 100000 m"),
        (
            {"name": "X", "lat": "30", "lon": "120", "radius_m": "50", "dwell_min": "0.1"},
            "a minute to thirty days",
        ),
    ],
)
def test_each_wrong_fence_is_named_with_its_rule(
    carrier: FlaskClient, form: dict[str, str], sentence: str
) -> None:
    answer = post_fence(carrier, **form)
    assert answer.status_code == 422 and sentence in text(answer)


def test_a_driver_goes_off_and_on_duty_by_one_button(world: Any, carrier: FlaskClient) -> None:
    with world.services.read_tracking() as db:
        devices = list_devices(db, world.actors[CARRIER].org_id)
    device = next(d for d in devices if d.kind != "reader" and d.revoked_at is None)
    for on, words in (("0", "off duty since"), ("1", "on duty")):
        form = {"csrf_token": token(carrier, "/duty"), "on": on}
        page = text(carrier.post(f"/duty/{device.name}", data=form, headers=ENGLISH, follow_redirects=True))
        assert words in page
        with world.services.read_tracking() as db:
            assert bool(find_off_duty(db, [get_device(db, device.name).id])) == (on == "0")
    other = sign_in(world.app.test_client(), SHIPPER)
    form = {"csrf_token": token(other, "/me"), "on": "0"}
    assert other.post(f"/duty/{device.name}", data=form).status_code == 404
    assert device.name not in text(other.get("/duty"))


def test_the_owner_says_how_long_positions_are_kept(world: Any, carrier: FlaskClient) -> None:
    org = world.actors[CARRIER].org_id
    for typed, kept, status in (
        ("30", 30, 302),
        ("0", 30, 422),
        ("4000", 30, 422),
        ("x", 30, 422),
        ("", None, 302),
    ):
        form = {"csrf_token": token(carrier, "/privacy"), "keep_days": typed}
        assert carrier.post("/privacy/retention", data=form, headers=ENGLISH).status_code == status, typed
        with world.services.read_tracking() as db:
            assert get_retentions(db).get(org) == kept


def test_the_owner_sees_who_looked_and_strangers_do_not(world: Any, client: FlaskClient) -> None:
    visitor = world.app.test_client()
    visitor.get(f"/track/{world.tracking_number}", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert "198.51.100.0/24" in text(sign_in(client, SHIPPER).get("/privacy", headers=ENGLISH))
    stranger = sign_in(world.app.test_client(), STRANGER)
    assert "198.51.100.0/24" not in text(stranger.get("/privacy", headers=ENGLISH))


def test_the_shipper_settles_an_exception_on_its_page(world: Any, client: FlaskClient) -> None:
    now = datetime.now(UTC)
    with world.services.read() as db:
        journey = consignment_of(db, world.order_id).id
    with world.services.write_tracking() as db:
        raise_exception(
            db, ShipmentException(journey, ExceptionKind.DAMAGED, Source.DRIVER, now, "pallet 7"), now
        )
        number = next(one.id for one in exceptions_of(db, [journey]) if one.exception.subject == "pallet 7")
    shipper = sign_in(client, SHIPPER)
    assert "pallet 7" in text(shipper.get(f"/orders/{world.order_id}", headers=ENGLISH))
    assert "货损" in text(shipper.get("/exceptions", headers=CHINESE)) or "破损" in text(
        shipper.get("/exceptions", headers=CHINESE)
    )
    form = {"csrf_token": token(shipper, "/exceptions"), "note": ""}
    refused = shipper.post(f"/exceptions/{number}/settle", data=form, headers=ENGLISH, follow_redirects=True)
    assert "says what came of it" in text(refused)
    form = {"csrf_token": token(shipper, "/exceptions"), "note": "repacked"}
    shipper.post(f"/exceptions/{number}/settle", data=form)
    assert "pallet 7" not in text(shipper.get("/exceptions", headers=ENGLISH))
    assert "repacked" in text(shipper.get("/exceptions?state=all", headers=ENGLISH))
    stranger = sign_in(world.app.test_client(), STRANGER)
    assert "pallet 7" not in text(stranger.get("/exceptions?state=all", headers=ENGLISH))
