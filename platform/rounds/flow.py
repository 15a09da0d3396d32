"""The relaxation of a round: which load follows on which, as one minimum-cost flow through all trucks; pure.

Every truck sends one unit of flow to the end, straight (it stays idle) or through loads: truck -> load -> load ->
... -> end. A load lets one unit through. The cost of an arc is what the connection costs: empty way and waiting,
less the price of the load that it leads to and plus its loaded way. Integer fen; OR-Tools' SimpleMinCostFlow.

Ignored, and mended afterwards (improve.py): that being late at one load makes a truck later at all that follow,
rules that only matching knows, how many loads a truck may take in a row, and that trucks cost differently on the
arcs between loads. Arcs run only from a load that can be begun earlier to one that can be begun later: without an
order a ring of loads would pay without a truck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from haoyun.platform.market.driving import FloatArray
from haoyun.platform.rounds.board import Board

_SUCCESSORS = 200  # looked at of each load before the cheapest at both ends are kept
ARCS_PER_END = 30  # kept of each truck and each load, to and from, the cheapest first
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Units of single loads as columns."""

    entry: Ints
    exit: Ints
    latest_s: FloatArray
    span_s: FloatArray
    earliest_free_s: FloatArray
    wait_floor_s: FloatArray
    loaded_m: FloatArray
    price_fen: FloatArray

    @classmethod
    def of(cls, board: Board) -> Columns:
        """The columns of a board's loads."""

        def floats(name: str) -> FloatArray:
            return np.array([getattr(unit, name) for unit in board.units], dtype=np.float64)

        return cls(
            np.array([unit.entry for unit in board.units], dtype=np.int64),
            np.array([unit.exit for unit in board.units], dtype=np.int64),
            *(floats(n) for n in ("latest_s", "span_s", "earliest_free_s", "wait_floor_s", "loaded_m", "price_fen")),
        )  # fmt: skip


def first_legs(board: Board, columns: Columns) -> tuple[Ints, Ints, FloatArray]:
    """Loads and trucks that can begin with them in time, and what coming there costs in fen."""
    loads, trucks = np.nonzero(board.starts_with)
    entry = columns.entry[loads]
    arrives_s = board.leaves_s[trucks] + board.first_s[entry, trucks]
    in_time = arrives_s <= columns.latest_s[loads]
    loads, trucks, entry, arrives_s = loads[in_time], trucks[in_time], entry[in_time], arrives_s[in_time]
    empty_fen = board.first_m[entry, trucks] * board.cost_fen_m[trucks]
    waits_fen = np.maximum(0.0, columns.wait_floor_s[loads] - arrives_s) * board.waiting_fen_s
    return loads, trucks, empty_fen + waits_fen


def earliest_begin_s(board: Board, columns: Columns) -> FloatArray:
    """When each load can be reached by any truck at the earliest; inf for what nobody reaches in time."""
    by_place = (board.leaves_s[None, :] + board.first_s).min(axis=1)
    earliest = by_place[columns.entry]
    return np.where(earliest <= columns.latest_s, earliest, np.inf)


def chains(board: Board) -> list[list[int]]:
    """For each truck the loads that the relaxation sends through it, in order."""
    if not board.units or not board.trucks:
        return [[] for _ in board.trucks]
    columns = Columns.of(board)
    cost = typical_cost_fen_m(board)
    tail, head, value = _arcs(board, columns, cost)
    return _solve(board, tail, head, value)


def typical_cost_fen_m(board: Board) -> FloatArray:
    """For each load, the middle of what a metre costs the trucks that may take it."""
    return np.full(len(board.units), float(np.median(board.cost_fen_m)))


def _arcs(board: Board, columns: Columns, cost_fen_m: FloatArray) -> tuple[Ints, Ints, FloatArray]:
    """Arcs as (tail, head, what it earns): trucks are 0 to n-1, load j is n + j."""
    trucks = len(board.trucks)
    loads, starts, cost = first_legs(board, columns)
    gain = columns.price_fen[loads] - columns.loaded_m[loads] * board.cost_fen_m[starts] - cost
    keep = cheapest(loads, starts, -gain)
    tails, heads, values = [starts[keep]], [loads[keep] + trucks], [gain[keep]]
    if board.rules.most_in_a_row > 1 and bool(board.may_chain.any()):
        before, after, cost = connections(board, columns, cost_fen_m, earliest_begin_s(board, columns))
        tails.append(before + trucks)
        heads.append(after + trucks)
        values.append(columns.price_fen[after] - columns.loaded_m[after] * cost_fen_m[after] - cost)
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(values)


