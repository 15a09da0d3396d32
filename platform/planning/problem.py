"""A fleet's offers and the loads that fit them, as a routing problem (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from haoyun.maps.engine import Matrix
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load
from haoyun.routing import Objective, Problem, Shipment, Vehicle, Visit, Window

SERVICE_S = 1800  # half an hour to load or unload, until sites tell their own
CAPACITIES = ("weight_kg", "volume_dm3", "ldm_cm")
_NO_WAY = 30 * 86_400  # stands for "no road": longer than any window


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is planned together: open capacities, candidate loads, and which of them fit each other."""

    capacities: tuple[Capacity, ...]
    loads: tuple[Load, ...]
    fits: Mapping[str, frozenset[str]]  # capacity id -> ids of the loads that the market matched with it

    @property
    def points(self) -> list[tuple[float, float]]:
        """Locations as in the matrices: starts of the capacities, then pickup and delivery of each load."""
        starts = [(c.origin.lat, c.origin.lon) for c in self.capacities]
        stops = [(site.lat, site.lon) for load in self.loads for site in (load.origin, load.destination)]
        return starts + stops

    def labels(self, now: datetime) -> dict[str, Any]:
        """What the ids of the plan mean, for its page; its times count from `origin_time`."""
        return {
            "origin_time": now.isoformat(),
            "vehicles": {c.id: {"vehicle_id": c.vehicle_id, "from": c.origin.code} for c in self.capacities},
            "shipments": {load.id: _lane(load) for load in self.loads},
        }


def _lane(load: Load) -> dict[str, Any]:
    return {
        "goods": load.goods,
        "weight_kg": load.weight_kg,
        "from": {"zh": load.origin.name_zh, "en": load.origin.name_en},
        "to": {"zh": load.destination.name_zh, "en": load.destination.name_en},
    }


def fleet_problem(fleet: Fleet, matrix: Matrix, now: datetime, objective: str) -> Problem:
    """The routing problem over `matrix` (rows as `fleet.points`); times count seconds from `now`.

    That a vehicle may carry a load was decided by the market's hard constraints, so each load asks for a
    skill of its own that exactly the matched vehicles have.
    """
    first = len(fleet.capacities)
    return Problem(
        vehicles=tuple(_vehicle(c, i, fleet.fits[c.id], now) for i, c in enumerate(fleet.capacities)),
        shipments=tuple(_shipment(load, first + 2 * i, now) for i, load in enumerate(fleet.loads)),
        durations_s=_whole(matrix.duration_s),
        distances_m=_whole(matrix.distance_m),
        capacity_names=CAPACITIES,
        objective=Objective(objective),
    )


def _vehicle(capacity: Capacity, location: int, fits: frozenset[str], now: datetime) -> Vehicle:
    return Vehicle(
        id=capacity.id,
        start=location,
        end=None,
        capacity=(capacity.weight_kg, capacity.volume_dm3, capacity.ldm_cm),
        window=Window(max(0, _seconds(capacity.ready.start, now)), _NO_WAY),
        skills=fits,
        cost_per_km=capacity.cost_per_km_fen,
    )


def _shipment(load: Load, location: int, now: datetime) -> Shipment:
    return Shipment(
        id=load.id,
        pickup=_visit(load.id, location, load.pickup.start, load.pickup.end, now),
        delivery=_visit(load.id, location + 1, load.delivery.start, load.delivery.end, now),
        amount=(load.weight_kg, load.volume_dm3, load.ldm_cm),
        skills=frozenset({load.id}),
    )


def _visit(load_id: str, location: int, start: datetime, end: datetime, now: datetime) -> Visit:
    window = Window(max(0, _seconds(start, now)), max(0, _seconds(end, now)))
    return Visit(load_id, location, SERVICE_S, (window,))


def _seconds(instant: datetime, now: datetime) -> int:
    return int((instant - now).total_seconds())


def _whole(values: np.ndarray) -> np.ndarray:
    finite = np.where(np.isfinite(values), values, _NO_WAY)
    return np.rint(finite).astype(np.int64)


def candidate_loads(matches: Mapping[str, Sequence[str]], per_capacity: int) -> list[str]:
    """The loads worth planning: the best `per_capacity` of each capacity's matches, best first, each once."""
    seen: dict[str, None] = {}
    for rank in range(per_capacity):
        for ranked in matches.values():
            if rank < len(ranked):
                seen.setdefault(ranked[rank])
    return list(seen)
