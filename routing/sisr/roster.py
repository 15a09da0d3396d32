"""A driver's timetable for a whole route: which life ends first, and how late that one may leave."""

from __future__ import annotations

from haoyun.routing.sisr.calling import call
from haoyun.routing.sisr.compiled import compiled, entry
from haoyun.routing.sisr.driver import arrive_home, drive, wake
from haoyun.routing.sisr.flat import CLOSE, WINDOW_FROM, WINDOW_TO, Ints
from haoyun.routing.sisr.law import FAR, FIRST_PART, REST
from haoyun.routing.sisr.lives import (
    ARRIVED,
    BREAK_TAKEN,
    EVENT,
    FROM,
    FRONT,
    LENGTH,
    NOW,
    PARENT,
    REST_TAKEN,
    SERVICE,
    SHIFT,
    Lives,
)
from haoyun.routing.sisr.windows import closing


@entry
def follow(
    lives: Lives,
    law: Ints,
    stop: Ints,
    windows: Ints,
    reloads: Ints,
    calls: int,
    fixed: int,
    departure: int,
    off_duty: int,
    level: int,
    width: int,
    bound: int,
) -> int:
    """The life that leaves then, calls everywhere and ends first; -1 if none is lawful and in time.

    `reloads`: by call whether it is one; the first `fixed` calls cannot be late; `bound`: when the route would end
    without breaks.
    """
    wake(lives, law, departure)
    ahead = 0
    for p in range(calls + 1):
        ahead += lives.leg[p]
    for p in range(calls):
        ahead -= lives.leg[p]
        drive(lives, law, lives.leg[p], level, width)
        if lives.num[ARRIVED] == 0:
            return -1
        is_reload = reloads[p] != 0
        call(lives, law, stop, windows, p, p < fixed, is_reload, level, width, ahead, bound)
        if lives.num[FRONT] == 0:
            return -1
    return arrive_home(lives, law, lives.leg[calls], off_duty, level, width)


@entry
def latest_departure(
    lives: Lives,
    law: Ints,
    stop: Ints,
    windows: Ints,
    calls: int,
    fixed: int,
    end: int,
    keeps_waiting: bool,
) -> int:
    """How late one may leave to end when this life ends, with its pauses on the road.

    `keeps_waiting`: waiting that counts as a pause stays as long as it must be to count.
    """
    node = lives.node
    p = calls
    latest = node[end, NOW] - lives.leg[calls]
    n = node[end, PARENT]
    while node[n, PARENT] >= 0:
        event = node[n, EVENT]
        if BREAK_TAKEN <= event <= REST_TAKEN:
            latest -= node[n, LENGTH]
        elif event == SERVICE:
            p -= 1
            latest = _closed(stop, windows, lives.row[p], latest - lives.work[p], node[n, FROM], p < fixed)
            if keeps_waiting:
                waiting = node[n, FROM] - node[node[n, PARENT], NOW] - node[n, SHIFT]
                latest -= _least(law, waiting)
            latest -= lives.leg[p]
        n = node[n, PARENT]
    return max(latest, node[n, NOW])


@compiled
def _closed(stop: Ints, windows: Ints, s: int, latest: int, begun: int, fixed: bool) -> int:
    """The latest begin of service up to `latest`, for a call that begins at `begun` at the earliest."""
    if fixed and stop[s, WINDOW_TO] > stop[s, WINDOW_FROM] and begun > stop[s, CLOSE]:
        return latest
    begin = closing(stop, windows, s, latest)
    return begun if begin <= -FAR else begin


@compiled
def _least(law: Ints, waiting: int) -> int:
    """The longest pause that waiting for so long amounts to."""
    least = 0
    for column in range(FIRST_PART, REST + 1):
        if law[column] <= waiting:
            least = max(least, law[column])
    return least
