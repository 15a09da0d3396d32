"""The auditor's clock: a route's driver hours, lived through minute by minute (see check.py).

It knows nothing of how a timetable is made. It turns a route into a line of driving, work and pauses, cuts that at
every full minute, and lets one driver live it; the rules are those of hours.py, read from its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from haoyun.routing.hours import DriverState, HoursRule
from haoyun.routing.plan import Route, Step, StepKind
from haoyun.routing.violation import Rule

_MINUTE = 60


class Doing(Enum):
    """What the driver does."""

    DRIVING = auto()
    SERVICE = auto()  # at a stop of a task
    WORK = auto()
    PAUSE = auto()


@dataclass(frozen=True, slots=True)
class Spell:
    """Something done from one instant to another, on the way to or at step number `step`."""

    doing: Doing
    start_s: int
    end_s: int
    step: int


@dataclass(frozen=True, slots=True)
class Excess:
    """How far a rule is exceeded at worst, where that began, and the minutes in which it was."""

    step: int
    seconds: int
    minutes: frozenset[int]


def spells(route: Route) -> Iterator[Spell]:
    """The route as one line of time; a leg is what lies between two steps and is no pause."""
    for number, (before, after) in enumerate(pairwise(route.steps), start=1):
        now = before.departure_s
        for pause in route.pauses:
            if pause.step == number and pause.driven_s is not None:
                yield Spell(Doing.DRIVING, now, pause.start_s, number)
                now = pause.start_s + pause.duration_s
                yield Spell(Doing.PAUSE, pause.start_s, now, number)
        yield Spell(Doing.DRIVING, now, after.arrival_s, number)
        yield Spell(Doing.PAUSE, after.arrival_s, after.start_service_s, number)
        yield Spell(_work_at(after), after.start_service_s, after.departure_s, number)


def _work_at(step: Step) -> Doing:
    return Doing.WORK if step.kind is StepKind.RELOAD else Doing.SERVICE


class Driver:
    """One driver, who lives through the spells of a route and remembers what was unlawful."""

    def __init__(self, rule: HoursRule, state: DriverState, begin_s: int) -> None:
        self.rule = rule
        self.driven_s = state.driven_s
        self.driven_today_s = state.driven_today_s
        self.day_began_s = begin_s if state.day_began_s is None else state.day_began_s
        self.first_part = state.first_part_taken
        self.reduced_used = state.reduced_rests_used
        self.idle_s = 0  # of the break that is going on, if one is
        self.rest_began_s: int | None = None
        self.found: dict[Rule, tuple[int, int, set[int]]] = {}

    def live(self, spell: Spell) -> None:
        """Live through a spell, minute after minute."""
        now = spell.start_s
        while now < spell.end_s:
            until = min((now // _MINUTE + 1) * _MINUTE, spell.end_s)
            self._minute(spell, now, until)
            now = until

    def _minute(self, spell: Spell, now: int, until: int) -> None:
        if spell.doing is Doing.PAUSE:
            self.idle_s += until - now
            self.rest_began_s = now if self.rest_began_s is None else self.rest_began_s
            return
        self._end_rest(now)
        if spell.doing is Doing.SERVICE and self.rule.service_is_break:
            self.idle_s += until - now
        else:
            self._end_break()
        if spell.doing is Doing.DRIVING:
            self.driven_s += until - now
            self.driven_today_s += until - now
            self._compare(Rule.DRIVING, self.driven_s, self.rule.max_driving_s, spell, now)
            self._compare(Rule.DAILY_DRIVING, self.driven_today_s, self.rule.daily_driving_s, spell, now)
        self._compare(Rule.DAILY_REST, until - self.day_began_s, self._span(), spell, now)

    def _span(self) -> int | None:
        rule = self.rule
        may_reduce = rule.reduced_rest_s is not None and self.reduced_used < rule.reduced_rests
        return rule.long_span_s if may_reduce and rule.span_s is not None else rule.span_s

    def _compare(self, rule: Rule, value: int, limit: int | None, spell: Spell, now: int) -> None:
        if limit is None or value <= limit:
            return
        step, seconds, minutes = self.found.get(rule, (spell.step, 0, set()))
        minutes.add(now // _MINUTE)
        self.found[rule] = (step, max(seconds, value - limit), minutes)

    def _end_break(self) -> None:
        rested, self.idle_s = self.idle_s, 0
        if self.rule.max_driving_s is None or rested == 0:
            return
        parts = self.rule.split_s
        if rested >= self.rule.break_s or (parts and self.first_part and rested >= parts[1]):
            self.driven_s, self.first_part = 0, False
        elif parts and self.driven_s > 0 and rested >= parts[0]:
            self.first_part = True

    def _end_rest(self, now: int) -> None:
        began, self.rest_began_s = self.rest_began_s, None
        rule = self.rule
        if began is None or rule.rest_s is None:
            return
        length, awake = now - began, began - self.day_began_s
        in_time = rule.span_s is None or awake <= rule.span_s
        if length >= rule.rest_s and in_time:
            self._new_day(now)
        elif (
            rule.reduced_rest_s is not None
            and self.reduced_used < rule.reduced_rests
            and length >= rule.reduced_rest_s
            and (rule.long_span_s is None or awake <= rule.long_span_s)
        ):
            self.reduced_used += 1
            self._new_day(now)
        elif length >= rule.rest_s:
            self._new_day(now)  # too late; what came after the limit has been counted

    def _new_day(self, now: int) -> None:
        self.day_began_s = now
        self.driven_s = self.driven_today_s = 0
        self.first_part = False


def audit_hours(rule: HoursRule, state: DriverState, route: Route) -> dict[Rule, Excess]:
    """By rule how far the route exceeds it; empty if every minute is lawful."""
    if not rule.binds:
        return {}
    driver = Driver(rule, state, route.steps[0].departure_s)
    for spell in spells(route):
        driver.live(spell)
    return {
        broken: Excess(step, seconds, frozenset(minutes))
        for broken, (step, seconds, minutes) in driver.found.items()
    }
