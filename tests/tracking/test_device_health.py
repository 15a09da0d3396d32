"""What the owner is told about a device, out of what it sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from haoyun.tracking.device_health import (
    DeviceState,
    Rejects,
    Trouble,
    clock_ahead_s,
    device_health,
    judge,
    state_of,
)
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import Device, DeviceKind, bury, get_device, mark_seen

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
DEVICE = Device(1, "truck-0001", DeviceKind.TRACKER, "org1", "v1", 0, "x", NOW, None, NOW)


def fix(minutes: float, delay_s: float = 1.0, **more: object) -> PositionFix:
    at = NOW - timedelta(minutes=minutes)
    return PositionFix(
        "truck-0001",
        at,
        at + timedelta(seconds=delay_s),
        30.0,
        120.0,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, DeviceState.REPORTING),
        ({"last_seen_at": NOW - timedelta(minutes=31)}, DeviceState.SILENT),
        ({"last_seen_at": None}, DeviceState.NEVER),
        ({"revoked_at": NOW}, DeviceState.REVOKED),
    ],
)
def test_a_device_reports_is_silent_was_never_heard_or_is_revoked(changes, state) -> None:
    assert state_of(replace(DEVICE, **changes), NOW) is state


def test_a_sound_device_has_no_trouble() -> None:
    health = judge(DEVICE, [fix(n, sensors={"battery_pct": 80.0}) for n in (3, 2, 1)], Rejects(), NOW)
    assert (health.state, health.troubles, health.battery_pct) == (DeviceState.REPORTING, (), 80)


def test_the_newest_value_of_each_sensor_counts() -> None:
    fixes = [fix(3, sensors={"battery_pct": 80.0, "ignition": True}), fix(1, sensors={"battery_pct": 12.0})]
    health = judge(DEVICE, fixes, Rejects(), NOW)
    assert health.sensors == {"battery_pct": 12, "ignition": True}
    assert health.troubles == (Trouble.BATTERY_LOW,)


def test_the_clock_is_judged_by_the_quickest_message() -> None:
    assert clock_ahead_s([fix(3, -120), fix(2, -118), fix(1, 900)]) == 120
    assert judge(DEVICE, [fix(n, -120) for n in (3, 2, 1)], Rejects(), NOW).troubles == (Trouble.CLOCK_AHEAD,)
    assert judge(DEVICE, [fix(n, 600) for n in (3, 2, 1)], Rejects(), NOW).troubles == (Trouble.CLOCK_BEHIND,)
    buffered = [fix(90, 5400), fix(60, 3600), fix(1, 2)]  # sent late after a dead zone: the clock is right
    assert judge(DEVICE, buffered, Rejects(), NOW).troubles == ()
    assert clock_ahead_s([fix(1, 600)]) is None


def test_positions_in_doubt_and_refused_messages_are_told() -> None:
    fixes = [fix(3, flags=FixFlag.NO_FIX), fix(2), fix(1)]
    health = judge(DEVICE, fixes, Rejects(2, "bad_fix", "latitude 91 is outside -90..90"), NOW)
    assert health.troubles == (Trouble.POSITIONS_DOUBTFUL, Trouble.MESSAGES_REJECTED)


def test_health_is_read_from_what_is_stored_of_this_device_alone(db, register) -> None:
    for name in ("truck-0001", "truck-0002"):
        register(db, name, None)
    device = get_device(db, "truck-0001")
    store_batch(db, {device.name: device.id}, [fix(n, sensors={"battery_pct": 9.0}) for n in (3, 2, 1)], NOW)
    mark_seen(db, [device.id], NOW)
    for name, minutes in (("truck-0001", 3000), ("truck-0001", 5), ("truck-0001", 4), ("truck-0002", 1)):
        at = NOW - timedelta(minutes=minutes)
        bury(
            db,
            topic="t",
            device=name,
            payload=b"x",
            reason_code="malformed",
            reason=f"m{minutes}",
            received_at=at,
        )
    health = device_health(db, get_device(db, "truck-0001"), NOW)
    assert health.troubles == (Trouble.BATTERY_LOW, Trouble.MESSAGES_REJECTED)
    assert health.rejects == Rejects(2, "malformed", "m4")
