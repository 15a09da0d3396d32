"""Warehouses: where docks are, when they are open. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import check_position
from haoyun.platform.docks.grid import Slot, slots_of_day
from haoyun.platform.docks.hours import Week
from haoyun.platform.market.errors import Checks
from haoyun.platform.zones import is_zone

MOST_CLOSED_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseDraft:
    """What an organization writes about a warehouse; the position is WGS-84. Raises FieldErrors."""

    name: str
    address: str
    lat: float
    lon: float
    zone: str
    week: Week
    closed_days: frozenset[date] = field(default_factory=frozenset)
    note: str = ""

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(1 <= len(self.name.strip()) <= 80, "name", "text_length", low=1, high=80)
        checks.require(1 <= len(self.address.strip()) <= 200, "address", "text_length", low=1, high=200)
        checks.require(_is_position(self.lat, self.lon), "lat", "dock_position")
        checks.require(is_zone(self.zone), "zone", "dock_zone", example="Asia/Shanghai")
        checks.require(len(self.week) == 7, "hours", "dock_week")
        checks.require(any(self.week), "hours", "dock_never_open")
        few = len(self.closed_days) <= MOST_CLOSED_DAYS
        checks.require(few, "closed_days", "dock_closed_many", most=MOST_CLOSED_DAYS)
        checks.require(len(self.note) <= 500, "note", "text_length", low=0, high=500)
        checks.done()

    @property
    def clock(self) -> ZoneInfo:
        """The zone by whose clock it opens and closes."""
        return ZoneInfo(self.zone)

    def day_of(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.clock).date()

    def slots(self, day: date, slot_min: int) -> list[Slot]:
        """The slots of a local day, whether booked or not."""
        return slots_of_day(self.week, self.closed_days, self.clock, day, slot_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse(WarehouseDraft):
    """A registered warehouse; `version` counts its wordings."""

    id: str
    org_id: str
    version: int
    created_at: datetime
    ended_at: datetime | None = None


def _is_position(lat: float, lon: float) -> bool:
    try:
        check_position(lat, lon)
    except BadCoordinate:
        return False
    return True
