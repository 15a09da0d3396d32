"""Take out the reloads that a route no longer needs once some of its tasks are gone."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import JOB, TASK, WHAT, Flat
from haoyun.routing.sisr.schedule import recompute
from haoyun.routing.sisr.state import AFTER_MAX, BEFORE_MAX, LENGTH, State


@compiled
def drop_idle_reloads(flat: Flat, state: State, v: int) -> None:
    """Take out reloads of route v that no trip follows; its figures must be computed anew afterwards."""
    left = 0
    seq = state.seq[v]
    for p in range(state.route[v, LENGTH]):
        s = seq[p]
        if flat.stop[s, TASK] < 0 and left > 0 and flat.stop[seq[left - 1], TASK] < 0:
            left -= 1
        seq[left] = s
        left += 1
    while left > 0 and flat.stop[seq[left - 1], TASK] < 0:
        left -= 1
    state.route[v, LENGTH] = left


@compiled
def join_trips(flat: Flat, state: State, v: int) -> None:
    """Take out each reload of route v without which it keeps all rules and costs no more."""
    seq = state.seq[v]
    for p in range(state.route[v, LENGTH] - 1, -1, -1):
        s = seq[p]
        if flat.stop[s, TASK] >= 0 or not _fits_as_one(flat, state, v, p):
            continue
        cost = state.cost[v]
        length = state.route[v, LENGTH]
        for q in range(p, length - 1):
            seq[q] = seq[q + 1]
        state.route[v, LENGTH] = length - 1
        if recompute(flat, state, v) and state.cost[v] <= cost:
            continue
        for q in range(length - 1, p, -1):
            seq[q] = seq[q - 1]
        seq[p] = s
        state.route[v, LENGTH] = length
        recompute(flat, state, v)


@compiled
def _fits_as_one(flat: Flat, state: State, v: int, p: int) -> bool:
    """Whether the loads of the trips before and after the reload at position p fit together."""
    k = flat.fleet[v]
    seq = state.seq[v]
    for d in range(flat.room.shape[1]):
        brought = 0
        for q in range(p + 1, state.route[v, LENGTH]):
            if flat.stop[seq[q], TASK] < 0:
                break
            brought += flat.amount[seq[q], 0, d]
        riding = 0
        q = p - 1
        while q >= 0 and flat.stop[seq[q], TASK] >= 0:
            if flat.stop[seq[q], WHAT] == JOB:
                riding += flat.amount[seq[q], 1, d]
            q -= 1
        if q < 0:
            riding += flat.base[k, d] - flat.staying[k, d]
        most = state.load[seq[p - 1], BEFORE_MAX, d] if p > 0 else state.start_load[v, BEFORE_MAX, d]
        if most + brought > flat.room[k, d] or state.load[seq[p], AFTER_MAX, d] + riding > flat.room[k, d]:
            return False
    return True
