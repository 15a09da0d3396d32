"""What the driver of a vehicle under way has behind them at an instant of its route (hours.py says what counts)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from haoyun.routing.dynamic.standing import Standing
from haoyun.routing.hours import DriverState, HoursRule
from haoyun.routing.plan import Route, StepKind
from haoyun.routing.vehicle import Vehicle


class _Doing(Enum):
    DRIVES = auto()
    PAUSES = auto()
    SERVES = auto()
    RELOADS = auto()


Spell = tuple[_Doing, int, int]


def driver_at(vehicle: Vehicle, route: Route, standing: Standing) -> DriverState:
    """The driver's state where the vehicle stands, when what the route says until then has happened.

    To be safe, a delay counts as driving, and of a pause that is going on nothing counts unless it is long enough.
    """
    until_s = standing.time_s - standing.behind_s
    life = _Life.begin(vehicle.hours, vehicle.driver, route.steps[0].departure_s)
    for doing, start_s, end_s in (*_spells(route), (_Doing.PAUSES, route.steps[-1].arrival_s, until_s)):
        life.live(doing, start_s, min(end_s, until_s))
    life.settle(until_s)
    life.driven_s += standing.behind_s
    life.today_s += standing.behind_s
    return DriverState(life.driven_s, life.today_s, life.day_began_s, life.first_part, life.reduced_used)


def _spells(route: Route) -> Iterator[Spell]:
    for number, (before, after) in enumerate(pairwise(route.steps), start=1):
        now_s = before.departure_s
        for pause in route.pauses:
            if pause.step == number and pause.driven_s is not None:
                yield _Doing.DRIVES, now_s, pause.start_s
                now_s = pause.start_s + pause.duration_s
                yield _Doing.PAUSES, pause.start_s, now_s
        yield _Doing.DRIVES, now_s, after.arrival_s
        yield _Doing.PAUSES, after.arrival_s, after.start_service_s
        work = _Doing.RELOADS if after.kind is StepKind.RELOAD else _Doing.SERVES
        yield work, after.start_service_s, after.departure_s


@dataclass(slots=True)
class _Life:
    """One driver's day as it goes by."""

    rule: HoursRule
    driven_s: int
    today_s: int
    day_began_s: int
    first_part: bool
    reduced_used: int
    idle_s: int = 0
    rest_from_s: int | None = None

    @classmethod
    def begin(cls, rule: HoursRule, state: DriverState, begin_s: int) -> _Life:
        """A driver who comes with this behind them."""
        day_s = begin_s if state.day_began_s is None else state.day_began_s
        return cls(
            rule,
            state.driven_s,
            state.driven_today_s,
            day_s,
            state.first_part_taken,
            state.reduced_rests_used,
        )

    def live(self, doing: _Doing, start_s: int, end_s: int) -> None:
        """Do something from one instant to another."""
        if end_s <= start_s:
            return
        if doing is _Doing.PAUSES:
            self.idle_s += end_s - start_s
            self.rest_from_s = start_s if self.rest_from_s is None else self.rest_from_s
        elif doing is _Doing.SERVES and self.rule.service_is_break:
            self._end_rest(start_s)
            self.idle_s += end_s - start_s
        else:
            self.settle(start_s)
            if doing is _Doing.DRIVES:
                self.driven_s += end_s - start_s
                self.today_s += end_s - start_s

    def settle(self, now_s: int) -> None:
        """The pause is over, as a rest or as a break."""
        self._end_rest(now_s)
        self._end_break()

    def _end_break(self) -> None:
        paused_s, self.idle_s = self.idle_s, 0
        if self.rule.max_driving_s is None or paused_s == 0:
            return
        parts = self.rule.split_s
        if paused_s >= self.rule.break_s or (parts and self.first_part and paused_s >= parts[1]):
            self.driven_s, self.first_part = 0, False
        elif parts and self.driven_s > 0 and paused_s >= parts[0]:
            self.first_part = True

    def _end_rest(self, now_s: int) -> None:
        began_s, self.rest_from_s = self.rest_from_s, None
        if began_s is None or self.rule.rest_s is None:
            return
        in_time = self.rule.span_s is None or began_s - self.day_began_s <= self.rule.span_s
        full = now_s - began_s >= self.rule.rest_s
        if not (full and in_time) and self._is_reduced(began_s, now_s):
            self.reduced_used += 1
        elif not full:
            return
        self.day_began_s = now_s
        self.driven_s = self.today_s = 0
        self.first_part = False

    def _is_reduced(self, began_s: int, now_s: int) -> bool:
        rule = self.rule
        return (
            rule.reduced_rest_s is not None
            and rule.reduced_left(self.reduced_used) > 0
            and now_s - began_s >= rule.reduced_rest_s
            and (rule.long_span_s is None or began_s - self.day_began_s <= rule.long_span_s)
        )
