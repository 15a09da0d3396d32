"""What the pipeline remembers of one device between two fixes: the whole memory, one part a step.

A fold is a function of the fixes in the order of (fix time, seq) and of nothing else: no clock, no order of arrival.
That is what lets a late fix be put in its place: take the fold before it and read on. `to_json` writes a fold so that
the same fold always gives the same bytes; numbers come back exactly as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any

import orjson

from haoyun.tracking.geofences import FenceState
from haoyun.tracking.journeys import JourneyState

Key = tuple[int, int]  # (fix time in epoch milliseconds, seq): the order that fixes are read in


@dataclass(slots=True)
class Spot:
    """The newest believed fix, in numbers."""

    at_ms: int
    seq: int
    received_ms: int
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: float | None
    accuracy_m: float | None


@dataclass(slots=True)
class DoubtState:
    """Fixes in a row that were not believed but agree with one another: many of them are believed after all."""

    at_ms: int = 0
    lat: float = 0.0
    lon: float = 0.0
    streak: int = 0
    lost: int = 0  # positions in a row that are none (0, 0 or coarser than a kilometre)


@dataclass(slots=True)
class TripState:
    """The open trip or stop, and where the next one may have begun."""

    driving: bool = False
    start_ms: int = 0
    start_lat: float = 0.0
    start_lon: float = 0.0
    distance_m: float = 0.0
    moving_ms: int = 0
    max_kmh: float = 0.0
    turn_ms: int = -1  # since when it does the opposite; -1: it does not
    turn_lat: float = 0.0
    turn_lon: float = 0.0
    turn_m: float = 0.0  # driven since then
    turn_moving_ms: int = 0
    turn_max_kmh: float = 0.0


@dataclass(slots=True)
class HoursState:
    """Driving since the last break and the last daily rest, and the pause that goes on."""

    driver: str = ""
    driven_ms: int = 0
    today_ms: int = 0
    pause_ms: int = 0
    first_part: bool = False
    told: int = 0  # bits: 1 break due, 2 continuous breached, 4 day nearly over, 8 day breached


@dataclass(slots=True)
class SpeedingState:
    """Since when the limit is exceeded, how far, and whether that was told."""

    since_ms: int = -1
    max_kmh: float = 0.0
    limit_kmh: float = 0.0
    told: bool = False


@dataclass(slots=True)
class RouteState:
    """Of one journey: which piece of the planned way was nearest, how long beside it, whether that was told."""

    piece: int = 0
    away: int = 0
    since_ms: int = -1
    told: bool = False


@dataclass(slots=True)
class SensorState:
    """Of one sensor: since when it is out of its range, its worst value, and whether that was told."""

    since_ms: int = -1
    worst: float = 0.0
    told: bool = False


@dataclass(slots=True)
class Presence:
    """Of one fence: its state with hysteresis, since when inside, and whether the dwell was told."""

    state: FenceState = field(default_factory=FenceState)
    since_ms: int = -1
    dwelt: bool = False


@dataclass(slots=True)
class Fold:
    """All of it. `at_ms` and `seq` are of the last fix read, believed or not."""

    at_ms: int = -1
    seq: int = -1
    spot: Spot | None = None
    odometer_m: float = 0.0
    moving: bool = False
    doubt: DoubtState = field(default_factory=DoubtState)
    trip: TripState = field(default_factory=TripState)
    hours: HoursState = field(default_factory=HoursState)
    speeding: SpeedingState = field(default_factory=SpeedingState)
    door_told: bool = False
    fences: dict[str, Presence] = field(default_factory=dict)
    routes: dict[str, RouteState] = field(default_factory=dict)
    sensors: dict[str, SensorState] = field(default_factory=dict)
    journeys: dict[str, JourneyState] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """The last fix read."""
        return self.at_ms, self.seq

    def copy(self) -> Fold:
        """A fold of its own, so that whoever holds this one keeps it as it is."""
        return Fold(*(_copied(getattr(self, one.name)) for one in fields(self)))

    def to_json(self) -> str:
        """As the store keeps it; the same fold gives the same text."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Fold:
        """The fold that `to_json` wrote."""
        value: dict[str, Any] = orjson.loads(text)
        return cls(**{name: _PARTS[name](part) if name in _PARTS else part for name, part in value.items()})


def _copied(part: Any) -> Any:
    return {name: copy(one) for name, one in part.items()} if isinstance(part, dict) else copy(part)


def _presence(value: Mapping[str, Any]) -> Presence:
    return Presence(FenceState(**value["state"]), value["since_ms"], value["dwelt"])


def _each(build: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda parts: {name: build(part) for name, part in parts.items()}


_PARTS: dict[str, Callable[[Any], Any]] = {
    "spot": lambda value: None if value is None else Spot(**value),
    "doubt": lambda value: DoubtState(**value),
    "trip": lambda value: TripState(**value),
    "hours": lambda value: HoursState(**value),
    "speeding": lambda value: SpeedingState(**value),
    "fences": _each(_presence),
    "routes": _each(lambda value: RouteState(**value)),
    "sensors": _each(lambda value: SensorState(**value)),
    "journeys": _each(JourneyState.from_parts),
}
