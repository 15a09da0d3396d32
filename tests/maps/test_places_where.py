"""From a position to its place: the nearest, the divisions, the phrase, and where nothing is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.gazetteer.divisions import MUNICIPALITIES
from haoyun.maps.gazetteer.place import SITE_KINDS, PlaceKind
from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.maps.gazetteer.place_where import COVERAGE_M, reverse
from haoyun.maps.geodesy import haversine_m


@pytest.mark.parametrize(
    ("lat", "lon", "chain"),
    [
        (29.90, 121.84, ["浙江省", "宁波市", "北仑区"]),
        (31.224, 121.54, ["上海市", "浦东新区"]),
        (30.364, 113.417, ["湖北省", "仙桃市"]),
        (23.02, 113.75, ["广东省", "东莞市"]),  # no counties
        (44.213, 80.408, ["新疆维吾尔自治区", "伊犁哈萨克自治州", "霍尔果斯市"]),
        (22.30, 114.17, ["香港特别行政区"]),
    ],
)
def test_a_position_in_china_has_its_divisions(
    place_book: PlaceBook, lat: float, lon: float, chain: list[str]
) -> None:
    assert [d.name for d in reverse(place_book, lat, lon).chain] == chain


def test_the_phrase_tells_distance_and_direction_in_both_languages(place_book: PlaceBook) -> None:
    found = reverse(place_book, 29.925, 121.87)
    assert found.text("en").endswith("km NE of Beilun")
    assert found.text("zh").startswith("北仑区东北")
    assert reverse(place_book, 29.9023, 121.8401).text("en") == "Beilun"  # there, not beside it


def test_a_position_in_a_port_names_the_port(place_book: PlaceBook) -> None:
    site = reverse(place_book, 29.93, 121.87).site
    assert site is not None
    assert site.kind == PlaceKind.SEAPORT
    assert reverse(place_book, 30.9, 103.0).site is None


def test_far_from_every_place_nothing_is_named(place_book: PlaceBook) -> None:
    for lat, lon in ((0, -150), (-75, 0), (89.9, 10), (-90, 0)):
        found = reverse(place_book, lat, lon)
        assert (found.nearest, found.chain, found.certain, found.code) == (None, (), False, "")
        assert found.nearest_m == math.inf
        assert found.text("en") == "far from any known place"
        assert found.text("zh") == "已知地点之外"


def test_abroad_there_are_no_divisions_of_china(place_book: PlaceBook) -> None:
    found = reverse(place_book, 53.55, 9.99)
    assert found.chain == ()
    assert found.nearest is not None
    assert found.nearest.country == "DE"


def test_beside_a_border_the_answer_is_not_certain(place_book: PlaceBook) -> None:
    assert not reverse(place_book, 39.907, 116.397).certain  # Dongcheng or Xicheng
    assert reverse(place_book, 29.90, 121.84).certain


def test_places_are_found_across_the_180th_meridian(place_book: PlaceBook) -> None:
    east, west = reverse(place_book, -17.5, 179.99), reverse(place_book, -17.5, -179.99)
    assert east.nearest == west.nearest
    assert east.nearest is not None


@pytest.fixture(scope="module")
def towns(place_book: PlaceBook) -> tuple[np.ndarray, np.ndarray]:
    rows = place_book.rows("SELECT lat, lon, kind, code FROM place")
    sites = {kind.value for kind in SITE_KINDS}
    kept = [
        row[:2] for row in rows if row[2] not in sites and (row[2] != "province" or row[3] in MUNICIPALITIES)
    ]
    lat, lon = np.array(kept).T
    return lat, lon


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_nearest_is_the_nearest_of_all(
    place_book: PlaceBook, towns: tuple[np.ndarray, np.ndarray], lat: float, lon: float
) -> None:
    best_m = float(haversine_m(lat, lon, *towns).min())
    found = reverse(place_book, lat, lon)
    if best_m > COVERAGE_M:
        assert found.nearest is None
    else:
        assert found.nearest_m == pytest.approx(best_m, abs=0.01)


def test_a_position_off_the_earth_is_refused(place_book: PlaceBook) -> None:
    with pytest.raises(BadCoordinate):
        reverse(place_book, 91, 0)
