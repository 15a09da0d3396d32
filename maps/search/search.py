"""What every search on a weighted graph answers, and the one that is always there: Dijkstra from scipy.

Nodes are plain numbers. Weights are those of `haoyun.maps.search.weights`: duration and distance of the same path.
The fast search is `haoyun.maps.search.hierarchy`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.search.weights import NO_WAY, unpack

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_CHUNK = 32  # searches at once: bounds memory to about 32 x nodes x 20 bytes
_NO_NODE = -9999  # scipy's mark for "no predecessor"
_LEAST_MS = 1e-3  # a sparse graph cannot hold an arc of weight 0


class Ends(NamedTuple):
    """Where each of several searches starts or stops: nodes, and the cost of getting on or off there.

    Search i has the nodes node[first[i]:first[i + 1]]. The cost is added to the label of the node; it is
    negative at a goal that lies before its node.
    """

    first: LongArray
    node: LongArray
    cost: LongArray

    def only(self, search: int) -> Ends:
        """The ends of one search."""
        a, b = int(self.first[search]), int(self.first[search + 1])
        return Ends(np.array([0, b - a]), self.node[a:b], self.cost[a:b])

    @property
    def searches(self) -> int:
        """How many there are."""
        return len(self.first) - 1


class Search(Protocol):
    """Finds best ways on one weighted graph; safe to use from several threads."""

    def matrix(self, starts: Ends, goals: Ends) -> tuple[FloatArray, FloatArray]:
        """(seconds, metres) of the best way from each start to each goal, inf where there is none."""
        ...

    def path(self, starts: Ends, goals: Ends) -> tuple[int, LongArray]:
        """(weight, nodes) of the best way from the first start to the first goal; (NO_WAY, none) without one."""
        ...

    def reach(self, starts: Ends) -> LongArray:
        """Weights of the best ways from the first start to all nodes, NO_WAY where there is none."""
        ...


class PlainSearch:
    """Dijkstra from scipy over the arcs (tail, head, weight): slow, exact and without compiled code."""

    def __init__(self, nodes: int, tail: LongArray, head: LongArray, weight: LongArray) -> None:
        open_ = weight < NO_WAY
        self._n = nodes
        self._tail, self._head = tail[open_].astype(np.int64), head[open_].astype(np.int64)
        self._weight = weight[open_]

    def matrix(self, starts: Ends, goals: Ends) -> tuple[FloatArray, FloatArray]:
        """As the protocol says; time grows with the number of starts."""
        weight = np.full((starts.searches, goals.searches), NO_WAY, dtype=np.int64)
        for begin in range(0, starts.searches, _CHUNK):
            labels, _ = self._labels(starts, begin, min(begin + _CHUNK, starts.searches))
            for j in range(goals.searches):
                there = slice(int(goals.first[j]), int(goals.first[j + 1]))
                reached = labels[:, goals.node[there]]
                off = np.where(reached < NO_WAY, reached + goals.cost[there], NO_WAY)
                if off.shape[1]:
                    weight[begin : begin + len(labels), j] = off.min(axis=1)
        return unpack(weight)

    def path(self, starts: Ends, goals: Ends) -> tuple[int, LongArray]:
        """As the protocol says."""
        labels, before = self._labels(starts, 0, 1)
        goal, off = goals.only(0).node, goals.only(0).cost
        reached = labels[0, goal]
        total = np.where(reached < NO_WAY, reached + off, NO_WAY)
        if len(total) == 0 or total.min() >= NO_WAY:
            return NO_WAY, np.zeros(0, dtype=np.int64)
        nodes = [int(goal[total.argmin()])]
        while (previous := int(before[0, nodes[-1]])) < self._n:
            nodes.append(previous)
        return int(total.min()), np.array(nodes[::-1], dtype=np.int64)

    def reach(self, starts: Ends) -> LongArray:
        """As the protocol says."""
        labels, _ = self._labels(starts, 0, 1)
        return np.asarray(labels[0])

    def _labels(self, starts: Ends, begin: int, end: int) -> tuple[LongArray, IntArray]:
        """(weights, predecessors) of all nodes for the searches begin..end; each has a node n + i of its own."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - takes a quarter of a second
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

        a, b = int(starts.first[begin]), int(starts.first[end])
        own = self._n + np.repeat(np.arange(end - begin), np.diff(starts.first[begin : end + 1]))
        tail = np.concatenate([self._tail, own])
        head = np.concatenate([self._head, starts.node[a:b]])
        weight = np.concatenate([self._weight, starts.cost[a:b]])
        key = tail * self._n + head
        order = np.lexsort((weight, key))
        key, best = np.unique(key[order], return_index=True)
        weight = weight[order][best]
        size = self._n + end - begin
        graph = csr_array(
            (np.maximum((weight >> 32).astype(np.float64), _LEAST_MS), (key // self._n, key % self._n)),
            shape=(size, size),
        )
        _, before = dijkstra(graph, indices=np.arange(self._n, size), return_predecessors=True)
        return self._sums(before, key, weight), before

    def _sums(self, before: IntArray, key: LongArray, weight: LongArray) -> LongArray:
        """Weights along each search tree: every node jumps to its predecessor's predecessor until all are home."""
        rows, size = before.shape
        row, node = np.nonzero(before != _NO_NODE)
        jump = np.tile(np.arange(size), rows).reshape(rows, size) + np.arange(rows)[:, None] * size
        total = np.zeros((rows, size), dtype=np.int64)
        previous = before[row, node].astype(np.int64)
        total[row, node] = weight[np.searchsorted(key, previous * self._n + node)]
        jump[row, node] = previous + row * size
        flat, to, moved = total.ravel(), jump.ravel(), np.flatnonzero((before != _NO_NODE).ravel())
        while len(moved):
            by = to[moved]
            flat[moved] += flat[by]
            to[moved] = to[by]
            moved = moved[to[moved] != by]
        total[before == _NO_NODE] = NO_WAY
        return total[:, : self._n]
