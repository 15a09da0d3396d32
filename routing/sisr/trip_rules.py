"""Load sequence, goods kept apart and cleaning on a route of several trips, for judge.py."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import (
    BRINGS,
    FAR,
    GOODS,
    JOB,
    LEFT,
    LIFO,
    PICKUP,
    RELEASE,
    SERVICE,
    TAKES,
    TASK,
    WHAT,
    Flat,
)
from haoyun.routing.sisr.state import State

# More shipments than this are never on board.
_TRIP = 1 << 32


@compiled
def keeps_trip_rules(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether state.trial[:length] keeps them; sets trial_work and trial_from."""
    due = -FAR
    for p in range(length - 1, -1, -1):
        s = state.trial[p]
        state.trial_work[p] = flat.stop[s, SERVICE]
        state.trial_from[p + 1] = -FAR
        if flat.stop[s, TASK] < 0:
            state.trial_from[p + 1] = due
            due = -FAR
        else:
            due = max(due, flat.stop[s, RELEASE])
    state.trial_from[0] = -FAR if flat.kind[k, LEFT] else due
    if flat.kind[k, LIFO] and not _unstacks(flat, state, k, length):
        return False
    return len(flat.apart) == 0 or _gets_along(flat, state, k, length)


@compiled
def _unstacks(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether what is unloaded was always loaded last, and no shipment stays on board over a reload."""
    stack = state.stack
    top = _stack_trip(flat, state, 0, length, 0)
    aboard = 0
    for n in range(flat.begun.aboard.shape[1]):
        if flat.begun.aboard[k, n] >= 0:
            stack[top] = flat.begun.aboard[k, n]
            top += 1
            aboard += 1
    for p in range(length):
        s = state.trial[p]
        if flat.stop[s, TASK] < 0:
            if aboard > 0:
                return False
            top = _stack_trip(flat, state, p + 1, length, 0)
            continue
        if flat.stop[s, BRINGS]:
            item = s if flat.stop[s, WHAT] == JOB else s - 1
            if top == 0 or stack[top - 1] != item:
                return False
            top -= 1
            aboard -= flat.stop[s, WHAT] != JOB
        if flat.stop[s, TAKES]:
            stack[top] = s if flat.stop[s, WHAT] == PICKUP else -1
            top += 1
            aboard += flat.stop[s, WHAT] == PICKUP
    return True


@compiled
def _stack_trip(flat: Flat, state: State, begin: int, length: int, top: int) -> int:
    """Load what the trip's jobs get, the last one's first; the height of the stack."""
    end = begin
    while end < length and flat.stop[state.trial[end], TASK] >= 0:
        end += 1
    for p in range(end - 1, begin - 1, -1):
        s = state.trial[p]
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] == JOB:
            state.stack[top] = s
            top += 1
    return top


@compiled
def _gets_along(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether no goods are on board together that must be kept apart; adds cleaning to the work of stops.

    state.aboard counts what is on board by kind: of shipments in units of 1, of what the trip's end unloads in units
    of _TRIP. `items` counts the same for goods of any kind and of none.
    """
    kinds = len(flat.apart)
    for g in range(kinds):
        state.aboard[g] = 0
    items = _load_trip(flat, state, 0, length) + _begun_with(flat, state, k, length)
    carried = _kinds(flat, state)
    # What is on board of a vehicle under way is a fact until something is loaded to it.
    if not flat.kind[k, LEFT] and _clashes(flat, carried):
        return False
    for p in range(length):
        s = state.trial[p]
        own = flat.stop[s, GOODS]
        if flat.stop[s, TASK] < 0:
            for g in range(kinds):
                state.aboard[g] %= _TRIP
            items %= _TRIP
            staying = _kinds(flat, state)
            loaded = _brought_kinds(flat, state, p + 1, length)
            seconds = _cleaning(flat, carried, loaded)
            if seconds > 0 and items > 0:
                return False
            state.trial_work[p] += seconds
            carried = loaded if seconds > 0 else carried | loaded
            items += _load_trip(flat, state, p + 1, length)
            if _clashes(flat, staying | loaded):
                return False
            continue
        if flat.stop[s, BRINGS]:
            unit = _TRIP if flat.stop[s, WHAT] == JOB else 1
            items -= unit
            if own >= 0:
                state.aboard[own] -= unit
        if not flat.stop[s, TAKES]:
            continue
        unit = _TRIP if flat.stop[s, WHAT] == JOB else 1
        if own >= 0:
            seconds = _cleaning(flat, carried, 1 << own)
            if seconds > 0:
                if items > 0:
                    return False
                state.trial_work[p] += seconds
                carried = 0
            carried |= 1 << own
            state.aboard[own] += unit
        if _clashes(flat, _kinds(flat, state)):
            return False
        items += unit
    return True


@compiled
def _load_trip(flat: Flat, state: State, begin: int, length: int) -> int:
    """Count what the trip's jobs get as on board; how much there is of it, in units of _TRIP."""
    items = 0
    for p in range(begin, length):
        s = state.trial[p]
        if flat.stop[s, TASK] < 0:
            break
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] == JOB:
            items += _TRIP
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += _TRIP
    return items


@compiled
def _begun_with(flat: Flat, state: State, k: int, length: int) -> int:
    """Count what a vehicle under way has on board besides what it brings; how much there is of it."""
    items = flat.begun.other_load[k] * _TRIP
    for n in range(flat.begun.aboard.shape[1]):
        s = flat.begun.aboard[k, n]
        if s >= 0:
            items += 1
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += 1
    for n in range(flat.begun.loaded.shape[1]):
        s = flat.begun.loaded[k, n]
        served = s < 0
        for p in range(length):
            served = served or state.trial[p] == s
        if not served:
            items += _TRIP
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += _TRIP
    return items


@compiled
def _brought_kinds(flat: Flat, state: State, begin: int, length: int) -> int:
    """The kinds of goods that the trip's jobs get, as bits."""
    found = 0
    for p in range(begin, length):
        s = state.trial[p]
        if flat.stop[s, TASK] < 0:
            break
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] == JOB and flat.stop[s, GOODS] >= 0:
            found |= 1 << flat.stop[s, GOODS]
    return found


@compiled
def _kinds(flat: Flat, state: State) -> int:
    """The kinds of goods on board, as bits."""
    found = 0
    for g in range(len(flat.apart)):
        if state.aboard[g] > 0:
            found |= 1 << g
    return found


@compiled
def _clashes(flat: Flat, aboard: int) -> bool:
    """Whether two of these kinds may not be on board together."""
    clash = False
    for g in range(len(flat.apart)):
        clash = clash or (aboard & (1 << g) != 0 and flat.apart[g] & aboard != 0)
    return clash


@compiled
def _cleaning(flat: Flat, carried: int, loaded: int) -> int:
    """Seconds of cleaning before these kinds are loaded after those."""
    seconds = 0
    for g in range(len(flat.apart)):
        if carried & (1 << g):
            for own in range(len(flat.apart)):
                if loaded & (1 << own):
                    seconds = max(seconds, flat.cleaning[g, own])
    return seconds
