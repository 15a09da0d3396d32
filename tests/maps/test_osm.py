"""OpenStreetMap extracts: which ways are roads, which direction, and files that are refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm import directions, is_drivable, read_osm

# A ring 1-2-3-4 (two-way but for the one-way way 12), a bend in 11, a footpath and a private road.
SMALL = """<?xml version="1.0"?>
<osm version="0.6" generator="test">
 <node id="1" lat="30.00" lon="120.00"/><node id="2" lat="30.00" lon="120.01"/>
 <node id="3" lat="30.01" lon="120.01"/><node id="4" lat="30.01" lon="120.00"/>
 <node id="5" lat="29.999" lon="120.005"/><node id="6" lat="30.02" lon="120.02"/>
 <way id="11"><nd ref="1"/><nd ref="5"/><nd ref="2"/><tag k="highway" v="primary"/>
  <tag k="ref" v="G329"/><tag k="maxheight" v="4.2"/><tag k="maxspeed" v="40"/></way>
 <way id="12"><nd ref="2"/><nd ref="3"/><tag k="highway" v="secondary"/><tag k="oneway" v="yes"/></way>
 <way id="13"><nd ref="3"/><nd ref="4"/><tag k="highway" v="secondary"/></way>
 <way id="14"><nd ref="4"/><nd ref="1"/><tag k="highway" v="residential"/><tag k="name" v="人民路"/></way>
 <way id="15"><nd ref="3"/><nd ref="6"/><tag k="highway" v="footway"/></way>
 <way id="16"><nd ref="4"/><nd ref="6"/><tag k="highway" v="residential"/><tag k="access" v="private"/></way>
 <way id="17"><nd ref="1"/><nd ref="3"/><tag k="highway" v="tertiary"/></way>
</osm>
"""


def test_a_small_extract_becomes_a_simplified_graph_with_truck_tags(tmp_path: Path) -> None:
    path = tmp_path / "small.osm"
    path.write_text(SMALL, encoding="utf-8")
    graph = read_osm(path)
    assert set(graph.nodes) == {1, 2, 3}, "4 and 5 are only bends"
    (bend,) = [data for u, v, data in graph.edges(data=True) if (u, v) == (1, 2)]
    assert (bend["ref"], bend["maxheight"]) == ("G329", "4.2")
    assert len(bend["geometry"].coords) == 3
    assert not graph.has_edge(3, 2), "way 12 is one-way"
    road = RoadNetwork.from_graph(graph, name="small", kind="streets", attribution="")
    speeds = {road.edge_ref[i]: float(road.edge_speed_kmh[i]) for i in range(road.edge_count)}
    assert speeds["G329"] == 40, "the sign is below the class's usual 50"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.osm", None, "there is no file missing.osm"),
        ("empty.osm.pbf", b"", "empty.osm.pbf is empty"),
        ("photo.jpg", b"\xff\xd8\xff", "must end in .osm or .osm.pbf"),
        ("cut.osm", SMALL[:700].encode(), "cut.osm cannot be read"),
        ("other.osm", b"<html><body>not found</body></html>", "cannot be read|no drivable road"),
        ("noise.osm.pbf", b"\x00\x00\x00\x0dnothing like a block", "noise.osm.pbf cannot be read"),
        (
            "sea.osm",
            b'<osm version="0.6"><node id="1" lat="1" lon="1"/></osm>',
            "sea.osm holds no drivable road",
        ),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadMapFile, match=sentence):
        read_osm(tmp_path / name)


def test_a_truncated_pbf_is_refused(tmp_path: Path, shared_data: Path) -> None:
    whole = (shared_data / "maps" / "heidelberg.osm.pbf").read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadMapFile, match=r"half\.osm\.pbf cannot be read"):
        read_osm(tmp_path / "half.osm.pbf")


@pytest.mark.slow
def test_a_real_extract_has_the_size_it_is_known_for(shared_data: Path) -> None:
    graph = read_osm(shared_data / "maps" / "heidelberg.osm.pbf")
    road = RoadNetwork.from_graph(graph, name="heidelberg", kind="streets", attribution="")
    # Measured before with osmnx's own rules for the same file: 5,237 nodes and 12,481 edges.
    assert road.node_count == pytest.approx(5237, rel=0.03)
    assert road.edge_count == pytest.approx(12481, rel=0.03)
    assert sum("maxweight" in data for _, _, data in graph.edges(data=True)) > 100


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({"highway": "primary"}, (True, True)),
        ({"highway": "primary", "oneway": "yes"}, (True, False)),
        ({"highway": "primary", "oneway": "-1"}, (False, True)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"highway": "tertiary", "junction": "roundabout"}, (True, False)),
    ],
)
def test_directions_follow_the_tags(tags: dict[str, str], ways: tuple[bool, bool]) -> None:
    assert directions(tags) == ways


@pytest.mark.parametrize(
    ("tags", "drivable"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "residential", "access": "no"}, False),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, True),
        ({"highway": "residential", "access": "destination"}, True),
        ({"highway": "cycleway"}, False),
        ({"highway": "service"}, False),
        ({"highway": "unclassified", "area": "yes"}, False),
        ({"railway": "rail"}, False),
    ],
)
def test_roads_are_told_from_other_ways(tags: dict[str, str], drivable: bool) -> None:
    assert is_drivable(tags) is drivable
