"""Compiled heart of map matching: remembered searches over edges, and the Viterbi pass over the candidates.

A *layer* is a matched fix, a *state* is one of its candidate points (layer * width + place in the row). The
answer of a search from an edge is a *row*: the edges reached, sorted, each with the metres from the end of the
source to its own start, the price of the turns, the free-flow seconds and the edge before it. Rows stay in a
pool until it is full, so that a city is searched once and not once a drive.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from haoyun.maps.compiled import compiled

_METRES_PER_DEGREE = 6371008.8 * np.pi / 180
MOST_LABELS = 20_000  # edges in one row; ends a search in a dense city before it takes all memory
LAYERS_BACK = 4  # a step may leave out this many fixes less one as outliers
_CUT = 18.0  # a step this much less likely than a perfect one is not looked at (natural logarithm)
_BEAM = 22.0  # a state this far behind the best of its layer is dropped
_SMALLEST_SEARCH_M = 300.0
_RAW_PER_METRE = 1.3  # the most that a metre weighs in a search (20 km/h and slower count as this)
_FASTEST_M_S = 70.0
DONE, POOL_FULL, ARCS_FULL = 0, 1, 2


class Graph(NamedTuple):
    """Followers of each edge in CSR form; see match_graph.py."""

    start: Any
    follower: Any
    turn_m: Any
    drive_m: Any
    length_m: Any
    duration_s: Any


class Rows(NamedTuple):
    """Where each edge's row lies in the pool, how far it reaches, and the pool's columns."""

    start: Any  # -1: not searched yet
    count: Any
    radius_m: Any
    edge: Any
    before: Any
    metres: Any
    price_m: Any
    seconds: Any
    used: Any  # (1,) how much of the pool is taken


class Work(NamedTuple):
    """Scratch space of the searches, one slot an edge; `stamp` says which search wrote it."""

    stamp: Any
    settled: Any
    cost: Any
    metres: Any
    price: Any
    seconds: Any
    before: Any
    heap_key: Any
    heap_edge: Any
    clock: Any  # (1,)


class Layers(NamedTuple):
    """The fixes to match and their candidates: (layers,) and (layers, width) arrays."""

    t: Any
    lat: Any
    lon: Any
    sigma_m: Any
    gap_s: Any  # longest time without any fix since the layer before
    edge: Any
    offset_m: Any
    emission: Any  # log-likelihood of the fix at the candidate; -inf where there is none


class Chain(NamedTuple):
    """What the Viterbi pass writes: scores and parents of states, and the arcs between them."""

    score: Any  # (states,)
    parent: Any  # (states,) -1: the drive begins here
    start: Any  # (states,) log-likelihood that the drive begins here
    best: Any  # (layers,) the layer's highest score
    begins: Any  # (layers,) 1 where a new part begins
    arc_from: Any
    arc_to: Any
    arc_log: Any  # log-likelihood of the step and of the fix it leads to
    at: Any  # (5,) next layer, begin of the part, arcs used, dead layers in a row, was the last step bad


class Costs(NamedTuple):
    """How unlikely things are; see MatchSettings."""

    beta_m: float
    beta_share: float
    beta_sigma: float
    turn_m: float
    outlier: float
    longest_gap_s: float
    farthest_m: float


@compiled
def _search(source: int, radius_m: float, graph: Graph, rows: Rows, work: Work) -> bool:
    """Write the row of one edge up to a price of `radius_m`; False if the pool has no room for it."""
    room = len(rows.edge) - rows.used[0]
    if room < MOST_LABELS:
        return False
    work.clock[0] += 1
    clock = work.clock[0]
    size, count = 0, 0
    base = rows.used[0]
    for i in range(graph.start[source], graph.start[source + 1]):
        size = _label(
            graph.follower[i], source, graph.turn_m[i], 0.0, graph.turn_m[i], 0.0, clock, size, work
        )
    while size > 0 and count < MOST_LABELS:
        cost, e = work.heap_key[0], work.heap_edge[0]
        size = _pop(work.heap_key, work.heap_edge, size)
        if work.settled[e] == clock or cost > work.cost[e]:
            continue
        if cost > radius_m:
            break
        work.settled[e] = clock
        rows.edge[base + count] = e
        count += 1
        metres, seconds = work.metres[e] + graph.length_m[e], work.seconds[e] + graph.duration_s[e]
        onward = cost + graph.drive_m[e]
        for i in range(graph.start[e], graph.start[e + 1]):
            turn = graph.turn_m[i]
            size = _label(
                graph.follower[i], e, onward + turn, metres, work.price[e] + turn, seconds, clock, size, work
            )
    order = np.sort(rows.edge[base : base + count])
    for i in range(count):
        e = order[i]
        rows.edge[base + i] = e
        rows.before[base + i] = work.before[e]
        rows.metres[base + i] = work.metres[e]
        rows.price_m[base + i] = work.price[e]
        rows.seconds[base + i] = work.seconds[e]
    rows.start[source], rows.count[source], rows.radius_m[source] = base, count, radius_m
    rows.used[0] = base + count
    return True


@compiled
def _label(
    e: int, before: int, cost: float, metres: float, price: float, seconds: float, clock: int, size: int,
    work: Work,
) -> int:  # fmt: skip
    """Improve the label of an edge and push it; the heap's new size. A full heap drops the farthest."""
    if work.stamp[e] == clock and work.cost[e] <= cost:
        return size
    if size == len(work.heap_key):
        return size
    work.stamp[e], work.cost[e], work.before[e] = clock, cost, before
    work.metres[e], work.price[e], work.seconds[e] = metres, price, seconds
    at = size
    while at > 0 and work.heap_key[(at - 1) >> 1] > cost:
        up = (at - 1) >> 1
        work.heap_key[at], work.heap_edge[at] = work.heap_key[up], work.heap_edge[up]
        at = up
    work.heap_key[at], work.heap_edge[at] = cost, e
    return size + 1


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
def _find(rows: Rows, source: int, e: int) -> int:
    """Where in the pool a row lists an edge; -1 if it does not."""
    low = rows.start[source]
    high = end = low + rows.count[source]
    while low < high:
        middle = (low + high) >> 1
        if rows.edge[middle] < e:
            low = middle + 1
        else:
            high = middle
    return low if low < end and rows.edge[low] == e else -1


