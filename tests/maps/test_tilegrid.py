"""The grid of tiles: a position lies in the box of its tile, and tiles divide without gaps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps.tiles.tilegrid import MAX_LAT, Tile, from_unit, ground_m, tile_at, to_unit

LATITUDES = st.floats(-85, 85)
LONGITUDES = st.floats(-180, 179.999999)
ZOOMS = st.integers(0, 20)


@settings(deadline=None)
@given(lat=LATITUDES, lon=LONGITUDES, z=ZOOMS)
def test_a_position_lies_in_the_box_of_its_tile(lat: float, lon: float, z: int) -> None:
    box = tile_at(lat, lon, z).bounds
    slack = 1e-9  # degrees: rounding of the projection, a tenth of a millimetre
    assert box.south - slack <= lat <= box.north + slack
    assert box.west - slack <= lon <= box.east + slack


@settings(deadline=None)
@given(lat=LATITUDES, lon=LONGITUDES, z=st.integers(0, 19))
def test_the_tile_of_the_next_zoom_is_a_child(lat: float, lon: float, z: int) -> None:
    assert tile_at(lat, lon, z + 1) in tile_at(lat, lon, z).children


@settings(deadline=None)
@given(lat=LATITUDES, lon=LONGITUDES)
def test_the_projection_has_an_inverse(lat: float, lon: float) -> None:
    back = from_unit(*to_unit(lat, lon))
    assert (float(back[0]), float(back[1])) == pytest.approx((lat, lon), abs=1e-9)


def test_the_square_ends_at_its_own_latitude_and_the_poles_are_on_its_edge() -> None:
    assert Tile(0, 0, 0).bounds.north == pytest.approx(MAX_LAT)
    assert tile_at(90, 0, 3).y == 0
    assert tile_at(-90, 0, 3).y == 7
    assert tile_at(0, 180, 3).x == 7


def test_a_known_tile_is_where_everybody_has_it() -> None:
    # Shanghai's People's Square; column and row as every slippy map numbers them.
    n = 1 << 12
    x = int((121.4737 + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(31.2304))) / math.pi) / 2 * n)
    assert tile_at(31.2304, 121.4737, 12) == Tile(12, x, y)


def test_a_pixel_halves_with_each_zoom_and_shrinks_with_the_latitude() -> None:
    assert ground_m(1, 0, 256) == pytest.approx(ground_m(0, 0, 256) / 2)
    assert ground_m(0, 60) == pytest.approx(ground_m(0, 0) / 2)


@pytest.mark.parametrize(
    ("zxy", "rule"),
    [((25, 0, 0), "zoom is 0 to 24"), ((-1, 0, 0), "zoom"), ((2, 4, 0), "0 to 3"), ((2, 0, -1), "0 to 3")],
)
def test_a_tile_outside_the_grid_is_refused(zxy: tuple[int, int, int], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Tile(*zxy)
