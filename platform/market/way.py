"""Where a vehicle starts, and when it would be where with a load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isinf

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.driving import RESTED, FloatArray, drive, stand
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import FRESH, SERVICE_S, MatchContext, VehiclePosition, pace_m_s
from haoyun.platform.market.values import Mode

AREA_SPEED_M_S = 60 / 3.6  # on the way from the far end of the area


class Known(StrEnum):
    """How the place a vehicle starts from is known."""

    LIVE = "live"  # by a fresh position
    DECLARED = "declared"  # it is ready later, at the place that the carrier named
    UNKNOWN = "unknown"  # it is ready now, and nobody knows where in its area


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """From where and when a vehicle can start: metres and seconds to every place (None: no such place).

    For an unknown position both assume the far end of the area: never a deadhead of zero.
    """

    known: Known
    leaves_at: datetime
    seen_at: datetime | None
    distance_m: FloatArray | None
    duration_s: FloatArray | None


@dataclass(frozen=True, slots=True)
class Trip:
    """When a vehicle would be where: empty metres to the pickup, arrival there, its loading, the delivery.

    `detour_m` is what a part load adds to the way that is booked already (None: nothing is booked); the empty and
    the loaded metres are then within it.
    """

    known: Known
    seen_at: datetime | None
    empty_m: float
    arrives_at: datetime
    pickup_at: datetime
    delivery_at: datetime
    detour_m: float | None = None

    @property
    def waiting_s(self) -> float:
        """How long it stands before the pickup window opens."""
        return (self.pickup_at - self.arrives_at).total_seconds()


def departure(capacity: Capacity, context: MatchContext, now: datetime) -> Departure:
    """Where the vehicle of a capacity starts."""
    if capacity.ready.start > now:
        return _from_origin(capacity, context, Known.DECLARED, capacity.ready.start)
    position = context.positions.get(capacity.vehicle_id)
    if position is not None and now - position.seen_at <= FRESH:
        return _from_position(position, capacity.mode, now)
    return _from_origin(capacity, context, Known.UNKNOWN, now)


def trip(load: Load, start: Departure, context: MatchContext) -> Trip | None:
    """The trip of a load from a departure; None where a road is missing."""
    place = context.places.get(load.origin.code)
    if place is None or start.distance_m is None or start.duration_s is None:
        return None
    empty_s = float(start.duration_s[place])
    if isinf(empty_s) or isinf(load.duration_s):
        return None
    law = context.law_of(load.mode)
    empty_legal_s, wheel = drive(law, RESTED, empty_s)
    arrives_at = start.leaves_at + timedelta(seconds=empty_legal_s)
    pickup_at = max(arrives_at, load.pickup.start)
    standing_s = (pickup_at - arrives_at).total_seconds() + SERVICE_S
    loaded_legal_s, _ = drive(law, stand(law, wheel, standing_s), load.duration_s)
    delivery_at = pickup_at + timedelta(seconds=SERVICE_S + loaded_legal_s)
    return Trip(
        start.known, start.seen_at, float(start.distance_m[place]), arrives_at, pickup_at, delivery_at
    )


def _from_position(position: VehiclePosition, mode: Mode, now: datetime) -> Departure:
    duration_s = _durations_s(position.distance_m, position.duration_s, mode)
    return Departure(Known.LIVE, now, position.seen_at, position.distance_m, duration_s)


def _from_origin(capacity: Capacity, context: MatchContext, known: Known, at: datetime) -> Departure:
    row = context.places.get(capacity.origin.code)
    if row is None:
        return Departure(known, at, None, None, None)
    distance_m = context.distance_m[row]
    duration_s = _durations_s(distance_m, context.duration_s[row], capacity.mode)
    if known is not Known.UNKNOWN:
        return Departure(known, at, None, distance_m, duration_s)
    area_m = capacity.radius_km * 1000.0
    return Departure(known, at, None, distance_m + area_m, duration_s + area_m / AREA_SPEED_M_S)


def _durations_s(distance_m: FloatArray, by_road_s: FloatArray, mode: Mode) -> FloatArray:
    return by_road_s if mode is Mode.ROAD else distance_m / pace_m_s(mode)
