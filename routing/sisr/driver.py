"""Driver hours along a route, compiled: every life that a driver may lead, as far as it is followed up.

`level` says which choices are followed up; each contains the ones below it:

- QUICK, for the search: pauses on a leg are taken where they are due, the shortest that is lawful; where the driver
  must wait for a window, waiting may become a break or a rest.
- SPARING: besides, a rest may be taken where a break is due and where the regular span ends; pauses may be taken
  before each service, if breaks or rests are due later on at all.
- ALL: pauses of every kind before each service, and after it where they go on.

Waiting may be made good at the beginning of the day: everything since then happens later, and the day ends later.
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.flat import Ints
from haoyun.routing.sisr.law import (
    BEHIND,
    BEHIND_TODAY,
    BREAK,
    DAILY,
    DAY_BEGAN,
    FAR,
    FRESH,
    LONG_SPAN,
    MAX_DRIVING,
    PART_TAKEN,
    REDUCED,
    REDUCED_LEFT,
    REST,
    SECOND_PART,
    SPAN,
)
from haoyun.routing.sisr.lives import (
    ARRIVAL,
    ARRIVED,
    AT,
    BEGAN,
    BORN,
    BREAK_TAKEN,
    DRIVEN,
    EVENT,
    FROM,
    FRONT,
    IDLE,
    LEFT,
    LENGTH,
    MOST_PENDING,
    NOW,
    PARENT,
    PART,
    PAUSES,
    QUICK,
    REST_TAKEN,
    SINCE,
    SLACK,
    START,
    TODAY,
    Lives,
    born,
    end_break,
    end_rest,
    keep,
    span_of,
)

_MOST_PAUSES_A_LEG = 40


@compiled
def wake(lives: Lives, law: Ints, departure: int) -> None:
    """The driver as the route begins: the only life so far."""
    node = lives.node
    node[0, NOW] = departure
    node[0, DRIVEN] = law[BEHIND]
    node[0, TODAY] = law[BEHIND_TODAY]
    node[0, BEGAN] = departure if law[DAY_BEGAN] >= FAR else law[DAY_BEGAN]
    node[0, LEFT] = law[REDUCED_LEFT]
    node[0, PART] = law[PART_TAKEN]
    node[0, IDLE] = 0
    node[0, SINCE] = FAR
    node[0, SLACK] = FAR if law[FRESH] else 0
    node[0, PARENT] = -1
    node[0, EVENT] = START
    node[0, PAUSES] = 0
    lives.front[0] = 0
    lives.num[BORN] = 1
    lives.num[FRONT] = 1


@compiled
def drive(lives: Lives, law: Ints, seconds: int, level: int, width: int) -> None:
    """From the front to `arrived`: all ways to drive a leg."""
    node, num, pending = lives.node, lives.num, lives.pending
    num[ARRIVED] = 0
    scratch = len(node) - 1
    for f in range(num[FRONT]):
        pending[0, 0] = lives.front[f]
        pending[0, 1] = 0
        pending[0, 2] = 0
        top = 1
        while top > 0:
            top -= 1
            at, along, pauses = pending[top, 0], pending[top, 1], pending[top, 2]
            if seconds == 0:
                _arrive(lives, law, at, at, 0, width)
                continue
            for column in range(SLACK + 1):
                node[scratch, column] = node[at, column]
            end_rest(node, scratch, law)
            end_break(node, scratch, law)
            lasts = node[scratch, BEGAN] + span_of(node, scratch, law) - node[scratch, NOW]
            furthest = min(
                seconds - along, law[MAX_DRIVING] - node[scratch, DRIVEN], law[DAILY] - node[scratch, TODAY]
            )
            furthest = max(min(furthest, lasts), 0)
            regular = -1
            if level > QUICK and law[SPAN] < FAR and node[scratch, LEFT] > 0:
                regular = node[scratch, BEGAN] + law[SPAN] - node[scratch, NOW]
            for way in range(2):
                stretch = furthest if way == 0 else regular
                if way == 1 and not 0 <= regular < furthest:
                    break
                # A pause that is due before anything is driven continues the one that is going on.
                source = scratch if stretch > 0 else at
                if along + stretch == seconds:
                    _arrive(lives, law, at, source, stretch, width)
                elif pauses < _MOST_PAUSES_A_LEG and top < MOST_PENDING - 3:
                    top = _pause(lives, law, at, source, stretch, along + stretch, pauses + 1, top, level)


@compiled
def _arrive(lives: Lives, law: Ints, parent: int, source: int, stretch: int, width: int) -> None:
    node, num = lives.node, lives.num
    n = born(node, num, source, parent, ARRIVAL)
    if n < 0:
        return
    node[n, NOW] += stretch
    node[n, DRIVEN] += stretch
    node[n, TODAY] += stretch
    node[n, FROM] = node[n, NOW]
    if not keep(node, num, lives.arrived, ARRIVED, n, law, width):
        num[BORN] -= 1


@compiled
def _pause(
    lives: Lives,
    law: Ints,
    parent: int,
    source: int,
    stretch: int,
    done: int,
    pauses: int,
    top: int,
    level: int,
) -> int:
    """Add the pauses that may be taken after driving so far to those that wait; how many wait then."""
    node = lives.node
    now = node[source, NOW] + stretch
    day_left = node[source, TODAY] + stretch < law[DAILY]
    day_left = day_left and now < node[source, BEGAN] + span_of(node, source, law)
    if node[source, DRIVEN] + stretch >= law[MAX_DRIVING] and day_left:
        length = law[SECOND_PART] if node[source, PART] else law[BREAK]
        length = max(length - node[source, IDLE], 1)
        top = _paused(lives, parent, source, stretch, done, pauses, top, length, BREAK_TAKEN)
        if level == QUICK:
            return top
    begin = min(now, node[source, SINCE])
    awake = begin - node[source, BEGAN]
    reduced = node[source, LEFT] > 0 and awake <= law[LONG_SPAN] and law[REDUCED] < FAR
    if reduced:
        length = max(law[REDUCED] - (now - begin), 1)
        top = _paused(lives, parent, source, stretch, done, pauses, top, length, REST_TAKEN)
    if law[REST] < FAR and (not reduced or (level > QUICK and awake <= law[SPAN])):
        length = max(law[REST] - (now - begin), 1)
        top = _paused(lives, parent, source, stretch, done, pauses, top, length, REST_TAKEN)
    return top


@compiled
def _paused(
    lives: Lives,
    parent: int,
    source: int,
    stretch: int,
    done: int,
    pauses: int,
    top: int,
    length: int,
    event: int,
) -> int:
    node = lives.node
    n = born(node, lives.num, source, parent, event)
    if n < 0:
        return top
    node[n, DRIVEN] += stretch
    node[n, TODAY] += stretch
    node[n, FROM] = node[n, NOW] + stretch
    node[n, NOW] = node[n, FROM] + length
    node[n, SINCE] = min(node[n, SINCE], node[n, FROM])
    node[n, IDLE] += length
    node[n, LENGTH] = length
    node[n, AT] = done
    node[n, PAUSES] += 1
    lives.pending[top, 0] = n
    lives.pending[top, 1] = done
    lives.pending[top, 2] = pauses
    return top + 1


@compiled
def arrive_home(lives: Lives, law: Ints, seconds: int, off_duty: int, level: int, width: int) -> int:
    """The life that ends the route first, with the fewest pauses; -1 if none ends within the shift."""
    node = lives.node
    drive(lives, law, seconds, level, width)
    best = -1
    for a in range(lives.num[ARRIVED]):
        n = lives.arrived[a]
        if node[n, NOW] > off_duty:
            continue
        if (
            best < 0
            or node[n, NOW] < node[best, NOW]
            or (node[n, NOW] == node[best, NOW] and node[n, PAUSES] < node[best, PAUSES])
        ):
            best = n
    return best
