"""The city table: prefecture-level seats of mainland China and the junction towns of the trunk network.

maps/data/cities.csv holds GB/T 2260 code, names, WGS-84 position rounded to 0.001 degree and rank
(1 province capital, 2 prefecture seat, 3 junction town). A prefecture is named after its seat and carries
the prefecture's code. Positions: GeoNames (CC BY 4.0).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from haoyun.maps.errors import UnknownPlace
from haoyun.maps.geodesy import check_position

GEONAMES_CREDIT = "City positions: GeoNames (CC BY 4.0)"


@dataclass(frozen=True, slots=True)
class City:
    """One row of the table."""

    adcode: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    rank: int

    def __post_init__(self) -> None:
        if len(self.adcode) != 6 or not self.adcode.isdigit():
            raise ValueError(f"a GB/T 2260 code has six digits, not {self.adcode!r}")
        check_position(self.lat, self.lon)


@cache
def list_cities() -> tuple[City, ...]:
    """All cities in the order of their codes; read once a process."""
    text = (files("haoyun.maps") / "data" / "cities.csv").read_text(encoding="utf-8")
    return tuple(
        City(
            row["adcode"],
            row["name_zh"],
            row["name_en"],
            float(row["lat"]),
            float(row["lon"]),
            int(row["rank"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def _by_name() -> dict[str, City]:
    return {city.name_zh: city for city in list_cities()}


def get_city(name_zh: str) -> City:
    """The city of exactly that Chinese name (without 市); UnknownPlace otherwise."""
    city = _by_name().get(name_zh)
    if city is None:
        raise UnknownPlace(f"the city table has no {name_zh!r}")
    return city
