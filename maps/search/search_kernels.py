"""Compiled: searches on a customized hierarchy - climbing, sweeping down to many targets, paths.

Climbing follows the elimination tree (Dibbelt, Strasser, Wagner 2016, section 8). The matrix sweeps down a
selection of the nodes for several sources at once (RPHAST: Delling, Goldberg, Werneck, "Faster Batched
Shortest Paths in Road Networks", ATMOS 2011).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.compiled import compiled
from haoyun.maps.search.hierarchy_kernels import Costs, Shape
from haoyun.maps.search.search import Ends

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

NO_WAY = (1 << 62) - 1
LANES = 16  # sources swept together: their labels of one node fill two cache lines
MS, CM, LOW_HALF = 1000.0, 100.0, 0xFFFFFFFF


class Selection(NamedTuple):
    """The ancestors of the targets from high to low, with the passable arcs down into each."""

    place: IntArray  # (n,) place of each node in the selection, -1 outside
    arc_first: LongArray  # (places + 1,)
    arc_place: IntArray  # place of the higher end
    arc_weight: LongArray


@compiled
def climb(
    node: LongArray, cost: LongArray, shape: Shape, weight: LongArray, label: LongArray, via: LongArray,
    visited: LongArray,
) -> int:  # fmt: skip
    """Search upwards from several nodes through all their ancestors, by rank; how many were visited.

    `label` has NO_WAY everywhere before, and the caller clears what is in `visited` afterwards. `via[v]` is
    the arc that label[v] came by, -1 at a start. Take `up` as weight forwards and `down` backwards.
    """
    front, waiting = np.empty(len(node), np.int64), 0
    for i in range(len(node)):
        v = node[i]
        if label[v] >= NO_WAY:
            front[waiting] = v
            waiting += 1
        if cost[i] < label[v]:
            label[v] = cost[i]
            via[v] = -1
    count = 0
    while waiting > 0:
        at = 0
        for i in range(1, waiting):
            if front[i] < front[at]:
                at = i
        v = front[at]
        visited[count] = v
        count += 1
        begin, end = shape.up_first[v], shape.up_first[v + 1]
        own = label[v]
        if own < NO_WAY:
            for k in range(begin, end):
                u = shape.up_head[k]
                if weight[k] < NO_WAY and own + weight[k] < label[u]:
                    label[u] = own + weight[k]
                    via[u] = k
        known = begin == end
        if not known:
            for i in range(waiting):
                if front[i] == shape.up_head[begin]:
                    known = True
        if known:
            waiting -= 1
            front[at] = front[waiting]
        else:
            front[at] = shape.up_head[begin]
    return count


@compiled
def select(targets: LongArray, shape: Shape, down: LongArray) -> Selection:
    """Everything that a way down to one of the target nodes can pass."""
    place = np.full(len(shape.up_first) - 1, -1, np.int32)
    nodes, size = np.empty(len(place), np.int32), 0
    for i in range(len(targets)):
        v = targets[i]
        while place[v] < 0:
            place[v] = 0
            nodes[size] = v
            size += 1
            if shape.up_first[v] == shape.up_first[v + 1]:
                break
            v = np.int64(shape.up_head[shape.up_first[v]])
    order = np.sort(nodes[:size])[::-1].copy()
    arcs = 0
    for i in range(size):
        place[order[i]] = i
        arcs += shape.up_first[order[i] + 1] - shape.up_first[order[i]]
    arc_first = np.zeros(size + 1, np.int64)
    arc_place, arc_weight = np.empty(arcs, np.int32), np.empty(arcs, np.int64)
    arcs = 0
    for i in range(size):
        for k in range(shape.up_first[order[i]], shape.up_first[order[i] + 1]):
            if down[k] < NO_WAY:
                arc_place[arcs], arc_weight[arcs] = place[shape.up_head[k]], down[k]
                arcs += 1
        arc_first[i + 1] = arcs
    return Selection(place, arc_first, arc_place[:arcs].copy(), arc_weight[:arcs].copy())


@compiled
def sweep(
    begin: int, end: int, starts: Ends, goals: Ends, shape: Shape, up: LongArray, chosen: Selection,
    duration_s: FloatArray, distance_m: FloatArray,
) -> None:  # fmt: skip
    """Fill the rows begin..end of a matrix; row i starts at starts[i], column j ends at the best of goals[j]."""
    n, size = len(shape.up_first) - 1, len(chosen.arc_first) - 1
    label, via, visited = np.full(n, NO_WAY, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    swept = np.empty((size, LANES), np.int64)
    for block in range(begin, end, LANES):
        lanes = min(LANES, end - block)
        swept[:] = NO_WAY
        for lane in range(lanes):
            a, b = starts.first[block + lane], starts.first[block + lane + 1]
            count = climb(starts.node[a:b], starts.cost[a:b], shape, up, label, via, visited)
            for i in range(count):
                v = visited[i]
                if chosen.place[v] >= 0:
                    swept[chosen.place[v], lane] = label[v]
                label[v] = NO_WAY
        for i in range(size):
            for j in range(chosen.arc_first[i], chosen.arc_first[i + 1]):
                u, w = chosen.arc_place[j], chosen.arc_weight[j]
                for lane in range(LANES):
                    by = swept[u, lane] + w
                    own = swept[i, lane]
                    swept[i, lane] = by if by < own else own
        for t in range(len(goals.first) - 1):
            for lane in range(lanes):
                best = NO_WAY
                for g in range(goals.first[t], goals.first[t + 1]):
                    at = swept[chosen.place[goals.node[g]], lane]
                    if at < NO_WAY and at + goals.cost[g] < best:
                        best = at + goals.cost[g]
                if best < NO_WAY:
                    duration_s[block + lane, t] = (best >> 32) / MS
                    distance_m[block + lane, t] = (best & LOW_HALF) / CM
                else:
                    duration_s[block + lane, t] = np.inf
                    distance_m[block + lane, t] = np.inf


@compiled
def reach(node: LongArray, cost: LongArray, shape: Shape, costs: Costs) -> LongArray:
    """Labels of all nodes from one start: climb, then down through every node."""
    n = len(shape.up_first) - 1
    label, via, visited = np.full(n, NO_WAY, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    climb(node, cost, shape, costs.up, label, via, visited)
    for v in range(n - 1, -1, -1):
        for k in range(shape.up_first[v], shape.up_first[v + 1]):
            above = label[shape.up_head[k]]
            if costs.down[k] < NO_WAY and above < NO_WAY:
                label[v] = min(label[v], above + costs.down[k])
    return label


@compiled
def find_path(starts: Ends, goals: Ends, shape: Shape, costs: Costs) -> tuple[int, LongArray]:
    """(weight, nodes from a start to a goal) of the best way for the first search; (NO_WAY, none) without one."""
    n = len(shape.up_first) - 1
    ahead, via_ahead = np.full(n, NO_WAY, np.int64), np.empty(n, np.int64)
    back, via_back = np.full(n, NO_WAY, np.int64), np.empty(n, np.int64)
    visited = np.empty(n, np.int64)
    climb(starts.node, starts.cost, shape, costs.up, ahead, via_ahead, visited)
    count = climb(goals.node, goals.cost, shape, costs.down, back, via_back, visited)
    best, top = NO_WAY, np.int64(-1)
    for i in range(count):
        v = visited[i]
        if ahead[v] < NO_WAY and back[v] < NO_WAY and ahead[v] + back[v] < best:
            best, top = ahead[v] + back[v], v
    nodes = [np.int64(0) for _ in range(0)]
    if top >= 0:
        rising, v = [np.int64(0) for _ in range(0)], top
        while via_ahead[v] >= 0:
            rising.append(via_ahead[v])
            v = np.int64(shape.up_tail[via_ahead[v]])
        nodes.append(v)
        for i in range(len(rising) - 1, -1, -1):
            _unpack(int(rising[i]), True, nodes, shape, costs)
        v = top
        while via_back[v] >= 0:
            k = via_back[v]
            _unpack(int(k), False, nodes, shape, costs)
            v = np.int64(shape.up_tail[k])
    return best, np.array(nodes, dtype=np.int64) if len(nodes) > 0 else np.empty(0, np.int64)


@compiled
def _unpack(arc: int, upward: bool, nodes: list[np.int64], shape: Shape, costs: Costs) -> None:
    """Append the nodes after the start of an arc, down to the input arcs."""
    stack = [(np.int64(arc), upward)]
    while len(stack) > 0:
        k, rises = stack.pop()
        x, y = np.int64(shape.up_tail[k]), np.int64(shape.up_head[k])
        z = np.int64(costs.up_mid[k] if rises else costs.down_mid[k])
        if z < 0:
            nodes.append(y if rises else x)
            continue
        start, stop = (x, y) if rises else (y, x)
        stack.append((np.int64(_arc_between(shape, int(z), int(stop))), True))
        stack.append((np.int64(_arc_between(shape, int(z), int(start))), False))


@compiled
def _arc_between(shape: Shape, low: int, high: int) -> int:
    """As in hierarchy_kernels; a compiled function calls only those of its own file."""
    left, right = shape.up_first[low], shape.up_first[low + 1]
    while left < right:
        middle = (left + right) >> 1
        if shape.up_head[middle] < high:
            left = middle + 1
        else:
            right = middle
    return left  # type: ignore[no-any-return]
