"""Fences with hysteresis: GPS noise at their edge makes no events. A circle, a polygon or a corridor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import cos, radians
from typing import Protocol

from haoyun.maps.geodesy import check_position
from haoyun.tracking.calendars import Calendar
from haoyun.tracking.errors import BadFence, BadJourney
from haoyun.tracking.steps.ground import METRES_A_DEGREE, Point, distance_m, to_segment_m

MARGIN_M = 50.0  # a receiver that reports no accuracy is seldom further off than this
UNKNOWN_ACCURACY_M = 20.0
FIXES_TO_LEAVE = 2  # one fix outside may be a reflection; two in a row are a departure
SURELY_OUTSIDE_RADII = 2.0  # further than this no second fix is needed
MOST_POINTS = 500

Box = tuple[float, float, float, float]  # south, west, north, east in degrees


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
        return distance_m(self.lat, self.lon, lat, lon)


class Seen(Protocol):
    """What a fence has to know of a fix."""

    @property
    def fix_time(self) -> datetime: ...
    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def accuracy_m(self) -> float | None: ...


class Shape(Protocol):
    """What a fence encloses. Its box has room for the margin and for a coarse fix around it."""

    @property
    def box(self) -> Box: ...

    @property
    def depth_m(self) -> float:
        """How far inside one can be at most, roughly: a fix no better than that can still be inside."""
        ...

    def outside_m(self, lat: float, lon: float) -> float:
        """Metres outside the edge; negative inside."""
        ...


@dataclass(frozen=True)
class Circle:
    """Everything within `radius_m` of a point. Raises BadFence."""

    lat: float
    lon: float
    radius_m: float

    def __post_init__(self) -> None:
        _check_points(((self.lat, self.lon),))
        if not 20 <= self.radius_m <= 100_000:
            raise BadFence("circle_radius", found=f"{self.radius_m:g}")

    @property
    def depth_m(self) -> float:
        """The radius."""
        return self.radius_m

    @cached_property
    def box(self) -> Box:
        """South, west, north, east."""
        return _box([(self.lat, self.lon)], self.radius_m)

    def outside_m(self, lat: float, lon: float) -> float:
        """Metres outside the edge; negative inside."""
        return distance_m(self.lat, self.lon, lat, lon) - self.radius_m


@dataclass(frozen=True)
class Polygon:
    """The inside of a ring of (lat, lon) points that does not cross the date line. Raises BadFence."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        _check_points(self.points)
        if len(self.points) < 3:
            raise BadFence("polygon_points", found=len(self.points))

    @cached_property
    def depth_m(self) -> float:
        """Half the shorter side of its box."""
        south, west, north, east = _box(self.points, 0)
        width_m = (east - west) * METRES_A_DEGREE * cos(radians((south + north) / 2))
        return min(width_m, (north - south) * METRES_A_DEGREE) / 2

    @cached_property
    def box(self) -> Box:
        """South, west, north, east."""
        return _box(self.points, 0)

    def outside_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest edge; negative inside."""
        edge_m, inside = float("inf"), False
        a = self.points[-1]
        for b in self.points:
            edge_m = min(edge_m, to_segment_m(lat, lon, a, b)[0])
            if (a[0] > lat) != (b[0] > lat) and lon < a[1] + (lat - a[0]) / (b[0] - a[0]) * (b[1] - a[1]):
                inside = not inside
            a = b
        return -edge_m if inside else edge_m


@dataclass(frozen=True)
class Corridor:
    """Everything within `width_m` of a line of (lat, lon) points. Raises BadFence."""

    points: tuple[Point, ...]
    width_m: float

    def __post_init__(self) -> None:
        _check_points(self.points)
        if len(self.points) < 2:
            raise BadFence("corridor_points")
        if not 20 <= self.width_m <= 50_000:
            raise BadFence("corridor_width", found=f"{self.width_m:g}")

    @property
    def depth_m(self) -> float:
        """The width."""
        return self.width_m

    @cached_property
    def box(self) -> Box:
        """South, west, north, east."""
        return _box(self.points, self.width_m)

    def outside_m(self, lat: float, lon: float) -> float:
        """Metres outside the edge; negative inside."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return min(to_segment_m(lat, lon, a, b)[0] for a, b in pairs) - self.width_m


