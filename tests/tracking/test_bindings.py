"""Which vehicle a device rode in: intervals in time, on both databases."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.tracking.errors import BadBinding, UnknownDevice
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import (
    bind_vehicle,
    bindings_of,
    find_latest,
    fixes_of_device,
    get_device,
    track,
    vehicle_at,
)
from haoyun.tracking.tables import BINDING
from haoyun.tracking.testing import fix_at

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def report(db: sa.Connection, *hours: float) -> None:
    device = get_device(db, "truck-0001")
    fixes = [fix_at(NOW, 3600 * h, 30.0 + h / 100, 120.0) for h in hours]
    store_batch(db, {device.name: device.id}, fixes, NOW)


def test_a_fix_belongs_to_the_vehicle_that_the_device_rode_in_at_that_time(db, register) -> None:
    register(db, "truck-0001", "v1")
    report(db, -3, -2, -1)
    bind_vehicle(db, "truck-0001", "v2", NOW, since=NOW - 1.5 * HOUR)
    report(db, 1)
    day = (NOW - 24 * HOUR, NOW + 24 * HOUR)
    assert [fix.fix_time for fix in track(db, "v1", *day)] == [NOW - 3 * HOUR, NOW - 2 * HOUR]
    assert [fix.fix_time for fix in track(db, "v2", *day)] == [NOW - HOUR, NOW + HOUR]
    assert find_latest(db, "v1") is None  # its only device left it
    latest = find_latest(db, "v2")
    assert latest is not None and latest.vehicle_id == "v2"


def test_a_position_from_before_the_binding_is_not_the_new_vehicles(db, register) -> None:
    register(db, "truck-0001", "v1")
    report(db, -2)
    bind_vehicle(db, "truck-0001", "v2", NOW, since=NOW - HOUR)
    assert find_latest(db, "v2") is None
    found = find_latest(db, "v1")
    assert found is not None and found.state.fix_time == NOW - 2 * HOUR


def test_the_first_binding_covers_what_the_device_kept_from_before(db, register) -> None:
    register(db, "truck-0001", "v1")
    device = get_device(db, "truck-0001")
    assert vehicle_at(db, device.id, NOW - timedelta(days=300)) == "v1"


def test_bindings_never_overlap_and_never_begin_in_the_future(db, register) -> None:
    register(db, "truck-0001", "v1")
    bind_vehicle(db, "truck-0001", "v2", NOW, since=NOW - HOUR)
    with pytest.raises(BadBinding, match="must not lie before 2026-05-11T07:00"):
        bind_vehicle(db, "truck-0001", "v3", NOW, since=NOW - 2 * HOUR)
    with pytest.raises(BadBinding, match="lies in the future"):
        bind_vehicle(db, "truck-0001", "v3", NOW, since=NOW + HOUR)
    with pytest.raises(UnknownDevice):
        bind_vehicle(db, "nobody-0001", "v3", NOW)


def test_a_second_open_binding_is_refused_by_the_database_too(db, register) -> None:
    register(db, "truck-0001", "v1")
    row = {"device_id": get_device(db, "truck-0001").id, "vehicle_id": "v2", "from_ms": 1}
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        db.execute(BINDING.insert().values(row))


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["v1", "v2", None])), max_size=8),
    st.integers(0, 60),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_at_every_instant_a_device_rides_in_at_most_one_vehicle(
    sqlite_engine, register, moves, minute
) -> None:
    with sqlite_engine.connect() as db, db.begin() as transaction:
        register(db, "truck-0001", None)
        held = None
        for at, vehicle in sorted(moves, key=lambda move: move[0]):
            bind_vehicle(
                db, "truck-0001", vehicle, NOW + timedelta(hours=2), since=NOW + timedelta(minutes=at)
            )
            held = vehicle if at <= minute else held
        device = get_device(db, "truck-0001")
        assert vehicle_at(db, device.id, NOW + timedelta(minutes=minute)) == held
        known = bindings_of(db, device.id)
        assert all(a.until is not None and a.until <= b.since for a, b in itertools.pairwise(known))
        transaction.rollback()


def test_sensor_values_and_doubts_of_the_device_are_stored_with_the_fix(db, register) -> None:
    register(db)
    device = get_device(db, "truck-0001")
    fix = PositionFix(
        "truck-0001",
        NOW,
        NOW,
        30.0,
        120.0,
        flags=FixFlag.NO_FIX,
        sensors={"door_open": True, "temperature_c": -18.5, "alarm": "sos"},
    )
    store_batch(db, {"truck-0001": device.id}, [fix], NOW)
    assert fixes_of_device(db, device.id, NOW) == [fix]
    assert find_latest(db, "v1") is None  # it is not believed
