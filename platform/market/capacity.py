"""Capacities: the free space of a vehicle that a carrier offers, its rules and its life cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from haoyun.platform.market.booked import Booked
from haoyun.platform.market.errors import Checks
from haoyun.platform.market.lifecycle import check_move
from haoyun.platform.market.load import MAX_LDM_CM, MAX_VOLUME_DM3, MAX_WEIGHT_KG, Load
from haoyun.platform.market.values import MAX_PRICE_FEN, Body, Certificate, Equipment, Mode, Site, Window

MAX_RADIUS_KM = 3_000
MAX_COST_PER_KM_FEN = 10_000


class CapacityState(StrEnum):
    """Where a capacity is in its life."""

    DRAFT = "DRAFT"  # written, not yet seen by others
    OPEN = "OPEN"  # published, nothing booked
    PART_BOOKED = "PART_BOOKED"  # something booked, space left
    FULL = "FULL"  # no weight, no volume or no floor left
    EXPIRED = "EXPIRED"  # the ready window is over
    WITHDRAWN = "WITHDRAWN"  # the carrier took it back


NEXT: Mapping[CapacityState, frozenset[CapacityState]] = {
    CapacityState.DRAFT: frozenset({CapacityState.OPEN}),
    CapacityState.OPEN: frozenset(
        {CapacityState.PART_BOOKED, CapacityState.FULL, CapacityState.EXPIRED, CapacityState.WITHDRAWN}
    ),
    CapacityState.PART_BOOKED: frozenset(
        {CapacityState.FULL, CapacityState.OPEN, CapacityState.EXPIRED, CapacityState.WITHDRAWN}
    ),
    # An order that is cancelled gives its space back; if the vehicle is offered anew meanwhile, to nobody.
    CapacityState.FULL: frozenset({CapacityState.PART_BOOKED, CapacityState.OPEN, CapacityState.WITHDRAWN}),
    CapacityState.EXPIRED: frozenset(),
    CapacityState.WITHDRAWN: frozenset(),
}
MATCHABLE = frozenset({CapacityState.OPEN, CapacityState.PART_BOOKED})
# What a carrier calculates with: nobody else is shown it. Matching uses both.
CARRIERS_OWN = ("cost_per_km_fen", "min_price_fen")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityDraft:
    """What a carrier writes; None takes the vehicle's own figure. Raises FieldErrors.

    `mode` is by what it moves, `equipment` what it brings along. `radius_km` is how far from `origin` (and from
    `destination`, where one is named) it serves, as the crow flies. `cost_per_km_fen` is everything a kilometre
    costs: fuel, toll, wear, wages; `min_price_fen` the least it takes. Both are its own business (CARRIERS_OWN).
    """

    vehicle_id: str
    origin: Site
    ready: Window
    mode: Mode = Mode.ROAD
    equipment: frozenset[Equipment] = frozenset()
    destination: Site | None = None
    radius_km: int = 200
    weight_kg: int | None = None
    volume_dm3: int | None = None
    ldm_cm: int | None = None
    cost_per_km_fen: int = 420
    min_price_fen: int | None = None
    note: str = ""
    trailer_id: str | None = None
    driver_id: str | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.between("radius_km", self.radius_km, 0, MAX_RADIUS_KM)
        checks.between("cost_per_km_fen", self.cost_per_km_fen, 1, MAX_COST_PER_KM_FEN)
        if self.min_price_fen is not None:
            checks.between("min_price_fen", self.min_price_fen, 1, MAX_PRICE_FEN)
        for name, high in (
            ("weight_kg", MAX_WEIGHT_KG),
            ("volume_dm3", MAX_VOLUME_DM3),
            ("ldm_cm", MAX_LDM_CM),
        ):
            value = getattr(self, name)
            if value is not None:
                checks.between(name, value, 0, high)
        checks.require(len(self.note) <= 500, "note", "text_length", low=0, high=500)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """A capacity as the market keeps it; weight, volume and floor are what is left of the vehicle.

    `plan` is what is booked: other loads join where an order of all stops keeps their windows.
    """

    id: str
    org_id: str
    vehicle_id: str
    mode: Mode
    body: Body
    equipment: frozenset[Equipment]
    weight_kg: int
    volume_dm3: int
    ldm_cm: int
    length_cm: int
    temperature_min_c: int | None
    temperature_max_c: int | None
    certificates: tuple[Certificate, ...]
    origin: Site
    destination: Site | None
    radius_km: int
    ready: Window
    cost_per_km_fen: int
    min_price_fen: int | None
    note: str
    plan: tuple[Booked, ...]
    booked: int
    state: CapacityState
    version: int
    posted_at: datetime

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("weight_kg", "volume_dm3", "ldm_cm", "booked"):
            checks.require(getattr(self, name) >= 0, name, "between", low=0, high=MAX_VOLUME_DM3)
        checks.done()

    def is_open(self, now: datetime) -> bool:
        """Whether it can be matched and quoted on."""
        return self.state in MATCHABLE and now < self.ready.end

    def certificate(self, name: str) -> Certificate | None:
        """The certificate of that name, or None."""
        return next((c for c in self.certificates if c.name == name), None)

    def fits(self, load: Load) -> bool:
        """Whether what is left holds the load."""
        return (
            load.weight_kg <= self.weight_kg
            and load.volume_dm3 <= self.volume_dm3
            and load.ldm_cm <= self.ldm_cm
        )

    @property
    def filled_state(self) -> CapacityState:
        """The state that follows from what is left and how many orders it carries."""
        if 0 in (self.weight_kg, self.volume_dm3, self.ldm_cm):
            return CapacityState.FULL
        return CapacityState.PART_BOOKED if self.booked else CapacityState.OPEN


def move(capacity: Capacity, to: CapacityState) -> Capacity:
    """The capacity in its next state. Raises ForbiddenMove."""
    check_move("capacity", NEXT, capacity.state, to)
    return replace(capacity, state=to, version=capacity.version + 1)