@dataclass(frozen=True)
class Geofence:
    """A named fence of an organization, valid between two instants. Raises BadFence.

    `dwell_s`: staying longer is an event of its own. `speed_limit_kmh` holds inside. `calendar`: the hours in which it
    is watched; a vehicle that is inside when they begin is noticed with its first fix in them, and when they end the
    fence forgets without a word who is inside.
    """

    id: str
    name: str
    shape: Circle | Polygon | Corridor
    dwell_s: int | None = None
    speed_limit_kmh: float | None = None
    valid_from_ms: int = 0
    valid_until_ms: int | None = None
    calendar: Calendar | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= 120:
            raise BadFence("name")
        if self.dwell_s is not None and not 60 <= self.dwell_s <= 30 * 86_400:
            raise BadFence("dwell")
        if self.speed_limit_kmh is not None and not 5 <= self.speed_limit_kmh <= 200:
            raise BadFence("speed")

    def valid_at(self, at_ms: int) -> bool:
        """Whether it applied to a fix of that time."""
        lives = self.valid_from_ms <= at_ms and (self.valid_until_ms is None or at_ms < self.valid_until_ms)
        return lives and (self.calendar is None or self.calendar.holds(at_ms))


@dataclass(frozen=True, slots=True)
class FenceState:
    """`inside` is None before the first fix; `outside_streak` counts fixes in a row that look outside."""

    inside: bool | None = None
    outside_streak: int = 0


NEVER_SEEN = FenceState()
_INSIDE = FenceState(inside=True)


def observe(fence: Fence, state: FenceState, fix: Seen) -> FenceState:
    """The state of a journey's circle after one more fix."""
    outside_m = distance_m(fence.lat, fence.lon, fix.lat, fix.lon) - fence.radius_m
    return observe_outside(outside_m, fence.radius_m, state, fix.accuracy_m)


def observe_outside(
    outside_m: float, depth_m: float, state: FenceState, accuracy_m: float | None
) -> FenceState:
    """The state after a fix `outside_m` metres outside the edge of a shape that is `depth_m` deep.

    Inside and outside leave a band between them where nothing changes; it is as wide as the fix is bad.
    """
    accuracy = UNKNOWN_ACCURACY_M if accuracy_m is None else accuracy_m
    if outside_m + min(accuracy, depth_m / 2) <= 0:
        return _INSIDE
    if outside_m - accuracy <= MARGIN_M:
        return replace(state, outside_streak=0) if state.outside_streak else state
    streak = state.outside_streak + 1
    sure = streak >= FIXES_TO_LEAVE or outside_m - accuracy > (SURELY_OUTSIDE_RADII - 1) * depth_m
    return FenceState(inside=False if sure else state.inside, outside_streak=min(streak, FIXES_TO_LEAVE))


def _check_points(points: tuple[Point, ...]) -> None:
    if len(points) > MOST_POINTS:
        raise BadFence("points", most=MOST_POINTS, found=len(points))
    for lat, lon in points:
        if not (-85 <= lat <= 85 and -180 <= lon <= 180):
            raise BadFence("position", lat=f"{lat:g}", lon=f"{lon:g}")


def _box(points: tuple[Point, ...] | list[Point], more_m: float) -> Box:
    north_m = more_m / METRES_A_DEGREE
    lats, lons = [p[0] for p in points], [p[1] for p in points]
    east_m = north_m / cos(radians(min(89.0, max(map(abs, lats)))))
    return min(lats) - north_m, min(lons) - east_m, max(lats) + north_m, max(lons) + east_m
