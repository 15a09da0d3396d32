"""Saved lanes: what somebody wants to be told of as soon as it is posted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from haoyun.platform.market.capacity import MAX_RADIUS_KM, Capacity
from haoyun.platform.market.errors import Checks
from haoyun.platform.market.load import MAX_WEIGHT_KG, Load
from haoyun.platform.market.values import Body, Site
from haoyun.platform.publishing.chat.found import Kind

MAX_NAME_CHARS = 80
EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Loads (or capacities) around `origin`, to around `destination`, on some days of the week. Raises FieldErrors.

    Of a load `min_weight_kg` to `max_weight_kg` is its weight, of a capacity the weight that is free. `weekdays` (1
    Monday to 7) are those of the pickup, or of the day from which a capacity is ready, by the installation's clocks.
    """

    name: str
    wants: Kind
    origin: Site | None
    destination: Site | None
    radius_km: int = 50
    body: Body | None = None
    min_weight_kg: int = 0
    max_weight_kg: int = MAX_WEIGHT_KG
    weekdays: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        checks = Checks()
        named = 1 <= len(self.name.strip()) <= MAX_NAME_CHARS
        checks.require(named, "name", "template_name", high=MAX_NAME_CHARS)
        checks.require(self.origin is not None or self.destination is not None, "origin", "needed")
        checks.between("radius_km", self.radius_km, 0, MAX_RADIUS_KM)
        checks.between("min_weight_kg", self.min_weight_kg, 0, MAX_WEIGHT_KG)
        checks.between("max_weight_kg", self.max_weight_kg, 0, MAX_WEIGHT_KG)
        checks.require(self.min_weight_kg <= self.max_weight_kg, "min_weight_kg", "weight_range")
        checks.require(bool(self.weekdays) and self.weekdays <= EVERY_DAY, "weekdays", "weekdays")
        checks.done()

    def takes_load(self, load: Load, zone: ZoneInfo) -> bool:
        """Whether a load is what is looked for."""
        return (
            self.wants is Kind.LOAD
            and self._lies(load.origin, load.destination)
            and (self.body is None or not load.body or self.body in load.body)
            and self.min_weight_kg <= load.weight_kg <= self.max_weight_kg
            and self._on_a_day(load.pickup.start, zone)
        )

    def takes_capacity(self, capacity: Capacity, zone: ZoneInfo) -> bool:
        """Whether a capacity is what is looked for; one that goes anywhere goes to every destination."""
        goal = capacity.destination
        return (
            self.wants is Kind.CAPACITY
            and self._near(self.origin, capacity.origin)
            and (goal is None or self._near(self.destination, goal))
            and (self.body is None or self.body is capacity.body)
            and self.min_weight_kg <= capacity.weight_kg <= self.max_weight_kg
            and self._on_a_day(capacity.ready.start, zone)
        )

    def _lies(self, origin: Site, destination: Site) -> bool:
        return self._near(self.origin, origin) and self._near(self.destination, destination)

    def _near(self, middle: Site | None, site: Site) -> bool:
        return middle is None or middle.distance_m(site) <= self.radius_km * 1000

    def _on_a_day(self, start: datetime, zone: ZoneInfo) -> bool:
        return start.astimezone(zone).isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class SavedLane:
    """A wish of an organization; `rule_id` is the rule of alerts that says where it is told."""

    id: str
    org_id: str
    rule_id: str
    wish: Wish
    created_at: datetime
