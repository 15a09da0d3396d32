"""Late, shuffled and repeated fixes end in the same state as fixes in order, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from haoyun.maps.geodesy import destination
from haoyun.platform.database import Databases
from haoyun.tracking import Fence, Journey, MilestoneCode, PositionFix
from haoyun.tracking.context_store import add_fence, set_rules
from haoyun.tracking.events import EventKind, RecordedEvent
from haoyun.tracking.events_store import events_after, events_of_device
from haoyun.tracking.geofences import Circle, Geofence
from haoyun.tracking.history.read import fix_rows
from haoyun.tracking.meaning_store import HORIZON, known_fixes
from haoyun.tracking.meaning_tables import DOUBT, EVENT, FOLD, SEGMENT
from haoyun.tracking.positions import store_batch
from haoyun.tracking.steps.context import PlannedWay
from haoyun.tracking.steps.rules import CHINA, Rules
from haoyun.tracking.store import (
    amendments_of,
    count_fixes,
    find_latest,
    get_device,
    milestones_after,
    milestones_of,
    open_journey,
    register_device,
)
from haoyun.tracking.tables import DEVICE, JOURNEY, LATEST, METADATA, MILESTONE
from haoyun.tracking.testing import fix_at

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
ORIGIN, GOAL = Fence(30.0, 120.0, 1000, "A"), Fence(30.0, 121.0, 1000, "B")
WAY = PlannedWay(tuple(destination(30.0, 120.0, 90, 4000.0 * i) for i in range(26)), corridor_m=1000)
# What shows in the order of arrival or on the clock, and may: numbers of rows, when they were written.
_BY_ARRIVAL = {"id", "recorded_ms", "amends", "withdrawn_ms"}


def drive(seed: int = 1) -> list[PositionFix]:
    """Four hours with a stop, noise, speeding, a detour, outliers, a silence, and a reefer that warms up."""
    rng = random.Random(seed)
    fixes, metres = [], 0.0
    for i in range(480):
        minute = i / 2
        kmh = 0.0 if minute < 15 or 80 < minute < 110 else 95.0 if 60 < minute < 64 else rng.uniform(25, 60)
        metres += kmh / 3.6 * 30
        if 150 < minute < 165:
            continue
        lat, lon = destination(30.0, 120.0, 90, metres)
        lat, lon = destination(lat, lon, rng.uniform(0, 360), rng.uniform(0, 12))
        if 120 < minute < 130:
            lat, lon = destination(lat, lon, 0, 2500)
        if rng.random() < 0.02:
            lat += 0.4
        sensors = {"temperature_c": 9.0 if minute > 200 else 4.0}
        fix = fix_at(NOW, 30 * i, lat, lon, speed_kmh=kmh, accuracy_m=10.0)
        fixes.append(replace(fix, seq=i, sensors=sensors))
    return fixes


def prepared(engine: sa.Engine) -> dict[str, int]:
    """A device with fences, rules and a journey with its way; the ids by name."""
    with engine.begin() as db:
        register_device(
            db, name="truck-0001", kind="tracker", org_id="org1", vehicle_id="v1", shards=8, now=NOW
        )
        device_id = get_device(db, "truck-0001").id
        for i in range(8):
            lat, lon = destination(30.0, 120.0, 90, 12_000.0 * i)
            add_fence(db, "org1", Geofence(f"f{i}", f"Fence {i}", Circle(lat, lon, 1500), dwell_s=600))
        set_rules(
            db,
            "org1",
            Rules(speed_limit_kmh=80, driving=CHINA, temperature_c=(2, 8), gap_s=600),
            NOW - timedelta(days=1),
        )
        journey = Journey("c1", device_id, ORIGIN, GOAL, NOW, NOW, NOW + timedelta(hours=4), 96_000)
        open_journey(db, journey, NOW, WAY)
    return {"truck-0001": device_id}


def feed(engine: sa.Engine, ids: dict[str, int], batches: list[list[PositionFix]]) -> None:
    for batch in batches:
        with engine.begin() as db:
            store_batch(db, ids, batch, NOW)


def final_state(engine: sa.Engine) -> bytes:
    """Everything that fixes lead to, as bytes: history, doubts, newest position, events, trips, milestones, fold."""
    with engine.connect() as db:
        return orjson.dumps(
            {
                "fixes": fix_rows(db, set(db.scalars(sa.select(DEVICE.c.id)))),
                "doubts": rows(db, DOUBT, "fix_ms", "seq"),
                "latest": rows(db, LATEST, "device_id"),
                "events": rows(db, EVENT, "at_ms", "seq", "kind", "subject", where=EVENT.c.withdrawn_ms.is_(None)),
                "segments": rows(db, SEGMENT, "start_ms", "driving"),
                "milestones": rows(
                    db, MILESTONE, "journey_id", "code", "quality", where=MILESTONE.c.withdrawn_ms.is_(None),
                    without={"seq"},
                ),
                "journeys": rows(db, JOURNEY, "id"),
                "fold": rows(db, FOLD, "device_id"),
            }
        )  # fmt: skip


def rows(
    db: sa.Connection, table: sa.Table, *order: str, where: Any = True, without: set[str] | None = None
) -> list[dict[str, Any]]:
    hidden = _BY_ARRIVAL if table in (EVENT, MILESTONE) else set()
    hidden = (hidden - ({"id"} if table is JOURNEY else set())) | (without or set())
    query = sa.select(table).where(where).order_by(*(table.c[name] for name in order))
    return [{str(k): v for k, v in row._mapping.items() if k not in hidden} for row in db.execute(query)]


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    engine = fresh(tmp_path_factory.mktemp("inorder"))
    feed(engine, prepared(engine), [drive()])
    state = final_state(engine)
    engine.dispose()
    return state


def fresh(folder: Path) -> sa.Engine:
    engine = Databases.open(folder).tracking
    with engine.begin() as db:
        METADATA.create_all(db)
    return engine


def cut(fixes: list[PositionFix], rng: random.Random) -> list[list[PositionFix]]:
    batches = []
    while fixes:
        size = rng.randint(1, 120)
        batches.append(fixes[:size])
        fixes = fixes[size:]
    return batches


def test_the_drive_of_these_tests_means_something(in_order: bytes) -> None:
    found = orjson.loads(in_order)
    kinds = {event["kind"] for event in found["events"]}
    assert {"trip_started", "trip_ended", "fence_entered", "fence_left", "fence_dwelt", "speeding"} <= kinds
    assert {"off_route", "back_on_route", "gap", "temperature_out"} <= kinds | {
        "gap" if "jamming" in kinds else ""
    }
    assert [m["code"] for m in found["milestones"] if m["quality"] == "ACT"] == ["ARRI", "DEPA"]
    assert len(found["segments"]) >= 4
    assert found["doubts"]


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), doubled=st.floats(0, 0.4), how=st.sampled_from(["all", "bursts", "late"]))
def test_a_shuffled_and_doubled_feed_ends_in_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, in_order: bytes, seed: int, doubled: float, how: str
) -> None:
    rng = random.Random(seed)
    fixes = drive()
    fixes += rng.sample(fixes, int(doubled * len(fixes)))
    if how == "all":
        rng.shuffle(fixes)
    elif how == "bursts":
        order = sorted(range(len(fixes)), key=lambda i: i // 40 + rng.random() * 3)
        fixes = [fixes[i] for i in order]
    else:
        late = set(rng.sample(range(len(fixes)), 60))
        fixes = [f for i, f in enumerate(fixes) if i not in late] + [fixes[i] for i in sorted(late)]
    engine = fresh(tmp_path_factory.mktemp("shuffled"))
    feed(engine, prepared(engine), cut(fixes, rng))
    try:
        assert final_state(engine) == in_order
    finally:
        engine.dispose()


def test_a_shuffled_feed_ends_in_the_same_state_on_both_databases(
    tracking_engine: sa.Engine, in_order: bytes
) -> None:
    rng = random.Random(7)
    fixes = drive() + drive()[100:200]
    rng.shuffle(fixes)
    feed(tracking_engine, prepared(tracking_engine), cut(fixes, rng))
    assert orjson.loads(final_state(tracking_engine)) == orjson.loads(in_order)


def test_a_journey_that_is_opened_late_ends_as_if_it_had_been_open(
    sqlite_engine: sa.Engine, in_order: bytes
) -> None:
    ids = prepared(sqlite_engine)
    with sqlite_engine.begin() as db:
        db.execute(JOURNEY.delete())
        db.execute(MILESTONE.delete())
    feed(sqlite_engine, ids, cut(drive(), random.Random(1)))
    with sqlite_engine.begin() as db:
        journey = Journey("c1", ids["truck-0001"], ORIGIN, GOAL, NOW, NOW, NOW + timedelta(hours=4), 96_000)
        open_journey(db, journey, NOW, WAY)
    assert final_state(sqlite_engine) == in_order


# what was told already


def one_leaves(now: datetime, *seconds: int) -> list[PositionFix]:
    """Fixes at these seconds: inside the origin until 100 s, then outside."""
    spots = ((0.0 if s < 100 else 1250.0, s) for s in seconds)
    return [fix_at(now, s, *destination(30.0, 120.0, 90, m)) for m, s in spots]


@pytest.fixture
def truck(db: sa.Connection, register: Callable[..., object], now: datetime) -> dict[str, int]:
    register(db)
    device_id = get_device(db, "truck-0001").id
    open_journey(db, Journey("c1", device_id, ORIGIN, GOAL, now, now, now + timedelta(hours=2), 96_000), now)
    return {"truck-0001": device_id}


def departure(db: sa.Connection) -> datetime | None:
    actual = [m for m in milestones_of(db, "c1") if m.quality == "ACT" and m.code is MilestoneCode.DEPA]
    return actual[0].occurred_at if actual else None


def test_a_milestone_that_was_told_is_corrected_by_a_late_fix_and_its_first_version_is_kept(
    db: sa.Connection, truck: dict[str, int], now: datetime
) -> None:
    store_batch(db, truck, one_leaves(now, 0, 300, 400), now)
    _, cursor = milestones_after(db, 0)
    assert departure(db) == now + timedelta(seconds=400)
    store_batch(db, truck, one_leaves(now, 120), now + timedelta(minutes=20))
    assert departure(db) == now + timedelta(seconds=300)
    (amended,) = amendments_of(db, "c1")
    assert (amended.was_at, amended.now_at) == (now + timedelta(seconds=400), now + timedelta(seconds=300))
    assert amended.was_evidence["rule"] == "left the fence"
    assert amended.was_recorded_at == now
    again, _ = milestones_after(db, cursor)
    assert [r.milestone.code for r in again] == [MilestoneCode.DEPA]


def test_a_milestone_that_late_fixes_disprove_is_withdrawn_and_followers_hear_of_it(
    db: sa.Connection, truck: dict[str, int], now: datetime
) -> None:
    store_batch(db, truck, one_leaves(now, 0, 300, 400), now)
    _, cursor = milestones_after(db, 0)
    back = fix_at(now, 350, 30.0, 120.0)
    store_batch(db, truck, [back], now)
    assert departure(db) is None
    assert amendments_of(db, "c1")[0].now_at is None
    heard, cursor = milestones_after(db, cursor)
    assert [r.milestone.journey_id for r in heard] == ["c1"]
    store_batch(db, truck, one_leaves(now, 500), now)
    assert departure(db) == now + timedelta(seconds=500)
    assert [r.milestone.code for r in milestones_after(db, cursor)[0]] == [MilestoneCode.DEPA]


def fence_events(db: sa.Connection, cursor: int) -> tuple[list[RecordedEvent], int]:
    found, end = events_after(db, cursor)
    return [one for one in found if one.event.subject == "f1"], end


def test_an_event_that_a_late_fix_moves_is_amended_and_not_told_twice(
    db: sa.Connection, truck: dict[str, int], now: datetime
) -> None:
    lat, lon = destination(30.0, 120.0, 90, 1250)
    add_fence(db, "org1", Geofence("f1", "Yard", Circle(lat, lon, 200)))
    store_batch(db, truck, one_leaves(now, 0, 300), now)
    (told,), cursor = fence_events(db, 0)
    store_batch(db, truck, one_leaves(now, 200), now)
    (amended,), cursor = fence_events(db, cursor)
    assert (amended.event.kind, amended.amends) == (EventKind.FENCE_ENTERED, told.id)
    store_batch(db, truck, one_leaves(now, 200, 300, 0), now)
    assert events_after(db, cursor) == ([], cursor)
    told_now = events_of_device(db, truck["truck-0001"], now, now + timedelta(hours=1))
    assert [one.event.kind for one in told_now].count(EventKind.FENCE_ENTERED) == 1


def test_a_redelivered_batch_is_recognized_before_it_is_stored(
    db: sa.Connection, truck: dict[str, int], now: datetime
) -> None:
    fixes = one_leaves(now, 0, 300, 400)
    store_batch(db, truck, fixes, now)
    late = one_leaves(now, 350)
    assert {key[1:] for key in known_fixes(db, truck, [*fixes, *late])} == {
        (int(f.fix_time.timestamp() * 1000), f.seq) for f in fixes
    }


def test_a_fix_older_than_the_horizon_is_kept_and_means_nothing(
    db: sa.Connection, truck: dict[str, int], now: datetime
) -> None:
    store_batch(db, truck, one_leaves(now, 0, 300, 400), now)
    before = find_latest(db, "v1")
    old = replace(one_leaves(now, 0)[0], fix_time=now - HORIZON - timedelta(hours=1))
    store_batch(db, truck, [old], now)
    assert count_fixes(db) == 4
    assert find_latest(db, "v1") == before
