"""The simulated truck: deterministic, plausible, and honest about what its tracker cannot see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from haoyun.maps.engine import Path
from haoyun.maps.geodesy import destination, haversine_m
from haoyun.tracking.pipeline import run
from haoyun.tracking.simulate import GAP_S, TruckSim
from haoyun.tracking.testing import fix_at

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def path(km: float) -> Path:
    points = [destination(30.0, 120.0, 80, 1000 * i) for i in range(int(km) + 1)]
    return Path((0, 1), (0,), np.asarray(points), km * 1000, km / 75 * 3600)


def truck(km: float = 200, seed: int = 7, **more: float) -> TruckSim:
    return TruckSim(path(km), NOW, seed, **more)


def test_the_same_seed_gives_the_same_day_in_any_slices() -> None:
    whole = truck().readings_between(NOW, NOW + timedelta(hours=3), 30)
    cuts = [NOW + timedelta(seconds=s) for s in (0, 17, 600, 4001, 10_800)]
    sliced = [r for a, b in pairwise(cuts) for r in truck().readings_between(a, b, 30)]
    assert sliced == whole
    assert truck(seed=8).readings_between(NOW, NOW + timedelta(hours=3), 30) != whole


def test_it_stands_before_departure_and_after_arrival() -> None:
    sim = truck(20)
    before, after = sim.position_at(NOW - timedelta(hours=1)), sim.position_at(NOW + DAY)
    assert (before.speed_kmh, before.distance_m) == (0, 0)
    assert (after.speed_kmh, after.distance_m) == (0, pytest.approx(20_000))
    assert sim.position_at(sim.arrives_at).distance_m == pytest.approx(20_000)


def test_speeds_are_a_trucks_and_rests_are_kept() -> None:
    sim = truck(450)
    states = [sim.position_at(NOW + timedelta(minutes=m)) for m in range(0, 480, 2)]
    speeds = [s.speed_kmh for s in states]
    assert max(speeds) <= 100
    assert speeds[0] < 30
    on_the_way = [s for s in states if 1000 < s.distance_m < 449_000]
    standing_minutes = 2 * sum(s.speed_kmh == 0 for s in on_the_way)
    assert standing_minutes == pytest.approx(20, abs=4)  # one rest, after four hours


def test_nothing_it_reports_looks_like_an_outlier() -> None:
    sim = truck(300)
    readings = sim.readings_between(NOW - timedelta(minutes=20), NOW + timedelta(hours=4), 15)
    fixes = [fix_at(r.at, 0, r.lat, r.lon, speed_kmh=r.speed_kmh, accuracy_m=r.accuracy_m) for r in readings]
    fold, out = run(None, fixes)
    assert out.doubts == []
    driven = sim.position_at(readings[-1].at).distance_m
    assert fold.odometer_m == pytest.approx(driven, rel=0.03)


def test_noise_has_the_asked_size() -> None:
    sim = truck(blind_share=0, noise_m=10)
    errors = []
    for r in sim.readings_between(NOW, NOW + timedelta(hours=2), 10):
        truth = sim.position_at(r.at)
        errors.append(haversine_m(truth.lat, truth.lon, r.lat, r.lon))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(10, rel=0.15)


def test_what_was_made_offline_is_sent_later_and_all_of_it_once() -> None:
    sim = truck(offline_share=0.3)
    end = NOW + timedelta(hours=4)
    made = sim.readings_between(NOW, end - timedelta(seconds=2 * GAP_S), 30)
    cuts = [NOW - timedelta(hours=1) + timedelta(seconds=97 * i) for i in range(1000)]
    sent = [b for a, c in pairwise(cuts) for b in sim.sent_between(a, c, 30)]
    flat = [reading for batch in sent for reading in batch]
    assert len(set(flat)) == len(flat)
    assert set(made) <= set(flat)
    slot = GAP_S // 30
    assert max(len(batch) for batch in sent) in (slot, slot + 1)  # the live fix of that instant may join it


def test_a_blind_time_makes_no_fixes() -> None:
    seen = truck(blind_share=0.5).readings_between(NOW, NOW + DAY, 30)
    assert 0.3 < len(seen) / 2880 < 0.7
