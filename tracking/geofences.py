"""A circular fence with hysteresis: GPS noise at its edge makes no events."""

from __future__ import annotations

from dataclasses import dataclass, replace

from haoyun.maps.geodesy import check_position, haversine_m
from haoyun.tracking.errors import BadJourney
from haoyun.tracking.fixes import PositionFix

MARGIN_M = 50.0  # a receiver that reports no accuracy is seldom further off than this
UNKNOWN_ACCURACY_M = 20.0
FIXES_TO_LEAVE = 2  # one fix outside may be a reflection; two in a row are a departure
SURELY_OUTSIDE_RADII = 2.0  # further than this no second fix is needed


@dataclass(frozen=True, slots=True)
class Fence:
    """A circle around a place: a warehouse, a yard, a market. Raises BadJourney."""

    lat: float
    lon: float
    radius_m: float
    place: str = ""

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)
        if not 20 <= self.radius_m <= 100_000:
            raise BadJourney(f"radius_m {self.radius_m:g} is outside 20..100000")
        if len(self.place) > 120:
            raise BadJourney("a place's name holds at most 120 characters")

    def distance_m(self, lat: float, lon: float) -> float:
        """Great-circle distance to the middle, in metres."""
        return float(haversine_m(self.lat, self.lon, lat, lon))


@dataclass(frozen=True, slots=True)
class FenceState:
    """`inside` is None before the first fix; `outside_streak` counts fixes in a row that look outside."""

    inside: bool | None = None
    outside_streak: int = 0


NEVER_SEEN = FenceState()


def observe(fence: Fence, state: FenceState, fix: PositionFix) -> FenceState:
    """The state after one more fix. Inside and outside leave a band between them where nothing changes."""
    accuracy = UNKNOWN_ACCURACY_M if fix.accuracy_m is None else fix.accuracy_m
    distance = fence.distance_m(fix.lat, fix.lon)
    if distance + min(accuracy, fence.radius_m / 2) <= fence.radius_m:
        return FenceState(inside=True)
    if distance - accuracy <= fence.radius_m + MARGIN_M:
        return replace(state, outside_streak=0)
    streak = state.outside_streak + 1
    sure = streak >= FIXES_TO_LEAVE or distance - accuracy > SURELY_OUTSIDE_RADII * fence.radius_m
    return FenceState(inside=False if sure else state.inside, outside_streak=streak)
