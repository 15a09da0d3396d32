"""EdgeIndex: the same as looking at every edge, everywhere on Earth, and never an edge that is not allowed."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import haversine_m, point_along, polyline_length_m
from haoyun.maps.trunk import trunk_network

M_PER_DEG = 6371008.8 * np.pi / 180


def brute_force(network, lat: float, lon: float) -> np.ndarray:
    """Metres from a position to every edge, one segment after the other, in the plane at the position."""
    found = []
    for e in range(network.edge_count):
        line = network.edge_line(e)
        x = ((line[:, 1] - lon + 180) % 360 - 180) * np.cos(np.radians(lat)) * M_PER_DEG
        y = (line[:, 0] - lat) * M_PER_DEG
        least = np.inf
        for ax, ay, bx, by in zip(x[:-1], y[:-1], x[1:], y[1:], strict=True):
            along = (bx - ax) ** 2 + (by - ay) ** 2
            t = 0.0 if along == 0 else min(1.0, max(0.0, -(ax * (bx - ax) + ay * (by - ay)) / along))
            least = min(least, float(np.hypot(ax + t * (bx - ax), ay + t * (by - ay))))
        found.append(least)
    return np.array(found)


@st.composite
def drawn_graphs(draw):
    """A ring with shortcuts, bends, zero lengths and long edges, anywhere between 80° south and north."""
    n = draw(st.integers(3, 9))
    south, west = draw(st.integers(-80, 79)), draw(st.integers(-180, 179))
    span = draw(st.sampled_from([0.001, 0.05, 1.0]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def point() -> tuple[float, float]:
        lat, lon = random.uniform(0, span, 2)
        return south + lat, (west + lon + 180) % 360 - 180

    graph = nx.MultiDiGraph()
    for i in range(n):
        lat, lon = point()
        graph.add_node(i, x=lon, y=lat)
    for i, (a, b) in enumerate([(i, (i + 1) % n) for i in range(n)] + [(0, n // 2), (1, 1)]):
        ends = [(graph.nodes[v]["y"], graph.nodes[v]["x"]) for v in (a, b)]
        bends = [point() for _ in range(i % 3)]
        data = {"geometry": [ends[0], *bends, ends[1]]} if bends else {}
        graph.add_edge(a, b, length=float(random.uniform(0, 900)), **data)
        graph.add_edge(b, a, length=0.0 if i == 2 else 100.0)
    asked = [point() for _ in range(6)] + [((south + 1.5 * span), (west + 3 * span + 180) % 360 - 180)]
    return graph, np.array(asked)


@given(drawn_graphs(), st.integers(1, 8), st.sampled_from([np.inf, 30.0, 2000.0]))
@settings(max_examples=120, deadline=None)
def test_the_index_finds_what_a_look_at_every_edge_finds(graphs, drawn, most: int, within_m: float) -> None:
    graph, asked = drawn
    network = graphs.network(graph)
    index = EdgeIndex(network)
    allowed = np.arange(network.edge_count) % 4 != 1
    found = index.nearest(asked[:, 0], asked[:, 1], allowed=allowed, within_m=within_m, most=most)
    for p, (lat, lon) in enumerate(asked):
        truth = brute_force(network, lat, lon)
        truth[~allowed] = np.inf
        expected = np.sort(truth)[:most]
        expected = expected[np.isfinite(expected) & (expected <= within_m)]
        here = found.edge[p] >= 0
        assert found.distance_m[p, here] == pytest.approx(expected, abs=1e-5)
        assert np.isinf(found.distance_m[p, ~here]).all()
        edges = found.edge[p, here]
        assert truth[edges] == pytest.approx(found.distance_m[p, here], abs=1e-5)
        assert len(set(edges)) == len(edges)
        assert allowed[edges].all()


def test_the_found_offset_leads_back_to_the_found_point(graphs) -> None:
    graph = graphs.square_graph()
    graph.add_edge(0, 2, length=2000.0, geometry=[(0.0, 0.0), (0.004, 0.006), (0.01, 0.01)])
    network = graphs.network(graph)
    index = EdgeIndex(network)
    lat, lon = np.random.default_rng(1).uniform(-0.002, 0.012, (2, 200))
    found = index.nearest(lat, lon, most=3)
    for k in range(3):
        edge, offset_m = found.edge[:, k], found.offset_m[:, k]
        on_lat, on_lon = index.positions(edge, offset_m)
        assert haversine_m(lat, lon, on_lat, on_lon) == pytest.approx(found.distance_m[:, k], abs=0.01)
        for i in range(200):
            line = network.edge_line(int(edge[i]))
            share = offset_m[i] / network.edge_length_m[edge[i]]
            there = point_along(line, share * polyline_length_m(line))
            assert haversine_m(on_lat[i], on_lon[i], *there[:2]) < 0.01


def test_both_directions_of_a_street_are_found_with_mirrored_offsets(graphs) -> None:
    square = graphs.network(graphs.square_graph())
    found = EdgeIndex(square).nearest([0.0001], [0.003], most=2)
    one, other = found.edge[0]
    assert square.edge_tail[one] == square.edge_head[other]
    assert found.offset_m[0].sum() == pytest.approx(1200)
    assert found.distance_m[0] == pytest.approx([11.12, 11.12], abs=0.01)


def test_the_middle_of_a_long_leg_is_found_on_the_trunk_network() -> None:
    network = trunk_network()
    longest = np.argsort(network.edge_length_m)[-40:]
    index = EdgeIndex(network)
    lat, lon = index.positions(longest, network.edge_length_m[longest] / 2)
    found = index.nearest(lat, lon)
    assert found.distance_m[:, 0] == pytest.approx(0, abs=0.01)
    assert (found.offset_m[:, 0] >= 0).all()
    assert (found.offset_m[:, 0] <= network.edge_length_m[found.edge[:, 0]] + 1e-6).all()


def test_a_road_across_the_180th_meridian_is_one_road(graphs) -> None:
    graph = graphs.square_graph()
    for node, lon in enumerate([179.995, -179.995, -179.995, 179.995]):
        graph.nodes[node]["x"] = lon
    index = EdgeIndex(graphs.network(graph))
    found = index.nearest([0.0001, 0.0001], [180.0, -180.0])
    assert found.distance_m[:, 0] == pytest.approx(11.12, abs=0.01)
    assert found.offset_m[:, 0] == pytest.approx(600, abs=0.1)
    _, lon = index.positions([0], [600.0])
    assert abs(lon[0]) == pytest.approx(180)


def test_positions_that_are_not_on_earth_and_masks_that_do_not_fit_are_refused(graphs) -> None:
    index = EdgeIndex(graphs.network(graphs.square_graph()))
    with pytest.raises(BadCoordinate, match="latitude is outside"):
        index.nearest([91.0], [0.0])
    with pytest.raises(BadCoordinate, match="latitude is outside"):
        index.nearest([float("nan")], [0.0])
    with pytest.raises(BadCoordinate, match="of one length"):
        index.nearest([1.0, 2.0], [0.0])
    with pytest.raises(ValueError, match="8 values, one an edge"):
        index.nearest([0.0], [0.0], allowed=np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="most >= 1"):
        index.nearest([0.0], [0.0], most=0)


def test_no_position_gives_no_answer_and_no_allowed_edge_gives_none(graphs) -> None:
    index = EdgeIndex(graphs.network(graphs.square_graph()))
    assert index.nearest([], []).edge.shape == (0, 1)
    assert index.nearest([0.0], [0.0], allowed=np.zeros(8, dtype=bool), most=2).edge.tolist() == [[-1, -1]]
