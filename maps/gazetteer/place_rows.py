"""What goes into the place book: every place with its names, its division and its importance.

Sources are joined here: a division and the populated place of its name are one place, a freight site stands for
itself, every other populated place of China gets the county of the nearest place whose county is known.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from haoyun.maps.cities import list_cities
from haoyun.maps.gazetteer.division_seats import Seat
from haoyun.maps.gazetteer.divisions import (
    COUNTRY_OF,
    COUNTY_LEVEL,
    MUNICIPALITIES,
    OTHER_EN,
    PREFECTURE_LEVEL,
    PROVINCE_EN,
    PROVINCE_LEVEL,
    Division,
    short_name,
    spoken_names,
)
from haoyun.maps.gazetteer.freight_sites import FreightSite
from haoyun.maps.gazetteer.geonames import CITY, GeoName
from haoyun.maps.gazetteer.names import fold
from haoyun.maps.gazetteer.pinyin import initials, latin_key, latin_name
from haoyun.maps.gazetteer.place import Place, PlaceKind
from haoyun.maps.geodesy import EARTH_RADIUS_M
from haoyun.maps.network import unit_vectors

_KIND_OF_LEVEL = {
    PROVINCE_LEVEL: PlaceKind.PROVINCE,
    PREFECTURE_LEVEL: PlaceKind.PREFECTURE,
    COUNTY_LEVEL: PlaceKind.COUNTY,
}
# The least importance of a kind, on the scale of 10 log10(population): 50 is a town of 100,000.
_LEAST = {
    PlaceKind.PROVINCE: 80.0,
    PlaceKind.PREFECTURE: 62.0,
    PlaceKind.COUNTY: 48.0,
    PlaceKind.SEAPORT: 50.0,
    PlaceKind.AIRPORT: 48.0,
    PlaceKind.RAIL: 46.0,
    PlaceKind.RIVER_PORT: 46.0,
    PlaceKind.BORDER: 45.0,
    PlaceKind.PARK: 42.0,
    PlaceKind.BONDED: 42.0,
}
_AT_HOME = 10.0  # what a place in China gains: the platform's users type its names
_CHINA = frozenset({"CN", "HK", "MO", "TW"})
_UNKNOWN = 1_000  # inhabitants of a place in the table whose number is not known: the seat of a township
_MUNICIPALITY = 4.0  # a municipality is a city as well: Shanghai before Shanxi
_GEONAMES_M = 2_000.0
_FAR_M = 250_000.0
_RANKS = ((76.0, 1), (66.0, 2), (54.0, 3), (42.0, 4))


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place with all it is found by: Han names, Latin names, those of other languages, initials of the reading."""

    place: Place
    importance: float
    han: tuple[str, ...] = ()
    latin: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    initials: tuple[str, ...] = ()


class _Labels:
    """Points whose county is known: the nearest one of the province, or of the country where that is far away
    (a few places of GeoNames carry a wrong province)."""

    def __init__(self, points: Mapping[str, Sequence[tuple[float, float, str]]]) -> None:
        from scipy.spatial import cKDTree  # noqa: PLC0415 - takes a third of a second that most programs save

        everything = [point for of_one in points.values() for point in of_one]
        self._points = {**points, "": everything}
        self._trees = {
            province: cKDTree(unit_vectors([p[0] for p in of_one], [p[1] for p in of_one]))
            for province, of_one in self._points.items()
        }

    def nearest(self, province: str, lat: float, lon: float) -> str:
        """Code of the county."""
        at = unit_vectors([lat], [lon])[0]
        for where in (province, ""):
            distance, i = self._trees[where].query(at)
            if distance * EARTH_RADIUS_M < _FAR_M:
                break
        return self._points[where][int(i)][2]


def china_rows(
    divisions: Sequence[Division],
    seats: Mapping[str, Seat],
    places: Iterable[GeoName],
    names_en: Mapping[str, str],
) -> Iterator[PlaceRow]:
    """The divisions down to counties, and the populated places of China that are not one of them."""
    upper = [d for d in divisions if d.level <= COUNTY_LEVEL]
    for division in upper:
        yield _division_row(division, seats[division.code], names_en[division.code])
    taken = {seat.geoname.id for d in upper if (seat := seats[d.code]).geoname}
    labels, township_of = _labels(divisions, seats)
    for place in places:
        if place.id not in taken:
            own = township_of.get(place.id) or labels.nearest(place.province, place.lat, place.lon)
            yield geoname_row(place, own)


