"""When to be where under a rule on driver hours: breaks and rests placed, the end as early as possible.

The choices are followed up by compiled code, the same as in the search (sisr/driver.py says which), so that what the
search has found lawful has a timetable here: first with the search's own choices, then with all that may be of use;
the one that ends earlier is taken. Where neither leads to the end, all choices there are.

Without a limit on the day's span and without split breaks this ends as early as any lawful timetable (tests compare
with the enumeration of all). Otherwise it may end later: waiting is not broken up on the road so that its first part
counts as one, and of a day's beginnings only those are tried that make good the waiting at some call.

Where the way past a call is no longer than the way to it, taking the call out keeps a route lawful: the driver may
pause where the call was. A search that only pauses where it must loses that: waiting at the call had counted as the
break. It must try the route anew after each removal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from haoyun.routing.hours import DriverState, HoursRule
from haoyun.routing.sisr.flat import CLOSE, FAR, OPEN, TAKES, WINDOW_FROM, WINDOW_TO
from haoyun.routing.sisr.law import law_row
from haoyun.routing.sisr.lives import ALL, FEW, MANY, QUICK, SPARING, new_lives
from haoyun.routing.sisr.roster import follow, latest_departure
from haoyun.routing.telling import told
from haoyun.routing.timetable import Line, Timetable, departures_worth_trying, forward

_MOST_DEPARTURES = 24
_LIVES = 20_000


@dataclass(frozen=True, slots=True)
class _Found:
    """A timetable, and how late one may leave to end at the same time: without waiting, and with what counts of it."""

    times: Timetable
    later_s: tuple[int, int]


class Shifts:
    """All ways to lay breaks and rests along one line."""

    def __init__(self, line: Line, rule: HoursRule, state: DriverState) -> None:
        self.line = line
        self.rule = rule
        self.state = state
        self.law = np.array(law_row(rule, state), dtype=np.int64)
        self.lives = new_lives(len(line.work_s), _LIVES, MANY)
        self.lives.leg[: len(line.legs_s)] = line.legs_s
        self.lives.work[: len(line.work_s)] = line.work_s
        self.lives.row[:] = np.arange(len(self.lives.row))
        self.stop, self.windows = _tables(line)
        self.reloads = np.array(line.is_reload, dtype=np.int64)

    def best(self, max_duration_s: int | None = None) -> Timetable | None:
        """The lawful timetable that ends first, leaving as late as that allows; None if there is none.

        With `max_duration_s` timetables that keep it come before those that do not.
        """
        tried = [self._leaving(self.line.on_duty_s)]
        limit = max_duration_s if max_duration_s is not None else FAR
        kept = [t for t in tried if t is not None and t.duration_s <= limit]
        rule = self.rule
        if not kept and self.state.is_fresh and self._later_may_help(limit):
            worth = departures_worth_trying(self.line, rule.break_s, rule.max_driving_s or FAR)
            tried += [self._leaving(d) for d in worth[:_MOST_DEPARTURES]]
        found = [t for t in tried if t is not None]
        return min(found, key=lambda t: (t.duration_s > limit, t.end_s, -t.departure_s), default=None)

    def _later_may_help(self, max_duration_s: int) -> bool:
        """Leaving later shortens the day and the route, nothing else."""
        if max_duration_s < FAR:
            return True
        if self.rule.span_s is None:
            return False
        endless = replace(self.rule, span_s=None, long_span_s=None)
        return Shifts(self.line, endless, self.state).search(self.line.on_duty_s) is not None

    def _leaving(self, departure_s: int) -> Timetable | None:
        first = self._search(departure_s)
        if first is None:
            return None
        if self.state.is_fresh:
            for later_s in first.later_s:
                later = self.search(later_s) if later_s > first.times.departure_s else None
                if later is not None and later.end_s <= first.times.end_s:
                    return later
        return first.times

    def search(self, departure_s: int) -> Timetable | None:
        """The lawful timetable that leaves then, or later if that is as well, and ends first."""
        found = self._search(departure_s)
        return None if found is None else found.times

    def _search(self, departure_s: int) -> _Found | None:
        bound = forward(self.line, departure_s)
        if bound is None:
            return None
        quick = self._follow(departure_s, QUICK, FEW, bound.end_s)
        if quick is not None and quick.times.end_s <= bound.end_s:
            return quick
        sparing = self._follow(departure_s, SPARING, MANY, bound.end_s)
        found = [one for one in (sparing, quick) if one is not None]
        if found:
            return min(found, key=lambda one: (one.times.end_s, len(one.times.pauses)))
        return self._follow(departure_s, ALL, MANY, bound.end_s)

    def _follow(self, departure_s: int, level: int, width: int, bound_s: int) -> _Found | None:
        line = self.line
        end = follow(
            self.lives, self.law, self.stop, self.windows, self.reloads, len(line.work_s), line.fixed,
            departure_s, line.off_duty_s, level, width, bound_s,
        )  # fmt: skip
        if end < 0:
            return None
        early, late = (
            latest_departure(
                self.lives, self.law, self.stop, self.windows, len(line.work_s), line.fixed, end, keeps
            )
            for keeps in (False, True)
        )
        return _Found(told(self.lives.node, end, line, self.rule), (int(early), int(late)))


def _tables(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """The calls' windows as the search keeps those of stops."""
    stop = np.zeros((len(line.work_s), TAKES + 1), dtype=np.int64)
    windows = [(w.start_s, w.end_s) for own in line.windows for w in own]
    first = 0
    for row, own in zip(stop, line.windows, strict=True):
        row[OPEN], row[CLOSE] = (own[0].start_s, own[-1].end_s) if own else (-FAR, FAR)
        row[WINDOW_FROM], row[WINDOW_TO] = first, first + len(own)
        first += len(own)
    return stop, np.array(windows, dtype=np.int64).reshape(-1, 2)
