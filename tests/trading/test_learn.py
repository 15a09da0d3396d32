"""Closed trips teach how the roads of the map are driven, and estimates of arrival use what was learned."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import networkx as nx
import numpy as np
import pytest
import sqlalchemy as sa

from haoyun.maps.geodesy import destination
from haoyun.maps.learning.observed import network_key
from haoyun.maps.network import RoadNetwork
from haoyun.platform.database import Databases
from haoyun.platform.trading import learn
from haoyun.platform.trading.learn import RoadLearner
from haoyun.tracking import Fence, Journey, PositionFix
from haoyun.tracking.duty import go_off_duty, go_on_duty
from haoyun.tracking.estimates_store import journey_eta
from haoyun.tracking.history.retention import drop_old
from haoyun.tracking.meaning_tables import SEGMENT, TRIP_ROAD, WAY_TIMES
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import close_journey, get_device, get_journey, open_journey, register_device
from haoyun.tracking.testing import fix_at
from haoyun.tracking.trip_roads import (
    LEARN_FROM,
    TripRoad,
    believed_runs,
    forget_unused,
    keep_match,
    take_waiting,
    taught_by_trips,
    trip_roads,
)
from haoyun.tracking.way_times import find_times

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
EDGES = 48  # of 500 m to the east


@pytest.fixture(scope="module")
def road() -> RoadNetwork:
    """Twenty-four kilometres to the east in pieces of 500 m, both ways, at 80 km/h as the map has it."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for i in range(EDGES + 1):
        y, x = destination(30.0, 120.0, 90, 500.0 * i)
        graph.add_node(i, y=y, x=x)
    for i in range(EDGES):
        for a, b in ((i, i + 1), (i + 1, i)):
            graph.add_edge(a, b, length=500.0, highway="primary", speed_kph=80.0)
    return RoadNetwork.from_graph(graph, name="road", kind="streets", attribution="test")


@pytest.fixture
def tracking(stores: Databases) -> sa.Engine:
    with stores.tracking.begin() as db:
        register_device(
            db, name="truck-0001", kind="tracker", org_id="org1", vehicle_id="v1", shards=8, now=NOW
        )
    return stores.tracking


def drive(start: datetime = NOW, kmh: float = 40, minutes: float = 18, seed: int = 1) -> list[PositionFix]:
    """A drive to the east with noise, every 10 s, between two stops of ten minutes."""
    rng = random.Random(seed)
    fixes = []
    for i in range(-60, round(minutes * 6) + 60):
        driven_s = min(max(0, 10 * i), 60 * minutes)
        lat, lon = destination(30.0, 120.0, 90, 300 + kmh / 3.6 * driven_s)
        lat, lon = destination(lat, lon, rng.uniform(0, 360), abs(rng.gauss(0, 4)))
        speed = kmh if 0 < 10 * i < 60 * minutes else 0.0
        fixes.append(fix_at(start, 10 * i, lat, lon, speed_kmh=speed, accuracy_m=6.0))
    return fixes


def store(engine: sa.Engine, fixes: Sequence[PositionFix], name: str = "truck-0001") -> int:
    with engine.begin() as db:
        device_id = get_device(db, name).id
        store_batch(db, {name: device_id}, fixes, NOW)
    return device_id


def learner(road: RoadNetwork) -> RoadLearner:
    eastwards = [i for i, (a, b) in enumerate(zip(road.edge_tail, road.edge_head, strict=True)) if b > a]
    return RoadLearner(road, lambda _journey: eastwards)


def kept(engine: sa.Engine) -> list[tuple]:
    """What is kept of trips on roads, and what still waits."""
    with engine.connect() as db:
        roads = [tuple(row) for row in db.execute(sa.select(TRIP_ROAD).order_by(TRIP_ROAD.c.start_ms))]
        marks = [
            tuple(row)
            for row in db.execute(sa.select(SEGMENT).order_by(SEGMENT.c.start_ms, SEGMENT.c.driving))
        ]
    return roads + marks


def test_a_closed_trip_teaches_its_roads_and_the_estimate_of_a_journey_uses_it(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork
) -> None:
    device_id = store(tracking, drive(kmh=40))
    lat, lon = destination(30.0, 120.0, 90, 24_000)
    journey = Journey(
        "c1", device_id, Fence(30.0, 120.0, 1000, "A"), Fence(lat, lon, 200, "B"), NOW - timedelta(minutes=5),
        NOW, NOW + timedelta(minutes=18), 24_000,
    )  # fmt: skip
    with tracking.begin() as db:
        open_journey(db, journey, NOW)
    at = NOW + timedelta(minutes=30)
    with tracking.connect() as db:
        by_plan = journey_eta(db, get_journey(db, "c1"), at)
    assert learner(road).round(stores, at) == 1
    with tracking.connect() as db:
        (found,) = trip_roads(db, device_id, NOW, at).values()
        times, by_drives = find_times(db, "c1"), journey_eta(db, get_journey(db, "c1"), at)
    assert found.distance_m == pytest.approx(18 * 60 / 3.6 * 40, rel=0.02) and found.on_road > 0.95
    # One drive is believed a little: the map's 80 km/h come down towards the 40 that were driven.
    assert times is not None and times.total_m == pytest.approx(24_000, rel=1e-4)
    assert 45 < times.speed_kmh.mean() < 70
    assert by_plan is not None and by_drives is not None and by_plan.driving_s != by_drives.driving_s
    assert (by_plan.learned, by_drives.learned) == (False, True)
    with tracking.begin() as db:
        close_journey(db, "c1", at)
    store(tracking, drive(NOW + timedelta(hours=2)))
    learner(road).round(stores, at + timedelta(hours=3))
    with tracking.connect() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(WAY_TIMES)) == 0


