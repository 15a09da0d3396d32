"""When to be where under a rule on driver hours: breaks and rests placed, the end as early as possible.

The policy, which a search may imitate call by call:

1. Pauses on a leg are taken where they are due and no earlier: driving goes on until a limit (driving since the
   break, driving of the day, the day's span) is used up. On one leg no other place is better.
2. Before each service the driver may pause instead: not at all beyond waiting for the window, or until the idle time
   makes a first part, a second part, a break, a reduced rest or a rest. Each choice is followed up.
3. Where a break is due on a leg, a rest may be taken instead; where the regular span ends with a reduced rest left, a
   regular rest may be taken or driving goes on.
4. If service counts as break, or takes no time, the pause that completes the idle time may follow it.

Of what the choices lead to, `WIDTH` (shift.py) states a call are kept: those that no other is better than in every
respect (earlier, less driving behind, day begun later, fewer reduced rests used ...), the earliest first. With few
calls nothing is lost; tests compare with the enumeration of all timetables on small cases.

5. Waiting before the first call after a rest on the way may prolong that rest instead, so that the day begins later.

Without a limit on the day's span and without split breaks this ends as early as any lawful timetable. Otherwise it may
end later: waiting is not pushed back over several calls into a rest; it is not broken up on the road so that its first
part counts as one; and of possible departures only those are tried that reach some call just as a window opens.

Where the way past a call is no longer than the way to it, taking the call out keeps a route lawful: the driver may
pause where the call was. A search that only pauses where it must (1) loses that: waiting at the call had counted as
the break. It must try the route anew after each removal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from haoyun.routing.hours import DriverState, HoursRule
from haoyun.routing.plan import Pause, PauseKind
from haoyun.routing.shift import (
    Shift,
    driven,
    end_of,
    idled,
    refreshed,
    rested,
    rests,
    settled,
    undominated,
)
from haoyun.routing.timetable import (
    Line,
    Timetable,
    departures_worth_trying,
    forward,
    latest_departure,
)

_MOST_PAUSES_A_LEG = 40
_MOST_DEPARTURES = 24


class Shifts:
    """All ways to lay breaks and rests along one line."""

    def __init__(self, line: Line, rule: HoursRule, state: DriverState) -> None:
        self.line = line
        self.rule = rule
        self.state = state
        # Travel from each call to the end, and when the route would end without any rule.
        self.ahead_s = [sum(line.legs_s[call + 1 :]) for call in range(len(line.work_s))]
        self.bound_s = 0
        self.sparing = True

    def best(self, max_duration_s: int | None = None) -> Timetable | None:
        """The lawful timetable that ends first, leaving as late as that allows; None if there is none.

        With `max_duration_s` timetables that keep it come before those that do not.
        """
        tried = [self._leaving(self.line.on_duty_s)]
        limit = max_duration_s if max_duration_s is not None else 2**62
        kept = [t for t in tried if t is not None and t.duration_s <= limit]
        rule = self.rule
        if not kept and self.state.is_fresh and self._later_may_help(limit):
            worth = departures_worth_trying(self.line, rule.break_s, rule.max_driving_s or 2**62)
            tried += [self._leaving(d) for d in worth[:_MOST_DEPARTURES]]
        found = [t for t in tried if t is not None]
        return min(found, key=lambda t: (t.duration_s > limit, t.end_s, -t.departure_s), default=None)

    def _later_may_help(self, max_duration_s: int) -> bool:
        """Leaving later shortens the day and the route, nothing else."""
        if max_duration_s < 2**62:
            return True
        if self.rule.span_s is None:
            return False
        endless = replace(self.rule, span_s=None, long_span_s=None)
        return Shifts(self.line, endless, self.state).search(self.line.on_duty_s) is not None

    def _leaving(self, departure_s: int) -> Timetable | None:
        first = self.search(departure_s)
        if first is None or not self.state.is_fresh:
            return first
        for keeps_waiting in (False, True):
            later_s = latest_departure(self.line, first, self._kept(first, keeps_waiting=keeps_waiting))
            later = self.search(later_s) if later_s > departure_s else None
            if later is not None and later.end_s <= first.end_s:
                return later
        return first

    def _kept(self, found: Timetable, *, keeps_waiting: bool) -> list[int]:
        """By leg, how long its pauses are; waiting that may count, as long as it must be to count, or not at all."""
        kept = [0] * len(self.line.legs_s)
        for pause in found.pauses:
            if pause.driven_s is not None:
                kept[pause.step - 1] += pause.duration_s
            elif keeps_waiting:
                kept[pause.step - 1] += self._least(pause.duration_s)
        return kept

    def _least(self, idle_s: int) -> int:
        return max((t for t in self._targets() if t <= idle_s), default=0)

    def _targets(self) -> list[int]:
        rule = self.rule
        parts = [*(rule.split_s or ()), rule.break_s, rule.reduced_rest_s or 0, rule.rest_s or 0]
        return sorted({part for part in parts if part})

    def search(self, departure_s: int) -> Timetable | None:
        """The lawful timetable that leaves then and ends first."""
        bound = forward(self.line, departure_s)
        if bound is None:
            return None
        self.bound_s = bound.end_s
        for self.sparing in (True, False):
            found = self._follow_up(departure_s)
            if found is not None:
                return found
        return None

    def _follow_up(self, departure_s: int) -> Timetable | None:
        s = self.state
        began = departure_s if s.day_began_s is None else s.day_began_s
        reached = [
            Shift(departure_s, s.driven_s, s.driven_today_s, began, s.reduced_rests_used, s.first_part_taken)
        ]
        for call in range(len(self.line.work_s)):
            served: list[Shift] = []
            for shift in reached:
                for arrived in self._drive(replace(shift, before=shift, pauses=()), call):
                    served += self._call(arrived, call)
            reached = undominated(served)
        last = len(self.line.legs_s) - 1
        ends = [e for s in reached for e in self._drive(replace(s, before=s, pauses=()), last)]
        ends = [e for e in ends if e.now_s <= self.line.off_duty_s]
        best = min(ends, key=lambda e: (e.now_s, len(e.pauses)), default=None)
        return None if best is None else _timetable(departure_s, best)

    # -- driving ----------------------------------------------------------------------------------------------

    def _drive(self, shift: Shift, leg: int) -> list[Shift]:
        """All ways to drive a leg."""
        length_s = self.line.legs_s[leg]
        if length_s == 0:
            return [shift]
        arrived: list[Shift] = []
        under_way = [(shift, 0)]
        while under_way:
            at, along = under_way.pop()
            if len(at.pauses) > _MOST_PAUSES_A_LEG:
                continue
            fresh = settled(self.rule, at)
            for stretch_s in self._stretches(fresh, length_s - along):
                # A pause that is due before anything is driven continues the one that is going on.
                on = driven(fresh, stretch_s) if stretch_s else at
                done = along + stretch_s
                if done == length_s:
                    arrived.append(on)
                else:
                    under_way += [(p, done) for p in self._pauses_due(on, leg, done)]
        return undominated(arrived)

    def _stretches(self, at: Shift, left_s: int) -> set[int]:
        """How far to drive before the next pause: as far as may be, or to the end of the regular span."""
        rule = self.rule
        limits = [left_s]
        if rule.max_driving_s is not None:
            limits.append(rule.max_driving_s - at.driven_s)
        if rule.daily_driving_s is not None:
            limits.append(rule.daily_driving_s - at.today_s)
        span_s = rule.span_limit_s(at.reduced_used)
        if span_s is not None:
            limits.append(at.day_began_s + span_s - at.now_s)
        furthest = max(min(limits), 0)
        found = {furthest}
        if rule.span_s is not None and span_s != rule.span_s:
            regular_end = at.day_began_s + rule.span_s - at.now_s
            if 0 <= regular_end < furthest:
                found.add(regular_end)
        return found

    def _pauses_due(self, at: Shift, leg: int, done: int) -> Iterator[Shift]:
        rule = self.rule
        span_s = rule.span_limit_s(at.reduced_used)
        day_left = rule.daily_driving_s is None or at.today_s < rule.daily_driving_s
        day_left = day_left and (span_s is None or at.now_s < at.day_began_s + span_s)
        if rule.max_driving_s is not None and at.driven_s >= rule.max_driving_s and day_left:
            length_s = rule.split_s[1] if rule.split_s and at.first_part else rule.break_s
            yield self._paused(at, leg, done, length_s, PauseKind.BREAK)
        for length_s, _ in rests(self.rule, at):
            yield self._paused(at, leg, done, length_s, PauseKind.REST)

    def _paused(self, at: Shift, leg: int, done: int, length_s: int, kind: PauseKind) -> Shift:
        pause = Pause(kind, leg + 1, done, at.now_s, length_s)
        return idled(replace(at, pauses=(*at.pauses, pause)), length_s)

    # -- calling ----------------------------------------------------------------------------------------------

    def _call(self, arrived: Shift, call: int) -> list[Shift]:
        """All ways to wait, pause and work at a call."""
        done = []
        for begin_s in self._begins(arrived, call):
            for ready in self._rested_longer(arrived, begin_s - arrived.now_s):
                worked = self._worked(self._waited(ready, call, begin_s), call)
                if worked is not None:
                    done.append(worked)
                    done += self._completed(worked, call)
        return done

    def _rested_longer(self, at: Shift, waiting_s: int) -> Iterator[Shift]:
        """Waiting may as well have prolonged the rest on the way, so that the day began later: all or what is over."""
        yield at
        taken = [n for n, pause in enumerate(at.pauses) if pause.kind is PauseKind.REST]
        if not taken or at.day_began_s != end_of(at.pauses[taken[-1]]):
            return
        for kept_s in (0, *self._targets()):
            longer_s = waiting_s - kept_s
            if longer_s > 0:
                pauses = list(at.pauses)
                pauses[taken[-1]] = replace(
                    pauses[taken[-1]], duration_s=pauses[taken[-1]].duration_s + longer_s
                )
                for n in range(taken[-1] + 1, len(pauses)):
                    pauses[n] = replace(pauses[n], start_s=pauses[n].start_s + longer_s)
                yield replace(
                    at,
                    pauses=tuple(pauses),
                    now_s=at.now_s + longer_s,
                    day_began_s=at.day_began_s + longer_s,
                )

    def _begins(self, at: Shift, call: int) -> set[int]:
        idle_from = at.now_s - at.idle_s
        ready = {at.now_s}
        for target in self._targets_worth(at, call):
            since = at.resting_since if target > self.rule.break_s else idle_from
            ready.add(max(at.now_s, since + target))
        begins = (self.line.open_at(call, ready_s) for ready_s in ready)
        return {begin for begin in begins if begin is not None}

    def _targets_worth(self, at: Shift, call: int) -> list[int]:
        """Pauses that may be of use: a break if one is due before the end, a rest if the day will not do."""
        rule, ahead_s = self.rule, self.ahead_s[call]
        if not self.sparing:
            return self._targets()
        breaks = rule.max_driving_s is not None and at.driven_s + ahead_s > rule.max_driving_s
        span_s = rule.span_limit_s(at.reduced_used)
        due = (at.driven_s + ahead_s) // rule.max_driving_s if rule.max_driving_s else 0
        end_s = max(self.bound_s, at.now_s + ahead_s) + due * rule.break_s
        rests = rule.daily_driving_s is not None and at.today_s + ahead_s > rule.daily_driving_s
        rests = rests or (span_s is not None and end_s > at.day_began_s + span_s)
        return [t for t in self._targets() if (breaks if t <= rule.break_s else rests)]

    def _waited(self, at: Shift, call: int, begin_s: int) -> Shift:
        idle_s = begin_s - at.now_s
        if idle_s == 0:
            return replace(at, arrival_s=at.now_s, begin_s=begin_s)
        pauses = at.pauses
        if self._least(idle_s):
            lengths = [rest for rest in (self.rule.reduced_rest_s, self.rule.rest_s) if rest is not None]
            kind = PauseKind.REST if lengths and idle_s >= min(lengths) else PauseKind.BREAK
            pauses = (*pauses, Pause(kind, call + 1, None, at.now_s, idle_s))
        return idled(replace(at, arrival_s=at.now_s, begin_s=begin_s, pauses=pauses), idle_s)

    def _worked(self, at: Shift, call: int) -> Shift | None:
        """After work; None if it would last beyond the day's span."""
        work_s = self.line.work_s[call]
        if work_s == 0:
            return at
        ready = rested(self.rule, at)
        counts = self.rule.service_is_break and not self.line.is_reload[call]
        if not counts:
            ready = refreshed(self.rule, ready)
        span_s = self.rule.span_limit_s(ready.reduced_used)
        until = at.now_s + work_s
        if span_s is not None and until > ready.day_began_s + span_s:
            return None
        return replace(ready, now_s=until, idle_s=ready.idle_s + work_s if counts else 0)

    def _completed(self, at: Shift, call: int) -> Iterator[Shift]:
        """A pause that service has not ended (there was none, or it counts), made long enough after it."""
        if not at.idle_s:
            return
        for target in self._targets():
            is_rest = target > self.rule.break_s
            if is_rest and at.rest_from_s is None:
                continue
            more_s = target - (at.now_s - at.resting_since if is_rest else at.idle_s)
            if more_s > 0:
                kind = PauseKind.REST if is_rest else PauseKind.BREAK
                pause = Pause(kind, call + 2, 0, at.now_s, more_s)
                yield idled(replace(at, pauses=(*at.pauses, pause)), more_s)


def _timetable(departure_s: int, end: Shift) -> Timetable:
    """The way back from the end."""
    chain = []
    at: Shift | None = end
    while at is not None and at.before is not None:
        chain.append(at)
        at = at.before
    calls = chain[:0:-1]
    return Timetable(
        departure_s,
        tuple(call.arrival_s for call in calls),
        tuple(call.begin_s for call in calls),
        end.now_s,
        tuple(pause for part in reversed(chain) for pause in part.pauses),
    )
