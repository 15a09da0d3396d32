"""The hierarchy between nodes against Dijkstra, its weights, its cache, and isochrones on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from road_cases import both_ways, network_of
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from haoyun.maps.engine import ScipyEngine
from haoyun.maps.errors import NoPath, NoRoadNear
from haoyun.maps.network import RoadNetwork
from haoyun.maps.node_engine import NodeEngine, engine_for
from haoyun.maps.roads.isochrones import isochrones
from haoyun.maps.roads.profiles import get_profile
from haoyun.maps.roads.road_engine import RoadEngine
from haoyun.maps.roads.road_graph import KEPT, RoadGraph
from haoyun.maps.roads.turn_costs import TurnCosts
from haoyun.maps.search.weights import NO_WAY, pack, unpack

TRUCK = replace(get_profile("truck-40t"), turns=TurnCosts(turn_s=0))


def lattice(side: int, step_m: float = 100.0) -> RoadNetwork:
    roads = [(i, i + 1, step_m, 36.0) for i in range(side * side) if i % side < side - 1]
    roads += [(i, i + side, step_m, 36.0) for i in range(side * (side - 1))]
    edges, ways = both_ways(roads)
    return network_of(edges, ways=ways, columns=side)


@st.composite
def graphs(draw: st.DrawFn) -> RoadNetwork:
    nodes = draw(st.integers(2, 12))
    edge = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1), st.integers(0, 400), st.just(36.0))
    edges = draw(st.lists(edge, min_size=1, max_size=40))
    return network_of([(a, b, float(m), v) for a, b, m, v in edges] + [(nodes - 1, 0, 90.0, 36.0)])


@settings(max_examples=120, deadline=None)
@given(graphs())
def test_times_between_nodes_are_those_of_dijkstra_and_keep_the_triangle(network: RoadNetwork) -> None:
    nodes = np.arange(network.node_count)
    found = NodeEngine(network).matrix(nodes, nodes)
    exact = ScipyEngine(network).matrix(nodes, nodes)
    assert np.allclose(found.duration_s, exact.duration_s, atol=0.02)
    d = found.duration_s
    assert np.all(d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-9)
    assert np.all(np.diag(d) == 0)


@settings(max_examples=80, deadline=None)
@given(graphs(), st.data())
def test_a_path_between_nodes_adds_up_to_its_cell_of_the_matrix(
    network: RoadNetwork, data: st.DataObject
) -> None:
    node = st.integers(0, network.node_count - 1)
    a, b = data.draw(node), data.draw(node)
    engine = NodeEngine(network)
    cell = engine.matrix([a], [b])
    if np.isinf(cell.duration_s[0, 0]):
        with pytest.raises(NoPath, match=f"node {a} to node {b}"):
            engine.path(a, b)
        return
    path = engine.path(a, b)
    edges = list(path.edges)
    assert (path.nodes[0], path.nodes[-1]) == (a, b)
    assert [int(network.edge_tail[e]) for e in edges] == list(path.nodes[:-1])
    assert (
        path.distance_m == cell.distance_m[0, 0] == pytest.approx(network.edge_length_m[edges].sum(), abs=0.1)
    )
    assert path.duration_s == cell.duration_s[0, 0]


def test_a_lattice_of_many_parts_is_answered_like_dijkstra() -> None:
    network = lattice(30, 123.4)
    rng = np.random.default_rng(4)
    slower = replace(network, edge_speed_kmh=rng.uniform(10, 80, network.edge_count))
    nodes = rng.integers(0, network.node_count, 120)
    found = NodeEngine(slower).matrix(nodes, nodes)
    n = slower.node_count
    graph = csr_array((slower.edge_duration_s, (slower.edge_tail, slower.edge_head)), shape=(n, n))
    assert np.allclose(found.duration_s, dijkstra(graph, indices=nodes)[:, nodes], atol=0.05)


def test_a_small_network_gets_dijkstra_and_a_vehicle_the_road_engine() -> None:
    assert isinstance(engine_for(lattice(3)), ScipyEngine)
    assert isinstance(engine_for(lattice(3), TRUCK), RoadEngine)


def test_nodes_of_another_network_are_refused() -> None:
    for engine in (NodeEngine(lattice(3)), RoadEngine(RoadGraph(lattice(3)), TRUCK)):
        with pytest.raises(NoPath, match=r"nodes 0\.\.8 only"):
            engine.matrix([0], [9])


def test_a_road_engine_keeps_the_protocol_between_nodes() -> None:
    engine = RoadEngine(RoadGraph(lattice(4)), TRUCK)
    found = engine.matrix([0, 5], [0, 15])
    assert found.duration_s.tolist() == [[0, 60], [20, 40]]
    path = engine.path(0, 15)
    assert (path.duration_s, path.distance_m, path.nodes[0], path.nodes[-1]) == (60, 600, 0, 15)
    assert engine.path(3, 3).distance_m == 0


# ---- weights ----


def test_a_weight_adds_and_compares_as_a_pair_of_duration_then_distance() -> None:
    a, b = pack([1.5], [99.99])[0], pack([1.5], [100.0])[0]
    assert a < b < pack([1.501], [0.0])[0]
    assert unpack(a + b) == (3.0, 199.99)
    assert unpack(NO_WAY) == (np.inf, np.inf)


@pytest.mark.parametrize(("seconds", "metres"), [(-1.0, 0.0), (2e6, 0.0), (0.0, 5e7), (float("nan"), 0.0)])
def test_what_does_not_fit_a_weight_is_refused(seconds: float, metres: float) -> None:
    with pytest.raises(ValueError, match="an edge"):
        pack([seconds], [metres])


# ---- the kept hierarchy ----


def test_a_hierarchy_is_kept_and_read_again(tmp_path: Path) -> None:
    first = RoadGraph(lattice(6), keep_in=tmp_path).hierarchy
    written = (tmp_path / KEPT).stat().st_mtime_ns
    again = RoadGraph(lattice(6), keep_in=tmp_path).hierarchy
    assert np.array_equal(first.rank, again.rank) and again.arc_count == first.arc_count
    assert (tmp_path / KEPT).stat().st_mtime_ns == written


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 truncated", b"not an archive"])
def test_a_damaged_file_of_a_hierarchy_is_written_anew(content: bytes, tmp_path: Path) -> None:
    (tmp_path / KEPT).write_bytes(content)
    engine = RoadEngine(RoadGraph(lattice(6), keep_in=tmp_path), TRUCK)
    assert engine.matrix([0], [35]).duration_s[0, 0] == 100
    assert (tmp_path / KEPT).stat().st_size > 1000


def test_the_hierarchy_of_another_network_is_not_taken(tmp_path: Path) -> None:
    RoadGraph(lattice(6), keep_in=tmp_path).hierarchy  # noqa: B018 - keeps it
    engine = RoadEngine(RoadGraph(lattice(5), keep_in=tmp_path), TRUCK)
    assert engine.matrix([0], [24]).duration_s[0, 0] == 80


# ---- isochrones ----


def test_an_isochrone_holds_what_is_reached_and_not_what_is_far_from_it() -> None:
    import shapely

    engine = RoadEngine(RoadGraph(lattice(11, 111.195)), TRUCK)
    short, long = isochrones(engine, (0.005, 0.005), [0.5, 0.75])  # 300 m and 450 m along the streets
    assert short.area.is_valid and long.area.contains(short.area)
    assert long.road_m > short.road_m > 0
    assert short.area.contains(shapely.Point(0.005 + 0.0026, 0.005))
    assert not short.area.contains(shapely.Point(0.005 + 0.0045, 0.005))
    assert not long.area.contains(shapely.Point(0.009, 0.009))


def test_a_closed_road_is_outside_the_isochrone_and_a_moment_reaches_a_spot() -> None:
    engine = RoadEngine(RoadGraph(lattice(11, 111.195)), TRUCK)
    whole = isochrones(engine, (0.005, 0.005), [2])[0].area
    engine.close_edges(np.flatnonzero(engine.network.node_lat[engine.network.edge_head] > 0.0065))
    assert isochrones(engine, (0.005, 0.005), [2])[0].area.area < whole.area
    spot = isochrones(engine, (0.005, 0.005), [0.001])[0]
    assert spot.area.area > 0 and spot.road_m < 5


def test_an_isochrone_from_nowhere_and_of_no_time_is_refused() -> None:
    engine = RoadEngine(RoadGraph(lattice(4)), TRUCK)
    with pytest.raises(NoRoadNear, match="within 500 m of 5,5"):
        isochrones(engine, (5.0, 5.0), [10])
    with pytest.raises(ValueError, match="minutes above 0"):
        isochrones(engine, (0.0, 0.0), [10, 0])
