"""Compiled heart of map matching: remembered searches over edges, and the Viterbi pass over the candidates.

A *layer* is a matched fix, a *state* is one of its candidate points (layer * width + place in the row). The
answer of a search from an edge is a *row*: the edges reached, sorted, each with the metres from the end of the
source to its own start, the price of the turns, the free-flow seconds and the edge before it. Rows stay in a
pool until it is full, so that a city is searched once and not once a drive.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from haoyun.maps.compiled import compiled
from haoyun.maps.matching.tables import Chain, Costs, Graph, Layers, Rows, Towards, Work

_METRES_PER_DEGREE = 6371008.8 * np.pi / 180
MOST_LABELS = 20_000  # edges in one row; ends a search in a dense city before it takes all memory
LAYERS_BACK = 4  # a step may leave out this many fixes less one as outliers
_CUT = 14.0  # a step this much less likely than a perfect one is not looked at (natural logarithm),
_NEAR_CUT = 7.0  # and at first not even this much: most steps are likely ones, and far searches are slow
_BEAM = 22.0  # a state this far behind the best of its layer is dropped
_SMALLEST_SEARCH_M = 300.0
_REMEMBERED_M = 1500.0  # longer searches are bound for the next fix and not kept
_FASTEST_M_S = 70.0
NO_PART = -(1 << 62)
DONE, POOL_FULL, ARCS_FULL = 0, 1, 2


@compiled
def _search(source: int, longest_m: float, towards: Towards, graph: Graph, rows: Rows, work: Work) -> bool:
    """Write the row of one edge: all edges whose start is at most `longest_m` from its end, the cheapest way.

    With towards.wanted > 0 only ways that can still end near a point in that length are followed, the
    likeliest first, until the wanted edges (marked in work.wanted with the clock) are found. False if the pool
    has no room for the row.
    """
    base = rows.used[0]
    if len(rows.edge) - base < MOST_LABELS:
        return False
    # Fields as locals: taking an array out of a named tuple counts its references, which costs as much as a label.
    start, follower, turn_m, drive_m = graph.start, graph.follower, graph.turn_m, graph.drive_m
    length_m, duration_s = graph.length_m, graph.duration_s
    label, heap_key, heap_edge, listed = work.label, work.heap_key, work.heap_edge, rows.edge
    clock, bound, cheapest = work.clock[0], towards.wanted > 0, graph.cheapest[0]
    size, count, open_ends = 0, 0, towards.wanted
    e, onward, metres, price, seconds = source, 0.0, 0.0, 0.0, 0.0
    while True:
        for i in range(start[e], start[e + 1]):
            f = follower[i]
            cost = onward + turn_m[i]
            mine = label[f]
            if metres > longest_m or (mine.stamp == clock and mine.cost <= cost) or size == len(heap_key):
                continue
            key = cost
            if bound:
                left = _apart_m(graph.lat[f], graph.lon[f], towards.lat, towards.lon) - towards.near_m
                if metres + left > longest_m:
                    continue
                key += max(left, 0.0) * cheapest
            mine.stamp, mine.cost, mine.before = clock, cost, e
            mine.metres, mine.price, mine.seconds = metres, price + turn_m[i], seconds
            at = size
            while at > 0 and heap_key[(at - 1) >> 1] > key:
                up = (at - 1) >> 1
                heap_key[at], heap_edge[at] = heap_key[up], heap_edge[up]
                at = up
            heap_key[at], heap_edge[at] = key, f
            size += 1
        e = -1
        while size > 0 and e < 0:  # the next edge that is not settled yet
            e = heap_edge[0]
            size = _pop(heap_key, heap_edge, size)
            if label[e].settled == clock:
                e = -1
        if e < 0:
            break
        here = label[e]
        here.settled = clock
        listed[base + count] = e
        count += 1
        if bound and work.wanted[e] == clock:
            open_ends -= 1
            if open_ends == 0:
                break
        if count == MOST_LABELS:
            break
        onward, metres = here.cost + drive_m[e], here.metres + length_m[e]
        price, seconds = here.price, here.seconds + duration_s[e]
    _write_row(source, longest_m, base, count, rows, work)
    return True


@compiled
def _write_row(source: int, longest_m: float, base: int, count: int, rows: Rows, work: Work) -> None:
    listed, before, along = rows.edge, rows.before, rows.metres
    price_m, seconds, label = rows.price_m, rows.seconds, work.label
    order = np.sort(listed[base : base + count])
    for i in range(count):
        e = order[i]
        listed[base + i] = e
        before[base + i] = label[e].before
        along[base + i] = label[e].metres
        price_m[base + i] = label[e].price
        seconds[base + i] = label[e].seconds
    rows.start[source], rows.count[source], rows.longest_m[source] = base, count, longest_m


@compiled
def _pop(key: Any, edge: Any, size: int) -> int:
    size -= 1
    last_key, last_edge = key[size], edge[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and key[child + 1] < key[child]:
            child += 1
        if key[child] >= last_key:
            break
        key[at], edge[at] = key[child], edge[child]
        at = child
    key[at], edge[at] = last_key, last_edge
    return size


@compiled
def _find(listed: Any, start: int, count: int, e: int) -> int:
    """Where in the pool a row (`count` sorted entries from `start`) lists an edge; -1 if it does not."""
    low = start
    high = end = start + count
    while low < high:
        middle = (low + high) >> 1
        if listed[middle] < e:
            low = middle + 1
        else:
            high = middle
    return low if low < end and listed[low] == e else -1


@compiled
def _apart_m(lat0: float, lon0: float, lat1: float, lon1: float) -> float:
    east = ((lon1 - lon0 + 180.0) % 360.0 - 180.0) * np.cos(np.radians((lat0 + lat1) / 2))
    return float(np.hypot(east, lat1 - lat0) * _METRES_PER_DEGREE)


@compiled
def _jitter_m(noise_m: float) -> float:
    """How far a fix may lie behind the one before on the same edge and still count as standing."""
    return 3.0 + noise_m


@compiled
def viterbi(layers: Layers, chain: Chain, graph: Graph, rows: Rows, work: Work, costs: Costs) -> int:
    """Go on from chain.at until the last layer; DONE, or what has to be made larger before going on.

    A part ends before a gap, and where LAYERS_BACK layers in a row cannot be reached.
    """
    n, width = layers.edge.shape
    i, first, dead, bad = chain.at[0], chain.at[1], chain.at[3], chain.at[4]
    while i < n:
        if len(chain.arc_to) - chain.at[2] < LAYERS_BACK * width * width:
            return ARCS_FULL
        if first == NO_PART or (i > first and layers.gap_s[i] > costs.longest_gap_s):
            first, dead, bad = i, 0, 0
            chain.begins[i] = 1
        chain.at[0], chain.at[1], chain.at[3], chain.at[4] = i, first, dead, bad
        arcs = chain.at[2]
        _begin(i, i - first, layers, chain, costs)
        reference = -np.inf
        for back in range(1, LAYERS_BACK + 1):
            j = i - back
            if j < max(first, 0) or (back > 1 and not bad and chain.best[i] > reference - costs.outlier):
                break
            before, penalty = chain.at[2], (back - 1) * costs.outlier
            done = _step(j, i, penalty, _NEAR_CUT, layers, chain, graph, rows, work, costs)
            if done and chain.best[i] <= chain.best[j] - costs.outlier:
                chain.at[2] = before
                done = _step(j, i, penalty, _CUT, layers, chain, graph, rows, work, costs)
            if not done:
                chain.at[2] = arcs
                return POOL_FULL
            reference = max(reference, chain.best[j])
        if chain.best[i] == -np.inf and i > first:
            dead += 1
            bad = 1
            if dead == LAYERS_BACK:  # all that was tried since is off this part: begin anew behind it
                i -= dead
                first = NO_PART
                for back in range(1, dead + 1):
                    chain.best[i + back] = -np.inf
        elif chain.best[i] == -np.inf:
            first = NO_PART  # a part begins with a fix that has a candidate
            chain.begins[i] = 0
        else:
            bad = 1 if chain.best[i] <= reference - costs.outlier else 0
            dead = 0
        i += 1
    chain.at[0], chain.at[1], chain.at[3], chain.at[4] = i, first, dead, bad
    return DONE


@compiled
def _begin(i: int, late: int, layers: Layers, chain: Chain, costs: Costs) -> None:
    """Let the drive begin at a layer: the part's first, or a later one if those before were outliers."""
    width = layers.edge.shape[1]
    chain.best[i] = -np.inf
    for b in range(width):
        state = i * width + b
        chain.start[state] = -np.inf
        if late < LAYERS_BACK and layers.edge[i, b] >= 0:
            chain.start[state] = layers.emission[i, b] - late * costs.outlier
            chain.best[i] = max(chain.best[i], chain.start[state])
        chain.score[state], chain.parent[state] = chain.start[state], -1