def connections(
    board: Board, columns: Columns, cost_fen_m: FloatArray, begin_s: FloatArray
) -> tuple[Ints, Ints, FloatArray]:
    """Loads that can be taken one after the other, and what the connection costs in fen; the cheapest of each."""
    begins = np.maximum(begin_s, columns.wait_floor_s)
    free_s = np.maximum(begin_s + columns.span_s, columns.earliest_free_s)
    reached = np.flatnonzero(np.isfinite(begin_s))
    entry, latest_s = columns.entry[reached], columns.latest_s[reached]
    floor_s, begins_there, cost_there = columns.wait_floor_s[reached], begins[reached], cost_fen_m[reached]
    befores, afters, costs = [], [], []
    for j in reached:
        arrives_s = free_s[j] + board.roads.legal_s[columns.exit[j]][entry]
        later = np.flatnonzero((arrives_s <= latest_s) & (begins_there > begins[j]))
        empty_fen = board.roads.distance_m[columns.exit[j]][entry[later]] * cost_there[later]
        waits_s = np.maximum(0.0, floor_s[later] - arrives_s[later])
        cost = empty_fen + waits_s * board.waiting_fen_s
        if len(later) > _SUCCESSORS:
            few = np.argpartition(cost, _SUCCESSORS)[:_SUCCESSORS]
            later, cost = later[few], cost[few]
        befores.append(np.full(len(later), j, dtype=np.int64))
        afters.append(reached[later])
        costs.append(cost)
    if not befores:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float64)
    before, after, cost = np.concatenate(befores), np.concatenate(afters), np.concatenate(costs)
    keep = cheapest(before, after, cost)
    return before[keep], after[keep], cost[keep]


def cheapest(one: Ints, other: Ints, cost: FloatArray) -> Ints:
    """Indexes of the arcs that are among the ARCS_PER_END cheapest at either of their ends."""
    keep = np.zeros(len(cost), dtype=np.bool_)
    for end in (one, other):
        order = np.lexsort((cost, end))
        sorted_end = end[order]
        rank = np.arange(len(order)) - np.searchsorted(sorted_end, sorted_end)
        keep[order[rank < ARCS_PER_END]] = True
    return np.flatnonzero(keep)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Trucks (0 to n-1), loads as they are entered, loads as they are left, the end; every arc lets one through."""

    trucks: int
    loads: int
    tail: Ints
    head: Ints
    cost: Ints

    @classmethod
    def of(cls, trucks: int, loads: int, tail: Ints, head: Ints, value: FloatArray) -> Network:
        """From arcs between trucks (0 to n-1) and loads (n + j) with what they earn."""
        inner = np.arange(trucks, trucks + loads, dtype=np.int64)
        idle = np.concatenate([np.arange(trucks, dtype=np.int64), inner + loads])
        free = np.zeros(loads + len(idle), dtype=np.int64)
        return cls(
            trucks,
            loads,
            np.concatenate([np.where(tail < trucks, tail, tail + loads), inner, idle]),
            np.concatenate([head, inner + loads, np.full(len(idle), trucks + 2 * loads, dtype=np.int64)]),
            np.concatenate([-np.ceil(value).astype(np.int64), free]),
        )

    def flows(self) -> NDArray[np.bool_]:
        """Which arcs the cheapest flow uses that sends one unit from each truck to the end."""
        solver = min_cost_flow.SimpleMinCostFlow()
        ones = np.ones(len(self.tail), dtype=np.int64)
        arcs = solver.add_arcs_with_capacity_and_unit_cost(self.tail, self.head, ones, self.cost)
        every = np.arange(self.trucks, dtype=np.int64)
        solver.set_nodes_supplies(every, np.ones(self.trucks, dtype=np.int64))
        solver.set_node_supply(self.trucks + 2 * self.loads, -self.trucks)
        status = solver.solve()
        if status != solver.OPTIMAL:  # every truck may stay idle, so there is always an answer
            raise RuntimeError(f"the flow through trucks and loads was not solved: {status}")
        return np.asarray(solver.flows(arcs), dtype=np.int64) > 0


def _solve(board: Board, tail: Ints, head: Ints, value: FloatArray) -> list[list[int]]:
    trucks = len(board.trucks)
    network = Network.of(trucks, len(board.units), tail, head, value)
    used = np.flatnonzero(network.flows()[: len(value)])
    following = {int(tail[a]): int(head[a]) for a in used}
    found = []
    for truck in range(trucks):
        chain, node = [], following.get(truck)
        while node is not None:
            chain.append(node - trucks)
            node = following.get(node)
        found.append(chain)
    return found
