"""An extract becomes a network: where ways are cut, what stands at nodes, what is left out, which files are refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import networkx as nx
import numpy as np
import pytest

from haoyun.maps.errors import BadMapFile, BadOption
from haoyun.maps.geodesy import haversine_m, polyline_length_m
from haoyun.maps.network import Bounds, RoadNetwork
from haoyun.maps.node_engine import engine_for
from haoyun.maps.osm.build import ImportReport, build_network
from haoyun.maps.osm.options import parse_bbox, parse_classes
from haoyun.maps.osm.reader import _id_set_mb, read_extract
from haoyun.maps.osm.tags import (
    CLASSES,
    DEFAULT_CLASSES,
    directions,
    is_open,
    road_class,
    rules_of,
    with_links,
)
from haoyun.maps.roads.profiles import get_profile
from haoyun.maps.rules import Access

Imported = Callable[[str], tuple[RoadNetwork, ImportReport]]


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., tuple[RoadNetwork, ImportReport]]:
    def run(file: Any, **options: Any) -> tuple[RoadNetwork, ImportReport]:
        return build_network(file.write(tmp_path / "town.osm"), name="town", **options)

    return run


def edges(network: RoadNetwork, way: int) -> list[int]:
    return np.flatnonzero(network.edge_way == way).tolist()


def ring(osmfile: ModuleType) -> Any:
    """A square of four ways 1..4 between nodes 1..4, two-way, 1.1 km a side or less."""
    file = osmfile.OsmFile()
    file.node(1, 0, 0).node(2, 0, 10).node(3, 10, 10).node(4, 10, 0)
    return file.way(1, [1, 2]).way(2, [2, 3]).way(3, [3, 4]).way(4, [4, 1])


def test_ways_are_cut_at_junctions_and_an_edge_lies_within_one_way(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).node(5, 0, 5).node(6, 10, 5)
    file.way(1, [1, 5, 2]).way(5, [5, 6]).way(3, [3, 6, 4])
    network, _ = build(file)
    assert network.node_count == 6
    assert len(edges(network, 5)) == 2, "one in each direction"
    assert len(edges(network, 2)) == 2


def test_bends_are_geometry_and_lengths_follow_them(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).node(5, 2, 3).node(6, 2, 6).way(9, [1, 5, 6, 2])
    network, _ = build(file)
    there, back = edges(network, 9)
    line = network.edge_line(there)
    assert len(line) == 4
    assert network.edge_line(back).tolist() == line[::-1].tolist()
    assert network.edge_length_m[there] == pytest.approx(polyline_length_m(line), rel=1e-9)
    assert network.edge_length_m[there] == network.edge_length_m[back]


def test_every_line_runs_from_its_tail_to_its_head(imported: Imported) -> None:
    network, _ = imported("heidelberg")
    starts = network.lines.points[network.lines.offsets[:-1]]
    ends = network.lines.points[network.lines.offsets[1:] - 1]
    assert starts[:, 0].tolist() == network.node_lat[network.edge_tail].tolist()
    assert ends[:, 1].tolist() == network.node_lon[network.edge_head].tolist()


def test_a_way_that_passes_itself_is_cut_there(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).node(5, 0, 14).node(6, 4, 14).node(7, -4, 12)
    file.way(7, [2, 5, 6, 5, 7, 2])
    network, _ = build(file)
    assert network.node_count == 5, "5 is passed twice"


def test_a_one_way_road_has_one_edge(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).way(5, [1, 3], oneway="yes").way(6, [2, 4], oneway="-1")
    network, _ = build(file)
    (forward,) = edges(network, 5)
    (backward,) = edges(network, 6)
    assert network.node_lon[network.edge_tail[forward]] == pytest.approx(120.0)
    assert network.edge_line(backward)[0].tolist() == pytest.approx([30.01, 120.0]), "from 4 to 2"


def test_rules_speed_class_and_name_come_from_the_way_in_each_direction(osmfile: ModuleType, build) -> None:
    tags = {"highway": "primary", "ref": "G329", "name": "人民路", "maxheight": "4.2", "hgv:backward": "no",
            "maxspeed": "40"}  # fmt: skip
    network, _ = build(ring(osmfile).node(5, 0, 5).way(9, [1, 5, 2], tags))
    there, back = edges(network, 9)
    assert network.rules_of(there).max_height_m == 4.2
    assert (network.rules_of(there).hgv, network.rules_of(back).hgv) == (Access.YES, Access.NO)
    assert (network.edge_ref[there], network.edge_class[there]) == ("G329", "primary")
    assert network.edge_speed_kmh[there] == 40
    assert network.rules[0].is_free


def test_what_no_vehicle_can_both_reach_and_leave_is_left_out_and_said(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).node(8, 0, 20).node(9, 0, 30)
    file.way(8, [2, 8], oneway="yes").way(9, [8, 9], hgv="no")
    network, report = build(file)
    assert not edges(network, 8)
    assert not edges(network, 9)
    assert report.left_out_edges == 3
    assert any(sentence.startswith("left out: 3 edges") for sentence in report.sentences())


def test_a_road_closed_to_trucks_between_roads_they_use_stays_with_its_rule(
    osmfile: ModuleType, build
) -> None:
    network, _ = build(ring(osmfile).way(5, [1, 3], hgv="no"))
    assert {network.rules_of(edge).hgv for edge in edges(network, 5)} == {Access.NO}


def test_a_way_cut_at_the_edge_of_the_file_is_not_joined_across_the_gap(osmfile: ModuleType, build) -> None:
    network, _ = build(ring(osmfile).node(5, 0, 4).way(9, [1, 5, 777, 2]))
    assert len(edges(network, 9)) == 2, "the stump from 1 to 5 and back"
    assert network.edge_length_m[edges(network, 9)].max() < 400


def test_a_node_that_follows_itself_in_a_way_makes_no_edge(osmfile: ModuleType, build) -> None:
    network, _ = build(ring(osmfile).way(9, [1, 1, 3, 3]))
    assert len(edges(network, 9)) == 2
    assert network.edge_length_m.min() > 100


def test_a_tag_that_could_not_be_read_is_counted_once_a_way(osmfile: ModuleType, build) -> None:
    file = ring(osmfile)
    for way, ends in ((1, [1, 2]), (2, [2, 3]), (3, [3, 4])):
        file.way(way, ends, maxheight="low")
    _, report = build(file.way(4, [4, 1], maxwidth="narrow"))
    assert dict(report.unread_tags) == {"maxheight=low": 3, "maxwidth=narrow": 1}


def test_a_street_that_only_cars_come_to_is_for_cars_alone(osmfile: ModuleType, build) -> None:
    file = (
        ring(osmfile).node(5, 0, -5).way(5, [1, 5])
    )  # a dead end, where one turns from one way round to the other
    network, report = build(file.node(8, 0, 20).node(9, 0, 30).way(8, [2, 8], hgv="no").way(9, [8, 9]))
    assert report.left_out_edges == 0
    usable = {
        name: engine_for(network, get_profile(name)).metric().usable[edges(network, 9)].tolist()
        for name in ("van", "truck-40t")
    }
    assert usable == {"van": [True, True], "truck-40t": [False, False]}


@pytest.mark.parametrize("side", [(0, 30), (0, -30), (30, 0), (-30, 0)])
def test_a_box_cuts_on_each_of_its_sides(osmfile: ModuleType, build, side: tuple[int, int]) -> None:
    network, _ = build(ring(osmfile).node(5, *side).way(5, [1, 5]), bbox=Bounds(29.98, 119.98, 30.02, 120.02))
    assert not edges(network, 5)
    assert network.node_count == 4


def test_a_box_keeps_what_lies_inside_it(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).node(5, 0, 30).way(5, [2, 5])
    whole, _ = build(file)
    part, _ = build(file, bbox=Bounds(29.9, 119.9, 30.1, 120.02))
    assert edges(whole, 5)
    assert not edges(part, 5)
    assert len(edges(part, 1)) == 2


def test_a_box_beside_the_file_is_refused_with_the_files_own(osmfile: ModuleType, build) -> None:
    with pytest.raises(
        BadMapFile, match=r"the box 1,2,3,4 holds no road of town\.osm, whose roads lie in 30\.0000,"
    ):
        build(ring(osmfile), bbox=Bounds(1, 2, 3, 4))


def test_classes_choose_roads_and_bring_their_slip_roads(osmfile: ModuleType, build) -> None:
    file = osmfile.OsmFile().node(1, 0, 0).node(2, 0, 10).node(3, 10, 10)
    file.way(1, [1, 2], highway="trunk").way(2, [2, 3], highway="trunk_link").way(3, [3, 1], highway="trunk")
    file.way(4, [1, 3], highway="residential")
    network, _ = build(file, classes=("trunk",))
    assert sorted(set(network.edge_class)) == ["trunk", "trunk_link"]
    with pytest.raises(BadMapFile, match=r"town\.osm holds no drivable road of the classes motorway"):
        build(file, classes=("motorway",))


def test_service_ways_are_left_out_unless_asked_for(osmfile: ModuleType, build) -> None:
    file = (
        ring(osmfile)
        .way(5, [1, 3], highway="service")
        .way(6, [2, 4], highway="service", service="parking_aisle")
    )
    assert not edges(build(file)[0], 5)
    with_service, _ = build(file, classes=parse_classes("default,service"))
    assert edges(with_service, 5)
    assert not edges(with_service, 6)


def test_a_ferry_joins_roads_at_the_speed_its_duration_says(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).node(5, 0, 60).node(6, 0, 80)
    file.way(7, [2, 5], {"highway": "", "route": "ferry", "motor_vehicle": "yes", "duration": "00:30"})
    file.way(8, [5, 6])
    network, report = build(file)
    ferry, _ = edges(network, 7)
    assert network.edge_class[ferry] == "ferry"
    assert network.edge_duration_s[ferry] == pytest.approx(1800)
    assert report.ferries == 2
    assert edges(network, 8)


def test_a_ferry_for_people_is_no_road(osmfile: ModuleType, build) -> None:
    file = ring(osmfile).way(7, [1, 3], {"highway": "", "route": "ferry", "foot": "yes"})
    assert not edges(build(file)[0], 7)


@pytest.mark.parametrize(
    ("tags", "passes"),
    [
        ({"barrier": "bollard"}, False),
        ({"barrier": "block"}, False),
        ({"barrier": "hedge of thorns"}, False),
        ({"barrier": "gate"}, True),
        ({"barrier": "toll_booth"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, True),
        ({"barrier": "lift_gate", "motor_vehicle": "no", "hgv": "yes"}, True),
    ],
)
def test_nobody_drives_through_a_barrier_that_stops_vehicles(
    osmfile: ModuleType, build, tags: dict[str, str], passes: bool
) -> None:
    file = ring(osmfile).node(5, 3, 3, **tags).way(9, [1, 5, 3])
    network, report = build(file)
    graph = network.to_graph()
    graph.remove_edges_from([(u, v, k) for u, v, k, way in graph.edges(keys=True, data="osmid") if way != 9])
    start, _ = network.nearest_node(30.0, 120.0)
    end, _ = network.nearest_node(30.01, 120.01)
    assert nx.has_path(graph, start, end) is passes
    assert report.severed_nodes == (0 if passes else 1)
    assert len(edges(network, 9)) == (4 if report.severed_nodes or report.limited_nodes else 2)


def test_a_height_bar_limits_one_side_of_itself_so_that_the_rest_stays_open(
    osmfile: ModuleType, build
) -> None:
    file = ring(osmfile).node(5, 3, 3, barrier="height_restrictor", maxheight="2.1").way(9, [1, 5, 3])
    network, report = build(file)
    by_length = sorted(edges(network, 9), key=lambda edge: float(network.edge_length_m[edge]))
    assert [network.rules_of(edge).max_height_m for edge in by_length] == [2.1, 2.1, None, None]
    assert report.limited_nodes == 1


def test_a_gate_at_a_junction_limits_every_way_across_it(osmfile: ModuleType, build) -> None:
    file = osmfile.cross().node(5, 0, 0, barrier="gate", hgv="no")
    network, _ = build(file)
    closed = [way for way in (1, 2, 3, 4) if network.rules_of(edges(network, way)[0]).hgv is Access.NO]
    assert len(closed) == 3, "all but the longest"


def test_a_file_out_of_order_gives_the_same_map(osmfile: ModuleType, build, tmp_path: Path) -> None:
    file = ring(osmfile)
    (tmp_path / "mixed.osm").write_text(file.text(ways_first=True), encoding="utf-8")
    mixed, _ = build_network(tmp_path / "mixed.osm", name="town")
    assert mixed.edge_length_m.tolist() == build(file)[0].edge_length_m.tolist()


def test_a_gzipped_file_is_read(osmfile: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "town.osm.gz").write_bytes(gzip.compress(ring(osmfile).text().encode()))
    assert build_network(tmp_path / "town.osm.gz", name="town")[0].node_count == 4


def test_progress_rises_to_the_end(osmfile: ModuleType, build) -> None:
    steps: list[tuple[str, float]] = []
    build(ring(osmfile), progress=lambda step, share: steps.append((step, share)))
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert [step.partition(" ")[0] for step, _ in steps] == ["roads", "nodes", "junctions"]


ROADLESS = b'<osm version="0.6"><node id="1" lat="1" lon="1"/></osm>'
ONE_WAY = (
    b'<osm version="0.6"><node id="1" lat="1" lon="1"/><node id="2" lat="1" lon="2"/><way id="1"><nd ref="1"/>'
    b'<nd ref="2"/><tag k="highway" v="primary"/><tag k="oneway" v="yes"/></way></osm>'
)
NODELESS = (
    b'<osm version="0.6"><way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way></osm>'
)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.osm", None, "there is no file missing.osm"),
        ("empty.osm.pbf", b"", "empty.osm.pbf is empty"),
        ("photo.jpg", b"\xff\xd8\xff", "must end in .osm or .osm.pbf"),
        ("changes.osc", ROADLESS, "must end in .osm or .osm.pbf"),
        ("cut.osm", ONE_WAY[:120], "cut.osm cannot be read"),
        ("other.osm", b"<html><body>not found</body></html>", "cannot be read|no drivable road"),
        ("noise.osm.pbf", b"\x00\x00\x00\x0dnothing like a block", "noise.osm.pbf cannot be read"),
        ("id.osm", ONE_WAY.replace(b'id="1"', b'id="x"'), "id.osm cannot be read"),
        ("xml.osm.pbf", ONE_WAY, "xml.osm.pbf cannot be read"),
        ("sea.osm", ROADLESS, "sea.osm holds no drivable road"),
        ("nodeless.osm", NODELESS, "roads but none of their nodes"),
        ("one.osm", ONE_WAY, "no road that a vehicle can reach and leave"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadMapFile, match=sentence) as caught:
        build_network(tmp_path / name, name="town")
    assert "\n" not in str(caught.value)


def test_a_truncated_pbf_is_refused(tmp_path: Path, shared_data: Path) -> None:
    whole = (shared_data / "maps" / "heidelberg.osm.pbf").read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadMapFile, match=r"half\.osm\.pbf cannot be read"):
        build_network(tmp_path / "half.osm.pbf", name="half")


@pytest.mark.parametrize("text", ["motorways", "", "motorway,,trunk", "motorway_link"])
def test_an_unknown_class_is_answered_with_those_that_exist(text: str) -> None:
    with pytest.raises(BadOption, match="there are: motorway, trunk, primary"):
        parse_classes(text)


def test_the_word_default_stands_for_the_usual_classes() -> None:
    assert parse_classes("default,service") == CLASSES
    assert parse_classes("trunk, motorway,trunk") == ("trunk", "motorway")


def test_a_box_is_south_west_north_east() -> None:
    assert parse_bbox("29.8,121.4,30.1,122") == Bounds(29.8, 121.4, 30.1, 122.0)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1,2,3", "S,W,N,E"),
        ("a,b,c,d", "S,W,N,E"),
        ("nan,2,3,4", "S,W,N,E"),
        ("30,120,29,121", "south edge lies below"),
        ("121.4,29.8,122,30.1", "south edge lies below"),
        ("29,121,30,120", "west edge lies left"),
        ("10,10,20,200", "west edge lies left"),
    ],
)
def test_a_box_that_makes_no_sense_is_refused_with_the_order(text: str, rule: str) -> None:
    with pytest.raises(BadOption, match=rule):
        parse_bbox(text)


def test_heidelberg_has_its_truck_rules_and_turn_restrictions(imported: Imported) -> None:
    network, report = imported("heidelberg")
    # Measured before with osmnx's simplification: 5,237 nodes and 12,481 edges, 522 banned turns.
    # Here edges also end where the way changes, and barriers sever.
    assert 6_500 < network.node_count < 7_500
    assert len(network.turn_bans) == pytest.approx(522, rel=0.08)
    assert any(rules.timed for rules in network.rules)
    assert report.severed_nodes > 50
    assert (network.edge_way > 0).all()


def test_heidelberg_has_the_edges_closed_to_a_truck_that_it_is_known_for(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """447 edges are closed to 4.0 m and 18 t, in the part that would be connected if every road were open."""
    monkeypatch.setattr("haoyun.maps.osm.build._is_open", lambda rules: True)
    network, _ = build_network(shared_data / "maps" / "heidelberg.osm.pbf", name="heidelberg")
    closed = [
        (rules.max_height_m or 9) < 4.0
        or (rules.max_weight_t or 99) < 18
        or rules.hgv in (Access.NO, Access.PRIVATE)
        for rules in network.rules
    ]
    assert np.array(closed)[network.edge_rules].sum() == pytest.approx(447, abs=3)


def test_heidelberg_read_with_its_service_ways_has_the_banned_turns_it_is_known_for(
    shared_data: Path,
) -> None:
    path = shared_data / "maps" / "heidelberg.osm.pbf"
    network, _ = build_network(path, name="heidelberg", classes=CLASSES)
    assert len(network.turn_bans) == pytest.approx(522, rel=0.02)


def test_every_edge_that_a_banned_turn_names_meets_the_next(imported: Imported) -> None:
    network, _ = imported("heidelberg")
    for ban in network.turn_bans:
        for here, there in pairwise((ban.from_edge, *ban.via_edges, ban.to_edge)):
            assert network.edge_head[here] == network.edge_tail[there]


def test_nodes_of_a_real_extract_are_read_in_blocks_as_in_one(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared_data / "maps" / "columbus.osm.pbf"
    at_once = read_extract(path).nodes
    monkeypatch.setattr("haoyun.maps.osm.reader._BLOCK", 1000)
    in_blocks = read_extract(path).nodes
    monkeypatch.setattr("haoyun.maps.osm.reader._LARGE_FILE", 0)
    by_filter = read_extract(path).nodes
    for other in (in_blocks, by_filter):
        assert np.array_equal(at_once.ids, other.ids)
        assert np.array_equal(at_once.lat, other.lat)
        assert at_once.barriers == other.barriers


def test_the_id_set_is_left_alone_where_ids_are_spread_too_wide_for_it() -> None:
    assert _id_set_mb(np.arange(0, 13_000_000_000, 1 << 20)) < 1_700, (
        "all ids that OpenStreetMap has given out"
    )
    assert _id_set_mb(np.arange(0, 1 << 40, 1 << 25)) > 1_700


@pytest.mark.slow
def test_the_arrays_agree_with_osmnx_on_a_real_city(imported: Imported, shared_data: Path) -> None:
    """Total length, connectivity and junctions of Columbus, by the arrays and by osmnx's simplification."""
    import osmnx

    raw = raw_graph(shared_data / "maps" / "columbus.osm.pbf")
    core = max(nx.strongly_connected_components(osmnx.simplify_graph(raw)), key=len)
    theirs = osmnx.simplify_graph(raw).subgraph(core)
    ours, _ = imported("columbus")
    their_length_m = sum(length for *_, length in theirs.edges(data="length"))
    assert ours.edge_length_m.sum() == pytest.approx(their_length_m, abs=1)
    again = ours.to_graph()
    again.graph["simplified"] = False
    for *_, data in again.edges(data=True):
        del data["geometry"]
    merged = osmnx.simplify_graph(again)  # without the cuts where only the way changes
    assert len(merged) == pytest.approx(len(theirs), abs=3)
    assert merged.number_of_edges() == pytest.approx(theirs.number_of_edges(), rel=0.002)
    assert nx.number_strongly_connected_components(again) == 1
    assert nx.is_strongly_connected(again)


def raw_graph(path: Path) -> Any:
    """Every node of every road of an extract, one edge between neighbours; nothing of the import's own cutting."""
    import osmium

    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=False)
    classes = with_links(DEFAULT_CLASSES)
    source = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    for way in source:
        tags = dict(way.tags) if way.is_way() else {}
        if road_class(tags) not in classes:
            continue
        runs = [
            runs and is_open(rules_of(tags, side))
            for runs, side in zip(directions(tags), (True, False), strict=True)
        ]
        nodes = [(node.ref, node.lat, node.lon) for node in way.nodes if node.location.valid()]
        for ref, lat, lon in nodes:
            graph.add_node(ref, x=lon, y=lat)
        for (a, *from_), (b, *to) in pairwise(nodes):
            data = {"osmid": way.id, "length": haversine_m(*from_, *to)}
            for u, v, drives in ((a, b, runs[0]), (b, a, runs[1])):
                if drives:
                    graph.add_edge(u, v, **data)
    graph.remove_nodes_from([node for node in list(graph) if graph.degree(node) == 0])
    return graph