@compiled
def _bounds(
    j: int, i: int, cut: float, layers: Layers, costs: Costs
) -> tuple[float, float, float, float, float]:
    """Of the step from layer j to i: metres apart, seconds, noise, beta, longest way looked at (-1: no way)."""
    apart = _apart_m(layers.lat[j], layers.lon[j], layers.lat[i], layers.lon[i])
    dt = layers.t[i] - layers.t[j]
    noise = layers.sigma_m[i] + layers.sigma_m[j]
    beta = costs.beta_m + costs.beta_share * apart + costs.beta_sigma * noise
    longest = min(apart + cut * beta, _FASTEST_M_S * dt + 3.0 * noise)
    if apart > costs.farthest_m or apart - 3.0 * noise > _FASTEST_M_S * dt:
        longest = -1.0
    return apart, dt, noise, beta, longest


@compiled
def _ensure(source: int, need_m: float, i: int, layers: Layers, graph: Graph, rows: Rows, work: Work) -> bool:
    """See to it that the row of an edge reaches the candidates of layer i; False if the pool is full."""
    if rows.start[source] >= 0 and rows.longest_m[source] >= need_m:
        return True
    work.clock[0] += 1
    if need_m <= _REMEMBERED_M:
        longest = _SMALLEST_SEARCH_M
        while longest < need_m:
            longest *= 1.5
        if not _search(source, longest, Towards(0, 0.0, 0.0, 0.0), graph, rows, work):
            return False
        rows.used[0] += rows.count[source]
        return True
    wanted, near = 0, 0.0
    for b in range(layers.edge.shape[1]):
        e = layers.edge[i, b]
        if e >= 0:
            near = max(near, layers.away_m[i, b])
            if work.wanted[e] != work.clock[0]:
                work.wanted[e] = work.clock[0]
                wanted += 1
    towards = Towards(wanted, layers.lat[i], layers.lon[i], near)
    if not _search(source, need_m, towards, graph, rows, work):
        return False
    rows.longest_m[source] = -1.0  # good for this step only: the next search writes over it
    return True


