"""Routes of several trips: which reload is which, when a trip may begin, and what is on board in each.

A reload stands on a route like a stop. Between two of them the figures mean the same as on a route of one trip, so
that one position is still checked in constant time: deliveries are on board from the beginning of their trip, pickups
of jobs until its end, and shipments stay.
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import (
    FAR,
    FIRST_TRIP,
    JOB,
    LATER_TRIP,
    LEFT,
    MAX_RELOADS,
    RELEASE,
    RELOADS,
    TASK,
    WHAT,
    Flat,
)
from haoyun.routing.sisr.state import AFTER, AFTER_MAX, BEFORE_MAX, RELOADED, State


@compiled
def note_trips(flat: Flat, state: State, v: int, k: int, length: int) -> bool:
    """Number the reloads of route v and note from when each trip may begin; whether all are served in a trip they may.

    The same reload is another stop each time it stands on the route: the first, the second ... of the vehicle.
    """
    kinds = flat.kind[k, RELOADS]
    first = flat.reload_from[v]
    count = 0
    fits = True
    for p in range(length):
        s = state.seq[v, p]
        task = flat.stop[s, TASK]
        if task < 0:
            state.seq[v, p] = first + count * kinds + (s - first) % kinds
            count += 1
        elif kinds > 0:
            trip = flat.trip[task, k]
            if (trip == LATER_TRIP and count == 0) or (trip == FIRST_TRIP and count > 0):
                fits = False
    state.route[v, RELOADED] = count
    due = -FAR
    for p in range(length - 1, -1, -1):
        s = state.seq[v, p]
        due = max(due, flat.stop[s, RELEASE])
        state.release[s] = due
        if flat.stop[s, TASK] < 0:
            due = -FAR
    state.start_release[v] = -FAR if flat.kind[k, LEFT] else due
    return fits and count <= flat.kind[k, MAX_RELOADS]


@compiled
def carry_trips(flat: Flat, state: State, v: int, k: int, length: int) -> bool:
    """The loads of route v trip by trip; whether there is room for them."""
    fits = True
    seq = state.seq[v]
    for d in range(flat.room.shape[1]):
        load = flat.base[k, d] + _brought(flat, state, v, 0, length, d)
        shipped = flat.staying[k, d]
        state.start_load[v, AFTER, d] = load
        state.start_load[v, BEFORE_MAX, d] = load
        most = load
        for p in range(length):
            s = seq[p]
            if flat.stop[s, TASK] < 0:
                load = shipped + _brought(flat, state, v, p + 1, length, d)
                most = load
            else:
                load += flat.amount[s, 1, d] - flat.amount[s, 0, d]
                if flat.stop[s, WHAT] != JOB:
                    shipped += flat.amount[s, 1, d]
            most = max(most, load)
            fits = fits and most <= flat.room[k, d]
            state.load[s, AFTER, d] = load
            state.load[s, BEFORE_MAX, d] = most
        fits = fits and state.start_load[v, AFTER, d] <= flat.room[k, d]
        most = -FAR
        for p in range(length - 1, -1, -1):
            s = seq[p]
            most = max(most, state.load[s, AFTER, d])
            state.load[s, AFTER_MAX, d] = most
            if flat.stop[s, TASK] < 0:
                most = -FAR
        state.start_load[v, AFTER_MAX, d] = max(most, state.start_load[v, AFTER, d])
    return fits


@compiled
def _brought(flat: Flat, state: State, v: int, begin: int, length: int, d: int) -> int:
    """What the jobs from position `begin` to the next reload get."""
    total = 0
    for p in range(begin, length):
        s = state.seq[v, p]
        if flat.stop[s, TASK] < 0:
            break
        total += flat.amount[s, 0, d]
    return total


@compiled
def begin_trip(flat: Flat, state: State, v: int, k: int, p: int, length: int) -> None:
    """Set state.riding for the trip whose first stop stands at position p."""
    for d in range(flat.room.shape[1]):
        state.riding[0, d] = flat.base[k, d] - flat.staying[k, d] if p == 0 else 0
        state.riding[1, d] = _brought(flat, state, v, p, length, d)


@compiled
def ride_on(flat: Flat, state: State, s: int) -> None:
    """Bring state.riding past stop s of a task."""
    for d in range(flat.room.shape[1]):
        if flat.stop[s, WHAT] == JOB:
            state.riding[0, d] += flat.amount[s, 1, d]
        state.riding[1, d] -= flat.amount[s, 0, d]
