"""The road engine against a judge that tries every way (tests/road_cases.py), and its rules one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from road_cases import Judge, network_of

from haoyun.maps.network import RoadNetwork
from haoyun.maps.profiles import VehicleProfile, get_profile
from haoyun.maps.road_engine import RoadEngine
from haoyun.maps.road_graph import RoadGraph
from haoyun.maps.rules import Access, RoadRules, TurnBan
from haoyun.maps.snapping import Snapped
from haoyun.maps.trips import best_way, matrix_between
from haoyun.maps.turn_costs import TurnCosts

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