def test_a_late_fix_has_its_trip_matched_again_to_the_same_end(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork
) -> None:
    fixes = drive()
    at = NOW + timedelta(minutes=40)
    store(tracking, fixes)
    assert learner(road).round(stores, at) == 1
    in_order = kept(tracking)
    with tracking.begin() as db:
        for table in (SEGMENT, TRIP_ROAD):
            db.execute(table.delete())
    with tracking.begin() as db:
        register_device(
            db, name="truck-0002", kind="tracker", org_id="org1", vehicle_id="v2", shards=8, now=NOW
        )
    late = fixes[90:120]
    other = [_of(f) for f in fixes if f not in late]
    store(tracking, other, "truck-0002")
    one = learner(road)
    assert one.round(stores, at) == 1
    early = kept(tracking)
    assert one.round(stores, at) == 0
    store(tracking, [_of(f) for f in late], "truck-0002")
    assert one.round(stores, at) == 1
    assert kept(tracking) != early
    assert [row[1:] for row in kept(tracking)] == [row[1:] for row in in_order]


def test_a_round_that_was_killed_is_repeated_to_the_same_end(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(3):
        store(tracking, drive(NOW + timedelta(days=day), seed=day))
    at = NOW + timedelta(days=3)
    killed = learner(road)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(learn, "keep_match", die)  # after its trips were marked and before anything was kept
        killed.round(stores, at)
    assert learner(road).round(stores, at) == 3
    after_kill = kept(tracking)
    with tracking.begin() as db:
        db.execute(TRIP_ROAD.delete())
        db.execute(SEGMENT.update().values(match_mark=0))
    assert learner(road).round(stores, at) == 3
    assert kept(tracking) == after_kill and len(after_kill) >= 6


def test_what_was_rewritten_while_it_was_matched_is_not_kept(tracking: sa.Engine) -> None:
    fixes = drive()
    store(tracking, [*fixes[:100], *fixes[101:]])
    with tracking.begin() as db:
        (trip,) = take_waiting(db, NOW + timedelta(hours=1), 10)
    store(tracking, [fixes[100]])
    with tracking.begin() as db:
        road_found = TripRoad(trip.start_ms, trip.end_ms, 1.0, 1.0)
        assert not keep_match(db, trip, "x", road_found)
        assert db.execute(sa.select(TRIP_ROAD)).all() == []
        (again,) = take_waiting(db, NOW + timedelta(hours=1), 10)
        assert again.mark != trip.mark and keep_match(db, again, "x", road_found)


def test_nothing_is_learned_of_a_time_off_duty_nor_guessed_across_it(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork
) -> None:
    off, on = NOW + timedelta(minutes=6), NOW + timedelta(minutes=12)
    with tracking.begin() as db:
        device_id = get_device(db, "truck-0001").id
        go_off_duty(db, device_id, off)
        go_on_duty(db, device_id, on)
    store(tracking, drive())
    with tracking.begin() as db:
        (trip,) = take_waiting(db, NOW + timedelta(hours=1), 10)
        runs = believed_runs(db, trip)
    assert [(run[0].fix_time >= on, run[-1].fix_time < off) for run in runs] == [(False, True), (True, False)]
    assert learner(road).round(stores, NOW + timedelta(hours=1)) == 1
    with tracking.connect() as db:
        (marks,) = taught_by_trips(db, network_key(road), NOW + timedelta(hours=1))
    metres = sorted(500 * int(road.edge_tail[e]) for e in np.frombuffer(marks, "<i4", len(marks) // 6))
    per_minute = 40 / 3.6 * 60
    assert metres and not [m for m in metres if 300 + 6 * per_minute < m < 300 + 12 * per_minute - 500]


def test_what_a_trip_taught_goes_with_the_positions_of_its_organization(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork
) -> None:
    store(tracking, drive())
    assert learner(road).round(stores, NOW + timedelta(hours=1)) == 1
    drop_old(tracking, NOW + timedelta(days=20), 30)
    assert len(kept(tracking)) > 1
    drop_old(tracking, NOW + timedelta(days=31), 30)
    assert [row for row in kept(tracking) if row[2] < (NOW + timedelta(hours=1)).timestamp() * 1000] == []


def test_old_trips_are_forgotten_and_those_of_another_map_are_matched_anew(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork
) -> None:
    store(tracking, drive())
    learner(road).round(stores, NOW + timedelta(hours=1))
    with tracking.begin() as db:
        assert forget_unused(db, "another map", NOW + timedelta(hours=1)) == 1
        assert len(take_waiting(db, NOW + timedelta(hours=1), 10)) == 1
    assert learner(road).round(stores, NOW + timedelta(hours=1)) == 1
    with tracking.begin() as db:
        assert forget_unused(db, network_key(road), NOW + LEARN_FROM) == 0
        assert forget_unused(db, network_key(road), NOW + LEARN_FROM + timedelta(hours=1)) == 1


def test_a_drive_beside_the_roads_of_the_map_teaches_nothing(
    stores: Databases, tracking: sa.Engine, road: RoadNetwork
) -> None:
    beside = [_moved(f) for f in drive()]
    store(tracking, beside)
    assert learner(road).round(stores, NOW + timedelta(hours=1)) == 1
    with tracking.connect() as db:
        assert not any(taught_by_trips(db, network_key(road), NOW + timedelta(hours=1)))


def _of(fix: PositionFix, name: str = "truck-0002") -> PositionFix:
    return replace(fix, device=name)


def _moved(fix: PositionFix) -> PositionFix:
    return replace(fix, lat=fix.lat + 0.2)
