"""The ends of routes exchanged: which truck goes on with which end, as one assignment of all of them; pure.

Cut before the same position, every route is a beginning and an end. The ends are dealt out anew by a minimum-cost
flow (for position 0: whole chains to trucks). What the flow guesses is driven, ring by ring, before it is kept.
"""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow

from haoyun.platform.market.driving import FloatArray
from haoyun.platform.rounds.plan import LEAST_GAIN_FEN, Ints, Plan
from haoyun.platform.rounds.route import Route

_ARCS = 20  # kept of each end and each beginning


def exchange_ends(plan: Plan, cut: int) -> int:
    """Deal out what comes after the first `cut` units anew. Returns how many routes changed."""
    beginnings = np.flatnonzero((plan.count >= cut) & (plan.most > cut))
    owners = beginnings[plan.count[beginnings] > cut]
    if len(owners) == 0:
        return 0
    dealt = _deal(_gains(plan, cut, beginnings, owners), np.searchsorted(beginnings, owners))
    new_end = {int(beginnings[row]): int(owners[column]) for row, column in dealt}
    new_owner = {owner: truck for truck, owner in new_end.items()}
    changed = 0
    seen: set[int] = set()
    for truck in map(int, beginnings):
        if truck not in seen:
            ring = _ring(truck, new_end, new_owner)
            seen |= ring
            changed += _keep(plan, cut, ring, new_end)
    return changed


def _gains(plan: Plan, cut: int, beginnings: Ints, owners: Ints) -> FloatArray:
    """What each end earns behind each beginning in fen; -inf where it cannot be (beginnings x ends)."""
    board = plan.board
    entry = plan.entry[owners, cut]
    if cut == 0:
        metres, seconds = board.first_m[entry][:, beginnings].T, board.first_s[entry][:, beginnings].T
    else:
        place = plan.at[beginnings, cut]
        metres, seconds = board.roads.distance_m[place][:, entry], board.roads.legal_s[place][:, entry]
    arrives_s = plan.free_s[beginnings, cut][:, None] + seconds
    possible = arrives_s <= plan.late_s[owners, cut]
    left = plan.count[owners] - cut
    possible &= left <= (plan.most[beginnings] - cut)[:, None]
    price, inner_m = np.zeros(len(owners)), np.zeros(len(owners))
    for column, owner in enumerate(map(int, owners)):
        route = plan.routes[owner]
        assert route is not None  # it has units after the cut
        end = route.legs[cut:]
        price[column] = sum(leg.unit.price_fen for leg in end)
        inner_m[column] = sum(leg.unit.loaded_m + leg.empty_m for leg in end) - end[0].empty_m
        jobs = [job for leg in end for job in leg.unit.jobs]
        possible[:, column] &= board.takes[jobs][:, beginnings].all(axis=0)
        if cut == 0:
            possible[:, column] &= board.starts_with[list(end[0].unit.jobs)][:, beginnings].all(axis=0)
    waits_s = np.maximum(0.0, plan.floor_s[owners, cut] - arrives_s)
    gain = price - (metres + inner_m) * board.cost_fen_m[beginnings][:, None] - waits_s * board.waiting_fen_s
    return np.where(possible, gain, -np.inf)


def _deal(gains: FloatArray, own_row: Ints) -> list[tuple[int, int]]:
    """Beginning and end pairs of the best assignment; every end keeps its own beginning as a choice."""
    keep = np.zeros(gains.shape, dtype=np.bool_)
    for axis in (0, 1):
        size = gains.shape[axis]
        if size > _ARCS:
            bar = np.partition(-gains, _ARCS, axis=axis).take(_ARCS, axis=axis)
            keep |= -gains <= np.expand_dims(bar, axis)
        else:
            keep[:] = True
    keep[own_row, np.arange(gains.shape[1])] = True
    rows, columns = np.nonzero(keep & np.isfinite(gains))
    count, ends = gains.shape
    every = np.arange(count + ends, dtype=np.int64)
    tails = np.concatenate([rows, every]).astype(np.int64)
    heads = np.concatenate([columns + count, np.full(count + ends, count + ends)]).astype(np.int64)
    costs = np.zeros(len(tails), dtype=np.int64)
    costs[: len(rows)] = -np.rint(gains[rows, columns]).astype(np.int64)
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        tails, heads, np.ones(len(tails), dtype=np.int64), costs
    )
    solver.set_nodes_supplies(np.arange(count, dtype=np.int64), np.ones(count, dtype=np.int64))
    solver.set_node_supply(count + ends, -count)
    status = solver.solve()
    if status != solver.OPTIMAL:  # every beginning may stay without an end
        raise RuntimeError(f"the ends of routes were not dealt out: {status}")
    used = np.flatnonzero(solver.flows(arcs[: len(rows)]))
    return [(int(rows[a]), int(columns[a])) for a in used]


def _ring(truck: int, new_end: dict[int, int], new_owner: dict[int, int]) -> set[int]:
    """All trucks whose ends hang together by the dealing."""
    ring, found = {truck}, [truck]
    while found:
        one = found.pop()
        for other in (new_end.get(one), new_owner.get(one)):
            if other is not None and other not in ring:
                ring.add(other)
                found.append(other)
    return ring


def _keep(plan: Plan, cut: int, ring: set[int], new_end: dict[int, int]) -> int:
    """Make the change of one ring if it can be driven and earns more."""
    if all(
        new_end.get(truck, truck) == truck and (truck in new_end or plan.count[truck] <= cut)
        for truck in ring
    ):
        return 0
    routes: list[Route] = []
    for truck in sorted(ring):
        owner = new_end.get(truck)
        end = plan.units(owner)[cut:] if owner is not None else ()
        route = plan.drive(truck, plan.units(truck)[:cut] + end)
        if route is None:
            return 0
        routes.append(route)
    if sum(route.contribution_fen - plan.value(route.truck) for route in routes) <= LEAST_GAIN_FEN:
        return 0
    for route in routes:  # all ends are taken away before any is given: a load is never in two places
        plan.put(plan.drive(route.truck, plan.units(route.truck)[:cut]) or route)
    for route in routes:
        plan.put(route)
    return len(routes)
