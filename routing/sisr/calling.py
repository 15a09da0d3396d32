"""What a driver may do at a call, compiled: wait, pause before and after, work (driver.py has the choices)."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import Ints
from haoyun.routing.sisr.law import (
    BREAK,
    DAILY,
    FAR,
    FIRST_PART,
    MAX_DRIVING,
    REDUCED,
    REST,
    SERVICE_COUNTS,
    SPAN,
)
from haoyun.routing.sisr.lives import (
    ARRIVED,
    AT,
    BEGAN,
    BORN,
    BREAK_TAKEN,
    DRIVEN,
    FROM,
    FRONT,
    IDLE,
    LEFT,
    LENGTH,
    NOW,
    PAUSES,
    QUICK,
    REST_TAKEN,
    SERVICE,
    SHIFT,
    SINCE,
    SLACK,
    SPARING,
    TODAY,
    Lives,
    born,
    end_break,
    end_rest,
    keep,
    span_of,
)
from haoyun.routing.sisr.windows import open_until, opening


@compiled
def call(
    lives: Lives,
    law: Ints,
    stop: Ints,
    windows: Ints,
    p: int,
    fixed: bool,
    is_reload: bool,
    level: int,
    width: int,
    ahead: int,
    bound: int,
) -> None:
    """From `arrived` to the front: all ways to wait, pause and work at call p.

    `fixed`: late there is no lateness. `ahead`: seconds of driving from there to the end; `bound`: when the route
    would end without breaks (both only for SPARING).
    """
    node, num = lives.node, lives.num
    num[FRONT] = 0
    s = lives.row[p]
    for a in range(num[ARRIVED]):
        at = lives.arrived[a]
        now = node[at, NOW]
        first = opening(stop, windows, s, max(now, lives.soonest[p]))
        late = first >= FAR
        if late:
            if not fixed:
                continue
            first = now
        if first > lives.latest[p]:
            continue
        in_time = _serve(lives, law, stop, windows, p, at, first, fixed, is_reload, level, width)
        if level == QUICK and first == now and in_time:
            continue
        for column in range(FIRST_PART, REST + 1):
            target = law[column]
            if target >= FAR:
                continue
            is_rest = target > law[BREAK] or column > BREAK
            if level == QUICK:
                if column < BREAK or (column == BREAK and node[at, DRIVEN] == 0):
                    continue
                if column == REDUCED and node[at, LEFT] == 0:
                    continue
            elif level == SPARING and not _worth(node, at, law, is_rest, ahead, bound):
                continue
            since = min(node[at, SINCE], now) if is_rest else now - node[at, IDLE]
            if since + target <= first:
                continue
            begin = opening(stop, windows, s, max(since + target, lives.soonest[p]))
            if late:
                begin = since + target
            if begin <= lives.latest[p] and begin < FAR:
                _serve(lives, law, stop, windows, p, at, begin, fixed, is_reload, level, width)


@compiled
def _worth(node: Ints, at: int, law: Ints, is_rest: bool, ahead: int, bound: int) -> bool:
    """Whether a pause may be of use: a break if one is due before the end, a rest if the day will not do."""
    driven = node[at, DRIVEN] + ahead
    if not is_rest:
        return driven > law[MAX_DRIVING]
    if node[at, TODAY] + ahead > law[DAILY]:
        return True
    due = driven // law[MAX_DRIVING] * law[BREAK] if law[MAX_DRIVING] < FAR else 0
    return max(bound, node[at, NOW] + ahead) + due > node[at, BEGAN] + span_of(node, at, law)


@compiled
def _serve(
    lives: Lives,
    law: Ints,
    stop: Ints,
    windows: Ints,
    p: int,
    at: int,
    begin: int,
    fixed: bool,
    is_reload: bool,
    level: int,
    width: int,
) -> bool:
    """Begin service then, after waiting or after a day that began later; whether that is lawful at all."""
    node = lives.node
    until = open_until(stop, windows, lives.row[p], begin)
    lawful = _served(lives, law, p, at, begin, until, 0, is_reload, level, width)
    waiting = begin - node[at, NOW]
    if law[SPAN] >= FAR or waiting <= 0 or node[at, SLACK] <= 0:
        return lawful
    shift = min(waiting, node[at, SLACK])
    if _served(lives, law, p, at, begin, until, shift, is_reload, level, width):
        lawful = True
    if level > QUICK:
        for column in range(FIRST_PART, REST + 1):
            shift = min(waiting - law[column], node[at, SLACK])
            if law[column] < FAR and shift > 0:
                _served(lives, law, p, at, begin, until, shift, is_reload, level, width)
    return lawful


@compiled
def _served(
    lives: Lives,
    law: Ints,
    p: int,
    at: int,
    begin: int,
    until: int,
    shift: int,
    is_reload: bool,
    level: int,
    width: int,
) -> bool:
    node, num = lives.node, lives.num
    n = born(node, num, at, at, SERVICE)
    if n < 0:
        return False
    work = lives.work[p]
    node[n, FROM] = begin
    if shift > 0:
        node[n, SHIFT] = shift
        node[n, NOW] += shift
        node[n, BEGAN] += shift
        if node[n, SLACK] < FAR:
            node[n, SLACK] -= shift
        if node[n, SINCE] < FAR:
            node[n, SINCE] += shift
    waiting = begin - node[n, NOW]
    if waiting > 0:
        node[n, SINCE] = min(node[n, SINCE], node[n, NOW])
        node[n, IDLE] += waiting
        node[n, NOW] = begin
    if work > 0:
        end_rest(node, n, law)
        counts = law[SERVICE_COUNTS] != 0 and not is_reload
        if not counts:
            end_break(node, n, law)
        if begin + work > node[n, BEGAN] + span_of(node, n, law):
            num[BORN] -= 1
            return False
        node[n, NOW] = begin + work
        if counts:
            node[n, IDLE] += work
    node[n, SLACK] = min(node[n, SLACK], max(until - begin, 0))
    if not keep(node, num, lives.front, FRONT, n, law, width):
        num[BORN] -= 1
    elif level > QUICK and node[n, IDLE] > 0:
        _complete(lives, law, n, width)
    return True


@compiled
def _complete(lives: Lives, law: Ints, at: int, width: int) -> None:
    """A pause that service has not ended (there was none, or it counts), made long enough after it."""
    node, num = lives.node, lives.num
    for column in range(FIRST_PART, REST + 1):
        is_rest = column > BREAK
        if law[column] >= FAR or (is_rest and node[at, SINCE] >= FAR):
            continue
        more = law[column] - (node[at, NOW] - node[at, SINCE] if is_rest else node[at, IDLE])
        if more <= 0:
            continue
        n = born(node, num, at, at, REST_TAKEN if is_rest else BREAK_TAKEN)
        if n < 0:
            return
        node[n, FROM] = node[at, NOW]
        node[n, LENGTH] = more
        node[n, AT] = 0
        node[n, NOW] += more
        node[n, IDLE] += more
        node[n, SINCE] = min(node[n, SINCE], node[at, NOW])
        node[n, PAUSES] += 1
        if not keep(node, num, lives.front, FRONT, n, law, width):
            num[BORN] -= 1
