"""Map matching: what was driven is found, what was not is not invented, and what is unsure says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_drives import KINDS, Drives, intervals_of, overlap, truth_intervals

from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.errors import BadCoordinate, BadTrace
from haoyun.maps.geodesy import polyline_length_m
from haoyun.maps.matching.matcher import Matcher
from haoyun.maps.matching.settings import MatchSettings
from haoyun.maps.matching.trace import make_trace

M_PER_DEG = 6371008.8 * np.pi / 180


class World:
    """What the property tests need; hypothesis prints its arguments, and a network prints for pages."""

    def __init__(self, network, matcher, drives) -> None:
        self.network, self.matcher, self.drives = network, matcher, drives

    def __repr__(self) -> str:
        return "the town"


@pytest.fixture(scope="session")
def world(town, matcher, drives) -> World:
    return World(town, matcher, drives)


@pytest.fixture(scope="session")
def town(graphs):
    """14 x 14 crossings about 150 m apart, crooked streets, some of them one-way; 60 degrees north."""
    return graphs.network(graphs.town_graph(14))


@pytest.fixture(scope="session")
def matcher(town) -> Matcher:
    return Matcher(town)


@pytest.fixture(scope="session")
def drives(town) -> Drives:
    return Drives(town, EdgeIndex(town))


def check_way(network, part) -> None:
    """Every edge of a part begins where the one before ends, and times never fall."""
    assert (network.edge_tail[part.edges[1:]] == network.edge_head[part.edges[:-1]]).all()
    assert (part.left_s >= part.entered_s - 1e-6).all()
    assert np.allclose(part.entered_s[1:], part.left_s[:-1])
    assert 0 <= part.from_m <= network.edge_length_m[part.edges[0]] + 1e-6
    assert 0 <= part.to_m <= network.edge_length_m[part.edges[-1]] + 1e-6
    assert ((part.edge_confidence >= 0) & (part.edge_confidence <= 1 + 1e-9)).all()


@given(st.integers(0, 10**6), st.sampled_from(KINDS), st.sampled_from([1, 5, 10]))
@settings(max_examples=25, deadline=None)
def test_a_drive_without_noise_is_found_edge_for_edge(world, seed, kind, interval_s) -> None:
    town, matcher, drives = world.network, world.matcher, world.drives
    random = np.random.default_rng(seed)
    drive = drives.drive(random, kind, least_m=900)
    trace, edge, _ = drives.fixes(drive, interval_s, 0.0, random)
    match = matcher.match(replace(trace, sigma_m=np.full(len(trace), 3.0)))
    (part,) = match.parts
    check_way(town, part)
    # A fix so little way round the last corner could as well lie on the street before it.
    unsure_m = 5 * 3.0
    driven = [e for e, a, b in truth_intervals(drive, trace.time_s, town.edge_length_m) if b - a > unsure_m]
    found = [
        e
        for e, a, b in intervals_of(part.edges, town.edge_length_m, part.from_m, part.to_m)
        if b - a > unsure_m
    ]
    assert found == driven
    assert (match.edge == edge).mean() > 0.8  # at a crossing the edge before may stand for the one behind
    assert np.median(match.confidence) > 0.99


@given(st.integers(0, 10**6), st.sampled_from([1, 10, 30]), st.sampled_from([5.0, 15.0]))
@settings(max_examples=25, deadline=None)
def test_any_answer_drives_one_ways_their_way_and_only_allowed_edges(
    world, seed, interval_s, sigma_m
) -> None:
    town, drives = world.network, world.drives
    random = np.random.default_rng(seed)
    allowed = random.random(town.edge_count) > 0.2
    trace, _, _ = drives.fixes(drives.drive(random, "habit", 900), interval_s, sigma_m, random)
    match = Matcher(town, allowed=allowed).match(trace)
    for part in match.parts:
        check_way(town, part)
        assert allowed[part.edges].all()
    assert allowed[match.edge[match.edge >= 0]].all()


@pytest.mark.parametrize("interval_s", [1, 10])
def test_noise_costs_confidence_and_little_length(town, matcher, drives, interval_s) -> None:
    sure = []
    for sigma_m in (2.0, 15.0, 40.0):
        random = np.random.default_rng(5)
        want = both = false = 0.0
        confidence = []
        for i in range(12):
            drive = drives.drive(random, KINDS[i % 3], 1200)
            trace, _, _ = drives.fixes(drive, interval_s, sigma_m, random)
            match = matcher.match(trace)
            found = [
                row
                for part in match.parts
                for row in intervals_of(part.edges, town.edge_length_m, part.from_m, part.to_m)
            ]
            a, b, c = overlap(truth_intervals(drive, trace.time_s, town.edge_length_m), found)
            want, both, false = want + a, both + b, false + c
            confidence.append(match.confidence.mean())
        if sigma_m < 40:
            assert both / want > 0.97
            assert false / want < 0.04
        sure.append(np.mean(confidence))
    assert sure[0] > sure[1] > sure[2]


def test_a_stream_gives_the_answer_of_the_whole_trace(town, matcher, drives) -> None:
    for seed in range(6):
        random = np.random.default_rng(seed)
        drive = drives.drive(random, KINDS[seed % 3], 1500)
        trace, _, _ = drives.fixes(drive, (1, 3, 10)[seed % 3], 12.0, random)
        whole = matcher.match(trace)
        stream = matcher.stream()
        answers, at, most_open = [], 0, 0
        while at < len(trace):
            step = int(random.integers(1, 9))
            answers.append(stream.push(trace[at : at + step]))
            at = min(len(trace), at + step)
            most_open = max(most_open, at - sum(len(answer.edge) for answer in answers))
        assert most_open < max(14, len(trace) / 2)  # it does not wait for the end
        answers.append(stream.finish())
        assert np.concatenate([a.edge for a in answers]).tolist() == whole.edge.tolist()
        assert np.concatenate([a.offset_m for a in answers]) == pytest.approx(whole.offset_m, abs=1e-6)
        way = [int(e) for answer in answers for part in answer.parts for e in part.edges]
        joined = [e for i, e in enumerate(way) if i == 0 or e != way[i - 1]]
        assert joined == [int(e) for part in whole.parts for e in part.edges]


@pytest.mark.parametrize("seed", range(24))
def test_a_stream_agrees_with_the_whole_through_gaps_outliers_and_stops(matcher, drives, seed) -> None:
    random = np.random.default_rng(seed)
    drive = drives.drive(random, KINDS[seed % 3], 1500)
    sigma_m = float(random.choice([2, 8, 15, 30]))
    trace, _, _ = drives.fixes(drive, (1, 3, 10, 5)[seed % 4], sigma_m, random)
    lat, times = trace.lat.copy(), trace.time_s.copy()
    for kind in random.integers(0, 3, 3):
        begin = int(random.integers(0, len(trace)))
        span = slice(begin, begin + int(random.integers(1, 12)))
        if kind == 0:
            times[begin:] += random.choice([100, 200, 1000])
        elif kind == 1:
            lat[span] += random.uniform(100, 800) / M_PER_DEG
        else:
            lat[span] = lat[begin]
    trace = replace(trace, lat=lat, time_s=times)
    whole, stream = matcher.match(trace), matcher.stream()
    answers, at = [], 0
    while at < len(trace):
        step = int(random.integers(1, 9))
        answers.append(stream.push(trace[at : at + step]))
        at += step
    answers.append(stream.finish())
    assert np.concatenate([a.edge for a in answers]).tolist() == whole.edge.tolist()
    assert np.concatenate([a.offset_m for a in answers]) == pytest.approx(whole.offset_m, abs=1e-6)


def test_a_full_memory_of_searches_changes_nothing(town, matcher, drives, monkeypatch) -> None:
    monkeypatch.setattr("haoyun.maps.matching.core._FIRST_POOL", 23_000)  # room for a few rows only
    monkeypatch.setattr("haoyun.maps.matching.core._LARGEST_POOL", 23_000)
    forgetful = Matcher(town)
    for seed in range(3):
        random = np.random.default_rng(seed)
        trace, _, _ = drives.fixes(drives.drive(random, "habit", 1500), 15, 15.0, random)
        one, other = matcher.match(trace), forgetful.match(trace)
        assert one.edge.tolist() == other.edge.tolist()
        assert [p.edges.tolist() for p in one.parts] == [p.edges.tolist() for p in other.parts]


def test_a_stream_does_not_keep_what_it_has_answered(town, matcher, drives) -> None:
    random = np.random.default_rng(3)
    trace, _, _ = drives.fixes(drives.drive(random, "habit", 2000), 1, 5.0, random)
    stream = matcher.stream()
    held = []
    for i in range(len(trace)):
        stream.push(trace[i : i + 1])
        held.append(len(stream._window._raw))
    assert max(held) < 80 < len(trace)


def test_after_the_end_a_stream_takes_nothing(matcher) -> None:
    stream = matcher.stream()
    assert len(stream.push(make_trace([], [], [])).edge) == 0
    assert len(stream.finish().edge) == 0
    with pytest.raises(BadTrace, match="is finished"):
        stream.push(make_trace([0.0], [60.0], [0.0]))


def test_a_gap_splits_the_drive(town, matcher, drives) -> None:
    random = np.random.default_rng(2)
    trace, _, _ = drives.fixes(drives.drive(random, "fastest", 1500), 2, 3.0, random)
    half = len(trace) // 2
    later = np.where(np.arange(len(trace)) < half, 0.0, 1000.0)
    match = matcher.match(replace(trace, time_s=trace.time_s + later))
    assert [(p.first_fix, p.last_fix) for p in match.parts] == [(0, half - 1), (half, len(trace) - 1)]
    assert (np.diff(match.part[match.part >= 0]) >= 0).all()


def test_a_detour_off_the_road_is_left_out_and_not_invented(town, matcher) -> None:
    edge = int(
        np.flatnonzero((town.edge_tail == 0) & (town.edge_head == 1))[0]
    )  # the southern rim, eastwards
    onward = int(np.flatnonzero((town.edge_tail == 1) & (town.edge_head == 2))[0])
    share = np.linspace(0.05, 0.95, 15)
    index = EdgeIndex(town)
    before = index.positions(np.full(15, edge), share * town.edge_length_m[edge])
    after = index.positions(np.full(15, onward), share * town.edge_length_m[onward])
    south = np.concatenate([np.linspace(100, 1000, 10), np.linspace(1000, 100, 10)]) / M_PER_DEG
    lat = np.concatenate([before[0], before[0][-1] - south, after[0]])
    lon = np.concatenate([before[1], np.full(20, before[1][-1]), after[1]])
    match = matcher.match(make_trace(np.arange(50) * 10.0, lat, lon, sigma_m=5))
    assert (match.edge[15:35] == -1).all()
    assert (match.confidence[15:35] == 0).all()
    assert (match.part[15:35] == -1).all()
    assert [part.edges.tolist() for part in match.parts] == [[edge], [onward]]


def test_single_fixes_far_off_are_outliers_and_do_not_break_the_drive(town, matcher, drives) -> None:
    random = np.random.default_rng(11)
    drive = drives.drive(random, "fastest", 1500)
    trace, _, _ = drives.fixes(drive, 5, 3.0, random)
    lat = trace.lat.copy()
    for i in (0, 7, 15, len(trace) - 1):
        lat[i] += 350 / M_PER_DEG
    clean, dirty = matcher.match(trace), matcher.match(replace(trace, lat=lat))
    (part,) = dirty.parts
    assert set(clean.parts[0].edges[2:-2]) <= set(part.edges) <= set(clean.parts[0].edges)
    assert dirty.edge[[7, 15]].tolist() == [-1, -1]
    assert dirty.confidence[[7, 15]].tolist() == [0, 0]


def test_a_vehicle_that_stands_drives_nowhere(town, matcher) -> None:
    random = np.random.default_rng(4)
    lat, lon = EdgeIndex(town).positions([40], [town.edge_length_m[40] / 2])
    noise = random.normal(0, 8, (2, 600)) / M_PER_DEG
    trace = make_trace(np.arange(600.0), lat + noise[0], lon + noise[1] * 2, sigma_m=8)
    match = matcher.match(trace)
    assert sum(part.length_m for part in match.parts) < 60
    assert len({int(e) for part in match.parts for e in part.edges}) <= 2


def test_a_heading_tells_the_direction_of_a_single_fix(town, matcher) -> None:
    index = EdgeIndex(town)
    lat, lon = index.positions([0], [70.0])  # the southern rim is open both ways
    both = index.nearest(lat, lon, most=2).edge[0]
    for edge in both:
        line = town.edge_line(int(edge))
        east = (line[-1, 1] - line[0, 1]) * np.cos(np.radians(60))
        heading = np.degrees(np.arctan2(east, line[-1, 0] - line[0, 0])) % 360
        match = matcher.match(make_trace([0.0], lat, lon, sigma_m=5, heading_deg=heading, speed_m_s=10))
        assert match.edge[0] == edge
        unsure = matcher.match(make_trace([0.0], lat, lon, sigma_m=5))
        assert unsure.confidence[0] < 0.6 < match.confidence[0]


def test_the_geometry_of_a_part_is_as_long_as_the_part(town, matcher, drives) -> None:
    random = np.random.default_rng(8)
    trace, _, _ = drives.fixes(drives.drive(random, "habit", 1500), 5, 3.0, random)
    (part,) = matcher.match(trace).parts
    assert polyline_length_m(part.coordinates(town)) == pytest.approx(part.length_m, rel=0.01)


def test_times_at_which_edges_are_entered_are_near_the_truth(town, matcher, drives) -> None:
    random = np.random.default_rng(9)
    drive = drives.drive(random, "fastest", 2000)
    trace, _, _ = drives.fixes(drive, 5, 3.0, random)
    (part,) = matcher.match(trace).parts
    starts = np.cumsum(town.edge_length_m[drive.edges]) - town.edge_length_m[drive.edges]
    truth = dict(zip(drive.edges.tolist(), np.interp(starts, drive.along_m, drive.time_s), strict=True))
    errors = [
        abs(part.entered_s[k] - truth[e]) for k, e in enumerate(part.edges.tolist()) if k and e in truth
    ]
    assert np.median(errors) < 1.5
    assert max(errors) < 8


@pytest.mark.parametrize(
    ("order", "rule"),
    [
        ([2, 1, 0], "fix 1 is not after fix 0"),
        ([0, 2, 1], "fix 2 is not after fix 1"),
        ([0, 1, 1], "not after"),
    ],
)
def test_fixes_out_of_order_are_refused_with_the_place(order, rule) -> None:
    with pytest.raises(BadTrace, match=rule):
        make_trace(np.array(order, dtype=float), [60, 60, 60], [0, 0, 0])


def test_a_stream_refuses_fixes_earlier_than_those_it_has(matcher) -> None:
    stream = matcher.stream()
    stream.push(make_trace([10.0], [60.0], [0.0]))
    with pytest.raises(BadTrace, match="must rise"):
        stream.push(make_trace([9.0], [60.0], [0.0]))


def test_what_makes_no_trace_is_refused_with_the_rule(matcher) -> None:
    with pytest.raises(BadTrace, match="at least one fix"):
        matcher.match(make_trace([], [], []))
    with pytest.raises(BadTrace, match="one value a fix"):
        make_trace([0.0, 1.0], [60.0], [0.0, 0.0])
    with pytest.raises(BadTrace, match="sigma of a fix"):
        make_trace([0.0], [60.0], [0.0], sigma_m=0)
    with pytest.raises(BadCoordinate, match="outside"):
        make_trace([0.0], [95.0], [0.0])
    with pytest.raises(BadTrace, match="not a number"):
        make_trace([float("nan")], [60.0], [0.0])
    with pytest.raises(ValueError, match="beta_m is above zero"):
        MatchSettings(beta_m=0)


def test_masks_and_indexes_of_another_network_are_refused(town, graphs) -> None:
    with pytest.raises(ValueError, match="one an edge"):
        Matcher(town, allowed=np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="another network"):
        Matcher(town, index=EdgeIndex(graphs.network(graphs.square_graph())))


def test_where_there_is_no_road_nothing_is_matched(matcher) -> None:
    match = matcher.match(make_trace([0.0, 10.0, 20.0], [61.0, 61.001, 61.002], [1.0, 1.0, 1.0]))
    assert match.edge.tolist() == [-1, -1, -1]
    assert match.parts == ()


def test_a_banned_turn_is_avoided_where_the_fixes_leave_a_choice(town) -> None:
    """Two fixes across a block: right then left is as far as left then right; a ban decides."""
    side, corner = 14, 4 * 14 + 4
    opposite = corner + side + 1

    def edge(a: int, b: int) -> int:
        found = np.flatnonzero((town.edge_tail == a) & (town.edge_head == b))
        return int(found[0]) if len(found) else -1

    for start in range(corner, corner + 60):
        ways = [(edge(start, via), edge(via, start + side + 1), via) for via in (start + 1, start + side)]
        if start % side < side - 1 and all(a >= 0 and b >= 0 for a, b, _ in ways):
            break
    opposite = start + side + 1
    lat, lon = town.node_lat[[start, opposite]], town.node_lon[[start, opposite]]
    trace = make_trace([0.0, 40.0], lat, lon, sigma_m=3)
    for a, b, via in ways:
        match = Matcher(town, banned_turns=[(a, b)]).match(trace)
        passed = town.edge_head[match.parts[0].edges]
        assert via not in passed