@compiled
def _step(
    j: int, i: int, penalty: float, cut: float, layers: Layers, chain: Chain, graph: Graph, rows: Rows,
    work: Work, costs: Costs,
) -> bool:  # fmt: skip
    """Relax every state of layer i from the living states of layer j; False if the pool is full."""
    apart, dt, noise, beta, longest = _bounds(j, i, cut, layers, costs)
    if longest < 0:
        return True
    # Fields as locals, as in _search.
    edge, offset_m, emission = layers.edge, layers.offset_m, layers.emission
    length_m, duration_s, score, parent = graph.length_m, graph.duration_s, chain.score, chain.parent
    arc_from, arc_to, arc_log = chain.arc_from, chain.arc_to, chain.arc_log
    row_start, row_count, row_edge = rows.start, rows.count, rows.edge
    row_metres, row_price_m, row_seconds = rows.metres, rows.price_m, rows.seconds
    width, arc, best, jitter = edge.shape[1], chain.at[2], chain.best[i], _jitter_m(noise)
    least, turn_m = chain.best[j] - _BEAM, costs.turn_m
    for a in range(width):
        state = j * width + a
        if not score[state] > least:
            continue
        source = edge[j, a]
        rest = length_m[source] - offset_m[j, a]
        if rest < longest and not _ensure(source, longest - rest, i, layers, graph, rows, work):
            return False
        own_s = duration_s[source] * rest / max(length_m[source], 0.01)
        for b in range(width):
            e = edge[i, b]
            if e < 0:
                continue
            ahead = offset_m[i, b] - offset_m[j, a]
            if e == source and ahead >= -jitter:
                metres, price, seconds = max(ahead, 0.0), max(-ahead, 0.0), 0.0
            elif rest >= longest:
                continue
            else:
                at = _find(row_edge, row_start[source], row_count[source], e)
                if at < 0:
                    continue
                metres = rest + row_metres[at] + offset_m[i, b]
                price, seconds = row_price_m[at], own_s + row_seconds[at]
            if metres > longest:
                continue
            hurry = max(0.0, 0.45 * seconds - dt - noise / 10.0)
            log = -abs(metres - apart) / beta - price / turn_m - hurry / 2.0
            if log < -cut:
                continue
            log += emission[i, b] - penalty
            to = i * width + b
            arc_from[arc], arc_to[arc], arc_log[arc] = state, to, log
            arc += 1
            if score[state] + log > score[to]:
                score[to], parent[to] = score[state] + log, state
                best = max(best, score[to])
    chain.at[2], chain.best[i] = arc, best
    return True


