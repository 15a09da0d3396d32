"""H3 cells: arrays in and out, disks, counts, rounding, and what is no cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.hexagons import (
    cell_of_text,
    cell_ring,
    cell_text,
    cells_geojson,
    cells_in,
    cells_of,
    centres_of,
    count_by_cell,
    disk,
    parents_of,
    rounded,
    steps_between,
)
from haoyun.maps.zones import PolygonZone

NINGBO = (29.87, 121.55)
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(latitudes, longitudes, st.integers(0, 12))
def test_a_position_lies_in_the_cell_whose_middle_is_given_back(
    lat: float, lon: float, resolution: int
) -> None:
    (cell,) = cells_of(lat, lon, resolution)
    assert cells_of(*centres_of([cell]), resolution).tolist() == [cell]
    assert cell_of_text(cell_text(int(cell))) == cell


@given(latitudes, longitudes)
def test_rounding_moves_nobody_farther_than_a_cell_and_all_of_a_cell_to_one_point(
    lat: float, lon: float
) -> None:
    there = rounded(lat, lon, 7)
    assert haversine_m(lat, lon, float(there[0][0]), float(there[1][0])) < 2_500
    again = rounded(*there, 7)
    assert np.allclose(again, there, atol=1e-9)


def test_a_disk_has_the_hexagonal_number_of_cells() -> None:
    (cell,) = cells_of(*NINGBO, 8)
    for k in range(4):
        cells = disk(int(cell), k)
        assert len(cells) == 1 + 3 * k * (k + 1)
        assert max(steps_between(int(cell), int(other)) for other in cells) == k
    with pytest.raises(ValueError, match="0 or more rings"):
        disk(int(cell), -1)


def test_counts_add_up_to_the_positions() -> None:
    rng = np.random.default_rng(20)
    lat, lon = rng.uniform(29.8, 30.0, 1000), rng.uniform(121.5, 121.9, 1000)
    cells, counts = count_by_cell(lat, lon, 7)
    assert counts.sum() == 1000
    assert (np.diff(cells) > 0).all()
    assert set(cells.tolist()) == set(cells_of(lat, lon, 7).tolist())
    assert set(parents_of(cells, 5).tolist()) <= set(disk(int(cells_of(29.9, 121.7, 5)[0]), 4).tolist())


def test_cells_of_a_polygon_are_those_whose_middle_is_inside() -> None:
    zone = PolygonZone.of(
        [(29.8, 121.5), (29.8, 121.9), (30.1, 121.7)], [[(29.85, 121.65), (29.85, 121.75), (29.9, 121.7)]]
    )
    cells = cells_in(zone, 7)
    lat, lon = centres_of(cells)
    assert zone.contains_many(lat, lon).all()
    beside = np.setdiff1d(np.unique(np.concatenate([disk(int(c), 1) for c in cells])), cells)
    assert not zone.contains_many(*centres_of(beside)).any()


def test_geojson_of_cells_closes_its_rings_and_carries_values() -> None:
    cells = disk(int(cells_of(*NINGBO, 7)[0]), 1)
    collection = cells_geojson(cells, np.arange(len(cells)), name="loads")
    assert [f["properties"]["loads"] for f in collection["features"]] == list(range(7))
    assert {f["id"] for f in collection["features"]} == {cell_text(int(c)) for c in cells}
    assert all(
        f["geometry"]["coordinates"][0][0] == f["geometry"]["coordinates"][0][-1]
        for f in collection["features"]
    )
    with pytest.raises(ValueError, match="7 cells and 1 values"):
        cells_geojson(cells, [1])


def test_a_ring_across_the_180th_meridian_does_not_wrap_around_the_world() -> None:
    ring = cell_ring(int(cells_of(-17.0, 180.0, 3)[0]))
    assert np.ptp(ring[:, 1]) < 5


def test_what_is_no_cell_or_no_position_is_refused() -> None:
    with pytest.raises(ValueError, match="resolution is 0 to 15, not 16"):
        cells_of(*NINGBO, 16)
    with pytest.raises(BadCoordinate, match="no latitude and longitude"):
        cells_of([29.0, 95.0], [121.0, 121.0], 7)
    with pytest.raises(BadCoordinate):
        cells_of(float("nan"), 0.0, 7)
    with pytest.raises(ValueError, match="is no H3 cell"):
        centres_of([12345])
    with pytest.raises(ValueError, match="'abcxyz' is no H3 cell"):
        cell_of_text("abcxyz")


def test_arrays_are_answered_like_their_elements() -> None:
    lat, lon = np.array([29.8, 39.9, -33.0]), np.array([121.5, 116.4, -71.6])
    one_by_one = [int(cells_of(a, b, 9)[0]) for a, b in zip(lat, lon, strict=True)]
    assert cells_of(lat, lon, 9).tolist() == one_by_one
    assert cells_of([], [], 9).shape == (0,)
    assert cells_of(lat, lon, 9).dtype == np.uint64
