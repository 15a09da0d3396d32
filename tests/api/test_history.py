"""The history of a vehicle as a file: for its owner, and for nobody else."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from haoyun.platform.database import Databases
from haoyun.tracking.history.append import append_rows
from haoyun.tracking.instants import to_ms
from haoyun.tracking.store import get_device

VEHICLE = {"plate": "浙B12345", "body": "box", "payload_kg": 20_000, "volume_dm3": 80_000, "length_cm": 1360}
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def vehicle(carrier: Any, databases: Databases) -> str:
    """A vehicle of the carrier that reported an hour ago and half an hour ago."""
    vehicle_id = str(carrier.post("/vehicles", VEHICLE).json["id"])
    carrier.post("/devices", {"name": "truck-0001", "kind": "tracker", "vehicle_id": vehicle_id})
    with databases.tracking.begin() as db:
        device_id = get_device(db, "truck-0001").id
        times = [to_ms(NOW - timedelta(minutes=m)) for m in (60, 30)]
        append_rows(
            db, [(device_id, at, 0, at, 30.5, 114.25, 60.0, None, None, None, 0, None) for at in times]
        )
    return vehicle_id


def test_the_owner_gets_every_form(carrier: Any, vehicle: str) -> None:
    answer = carrier.get(f"/vehicles/{vehicle}/history")
    assert answer.status_code == 200 and answer.content_type.startswith("text/csv")
    assert len(answer.get_data(as_text=True).splitlines()) == 3
    assert f'filename="{vehicle}.csv"' in answer.headers["Content-Disposition"]
    assert b"<trkpt" in carrier.get(f"/vehicles/{vehicle}/history?form=gpx").data
    features = orjson.loads(carrier.get(f"/vehicles/{vehicle}/history?form=geojson").data)["features"]
    assert [feature["geometry"]["coordinates"] for feature in features] == [[114.25, 30.5]] * 2
    assert (
        pq.read_table(io.BytesIO(carrier.get(f"/vehicles/{vehicle}/history?form=parquet").data)).num_rows == 2
    )


def test_a_time_can_be_named(carrier: Any, vehicle: str) -> None:
    since = (NOW - timedelta(minutes=45)).isoformat().replace("+00:00", "Z")
    lines = carrier.get(f"/vehicles/{vehicle}/history?since={since}").get_data(as_text=True).splitlines()
    assert len(lines) == 2
    assert carrier.get(f"/vehicles/{vehicle}/history?form=exe").status_code == 422


def test_nobody_else_gets_it_nor_learns_that_it_exists(
    stranger: Any, shipper: Any, operator: Any, supervisor: Any, vehicle: str
) -> None:
    missing = stranger.get("/vehicles/nothing-here/history")
    assert missing.status_code == 404
    for person in (stranger, shipper, operator, supervisor):
        answer = person.get(f"/vehicles/{vehicle}/history")
        assert answer.status_code == 404
        assert answer.json["title"] == missing.json["title"]
