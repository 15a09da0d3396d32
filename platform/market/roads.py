"""What matching knows of roads and vehicles: one frozen snapshot, so that a ranking can be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]

DRIVE_BEFORE_REST_S = 4 * 3600  # China: at most 4 h at the wheel,
REST_S = 20 * 60  # then 20 min of rest (Road Traffic Safety Law, regulation article 62)
SERVICE_S = 30 * 60  # to load or unload, until sites tell their own
FRESH = timedelta(minutes=30)  # an older position says nothing of where the truck is now


@dataclass(frozen=True, slots=True)
class Costs:
    """What matching assumes where offers are silent; money in fen."""

    price_per_km_fen: int = 650  # of a load that asks for prices, before the market has prices of its own
    waiting_per_hour_fen: int = 6_000
    backhaul_share: float = 0.2  # share of the loaded way's cost that a sure return load is worth


@dataclass(frozen=True, slots=True, eq=False)
class VehiclePosition:
    """Where a vehicle was seen, with metres and seconds by road to every place of the snapshot."""

    lat: float
    lon: float
    seen_at: datetime
    distance_m: FloatArray
    duration_s: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class MatchContext:
    """Roads between places (square matrices, inf where there is no way) and the live positions of vehicles."""

    places: Mapping[str, int]
    distance_m: FloatArray
    duration_s: FloatArray
    positions: Mapping[str, VehiclePosition] = field(default_factory=dict)
    costs: Costs = Costs()

    def __post_init__(self) -> None:
        size = (len(self.places), len(self.places))
        if self.distance_m.shape != size or self.duration_s.shape != size:
            raise ValueError("the matrices need a row and a column for each place")

    def road(self, origin: str, destination: str) -> tuple[float, float]:
        """Metres and driving seconds between two places; inf if there is no way or a place is unknown."""
        a, b = self.places.get(origin), self.places.get(destination)
        if a is None or b is None:
            return float("inf"), float("inf")
        return float(self.distance_m[a, b]), float(self.duration_s[a, b])


def legal_duration_s(driving_s: float) -> float:
    """Driving time plus the rests the law asks for; 4 h exactly need none."""
    if driving_s <= DRIVE_BEFORE_REST_S or driving_s == float("inf"):
        return driving_s
    return driving_s + REST_S * (-(-driving_s // DRIVE_BEFORE_REST_S) - 1)


def legal_durations_s(driving_s: FloatArray) -> FloatArray:
    """`legal_duration_s` of many."""
    rests = np.maximum(np.ceil(driving_s / DRIVE_BEFORE_REST_S) - 1, 0)
    return np.asarray(driving_s + REST_S * rests)
