"""RoadNetwork: what it keeps of a graph, what it refuses, how it is searched, drawn and stored."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from shapely import LineString

from haoyun.maps.errors import BadCoordinate, BadMapFile
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.graph import parse_maxspeed_kmh, truck_speed_kmh
from haoyun.maps.network import NodeName
from haoyun.maps.rules import NO_LIMITS, Access, RoadRules, TurnBan


def test_only_the_largest_strongly_connected_part_is_kept(graphs) -> None:
    graph = graphs.square_graph()
    graph.add_node("dead end", y=0.0, x=0.02)
    graph.add_edge(1, "dead end", length=900.0, highway="residential")  # in, but never out
    kept = graphs.network(graph)
    assert (kept.node_count, kept.edge_count) == (4, 8)
    assert kept.node_lon.max() == 0.01


def test_a_graph_without_roads_is_refused(graphs) -> None:
    graph = graphs.square_graph()
    graph.remove_edges_from(list(graph.edges))
    with pytest.raises(BadMapFile, match="no drivable road"):
        graphs.network(graph)


def test_a_networks_values_cannot_be_changed(graphs) -> None:
    square = graphs.network(graphs.square_graph())
    with pytest.raises(FrozenInstanceError):
        square.name = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        square.edge_length_m[0] = 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"kind": "satellite"}, "schematic, streets"),
        ({"edge_length_m": np.full(8, -1.0)}, "length is negative"),
        ({"edge_speed_kmh": np.zeros(8)}, "speed is not above zero"),
        ({"edge_head": np.full(8, 4, dtype=np.int32)}, "outside 0..3"),
        ({"edge_ref": ("S1",)}, "every edge needs"),
        ({"edge_rules": np.full(8, 1, dtype=np.int32)}, "rules are outside 0..0"),
        ({"rules": (RoadRules(max_height_m=3),)}, "the one without limits"),
        ({"edge_way": np.zeros(3, dtype=np.int64)}, "every edge needs"),
        ({"turn_bans": (TurnBan(0, (), 8),)}, "outside 0..7"),
        ({"node_lat": np.array([0.0, 0.0, 91.0, 0.0])}, "outside latitude"),
    ],
)
def test_columns_that_do_not_fit_are_refused_with_the_rule(
    graphs, change: dict[str, object], rule: str
) -> None:
    with pytest.raises(BadMapFile, match=rule):
        replace(graphs.network(graphs.square_graph()), **change)  # type: ignore[arg-type]


def test_a_rank_outside_1_to_5_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1 .* to 5"):
        NodeName("甲", "A", 6)


def test_truck_speeds_come_from_the_class_and_never_exceed_the_sign() -> None:
    assert truck_speed_kmh({"highway": "motorway", "maxspeed": "120"}) == 80
    assert truck_speed_kmh({"highway": "motorway", "maxspeed": "60"}) == 60
    assert truck_speed_kmh({"highway": ["secondary", "primary"]}) == 42
    assert truck_speed_kmh({"highway": "motorway", "speed_kph": 33}) == 33
    assert truck_speed_kmh({"highway": "something new"}) == 25


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("60", 60),
        ("60 km/h", 60),
        ("35 mph", 56.327),
        ("none", None),
        ("signals", None),
        ("0", None),
        ("", None),
    ],
)
def test_speed_signs_are_read_in_both_units(text: str, kmh: float | None) -> None:
    assert parse_maxspeed_kmh(text) == (None if kmh is None else pytest.approx(kmh, abs=0.001))


def test_the_nearest_node_comes_with_its_distance(graphs) -> None:
    square = graphs.network(graphs.square_graph())
    node, metres = square.nearest_node(0.009, 0.0101)
    assert node == 2
    assert metres == pytest.approx(haversine_m(0.009, 0.0101, 0.01, 0.01), rel=1e-6)
    with pytest.raises(BadCoordinate, match="latitude 91"):
        square.nearest_node(91, 0)


def test_nearest_nodes_work_across_the_180th_meridian(graphs) -> None:
    graph = graphs.square_graph()
    for node, lon in enumerate([179.99, -179.99, -179.99, 179.99]):
        graph.nodes[node]["x"] = lon
    nodes, metres = graphs.network(graph).nearest_nodes([0.0], [-180.0])
    assert nodes[0] in (0, 1)
    assert metres[0] == pytest.approx(1112, abs=1)


def test_a_road_driven_both_ways_is_drawn_once(graphs) -> None:
    drawing = graphs.network(graphs.square_graph()).to_geojson()
    assert len(drawing["features"]) == 4
    assert drawing["attribution"] == "© test & co"
    assert drawing["features"][0]["properties"] == {"ref": "S1", "class": "primary"}


def test_geojson_has_longitude_first_and_simplifies(graphs) -> None:
    graph = graphs.square_graph()
    bend = LineString([(0.01, 0.01), (0.005, 0.01000001), (0.0, 0.01)])  # shapely: x first
    graph.remove_edges_from([(2, 3, 0), (3, 2, 0)])
    graph.add_edge(2, 3, length=1300.0, geometry=bend)
    graph.add_edge(3, 2, length=1300.0, geometry=bend.reverse())
    square = graphs.network(graph)
    longest = max(square.to_geojson()["features"], key=lambda f: len(f["geometry"]["coordinates"]))
    assert longest["geometry"]["coordinates"] == [[0.01, 0.01], [0.005, 0.01], [0.0, 0.01]]
    assert all(len(f["geometry"]["coordinates"]) == 2 for f in square.to_geojson(0.0001)["features"])


def test_named_nodes_are_points_with_both_names(graphs) -> None:
    (place,) = graphs.network(graphs.square_graph()).places_geojson()["features"]
    assert place["properties"] == {
        "node": 0,
        "code": "",
        "name_zh": "起点",
        "name_en": "Start & Go",
        "rank": 1,
    }


def test_words_and_lines_given_as_tuples_are_kept_as_columns(graphs) -> None:
    square = graphs.network(graphs.square_graph())
    assert square.edge_class == ("primary",) * 8
    assert square.classes.is_one_of({"primary"}).all()
    assert not square.classes.is_one_of({"motorway"}).any()
    assert square.edge_ref[1:3] == ("S1", "S1")
    assert len(square.lines) == 8
    assert square.lines.offsets.tolist() == list(range(0, 17, 2)), "straight lines have two points"
    assert square.edge_line(0).tolist() == [[0.0, 0.0], [0.0, 0.01]]


def test_a_network_without_rules_has_no_limits_and_no_bans(graphs) -> None:
    square = graphs.network(graphs.square_graph())
    assert square.rules_of(3) is NO_LIMITS
    assert square.edge_way.tolist() == [0] * 8
    assert square.turn_bans == ()


def test_rules_and_ways_come_from_the_tags_of_a_graph(graphs) -> None:
    graph = graphs.square_graph()
    graph.edges[0, 1, 0].update(osmid=77, maxheight="3.5", hgv="no", oneway=True)
    graph.edges[1, 2, 0].update(osmid=[78, 79], **{"maxweight:backward": "7.5", "reversed": True})
    square = graphs.network(graph)
    first, second = square.edge_way.tolist().index(77), square.edge_way.tolist().index(78)
    assert square.rules_of(first) == RoadRules(max_height_m=3.5, hgv=Access.NO)
    assert square.rules_of(second).max_weight_t == 7.5


def test_a_network_becomes_a_graph_for_osmnx_and_comes_back(graphs) -> None:
    import osmnx

    before = graphs.network(graphs.square_graph())
    graph = before.to_graph()
    osmnx.convert.validate_graph(graph)
    after = graphs.network(graph)
    assert after.edge_length_m.tolist() == before.edge_length_m.tolist()
    assert after.edge_speed_kmh.tolist() == before.edge_speed_kmh.tolist()
    assert after.node_name == before.node_name
    assert {data for _, data in graph.nodes(data="street_count")} == {2}
    assert graph.edges[0, 1, 0]["oneway"] is False
    assert graph.edges[0, 1, 0]["geometry"].coords[0] == (0.0, 0.0)
