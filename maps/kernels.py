"""The inner loops of the customizable contraction hierarchy, compiled by numba.

Nodes are in rank order (0 = contracted first). An arc of the hierarchy joins a node to a higher one; `up` is
its weight upwards, `down` its weight from the higher node to the lower one. A weight is one int64: duration in
the upper half, distance in the lower half (see `haoyun.maps.weights`), so that adding and comparing it finds
the fastest path and, among equally fast ones, the shortest, and carries both figures of that same path.

Dibbelt, Strasser, Wagner, "Customizable Contraction Hierarchies", ACM JEA 21 (2016); sweeps over a selection:
Delling, Goldberg, Werneck, "Faster Batched Shortest Paths in Road Networks", ATMOS 2011.
"""

from __future__ import annotations

import heapq

import numba as nb
import numpy as np

INF = np.int64((1 << 62) - 1)  # two of them still fit into an int64
LANES = 16  # sources swept together: one cache line holds 8 labels


@nb.njit(cache=True, nogil=True)
def contract(first, head):
    """Chordal completion: (up_first, up_head) from CSR of the higher neighbours of every node, sorted."""
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


@nb.njit(cache=True, nogil=True, inline="always")
def arc_between(up_first, up_head, low, high):
    """The number of the arc from `low` up to `high`; they must be neighbours."""
    left, right = up_first[low], up_first[low + 1]
    while left < right:
        middle = (left + right) >> 1
        if up_head[middle] < high:
            left = middle + 1
        else:
            right = middle
    return left


@nb.njit(cache=True, nogil=True)
def place_arcs(up_first, up_head, tail, head):
    """For each input arc between ranks: (arc of the hierarchy, whether it runs upwards); -1 for loops."""
    slot, upward = np.empty(len(tail), np.int64), np.empty(len(tail), np.bool_)
    for i in range(len(tail)):
        a, b = tail[i], head[i]
        upward[i] = a < b
        slot[i] = -1 if a == b else arc_between(up_first, up_head, min(a, b), max(a, b))
    return slot, upward


@nb.njit(cache=True, nogil=True)
def spread(arcs, slot, upward, weight):
    """Weights of the input arcs on the arcs of the hierarchy, before customization: (up, down)."""
    up, down = np.full(arcs, INF, np.int64), np.full(arcs, INF, np.int64)
    for i in range(len(slot)):
        k = slot[i]
        if k < 0:
            continue
        if upward[i]:
            up[k] = min(up[k], weight[i])
        else:
            down[k] = min(down[k], weight[i])
    return up, down


@nb.njit(cache=True, nogil=True)
def customize(up_first, up_head, low_first, low_arc, low_node, up, down):
    """All shortcuts in place; (middle of each arc upwards, downwards), -1 where the input arc stands."""
    n = len(up_first) - 1
    at = np.zeros(n, np.int64)
    up_mid, down_mid = np.full(len(up), -1, np.int32), np.full(len(up), -1, np.int32)
    for x in range(n):
        for k in range(up_first[x], up_first[x + 1]):
            at[up_head[k]] = k
        for i in range(low_first[x], low_first[x + 1]):
            a, z = low_arc[i], low_node[i]
            fall, rise = down[a], up[a]
            if fall >= INF and rise >= INF:
                continue
            for j in range(a + 1, up_first[z + 1]):
                k = at[up_head[j]]
                if fall + up[j] < up[k]:
                    up[k] = fall + up[j]
                    up_mid[k] = z
                if down[j] + rise < down[k]:
                    down[k] = down[j] + rise
                    down_mid[k] = z
    return up_mid, down_mid


@nb.njit(cache=True, nogil=True)
def _renew(k, x, y, up_first, up_head, low_first, low_arc, low_node, up, down, up_mid, down_mid, base_up, base_down):
    """Work out one arc anew from its input and its lower triangles; whether it changed."""
    best_up, best_down, mid_up, mid_down = base_up[k], base_down[k], np.int32(-1), np.int32(-1)
    i, i_end, j, j_end = low_first[x], low_first[x + 1], low_first[y], low_first[y + 1]
    while i < i_end and j < j_end:
        if low_node[i] < low_node[j]:
            i += 1
        elif low_node[i] > low_node[j]:
            j += 1
        else:
            a, b = low_arc[i], low_arc[j]
            if down[a] + up[b] < best_up:
                best_up, mid_up = down[a] + up[b], low_node[i]
            if down[b] + up[a] < best_down:
                best_down, mid_down = down[b] + up[a], low_node[i]
            i += 1
            j += 1
    changed = best_up != up[k] or best_down != down[k]
    up[k], down[k], up_mid[k], down_mid[k] = best_up, best_down, mid_up, mid_down
    return changed


