"""Devices over the API: a secret once, own devices only, revocation, and what a reader's antennas mean."""

from __future__ import annotations

from typing import Any

import pytest

POINT = {
    "antenna": 1,
    "place": "宁波仓 出口",
    "site_key": "330200",
    "lat": 29.87,
    "lon": 121.55,
    "direction": "out",
    "biz_step": "departing",
    "milestone_code": "GTOT",
}


def _device(carrier: Any, **changes: Any) -> Any:
    return carrier.post("/devices", {"name": "truck-0001", "kind": "tracker", **changes})


def test_a_device_gets_its_secret_once(carrier: Any) -> None:
    answer = _device(carrier)
    assert answer.status_code == 201 and len(answer.json["secret"]) >= 32
    assert answer.json["mqtt_url"].startswith("mqtt://") and "/truck-0001/up" in answer.json["topic_up"]
    listed = carrier.get("/devices").json["items"]
    assert [device["name"] for device in listed] == ["truck-0001"]
    assert answer.json["secret"] not in str(listed) and "bcrypt" not in str(listed)


def test_a_devices_name_is_taken_once_and_well_formed(carrier: Any, stranger: Any) -> None:
    _device(carrier)
    assert _device(carrier).status_code == 409
    for name in ("short", "UPPER-CASE", "a/b/c/d/e/f", "x" * 41, "truck+0002", ""):
        refused = _device(carrier, name=name)
        assert refused.status_code == 422 and "name" in refused.json["errors"]
    assert _device(carrier, name="truck-0002", kind="submarine").status_code == 422


def test_a_device_rides_only_in_a_vehicle_of_its_owner(carrier: Any, stranger: Any) -> None:
    body = {"plate": "浙B12345", "body": "box", "payload_kg": 20_000, "volume_dm3": 80_000, "length_cm": 1360}
    vehicle = carrier.post("/vehicles", body).json["id"]
    assert _device(stranger, vehicle_id=vehicle).status_code == 404
    assert _device(carrier, vehicle_id=vehicle).status_code == 201
    assert carrier.get("/vehicles/positions").json == {"items": [], "clusters": [], "total": 0, "next": None}


def test_only_the_owner_revokes(carrier: Any, stranger: Any, viewer: Any, operator: Any) -> None:
    _device(carrier)
    foreign, missing = (
        stranger.post("/devices/truck-0001/revoke"),
        stranger.post("/devices/truck-none/revoke"),
    )
    assert (foreign.status_code, foreign.json) == (404, missing.json)
    assert viewer.post("/devices/truck-0001/revoke").status_code == 403
    assert carrier.post("/devices/truck-0001/revoke").json["revoked_at"].endswith("Z")
    assert operator.post("/devices/truck-0001/revoke").status_code == 200
    assert stranger.get("/devices").json["items"] == []


def _vehicle(carrier: Any, plate: str = "浙B12345") -> str:
    body = {"plate": plate, "body": "box", "payload_kg": 20_000, "volume_dm3": 80_000, "length_cm": 1360}
    return str(carrier.post("/vehicles", body).json["id"])


def test_a_rotated_secret_is_new_and_a_revoked_device_gets_none(carrier: Any, stranger: Any) -> None:
    first = _device(carrier).json["secret"]
    assert stranger.post("/devices/truck-0001/rotate").status_code == 404
    answer = carrier.post("/devices/truck-0001/rotate")
    assert answer.status_code == 200 and answer.json["secret"] != first
    assert answer.json["topic_up"].endswith("/truck-0001/up")
    carrier.post("/devices/truck-0001/revoke")
    assert carrier.post("/devices/truck-0001/rotate").status_code == 409


def test_a_device_moves_from_vehicle_to_vehicle_and_its_past_stays(carrier: Any, stranger: Any) -> None:
    first, second = _vehicle(carrier), _vehicle(carrier, "浙B54321")
    foreign = _vehicle(stranger, "苏E00001")
    _device(carrier, vehicle_id=first)
    path = "/devices/truck-0001/vehicle"
    assert carrier.call("PUT", path, json={"vehicle_id": foreign}).status_code == 404
    assert carrier.call("PUT", path, json={"vehicle_id": second}).json["vehicle_id"] == second
    refused = carrier.call("PUT", path, json={"vehicle_id": first, "since": "2099-01-01T00:00:00Z"})
    assert refused.status_code == 422 and "since" in refused.json["errors"]
    refused = carrier.call("PUT", path, json={"vehicle_id": first, "since": "2020-01-01T00:00:00Z"})
    assert refused.status_code == 422 and "since" in refused.json["errors"]
    detail = carrier.get("/devices/truck-0001").json
    assert [one["vehicle_id"] for one in detail["bindings"]] == [first, second]
    assert detail["bindings"][0]["until"] == detail["bindings"][1]["since"]
    assert carrier.call("PUT", path, json={"vehicle_id": None}).json["vehicle_id"] is None


def test_the_health_of_a_device_that_was_never_heard(carrier: Any, stranger: Any) -> None:
    _device(carrier)
    health = carrier.get("/devices/truck-0001").json["health"]
    assert (health["state"], health["troubles"], health["rejected_day"]) == ("never", [], 0)
    assert stranger.get("/devices/truck-0001").status_code == 404


def test_a_terminal_is_known_by_its_phone_number(carrier: Any, stranger: Any) -> None:
    refused = _device(carrier, kind="terminal")
    assert refused.status_code == 422 and "phone" in refused.json["errors"]
    assert _device(carrier, phone="13912345678").status_code == 422
    assert _device(carrier, kind="terminal", phone="abc").json["errors"].keys() == {"phone"}
    assert _device(carrier, kind="terminal", phone="013912345678").status_code == 201
    terminal = carrier.get("/devices/truck-0001").json["terminal"]
    assert (terminal["phone"], terminal["paired_at"]) == ("13912345678", None)
    taken = stranger.post("/devices", {"name": "truck-0009", "kind": "terminal", "phone": "13912345678"})
    assert taken.status_code == 409
    assert stranger.get("/devices").json["items"] == []


def test_a_readers_antennas_are_configured_whole(shipper: Any, stranger: Any) -> None:
    _device(shipper, name="gate-0001", kind="reader")
    path = "/devices/gate-0001/read-points"
    answer = shipper.call("PUT", path, json={"points": [POINT, {**POINT, "antenna": 2}]})
    assert answer.status_code == 200 and [p["antenna"] for p in answer.json["points"]] == [1, 2]
    assert shipper.call("PUT", path, json={"points": [POINT]}).json["points"][0]["milestone_code"] == "GTOT"
    assert stranger.call("PUT", path, json={"points": [POINT]}).status_code == 404


@pytest.mark.parametrize(
    "points",
    [
        [POINT, POINT],
        [{**POINT, "lat": 91}],
        [{**POINT, "biz_step": "dancing"}],
        [{**POINT, "milestone_code": "WARP"}],
        [{**POINT, "gln": "1234567890123"}],
        [{**POINT, "antenna": i} for i in range(65)],
    ],
)
def test_a_wrong_antenna_is_refused(shipper: Any, points: list[object]) -> None:
    _device(shipper, name="gate-0001", kind="reader")
    assert shipper.call("PUT", "/devices/gate-0001/read-points", json={"points": points}).status_code == 422


def test_a_tracker_has_no_antennas(shipper: Any) -> None:
    _device(shipper)
    assert shipper.call("PUT", "/devices/truck-0001/read-points", json={"points": [POINT]}).status_code == 422
