"""Read points: configuration that cannot contradict itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from haoyun.rfid_ingest import Direction, ReadPoint, read_points_of, set_read_points
from haoyun.rfid_ingest.errors import InvalidReadPoint
from haoyun.tracking.devices_store import DeviceKind, register_device
from haoyun.tracking.errors import UnknownDevice
from haoyun.tracking.timeline import MilestoneCode

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
POINT = ReadPoint(1, "Dock 4", "hefei", 31.82, 117.23, Direction.IN, "unloading", None, MilestoneCode.DISC)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"antenna": 256}, "0 to 255"),
        ({"place": ""}, "1 to 120"),
        ({"site_key": "x" * 81}, "1 to 80"),
        ({"lat": 91.0}, "on the earth"),
        ({"biz_step": "driving"}, "business step"),
        ({"disposition": "lost"}, "disposition"),
        ({"gln": "6901234567890"}, "check digit"),
    ],
)
def test_a_read_point_that_breaks_a_rule_is_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(InvalidReadPoint, match=rule):
        replace(POINT, **change)


def test_a_place_is_named_by_its_gln_or_by_where_it_lies() -> None:
    assert POINT.uri == "geo:31.820000,117.230000"
    assert replace(POINT, gln="6901234567892").uri == "https://id.gs1.org/414/6901234567892"


def test_setting_replaces_what_was_set(yard: Any) -> None:
    assert len(read_points_of(yard.db, [yard.device_id])) == 3
    set_read_points(yard.db, "reader-gate-01", [POINT], NOW)
    assert read_points_of(yard.db, [yard.device_id]) == {(yard.device_id, 1): POINT}
    set_read_points(yard.db, "reader-gate-01", [], NOW)
    assert read_points_of(yard.db, [yard.device_id]) == {}


def test_only_a_registered_reader_has_read_points_each_antenna_once(yard: Any) -> None:
    with pytest.raises(UnknownDevice):
        set_read_points(yard.db, "nobody-here", [POINT], NOW)
    with pytest.raises(InvalidReadPoint, match="once"):
        set_read_points(yard.db, "reader-gate-01", [POINT, POINT], NOW)
    register_device(
        yard.db, name="truck-0001", kind=DeviceKind.TRACKER, org_id="o", vehicle_id="v", shards=1, now=NOW
    )
    with pytest.raises(InvalidReadPoint, match="not a reader"):
        set_read_points(yard.db, "truck-0001", [POINT], NOW)
