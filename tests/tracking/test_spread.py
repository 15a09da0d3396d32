"""The span of an estimate: learned from what became of earlier ones, and what holds whatever was learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps.geodesy import destination
from haoyun.platform.database import Databases
from haoyun.platform.trading.watch import JourneyWatcher
from haoyun.tracking.estimates import Told, news
from haoyun.tracking.estimates_store import journey_eta, look, tell
from haoyun.tracking.eta import Eta, Progress, TravelTimes, predict
from haoyun.tracking.geofences import Fence
from haoyun.tracking.journeys import Journey
from haoyun.tracking.looks_store import KEPT, find_spreads, keep_look, learn_spreads, put_spreads
from haoyun.tracking.meaning_tables import LOOK, SPREAD
from haoyun.tracking.positions import store_batch
from haoyun.tracking.spread import BANDS_S, FLOOR_S, LAST_RUNG, LEAST_LOOKS, Spread, rung
from haoyun.tracking.steps.rules import CHINA
from haoyun.tracking.store import append_milestones, get_device, get_journey, open_journey
from haoyun.tracking.tables import MILESTONE
from haoyun.tracking.testing import fix_at
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
SECONDS = st.floats(60, 200_000)
RATIOS = st.floats(0.05, 20)


def trips(seed: int, count: int, wide: float) -> tuple[np.ndarray, np.ndarray]:
    """Looks (estimated s, actual s) at every rung of simulated trips.

    A trip is off as a whole (driver, weather) and piece by piece, the more the less remains; some are held up.
    """
    rng = np.random.default_rng(seed)
    estimated, actual = [], []
    for _ in range(count):
        whole = rng.normal(0.03, 0.3 * wide)
        left = rng.uniform(3600, 40_000)
        while left > 300:
            own = rng.normal(0, wide * (1 + 20 / np.sqrt(left)))
            held_s = rng.exponential(900) if rng.random() < 0.1 else 0.0
            estimated.append(left)
            actual.append(left * np.exp(whole + own) + held_s)
            left *= rng.uniform(0.6, 0.8)
    return np.array(estimated), np.array(actual)


def covered(spread: Spread, estimated: np.ndarray, actual: np.ndarray) -> float:
    bounds = [spread.of(float(one)) for one in estimated]
    inside = [
        low * e <= a <= high * e for (low, _, high), e, a in zip(bounds, estimated, actual, strict=True)
    ]
    return float(np.mean(inside))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.03, 0.06, 0.12, 0.25]))
def test_eight_of_ten_arrivals_of_trips_that_were_not_seen_lie_in_the_learned_span(
    seed: int, wide: float
) -> None:
    spread = Spread.learn(*trips(seed, 400, wide))
    assert 0.75 <= covered(spread, *trips(seed + 20_000, 400, wide)) <= 0.90


def test_the_middle_is_moved_by_what_estimates_were_off_on_the_whole() -> None:
    estimated, actual = trips(3, 600, 0.05)
    _, mid, _ = Spread.learn(estimated, 1.2 * actual).of(10_000)
    assert mid == pytest.approx(1.2 * np.exp(0.03), rel=0.03)


def test_a_few_looks_teach_nothing_and_more_teach_by_and_by() -> None:
    assumed = Spread.unlearned().of(10_000)
    widths = []
    for count in (LEAST_LOOKS - 1, LEAST_LOOKS, 100, 2000):
        rng = np.random.default_rng(1)
        estimated = np.full(count, 10_000.0)
        low, _, high = Spread.learn(estimated, estimated * np.exp(rng.normal(0, 0.02, count))).of(10_000)
        widths.append(high - low)
    assert widths[0] == assumed[2] - assumed[0]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.5 * widths[0]


def test_looks_with_nothing_left_are_passed_over() -> None:
    estimated = np.array([10_000.0] * 50)
    assert Spread.learn(estimated, -estimated).of(10_000) == Spread.unlearned().of(10_000)


@given(st.lists(st.tuples(RATIOS, RATIOS, RATIOS), min_size=7, max_size=7), SECONDS)
def test_quantiles_rise_and_stand_a_minute_apart_whatever_was_learned(
    rows: list[tuple[float, float, float]], remaining_s: float
) -> None:
    spread = Spread(np.array(BANDS_S), np.sort(np.array(rows), axis=1))
    low, mid, high = spread.of(remaining_s)
    assert 0 <= low <= mid <= high
    if len({one for row in rows for one in row}) > 1:
        assert (high - mid) * remaining_s >= FLOOR_S * 0.999
    assert Spread.from_json(spread.to_json()).of(remaining_s) == (low, mid, high)  # type: ignore[union-attr]


@given(
    st.lists(st.tuples(RATIOS, RATIOS, RATIOS), min_size=7, max_size=7),
    st.floats(1, 900),
    st.floats(0, 1),
    st.floats(-3600, 100_000),
)
def test_an_estimate_is_never_before_now_and_its_ends_stand_around_it(
    rows: list[tuple[float, float, float]], km: float, share: float, later_s: float
) -> None:
    spread = Spread(np.array(BANDS_S), np.sort(np.array(rows), axis=1))
    times = TravelTimes.steady([km * 1000], 60)
    now = NOW + timedelta(seconds=later_s)
    eta = predict(times, Progress(NOW, share * km * 1000), NOW, now, rule=CHINA, spread=spread)
    assert now <= eta.early <= eta.arrival <= eta.late


@pytest.mark.parametrize("ratio", [np.ones((2, 3)), np.array([[1.0, 0.9, 1.1]]), np.array([[0.0, 1.0, 1.1]])])
def test_a_spread_checks_itself(ratio: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"three quantiles|rise"):
        Spread(np.array([np.inf]), ratio)


def test_a_spread_of_other_bands_is_learned_anew() -> None:
    assert Spread.from_json("[[1, 1, 1]]") is None


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_rungs_rise_with_the_remaining_time_and_end_at_both_ends(a: float, b: float) -> None:
    low, high = (-1 if (step := rung(s)) is None else step for s in sorted((a, b)))
    assert -1 <= low <= high <= LAST_RUNG


# kept beside what became of them

JOURNEY = Journey(
    "c1",
    1,
    Fence(30.0, 120.0, 1000, "A"),
    Fence(30.0, 121.0, 1000, "B"),
    NOW,
    NOW,
    NOW + timedelta(hours=2),
    120_000,
)


def eta(plain_s: float, at: datetime = NOW, learned: bool = False) -> Eta:
    arrival = at + timedelta(seconds=plain_s)
    return Eta(arrival, arrival, arrival, 1.0, 1.0, 0.0, 0.0, 0.0, at, learned, plain_s)


def arrival(journey_id: str, at: datetime, source: Source = Source.GPS) -> Milestone:
    return Milestone(journey_id, MilestoneCode.ARRI, Quality.ACTUAL, source, at)


def test_an_estimate_is_kept_once_on_each_rung_down() -> None:
    told, rungs = Told(), []
    for plain_s in (7000, 6900, 8000, 4000, 4400, 400, 200):
        told, _, _ = news(JOURNEY, told, eta(plain_s), NOW, NOW)
        rungs.append(told.rung)
    assert rungs == [9, 9, 9, 7, 7, 0, 0]
    assert Told.from_json(told.to_json()) == told
    assert Told.from_json('{"arrival_ms":1,"delayed":false,"silent":false}').rung is None  # as told before


def test_the_first_look_of_a_rung_stays_and_the_last_minutes_are_not_kept(db: sa.Connection) -> None:
    for plain_s in (7000, 6900, 200):
        keep_look(db, "c1", eta(plain_s))
    assert [(row.rung, row.plain_s) for row in db.execute(sa.select(LOOK))] == [(9, 7000)]


def test_spreads_are_learned_apart_from_looks_whose_journeys_arrived_by_position(db: sa.Connection) -> None:
    rng = np.random.default_rng(5)
    for number in range(60):
        for learned, factor in ((False, 1.3), (True, 1.0)):
            journey_id = f"{number}-{learned}"
            keep_look(db, journey_id, eta(10_000, learned=learned))
            actual_s = 10_000 * factor * float(np.exp(rng.normal(0, 0.01)))
            append_milestones(db, [arrival(journey_id, NOW + timedelta(seconds=actual_s))], NOW)
    keep_look(db, "under-way", eta(10_000))
    keep_look(db, "by-hand", eta(10_000))
    append_milestones(db, [arrival("by-hand", NOW + timedelta(hours=9), Source.DRIVER)], NOW)
    later = NOW + timedelta(days=1)
    found = learn_spreads(db, later)
    assert [found[key][1] for key in (False, True)] == [60, 60]
    put_spreads(db, found, later)
    plan, learned_times = (find_spreads(db)[key].of(10_000) for key in (False, True))
    assert plan[1] > 1.15
    assert learned_times[1] < 1.02
    put_spreads(db, learn_spreads(db, later + KEPT), later + KEPT)
    assert db.scalar(sa.select(sa.func.count()).select_from(LOOK)) == 0  # too old to teach


def test_a_late_fix_that_takes_an_arrival_back_takes_back_what_it_taught(db: sa.Connection) -> None:
    keep_look(db, "c1", eta(10_000))
    append_milestones(db, [arrival("c1", NOW + timedelta(hours=2))], NOW)
    assert learn_spreads(db, NOW)[False][1] == 1
    db.execute(MILESTONE.update().values(withdrawn_ms=1))
    assert learn_spreads(db, NOW)[False][1] == 0


def test_nothing_learned_is_what_was_assumed(db: sa.Connection) -> None:
    assert find_spreads(db)[True].of(5000) == Spread.unlearned().of(5000)


def test_a_journey_under_way_is_looked_at_and_its_span_is_the_learned_one(
    databases: Databases, register: Callable[..., object]
) -> None:
    drive = [destination(30.0, 120.0, 90, 800 * i) for i in range(41)]
    now = NOW + timedelta(minutes=40)
    with databases.tracking.begin() as db:
        register(db)
        device_id = get_device(db, "truck-0001").id
        open_journey(db, replace(JOURNEY, device_id=device_id), NOW)
        fixes = [fix_at(NOW, 60 * i, lat, lon) for i, (lat, lon) in enumerate(drive)]
        store_batch(db, {"truck-0001": device_id}, fixes, now)
        tell(db, look(db, now), now)
        assert db.scalar(sa.select(sa.func.count()).select_from(LOOK)) == 1
        before = journey_eta(db, get_journey(db, "c1"), now)
        for number in range(400):
            keep_look(db, f"past-{number}", eta(before.plain_s))
            at = NOW + timedelta(seconds=before.plain_s * (1 + (number % 9 - 4) / 100))
            append_milestones(db, [arrival(f"past-{number}", at)], NOW)
    JourneyWatcher()(databases, now)
    with databases.tracking.begin() as db:
        assert db.scalar(sa.select(SPREAD.c.looks).where(~SPREAD.c.learned)) == 400
        after = journey_eta(db, get_journey(db, "c1"), now)
    assert after.late - after.early < (before.late - before.early) / 3
    assert after.early < after.arrival < after.late
