"""Compiled second half of map matching: which states were driven, how sure that is, and where the rest lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from haoyun.maps.compiled import compiled

_METRES_PER_DEGREE = 6371008.8 * np.pi / 180


@compiled
def choose(
    score: Any, parent: Any, best: Any, begins: Any, width: int, outlier: float, back: int, until: int
) -> tuple[Any, Any]:
    """(state of each layer on its part's likeliest chain or -1, matched layer before it or -1).

    `until` >= 0 is the state with which to end the last part.
    """
    n = len(best)
    chosen = np.full(n, -1, dtype=np.int64)
    before = np.full(n, -1, dtype=np.int64)
    last = n - 1
    while last >= 0:
        first = last
        while first > 0 and not begins[first]:
            first -= 1
        end = last
        while end > first and best[end] == -np.inf:
            end -= 1
        top, state = -np.inf, -1
        if until >= 0:
            state, until, end = until, -1, first - 1
        for layer in range(end, max(first - 1, end - back), -1):  # the last fixes may be outliers
            for s in range(layer * width, (layer + 1) * width):
                value = score[s] - (end - layer) * outlier
                if value > top:
                    top, state = value, s
        while state >= 0:
            layer = state // width
            chosen[layer] = state
            if parent[state] >= 0:
                before[layer] = parent[state] // width
            state = parent[state]
        last = first - 1
    return chosen, before


@compiled
def common_state(score: Any, parent: Any, best: Any, width: int, live: int) -> int:
    """The latest state that every chain alive in the last `live` layers passes; -1 if there is none yet."""
    n = len(best)
    mark = np.zeros(n * width, dtype=np.bool_)
    count = 0
    for s in range(max(0, n - live) * width, n * width):
        if score[s] > -np.inf:
            mark[s] = True
            count += 1
    for s in range(n * width - 1, -1, -1):
        if not mark[s]:
            continue
        if count == 1:
            return s
        count -= 1
        if parent[s] < 0:
            return -1
        if not mark[parent[s]]:
            mark[parent[s]] = True
            count += 1
    return -1


@compiled
def posteriors(
    start: Any, best: Any, begins: Any, arc_from: Any, arc_to: Any, arc_log: Any, width: int, back: int,
    outlier: float,
) -> Any:  # fmt: skip
    """Probability of each state given all fixes of its part (forward and backward over the arcs).

    Sums over a layer fall short of 1 by the probability that its fix is an outlier. Likelihoods are kept
    relative to the layer's best Viterbi score, so that nothing under- or overflows on long drives.
    """
    n = len(best)
    last = _last_layers(best, begins)
    forward, backward = np.zeros(n * width), np.zeros(n * width)
    whole = np.zeros(n)  # likelihood of the part, kept at its last layer
    for layer in range(n):
        if best[layer] > -np.inf:
            for s in range(layer * width, (layer + 1) * width):
                forward[s] = np.exp(start[s] - best[layer])
    for a in range(len(arc_to)):
        f, t = arc_from[a] // width, arc_to[a] // width
        forward[arc_to[a]] += forward[arc_from[a]] * np.exp(arc_log[a] + best[f] - best[t])
    for layer in range(n):
        end = last[layer]
        if best[layer] > -np.inf and end - layer < back:
            ending = np.exp(best[layer] - best[end] - (end - layer) * outlier)
            for s in range(layer * width, (layer + 1) * width):
                backward[s] = ending
                whole[end] += forward[s] * ending
    for a in range(len(arc_to) - 1, -1, -1):
        f, t = arc_from[a] // width, arc_to[a] // width
        backward[arc_from[a]] += backward[arc_to[a]] * np.exp(arc_log[a] + best[f] - best[t])
    for layer in range(n):
        if best[layer] > -np.inf:
            for s in range(layer * width, (layer + 1) * width):
                forward[s] *= backward[s] / whole[last[layer]]
    return forward


@compiled
def _last_layers(best: Any, begins: Any) -> Any:
    """For each layer the last one of its part that has a state."""
    n = len(best)
    last = np.arange(n)
    end = n - 1
    found = False
    for layer in range(n - 1, -1, -1):
        if not found and best[layer] > -np.inf:
            end, found = layer, True
        last[layer] = end
        if begins[layer]:
            found = False
    return last


@compiled
def on_way(
    probability: Any, edge: Any, offset_m: Any, layer: Any, step: Any, part: Any, way: Any, tail: Any, head: Any,
    length_m: Any, same_m: float,
) -> Any:  # fmt: skip
    """Probability that a matched fix lies on the way driven: on any edge from the fix before to the one after.

    Near a junction a fix may as well belong to the edge before or behind; both are on the way. So are points of
    side streets at most `same_m` from a junction that the way passes or ends at.
    """
    sure = np.zeros(len(layer))
    width = edge.shape[1]
    for k in range(len(layer)):
        low = high = step[k]
        if k > 0 and part[step[k - 1]] == part[low]:
            low = step[k - 1]
        if k + 1 < len(layer) and part[step[k + 1]] == part[high]:
            high = step[k + 1]
        for b in range(width):
            e = edge[layer[k], b]
            if e < 0:
                continue
            begins, ends = offset_m[layer[k], b] <= same_m, length_m[e] - offset_m[layer[k], b] <= same_m
            for w in range(low, high + 1):
                f = way[w]
                aside = (begins and tail[e] in (tail[f], head[f])) or (ends and head[e] in (tail[f], head[f]))
                if e == f or aside:
                    sure[k] += probability[layer[k] * width + b]
                    break
        sure[k] = min(1.0, sure[k])
    return sure


@compiled
def place(
    x: Any, y: Any, left: Any, right: Any, at: Any, along_m: Any, path_edge: Any, path_start_m: Any,
    segment: Any, first: Any, start_m: Any, length_m: Any,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Where on the driven way the fixes lie that were left out: (place in path_edge, metres along, metres off).

    `left` and `right` are the matched fixes around each (right = left: nothing follows in its part), `at` and
    `along_m` say where those lie: their place in path_edge and their metres along the part.
    """
    n = len(x)
    step, along, away = np.zeros(n, dtype=np.int64), np.zeros(n), np.full(n, np.inf)
    for i in range(n):
        low, high = along_m[left[i]], along_m[right[i]]
        ky = _METRES_PER_DEGREE
        kx = np.cos(np.radians(y[i])) * ky
        step[i], along[i] = at[left[i]], low
        for k in range(at[left[i]], at[right[i]] + 1):
            e = path_edge[k]
            for s in range(first[e], first[e + 1]):
                begin = path_start_m[k] + start_m[s]
                end = begin + length_m[s]
                if end < low - 1e-6 or (begin > high + 1e-6 and right[i] != left[i]):
                    continue
                ax, ay = (segment[s, 0] - x[i]) * kx, (segment[s, 1] - y[i]) * ky
                vx, vy = (segment[s, 2] - segment[s, 0]) * kx, (segment[s, 3] - segment[s, 1]) * ky
                squared = vx * vx + vy * vy
                t = 0.0
                if squared > 0:
                    t = min(1.0, max(0.0, -(ax * vx + ay * vy) / squared))
                here = max(low, begin + t * length_m[s])
                if right[i] != left[i]:
                    here = min(high, here)
                if length_m[s] > 0:
                    t = (here - begin) / length_m[s]
                off = np.hypot(ax + t * vx, ay + t * vy)
                if off < away[i] - 1e-6:  # at a junction the edge before stays
                    step[i], along[i], away[i] = k, here, off
    return step, along, away
