"""Routes of good plans, each set of stops once per kind of vehicle, for recombination by set partitioning."""

from __future__ import annotations

import numpy as np

from haoyun.routing.sisr.compiled import entry, inlined
from haoyun.routing.sisr.flat import RELOADS, Flat
from haoyun.routing.sisr.state import COST, LENGTH, POOLED, POOLED_STOPS, WORK, State

_KIND_HASH = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


@entry
def remember(flat: Flat, state: State, v: int) -> None:
    """Keep route v, or its order of stops if that is cheaper than the one known; nothing once the pool is full."""
    length = state.route[v, LENGTH]
    if length == 0:
        return
    state.num[WORK] += length // 4 + 1
    code = _KIND_HASH * np.uint64(flat.fleet[v] + 1)
    for p in range(length):
        code += state.stop_hash[state.seq[v, p]]
    mask = np.uint64(len(state.pool_slot) - 1)
    slot = (code ^ (code >> np.uint64(29))) & mask
    while state.pool_slot[slot] != 0:
        known = state.pool_slot[slot] - 1
        if state.pool_hash[known] == code and state.pool_row[known, 2] == length:
            state.pool_cost[known, 1] = min(state.pool_cost[known, 1], state.val[COST])
            if state.cost[v] < state.pool_cost[known, 0] - 1e-9:
                state.pool_cost[known, 0] = state.cost[v]
                first = state.pool_row[known, 1]
                for p in range(length):
                    state.pool_stop[first + p] = _named(flat, v, state.seq[v, p])
            return
        slot = (slot + _ONE) & mask
    number = state.num[POOLED]
    first = state.num[POOLED_STOPS]
    if number >= len(state.pool_row) or first + length > len(state.pool_stop):
        return
    state.pool_slot[slot] = number + 1
    state.pool_hash[number] = code
    state.pool_row[number, 0] = flat.fleet[v]
    state.pool_row[number, 1] = first
    state.pool_row[number, 2] = length
    state.pool_cost[number, 0] = state.cost[v]
    state.pool_cost[number, 1] = state.val[COST]
    for p in range(length):
        state.pool_stop[first + p] = _named(flat, v, state.seq[v, p])
    state.num[POOLED] = number + 1
    state.num[POOLED_STOPS] = first + length


@inlined
def _named(flat: Flat, v: int, s: int) -> int:
    """A stop as tours have it: reloads below zero."""
    if s < len(flat.near):
        return s
    return -1 - (s - flat.reload_from[v]) % flat.kind[flat.fleet[v], RELOADS]
