"""Tiles of a map: nothing of the network is lost on the way, and each class appears at its zoom."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from haoyun.maps.geojson import drawn_edges
from haoyun.maps.network import RoadNetwork
from haoyun.maps.tiles.landscape import build_land_tiles, land_use, rail_kind, waterway_kind
from haoyun.maps.tiles.mvt import EXTENT
from haoyun.maps.tiles.pmtiles import TileFile
from haoyun.maps.tiles.tilegrid import Tile, tile_at, to_unit
from haoyun.maps.tiles.tiles import CLASS_ZOOM, build_road_tiles, class_zoom, road_layer
from haoyun.maps.tiles.tileset import build_tiles, drop_tiles, kept_tiles, open_tiles
from haoyun.maps.trunk import trunk_network

decoder = pytest.importorskip("mapbox_vector_tile", reason="mapbox-vector-tile is missing")

# A ring of roads of four classes about 2 km wide, a lake with an island, a track in a yard, and two places.
EXTRACT = """<?xml version="1.0"?>
<osm version="0.6" generator="test">
 <node id="1" lat="30.00" lon="120.00"/><node id="2" lat="30.00" lon="120.02"/>
 <node id="3" lat="30.02" lon="120.02"/><node id="4" lat="30.02" lon="120.00"/>
 <node id="5" lat="30.005" lon="120.005"/><node id="6" lat="30.005" lon="120.015"/>
 <node id="7" lat="30.015" lon="120.015"/><node id="8" lat="30.015" lon="120.005"/>
 <node id="21" lat="30.008" lon="120.008"/><node id="22" lat="30.008" lon="120.012"/>
 <node id="23" lat="30.012" lon="120.012"/><node id="24" lat="30.012" lon="120.008"/>
 <node id="31" lat="30.01" lon="120.001">
  <tag k="place" v="town"/><tag k="name" v="柯桥"/><tag k="name:en" v="Keqiao"/></node>
 <node id="32" lat="30.01" lon="120.002"><tag k="place" v="village"/><tag k="name" v="Berg"/></node>
 <way id="11"><nd ref="1"/><nd ref="2"/><tag k="highway" v="trunk"/><tag k="ref" v="G329"/></way>
 <way id="12"><nd ref="2"/><nd ref="3"/><tag k="highway" v="secondary"/><tag k="name" v="人民路"/></way>
 <way id="13"><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/></way>
 <way id="14"><nd ref="4"/><nd ref="1"/><tag k="highway" v="trunk_link"/></way>
 <way id="15"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="8"/><nd ref="5"/></way>
 <way id="16"><nd ref="21"/><nd ref="22"/><nd ref="23"/><nd ref="24"/><nd ref="21"/></way>
 <way id="17"><nd ref="1"/><nd ref="8"/><tag k="railway" v="rail"/><tag k="service" v="yard"/></way>
 <way id="18"><nd ref="1"/><nd ref="3"/><tag k="highway" v="residential"/></way>
 <way id="19"><nd ref="2"/><nd ref="4"/><tag k="highway" v="residential"/></way>
 <relation id="90"><member type="way" ref="15" role="outer"/><member type="way" ref="16" role="inner"/>
  <tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>
</osm>
"""


def decode(file: TileFile, tile: Tile) -> dict[str, Any]:
    data = file.read(tile)
    if data is None:
        return {}
    found = decoder.decode(gzip.decompress(data), default_options={"y_coord_down": True})
    return {name: layer["features"] for name, layer in found.items()}


def drawn(file: TileFile, tile: Tile) -> Any:
    """All roads of a tile in its units, as one geometry."""
    features = decode(file, tile).get("roads", [])
    return shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in features])


@pytest.fixture(scope="module")
def trunk_file(tmp_path_factory: pytest.TempPathFactory) -> TileFile:
    path = tmp_path_factory.mktemp("tiles") / "trunk.roads.pmtiles"
    build_road_tiles(trunk_network(), path)
    return TileFile(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An imported map with all its tiles: (network, folder)."""
    from haoyun.maps.catalog import import_map

    folder = tmp_path_factory.mktemp("small")
    source = folder / "small.osm"
    source.write_text(EXTRACT, encoding="utf-8")
    network = import_map(source, "small", folder)
    build_tiles(network, folder, source)
    return network, folder