@nb.njit(cache=True, nogil=True)
def recustomize(
    changed, up_first, up_head, up_tail, low_first, low_arc, low_node, up, down, up_mid, down_mid, base_up, base_down
):
    """Bring the shortcuts up to date after the inputs of the arcs `changed` changed; how many were renewed.

    Nodes are taken by rank. An arc above is renewed only if the triangle below it became better than it, or
    is the one that it stands on.
    """
    n = len(up_first) - 1
    dirty, waiting = np.zeros(len(up), np.bool_), np.zeros(n, np.bool_)
    heap = [np.int64(0) for _ in range(0)]
    for k in changed:
        dirty[k] = True
        if not waiting[up_tail[k]]:
            waiting[up_tail[k]] = True
            heapq.heappush(heap, np.int64(up_tail[k]))
    renewed = 0
    while len(heap) > 0:
        x = heapq.heappop(heap)
        for k in range(up_first[x], up_first[x + 1]):
            if not dirty[k]:
                continue
            renewed += 1
            y = up_head[k]
            if not _renew(
                k, x, y, up_first, up_head, low_first, low_arc, low_node,
                up, down, up_mid, down_mid, base_up, base_down,
            ):
                continue
            for j in range(up_first[x], up_first[x + 1]):
                z = up_head[j]
                if z == y:
                    continue
                low = min(y, z)
                t = arc_between(up_first, up_head, low, max(y, z))
                to_low, to_high = (k, j) if y < z else (j, k)
                rise, fall = down[to_low] + up[to_high], down[to_high] + up[to_low]
                if (
                    rise < up[t]
                    or fall < down[t]
                    or (up_mid[t] == x and rise != up[t])
                    or (down_mid[t] == x and fall != down[t])
                ):
                    dirty[t] = True
                    if not waiting[low]:
                        waiting[low] = True
                        heapq.heappush(heap, np.int64(low))
    return renewed


@nb.njit(cache=True, nogil=True)
def climb(seeds, costs, up_first, up_head, weight, label, via, visited):
    """Search upwards from several seeds through all their ancestors, by rank; how many were visited.

    `label` has INF everywhere before and the caller clears `visited` afterwards; `via[v]` is the arc that
    label[v] came by, -1 at a seed. Use `up` as weight for a search forwards, `down` for one backwards.
    """
    front, waiting = np.empty(len(seeds), np.int64), 0
    for i in range(len(seeds)):
        v = seeds[i]
        if label[v] >= INF:
            front[waiting] = v
            waiting += 1
        if costs[i] < label[v]:
            label[v] = costs[i]
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
        begin, end = up_first[v], up_first[v + 1]
        own = label[v]
        if own < INF:
            for k in range(begin, end):
                u = up_head[k]
                if weight[k] < INF and own + weight[k] < label[u]:
                    label[u] = own + weight[k]
                    via[u] = k
        known = begin == end
        if not known:
            for i in range(waiting):
                if front[i] == up_head[begin]:
                    known = True
        if known:
            waiting -= 1
            front[at] = front[waiting]
        else:
            front[at] = up_head[begin]
    return count


@nb.njit(cache=True, nogil=True)
def select(targets, up_first, up_head, down):
    """The ancestors of the targets from high to low, with the finite arcs down into each.

    (node of each place, place of each node or -1, arc_first, arc_place, arc_weight)
    """
    n = len(up_first) - 1
    place = np.full(n, -1, np.int32)
    nodes, size = np.empty(n, np.int32), 0
    for t in targets:
        v = np.int64(t)
        while place[v] < 0:
            place[v] = 0
            nodes[size] = v
            size += 1
            if up_first[v] == up_first[v + 1]:
                break
            v = np.int64(up_head[up_first[v]])
    order = np.sort(nodes[:size])[::-1].copy()
    arcs = 0
    for i in range(size):
        place[order[i]] = i
        arcs += up_first[order[i] + 1] - up_first[order[i]]
    arc_first, arc_place, arc_weight = np.zeros(size + 1, np.int64), np.empty(arcs, np.int32), np.empty(arcs, np.int64)
    arcs = 0
    for i in range(size):
        for k in range(up_first[order[i]], up_first[order[i] + 1]):
            if down[k] < INF:
                arc_place[arcs], arc_weight[arcs] = place[up_head[k]], down[k]
                arcs += 1
        arc_first[i + 1] = arcs
    return order, place, arc_first, arc_place[:arcs].copy(), arc_weight[:arcs].copy()


