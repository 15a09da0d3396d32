"""Zones: inside, outside, the edge, and shapes that are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import destination
from haoyun.maps.zones import Circle, PolygonZone

YARD = PolygonZone(((29.90, 121.80), (29.90, 121.81), (29.91, 121.81), (29.91, 121.80)))
L_SHAPE = PolygonZone.of([(0, 0), (0, 2), (1, 2), (1, 1), (2, 1), (2, 0), (0, 0)])


@given(st.floats(0, 359), st.floats(1, 5000))
def test_a_circle_contains_what_is_within_its_radius(bearing: float, metres: float) -> None:
    circle = Circle(29.9, 121.8, 1000)
    position = destination(29.9, 121.8, bearing, metres)
    if abs(metres - 1000) > 0.01:
        assert circle.contains(*position) == (metres < 1000)
    assert circle.distance_to_edge_m(*position) == pytest.approx(abs(metres - 1000), abs=0.01)


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


def test_the_distance_to_a_polygons_edge_is_the_same_from_both_sides() -> None:
    inside = YARD.distance_to_edge_m(29.901, 121.805)
    outside = YARD.distance_to_edge_m(29.899, 121.805)
    assert inside == pytest.approx(111.2, abs=0.1)
    assert outside == pytest.approx(inside, abs=0.01)
    assert YARD.distance_to_edge_m(29.899, 121.799) == pytest.approx(147.2, abs=0.5)  # to the corner


@pytest.mark.parametrize("radius_m", [0, -5, float("nan"), 2_000_000])
def test_a_radius_that_is_not_positive_and_sane_is_refused(radius_m: float) -> None:
    with pytest.raises(ValueError, match="radius is above 0"):
        Circle(0, 0, radius_m)


def test_shapes_without_an_area_or_off_the_earth_are_refused() -> None:
    with pytest.raises(ValueError, match="three different corners"):
        PolygonZone.of([(0, 0), (1, 1), (0, 0)])
    with pytest.raises(BadCoordinate):
        PolygonZone.of([(0, 0), (91, 1), (0, 1)])
    with pytest.raises(ValueError, match="180th meridian"):
        PolygonZone.of([(0, 179), (0, -179), (1, -179)])
    with pytest.raises(BadCoordinate):
        Circle(0, 181, 5)
