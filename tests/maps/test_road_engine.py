"""The road engine against a judge that tries every way (tests/road_cases.py), and its rules one by one."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from road_cases import Judge, both_ways, network_of

from haoyun.maps.errors import NoPath, NoRoadNear
from haoyun.maps.network import RoadNetwork
from haoyun.maps.roads.live import LiveChanges, edges_along, edges_in_polygon, edges_of_ways
from haoyun.maps.roads.profiles import VehicleProfile, get_profile
from haoyun.maps.roads.road_engine import RoadEngine
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.snapping import Snapped
from haoyun.maps.roads.trips import best_way, matrix_between
from haoyun.maps.roads.turn_costs import TurnCosts
from haoyun.maps.rules import Access, RoadRules, TurnBan

TRUCK = replace(get_profile("truck-40t"), turns=TurnCosts(turn_s=0, u_turn_s=0))
RULES = (
    RoadRules(),
    RoadRules(hgv=Access.DESTINATION),
    RoadRules(hgv=Access.NO),
    RoadRules(max_height_m=3.8),
    RoadRules(max_weight_t=60.0),
)


def engine_of(network: RoadNetwork, profile: VehicleProfile = TRUCK, *, plain: bool = False) -> RoadEngine:
    return RoadEngine(RoadGraph(network, plain=plain), profile)


def places(*at: tuple[int, float]) -> Snapped:
    edges, shares = [e for e, _ in at], [s for _, s in at]
    return Snapped(np.arange(len(at) + 1), np.array(edges), np.array(shares), np.zeros(len(at)))


def seconds(engine: RoadEngine, start: tuple[int, float], end: tuple[int, float]) -> float:
    found = matrix_between(engine.graph, engine.metric(), places(start), places(end))
    return float(found.duration_s[0, 0])


@st.composite
def networks(draw: st.DrawFn) -> RoadNetwork:
    """Up to 7 nodes, one-way and two-way roads of whole seconds, local and closed ones, bans of 2 to 4 edges."""
    nodes = draw(st.integers(3, 7))
    node = st.integers(0, nodes - 1)
    roads = draw(st.lists(st.tuples(node, node, st.integers(1, 30), st.booleans()), min_size=4, max_size=12))
    edges, ways = [], []
    for way, (a, b, s, two_way) in enumerate(roads, 1):
        edges += [(a, b, 10.0 * s, 36.0)] + ([(b, a, 10.0 * s, 36.0)] if two_way else [])
        ways += [way] * (2 if two_way else 1)
    edges.append((nodes - 1, 0, 50.0, 36.0))
    ways.append(len(roads) + 1)
    edge_rules = draw(
        st.lists(st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 4]), min_size=len(edges), max_size=len(edges))
    )
    bans = draw(st.lists(bans_of(edges), max_size=6))
    return network_of(edges, rules=RULES, edge_rules=edge_rules, bans=[b for b in bans if b], ways=ways)


@st.composite
def bans_of(draw: st.DrawFn, edges: list[tuple[int, int, float, float]]) -> TurnBan | None:
    """A walk of 2 to 4 edges as a ban; None where the walk ends too early."""
    walk = [draw(st.integers(0, len(edges) - 1))]
    for _ in range(draw(st.integers(1, 3))):
        onward = [i for i, edge in enumerate(edges) if edge[0] == edges[walk[-1]][1]]
        if onward:
            walk.append(draw(st.sampled_from(onward)))
    return TurnBan(walk[0], tuple(walk[1:-1]), walk[-1]) if len(walk) > 1 else None


@settings(max_examples=150, deadline=None)
@given(networks(), st.data())
def test_matrix_and_ways_are_those_of_a_judge_who_tries_every_way(
    network: RoadNetwork, data: st.DataObject
) -> None:
    at = st.tuples(st.integers(0, network.edge_count - 1), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    judge = Judge(network)
    allowed = [p for p in data.draw(st.lists(at, min_size=4, max_size=4)) if judge.kind(p[0]) != "closed"]
    if not allowed:
        return
    engine, plain = engine_of(network), engine_of(network, plain=True)
    metric = engine.metric()
    found = matrix_between(engine.graph, metric, places(*allowed), places(*allowed))
    again = matrix_between(plain.graph, plain.metric(), places(*allowed), places(*allowed))
    assert np.array_equal(found.duration_s, again.duration_s)
    for i, start in enumerate(allowed):
        for j, end in enumerate(allowed):
            s, m = judge.best(start, end)
            assert (found.duration_s[i, j], found.distance_m[i, j]) == pytest.approx((s, m), abs=0.011)
            way = best_way(engine.graph, metric, places(start), places(end))
            if way is None:
                assert s == np.inf
                continue
            assert (way.duration_s, way.distance_m) == (found.duration_s[i, j], found.distance_m[i, j])
            assert judge.faults(way.edges) == []


@settings(max_examples=60, deadline=None)
@given(networks(), st.data())
def test_a_live_version_answers_like_a_network_built_that_way(
    network: RoadNetwork, data: st.DataObject
) -> None:
    edges = st.integers(0, network.edge_count - 1)
    engine = engine_of(network)
    every = [(e, 0.5) for e in range(network.edge_count)]
    engine.metric()
    for _ in range(3):
        engine.apply(engine.changes.close(data.draw(st.sets(edges, max_size=3))))
        engine.apply(
            engine.changes.set_speeds(data.draw(st.sets(edges, max_size=3)), data.draw(st.integers(5, 80)))
        )
        engine.apply(engine.changes.reopen(data.draw(st.sets(edges, max_size=2))))
        changed = network.edge_speed_kmh.copy()
        for edge, speed in engine.changes.speed_kmh.items():
            changed[edge] = speed
        rules = network.edge_rules.copy()
        rules[sorted(engine.changes.closed)] = 2
        other = engine_of(replace(network, edge_speed_kmh=changed, edge_rules=rules))
        keep = [p for p in every if other.metric().verdict[p[0]] != 0]
        if not keep:
            continue
        live = matrix_between(engine.graph, engine.metric(), places(*keep), places(*keep))
        built = matrix_between(other.graph, other.metric(), places(*keep), places(*keep))
        assert np.array_equal(live.duration_s, built.duration_s)
        assert np.array_equal(live.distance_m, built.distance_m)


# ---- places on edges ----

# 0 -> 1 -> 2 in a row, both ways; 3, 4 and 5 lie north of them and close the ring.
RING, RING_WAYS = both_ways(
    [(0, 1, 100, 36), (1, 2, 100, 36), (2, 5, 100, 36), (5, 4, 100, 36), (4, 3, 100, 36), (3, 0, 100, 36)]
)


def ring(**changes: object) -> RoadNetwork:
    return network_of(RING, ways=RING_WAYS, **changes)  # type: ignore[arg-type]


def test_a_place_ahead_on_the_same_edge_is_reached_along_it() -> None:
    assert seconds(engine_of(ring()), (0, 0.25), (0, 0.75)) == pytest.approx(5)


def test_a_place_behind_on_the_same_edge_needs_the_way_round() -> None:
    assert seconds(engine_of(ring()), (0, 0.75), (0, 0.25)) == pytest.approx(2.5 + 50 + 2.5)


def test_a_trip_may_leave_a_two_way_street_in_either_direction() -> None:
    engine = engine_of(ring())
    found = engine.point_matrix([(0.0, 0.0005)], [(0.0, 0.0001), (0.0, 0.0009)])
    assert found.duration_s.ravel() == pytest.approx([4, 4], abs=0.01)


def test_both_directions_of_a_street_are_snapped_to_with_shares_that_add_up_to_one() -> None:
    found = engine_of(ring()).snap([(0.00001, 0.0003)])
    assert found.edge.tolist() == [0, 1]
    assert found.share.sum() == pytest.approx(1)
    assert found.gap_m[0] == pytest.approx(1.11, abs=0.01)


def test_a_matrix_cell_and_the_route_for_it_are_the_same_drive() -> None:
    engine = engine_of(ring(), get_profile("truck-40t"))
    points = [(0.0, 0.0003), (0.0005, 0.0), (0.001, 0.0017), (0.0, 0.0012)]
    found = engine.point_matrix(points)
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            route = engine.route(a, b)
            assert (route.duration_s, route.distance_m) == (found.duration_s[i, j], found.distance_m[i, j])
            assert route.coordinates[0] == pytest.approx(a, abs=1e-6)
            assert route.coordinates[-1] == pytest.approx(b, abs=1e-6)


def test_no_part_of_a_forbidden_edge_is_used_not_even_the_first_and_the_last() -> None:
    low = engine_of(ring(rules=RULES, edge_rules=[3, 3] + [0] * 10))
    route = low.route((0.0001, 0.0005), (0.001, 0.0005))
    assert not {0, 1} & set(route.edges)
    assert (
        route.start_gap_m > 30
    )  # the street before the door is 3.8 m high: the truck stops round the corner


def test_a_position_far_from_any_allowed_road_is_refused_by_name() -> None:
    with pytest.raises(NoRoadNear, match=r"no road for truck-40t within 500 m of the end 1,1"):
        engine_of(ring()).route((0.0, 0.0005), (1.0, 1.0))
    assert np.isinf(engine_of(ring()).point_matrix([(0.0, 0.0005)], [(1.0, 1.0)]).duration_s).all()


def test_where_no_way_leads_the_error_names_vehicle_and_ends() -> None:
    engine = engine_of(network_of([(0, 1, 100, 36), (2, 3, 100, 36)], columns=2))
    with pytest.raises(NoPath, match=r"no way for truck-40t from 0,0\.0005 to 0\.001,0\.0005"):
        engine.route((0.0, 0.0005), (0.001, 0.0005))


def test_ways_are_told_in_driving_order_without_repeats() -> None:
    edges = [(0, 1, 100, 36), (1, 2, 100, 36), (2, 3, 100, 36), (3, 4, 100, 36), (4, 0, 100, 36)]
    engine = engine_of(network_of(edges, ways=[7, 7, 9, 7, 0]))
    assert engine.route((0.0, 0.0001), (0.001, 0.0008)).osm_way_ids == (7, 9, 7)


# ---- turns ----

# A road east with a street to the left (north) and one to the right (south) at node 1.
#   5
# 3 4 5 / 0 1 2: node 4 in the middle of a lattice of 3 columns and 3 rows
CROSS, CROSS_WAYS = both_ways(
    [
        (3, 4, 100, 36),
        (4, 5, 100, 36),
        (4, 7, 100, 36),
        (4, 1, 100, 36),
        (0, 1, 9999, 36),
        (2, 5, 9999, 36),
        (6, 7, 9999, 36),
        (8, 7, 9999, 36),
    ]
)


def test_a_turn_costs_by_its_angle_and_more_across_the_oncoming_traffic() -> None:
    profile = replace(TRUCK, turns=TurnCosts(turn_s=10, left_factor=1.5, u_turn_s=99))
    engine = engine_of(network_of(CROSS, ways=CROSS_WAYS), profile)
    east = (0, 0.0)
    assert seconds(engine, east, (2, 1.0)) == pytest.approx(20)  # straight on
    assert seconds(engine, east, (6, 1.0)) == pytest.approx(20 + 5, abs=0.01)  # right, to the south
    assert seconds(engine, east, (4, 1.0)) == pytest.approx(20 + 7.5, abs=0.01)  # left, to the north


def test_a_bend_without_a_junction_costs_nothing() -> None:
    profile = replace(TRUCK, turns=TurnCosts(turn_s=10))
    assert seconds(engine_of(ring(), profile), (2, 0.0), (4, 1.0)) == pytest.approx(20)


def test_a_truck_turns_back_at_dead_ends_only() -> None:
    profile = replace(TRUCK, turns=TurnCosts(turn_s=0, u_turn_s=30))
    edges, ways = both_ways([(0, 1, 100, 36), (1, 2, 100, 36), (1, 4, 100, 36)])
    engine = engine_of(network_of(edges, ways=ways), profile)
    # From 0 towards 1 and back: not at the junction 1, but at one of the dead ends behind it.
    assert seconds(engine, (0, 0.0), (1, 1.0)) == pytest.approx(10 + 10 + 30 + 10 + 10)


def test_a_ban_through_a_way_binds_only_who_came_that_way() -> None:
    ban = TurnBan(0, (2,), 4)  # 0 -> 1 -> 2 -> 5 along three edges
    engine = engine_of(ring(bans=[ban]))
    assert seconds(engine, (0, 0.5), (4, 1.0)) == np.inf  # eastwards there is no other way
    assert seconds(engine, (2, 0.0), (4, 1.0)) == pytest.approx(20)  # who starts behind the first edge may
    assert 4 not in engine.route((0.0, 0.0005), (0.0005, 0.002)).edges


# ---- the law by the hour and by the vehicle ----


def test_roads_for_destination_traffic_serve_trips_that_end_there_and_no_others() -> None:
    rules = (RoadRules(), RoadRules(hgv=Access.DESTINATION))
    engine = engine_of(ring(rules=rules, edge_rules=[0, 0, 1, 1] + [0] * 8))
    assert engine.route((0.0, 0.0005), (0.0, 0.0015)).edges == (0, 2)
    assert engine.route((0.0, 0.0015), (0.0005, 0.002)).edges == (2, 4)
    around = engine.route((0.0, 0.0005), (0.0005, 0.002))
    assert not {2, 3} & set(around.edges)


# ---- live ----


def test_a_closure_holds_from_the_next_answer_on_and_ends_when_the_road_is_opened() -> None:
    engine = engine_of(ring())
    before = seconds(engine, (0, 0.0), (2, 1.0))
    version = engine.close_edges(edges_of_ways(engine.network, [RING_WAYS[2]]))
    assert version == engine.changes.version == 1
    assert seconds(engine, (0, 0.0), (4, 1.0)) == np.inf  # from 0 eastwards there is no way round
    assert engine.reopen_edges([2, 3]) == 2
    assert seconds(engine, (0, 0.0), (2, 1.0)) == before


def test_a_present_speed_counts_up_to_what_the_vehicle_drives() -> None:
    engine = engine_of(ring())
    engine.set_speeds([0], 18)
    assert seconds(engine, (0, 0.0), (0, 1.0)) == pytest.approx(20)
    engine.set_speeds([0], 160)
    assert seconds(engine, (0, 0.0), (0, 1.0)) == pytest.approx(100 / (80 / 3.6), abs=0.001)


def test_edges_of_another_network_and_speeds_of_no_movement_are_refused() -> None:
    engine = engine_of(ring())
    with pytest.raises(ValueError, match=r"has edges 0\.\.11 only"):
        engine.close_edges([12])
    with pytest.raises(ValueError, match="close a blocked road"):
        engine.set_speeds([0], 0)
    assert engine.changes == LiveChanges()


def test_roads_are_picked_by_polygon_and_along_a_corridor() -> None:
    network = ring()
    north = [(0.0009, -0.001), (0.0011, -0.001), (0.0011, 0.003), (0.0009, 0.003)]
    assert edges_in_polygon(network, north).tolist() == [4, 5, 6, 7, 8, 9, 10, 11]
    assert edges_in_polygon(network, [(1, 1), (1, 2), (2, 2)]).tolist() == []
    assert edges_along(network, [(0.0, 0.0002), (0.0, 0.0008)], 20).tolist() == [0, 1]
    with pytest.raises(ValueError, match="crosses itself"):
        edges_in_polygon(network, [(0, 0), (1, 1), (1, 0), (0, 1)])


def test_answers_given_while_roads_close_belong_to_one_version() -> None:
    """Closing both halves of the ring's south in one step: no answer may see one half open and one closed."""
    engine = engine_of(ring())
    point = [(0.001, 0.0005), (0.001, 0.0015)]
    allowed = {engine.point_matrix(point).duration_s.tobytes()}
    engine.close_edges([0, 1, 2, 3])
    allowed.add(engine.point_matrix(point).duration_s.tobytes())
    engine.reopen_edges([0, 1, 2, 3])
    seen: set[bytes] = set()

    def ask() -> None:
        for _ in range(60):
            seen.add(engine.point_matrix(point).duration_s.tobytes())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        engine.close_edges([0, 1, 2, 3])
        engine.reopen_edges([0, 1, 2, 3])
    for thread in threads:
        thread.join()
    assert seen <= allowed


