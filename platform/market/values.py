"""The small values that loads and capacities are made of: places, windows, bodies, certificates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from haoyun.maps.geodesy import check_position, haversine_m
from haoyun.platform.market.errors import Checks, FieldErrors

T = TypeVar("T")
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
        return float(haversine_m(self.lat, self.lon, other.lat, other.lon))


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, both aware. Raises FieldErrors for `start` or `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
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
    """One page of a list; `next` is the marker of the page after it, None at the end."""

    items: tuple[T, ...]
    next: str | None