def far_points(network: RoadNetwork, file: TileFile, z: int, edges: Any) -> list[tuple[int, float]]:
    """Edges whose middle lies further from the drawn roads of its tile than 2 pixels (of 512)."""
    kept: dict[Tile, Any] = {}
    far = []
    for edge in edges:
        line = network.edge_line(edge)
        lat, lon = line[len(line) // 2]
        tile = tile_at(lat, lon, z)
        if tile not in kept:
            kept[tile] = drawn(file, tile)
        x, y = to_unit(lat, lon)
        spot = (np.array([x, y]) * (1 << z) - [tile.x, tile.y]) * EXTENT
        off = kept[tile].distance(shapely.Point(spot))
        if not off <= 2 * EXTENT / 512:
            far.append((edge, off))
    return far


@pytest.mark.parametrize("z", [3, 6, 9])
def test_every_edge_of_the_trunk_network_is_drawn_where_it_is(trunk_file: TileFile, z: int) -> None:
    network = trunk_network()
    assert far_points(network, trunk_file, z, range(network.edge_count)) == []


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RoadNetwork, TileFile]:
    from haoyun.maps.catalog import import_map

    folder = tmp_path_factory.mktemp("real")
    network = import_map(shared_data / "maps" / "heidelberg.osm.pbf", "heidelberg", folder)
    build_tiles(network, folder)
    tiles = open_tiles("heidelberg", folder)
    assert tiles is not None
    return network, tiles.roads


@pytest.mark.slow
@pytest.mark.parametrize("z", [8, 11, 14])
def test_every_edge_of_a_real_map_appears_at_its_zoom(real: tuple[RoadNetwork, TileFile], z: int) -> None:
    network, file = real
    edges = [e for e in drawn_edges(network).tolist() if class_zoom(network.edge_class[e]) <= z]
    assert edges
    assert far_points(network, file, z, edges) == []


def test_a_class_is_absent_before_its_zoom_and_there_from_it_on(small: Any) -> None:
    network, folder = small
    tiles = open_tiles("small", folder)
    assert tiles is not None
    for edge in range(network.edge_count):
        highway = network.edge_class[edge]
        first = class_zoom(highway)
        lat, lon = network.edge_line(edge)[0]
        for z in range(15):
            features = decode(tiles.roads, tile_at(lat, lon, z)).get("roads", [])
            shown = {
                f["properties"]["class"] + ("_link" if f["properties"].get("link") else "") for f in features
            }
            assert (highway in shown) == (z >= first), (highway, z)


def test_greater_roads_never_appear_later_than_lesser_ones() -> None:
    order = ["motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service"]
    zooms = [CLASS_ZOOM[name] for name in order]
    assert zooms == sorted(zooms)
    assert all(class_zoom(f"{name}_link") > class_zoom(name) for name in order[:5])
    assert class_zoom("service", "schematic") == 0


def test_a_number_is_a_ref_and_a_name_is_a_name(small: Any) -> None:
    network, _ = small
    said = {(p["class"], p["ref"], p["name"], p["link"]) for p in road_layer(network).properties}
    assert said == {
        ("trunk", "G329", None, None), ("secondary", None, "人民路", None),
        ("residential", None, None, None), ("trunk", None, None, True),
    }  # fmt: skip


def test_places_of_the_network_are_in_its_tiles_in_both_languages(trunk_file: TileFile) -> None:
    shanghai = tile_at(31.23, 121.47, 6)
    names = {
        (p["properties"]["name_zh"], p["properties"]["name_en"])
        for p in decode(trunk_file, shanghai)["places"]
    }
    assert ("上海", "Shanghai") in names


def test_land_tiles_hold_water_with_its_island_rails_and_places(small: Any) -> None:
    _, folder = small
    tiles = open_tiles("small", folder)
    assert tiles is not None and tiles.land is not None
    found = decode(tiles.land, tile_at(30.01, 120.01, 14))
    lake = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in found["water"]])
    tile = tile_at(30.01, 120.01, 14)

    def at(lat: float, lon: float) -> Any:
        x, y = to_unit(lat, lon)
        return shapely.Point((np.array([x, y]) * (1 << 14) - [tile.x, tile.y]) * EXTENT)

    assert lake.contains(at(30.0065, 120.01)) and not lake.contains(at(30.01, 120.01))
    assert {f["properties"]["kind"] for f in decode(tiles.land, tile_at(30.01, 120.003, 14))["rail"]} == {
        "yard"
    }
    places = {
        f["properties"]["name_en"]: f["properties"]
        for f in decode(tiles.land, tile_at(30.01, 120.001, 14))["places"]
    }
    assert places["Keqiao"]["name_zh"] == "柯桥" and places["Berg"]["name_zh"] == "Berg"