@nb.njit(cache=True, nogil=True)
def sweep(
    begin, end, seed_first, seed_node, seed_cost, up_first, up_head, up,
    place, arc_first, arc_place, arc_weight, goal_first, goal_place, goal_cost, duration_s, distance_m,
):
    """Fill rows begin..end of the matrix: climb from each source, then down through the selection, 16 at a time.

    A target is the least of its goals: the label of a place plus goal_cost (what lies behind the target on
    its edge, negative).
    """
    n, size = len(up_first) - 1, len(arc_first) - 1
    label, via, visited = np.full(n, INF, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    swept = np.empty((size, LANES), np.int64)
    for block in range(begin, end, LANES):
        lanes = min(LANES, end - block)
        swept[:] = INF
        for lane in range(lanes):
            a, b = seed_first[block + lane], seed_first[block + lane + 1]
            count = climb(seed_node[a:b], seed_cost[a:b], up_first, up_head, up, label, via, visited)
            for i in range(count):
                v = visited[i]
                if place[v] >= 0:
                    swept[place[v], lane] = label[v]
                label[v] = INF
        for i in range(size):
            for j in range(arc_first[i], arc_first[i + 1]):
                u, w = arc_place[j], arc_weight[j]
                for lane in range(LANES):
                    by = swept[u, lane] + w
                    own = swept[i, lane]
                    swept[i, lane] = by if by < own else own
        for t in range(len(goal_first) - 1):
            for lane in range(lanes):
                best = INF
                for g in range(goal_first[t], goal_first[t + 1]):
                    at = swept[goal_place[g], lane]
                    if at < INF and at + goal_cost[g] < best:
                        best = at + goal_cost[g]
                if best < INF:
                    duration_s[block + lane, t] = (best >> 32) / 1000.0
                    distance_m[block + lane, t] = (best & 0xFFFFFFFF) / 100.0
                else:
                    duration_s[block + lane, t] = np.inf
                    distance_m[block + lane, t] = np.inf


@nb.njit(cache=True, nogil=True)
def reach(seeds, costs, up_first, up_head, up, down):
    """Labels of all nodes from one source: climb, then down through every node."""
    n = len(up_first) - 1
    label, via, visited = np.full(n, INF, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    climb(seeds, costs, up_first, up_head, up, label, via, visited)
    for v in range(n - 1, -1, -1):
        for k in range(up_first[v], up_first[v + 1]):
            if down[k] < INF and label[up_head[k]] < INF:
                label[v] = min(label[v], label[up_head[k]] + down[k])
    return label


@nb.njit(cache=True, nogil=True)
def find_path(seeds, costs, goals, goal_costs, up_first, up_head, up_tail, up, down, up_mid, down_mid):
    """(weight, nodes passed from a seed to a goal) of the best way; (INF, none) where there is none."""
    n = len(up_first) - 1
    ahead, via_ahead, seen_ahead = np.full(n, INF, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    back, via_back, seen_back = np.full(n, INF, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    climb(seeds, costs, up_first, up_head, up, ahead, via_ahead, seen_ahead)
    count = climb(goals, goal_costs, up_first, up_head, down, back, via_back, seen_back)
    best, top = INF, np.int64(-1)
    for i in range(count):
        v = seen_back[i]
        if ahead[v] < INF and back[v] < INF and ahead[v] + back[v] < best:
            best, top = ahead[v] + back[v], v
    nodes = [np.int64(0) for _ in range(0)]
    if top < 0:
        return INF, nodes
    rising, v = [np.int64(0) for _ in range(0)], top
    while via_ahead[v] >= 0:
        rising.append(via_ahead[v])
        v = np.int64(up_tail[via_ahead[v]])
    nodes.append(v)
    for i in range(len(rising) - 1, -1, -1):
        _unpack(rising[i], True, nodes, up_first, up_head, up_tail, up_mid, down_mid)
    v = top
    while via_back[v] >= 0:
        k = via_back[v]
        _unpack(k, False, nodes, up_first, up_head, up_tail, up_mid, down_mid)
        v = np.int64(up_tail[k])
    return best, nodes


@nb.njit(cache=True, nogil=True)
def _unpack(arc, upward, nodes, up_first, up_head, up_tail, up_mid, down_mid):
    """Append the nodes after the start of an arc, down to the input arcs."""
    stack = [(np.int64(arc), upward)]
    while len(stack) > 0:
        k, rises = stack.pop()
        x, y = np.int64(up_tail[k]), np.int64(up_head[k])
        z = np.int64(up_mid[k] if rises else down_mid[k])
        if z < 0:
            nodes.append(y if rises else x)
            continue
        start, stop = (x, y) if rises else (y, x)
        stack.append((np.int64(arc_between(up_first, up_head, z, stop)), True))
        stack.append((np.int64(arc_between(up_first, up_head, z, start)), False))
