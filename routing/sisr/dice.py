"""Random numbers for compiled code: xorshift64* (Vigna 2016), one word of state that the caller owns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.sisr.compiled import compiled

_FACTOR = np.uint64(2685821657736338717)
# The paper's blink rate (ruin and recreate), counted over what improves on the best so far.
_BLINK_EVERY = 100
_12, _25, _27, _11 = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(11)


@compiled
def uniform(rng: NDArray[np.uint64]) -> float:
    """A number in [0, 1)."""
    x = rng[0]
    x ^= x >> _12
    x ^= x << _25
    x ^= x >> _27
    rng[0] = x
    return ((x * _FACTOR) >> _11) * (1.0 / 9007199254740992.0)


@compiled
def below(rng: NDArray[np.uint64], n: int) -> int:
    """A whole number in 0..n-1."""
    return int(uniform(rng) * n)


@compiled
def blinks(rng: NDArray[np.uint64], num: NDArray[np.int64], counter: int) -> bool:
    """Whether it is time to overlook something: once in a hundred improvements, counted down in num[counter]."""
    num[counter] -= 1
    if num[counter] > 0:
        return False
    num[counter] = 1 + below(rng, 2 * _BLINK_EVERY)
    return True
