"""GCJ-02 and BD-09: known offsets, exact round trips over China, nothing changed outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.crs import Crs, from_wgs84, to_wgs84
from haoyun.maps.geodesy import haversine_m

inside_china = st.tuples(st.floats(18.0, 53.5), st.floats(73.6, 135.0))
shifted = st.sampled_from([Crs.GCJ02, Crs.BD09])


@given(inside_china, st.sampled_from(list(Crs)))
def test_a_round_trip_errs_by_less_than_a_centimetre(position: tuple[float, float], crs: Crs) -> None:
    back = to_wgs84(*from_wgs84(*position, crs), crs)
    assert haversine_m(*position, *back) < 0.01


@given(inside_china, shifted)
def test_the_way_back_is_also_exact(position: tuple[float, float], crs: Crs) -> None:
    there = from_wgs84(*to_wgs84(*position, crs), crs)
    assert haversine_m(*position, *there) < 0.01


@given(inside_china)
def test_the_gcj_offset_is_some_hundred_metres(position: tuple[float, float]) -> None:
    assert 10 < haversine_m(*position, *from_wgs84(*position, Crs.GCJ02)) < 1200


@given(
    st.sampled_from([(51.5, -0.12), (-29.95, -71.25), (40.7, -74.0), (1.35, 150.0), (60.0, 100.0)]), shifted
)
def test_outside_china_nothing_moves(position: tuple[float, float], crs: Crs) -> None:
    assert from_wgs84(*position, crs) == position
    assert to_wgs84(*position, crs) == position


def test_the_offset_at_beijing_is_the_known_one() -> None:
    # Tiananmen area; the pair is what every public implementation of the offset gives.
    assert from_wgs84(39.90, 116.40, Crs.GCJ02) == pytest.approx((39.901403, 116.406243), abs=2e-6)
    assert from_wgs84(39.90, 116.40, Crs.BD09) == pytest.approx((39.907734, 116.412628), abs=2e-6)


def test_arrays_are_converted_like_their_elements() -> None:
    lat, lon = np.array([29.88, 39.9, 51.5]), np.array([121.55, 116.4, -0.12])
    many = from_wgs84(lat, lon, Crs.GCJ02)
    one_by_one = [from_wgs84(float(a), float(b), Crs.GCJ02) for a, b in zip(lat, lon, strict=True)]
    assert np.allclose(np.column_stack(many), one_by_one, atol=1e-12)
