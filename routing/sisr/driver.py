"""Driver hours along one route: driven as far as the law allows, waiting counts as pause where it is long enough.

A sufficient test, quick enough to be asked for every candidate: whatever passes has a lawful timetable, which
`shifts.py` then looks for among more choices (it splits breaks and lets service count; this does neither).
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import (
    BREAK,
    DAILY,
    DAY_BEGAN,
    DRIVEN,
    END,
    FAR,
    FRESH,
    LONG_SPAN,
    MAX_DRIVING,
    OFF_DUTY,
    ON_DUTY,
    PLACE,
    PROFILE,
    REDUCED,
    REDUCED_LEFT,
    REST,
    SPAN,
    START,
    TODAY,
    Flat,
)
from haoyun.routing.sisr.state import State
from haoyun.routing.sisr.windows import closing, opening

_MOST_PAUSES = 40


@compiled
def duty(flat: Flat, state: State, k: int, length: int) -> int:
    """Seconds from departure to the end of state.trial[:length]; FAR if no lawful timetable was found."""
    begun = flat.kind[k, ON_DUTY]
    for patience in range(2):
        end = _drive(flat, state, k, length, begun, patience > 0, True)
        if not flat.hours[k, FRESH]:
            if end < FAR:
                return end - begun
            continue
        if end >= FAR and flat.hours[k, SPAN] < FAR:
            # The day may be too long because it begins too early.
            endless = _drive(flat, state, k, length, begun, patience > 0, False)
            if endless < FAR:
                later = _latest(flat, state, k, length, endless)
                end = _drive(flat, state, k, length, later, patience > 0, True)
                if end < FAR:
                    return end - later
        elif end < FAR:
            later = _latest(flat, state, k, length, end)
            if later > begun and _drive(flat, state, k, length, later, patience > 0, True) <= end:
                return end - later
            return end - begun
    return FAR


@compiled
def _latest(flat: Flat, state: State, k: int, length: int, end: int) -> int:
    """How late one may leave to end then, with the pauses of the timetable made last (state.kept)."""
    legs = flat.legs[flat.kind[k, PROFILE]]
    latest = end
    there = flat.kind[k, END]
    for p in range(length - 1, -1, -1):
        s = state.trial[p]
        latest -= legs[flat.stop[s, PLACE], there, 0] + state.kept[p + 1]
        latest = closing(flat.stop, flat.windows, s, latest - state.trial_work[p])
        there = flat.stop[s, PLACE]
    latest -= legs[flat.kind[k, START], there, 0] + state.kept[0]
    return max(latest, flat.kind[k, ON_DUTY])


@compiled
def _drive(
    flat: Flat, state: State, k: int, length: int, departure: int, patient: bool, spanned: bool
) -> int:
    """When the route ends that leaves then; FAR if a window, the shift or the law is broken.

    `patient`: short waiting is prolonged to a break. `spanned`: whether the day may end.
    """
    legs = flat.legs[flat.kind[k, PROFILE]]
    rule = flat.hours[k]
    now = departure
    driven, today = rule[DRIVEN], rule[TODAY]
    began = departure if rule[FRESH] else rule[DAY_BEGAN]
    reduced = rule[REDUCED_LEFT]
    since = -FAR  # the pause that is going on
    here = flat.kind[k, START]
    pauses = 0
    for p in range(length + 1):
        there = flat.stop[state.trial[p], PLACE] if p < length else flat.kind[k, END]
        left = legs[here, there, 0]
        here = there
        state.kept[p] = 0
        while left > 0:
            if since > -FAR:
                if now - since >= rule[REST] or (reduced > 0 and now - since >= rule[REDUCED]):
                    if now - since < rule[REST] or since - began > rule[SPAN]:
                        reduced = max(reduced - 1, 0)
                    driven, today, began = 0, 0, now
                elif now - since >= rule[BREAK]:
                    driven = 0
                since = -FAR
            span = FAR
            if spanned:
                span = rule[LONG_SPAN] if reduced > 0 else rule[SPAN]
            far = min(left, rule[MAX_DRIVING] - driven, rule[DAILY] - today, began + span - now)
            if far > 0:
                now += far
                driven += far
                today += far
                left -= far
            if left == 0:
                break
            if now > flat.kind[k, OFF_DUTY] or pauses >= _MOST_PAUSES:
                return FAR
            pauses += 1
            pause = rule[BREAK]
            if today >= rule[DAILY] or now >= began + span:
                pause = rule[REDUCED] if reduced > 0 else rule[REST]
                if pause >= FAR:
                    return FAR
            since = now
            now += pause
            state.kept[p] += pause
        if p == length:
            break
        s = state.trial[p]
        work = state.trial_work[p]
        begin = opening(flat.stop, flat.windows, s, now)
        if begin >= FAR:
            return FAR
        if patient and driven > 0 and now < begin < now + rule[BREAK]:
            longer = opening(flat.stop, flat.windows, s, now + rule[BREAK])
            if longer < FAR:
                begin = longer
        if spanned and work > 0:
            span = rule[LONG_SPAN] if reduced > 0 else rule[SPAN]
            rest = rule[REDUCED] if reduced > 0 else rule[REST]
            idle = begin - (now if since == -FAR else since)
            if idle < rest and span < FAR and begin + work > began + span:
                begin = opening(flat.stop, flat.windows, s, now + rest)
                if begin >= FAR:
                    return FAR
        if begin > now:
            if since == -FAR:
                since = now
            waited = begin - now
            if waited >= rule[REST]:
                state.kept[p] += rule[REST]
            elif reduced > 0 and waited >= rule[REDUCED]:
                state.kept[p] += rule[REDUCED]
            elif waited >= rule[BREAK]:
                state.kept[p] += rule[BREAK]
        now = begin
        if work > 0:
            if since > -FAR:
                if now - since >= rule[REST] or (reduced > 0 and now - since >= rule[REDUCED]):
                    if now - since < rule[REST] or since - began > rule[SPAN]:
                        reduced = max(reduced - 1, 0)
                    driven, today, began = 0, 0, now
                elif now - since >= rule[BREAK]:
                    driven = 0
                since = -FAR
            now += work
            if spanned and now > began + (rule[LONG_SPAN] if reduced > 0 else rule[SPAN]):
                return FAR
    return now if now <= flat.kind[k, OFF_DUTY] else FAR