@compiled
def ways(
    chosen: Any, before: Any, layers: Layers, graph: Graph, rows: Rows, work: Work, costs: Costs
) -> tuple[Any, Any]:
    """The edges driven up to each matched layer: (start of each layer's list (layers + 1,), edges).

    `chosen` is each layer's state (-1: none), `before` the matched layer before it in its part (-1: it is the
    first). A list begins behind the edge of the layer before and ends with the layer's own edge; it is empty
    while the edge stays the same. Empties the pool of rows where that is needed.
    """
    n, width = layers.edge.shape
    start = np.zeros(n + 1, dtype=np.int64)
    found = np.empty(n + 16, dtype=np.int32)
    used = 0
    for i in range(n):
        start[i + 1] = used
        if chosen[i] < 0:
            continue
        b = chosen[i] - i * width
        target, source, count, at = layers.edge[i, b], -1, 1, -1
        if before[i] >= 0:
            j = before[i]
            a = chosen[j] - j * width
            source = layers.edge[j, a]
            ahead = layers.offset_m[i, b] - layers.offset_m[j, a]
            if source == target and ahead >= -_jitter_m(layers.sigma_m[i] + layers.sigma_m[j]):
                continue
            rest = graph.length_m[source] - layers.offset_m[j, a]
            for cut in (_NEAR_CUT, _CUT):  # as the Viterbi pass went, which found it in one of them
                need = _bounds(j, i, cut, layers, costs)[4] - rest
                while not _ensure(source, need, i, layers, graph, rows, work):
                    rows.start[:] = -1
                    rows.used[0] = 0
                at = _find(rows.edge, rows.start[source], rows.count[source], target)
                if at >= 0:
                    break
            count, step = 0, at
            while step >= 0:
                count += 1
                step = (
                    -1
                    if rows.before[step] == source
                    else _find(rows.edge, rows.start[source], rows.count[source], rows.before[step])
                )
        if used + count > len(found):
            larger = np.empty(2 * (used + count), dtype=np.int32)
            larger[:used] = found[:used]
            found = larger
        used += count
        found[used - 1] = target
        for k in range(used - 1, used - count, -1):
            found[k - 1] = rows.before[at]
            at = _find(rows.edge, rows.start[source], rows.count[source], rows.before[at])
        start[i + 1] = used
    return start, found[:used]
