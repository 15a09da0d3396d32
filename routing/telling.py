"""The timetable that a driver's life tells (sisr/lives.py): from its end back to the departure, then forward."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.hours import HoursRule
from haoyun.routing.plan import Pause, PauseKind
from haoyun.routing.sisr.lives import (
    ARRIVAL,
    AT,
    BEGAN,
    BREAK_TAKEN,
    EVENT,
    FROM,
    LENGTH,
    NOW,
    PARENT,
    REST_TAKEN,
    SERVICE,
    SHIFT,
)
from haoyun.routing.timetable import Line, Timetable


@dataclass(slots=True)
class _Pause:
    """On the way to a step, so many seconds along the leg; or (`along` None) waiting there until service begins."""

    step: int
    along: int | None
    start: int
    end: int
    is_rest: bool = False

    def postpone(self, seconds: int) -> None:
        """All of it happens later."""
        self.start += seconds
        self.end += seconds


def told(node: NDArray[np.int64], end: int, line: Line, rule: HoursRule) -> Timetable:
    """The whole timetable of the life that ends there."""
    chain = [node[end].tolist()]
    while chain[-1][PARENT] >= 0:
        chain.append(node[chain[-1][PARENT]].tolist())
    chain.reverse()
    story = _Story(chain[0][NOW], line)
    for before, event in pairwise(chain):
        if event[EVENT] in (BREAK_TAKEN, REST_TAKEN):
            story.pause(event[AT], event[FROM], event[LENGTH], is_rest=event[EVENT] == REST_TAKEN)
        elif event[EVENT] == SERVICE:
            if event[SHIFT]:
                story.postpone(event[SHIFT], day_began=before[BEGAN])
            story.serve(before[NOW] + event[SHIFT], event[FROM])
    assert chain[-1][EVENT] == ARRIVAL
    return story.timetable(chain[-1][NOW], rule)


class _Story:
    """What has happened so far. `pauses` holds the waiting at each call too, in the order of time."""

    def __init__(self, departure: int, line: Line) -> None:
        self.departure = departure
        self.line = line
        self.pauses: list[_Pause] = []

    @property
    def _served(self) -> int:
        return sum(pause.along is None for pause in self.pauses)

    def pause(self, along: int, start: int, length: int, *, is_rest: bool) -> None:
        """A pause on the road."""
        self.pauses.append(_Pause(self._served + 1, along, start, start + length, is_rest))

    def serve(self, arrival: int, begin: int) -> None:
        """Waiting, if only for no time."""
        self.pauses.append(_Pause(self._served + 1, None, arrival, begin))

    def postpone(self, seconds: int, day_began: int) -> None:
        """All since the day began happens later: the rest before it lasts longer, or the route begins later."""
        ends = [n for n, p in enumerate(self.pauses) if p.end == day_began and p.end > p.start]
        for later in self.pauses[ends[-1] + 1 :] if ends else self.pauses:
            later.postpone(seconds)
        if not ends:
            self.departure += seconds
            return
        rest = self.pauses[ends[-1]]
        if rest.along is None and self.line.work_s[rest.step - 1] == 0:
            # Nothing was done there, so that the rest went on: it does so where service might have to begin earlier.
            self.pauses.insert(
                ends[-1] + 1, _Pause(rest.step + 1, 0, rest.end, rest.end + seconds, is_rest=True)
            )
        else:
            rest.end += seconds

    def timetable(self, end: int, rule: HoursRule) -> Timetable:
        """Arrivals and begins of service, and the pauses that count."""
        calls = [pause for pause in self.pauses if pause.along is None]
        return Timetable(
            self.departure,
            tuple(call.start for call in calls),
            tuple(call.end for call in calls),
            end,
            tuple(_named(pause, rule) for pause in self.pauses if _counts(pause, rule)),
        )


def _counts(pause: _Pause, rule: HoursRule) -> bool:
    """Whether the plan names it: all on the road, and waiting that is long enough to count."""
    lengths = (*(rule.split_s or ()), rule.break_s, rule.reduced_rest_s, rule.rest_s)
    least = min(length for length in lengths if length)
    return pause.along is not None or pause.end - pause.start >= least


def _named(pause: _Pause, rule: HoursRule) -> Pause:
    length_s = pause.end - pause.start
    is_rest = pause.is_rest
    if pause.along is None:
        rests = [rest for rest in (rule.reduced_rest_s, rule.rest_s) if rest is not None]
        is_rest = bool(rests) and length_s >= min(rests)
    kind = PauseKind.REST if is_rest else PauseKind.BREAK
    return Pause(kind, pause.step, pause.along, pause.start, length_s)
