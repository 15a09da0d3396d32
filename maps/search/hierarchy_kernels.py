"""Compiled: building a customizable contraction hierarchy and giving it weights.

Nodes are in rank order, 0 is contracted first. An arc joins a node to a higher one; `up` is its weight upwards
and `down` its weight from the higher node to the lower one. Weights are those of `haoyun.maps.search.weights`.

Dibbelt, Strasser, Wagner, "Customizable Contraction Hierarchies", ACM JEA 21 (2016), sections 4 to 7.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.compiled import compiled

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

NO_WAY = (1 << 62) - 1


class Shape(NamedTuple):
    """The arcs of a hierarchy, without weights: by lower node (up_...) and by higher node (low_...)."""

    up_first: LongArray  # (n + 1,) first arc of each node
    up_head: IntArray  # (arcs,) higher end, ascending for each node
    up_tail: IntArray  # (arcs,) lower end
    low_first: LongArray  # (n + 1,) first place of each node in the two columns below
    low_arc: LongArray  # (arcs,) arcs by higher end, lower ends ascending
    low_node: IntArray  # (arcs,) their lower ends


class Inputs(NamedTuple):
    """The input arcs by the arc of the hierarchy that they lie on: those of arc k are arc[first[k]:first[k + 1]]."""

    first: LongArray
    arc: LongArray
    upward: BoolArray  # (input arcs,) whether each runs from the lower to the higher rank


class Costs(NamedTuple):
    """Weights of the arcs, and the lower node that a shortcut runs by (-1 where the input arc stands)."""

    up: LongArray
    down: LongArray
    up_mid: IntArray
    down_mid: IntArray


@compiled
def contract(first: LongArray, head: IntArray) -> tuple[LongArray, IntArray]:
    """Chordal completion: (up_first, up_head) from CSR of the higher neighbours of every node."""
    n = len(first) - 1
    up_first = np.zeros(n + 1, np.int64)
    up_head = np.empty(max(16, 4 * len(head)), np.int32)
    child, sibling = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    mark, found = np.full(n, -1, np.int32), np.empty(n, np.int32)
    size = 0
    for v in range(n):
        count = 0
        for i in range(first[v], first[v + 1]):
            if mark[head[i]] != v:
                mark[head[i]] = v
                found[count] = head[i]
                count += 1
        c = child[v]
        while c >= 0:
            for i in range(up_first[c] + 1, up_first[c + 1]):  # the first one is v itself
                if mark[up_head[i]] != v:
                    mark[up_head[i]] = v
                    found[count] = up_head[i]
                    count += 1
            c = sibling[c]
        if size + count > len(up_head):
            grown = np.empty(2 * (size + count), np.int32)
            grown[:size] = up_head[:size]
            up_head = grown
        up_head[size : size + count] = np.sort(found[:count])
        if count > 0:
            parent = up_head[size]
            sibling[v] = child[parent]
            child[parent] = v
        size += count
        up_first[v + 1] = size
    return up_first, up_head[:size].copy()


@compiled
def arc_between(up_first: LongArray, up_head: IntArray, low: int, high: int) -> int:
    """The number of the arc from `low` up to `high`; they must be neighbours."""
    left, right = up_first[low], up_first[low + 1]
    while left < right:
        middle = (left + right) >> 1
        if up_head[middle] < high:
            left = middle + 1
        else:
            right = middle
    return left  # type: ignore[no-any-return]


@compiled
def place_arcs(
    up_first: LongArray, up_head: IntArray, tail: LongArray, head: LongArray
) -> tuple[LongArray, BoolArray]:
    """For each input arc between ranks: (arc of the hierarchy, whether it runs upwards); -1 for loops."""
    slot, upward = np.empty(len(tail), np.int64), np.empty(len(tail), np.bool_)
    for i in range(len(tail)):
        a, b = tail[i], head[i]
        upward[i] = a < b
        slot[i] = -1 if a == b else arc_between(up_first, up_head, min(a, b), max(a, b))
    return slot, upward


@compiled
def spread(inputs: Inputs, weight: LongArray) -> tuple[LongArray, LongArray]:
    """Weights of the input arcs on the arcs of the hierarchy, before customization: (up, down)."""
    arcs = len(inputs.first) - 1
    up, down = np.empty(arcs, np.int64), np.empty(arcs, np.int64)
    for k in range(arcs):
        up[k], down[k] = _least_inputs(k, inputs, weight)
    return up, down


@compiled
def _least_inputs(k: int, inputs: Inputs, weight: LongArray) -> tuple[int, int]:
    """The least weights of the input arcs on an arc, upwards and downwards."""
    up, down = NO_WAY, NO_WAY
    for i in range(inputs.first[k], inputs.first[k + 1]):
        arc = inputs.arc[i]
        if inputs.upward[arc]:
            up = min(up, weight[arc])
        else:
            down = min(down, weight[arc])
    return up, down


@compiled
def customize(shape: Shape, up: LongArray, down: LongArray) -> tuple[IntArray, IntArray]:
    """Write the weights of all shortcuts into `up` and `down`; (up_mid, down_mid)."""
    n = len(shape.up_first) - 1
    at = np.zeros(n, np.int64)
    up_mid, down_mid = np.full(len(up), -1, np.int32), np.full(len(up), -1, np.int32)
    for x in range(n):
        for k in range(shape.up_first[x], shape.up_first[x + 1]):
            at[shape.up_head[k]] = k
        for i in range(shape.low_first[x], shape.low_first[x + 1]):
            a, z = shape.low_arc[i], shape.low_node[i]
            fall, rise = down[a], up[a]
            if fall >= NO_WAY and rise >= NO_WAY:
                continue
            for j in range(a + 1, shape.up_first[z + 1]):
                k = at[shape.up_head[j]]
                if fall + up[j] < up[k]:
                    up[k] = fall + up[j]
                    up_mid[k] = z
                if down[j] + rise < down[k]:
                    down[k] = down[j] + rise
                    down_mid[k] = z
    return up_mid, down_mid


@compiled
def _renew(k: int, shape: Shape, costs: Costs, inputs: Inputs, weight: LongArray) -> bool:
    """Work out one arc anew from its input and its lower triangles; whether it changed."""
    x, y = shape.up_tail[k], shape.up_head[k]
    best_up, best_down = _least_inputs(k, inputs, weight)
    mid_up, mid_down = np.int32(-1), np.int32(-1)
    i, i_end = shape.low_first[x], shape.low_first[x + 1]
    j, j_end = shape.low_first[y], shape.low_first[y + 1]
    while i < i_end and j < j_end:
        if shape.low_node[i] < shape.low_node[j]:
            i += 1
        elif shape.low_node[i] > shape.low_node[j]:
            j += 1
        else:
            a, b = shape.low_arc[i], shape.low_arc[j]
            rise, fall = costs.down[a] + costs.up[b], costs.down[b] + costs.up[a]
            if rise < best_up:
                best_up, mid_up = rise, shape.low_node[i]
            if fall < best_down:
                best_down, mid_down = fall, shape.low_node[i]
            i += 1
            j += 1
    changed = best_up != costs.up[k] or best_down != costs.down[k]
    costs.up[k], costs.down[k], costs.up_mid[k], costs.down_mid[k] = best_up, best_down, mid_up, mid_down
    return changed  # type: ignore[no-any-return]


@compiled
def recustomize(changed: LongArray, shape: Shape, costs: Costs, inputs: Inputs, weight: LongArray) -> int:
    """Bring `costs` up to date after the inputs of the arcs `changed` changed; how many arcs were renewed.

    Nodes are taken by rank. An arc above is renewed only if the triangle below it became better than it, or
    is the one that it stands on.
    """
    up, down = costs.up, costs.down
    dirty, waiting = np.zeros(len(up), np.bool_), np.zeros(len(shape.up_first), np.bool_)
    heap = [np.int64(0) for _ in range(0)]
    for k in changed:
        dirty[k] = True
        if not waiting[shape.up_tail[k]]:
            waiting[shape.up_tail[k]] = True
            heapq.heappush(heap, np.int64(shape.up_tail[k]))
    renewed = 0
    while len(heap) > 0:
        x = heapq.heappop(heap)
        for k in range(shape.up_first[x], shape.up_first[x + 1]):
            if not dirty[k]:
                continue
            renewed += 1
            y = shape.up_head[k]
            if not _renew(k, shape, costs, inputs, weight):
                continue
            for j in range(shape.up_first[x], shape.up_first[x + 1]):
                z = shape.up_head[j]
                if z == y:
                    continue
                low = min(y, z)
                t = arc_between(shape.up_first, shape.up_head, low, max(y, z))
                to_low, to_high = (k, j) if y < z else (j, k)
                rise, fall = down[to_low] + up[to_high], down[to_high] + up[to_low]
                stands_up, stands_down = costs.up_mid[t] == x, costs.down_mid[t] == x
                if (
                    rise < up[t]
                    or fall < down[t]
                    or (stands_up and rise != up[t])
                    or (stands_down and fall != down[t])
                ):
                    dirty[t] = True
                    if not waiting[low]:
                        waiting[low] = True
                        heapq.heappush(heap, np.int64(low))
    return renewed
