"""How good a round without pools could be at most: the relaxation's bound on its contribution; pure.

As flow.py, but with everything counted in favour of the loads, so that no plan can beat it: a load is begun as soon
as any truck could be there, a connection costs what it costs the cheapest truck, arcs run both ways, and a truck may
take any number of loads in a row. The flow is solved on the cheapest arcs; its prices of loads (the dual solution)
are then checked against every arc, and what an arc earns beyond them is added once for the load that it leads to.
That is a valid dual solution of the whole relaxation, whatever was left out. Pools can beat it: they carry loads
side by side.
"""

from __future__ import annotations

import numpy as np

from haoyun.platform.market.driving import FloatArray
from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.flow import Columns, Ints, Network, cheapest, earliest_begin_s, first_legs

_ROUNDS = 400  # of Bellman and Ford: fewer than it may take give a weaker bound, not a wrong one


def upper_bound_fen(board: Board) -> float:
    """No plan without pools contributes more than this."""
    if not board.units or not board.trucks:
        return 0.0
    columns = Columns.of(board)
    first = _first_arcs(board, columns)
    follow = _Follow(board, columns)
    near = [follow.arcs(j, best=60) for j in range(len(board.units))] if board.rules.most_in_a_row > 1 else []
    before = np.concatenate([np.full(len(k), j, dtype=np.int64) for j, (k, _) in enumerate(near)] or [_NONE])
    after = np.concatenate([k for k, _ in near] or [_NONE])
    value = np.concatenate([v for _, v in near] or [np.zeros(0)])
    trucks, loads = len(board.trucks), len(board.units)
    kept = cheapest(first[0], first[1], -first[2])
    network = Network.of(
        trucks,
        loads,
        np.concatenate([first[1][kept], before + trucks]),
        np.concatenate([first[0][kept], after]) + trucks,
        np.concatenate([first[2][kept], value]),
    )
    potential = _potentials(network)
    worth = _dual(network, potential)
    # What arcs that were left out earn beyond the prices, once for each load.
    beyond = np.zeros(loads)
    np.maximum.at(beyond, first[0], first[2] - potential[first[1]] + potential[first[0] + trucks])
    if near:
        for j in range(loads):
            k, v = follow.arcs(j, best=None)
            beyond[k] = np.maximum(beyond[k], v - potential[trucks + loads + j] + potential[k + trucks])
    return worth + float(np.maximum(beyond, 0.0).sum())


_NONE: Ints = np.zeros(0, dtype=np.int64)


def _first_arcs(board: Board, columns: Columns) -> tuple[Ints, Ints, FloatArray]:
    loads, trucks, cost = first_legs(board, columns)
    way = columns.loaded_m[loads] * board.cost_fen_m[trucks]
    return loads, trucks, columns.price_fen[loads] - way - cost


class _Follow:
    """Which loads may follow on one, and what that earns at most."""

    def __init__(self, board: Board, columns: Columns) -> None:
        self._board, self._columns = board, columns
        self._begin_s = earliest_begin_s(board, columns)
        self._free_s = np.maximum(self._begin_s + columns.span_s, columns.earliest_free_s)
        latest_free_s = np.maximum(columns.latest_s + columns.span_s, columns.earliest_free_s)
        self._later_s = np.where(np.isfinite(self._free_s), latest_free_s - self._free_s, 0.0)
        cost = np.where(board.takes & board.may_chain, board.cost_fen_m, np.inf).min(axis=1)
        self._least = np.where(np.isfinite(cost), cost, 0.0)
        self._carried = np.isfinite(cost) & np.isfinite(self._begin_s)

    def arcs(self, j: int, best: int | None) -> tuple[Ints, FloatArray]:
        """The loads that may follow on j with what they earn; only the `best` of them if told."""
        board, columns = self._board, self._columns
        if not self._carried[j]:
            return _NONE, np.zeros(0)
        arrives_s = self._free_s[j] + board.roads.legal_s[columns.exit[j]][columns.entry]
        after = np.flatnonzero((arrives_s <= columns.latest_s) & self._carried)
        after = after[after != j]
        cost = np.maximum(self._least[after], self._least[j])
        way = board.roads.distance_m[columns.exit[j]][columns.entry[after]] + columns.loaded_m[after]
        # Who begins the first load later waits less for the next: it cannot be begun later than its window allows.
        waits_s = np.maximum(0.0, columns.wait_floor_s[after] - (arrives_s[after] + self._later_s[j]))
        value = columns.price_fen[after] - way * cost - waits_s * board.waiting_fen_s
        if best is not None and len(after) > best:
            few = np.argpartition(-value, best)[:best]
            after, value = after[few], value[few]
        return after, value


def _potentials(network: Network) -> FloatArray:
    """Prices of the nodes at which no arc that is left in the flow's residual network is worth using."""
    used = network.flows()
    tail = np.where(used, network.head, network.tail)
    head = np.where(used, network.tail, network.head)
    cost = np.where(used, -network.cost, network.cost).astype(np.float64)
    order = np.argsort(head, kind="stable")
    tail, head, cost = tail[order], head[order], cost[order]
    starts = np.flatnonzero(np.r_[True, head[1:] != head[:-1]])
    nodes = head[starts]
    potential = np.zeros(network.trucks + 2 * network.loads + 1)
    for _ in range(_ROUNDS):
        reached = np.minimum.reduceat(potential[tail] + cost, starts)
        better = reached < potential[nodes]
        if not better.any():
            break
        potential[nodes] = np.minimum(potential[nodes], reached)
    return potential


def _dual(network: Network, potential: FloatArray) -> float:
    """The value of the dual solution with these prices, as a contribution."""
    end = network.trucks + 2 * network.loads
    reduced = network.cost + potential[network.tail] - potential[network.head]
    least = -float(potential[: network.trucks].sum()) + network.trucks * float(potential[end])
    return -(least + float(np.minimum(reduced, 0.0).sum()))
