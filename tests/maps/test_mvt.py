"""Vector tiles read by somebody else's decoder say what was written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps.tiles.mvt import EXTENT, encode_layer
from haoyun.maps.tiles.tilegrid import Tile, tile_at, to_unit
from haoyun.maps.tiles.tiles import features_tile

decoder = pytest.importorskip("mapbox_vector_tile", reason="mapbox-vector-tile is missing")


def decode(data: bytes) -> dict[str, Any]:
    return decoder.decode(data, default_options={"y_coord_down": True})


coordinate = st.tuples(st.integers(-64, EXTENT + 64), st.integers(-64, EXTENT + 64))
lines = st.lists(coordinate, min_size=2, max_size=30, unique=True)


@settings(deadline=None)
@given(st.lists(lines, min_size=1, max_size=6))
def test_lines_come_back_point_for_point(parts: list[list[tuple[int, int]]]) -> None:
    data = encode_layer(
        "x", [shapely.LineString(part) for part in parts], [{"n": i} for i in range(len(parts))]
    )
    features = decode(data)["x"]["features"]
    assert [feature["properties"]["n"] for feature in features] == list(range(len(parts)))
    for feature, part in zip(features, parts, strict=True):
        assert [tuple(xy) for xy in feature["geometry"]["coordinates"]] == part


@settings(deadline=None)
@given(st.lists(lines, min_size=2, max_size=4))
def test_lines_of_several_parts_stay_together(parts: list[list[tuple[int, int]]]) -> None:
    (feature,) = decode(encode_layer("x", [shapely.MultiLineString(parts)], [{}]))["x"]["features"]
    assert feature["geometry"]["type"] == "MultiLineString"
    assert [[tuple(xy) for xy in part] for part in feature["geometry"]["coordinates"]] == parts


def test_areas_keep_their_holes_whichever_way_their_rings_ran() -> None:
    shell, hole = [(0, 0), (100, 0), (100, 100), (0, 100)], [(20, 20), (20, 40), (40, 40), (40, 20)]
    for outer in (shell, shell[::-1]):
        for inner in (hole, hole[::-1]):
            (feature,) = decode(encode_layer("x", [shapely.Polygon(outer, [inner])], [{}]))["x"]["features"]
            back = shapely.geometry.shape(feature["geometry"])
            assert back.equals(shapely.Polygon(shell, [hole]))


def test_two_islands_are_one_feature() -> None:
    islands = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(50, 50, 90, 90)])
    (feature,) = decode(encode_layer("x", [islands], [{}]))["x"]["features"]
    assert shapely.geometry.shape(feature["geometry"]).equals(islands)


def test_words_numbers_and_truths_keep_their_kind() -> None:
    given_ = {"a": "鲁班路", "b": -7, "c": 2.5, "d": True, "e": 1, "f": None, "g": 1 << 40}
    (feature,) = decode(encode_layer("x", [shapely.Point(1, 2)], [given_]))["x"]["features"]
    found = feature["properties"]
    assert found == {key: value for key, value in given_.items() if value is not None}
    assert found["d"] is True
    assert type(found["e"]) is int


def test_points_lines_and_areas_may_share_a_layer() -> None:
    mixed = [
        shapely.Point(5, 5),
        shapely.box(0, 0, 9, 9),
        shapely.LineString([(0, 0), (9, 9)]),
        shapely.MultiPoint([(1, 1), (2, 3)]),
    ]
    features = decode(encode_layer("x", mixed, [{"n": i} for i in range(4)]))["x"]["features"]
    kinds = {feature["properties"]["n"]: feature["geometry"]["type"] for feature in features}
    assert kinds == {0: "Point", 1: "Polygon", 2: "LineString", 3: "MultiPoint"}


def test_what_shrinks_to_nothing_is_left_out() -> None:
    tiny = [
        shapely.LineString([(5.1, 5.1), (5.2, 5.3)]),
        shapely.box(1.0, 1.0, 1.3, 1.3),
        shapely.LineString(),
    ]
    assert encode_layer("x", tiny, [{}, {}, {}]) == b""


@settings(deadline=None)
@given(lat=st.floats(-80, 80), lon=st.floats(-179, 179), z=st.integers(0, 18))
def test_a_live_position_is_found_in_its_tile_within_a_unit(lat: float, lon: float, z: int) -> None:
    feature = {
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"plate": "浙A", "no": [1]},
    }
    tile = tile_at(lat, lon, z)
    (found,) = decode(features_tile("vehicles", [feature], tile))["vehicles"]["features"]
    assert found["properties"] == {"plate": "浙A"}
    x, y = to_unit(lat, lon)
    exact = (np.array([x, y]) * (1 << z) - [tile.x, tile.y]) * EXTENT
    assert found["geometry"]["coordinates"] == pytest.approx(exact.tolist(), abs=0.51)


def test_a_zone_is_cut_at_the_margin_and_absent_elsewhere() -> None:
    ring = [[120, 30], [122, 30], [122, 32], [120, 32], [120, 30]]
    zone = {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"id": "z"}}
    inside = tile_at(31, 121, 12)
    (found,) = decode(features_tile("zones", [zone], inside))["zones"]["features"]
    low, high = -64, EXTENT + 64
    assert shapely.geometry.shape(found["geometry"]).equals(shapely.box(low, low, high, high))
    assert features_tile("zones", [zone], Tile(12, 0, 0)) == b""
    assert features_tile("zones", [], inside) == b""
