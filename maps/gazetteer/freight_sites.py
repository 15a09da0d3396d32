"""Ports, rail terminals, land borders, logistics parks, bonded zones and cargo airports: maps/data/freight_sites.csv.

Written by hand from general knowledge. `precision_m` says how far the position may be off (a port is an area of
kilometres anyway); `code` is the UN/LOCODE, or the IATA code of an airport, where it is known; `division` is the
GB/T 2260 code of the prefecture or municipality. Not a source for navigation or customs declarations.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from haoyun.maps.gazetteer.names import fold
from haoyun.maps.gazetteer.place import SITE_KINDS, PlaceKind
from haoyun.maps.geodesy import check_position

_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_IATA = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class FreightSite:
    """One row of the table."""

    name_zh: str
    name_en: str
    kind: PlaceKind
    lat: float
    lon: float
    precision_m: float
    code: str
    division: str
    country: str

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)
        if not (self.name_zh and self.name_en):
            raise ValueError("a freight site needs a name in both languages")
        if self.kind not in SITE_KINDS:
            raise ValueError(f"{self.name_en}: {self.kind} is no kind of freight site")
        form = _IATA if self.kind == PlaceKind.AIRPORT else _LOCODE
        if self.code and not form.fullmatch(self.code):
            raise ValueError(f"{self.name_en}: {self.code!r} is not of the form of its code")
        if not _COUNTRY.fullmatch(self.country):
            raise ValueError(f"{self.name_en}: a country is two capital letters, not {self.country!r}")
        if self.precision_m <= 0:
            raise ValueError(f"{self.name_en}: how exact the position is must be stated")

    @property
    def place_code(self) -> str:
        """What the place book calls it by: site- and its code, or else its folded English name."""
        return f"site-{fold(self.code or self.name_en)}"


@cache
def list_freight_sites() -> tuple[FreightSite, ...]:
    """All sites in the order of the table; read once a process."""
    rows = csv.DictReader(freight_sites_text().splitlines())
    return tuple(
        FreightSite(
            row["name_zh"],
            row["name_en"],
            PlaceKind(row["kind"]),
            float(row["lat"]),
            float(row["lon"]),
            float(row["precision_m"]),
            row["code"],
            row["division"],
            row["country"],
        )
        for row in rows
    )


def freight_sites_text() -> str:
    """The table as it stands in the file."""
    return (files("haoyun.maps") / "data" / "freight_sites.csv").read_text(encoding="utf-8")