def test_a_ban_through_two_ways_holds_for_its_whole_sequence_only() -> None:
    row = [
        (0, 1, 100, 36),
        (1, 2, 100, 36),
        (2, 3, 100, 36),
        (3, 4, 100, 36),
        (2, 3, 300, 36),
        (4, 0, 100, 36),
    ]
    engine = engine_of(network_of(row, bans=[TurnBan(0, (1, 2), 3), TurnBan(1, (2, 3), 5)]))
    assert seconds(engine, (0, 0.0), (2, 1.0)) == pytest.approx(30)
    assert seconds(engine, (0, 0.0), (3, 1.0)) == pytest.approx(10 + 10 + 30 + 10)  # by the longer edge 4
    assert seconds(engine, (1, 0.0), (3, 1.0)) == pytest.approx(30)  # who starts on edge 1 came from nowhere
    assert seconds(engine, (1, 0.0), (5, 1.0)) == pytest.approx(
        10 + 30 + 10 + 10
    )  # the second ban is not shadowed


class MondayRush:
    """On Monday from 8 to 9 the direct road crawls."""

    def __init__(self, direct: int, network: RoadNetwork) -> None:
        self.direct, self.network = direct, network

    def speeds_at(self, hour_of_week: int) -> np.ndarray:
        speeds = self.network.edge_speed_kmh.copy()
        if hour_of_week == 8:
            speeds[self.direct] = 9.0
        return speeds