@compiled
def _apart_m(lat0: float, lon0: float, lat1: float, lon1: float) -> float:
    east = ((lon1 - lon0 + 180.0) % 360.0 - 180.0) * np.cos(np.radians((lat0 + lat1) / 2))
    return np.hypot(east, lat1 - lat0) * _METRES_PER_DEGREE


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
        if first < 0 or (i > first and layers.gap_s[i] > costs.longest_gap_s):
            first, dead, bad = i, 0, 0
            chain.begins[i] = 1
        chain.at[0], chain.at[1], chain.at[3], chain.at[4] = i, first, dead, bad
        arcs = chain.at[2]
        _begin(i, i - first, layers, chain, costs)
        reference = -np.inf
        for back in range(1, LAYERS_BACK + 1):
            j = i - back
            if j < first or (back > 1 and not bad and chain.best[i] > reference - costs.outlier):
                break
            if not _step(j, i, (back - 1) * costs.outlier, layers, chain, graph, rows, work, costs):
                chain.at[2] = arcs
                return POOL_FULL
            reference = max(reference, chain.best[j])
        if chain.best[i] == -np.inf and i > first:
            dead += 1
            bad = 1
            if dead == LAYERS_BACK:  # all that was tried since is off this part: begin anew behind it
                i -= dead
                first = -1
                for back in range(1, dead + 1):
                    chain.best[i + back] = -np.inf
        elif chain.best[i] == -np.inf:
            first = -1  # a part begins with a fix that has a candidate
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
def _step(
    j: int, i: int, penalty: float, layers: Layers, chain: Chain, graph: Graph, rows: Rows, work: Work,
    costs: Costs,
) -> bool:  # fmt: skip
    """Relax every state of layer i from the living states of layer j; False if the pool is full."""
    width = layers.edge.shape[1]
    apart = _apart_m(layers.lat[j], layers.lon[j], layers.lat[i], layers.lon[i])
    if apart > costs.farthest_m:
        return True
    dt = layers.t[i] - layers.t[j]
    noise = layers.sigma_m[i] + layers.sigma_m[j]
    if apart - 3.0 * noise > _FASTEST_M_S * dt:
        return True
    beta = costs.beta_m + costs.beta_share * apart + costs.beta_sigma * noise
    longest = min(apart + _CUT * beta, _FASTEST_M_S * dt + 3.0 * noise)
    for a in range(width):
        state = j * width + a
        if not chain.score[state] > chain.best[j] - _BEAM:
            continue
        source = layers.edge[j, a]
        rest = graph.length_m[source] - layers.offset_m[j, a]
        if rest < longest:
            need = (longest - rest) * _RAW_PER_METRE + min(200.0, _CUT * costs.turn_m)
            if rows.start[source] < 0 or rows.radius_m[source] < need:
                radius = _SMALLEST_SEARCH_M
                while radius < need:
                    radius *= 1.6
                if not _search(source, radius, graph, rows, work):
                    return False
        for b in range(width):
            e = layers.edge[i, b]
            if e < 0:
                continue
            ahead = layers.offset_m[i, b] - layers.offset_m[j, a]
            if e == source and ahead >= -_jitter_m(noise):
                metres, price, seconds = max(ahead, 0.0), max(-ahead, 0.0), 0.0
            elif rest >= longest:
                continue
            else:
                at = _find(rows, source, e)
                if at < 0:
                    continue
                metres = rest + rows.metres[at] + layers.offset_m[i, b]
                price, seconds = rows.price_m[at], rows.seconds[at]
                seconds += graph.duration_s[source] * rest / max(graph.length_m[source], 0.01)
            if metres > longest:
                continue
            hurry = max(0.0, 0.45 * seconds - dt - noise / 10.0)
            log = -abs(metres - apart) / beta - price / costs.turn_m - hurry / 2.0
            if log < -_CUT:
                continue
            log += layers.emission[i, b] - penalty
            to = i * width + b
            arc = chain.at[2]
            chain.arc_from[arc], chain.arc_to[arc], chain.arc_log[arc] = state, to, log
            chain.at[2] = arc + 1
            if chain.score[state] + log > chain.score[to]:
                chain.score[to], chain.parent[to] = chain.score[state] + log, state
                chain.best[i] = max(chain.best[i], chain.score[to])
    return True


