"""One number for a duration and a distance, so that a search carries both figures of the same path.

Milliseconds stand in the upper half of an int64 and centimetres in the lower half. Adding two such numbers
adds both halves, and comparing them compares durations first and distances among equal durations: an exact
lexicographic shortest path, as long as a path stays below 42,949 km and 12 days (checked where weights are
made). Rounding to a millisecond and a centimetre for each edge is the only loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

NO_WAY = (1 << 62) - 1  # two of them still fit into an int64
MOST_S = (1 << 30) / 1000.0  # what a single edge may take
MOST_M = (1 << 32) / 100.0

LongArray = NDArray[np.int64]


def pack(duration_s: ArrayLike, distance_m: ArrayLike) -> LongArray:
    """Weights of durations and distances of the same shape; ValueError beyond 12 days or 42,949 km."""
    seconds, metres = np.asarray(duration_s, dtype=np.float64), np.asarray(distance_m, dtype=np.float64)
    if seconds.size and not (seconds.min() >= 0 and seconds.max() < MOST_S):
        raise ValueError("an edge takes from 0 s to 12 days")
    if metres.size and not (metres.min() >= 0 and metres.max() < MOST_M):
        raise ValueError("an edge is from 0 m to 42,949 km long")
    return (np.rint(seconds * 1000).astype(np.int64) << 32) + np.rint(metres * 100).astype(np.int64)


def unpack(weight: Any) -> tuple[Any, Any]:
    """(seconds, metres) of a weight or an array of them, inf for NO_WAY."""
    weights = np.asarray(weight, dtype=np.int64)
    seconds = np.where(weights >= NO_WAY, np.inf, (weights >> 32) / 1000.0)
    metres = np.where(weights >= NO_WAY, np.inf, (weights & 0xFFFFFFFF) / 100.0)
    return (float(seconds), float(metres)) if weights.ndim == 0 else (seconds, metres)
