"""Spherical geometry: known distances, inverses, clamping, and positions that are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import (
    bearing_deg,
    check_position,
    destination,
    haversine_m,
    point_along,
    polyline_length_m,
)

lats = st.floats(-80, 80)
lons = st.floats(-179, 179)


def test_a_degree_of_latitude_is_111_km() -> None:
    assert haversine_m(30.0, 120.0, 31.0, 120.0) == pytest.approx(111_195, abs=1)


def test_distances_of_arrays_are_the_distances_of_their_elements() -> None:
    distances = haversine_m([30.0, 31.0], [120.0, 121.0], 29.0, 121.5)
    assert distances.tolist() == [
        haversine_m(30.0, 120.0, 29.0, 121.5),
        haversine_m(31.0, 121.0, 29.0, 121.5),
    ]


@pytest.mark.parametrize(("lat", "lon", "bearing"), [(1, 0, 0), (0, 1, 90), (-1, 0, 180), (0, -1, 270)])
def test_bearings_go_clockwise_from_north(lat: float, lon: float, bearing: float) -> None:
    assert bearing_deg(0.0, 0.0, float(lat), float(lon)) == pytest.approx(bearing)


@given(lats, lons, st.floats(0, 360, exclude_max=True), st.floats(1, 500_000))
def test_a_destination_lies_at_the_distance_asked_for(
    lat: float, lon: float, bearing: float, metres: float
) -> None:
    lat2, lon2 = destination(lat, lon, bearing, metres)
    check_position(lat2, lon2)
    assert haversine_m(lat, lon, lat2, lon2) == pytest.approx(metres, rel=1e-6, abs=0.01)


@given(lats, lons, lats, lons)
def test_a_bearing_is_at_least_0_and_below_360(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    assert 0 <= bearing_deg(lat1, lon1, lat2, lon2) < 360


def test_a_point_along_a_line_is_found_by_distance_and_clamped_to_the_ends() -> None:
    line = [(30.0, 120.0), (30.0, 120.0), (30.1, 120.0), (30.1, 120.1)]
    length_m = polyline_length_m(line)
    lat, lon, bearing = point_along(line, 0.05 * 111_195)
    assert (lat, lon, bearing) == (pytest.approx(30.05, abs=1e-5), 120.0, pytest.approx(0))
    assert point_along(line, -5)[:2] == (30.0, 120.0)
    assert point_along(line, length_m + 5)[:2] == pytest.approx((30.1, 120.1))


def test_a_line_of_one_point_has_length_0() -> None:
    assert polyline_length_m([(30.0, 120.0)]) == 0
    assert point_along([(30.0, 120.0)], 7) == (30.0, 120.0, 0.0)


@pytest.mark.parametrize(
    ("lat", "lon", "rule"),
    [
        (91, 0, "latitude 91 is outside -90..90"),
        (-90.5, 0, "latitude -90.5 is outside -90..90"),
        (0, 181, "longitude 181 is outside -180..180"),
        (math.nan, 0, "latitude nan is not a finite number"),
        (0, math.inf, "longitude inf is not a finite number"),
    ],
)
def test_a_position_off_the_earth_is_refused_with_the_rule(lat: float, lon: float, rule: str) -> None:
    with pytest.raises(BadCoordinate, match=rule):
        check_position(lat, lon)


def test_a_line_that_is_not_rows_of_lat_lon_is_refused() -> None:
    with pytest.raises(BadCoordinate, match="one or more"):
        polyline_length_m(np.zeros((0, 2)))
