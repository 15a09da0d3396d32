"""The driver at one instant of a route, and which of two states is the better one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from haoyun.routing.hours import HoursRule
from haoyun.routing.plan import Pause

# How many states are followed up from one call to the next. Routes of freight need a handful.
WIDTH = 32


@dataclass(frozen=True, slots=True)
class Shift:
    """The driver at one instant of a route; `idle_s` and `rest_from_s`: the pause that is going on."""

    now_s: int
    driven_s: int
    today_s: int
    day_began_s: int
    reduced_used: int
    first_part: bool
    idle_s: int = 0
    rest_from_s: int | None = None
    before: Shift | None = None  # at the call before, for the way back
    arrival_s: int = 0
    begin_s: int = 0
    pauses: tuple[Pause, ...] = ()  # since the call before

    @property
    def resting_since(self) -> int:
        """Since when there has been neither driving nor work."""
        return self.now_s if self.rest_from_s is None else self.rest_from_s

    def beats(self, other: Shift) -> bool:
        """Whether nothing about the other is better."""
        return (
            self.now_s <= other.now_s
            and self.driven_s <= other.driven_s
            and self.today_s <= other.today_s
            and self.day_began_s >= other.day_began_s
            and self.reduced_used <= other.reduced_used
            and self.first_part >= other.first_part
            and self.idle_s >= other.idle_s
            and (other.rest_from_s is None or self.resting_since <= other.rest_from_s)
        )


def driven(at: Shift, seconds: int) -> Shift:
    """After driving for so long."""
    if seconds == 0:
        return at
    return replace(at, now_s=at.now_s + seconds, driven_s=at.driven_s + seconds, today_s=at.today_s + seconds)


def end_of(pause: Pause) -> int:
    """When a pause ends."""
    return pause.start_s + pause.duration_s


def idled(at: Shift, seconds: int) -> Shift:
    """After neither driving nor working for so long."""
    return replace(at, now_s=at.now_s + seconds, idle_s=at.idle_s + seconds, rest_from_s=at.resting_since)


def undominated(shifts: list[Shift]) -> list[Shift]:
    """Those that no other beats, the earliest first, no more than WIDTH."""
    kept: list[Shift] = []
    for shift in sorted(shifts, key=lambda s: (s.now_s, s.driven_s, s.today_s, -s.day_began_s)):
        if len(kept) < WIDTH and not any(other.beats(shift) for other in kept):
            kept.append(shift)
    return kept


def rests(rule: HoursRule, at: Shift) -> Iterator[tuple[int, int]]:
    """The rests that the driver may begin now: length, reduced rests used by it."""
    if rule.rest_s is None:
        return
    awake_s = at.now_s - at.day_began_s
    in_time = rule.span_s is None or awake_s <= rule.span_s
    if in_time:
        yield rule.rest_s, 0
    reduced = rule.reduced_rest_s is not None and rule.reduced_left(at.reduced_used) > 0
    if reduced and rule.reduced_rest_s and (rule.long_span_s is None or awake_s <= rule.long_span_s):
        yield rule.reduced_rest_s, 1
    elif not in_time:
        yield rule.rest_s, 0


def settled(rule: HoursRule, at: Shift) -> Shift:
    """The pause is over, for driving."""
    return refreshed(rule, rested(rule, at))


def refreshed(rule: HoursRule, at: Shift) -> Shift:
    """The break is over."""
    if at.idle_s == 0:
        return at
    if rule.max_driving_s is not None:
        parts = rule.split_s
        if at.idle_s >= rule.break_s or (parts and at.first_part and at.idle_s >= parts[1]):
            return replace(at, driven_s=0, first_part=False, idle_s=0)
        if parts and at.driven_s > 0 and at.idle_s >= parts[0]:
            return replace(at, first_part=True, idle_s=0)
    return replace(at, idle_s=0)


def rested(rule: HoursRule, at: Shift) -> Shift:
    """The rest is over, if it was one."""
    if at.rest_from_s is None:
        return at
    length_s = at.now_s - at.rest_from_s
    over = replace(at, rest_from_s=None)
    began = replace(at, now_s=at.rest_from_s)
    fits = [used for rest_s, used in rests(rule, began) if rest_s <= length_s]
    if not fits:
        return over
    return replace(
        over,
        driven_s=0,
        today_s=0,
        first_part=False,
        day_began_s=at.now_s,
        reduced_used=at.reduced_used + fits[0],
    )
