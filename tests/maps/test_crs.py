"""GCJ-02 and BD-09: known offsets, exact round trips over China, nothing changed outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.crs import Crs, convert, from_wgs84, shifts, to_wgs84
from haoyun.maps.errors import BadOption
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


in_the_rectangle = st.tuples(st.floats(0.8293, 55.8271), st.floats(72.004, 137.8347))


@given(in_the_rectangle, st.sampled_from(list(Crs)))
def test_the_round_trip_is_exact_to_the_very_edge_of_the_rectangle(
    position: tuple[float, float], crs: Crs
) -> None:
    back = to_wgs84(*from_wgs84(*position, crs), crs)
    assert haversine_m(*position, *back) < 0.001


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(list(Crs)))
def test_two_kilometres_outside_the_rectangle_nothing_moves(lat: float, lon: float, crs: Crs) -> None:
    beside = shifts([lat - 0.02, lat, lat + 0.02], [[lon - 0.04], [lon], [lon + 0.04]]).any()
    if not beside:
        assert from_wgs84(lat, lon, crs) == (lat, lon)
        assert to_wgs84(lat, lon, crs) == (lat, lon)


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(list(Crs)))
def test_a_way_back_inside_the_rectangle_is_a_true_one(lat: float, lon: float, crs: Crs) -> None:
    back = to_wgs84(lat, lon, crs)
    if back != (lat, lon):
        assert shifts(*back)
        assert haversine_m(lat, lon, *from_wgs84(*back, crs)) < 0.001


def test_the_rectangle_includes_its_edge_and_nothing_beyond() -> None:
    assert shifts([0.8293, 55.8271], [72.004, 137.8347]).all()
    assert not shifts([0.8292, 55.8272, 30.0, 30.0], [100.0, 100.0, 72.003, 137.8348]).any()
    assert from_wgs84(30.0, 72.004, Crs.GCJ02) != (30.0, 72.004)
    assert from_wgs84(30.0, 72.0039, Crs.GCJ02) == (30.0, 72.0039)


@given(inside_china, st.sampled_from(list(Crs)), st.sampled_from(list(Crs)))
def test_any_datum_converts_into_any_other_and_back(
    position: tuple[float, float], source: Crs, target: Crs
) -> None:
    back = convert(*convert(*position, source, target), target, source)
    assert haversine_m(*position, *back) < 0.01


def test_the_inverse_is_exact_on_a_dense_grid_over_china() -> None:
    lat, lon = np.meshgrid(np.linspace(18, 53.5, 300), np.linspace(73.6, 135, 300))
    for crs in (Crs.GCJ02, Crs.BD09):
        back = to_wgs84(*from_wgs84(lat, lon, crs), crs)
        assert back[0].shape == lat.shape
        assert haversine_m(lat, lon, *back).max() < 1e-5


def test_scalars_give_floats_and_arrays_keep_their_shape() -> None:
    assert isinstance(to_wgs84(30.0, 120.0, Crs.GCJ02)[0], float)
    lat, lon = from_wgs84([30.0, 31.0], 120.0, Crs.BD09)
    assert lat.shape == lon.shape == (2,)
    empty = to_wgs84([], [], Crs.BD09)
    assert empty[0].shape == (0,)
    assert all(np.isnan(v) for v in to_wgs84(float("nan"), float("nan"), Crs.GCJ02))


@pytest.mark.parametrize("word", ["GCJ-02", "wgs-84", "bd-09", ""])
def test_an_unknown_datum_is_refused_and_not_taken_for_another(word: str) -> None:
    for function in (to_wgs84, from_wgs84):
        with pytest.raises(BadOption, match="there are: wgs84, gcj02, bd09"):
            function(30.0, 120.0, word)  # type: ignore[call-overload]
