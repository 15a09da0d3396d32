"""When a consignment arrives: ten, fifty and ninety of a hundred times by when.

The way that remains is driven piece by piece, each at the speed learned for the hour in which the truck gets there,
with the rests that the driving rule asks for and the time at stops in between. How the truck has driven so far against
that shifts the rest a little; how far such estimates were off in the past says how wide the span is. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from haoyun.tracking.spread import Spread
from haoyun.tracking.steps.rules import DrivingRule

FloatArray = NDArray[np.float64]

HOURS = 168
PACE_PRIOR_S = 5400.0  # of driving seen so far, before half of its pace is believed of the rest
PACE_LIMITS = (0.6, 1.8)


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """The planned way in pieces: metres of each (k,), and its speed in km/h in each hour of the week (k, 168).

    Hour 0 is Monday 00:00 to 01:00 local time; `utc_offset_s` is local time minus UTC.
    """

    length_m: FloatArray
    speed_kmh: FloatArray
    utc_offset_s: int = 0

    def __post_init__(self) -> None:
        if self.speed_kmh.shape != (len(self.length_m), HOURS) or not len(self.length_m):
            raise ValueError(f"a way needs at least one piece, and {HOURS} speeds for each")
        if not (np.all(self.length_m >= 0) and np.all(self.speed_kmh > 0)):
            raise ValueError("lengths are not negative and speeds above zero")

    @property
    def total_m(self) -> float:
        """Metres of the whole way."""
        return float(self.length_m.sum())

    @classmethod
    def steady(cls, length_m: Sequence[float], kmh: float) -> TravelTimes:
        """The same speed everywhere and always: what is known before anything was learned."""
        lengths = np.asarray(length_m, dtype=np.float64)
        return cls(lengths, np.full((len(lengths), HOURS), kmh))


@dataclass(frozen=True, slots=True)
class Stop:
    """Time that the plan spends standing (service, waiting) at so many metres along the way."""

    at_m: float
    service_s: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the truck is on its way, and what its driver has behind them."""

    at: datetime  # of the fix
    along_m: float
    driven_s: float = 0.0  # since the last break
    pause_s: float = 0.0  # of the pause that goes on
    seen_s: float = 0.0  # of driving observed on this way
    expected_s: float = 0.0  # that the learned times say for the same stretch and hours


@dataclass(frozen=True, slots=True)
class RestHabit:
    """When in a period drivers really rest, and for how long: mostly before they must, and longer."""

    after_s: float
    lasts_s: float

    @classmethod
    def by_rule(cls, rule: DrivingRule) -> RestHabit:
        """What is assumed before any rest was seen: as late and as short as the rule allows."""
        return cls(rule.driving_s, rule.break_s)

    @classmethod
    def learn(
        cls, rule: DrivingRule, driven_s: Sequence[float], lasted_s: Sequence[float], least: int = 20
    ) -> RestHabit:
        """The medians of rests that were seen; by the rule where fewer than `least` were."""
        if len(driven_s) < least:
            return cls.by_rule(rule)
        after_s = min(float(np.median(driven_s)), rule.driving_s)
        return cls(after_s, max(float(np.median(lasted_s)), rule.break_s))


@dataclass(frozen=True, slots=True)
class Eta:
    """An estimate: by when in 10, 50 and 90 of 100 cases, what it rests on, and how late against the plan.

    `arrival` is the middle one. `rest_s` and `stop_s` are standing times within; `delay_s` is negative when early.
    `learned`: by travel times that earlier drives taught, not by the speed of the plan. `plain_s` is what remained from
    `position_at` on before the spread was laid over it: what spreads are learned from.
    """

    arrival: datetime
    early: datetime
    late: datetime
    remaining_m: float
    driving_s: float
    rest_s: float
    stop_s: float
    delay_s: float
    position_at: datetime
    learned: bool = False
    plain_s: float = 0.0


