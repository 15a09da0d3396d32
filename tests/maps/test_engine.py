"""Engines: fastest paths, the length of those same paths, and the ways that do not exist."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps.access import ACCESS_SPEED_KMH, point_matrix, point_path
from haoyun.maps.engine import Matrix, ScipyEngine, join_paths
from haoyun.maps.errors import NoPath
from haoyun.maps.geodesy import haversine_m, polyline_length_m


@st.composite
def road_graphs(draw):
    """A ring (so that it is strongly connected) with random shortcuts, speeds and zero lengths."""
    n = draw(st.integers(3, 12))
    graph = nx.MultiDiGraph()
    for i in range(n):
        graph.add_node(i, x=0.01 * i, y=0.01 * (i % 3))
    metres = st.one_of(st.just(0.0), st.integers(1, 5000).map(float))
    for i in range(n):
        graph.add_edge(i, (i + 1) % n, length=draw(metres), speed_kph=draw(st.integers(5, 120)))
    for _ in range(draw(st.integers(0, 25))):
        a, b = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
        graph.add_edge(a, b, length=draw(metres), speed_kph=draw(st.integers(5, 120)))
    return graph


@given(road_graphs())
@settings(max_examples=60, deadline=None)
def test_durations_agree_with_an_independent_dijkstra_and_paths_with_the_matrix(graphs, graph) -> None:
    road = graphs.network(graph)
    engine = ScipyEngine(road)
    everywhere = range(road.node_count)
    matrix = engine.matrix(everywhere, everywhere)
    for _, _, data in graph.edges(data=True):
        data["seconds"] = data["length"] / (data["speed_kph"] / 3.6)
    expected = dict(nx.all_pairs_dijkstra_path_length(graph, weight="seconds"))
    for a in everywhere:
        for b in everywhere:
            path = engine.path(a, b)
            assert matrix.duration_s[a, b] == pytest.approx(expected[a][b], abs=1e-3)
            assert path.duration_s == pytest.approx(matrix.duration_s[a, b], abs=1e-3)
            assert path.distance_m == pytest.approx(matrix.distance_m[a, b], abs=1e-6)
            assert (path.nodes[0], path.nodes[-1]) == (a, b)


def test_the_distance_is_that_of_the_fastest_path_not_the_shortest(graphs) -> None:
    graph = graphs.square_graph()
    graph.add_edge(0, 2, length=1600.0, speed_kph=10)  # shorter, but a track
    matrix = ScipyEngine(graphs.network(graph)).matrix([0], [2])
    assert matrix.distance_m[0, 0] == 2400
    assert matrix.duration_s[0, 0] == pytest.approx(2400 / (50 / 3.6))


def test_of_parallel_roads_the_fastest_counts(graphs) -> None:
    graph = graphs.square_graph()
    graph.add_edge(0, 1, length=1300.0, speed_kph=80)
    path = ScipyEngine(graphs.network(graph)).path(0, 1)
    assert path.distance_m == 1300


def test_a_matrix_keeps_the_order_and_the_repeats_of_its_nodes(graphs) -> None:
    engine = ScipyEngine(graphs.network(graphs.square_graph()))
    matrix = engine.matrix([2, 0, 2], [1, 1, 3, 2])
    assert matrix.distance_m.tolist() == [
        [1200, 1200, 1200, 0],
        [1200, 1200, 1200, 2400],
        [1200, 1200, 1200, 0],
    ]


def test_an_empty_list_of_nodes_gives_an_empty_matrix(graphs) -> None:
    assert ScipyEngine(graphs.network(graphs.square_graph())).matrix([], [1]).duration_s.shape == (0, 1)


def test_where_there_is_no_way_the_matrix_is_infinite_and_a_path_raises(graphs) -> None:
    square = graphs.network(graphs.square_graph())
    keep = np.flatnonzero((square.edge_tail != 3) & (square.edge_head != 3))  # node 3 cut off
    cut = replace(
        square,
        **{
            name: getattr(square, name)[keep]
            for name in (
                "edge_tail",
                "edge_head",
                "edge_length_m",
                "edge_speed_kmh",
                "edge_way",
                "edge_rules",
            )
        },
        **{
            name: tuple(getattr(square, name)[i] for i in keep)
            for name in ("edge_ref", "edge_class", "edge_geometry")
        },
    )
    engine = ScipyEngine(cut)
    matrix = engine.matrix([0], [3])
    assert np.isinf(matrix.duration_s[0, 0])
    assert np.isinf(matrix.distance_m[0, 0])
    with pytest.raises(NoPath, match="node 0 to node 3"):
        engine.path(0, 3)


def test_a_node_of_another_network_is_refused(graphs) -> None:
    engine = ScipyEngine(graphs.network(graphs.square_graph()))
    with pytest.raises(NoPath, match=r"nodes 0\.\.3 only"):
        engine.path(0, 4)
    with pytest.raises(NoPath, match=r"nodes 0\.\.3 only"):
        engine.matrix([-1], [0])


def test_a_path_follows_the_geometry_of_its_edges(graphs) -> None:
    graph = graphs.square_graph()
    graph.add_edge(0, 1, length=1500.0, speed_kph=120, geometry=[(0.0, 0.0), (-0.004, 0.005), (0.0, 0.01)])
    path = ScipyEngine(graphs.network(graph)).path(0, 2)
    assert path.coordinates.tolist() == [[0, 0], [-0.004, 0.005], [0, 0.01], [0.01, 0.01]]


def test_half_the_driven_distance_is_half_of_the_drawn_line(graphs) -> None:
    path = ScipyEngine(graphs.network(graphs.square_graph())).path(0, 2)
    assert path.distance_m == 2400  # the drawn line is 2,224 m
    lat, lon, _ = path.at(1200)
    assert haversine_m(lat, lon, *path.coordinates[1]) < 1
    assert path.at(99_999)[:2] == pytest.approx(tuple(path.coordinates[-1]))


def test_joined_paths_add_up(graphs) -> None:
    engine = ScipyEngine(graphs.network(graphs.square_graph()))
    joined = join_paths([engine.path(0, 1), engine.path(1, 2)])
    whole = engine.path(0, 2)
    assert joined.nodes == (0, 1, 2)
    assert joined.distance_m == whole.distance_m
    with pytest.raises(ValueError, match="at least one"):
        join_paths([])


def test_points_off_the_network_add_their_access_at_both_ends(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    start, end = (-0.001, 0.0), (0.011, 0.01)  # 111 m south of node 0, 111 m north of node 2
    matrix = point_matrix(road, ScipyEngine(road), [start, end])
    path = point_path(road, ScipyEngine(road), [start, end])
    access_m = 2 * haversine_m(0, 0, 0.001, 0)
    assert matrix.distance_m[0, 1] == pytest.approx(2400 + access_m)
    assert matrix.duration_s[0, 1] == pytest.approx(2400 / (50 / 3.6) + access_m / (ACCESS_SPEED_KMH / 3.6))
    assert (path.distance_m, path.duration_s) == pytest.approx(
        (matrix.distance_m[0, 1], matrix.duration_s[0, 1])
    )
    assert tuple(path.coordinates[0]) == start
    assert tuple(path.coordinates[-1]) == end
    assert matrix.distance_m.diagonal().tolist() == [0, 0]


def test_two_points_at_the_same_node_are_a_straight_line_apart(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    points = [(-0.001, 0.0), (-0.001, 0.001)]
    direct_m = polyline_length_m(points)
    assert point_matrix(road, ScipyEngine(road), points).distance_m[0, 1] == pytest.approx(direct_m)
    assert point_path(road, ScipyEngine(road), points).distance_m == pytest.approx(direct_m)


def test_a_path_through_fewer_than_two_points_is_refused(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    with pytest.raises(ValueError, match="two points"):
        point_path(road, ScipyEngine(road), [(0.0, 0.0)])
    assert point_matrix(road, ScipyEngine(road), []).distance_m.shape == (0, 0)


def test_a_matrix_whose_halves_differ_in_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="same two dimensions"):
        Matrix(duration_s=np.zeros((1, 2)), distance_m=np.zeros((2, 1)))
