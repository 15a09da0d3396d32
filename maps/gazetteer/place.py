"""A named position and the kinds there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haoyun.maps.geodesy import check_position


class PlaceKind(StrEnum):
    """What a place is."""

    PROVINCE = "province"  # GB/T 2260, first level
    PREFECTURE = "prefecture"  # second level
    COUNTY = "county"  # third level: districts, counties, county-level cities, banners
    CITY = "city"  # a populated place of 100,000 and more
    TOWN = "town"  # a smaller one
    NODE = "node"  # a named point of a road map
    SEAPORT = "seaport"
    RIVER_PORT = "river_port"
    RAIL = "rail"  # freight station, container centre, intermodal terminal
    BORDER = "border"  # land border crossing
    PARK = "park"  # logistics park
    BONDED = "bonded"  # bonded or free-trade zone
    AIRPORT = "airport"


DIVISION_KINDS = (PlaceKind.PROVINCE, PlaceKind.PREFECTURE, PlaceKind.COUNTY)
SITE_KINDS = (
    PlaceKind.SEAPORT,
    PlaceKind.RIVER_PORT,
    PlaceKind.RAIL,
    PlaceKind.BORDER,
    PlaceKind.PARK,
    PlaceKind.BONDED,
    PlaceKind.AIRPORT,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A named position. `code` is unique in its gazetteer; rank 1 is shown first, 5 last."""

    code: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    rank: int
    division: str = ""  # GB/T 2260, where there is one
    kind: PlaceKind = PlaceKind.NODE
    country: str = ""  # ISO 3166-1 alpha-2
    population: int = 0  # 0: not known
    precision_m: float = 0.0  # how far off the position may be; 0: not stated

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)
        if not (self.code and self.name_zh and self.name_en):
            raise ValueError("a place needs a code and a name in both languages")
        if not 1 <= self.rank <= 5:
            raise ValueError(f"a rank is 1 (most important) to 5, not {self.rank}")
        if self.population < 0 or self.precision_m < 0:
            raise ValueError("a population and a precision are never negative")
