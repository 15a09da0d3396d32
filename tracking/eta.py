"""When a consignment is likely to arrive: a thin estimate out of the plan's own average speed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from haoyun.tracking.journeys import FollowedJourney, Journey
from haoyun.tracking.motion import DeviceState

SLOWEST_KMH, FASTEST_KMH = 15.0, 80.0  # limits on what a plan may imply for a truck, rests included


@dataclass(frozen=True, slots=True)
class Eta:
    """An estimate, what it rests on, and how late it is against the plan (negative = early)."""

    arrival: datetime
    remaining_m: float
    speed_kmh: float
    delay_s: float
    position_at: datetime


def eta(followed: FollowedJourney, latest: DeviceState | None, now: datetime) -> Eta | None:
    """The estimated arrival, or None before departure, after arrival, or where no position is known.

    The straight line that remains is stretched by planned road distance over planned straight line, and
    driven at the plan's average speed from the newest position on. An estimate that has passed becomes `now`.
    """
    if latest is None or followed.state.arrived or not followed.state.departed:
        return None
    journey = followed.journey
    remaining_m = _winding(journey) * journey.destination.distance_m(latest.lat, latest.lon)
    speed_kmh = _planned_speed_kmh(journey)
    arrival = max(now, latest.fix_time + timedelta(hours=remaining_m / 1000 / speed_kmh))
    delay_s = (arrival - journey.planned_arrival).total_seconds()
    return Eta(arrival, remaining_m, speed_kmh, delay_s, latest.fix_time)


def _winding(journey: Journey) -> float:
    straight_m = journey.origin.distance_m(journey.destination.lat, journey.destination.lon)
    return max(1.0, journey.distance_m / straight_m) if straight_m > 0 else 1.0


def _planned_speed_kmh(journey: Journey) -> float:
    hours = (journey.planned_arrival - journey.planned_departure) / timedelta(hours=1)
    return min(FASTEST_KMH, max(SLOWEST_KMH, journey.distance_m / 1000 / hours))
