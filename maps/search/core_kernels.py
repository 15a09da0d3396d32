"""Compiled: what can be reached from a node of a directed graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.compiled import compiled

BoolArray = NDArray[np.bool_]
LongArray = NDArray[np.int64]


@compiled
def reached_from(start: int, first: LongArray, onward: LongArray, is_open: BoolArray) -> BoolArray:
    """(n,) nodes on ways from `start`; node v leads to onward[first[v]:first[v + 1]] where is_open."""
    n = len(first) - 1
    seen, queue = np.zeros(n, np.bool_), np.empty(n, np.int64)
    seen[start], queue[0], done, waiting = True, start, 0, 1
    while done < waiting:
        v = queue[done]
        done += 1
        for i in range(first[v], first[v + 1]):
            u = onward[i]
            if is_open[i] and not seen[u]:
                seen[u] = True
                queue[waiting] = u
                waiting += 1
    return seen
