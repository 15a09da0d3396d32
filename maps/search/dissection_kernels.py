"""The compiled part of the nested dissection; see `haoyun.maps.search.dissection` for what it does and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.compiled import compiled

ByteArray = NDArray[np.int8]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]


@compiled
def _flow_cut(
    nodes: LongArray, role: ByteArray, flow: ByteArray, first: LongArray, link_of: LongArray, link_a: IntArray,
    link_b: IntArray, part: LongArray, own: int, queue: LongArray, via: LongArray, seen: LongArray, stamp: int,
    limit: int,
) -> tuple[int, int]:  # fmt: skip
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


@compiled
def dissect_parts(
    n: int, link_a: IntArray, link_b: IntArray, first: LongArray, link_of: LongArray, views: FloatArray,
    end_share: float,
) -> tuple[LongArray, LongArray]:  # fmt: skip
    """(rank of each link, rank of each node) by recursive minimum cuts; see `dissection.dissect`."""
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
                cut = (part[u] == own or part[u] == parts) and part[u] != part[v]
                if cut and node_rank[v] < 0 and node_rank[u] < 0:
                    node_rank[v] = next_node
                    next_node -= 1
        starts[depth], ends[depth] = middle, hi
        starts[depth + 1], ends[depth + 1] = lo, middle
        depth += 2
    return link_rank, node_rank
