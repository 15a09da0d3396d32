"""Positions of vehicles in a window of the map: who sees which, single or in clusters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from haoyun.platform.database import Databases
from haoyun.tracking.instants import to_ms
from haoyun.tracking.quick_states import StateRow
from haoyun.tracking.quick_store import put_state_rows
from haoyun.tracking.store import get_device

VEHICLE = {"body": "box", "payload_kg": 20_000, "volume_dm3": 80_000, "length_cm": 1360}
CHINA = "73,3,135,54"
FIVE = [(30.0, 120.0), (30.001, 120.001), (30.0005, 120.0), (31.0, 121.0), (-17.0, 179.5)]


@pytest.fixture
def fleet(carrier: Any, databases: Databases) -> list[str]:
    """Five trucks with trackers: three close together, one a hundred kilometres off, one on Fiji."""
    vehicles = []
    for n, (lat, lon) in enumerate(FIVE):
        vehicle = carrier.post("/vehicles", {**VEHICLE, "plate": f"浙B1234{n}"}).json["id"]
        name = f"truck-{n:04}"
        created = carrier.post("/devices", {"name": name, "kind": "tracker", "vehicle_id": vehicle})
        assert created.status_code == 201
        with databases.tracking.begin() as db:
            now = to_ms(datetime.now(UTC))
            state = StateRow(get_device(db, name).id, now, 0, now, lat, lon, 60, 90, 5, 1.0, n != 1)
            put_state_rows(db, [state])
        vehicles.append(vehicle)
    return vehicles


def test_a_window_holds_the_own_vehicles_in_it(
    fleet: list[str], carrier: Any, operator: Any, stranger: Any
) -> None:
    for person in (carrier, operator):
        found = person.get(f"/vehicles/positions?bbox={CHINA}").json
        assert sorted(one["vehicle_id"] for one in found["items"]) == sorted(fleet[:4])
        assert (found["total"], found["clusters"]) == (4, [])
        assert {one["plate"] for one in found["items"]} == {f"浙B1234{n}" for n in range(4)}
        fiji = person.get("/vehicles/positions?bbox=177,-20,-178,-15").json
        assert [one["vehicle_id"] for one in fiji["items"]] == [fleet[4]]
    assert stranger.get(f"/vehicles/positions?bbox={CHINA}").json["total"] == 0


def test_where_more_are_than_the_map_takes_neighbours_are_one_cluster(
    fleet: list[str], carrier: Any, operator: Any, stranger: Any
) -> None:
    path = f"/vehicles/positions?bbox={CHINA}&limit=3"
    own, all_of_them = carrier.get(path).json, operator.get(path).json
    assert own == all_of_them
    assert own["total"] == 4
    assert [one["vehicle_id"] for one in own["items"]] == [fleet[3]]
    (cluster,) = own["clusters"]
    assert (cluster["count"], cluster["moving"]) == (3, 2)
    assert cluster["lat"] == pytest.approx(30.0, abs=0.1) and cluster["lon"] == pytest.approx(120.0, abs=0.1)
    assert stranger.get(path).json["clusters"] == []


def test_a_vehicle_with_two_devices_is_shown_where_it_was_seen_last(
    fleet: list[str], carrier: Any, operator: Any, databases: Databases
) -> None:
    carrier.post("/devices", {"name": "phone-0001", "kind": "phone", "vehicle_id": fleet[0]})
    with databases.tracking.begin() as db:
        later = to_ms(datetime.now(UTC)) + 60_000
        put_state_rows(
            db,
            [StateRow(get_device(db, "phone-0001").id, later, 0, later, 30.2, 120.2, 50, 1, 5, 1.0, True)],
        )
    found = operator.get(f"/vehicles/positions?bbox={CHINA}").json["items"]
    assert [one["lat"] for one in found if one["vehicle_id"] == fleet[0]] == [30.2]
    assert len(found) == 4


@pytest.mark.parametrize("query", ["bbox=1,2,3", "bbox=0,10,1,5", "bbox=0,0,181,1", f"bbox={CHINA}&limit=0"])
def test_a_window_that_makes_no_sense_is_refused_by_name(carrier: Any, query: str) -> None:
    refused = carrier.get(f"/vehicles/positions?{query}")
    assert refused.status_code == 422
    assert ("limit" if "limit" in query else "bbox") in refused.text
