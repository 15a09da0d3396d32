"""The store on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import bcrypt
import pytest
import sqlalchemy as sa

from haoyun.maps.geodesy import destination
from haoyun.tracking import Fence, Journey, Milestone, MilestoneCode, PositionFix, Quality, Source
from haoyun.tracking.errors import BadTopic, DeviceExists, UnknownDevice, UnknownJourney
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import (
    append_milestones,
    close_journey,
    count_fixes,
    count_milestones,
    count_moving,
    device_of_vehicle,
    find_device,
    find_latest,
    get_device,
    get_journey,
    journeys_of_device,
    latest_positions,
    list_devices,
    milestones_after,
    milestones_of,
    open_journey,
    registry_version,
    revoke_device,
    rotate_secret,
    track,
)
from haoyun.tracking.tables import MILESTONE
from haoyun.tracking.testing import fix_at

Register = Callable[..., object]


def ids(db: sa.Connection) -> dict[str, int]:
    return {device.name: device.id for device in list_devices(db)}


def drive(now: datetime, minutes: int = 82) -> list[PositionFix]:
    ways = [destination(30.0, 120.0, 90, 1200 * i) for i in range(minutes)]
    return [fix_at(now, 60 * i, lat, lon) for i, (lat, lon) in enumerate(ways)]


@pytest.fixture
def journey(db: sa.Connection, register: Register, now: datetime) -> Journey:
    register(db)
    origin, goal = Fence(30.0, 120.0, 1000, "A"), Fence(30.0, 121.0, 1000, "B")
    device_id = get_device(db, "truck-0001").id
    return Journey("c1", device_id, origin, goal, now, now, now + timedelta(hours=2), 120_000)


def test_a_credential_is_issued_once_and_only_its_hash_is_kept(db, register: Register) -> None:
    issued = register(db)
    device = get_device(db, "truck-0001")
    assert len(issued.secret) >= 32
    assert issued.secret not in repr(issued)
    assert bcrypt.checkpw(issued.secret.encode(), device.secret_bcrypt.encode())
    assert (issued.topic_up, issued.topic_ack) == (
        f"hy/v1/{device.shard}/truck-0001/up",
        f"hy/v1/{device.shard}/truck-0001/down/ack",
    )


def test_a_name_is_registered_once_and_must_fit_the_rule(db, register: Register) -> None:
    register(db)
    with pytest.raises(DeviceExists):
        register(db)
    with pytest.raises(BadTopic, match="8 to 40"):
        register(db, "Bad Name")
    with pytest.raises(UnknownDevice):
        get_device(db, "nobody-00")


def test_every_change_of_a_device_raises_the_registry_version(db, register: Register, now: datetime) -> None:
    versions = [registry_version(db)]
    for change in (
        lambda: register(db),
        lambda: rotate_secret(db, "truck-0001"),
        lambda: revoke_device(db, "truck-0001", now),
    ):
        change()
        versions.append(registry_version(db))
    assert versions == [0, 1, 2, 3]
    assert find_device(db, "truck-0001").revoked_at == now


def test_the_device_of_a_vehicle_is_its_newest_that_is_not_revoked(db, register, now: datetime) -> None:
    register(db, "truck-0001", "v1")
    register(db, "truck-0002", "v1")
    assert device_of_vehicle(db, "v1").name == "truck-0002"
    revoke_device(db, "truck-0002", now)
    assert device_of_vehicle(db, "v1").name == "truck-0001"
    assert device_of_vehicle(db, "v9") is None


def test_positions_are_found_by_vehicle_time_and_window(db, register: Register, now: datetime) -> None:
    register(db, "truck-0001", "v1")
    register(db, "truck-0002", "v2")
    store_batch(db, ids(db), [fix_at(now, 0, 30, 120), fix_at(now, 0, 40, 110, device="truck-0002")], now)
    assert [p.vehicle_id for p in latest_positions(db)] == ["v1", "v2"]
    assert [p.vehicle_id for p in latest_positions(db, vehicle_ids=["v2"])] == ["v2"]
    assert latest_positions(db, since=now + timedelta(seconds=1)) == []
    assert latest_positions(db, device_ids=[]) == []
    assert find_latest(db, "v1").state.lat == 30
    assert find_latest(db, "v3") is None
    assert (count_moving(db, now), count_moving(db, now + timedelta(minutes=11))) == (2, 0)


def test_a_fix_sent_twice_is_stored_once(db, register: Register, now: datetime) -> None:
    register(db)
    for _ in range(2):
        store_batch(db, ids(db), drive(now, 5), now)
    assert count_fixes(db) == 5
    assert track(db, "v1", now, now + timedelta(hours=1)) == drive(now, 5)
    assert len(track(db, "v1", now, now + timedelta(hours=1), limit=2)) == 2


def test_a_late_fix_is_stored_and_the_newest_stays(db, register: Register, now: datetime) -> None:
    register(db)
    store_batch(db, ids(db), [fix_at(now, 60, 30, 120)], now)
    store_batch(db, ids(db), [fix_at(now, 0, 30.005, 120)], now)
    assert count_fixes(db) == 2
    assert find_latest(db, "v1").state.lat == 30


def test_a_journey_is_followed_through_batches(db, journey: Journey, now: datetime) -> None:
    assert open_journey(db, journey, now)
    fixes = drive(now)
    for i in range(0, len(fixes), 10):
        store_batch(db, ids(db), fixes[i : i + 10], now)
    kinds = [(m.code.value, m.quality.value) for m in milestones_of(db, "c1")]
    assert sorted(kinds) == [("ARRI", "ACT"), ("ARRI", "PLN"), ("DEPA", "ACT"), ("DEPA", "PLN")]
    assert get_journey(db, "c1").state.arrived
    assert count_milestones(db, Source.GPS) == 2


def test_evidence_that_came_before_the_journey_was_opened_is_not_lost(db, journey, now: datetime) -> None:
    store_batch(db, ids(db), drive(now), now)
    assert open_journey(db, journey, now)
    assert count_milestones(db, Source.GPS) == 2


def test_opening_twice_changes_nothing(db, journey: Journey, now: datetime) -> None:
    assert open_journey(db, journey, now)
    assert not open_journey(db, replace(journey, distance_m=1), now)
    assert get_journey(db, "c1").journey == journey
    assert count_milestones(db) == 2


def test_a_closed_journey_is_not_followed_any_more(db, journey: Journey, now: datetime) -> None:
    open_journey(db, journey, now)
    assert [f.journey.id for f in journeys_of_device(db, journey.device_id, now)] == ["c1"]
    close_journey(db, "c1", now)
    close_journey(db, "c1", now + timedelta(hours=1))
    store_batch(db, ids(db), drive(now), now)
    assert count_milestones(db, Source.GPS) == 0
    assert journeys_of_device(db, journey.device_id, now) == []
    with pytest.raises(UnknownJourney):
        close_journey(db, "c9", now)


def fact(now: datetime, journey_id: str, occurrence: str = "") -> Milestone:
    code, actual, rfid = MilestoneCode.LOAD, Quality.ACTUAL, Source.RFID
    return Milestone(journey_id, code, actual, rfid, now, occurrence=occurrence, evidence={"reads": 3})


def test_a_milestone_reported_again_is_ignored(db, now: datetime) -> None:
    assert append_milestones(db, [fact(now, "c1"), fact(now, "c1", "event-1")], now) == 2
    assert append_milestones(db, [fact(now + timedelta(hours=1), "c1")], now) == 0
    assert [m.occurred_at for m in milestones_of(db, "c1")] == [now, now]
    assert milestones_of(db, "c1")[0] == fact(now, "c1")


def test_a_cursor_reads_every_milestone_once(db, now: datetime) -> None:
    append_milestones(db, [fact(now, f"c{n}") for n in range(7)], now)
    seen, cursor = [], 0
    while True:
        records, cursor = milestones_after(db, cursor, limit=3)
        if not records:
            break
        seen += [record.milestone.journey_id for record in records]
    assert seen == [f"c{n}" for n in range(7)]
    assert milestones_after(db, cursor) == ([], cursor)


@pytest.mark.parametrize("tracking_engine", ["postgresql"], indirect=True)
def test_a_naive_writer_lets_a_follower_skip_a_row_and_ours_does_not(tracking_engine, now: datetime) -> None:
    assert _race(tracking_engine, _append_naively, now, "n") == ["n-second"]  # n-first is lost for good
    assert _race(tracking_engine, append_milestones, now, "c") == ["c-first", "c-second"]


def _append_naively(db: sa.Connection, milestones: list[Milestone], now: datetime) -> None:
    values = {
        "quality": "ACT",
        "source": "rfid",
        "code": "LOAD",
        "occurrence": "",
        "place": "",
        "evidence": "{}",
    }
    times = {"occurred_ms": 0, "recorded_ms": 0}
    db.execute(MILESTONE.insert(), [{"journey_id": m.journey_id, **values, **times} for m in milestones])


def _race(engine: sa.Engine, append: Callable[..., object], now: datetime, prefix: str) -> list[str]:
    """The first writer draws its number, the second draws, commits; a follower reads; then the first commits."""
    first_drew, may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with engine.begin() as db:
            append(db, [fact(now, f"{prefix}-first")], now)
            first_drew.set()
            may_commit.wait(5)

    def second() -> None:
        with engine.begin() as db:
            append(db, [fact(now, f"{prefix}-second")], now)

    writers = [threading.Thread(target=first), threading.Thread(target=second)]
    writers[0].start()
    first_drew.wait(5)
    writers[1].start()
    writers[1].join(0.5)  # the naive one commits at once, ours waits for the first
    seen, cursor = _follow(engine, 0)
    may_commit.set()
    for writer in writers:
        writer.join(5)
    more, _ = _follow(engine, cursor)
    return [journey for journey in seen + more if journey.startswith(prefix)]


def _follow(engine: sa.Engine, cursor: int) -> tuple[list[str], int]:
    with engine.begin() as db:
        records, cursor = milestones_after(db, cursor)
    return [record.milestone.journey_id for record in records], cursor
