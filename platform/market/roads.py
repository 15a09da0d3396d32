"""What matching knows of roads and vehicles: one frozen snapshot, so that a ranking can be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from haoyun.platform.market.driving import CHINA_LAW, NO_LAW, DrivingLaw, FloatArray
from haoyun.platform.market.values import Mode

SERVICE_S = 30 * 60  # to load or unload, until sites tell their own
FRESH = timedelta(minutes=30)  # an older position says nothing of where the truck is now


# Usual speeds with halts, for ways by other modes (ours): the map knows roads only, whose lengths stand for theirs.
MODE_SPEED_KMH = {Mode.RAIL: 50.0, Mode.WATER: 20.0, Mode.AIR: 500.0}


@dataclass(frozen=True, slots=True)
class Costs:
    """What matching assumes where offers are silent; money in fen."""

    price_per_km_fen: int = 650  # of a load that asks for prices, before the market has prices of its own
    waiting_per_hour_fen: int = 6_000
    backhaul_share: float = 0.2  # share of the loaded way's cost that a sure return load is worth


@dataclass(frozen=True, slots=True)
class Standing:
    """How an organization kept its word, from orders that ended; None: too few to tell.

    `on_time` is the share of deliveries within their window (as a carrier), `kept` that of orders that it did not
    cancel once they were made (as a shipper); each with how many orders it was taken from.
    """

    on_time: float | None = None
    deliveries: int = 0
    kept: float | None = None
    orders: int = 0


NOTHING_KNOWN = Standing()


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
    """Roads between places (square matrices, inf where there is no way) and the live positions of vehicles.

    `law` is what drivers on this map's roads must keep to, `standing` what is known of organizations by their id.
    """

    places: Mapping[str, int]
    distance_m: FloatArray
    duration_s: FloatArray
    positions: Mapping[str, VehiclePosition] = field(default_factory=dict)
    costs: Costs = Costs()
    law: DrivingLaw = CHINA_LAW
    standing: Mapping[str, Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = (len(self.places), len(self.places))
        if self.distance_m.shape != size or self.duration_s.shape != size:
            raise ValueError("the matrices need a row and a column for each place")

    def law_of(self, mode: Mode) -> DrivingLaw:
        """What the driver of such a vehicle must keep to."""
        return self.law if mode is Mode.ROAD else NO_LAW

    def road(self, origin: str, destination: str, mode: Mode = Mode.ROAD) -> tuple[float, float]:
        """Metres and seconds under way between two places; inf if there is no way or a place is unknown."""
        a, b = self.places.get(origin), self.places.get(destination)
        if a is None or b is None:
            return float("inf"), float("inf")
        distance_m = float(self.distance_m[a, b])
        return distance_m, float(self.duration_s[a, b]) if mode is Mode.ROAD else distance_m / pace_m_s(mode)


def pace_m_s(mode: Mode) -> float:
    """The speed that is assumed for a mode other than road."""
    return MODE_SPEED_KMH[mode] / 3.6
