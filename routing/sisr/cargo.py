"""What is on board along a route: whether it can be unloaded in this order and travels together; cleaning."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import BRINGS, GOODS, PICKUP, TAKES, TASK, WHAT, Flat
from haoyun.routing.sisr.state import State


@compiled
def unstacks(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether what is unloaded was always loaded last, along state.trial[:length] of a vehicle of kind k."""
    stack = state.stack
    top = 0
    for p in range(length - 1, -1, -1):
        s = state.trial[p]
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] < PICKUP:
            stack[top] = s
            top += 1
    for n in range(flat.begun.aboard.shape[1]):
        if flat.begun.aboard[k, n] >= 0:
            stack[top] = flat.begun.aboard[k, n]
            top += 1
    for p in range(length):
        s = state.trial[p]
        if flat.stop[s, BRINGS]:
            # A delivery unloads what its pickup, the stop before it by number, has loaded.
            item = s if flat.stop[s, WHAT] < PICKUP else s - 1
            if top == 0 or stack[top - 1] != item:
                return False
            top -= 1
        if flat.stop[s, TAKES]:
            # What a job takes on stays to the end: nothing that is unloaded later may lie below it.
            stack[top] = s if flat.stop[s, WHAT] == PICKUP else -1
            top += 1
    return True


@compiled
def has_room(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether the load fits along the first trip: what is loaded for later stops lies there at fixed ones too."""
    for d in range(flat.room.shape[1]):
        load = 0
        for p in range(length):
            if flat.stop[state.trial[p], TASK] < 0:
                break
            load += flat.amount[state.trial[p], 0, d]
        most = load
        for p in range(length):
            if flat.stop[state.trial[p], TASK] < 0:
                break
            load += flat.amount[state.trial[p], 1, d] - flat.amount[state.trial[p], 0, d]
            most = max(most, load)
        if most > flat.room[k, d]:
            return False
    return True


@compiled
def gets_along(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether no goods are on board together that must be kept apart; adds cleaning to the work of stops."""
    kinds = len(flat.apart)
    items = _aboard_at_first(flat, state, k, length)
    carried = 0
    for g in range(kinds):
        if state.aboard[g] > 0:
            carried |= 1 << g
    # What is on board of a vehicle under way is a fact until something is loaded to it.
    if not flat.begun.has_left[k] and not _kept_apart(flat, state):
        return False
    for p in range(length):
        s = state.trial[p]
        own = flat.stop[s, GOODS]
        if flat.stop[s, BRINGS]:
            items -= 1
            if own >= 0:
                state.aboard[own] -= 1
        if not flat.stop[s, TAKES]:
            continue
        if own >= 0:
            seconds = 0
            for g in range(kinds):
                if carried & (1 << g):
                    seconds = max(seconds, flat.cleaning[g, own])
            if seconds > 0:
                if items > 0:
                    return False
                state.trial_work[p] += seconds
                carried = 0
            carried |= 1 << own
            state.aboard[own] += 1
        if not _kept_apart(flat, state):
            return False
        items += 1
    return True


@compiled
def _aboard_at_first(flat: Flat, state: State, k: int, length: int) -> int:
    """Fill state.aboard with the kinds of goods that the route begins with; how many items there are."""
    for g in range(len(flat.apart)):
        state.aboard[g] = 0
    items = flat.begun.other_load[k]
    for p in range(length):
        s = state.trial[p]
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] < PICKUP:
            items += 1
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += 1
    for n in range(flat.begun.aboard.shape[1]):
        s = flat.begun.aboard[k, n]
        if s >= 0:
            items += 1
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += 1
    for n in range(flat.begun.loaded.shape[1]):
        s = flat.begun.loaded[k, n]
        if s < 0:
            continue
        served = False
        for p in range(length):
            served = served or state.trial[p] == s
        if not served:
            items += 1
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += 1
    return items


@compiled
def _kept_apart(flat: Flat, state: State) -> bool:
    for g in range(len(flat.apart)):
        if state.aboard[g] > 0 and flat.apart[g]:
            for other in range(len(flat.apart)):
                if state.aboard[other] > 0 and flat.apart[g] & (1 << other):
                    return False
    return True
