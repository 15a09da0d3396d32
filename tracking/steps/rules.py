"""The numbers that the steps go by, as data: an organization sets its own, these are the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class DrivingRule:
    """How long one may drive; seconds, None for no such limit.

    A pause of `break_s` ends a period of driving; so does one of `split_s[1]` after an earlier one of `split_s[0]`.
    A pause of `rest_s` ends a day. `warn_s` before a limit the driver is told.
    """

    name: str
    driving_s: int
    break_s: int
    split_s: tuple[int, int] | None = None
    daily_driving_s: int | None = None
    rest_s: int | None = None
    warn_s: int = 30 * _MINUTE


# China: Regulation implementing the Road Traffic Safety Law, article 62(7): 4 h, then 20 min; it has no limit for a day
# of goods transport. EU: Regulation (EC) 561/2006, articles 6(1), 7 and 8(2).
CHINA = DrivingRule("china", 4 * _HOUR, 20 * _MINUTE)
EU_561 = DrivingRule(
    "eu_561", 4 * _HOUR + 30 * _MINUTE, 45 * _MINUTE, (15 * _MINUTE, 30 * _MINUTE), 9 * _HOUR, 11 * _HOUR
)
DRIVING_RULES: Mapping[str, DrivingRule] = MappingProxyType({rule.name: rule for rule in (CHINA, EU_561)})


@dataclass(frozen=True, slots=True)
class Rules:
    """What an organization asks of its vehicles. None and empty: not watched."""

    speed_limit_kmh: float | None = None
    speeding_for_s: int = 10  # a moment of overtaking is not speeding
    driving: DrivingRule | None = None
    temperature_c: tuple[float, float] | None = None
    temperature_for_s: int = 300  # a door that is open for loading warms the air, not the goods
    door_watched: bool = False
    gap_s: int = 600


# Traccar's definitions of trips and stops, as defaults.
TRIP_MIN_M = 200.0
TRIP_MIN_MS = 180_000
STOP_GAP_MS = 3_600_000  # silence longer than this ends a trip where it was last seen
PARKING_MS = 300_000