@pytest.mark.parametrize(
    ("departure", "expected_s"),
    [
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), 30.0),
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), 40.0),  # Monday: the way round
        (datetime(2026, 3, 3, 8, 0, tzinfo=UTC), 30.0),  # Tuesday
        (None, 30.0),
    ],
)
def test_learned_speeds_hold_in_their_hour_of_the_week(departure: datetime | None, expected_s: float) -> None:
    edges = [(0, 1, 300.0, 36.0), (0, 2, 200.0, 36.0), (2, 1, 200.0, 36.0), (1, 0, 300.0, 36.0)]
    network = network_of(edges)
    engine = RoadEngine(RoadGraph(network), TRUCK, MondayRush(0, network))
    at = engine.metric(departure)
    found = matrix_between(engine.graph, at, places((3, 1.0)), places((3, 0.0)))
    assert float(found.duration_s[0, 0]) == pytest.approx(expected_s, abs=0.01)


def test_an_hour_slows_a_car_by_the_share_it_slows_trucks() -> None:
    network = network_of([(0, 1, 300.0, 36.0), (1, 0, 300.0, 36.0)])
    engine = RoadEngine(RoadGraph(network), get_profile("car"), MondayRush(0, network))
    free, rush = (engine.metric(datetime(2026, 3, 2, hour, tzinfo=UTC)).speed_kmh[0] for hour in (7, 8))
    assert rush == pytest.approx(free * 9 / 36)
