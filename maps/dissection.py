"""Nested dissection of a road graph by inertial flow: which roads divide the map, from large parts to small.

The order decides how small the hierarchy is, never what it answers. Roads (links) are cut rather than
crossings, because on the turn-expanded graph a road is a node and the roads of a cut are its separator
(Buchhold, Wagner, Zeitz, Zuendorf, "Customizable Contraction Hierarchies with Turn Costs", ATMOS 2020). Cuts
are minimum cuts between the two ends of the part along four directions (Schild, Sommer, "On Balanced Separators
in Road Networks", SEA 2015).
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

_END_SHARE = 0.3  # of the nodes at either end are held together; larger is more even, with longer cuts
_DIRECTIONS = ((1.0, 0.0), (0.0, 1.0), (0.7071, 0.7071), (0.7071, -0.7071))


def dissect(
    node_count: int, link_a: NDArray[np.int32], link_b: NDArray[np.int32], x: NDArray[Any], y: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rank of each link, rank of each node): what is cut first has the highest rank.

    Links join nodes without direction, shape (k,); x, y are positions in any plane. Links of one cut follow
    each other. A node ranks just below the cut that it touches first, on the side with fewer such nodes.
    """
    first, link_of = _incidence(node_count, link_a, link_b)
    views = np.array([[dx * x + dy * y] for dx, dy in _DIRECTIONS]).reshape(len(_DIRECTIONS), node_count)
    link_rank, node_rank = _dissect(node_count, link_a, link_b, first, link_of, views, _END_SHARE)
    return link_rank, node_rank


def _incidence(
    node_count: int, link_a: NDArray[np.int32], link_b: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """CSR of the links at each node."""
    ends = np.concatenate([link_a, link_b])
    order = np.argsort(ends, kind="stable")
    first = np.zeros(node_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=node_count), out=first[1:])
    return first, order % len(link_a) if len(link_a) else order


@nb.njit(cache=True, nogil=True)
def _flow_cut(nodes, role, flow, first, link_of, link_a, link_b, part, own, queue, via, seen, stamp, limit):
    """Minimum cut between nodes of role 1 and 2 inside part `own`; (size, stamp of the side of role 1).

    `seen[v] == stamp` marks the side. Stops with size `limit` once the flow reaches it.
    """
    size = 0
    while True:
        stamp += 1
        head, tail = 0, 0
        for v in nodes:
            if role[v] == 1:
                seen[v] = stamp
                via[v] = -1
                queue[tail] = v
                tail += 1
        found = -1
        while head < tail and found < 0:
            v = queue[head]
            head += 1
            for i in range(first[v], first[v + 1]):
                link = link_of[i]
                forward = link_a[link] == v
                u = link_b[link] if forward else link_a[link]
                if part[u] != own or seen[u] == stamp:
                    continue
                if flow[link] == (1 if forward else -1):
                    continue
                seen[u] = stamp
                via[u] = link
                if role[u] == 2:
                    found = u
                    break
                queue[tail] = u
                tail += 1
        if found < 0:
            return size, stamp
        size += 1
        if size >= limit:
            return size, stamp
        u = found
        while via[u] >= 0:
            link = via[u]
            if link_b[link] == u:
                flow[link] += 1
                u = link_a[link]
            else:
                flow[link] -= 1
                u = link_b[link]


@nb.njit(cache=True, nogil=True)
def _dissect(n, link_a, link_b, first, link_of, views, end_share):
    k = len(link_a)
    link_rank, node_rank = np.full(k, -1, np.int64), np.full(n, -1, np.int64)
    part = np.zeros(n, np.int64)
    role, flow = np.zeros(n, np.int8), np.zeros(k, np.int8)
    queue, via = np.empty(n + 1, np.int64), np.empty(n, np.int64)
    seen, best_side = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    nodes = np.arange(n)
    starts, ends = np.empty(n + 2, np.int64), np.empty(n + 2, np.int64)
    starts[0], ends[0], depth = 0, n, 1
    next_link, next_node, parts, stamp = k - 1, n - 1, 0, 0
    while depth > 0:
        depth -= 1
        lo, hi = starts[depth], ends[depth]
        cell = nodes[lo:hi].copy()
        size = hi - lo
        if size == 1:
            v = cell[0]
            for i in range(first[v], first[v + 1]):
                if link_rank[link_of[i]] < 0 and link_a[link_of[i]] == link_b[link_of[i]]:
                    link_rank[link_of[i]] = next_link
                    next_link -= 1
            if node_rank[v] < 0:
                node_rank[v] = next_node
                next_node -= 1
            continue
        own = part[cell[0]]
        best, held = np.inf, max(1, int(size * end_share))
        for view in range(len(views)):
            along = np.argsort(views[view][cell], kind="mergesort")
            for i in range(size):
                role[cell[along[i]]] = 1 if i < held else (2 if i >= size - held else 0)
            for v in cell:
                for i in range(first[v], first[v + 1]):
                    flow[link_of[i]] = 0
            limit = k + 1 if best == np.inf else int(best) + 1
            cut, stamp = _flow_cut(
                cell, role, flow, first, link_of, link_a, link_b, part, own, queue, via, seen, stamp, limit
            )
            if cut < best:
                best = cut
                for v in cell:
                    best_side[v] = seen[v] == stamp
        parts += 1
        left = 0
        for v in cell:
            if best_side[v]:
                part[v] = parts
                nodes[lo + left] = v
                left += 1
        right = lo + left
        for v in cell:
            if not best_side[v]:
                nodes[right] = v
                right += 1
        middle = lo + left
        touching_left, touching_right = 0, 0
        for v in cell:
            touches = False
            for i in range(first[v], first[v + 1]):
                link = link_of[i]
                u = link_b[link] if link_a[link] == v else link_a[link]
                if (part[u] == own or part[u] == parts) and part[u] != part[v]:
                    touches = True
                    if link_rank[link] < 0:
                        link_rank[link] = next_link
                        next_link -= 1
            if touches and node_rank[v] < 0:
                if best_side[v]:
                    touching_left += 1
                else:
                    touching_right += 1
        for v in cell:
            if node_rank[v] >= 0 or best_side[v] != (touching_left <= touching_right):
                continue
            for i in range(first[v], first[v + 1]):
                link = link_of[i]
                u = link_b[link] if link_a[link] == v else link_a[link]
                if (part[u] == own or part[u] == parts) and part[u] != part[v]:
                    if node_rank[v] < 0 and node_rank[u] < 0:
                        node_rank[v] = next_node
                        next_node -= 1
        starts[depth], ends[depth] = middle, hi
        starts[depth + 1], ends[depth + 1] = lo, middle
        depth += 2
    return link_rank, node_rank