def english_names(divisions: Sequence[Division], seats: Mapping[str, Seat]) -> dict[str, str]:
    """A Latin name of every province, prefecture and county: the city table's, GeoNames' if
    it reads so, else the pinyin."""
    known = {city.adcode: city.name_en for city in list_cities()} | PROVINCE_EN
    names = {}
    for division in (d for d in divisions if d.level <= COUNTY_LEVEL):
        geoname = seats[division.code].geoname
        read = latin_name(short_name(division.name))
        same = geoname is not None and fold(geoname.name) == fold(read)
        names[division.code] = known.get(division.code) or (geoname.name if geoname and same else read)
    return names


def latin_names(division: Division, seat: Seat, name_en: str) -> set[str]:
    """Every Latin name an address may use for a division."""
    short = short_name(division.name)
    names = {name_en, latin_key(short), *OTHER_EN.get(division.code, ())}
    if (geoname := seat.geoname) is not None:
        # The seat may be a town of another name: 寿阳县 sits in 朝阳, and is not called Chaoyang for that.
        elsewhere = {latin_key(n) for n in geoname.han_names if short not in n}
        if fold(geoname.name) not in elsewhere:
            names.add(geoname.name)
    return names


def rank_of(importance: float) -> int:
    """1 (shown first) to 5."""
    return next((rank for least, rank in _RANKS if importance >= least), 5)


def _importance(kind: PlaceKind, population: int, country: str) -> float:
    value = max(10 * math.log10(max(population, _UNKNOWN)), _LEAST.get(kind, 0.0))
    return round(value + (_AT_HOME if country in _CHINA else 0.0), 2)


def _division_row(division: Division, seat: Seat, name_en: str) -> PlaceRow:
    kind = _KIND_OF_LEVEL[division.level]
    country = COUNTRY_OF.get(division.code[:2], "CN")
    population = seat.geoname.population if seat.geoname else 0
    importance = _importance(kind, population, country)
    importance += _MUNICIPALITY if division.code in MUNICIPALITIES else 0.0
    place = Place(
        division.code,
        division.name,
        name_en,
        seat.lat,
        seat.lon,
        rank_of(importance),
        division=division.code,
        kind=kind,
        country=country,
        population=population,
        precision_m=seat.precision_m,
    )
    short = short_name(division.name)
    han = {division.name, *spoken_names(division)}
    han |= {
        n for n in (seat.geoname.han_names if seat.geoname else ()) if short in n
    }  # not the seat's own name
    return PlaceRow(
        place,
        importance,
        tuple(han),
        tuple(latin_names(division, seat, name_en)),
        seat.geoname.latin_names if seat.geoname else (),
        (initials(short), initials(division.name)),
    )


def site_row(site: FreightSite) -> PlaceRow:
    """A freight site, found by its names and its code."""
    importance = _importance(site.kind, 0, site.country)
    place = Place(
        site.place_code,
        site.name_zh,
        site.name_en,
        site.lat,
        site.lon,
        rank_of(importance),
        division=site.division,
        kind=site.kind,
        country=site.country,
        precision_m=site.precision_m,
    )
    latin = (site.name_en, site.code) if site.code else (site.name_en,)
    return PlaceRow(place, importance, (site.name_zh,), latin, (), (initials(site.name_zh),))


def geoname_row(geoname: GeoName, division: str = "") -> PlaceRow:
    """A populated place; `division` is the county it belongs to, in China."""
    han = geoname.han_names
    kind = PlaceKind.CITY if geoname.population >= CITY else PlaceKind.TOWN
    importance = _importance(kind, geoname.population, geoname.country)
    place = Place(
        f"gn{geoname.id}",
        han[0] if han else geoname.name,
        geoname.name,
        geoname.lat,
        geoname.lon,
        rank_of(importance),
        division=division,
        kind=kind,
        country=geoname.country,
        population=geoname.population,
        precision_m=_GEONAMES_M,
    )
    read = (initials(han[0]),) if han and geoname.country == "CN" else ()
    return PlaceRow(place, importance, han, (geoname.name,), geoname.latin_names, read)


def _labels(divisions: Sequence[Division], seats: Mapping[str, Seat]) -> tuple[_Labels, dict[int, str]]:
    """The labelled points, and the county of each populated place that is a township's."""
    points: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    township_of = {}
    divided = {d.parent for d in divisions if d.level <= COUNTY_LEVEL}
    for division in divisions:
        seat = seats.get(division.code)
        if seat is None or division.code in divided:
            continue
        own = division.code if division.level <= COUNTY_LEVEL else division.parent
        points[division.code[:2]].append((seat.lat, seat.lon, own))
        if division.level > COUNTY_LEVEL and seat.geoname:
            township_of[seat.geoname.id] = own
    return _Labels(points), township_of
