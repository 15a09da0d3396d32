"""The small values that loads and capacities are made of: places, windows, bodies, certificates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Generic, TypeVar

from haoyun.maps.geodesy import check_position, haversine_m
from haoyun.platform.market.errors import Checks, FieldErrors

T = TypeVar("T")
MAX_PRICE_FEN = 1_000_000_000  # ten million yuan: beyond, somebody mistyped
# Papers that must hold through delivery wherever they are on record, of the truck, its trailer and its driver.
VALID_THROUGH_DELIVERY = frozenset(
    {"insurance", "inspection", "transport-permit", "driver-licence", "driver-qualification"}
)
_CERTIFICATE = re.compile(r"[a-z0-9-]{1,40}")


class Body(StrEnum):
    """What the cargo space of a truck is."""

    BOX = "box"  # 厢式
    CURTAIN = "curtain"  # 飞翼/篷布
    REEFER = "reefer"  # 冷藏
    FLATBED = "flatbed"  # 平板
    STAKE = "stake"  # 高栏
    TANK = "tank"  # 罐车
    CONTAINER = "container"  # 集装箱骨架车


class Mode(StrEnum):
    """By what goods move."""

    ROAD = "road"  # 公路
    RAIL = "rail"  # 铁路
    WATER = "water"  # 水路
    AIR = "air"  # 航空


class Equipment(StrEnum):
    """What a vehicle brings along to load, unload and secure goods."""

    TAIL_LIFT = "tail_lift"  # 尾板
    PALLET_JACK = "pallet_jack"  # 液压托盘车
    FORKLIFT = "forklift"  # 随车叉车
    CRANE = "crane"  # 随车吊
    STRAPS = "straps"  # 绑带
    LOAD_BARS = "load_bars"  # 支撑杆
    TARPAULIN = "tarpaulin"  # 篷布
    SIDE_OPENING = "side_opening"  # 侧开门


@dataclass(frozen=True, slots=True)
class Site:
    """A named place of the installation's map (WGS-84). Raises BadCoordinate."""

    code: str
    name_zh: str
    name_en: str
    lat: float
    lon: float

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)

    def distance_m(self, other: Site) -> float:
        """Great-circle distance in metres."""
        return _apart_m(self.lat, self.lon, other.lat, other.lon)


@lru_cache(maxsize=200_000)
def _apart_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Matching asks for the same few hundred places over and over."""
    return float(haversine_m(lat1, lon1, lat2, lon2))


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, both aware. Raises FieldErrors for `start` or `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None and self.end.tzinfo is not None and self.end > self.start:
            return
        checks = Checks()
        checks.require(self.start.tzinfo is not None, "start", "naive")
        checks.require(self.end.tzinfo is not None, "end", "naive")
        checks.done()
        checks.require(self.end > self.start, "end", "window_order")
        checks.done()

    def overlaps(self, other: Window) -> bool:
        """Whether the two share an instant."""
        return self.start < other.end and other.start < self.end


def window(field: str, start: datetime, end: datetime) -> Window:
    """A window of a form's field: what is wrong is named ``<field>.start`` or ``<field>.end``."""
    try:
        return Window(start, end)
    except FieldErrors as error:
        raise error.under(field) from None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A paper of a vehicle such as ``dg-3`` or ``insurance``; `valid_until` None: does not expire."""

    name: str
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(_CERTIFICATE.fullmatch(self.name)), "certificates", "certificate_name")
        checks.require(
            self.valid_until is None or self.valid_until.tzinfo is not None, "certificates", "naive"
        )
        checks.done()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next` is the marker of the page after it, None at the end.

    `whole` is how many the list has in all, where that was asked for together with the first page.
    """

    items: tuple[T, ...]
    next: str | None
    whole: int | None = None
