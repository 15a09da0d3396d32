"""The table of ports, stations, borders and parks: every row checked against the world around it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from haoyun.maps.gazetteer.addresses import divisions_of
from haoyun.maps.gazetteer.freight_sites import FreightSite, list_freight_sites
from haoyun.maps.gazetteer.place import SITE_KINDS, PlaceKind
from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.maps.geodesy import haversine_m

SITES = list_freight_sites()
PLACES_KM = 45  # the next populated place of the country: ports built into the sea lie off their towns
BORDERS_KM = 130  # a pass or a crossing in the steppe lies far from everything
# Nearest populated places that lie in another country although the site does not: across a river or a strait.
ACROSS = {"site-maptm", "site-vientianesouthstationthanaleng", "site-mohanrailwaystation"}


def ids(site: FreightSite) -> str:
    return site.place_code


@pytest.fixture(scope="module")
def towns(place_book: PlaceBook) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = place_book.rows("SELECT lat, lon, country, kind FROM place")
    sites = {kind.value for kind in SITE_KINDS}
    lat, lon, country = zip(*(row[:3] for row in rows if row[3] not in sites), strict=True)
    return np.array(lat), np.array(lon), np.array(country)


def test_the_table_has_what_a_freight_platform_needs() -> None:
    kinds = Counter(site.kind for site in SITES)
    at_home = Counter(site.kind for site in SITES if site.country in {"CN", "HK", "MO", "TW"})
    assert len(SITES) >= 300
    assert at_home[PlaceKind.SEAPORT] + at_home[PlaceKind.RIVER_PORT] >= 60
    assert kinds[PlaceKind.SEAPORT] - at_home[PlaceKind.SEAPORT] >= 90
    assert kinds[PlaceKind.RAIL] >= 60
    assert kinds[PlaceKind.BORDER] >= 40
    assert kinds[PlaceKind.PARK] + kinds[PlaceKind.BONDED] + kinds[PlaceKind.AIRPORT] >= 60


def test_no_site_stands_twice() -> None:
    for name in ("name_zh", "name_en", "place_code"):
        doubled = [n for n, times in Counter(getattr(s, name) for s in SITES).items() if times > 1]
        assert not doubled
    codes = Counter((s.code, s.kind == PlaceKind.AIRPORT) for s in SITES if s.code)
    assert not [code for code, times in codes.items() if times > 1]


@pytest.mark.parametrize("site", SITES, ids=ids)
def test_a_site_lies_in_its_country_and_its_division(
    place_book: PlaceBook, towns: tuple[np.ndarray, np.ndarray, np.ndarray], site: FreightSite
) -> None:
    lat, lon, country = towns
    km = haversine_m(site.lat, site.lon, lat, lon) / 1000
    own = float(km[country == site.country].min())
    allowed = BORDERS_KM if site.kind == PlaceKind.BORDER else max(PLACES_KM, 2 * site.precision_m / 1000)
    assert own < allowed, f"the next place of {site.country} is {own:.0f} km away"
    if site.kind != PlaceKind.BORDER and site.place_code not in ACROSS:
        nearest = str(country[int(km.argmin())])
        assert nearest == site.country or own < km.min() + 5, f"it seems to lie in {nearest}"
    if site.country in {"CN", "HK", "MO", "TW"}:
        chain = divisions_of(place_book, site.division)
        assert chain, f"{site.division} is no division"
    if site.country == "CN":  # of the others only one seat is known
        away = min(
            haversine_m(site.lat, site.lon, row[0], row[1])
            for row in place_book.rows(
                "SELECT lat, lon FROM division WHERE (parent = ? OR code = ?) AND level < 4",
                (site.division, site.division),
            )
        )
        assert away < 260_000 if site.kind == PlaceKind.BORDER else away < 75_000, f"{away / 1000:.0f} km off"


@pytest.mark.parametrize("site", [s for s in SITES if len(s.code) == 5], ids=ids)
def test_a_locode_begins_with_the_country(site: FreightSite) -> None:
    assert site.code[:2] == site.country


def test_every_site_is_found_by_both_names_and_its_code(place_book: PlaceBook) -> None:
    for site in SITES[::9]:
        for text in filter(None, (site.name_zh, site.name_en, site.code)):
            found = place_book.search(text, 5, kinds=SITE_KINDS)
            assert site.place_code in {f.place.code for f in found}, text


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("kind", PlaceKind.CITY, "no kind of freight site"),
        ("code", "CN-NGB", "not of the form"),
        ("country", "China", "two capital letters"),
        ("precision_m", 0.0, "how exact"),
        ("name_zh", "", "both languages"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(field: str, value: object, rule: str) -> None:
    right = {
        "name_zh": "甲港", "name_en": "A", "kind": PlaceKind.SEAPORT, "lat": 30.0, "lon": 120.0,
        "precision_m": 1000.0, "code": "CNAAA", "division": "330200", "country": "CN",
    }  # fmt: skip
    assert FreightSite(**right).place_code == "site-cnaaa"
    assert FreightSite(**{**right, "code": ""}).place_code == "site-a"
    with pytest.raises(ValueError, match=rule):
        FreightSite(**{**right, field: value})