def predict(
    times: TravelTimes,
    progress: Progress,
    planned_arrival: datetime,
    now: datetime,
    *,
    rule: DrivingRule | None = None,
    habit: RestHabit | None = None,
    stops: Sequence[Stop] = (),
    spread: Spread | None = None,
) -> Eta:
    """The estimate from where the truck was last seen. One that has passed becomes `now`; early <= arrival <= late."""
    pace = _pace(progress)
    clock = _Clock(times, progress, rule, pace, habit)
    for stop in sorted((s for s in stops if s.at_m > progress.along_m), key=lambda s: s.at_m):
        clock.drive_to(stop.at_m)
        clock.stand(stop.service_s)
    clock.drive_to(times.total_m)
    low, mid, high = (spread or Spread.unlearned()).of(clock.elapsed_s)
    early, middle, late = (
        max(now, progress.at + timedelta(seconds=clock.elapsed_s * ratio)) for ratio in (low, mid, high)
    )
    return Eta(
        arrival=middle,
        early=early,
        late=late,
        remaining_m=max(0.0, times.total_m - progress.along_m),
        driving_s=clock.driving_s,
        rest_s=clock.rest_s,
        stop_s=clock.stop_s,
        delay_s=(middle - planned_arrival).total_seconds(),
        position_at=progress.at,
        plain_s=clock.elapsed_s,
    )


def expected_s(times: TravelTimes, from_m: float, to_m: float, start: datetime) -> float:
    """Seconds that the learned times say for a stretch that is begun at `start`, without rests."""
    clock = _Clock(times, Progress(start, from_m), None, 1.0)
    clock.drive_to(to_m)
    return clock.driving_s


class _Clock:
    """Drives the rest of the way in thought, with the hour of the day going on."""

    def __init__(
        self,
        times: TravelTimes,
        progress: Progress,
        rule: DrivingRule | None,
        pace: float,
        habit: RestHabit | None = None,
    ) -> None:
        self._habit = habit if rule is None or habit is not None else RestHabit.by_rule(rule)
        self._times, self._rule, self._pace = times, rule, pace
        self._ends = np.cumsum(times.length_m)
        self._at_m = progress.along_m
        self._start_s = progress.at.timestamp() + times.utc_offset_s
        self._driven_s = progress.driven_s
        self._today_s = progress.driven_s
        self.elapsed_s = self.driving_s = self.rest_s = self.stop_s = 0.0
        if (
            rule is not None
            and 0 < progress.pause_s < rule.break_s
            and progress.driven_s > rule.driving_s / 2
        ):
            self._rest(rule.break_s - progress.pause_s)  # a break that was begun late in a period is finished

    def drive_to(self, to_m: float) -> None:
        """Drive on, resting where the rule asks for it."""
        piece = int(np.searchsorted(self._ends, self._at_m, side="right"))
        while self._at_m < to_m and piece < len(self._ends):
            end_m = min(to_m, float(self._ends[piece]))
            self._drive((end_m - self._at_m) / (self._kmh(piece) / 3.6) * self._pace)
            self._at_m = end_m
            piece += 1

    def stand(self, seconds: float) -> None:
        """A stop of the plan; one that is long enough is a break, too."""
        self.elapsed_s += seconds
        self.stop_s += seconds
        if self._rule is not None and seconds >= self._rule.break_s:
            self._driven_s = 0.0

    def _kmh(self, piece: int) -> float:
        hour = int((self._start_s + self.elapsed_s) // 3600 + 72) % HOURS  # the epoch began on a Thursday
        return float(self._times.speed_kmh[piece, hour])

    def _drive(self, seconds: float) -> None:
        rule, habit = self._rule, self._habit
        while rule is not None and habit is not None and self._driven_s + seconds > habit.after_s:
            part = max(0.0, habit.after_s - self._driven_s)
            self._add(part)
            seconds -= part
            day_over = rule.daily_driving_s is not None and self._today_s >= rule.daily_driving_s - 1
            self._rest(rule.rest_s if day_over and rule.rest_s is not None else habit.lasts_s)
            if day_over:
                self._today_s = 0.0
        self._add(seconds)

    def _add(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.driving_s += seconds
        self._driven_s += seconds
        self._today_s += seconds

    def _rest(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.rest_s += seconds
        self._driven_s = 0.0


def _pace(progress: Progress) -> float:
    """How much slower than expected the truck drives, drawn to 1 while little of it was seen."""
    if progress.seen_s <= 0 or progress.expected_s <= 0:
        return 1.0
    trust = progress.seen_s / (progress.seen_s + PACE_PRIOR_S)
    low, high = PACE_LIMITS
    return min(high, max(low, exp(trust * log(progress.seen_s / progress.expected_s))))
