"""Zones: inside, outside, the border, holes, the 180th meridian, the far north, and shapes that are refused."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import destination, haversine_m
from haoyun.maps.zone_geojson import zone_of_geojson, zone_to_geojson
from haoyun.maps.zones import (
    Circle,
    Corridor,
    MultiPolygonZone,
    PolygonZone,
    Zone,
    ZoneIndex,
    zones_containing,
)

YARD = PolygonZone(((29.90, 121.80), (29.90, 121.81), (29.91, 121.81), (29.91, 121.80)))
L_SHAPE = PolygonZone.of([(0, 0), (0, 2), (1, 2), (1, 1), (2, 1), (2, 0), (0, 0)])
RING_ROAD = PolygonZone.of(
    [(39.8, 116.2), (39.8, 116.6), (40.1, 116.6), (40.1, 116.2)],
    holes=[[(39.9, 116.3), (39.9, 116.5), (40.0, 116.5), (40.0, 116.3)]],
)
FIJI = MultiPolygonZone(
    (
        PolygonZone.of([(-18, 179), (-18, 180), (-17, 180), (-17, 179)]),
        PolygonZone.of([(-18, -180), (-18, -179), (-17, -179), (-17, -180)]),
    )
)
ROAD = Corridor(((29.9, 121.8), (29.9, 121.9), (30.0, 121.9)), 500)
EVERY_SHAPE: list[Zone] = [Circle(29.9, 121.8, 1000), YARD, L_SHAPE, RING_ROAD, FIJI, ROAD]

latitudes = st.floats(-89, 89)
longitudes = st.floats(-180, 180)


def sampled_border(rings: list[list[tuple[float, float]]], count: int = 4000) -> np.ndarray:
    """Points on edges that are straight in degrees."""
    rows = []
    for ring in rings:
        corners = np.array([*ring, ring[0]])
        for a, b in itertools.pairwise(corners):
            rows.append(a + np.linspace(0, 1, count)[:, None] * (b - a))
    return np.concatenate(rows)


@given(st.floats(0, 359), st.floats(1, 5000))
def test_a_circle_contains_what_is_within_its_radius(bearing: float, metres: float) -> None:
    circle = Circle(29.9, 121.8, 1000)
    position = destination(29.9, 121.8, bearing, metres)
    if abs(metres - 1000) > 0.01:
        assert circle.contains(*position) == (metres < 1000)
    assert circle.distance_to_edge_m(*position) == pytest.approx(abs(metres - 1000), abs=0.01)


@given(latitudes, longitudes, st.floats(0, 360), st.floats(1, 400_000), st.floats(10, 300_000))
def test_a_circle_is_exact_at_any_latitude_and_across_the_meridian(
    lat: float, lon: float, bearing: float, metres: float, radius_m: float
) -> None:
    position = destination(lat, lon, bearing, metres)
    signed = float(Circle(lat, lon, radius_m).signed_distance_m(*position)[0])
    assert signed == pytest.approx(metres - radius_m, abs=0.01)


def test_a_polygon_contains_its_inside_and_its_edge_but_nothing_else() -> None:
    assert YARD.contains(29.905, 121.805)
    assert YARD.contains(29.90, 121.805)
    assert YARD.contains(29.90, 121.80)
    assert not YARD.contains(29.905, 121.811)
    assert not YARD.contains(29.89, 121.805)


def test_a_polygon_need_not_be_convex() -> None:
    assert L_SHAPE.contains(0.5, 1.5)
    assert L_SHAPE.contains(1.5, 0.5)
    assert not L_SHAPE.contains(1.5, 1.5)


def test_a_hole_is_outside_and_its_border_is_a_border() -> None:
    assert RING_ROAD.contains(39.85, 116.4)
    assert not RING_ROAD.contains(39.95, 116.4)
    assert RING_ROAD.contains(39.9, 116.4)  # on the border of the hole
    assert RING_ROAD.signed_distance_m(39.95, 116.4)[0] == pytest.approx(5559.8, abs=1)
    assert RING_ROAD.signed_distance_m(39.89, 116.4)[0] == pytest.approx(-1111.9, abs=1)


def test_the_distance_to_a_polygons_edge_is_the_same_from_both_sides() -> None:
    inside = YARD.distance_to_edge_m(29.901, 121.805)
    outside = YARD.distance_to_edge_m(29.899, 121.805)
    assert inside == pytest.approx(111.2, abs=0.1)
    assert outside == pytest.approx(inside, abs=0.01)
    assert YARD.distance_to_edge_m(29.899, 121.799) == pytest.approx(147.2, abs=0.5)  # to the corner


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-85, 84),
    st.floats(-170, 168),
    st.floats(0.01, 1.0),
    st.floats(0.01, 2.0),
    st.floats(-1, 2),
    st.floats(-1, 2),
)
def test_the_distance_to_a_polygon_is_that_to_the_nearest_of_its_points(
    south: float, west: float, high: float, wide: float, up: float, across: float
) -> None:
    corners = [(south, west), (south, west + wide), (south + high, west + wide / 2)]
    zone = PolygonZone.of(corners)
    position = (min(90.0, south + up * high), west + across * wide)
    border = sampled_border([corners])
    spacing_m = haversine_m(*border[:-1].T, *border[1:].T)
    best_m = float(haversine_m(*position, *border.T).min())
    found = float(zone.distance_to_edge_m(*position))
    # Never farther than a point of the border, and not closer than the gaps between the samples explain.
    assert found <= best_m + 0.02
    assert found >= best_m - float(np.sort(spacing_m)[-4]) - 0.02


def test_a_long_edge_is_straight_in_degrees_not_a_great_circle() -> None:
    alaska = PolygonZone.of([(60, -160), (60, -140), (65, -140), (65, -160)])
    assert alaska.distance_to_edge_m(60.0, -150.0) == pytest.approx(0, abs=0.02)
    assert alaska.distance_to_edge_m(59.99, -150.0) == pytest.approx(1112, abs=2)


def test_a_zone_cut_at_the_180th_meridian_is_one_zone() -> None:
    assert FIJI.contains(-17.5, 179.9)
    assert FIJI.contains(-17.5, -179.9)
    assert not FIJI.contains(-17.5, 178.9)
    for lon in (180.0, -180.0, 179.999, -179.999):
        assert FIJI.contains(-17.5, lon)
        assert FIJI.signed_distance_m(-17.5, lon)[0] < -55_000  # to the next true border, not to the cut


def test_what_crosses_the_180th_meridian_uncut_is_refused_and_told_how_to_cut() -> None:
    with pytest.raises(ValueError, match="180th meridian; cut it there into two parts"):
        PolygonZone.of([(0, 179), (0, -179), (1, -179)])


@pytest.mark.parametrize("radius_m", [0, -5, float("nan"), 2_000_000])
def test_a_radius_that_is_not_positive_and_sane_is_refused(radius_m: float) -> None:
    with pytest.raises(ValueError, match="radius is above 0"):
        Circle(0, 0, radius_m)
    with pytest.raises(ValueError, match="half width is above 0"):
        Corridor(((0, 0), (1, 1)), radius_m)


def test_shapes_without_an_area_or_off_the_earth_are_refused() -> None:
    with pytest.raises(ValueError, match="three different corners"):
        PolygonZone.of([(0, 0), (1, 1), (0, 0)])
    with pytest.raises(BadCoordinate):
        PolygonZone.of([(0, 0), (91, 1), (0, 1)])
    with pytest.raises(BadCoordinate):
        Circle(0, 181, 5)
    with pytest.raises(ValueError, match="two different corners"):
        Corridor(((0, 0), (0, 0)), 5)
    with pytest.raises(ValueError, match="must not cross"):
        PolygonZone.of([(0, 0), (1, 1), (0, 1), (1, 0)])
    with pytest.raises(ValueError, match="must not cross"):
        PolygonZone.of([(0, 0), (0, 1), (1, 1)], holes=[[(5, 5), (5, 6), (6, 6)]])
    with pytest.raises(ValueError, match="at least one"):
        MultiPolygonZone(())
    with pytest.raises(ValueError, match="must not cross or overlap"):
        MultiPolygonZone((L_SHAPE, PolygonZone.of([(0.2, 0.2), (0.2, 0.8), (0.8, 0.8)])))


@given(st.floats(0, 9000), st.floats(-3000, 3000))
def test_a_corridor_holds_what_is_within_its_half_width(along_m: float, beside_m: float) -> None:
    road = Corridor(((40.0, 110.0), destination(40.0, 110.0, 0, 9000)), 500)
    at = destination(40.0, 110.0, 0, along_m)
    position = destination(*at, 90 if beside_m >= 0 else 270, abs(beside_m))
    assume(abs(abs(beside_m) - 500) > 0.01)
    assert road.contains(*position) == (abs(beside_m) < 500)
    assert road.signed_distance_m(*position)[0] == pytest.approx(abs(beside_m) - 500, abs=0.01)


def test_a_corridor_has_round_ends() -> None:
    beyond = destination(29.9, 121.8, 270, 499)
    assert ROAD.contains(*beyond)
    assert not ROAD.contains(*destination(29.9, 121.8, 270, 501))


def test_a_corridor_may_cross_the_180th_meridian() -> None:
    lane = Corridor(((-17, 179), (-17, -179)), 2000)
    assert lane.contains(-17.0, 180.0)
    assert lane.contains(-17.01, -179.5)
    assert not lane.contains(-17.0, 0.0)
    assert zones_containing([lane], [-17.01, -17.01, -17.01], [179.99, -179.99, 0.0]) == [[0], [0], []]


def test_hysteresis_a_state_changes_only_beyond_a_margin_on_either_side() -> None:
    signed = YARD.signed_distance_m([29.8995, 29.9005, 29.9], [121.805] * 3)
    assert signed[0] == pytest.approx(55.6, abs=0.1)
    assert signed[1] == pytest.approx(-55.6, abs=0.1)
    assert abs(signed[2]) < 0.01


shapes = st.one_of(
    st.builds(Circle, latitudes, longitudes, st.floats(100, 900_000)),
    st.builds(
        lambda lat, lon, high, wide: PolygonZone.of(
            [(lat, lon), (lat, lon + wide), (min(lat + high, 90), lon + wide / 3)]
        ),
        latitudes,
        st.floats(-180, 150),
        st.floats(0.01, 5),
        st.floats(0.01, 30),
    ),
    st.builds(
        lambda lat, lon, turn, metres, width: Corridor(
            (((lat, lon)), destination(lat, lon, turn, metres)), width
        ),
        st.floats(-80, 80),
        longitudes,
        st.floats(0, 360),
        st.floats(1000, 500_000),
        st.floats(100, 100_000),
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(shapes, min_size=1, max_size=8), st.lists(st.tuples(st.floats(-90, 90), longitudes), max_size=40)
)
def test_many_positions_in_many_zones_are_what_each_zone_says_of_each(
    zones: list[Zone], positions: list[tuple[float, float]]
) -> None:
    # Positions around the zones themselves too, or hardly any would be inside.
    around = [((b[1] + b[3]) / 2, (b[0] + b[2]) / 2) for zone in zones for b in zone.boxes()]
    lat, lon = np.array([*positions, *around]).T
    found = zones_containing(zones, lat, lon)
    assert found == [
        [i for i, zone in enumerate(zones) if zone.contains(y, x)] for y, x in zip(lat, lon, strict=True)
    ]


def test_the_poles_and_the_meridian_are_found_through_the_index() -> None:
    arctic, fiji = Circle(89, 20, 300_000), Circle(-17.5, 179.9, 50_000)
    index = ZoneIndex([arctic, fiji, FIJI])
    position, zone = index.containing([90, 89.5, -17.5, -17.5, -17.5], [0, -160, -179.9, 180, -180])
    assert list(zip(position.tolist(), zone.tolist(), strict=True)) == [
        (0, 0), (1, 0), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("bearing", range(0, 360, 30))
@pytest.mark.parametrize("lat", [0.0, 60.0, 80.0, -85.0])
def test_the_index_finds_what_lies_just_inside_in_every_direction(lat: float, bearing: int) -> None:
    zones = [Circle(lat, 179.0, 300_000), Corridor(((lat, 178.0), (lat, 179.0)), 300_000)]
    inside = destination(lat, 179.0, bearing, 299_900)
    assert 0 in zones_containing(zones, *inside)[0]
    assert zones_containing(zones, *inside)[0] == [i for i, z in enumerate(zones) if z.contains(*inside)]


def test_no_zones_and_no_positions_give_no_pairs() -> None:
    assert zones_containing([], [29.9], [121.8]) == [[]]
    assert zones_containing([YARD], [], []) == []


@pytest.mark.parametrize("zone", EVERY_SHAPE, ids=lambda z: type(z).__name__)
def test_a_zone_survives_geojson(zone: Zone) -> None:
    feature = json.loads(json.dumps(zone_to_geojson(zone, {"name": "甲"})))
    assert feature["properties"]["name"] == "甲"
    again = zone_of_geojson(feature)
    rng = np.random.default_rng(20)
    west, south, east, north = zone.boxes()[0]
    lat, lon = rng.uniform(south, north, 200), rng.uniform(west, east, 200)
    assert np.allclose(again.signed_distance_m(lat, lon), zone.signed_distance_m(lat, lon), atol=1e-6)


def test_geojson_rings_turn_as_the_standard_wants_and_close() -> None:
    outer, hole = zone_to_geojson(RING_ROAD)["geometry"]["coordinates"]
    for ring, sign in ((outer, 1), (hole, -1)):
        assert ring[0] == ring[-1]
        assert sign * sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) > 0


@pytest.mark.parametrize(
    ("feature", "rule"),
    [
        ({"type": "Polygon", "coordinates": 5}, "nested as RFC 7946"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "nested as RFC 7946"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "three different corners"),
        ({"type": "GeometryCollection"}, "not 'GeometryCollection'"),
        ({"type": "Feature", "geometry": None}, "not None"),
        ({"type": "Point", "coordinates": [1, 2]}, "only with the property radius_m"),
        (
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
                "properties": {"half_width_m": "5"},
            },
            "half_width_m, a number of metres",
        ),
        ({}, "not None"),
    ],
)
def test_geojson_that_is_no_zone_is_refused_with_the_reason(feature: dict, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        zone_of_geojson(feature)