def test_the_attribution_is_kept_in_every_tile_file(small: Any, trunk_file: TileFile) -> None:
    network, folder = small
    tiles = open_tiles("small", folder)
    assert tiles is not None
    for file in tiles.parts().values():
        assert file.info.metadata["attribution"] == network.attribution
    assert trunk_file.info.metadata["attribution"] == trunk_network().attribution


def test_progress_grows_to_one(graphs: Any, tmp_path: Path) -> None:
    seen: list[float] = []
    build_road_tiles(graphs.network(graphs.square_graph()), tmp_path / "t.pmtiles", seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_tiles_of_a_built_in_map_are_made_once_and_anew_when_the_network_changed(tmp_path: Path) -> None:
    first = kept_tiles(trunk_network(), tmp_path)
    path = tmp_path / "built-in" / "trunk.roads.pmtiles"
    made = path.stat().st_mtime_ns
    assert first is not None and kept_tiles(trunk_network(), tmp_path) is not None
    assert path.stat().st_mtime_ns == made
    build_road_tiles(trunk_network(), path, None, "another release")
    kept_tiles(trunk_network(), tmp_path)
    assert TileFile(path).info.metadata["made_from"] == first.roads.info.metadata["made_from"]


def test_an_imported_map_without_tiles_has_none_and_dropped_ones_are_gone(small: Any, tmp_path: Path) -> None:
    network, _ = small
    assert open_tiles("small", tmp_path) is None
    build_tiles(network, tmp_path)
    assert open_tiles("small", tmp_path) is not None
    drop_tiles("small", tmp_path)
    assert open_tiles("small", tmp_path) is None


@pytest.mark.slow
def test_a_real_extract_gives_land_tiles(shared_data: Path, tmp_path: Path) -> None:
    from haoyun.maps.tiles.landscape import land_layers

    source = shared_data / "maps" / "columbus.osm.pbf"
    layers = {layer.name: len(layer.geometries) for layer in land_layers(source)}
    assert layers["rail"] == pytest.approx(815, rel=0.05) and layers["water"] > 50 and layers["land"] > 200
    assert not any(name in layers for name in ("boundary", "border"))


def test_the_extract_of_another_region_leaves_the_tiles_of_land_as_they_are(tmp_path: Path) -> None:
    from haoyun.maps.catalog import import_map
    from haoyun.platform.cli import cli

    own, far = tmp_path / "own.osm", tmp_path / "far.osm"
    own.write_text(EXTRACT, encoding="utf-8")
    far.write_text('<osm version="0.6"><node id="1" lat="1" lon="1"/></osm>', encoding="utf-8")
    folder = tmp_path / "maps"
    build_tiles(import_map(own, "own", folder), folder, own)
    land = folder / "own.land.pmtiles"
    before = land.read_bytes()
    result = CliRunner().invoke(cli, ["--data", str(tmp_path), "map", "tiles", "own", str(far)])
    assert result.exit_code == 0, result.output
    assert land.read_bytes() == before
    assert "far.osm holds no water, land or railway near the map own" in result.stderr


def test_an_extract_with_nothing_between_the_roads_leaves_no_file(tmp_path: Path, graphs: Any) -> None:
    source, path = tmp_path / "bare.osm", tmp_path / "bare.land.pmtiles"
    source.write_text('<osm version="0.6"><node id="1" lat="1" lon="1"/></osm>', encoding="utf-8")
    network = graphs.network(graphs.square_graph())
    assert build_land_tiles(source, path, network.bounds, "©") == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"natural": "water"}, "water"),
        ({"landuse": "industrial"}, "industrial"),
        ({"landuse": "forest"}, "wood"),
        ({"leisure": "park", "natural": "water"}, "water"),
        ({"building": "yes"}, "building"),
        ({"building": "no"}, None),
        ({"boundary": "administrative"}, None),
        ({"natural": "coastline"}, None),
    ],
)
def test_areas_are_drawn_by_what_they_are_and_borders_never(tags: dict[str, str], kind: str | None) -> None:
    assert land_use(tags) == kind


def test_what_is_gone_or_under_the_ground_is_not_drawn() -> None:
    assert rail_kind({"railway": "rail"}) == "rail"
    assert rail_kind({"railway": "rail", "service": "siding"}) == "yard"
    assert [rail_kind({"railway": kind}) for kind in ("abandoned", "razed", "platform")] == [None] * 3
    assert rail_kind({"railway": "subway", "tunnel": "yes"}) is None
    assert waterway_kind({"waterway": "river"}) == "river"
    assert waterway_kind({"waterway": "stream", "tunnel": "culvert"}) is None
