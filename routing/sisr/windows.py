"""When service at a stop may begin."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import CLOSE, FAR, OPEN, WINDOW_FROM, WINDOW_TO, Ints


@compiled
def opening(stop: Ints, windows: Ints, s: int, t: int) -> int:
    """The first instant >= t at which service at stop s may begin; FAR if there is none."""
    if t > stop[s, CLOSE]:
        return FAR
    if t <= stop[s, OPEN]:
        return stop[s, OPEN]
    if stop[s, WINDOW_TO] - stop[s, WINDOW_FROM] > 1:
        for w in range(stop[s, WINDOW_FROM], stop[s, WINDOW_TO]):
            if windows[w, 1] >= t:
                return max(t, windows[w, 0])
    return t


@compiled
def closing(stop: Ints, windows: Ints, s: int, t: int) -> int:
    """The last instant <= t at which service at stop s may begin; -FAR if there is none."""
    if t < stop[s, OPEN]:
        return -FAR
    if t >= stop[s, CLOSE]:
        return stop[s, CLOSE]
    if stop[s, WINDOW_TO] - stop[s, WINDOW_FROM] > 1:
        for w in range(stop[s, WINDOW_TO] - 1, stop[s, WINDOW_FROM] - 1, -1):
            if windows[w, 0] <= t:
                return min(t, windows[w, 1])
    return t


@compiled
def open_until(stop: Ints, windows: Ints, s: int, begin: int) -> int:
    """The end of the window of stop s in which `begin` lies; before `begin` if that is too late."""
    if begin > stop[s, CLOSE]:
        return begin - 1
    if stop[s, WINDOW_TO] - stop[s, WINDOW_FROM] > 1:
        for w in range(stop[s, WINDOW_FROM], stop[s, WINDOW_TO]):
            if windows[w, 1] >= begin:
                return windows[w, 1]
    return stop[s, CLOSE]
