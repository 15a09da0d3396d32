"""Learned speeds: the rush hour is found, wild values and stops do not move it, little is believed of little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_drives import KINDS, Drives

from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.errors import BadMapFile, MapError
from haoyun.maps.learning.learned import LearnedSpeeds, LearnSettings
from haoyun.maps.learning.marks import marks_of, sum_up
from haoyun.maps.learning.observed import BINS, HOURS, EdgeSpeeds, hour_of_week, network_key, observe
from haoyun.maps.learning.traversals import Traversals, traversals
from haoyun.maps.matching.matcher import Matcher

ZONE = "Asia/Shanghai"
MONDAY = 1_767_542_400.0  # 2026-01-05 00:00 in Shanghai
QUIET, RUSH = 3, 8  # hours of the week: Monday 03:00 and 08:00
TOLERANCE = 0.05


@pytest.fixture(scope="session")
def town(graphs):
    return graphs.network(graphs.town_graph(8))


@pytest.fixture(scope="session")
def quiet_town(town):
    """The town behind a short name: hypothesis prints its arguments, and a network prints for pages."""

    class Town:
        network = town

        def __repr__(self) -> str:
            return "the town"

    return Town()


@pytest.fixture(scope="session")
def learned_town(town):
    """Drives of many Mondays, at free flow at three and at half speed at eight on the secondary streets.

    The truth is the median of what was driven, taken from the simulation itself, edge by edge and hour by hour.
    """
    index = EdgeIndex(town)
    matcher = Matcher(town, index=index)
    secondary = np.array([name == "secondary" for name in town.edge_class])
    random = np.random.default_rng(1)
    found, truth = [], {}
    for hour, factor in ((QUIET, 1.0), (RUSH, 0.5)):
        drives = Drives(town, index, town.edge_speed_kmh * np.where(secondary, factor, 1.0))
        for i in range(220):
            begin_s = MONDAY + 7 * 86_400 * (i % 20) + hour * 3600 + 60
            edges = drives.drive(random, KINDS[i % 3], 900).edges
            drive = drives.driven(edges, "again", random, begin_s=begin_s)
            trace, _, _ = drives.fixes(drive, 5, 5.0, random)
            found.append(traversals(town, trace, matcher.match(trace)))
            ends = np.cumsum(town.edge_length_m[drive.edges])
            entered, left = (
                np.interp(at, drive.along_m, drive.time_s) for at in (ends - town.edge_length_m[edges], ends)
            )
            for e, kmh in zip(
                edges[1:-1], (town.edge_length_m[edges] / (left - entered) * 3.6)[1:-1], strict=True
            ):
                truth.setdefault((int(e), hour), []).append(float(kmh))
    return observe(town, ZONE, found), truth, secondary


def test_rush_hour_speeds_are_recovered_within_the_tolerance(town, learned_town) -> None:
    observed, truth, secondary = learned_town
    learned = LearnedSpeeds(town, observed)
    for hour in (QUIET, RUSH):
        kmh = learned.speeds_at(hour)
        errors = [kmh[e] / np.median(v) - 1 for (e, h), v in truth.items() if h == hour and len(v) >= 8]
        assert len(errors) > 60
        assert np.median(np.abs(errors)) < TOLERANCE
        assert abs(np.median(errors)) < TOLERANCE / 2
    ratio = learned.speeds_at(RUSH) / learned.speeds_at(QUIET)
    assert np.median(ratio[secondary]) == pytest.approx(0.55, abs=0.1)  # junctions slow both hours alike
    assert np.median(ratio[~secondary]) == pytest.approx(1.0, abs=0.06)


def test_an_edge_nobody_drove_takes_the_hour_of_its_class(town, learned_town) -> None:
    observed, _, secondary = learned_town
    keep = observed.edge % 5 != 0
    partly = replace(observed, key=observed.key[keep], count=observed.count[keep])
    learned = LearnedSpeeds(town, partly)
    unseen = (np.arange(town.edge_count) % 5 == 0) & secondary
    assert np.median(learned.speeds_at(RUSH)[unseen] / learned.speeds_at(QUIET)[unseen]) < 0.7


def some_speeds(town, edge: int, hour: int, kmh: list[float]) -> EdgeSpeeds:
    at_s = np.full(len(kmh), MONDAY + hour * 3600.0)
    return observe(town, ZONE, [Traversals(np.full(len(kmh), edge), at_s, np.array(kmh, dtype=float))])


def test_without_observations_everything_flows_freely(town) -> None:
    learned = LearnedSpeeds(town, observe(town, ZONE, []))
    assert np.allclose(learned.speeds_at(RUSH), town.edge_speed_kmh)
    assert np.allclose(learned.durations_at(town, RUSH), town.edge_duration_s)


def test_few_observations_move_an_edge_little_and_many_move_it_far(town) -> None:
    free = town.edge_speed_kmh[7]
    few, many = (
        LearnedSpeeds(town, some_speeds(town, 7, RUSH, [free / 2] * n)).speeds_at(RUSH)[7] / free
        for n in (2, 60)
    )
    assert few > 0.75
    assert many == pytest.approx(0.5, abs=0.06)


def test_wild_values_do_not_move_the_median(town) -> None:
    usual = [20.0] * 15
    clean = some_speeds(town, 7, RUSH, usual).median_kmh()[0]
    dirty = some_speeds(town, 7, RUSH, [*usual, 150.0, 150.0, 3.0, 3.0, 140.0]).median_kmh()[0]
    assert clean == pytest.approx(20.0, rel=0.05)
    assert dirty == pytest.approx(clean, rel=0.03)


def test_another_hour_of_the_same_edge_is_not_the_rush_hour(town) -> None:
    settings_ = LearnSettings(prior_edge=1e9, prior_class=1e9)  # no level but the edge's own hour
    learned = LearnedSpeeds(town, some_speeds(town, 7, RUSH, [5.0] * 50), settings_)
    assert learned.speeds_at(RUSH)[7] < 7
    assert learned.speeds_at(QUIET)[7] == pytest.approx(town.edge_speed_kmh[7])


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 167), st.floats(2, 150)), max_size=40), st.data()
)
@settings(max_examples=60, deadline=None)
def test_days_add_up_in_any_order_and_grouping(quiet_town, rows, data) -> None:
    def of(part) -> EdgeSpeeds:
        edge = np.array([e for e, _, _ in part], dtype=np.int64)
        at_s = MONDAY + 3600.0 * np.array([h for _, h, _ in part], dtype=float)
        return observe(
            quiet_town.network, ZONE, [Traversals(edge, at_s, np.array([v for _, _, v in part], dtype=float))]
        )

    a, b = sorted(data.draw(st.tuples(st.integers(0, len(rows)), st.integers(0, len(rows)))))
    one, two, three = of(rows[:a]), of(rows[a:b]), of(rows[b:])
    whole = of(rows)
    for merged in (one.merge(two).merge(three), one.merge(two.merge(three)), three.merge(one).merge(two)):
        assert merged.key.tolist() == whole.key.tolist()
        assert np.array_equal(merged.count, whole.count)
    assert whole.observations.sum() == len(rows)


def test_a_long_stop_says_nothing_about_the_road(town) -> None:
    index = EdgeIndex(town)
    drives = Drives(town, index)
    random = np.random.default_rng(6)
    drive = drives.drive(random, "fastest", 1000)
    trace, _, _ = drives.fixes(drive, 5, 4.0, random)
    half = len(trace) // 2
    order = np.sort(np.concatenate([np.arange(len(trace)), np.full(240, half)]))
    standing = trace[:1].then(trace[1:])
    stopped = replace(
        standing,
        **{
            name: getattr(trace, name)[order]
            for name in ("lat", "lon", "sigma_m", "speed_m_s", "heading_deg")
        },
        time_s=trace.time_s[0] + 5.0 * np.arange(len(order)),
    )
    matcher = Matcher(town, index=index)
    moving, after = (traversals(town, t, matcher.match(t)) for t in (trace, stopped))
    assert after.speed_kmh.min() > 0.6 * moving.speed_kmh.min()
    assert len(moving.edge) - 6 <= len(after.edge) < len(moving.edge)


def test_hours_are_told_in_local_time() -> None:
    assert hour_of_week(np.array([MONDAY, MONDAY - 1]), ZONE).tolist() == [0, 167]
    assert hour_of_week(np.array([MONDAY + 8 * 3600]), "UTC").tolist() == [0]
    summer, winter = 1_751_328_000.0, 1_735_689_600.0  # 2025-07-01 and 2025-01-01, 00:00 UTC
    assert hour_of_week(np.array([summer, winter]), "Europe/Berlin").tolist() == [26, 49]
    with pytest.raises(ValueError, match="name of a time zone"):
        hour_of_week(np.array([0.0]), "Mars/Olympus")


def test_stored_speeds_come_back_equal(town, tmp_path: Path) -> None:
    before = some_speeds(town, 3, 5, [20.0, 30.0, 40.0])
    before.save(tmp_path / "a.speeds.npz")
    after = EdgeSpeeds.load(tmp_path / "a.speeds.npz")
    assert np.array_equal(before.count, after.count)
    assert (before.network_key, before.zone, before.key.tolist()) == (
        after.network_key,
        ZONE,
        after.key.tolist(),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.speeds.npz"]


def test_truncated_missing_and_foreign_files_are_refused(town, tmp_path: Path) -> None:
    path = tmp_path / "a.speeds.npz"
    with pytest.raises(BadMapFile, match="there is no file"):
        EdgeSpeeds.load(path)
    some_speeds(town, 3, 5, [20.0]).save(path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 101):
        path.write_bytes(whole[:size])
        with pytest.raises(BadMapFile, match=r"a\.speeds\.npz"):
            EdgeSpeeds.load(path)
    with path.open("wb") as file:
        np.savez(file, x=np.arange(3))
    with pytest.raises(BadMapFile, match="no observed speeds"):
        EdgeSpeeds.load(path)


def test_speeds_of_another_network_are_refused(town, graphs) -> None:
    other = graphs.network(graphs.square_graph())
    speeds = some_speeds(town, 3, 5, [20.0])
    assert network_key(town) != network_key(other)
    with pytest.raises(MapError, match="another network"):
        LearnedSpeeds(other, speeds)
    with pytest.raises(MapError, match="another network"):
        speeds.merge(observe(other, ZONE, []))
    with pytest.raises(MapError, match="time zone"):
        speeds.merge(observe(town, "UTC", []))


def test_what_makes_no_histogram_is_refused_with_the_rule(town) -> None:
    row = np.zeros((1, BINS), dtype=np.uint32)
    with pytest.raises(ValueError, match="histogram of 64 bins"):
        EdgeSpeeds("x", 5, ZONE, np.array([1]), row[:, :3])
    with pytest.raises(ValueError, match="appear once"):
        EdgeSpeeds("x", 5, ZONE, np.array([1, 1]), np.zeros((2, BINS), dtype=np.uint32))
    with pytest.raises(ValueError, match=r"outside 0\.\.4"):
        EdgeSpeeds("x", 5, ZONE, np.array([5 * HOURS]), row)
    with pytest.raises(ValueError, match="hour of the week"):
        LearnedSpeeds(town, observe(town, ZONE, [])).speeds_at(168)
    with pytest.raises(ValueError, match="at least one observation"):
        LearnSettings(least=0)
    with pytest.raises(ValueError, match="priors above zero"):
        LearnSettings(prior_class=0)


traversed = st.lists(
    st.tuples(st.integers(0, 11), st.floats(0, 14 * 86_400), st.floats(1, 200)), min_size=1, max_size=60
)


@settings(max_examples=40, deadline=None)
@given(drives=st.lists(traversed, max_size=4))
def test_marks_of_drives_say_what_histograms_of_the_same_drives_say(quiet_town, drives) -> None:
    town = quiet_town.network
    found = [
        Traversals(
            np.array([d[0] for d in drive], dtype=np.int64),
            np.array([MONDAY + d[1] for d in drive]),
            np.array([d[2] for d in drive]),
        )
        for drive in drives
    ]
    histograms = observe(town, ZONE, found)
    marks = sum_up(network_key(town), town.edge_count, [marks_of(drive, ZONE) for drive in reversed(found)])
    assert (marks.key == histograms.key).all()
    assert (marks.observations == histograms.observations).all()
    assert np.allclose(marks.median_kmh(), histograms.median_kmh(), rtol=1e-12)
    one, other = LearnedSpeeds(town, histograms), LearnedSpeeds(town, marks)
    edges = np.array([0, 3, 11, 3])
    along = other.speeds_along(edges)
    for hour in (0, QUIET, RUSH, HOURS - 1):
        assert np.allclose(one.speeds_at(hour)[edges], along[:, hour], rtol=1e-12)


def test_marks_that_are_cut_off_or_of_another_network_are_refused(town) -> None:
    drive = Traversals(np.array([5]), np.array([MONDAY]), np.array([40.0]))
    marks = marks_of(drive, ZONE)
    with pytest.raises(MapError, match="cut off"):
        sum_up("x", town.edge_count, [marks[:-1]])
    with pytest.raises(MapError, match="that there are not"):
        sum_up("x", 5, [marks])