@compiled
def ways(chosen: Any, before: Any, layers: Layers, graph: Graph, rows: Rows, work: Work) -> tuple[Any, Any]:
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
            at = _reach(source, target, graph, rows, work)
            count, step = 0, at
            while step >= 0:
                count += 1
                step = -1 if rows.before[step] == source else _find(rows, source, rows.before[step])
        if used + count > len(found):
            larger = np.empty(2 * (used + count), dtype=np.int32)
            larger[:used] = found[:used]
            found = larger
        used += count
        found[used - 1] = target
        for k in range(used - 1, used - count, -1):
            found[k - 1] = rows.before[at]
            at = _find(rows, source, rows.before[at])
        start[i + 1] = used
    return start, found[:used]


@compiled
def _reach(source: int, target: int, graph: Graph, rows: Rows, work: Work) -> int:
    """Where the row of `source` lists `target`, which the Viterbi pass has found before; searched anew if lost."""
    at = _find(rows, source, target) if rows.start[source] >= 0 else -1
    radius = _SMALLEST_SEARCH_M
    while at < 0 and radius < 1e6:
        if not _search(source, radius, graph, rows, work):
            rows.start[:] = -1
            rows.used[0] = 0
            continue
        at = _find(rows, source, target)
        radius *= 1.6
    return at
