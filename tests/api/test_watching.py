"""Duty, milestones by word, and fences over the API."""

from __future__ import annotations

from typing import Any

POLYGON = {"type": "Polygon", "coordinates": [[[121.5, 29.8], [121.6, 29.8], [121.6, 29.9], [121.5, 29.8]]]}
CORRIDOR = {"type": "LineString", "coordinates": [[121.5, 29.8], [121.9, 30.1]], "radius_m": 800}


def test_a_driver_goes_off_duty_and_on_again(carrier: Any, deal: Any) -> None:
    path = f"/devices/{deal.device}/duty"
    assert carrier.get(path).json == {"device": deal.device, "on": True, "since": None}
    off = carrier.post(path, {"on": False}).json
    assert (off["on"], off["since"] is not None) == (False, True)
    assert carrier.post(path, {"on": False}).json == off
    assert carrier.post(path, {"on": True}).json["on"]


def test_fences_of_every_shape_are_watched_listed_and_ended(carrier: Any, shipper: Any) -> None:
    for name, shape in (("Yard", POLYGON), ("Road", CORRIDOR)):
        assert carrier.post("/fences", {"name": name, "shape": shape, "dwell_s": 600}).status_code == 201
    items = carrier.get("/fences").json["items"]
    assert [(one["name"], one["shape"]["type"]) for one in items] == [
        ("Road", "LineString"),
        ("Yard", "Polygon"),
    ]
    assert items[1]["shape"] == POLYGON
    assert shipper.get("/fences").json["items"] == []
    assert carrier.call("DELETE", f"/fences/{items[0]['id']}").status_code == 204
    assert [one["name"] for one in carrier.get("/fences").json["items"]] == ["Yard"]


def test_a_fence_is_watched_at_the_hours_that_were_given(carrier: Any) -> None:
    hours = {"weekdays": [5, 6], "start": "22:00", "end": "06:00", "zone": "Asia/Shanghai"}
    made = carrier.post("/fences", {"name": "Yard", "shape": POLYGON, "calendar": hours})
    assert made.status_code == 201 and made.json["calendar"] == hours
    whole = carrier.post("/fences", {"name": "Zoo", "shape": POLYGON, "calendar": {"weekdays": [7]}}).json
    assert whole["calendar"] == {"weekdays": [7], "start": "00:00", "end": "24:00", "zone": "Asia/Shanghai"}
    assert [one["calendar"] for one in carrier.get("/fences").json["items"]] == [hours, whole["calendar"]]
    for wrong in ({"weekdays": []}, {**hours, "end": "22:00"}, {**hours, "zone": "Moon/Base"}):
        refused = carrier.post("/fences", {"name": "Yard", "shape": POLYGON, "calendar": wrong})
        assert refused.status_code == 422 and refused.json["errors"]["calendar"]


def test_a_shape_that_makes_no_sense_is_refused_with_the_rule(carrier: Any) -> None:
    for shape in ({"type": "Blob"}, {"type": "Point", "coordinates": [121.5, 29.8], "radius_m": 1}):
        answer = carrier.post("/fences", {"name": "Yard", "shape": shape})
        assert answer.status_code == 422 and answer.json["errors"]["shape"]


def test_a_milestone_is_told_once_by_each_source_and_never_of_the_future(
    shipper: Any, carrier: Any, deal: Any
) -> None:
    order = shipper.post(f"/quotes/{deal.quote_id}/accept").json
    carrier.post(f"/orders/{order['id']}/confirm", {"vehicle_id": deal.vehicle_id})
    path = f"/orders/{order['id']}/milestones"
    told = {"code": "LOAD", "occurred_at": "2026-01-01T08:00:00Z", "place": "Ningbo"}
    assert carrier.post(path, told).json == {"recorded": True}
    assert carrier.post(path, told).json == {"recorded": False}
    proven = {**told, "source": "document", "document_sha256": "a" * 64}
    assert carrier.post(path, proven).json == {"recorded": True}
    assert (
        carrier.post(path, {**told, "code": "DROP", "occurred_at": "2999-01-01T08:00:00Z"}).status_code == 422
    )
    sources = [
        m["source"] for m in shipper.get(f"/orders/{order['id']}").json["timeline"] if m["code"] == "LOAD"
    ]
    assert sorted(sources) == ["document", "driver"]
