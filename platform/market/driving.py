"""Legal driving times: how long a way takes with the pauses that the law asks of a single driver.

China: at most 4 h at the wheel, then 20 min (Regulation implementing the Road Traffic Safety Law, article 62(7)).
EU: 4.5 h, then 45 min; 9 h a day, then 11 h (Regulation (EC) 561/2006, articles 6(1), 7 and 8(2); split breaks and
extended days are left to the carrier).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from haoyun.tracking.steps.rules import CHINA, EU_561

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DrivingLaw:
    """A pause of `pause_s` after `drive_s` at the wheel; `rest_s` after `day_s` of driving, where that is limited.

    `day_s` is a whole number of `drive_s`, so that a day ends where a pause would.
    """

    name: str
    drive_s: int
    pause_s: int
    day_s: int | None = None
    rest_s: int = 0

    def __post_init__(self) -> None:
        if self.day_s is not None and self.day_s % self.drive_s:
            raise ValueError("a day of driving is a whole number of periods between pauses")


@dataclass(frozen=True, slots=True)
class Wheel:
    """What a driver has driven since the last pause, and since the last rest; seconds."""

    since_pause_s: float = 0.0
    since_rest_s: float = 0.0


RESTED = Wheel()
CHINA_LAW = DrivingLaw("china", CHINA.driving_s, CHINA.break_s)
EU_LAW = DrivingLaw("eu_561", EU_561.driving_s, EU_561.break_s, EU_561.daily_driving_s, EU_561.rest_s or 0)
NO_LAW = DrivingLaw("none", 10**9, 0)  # trains, ships and aircraft change their crews
DRIVING_LAWS = {law.name: law for law in (CHINA_LAW, EU_LAW)}


def drive(law: DrivingLaw, wheel: Wheel, driving_s: float) -> tuple[float, Wheel]:
    """How long it takes to drive so many seconds, and the state after it. A limit reached exactly asks for nothing.

    inf for inf.
    """
    if driving_s == float("inf"):
        return driving_s, wheel
    elapsed, left = driving_s, driving_s
    paused, rested = wheel.since_pause_s, wheel.since_rest_s
    while True:
        until_pause = law.drive_s - paused
        until_rest = float("inf") if law.day_s is None else law.day_s - rested
        step = min(until_pause, until_rest)
        if left <= step:
            return elapsed, Wheel(paused + left, rested + left)
        left -= step
        if until_rest <= until_pause:
            elapsed, paused, rested = elapsed + law.rest_s, 0.0, 0.0
        else:
            elapsed, paused, rested = elapsed + law.pause_s, 0.0, rested + step


def stand(law: DrivingLaw, wheel: Wheel, standing_s: float) -> Wheel:
    """The state after standing so long: loading, unloading and waiting are no driving."""
    if law.day_s is not None and standing_s >= law.rest_s:
        return RESTED
    return Wheel(0.0, wheel.since_rest_s) if standing_s >= law.pause_s else wheel


def legal_duration_s(driving_s: float, law: DrivingLaw = CHINA_LAW) -> float:
    """How long a rested driver takes for so many seconds of driving."""
    return float(legal_durations_s(np.asarray(driving_s, dtype=np.float64), law))


def legal_durations_s(driving_s: FloatArray, law: DrivingLaw = CHINA_LAW) -> FloatArray:
    """`legal_duration_s` of many; inf stays inf."""
    finite = np.where(np.isinf(driving_s), 0.0, driving_s)
    rests = np.zeros_like(finite) if law.day_s is None else np.maximum(np.ceil(finite / law.day_s) - 1, 0)
    periods = np.maximum(np.ceil(finite / law.drive_s) - 1, 0)
    return np.asarray(driving_s + law.pause_s * (periods - rests) + law.rest_s * rests, dtype=np.float64)
