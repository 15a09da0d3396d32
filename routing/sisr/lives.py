"""What a driver may have done so far on one route: each way to lay breaks and rests is a life.

The rules are those of hours.py. A life is a row of numbers; it knows the one it goes on from, so that the whole
timetable can be told from its end (shifts.py). Of the lives that reach a call those are kept that no other is better
than in every respect, the earliest first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.law import (
    BREAK,
    FAR,
    FIRST_PART,
    LONG_SPAN,
    MAX_DRIVING,
    REDUCED,
    REST,
    SECOND_PART,
    SPAN,
)

Ints = NDArray[np.int64]

# Columns of Lives.node: where the driver stands ...
# SINCE: when the pause that is going on began, FAR if none is; IDLE: how much of it counts as a break.
# SLACK: by how much all that has happened since the day began could happen later, this instant excepted.
NOW, DRIVEN, TODAY, BEGAN, LEFT, PART, IDLE, SINCE, SLACK = range(9)
STANDING = 9  # so many columns; what follows tells how it came to that
PARENT, EVENT, AT, FROM, LENGTH, SHIFT, PAUSES = range(9, 16)
# Values of EVENT. A pause on the road is AT so many seconds of the leg; service begins FROM then, and all that has
# happened since the day began happens later by SHIFT.
START, BREAK_TAKEN, REST_TAKEN, ARRIVAL, SERVICE = range(5)
# Entries of Lives.num.
BORN, FRONT, ARRIVED = range(3)

# Which choices are followed up (driver.py).
QUICK, SPARING, ALL = range(3)
# Lives that go on from each call: enough for the search, and for a plan's timetable.
FEW, MANY = 4, 32
# Pauses that wait to be driven on from; what would be more is not looked for.
MOST_PENDING = 200


class Lives(NamedTuple):
    """m lives; w calls at most. The calls of a route stand in leg, work, row and latest."""

    node: Ints  # (m, 16); the last row is scratch
    front: Ints  # those that have left the call before
    arrived: Ints  # those that have reached the next one
    pending: Ints  # (p, 3) life, seconds of the leg, pauses on it
    num: Ints
    leg: Ints  # (w + 1,) seconds to each call, and to the end
    work: Ints  # (w,)
    row: Ints  # (w,) which rows of the table of stops they are
    soonest: Ints  # (w,) service does not begin earlier
    latest: Ints  # (w,) service that begins later cannot end well


def new_lives(calls: int, lives: int, width: int) -> Lives:
    """Room for so many calls and lives, `width` of which go on from each call."""
    return Lives(
        node=np.zeros((lives, 16), dtype=np.int64),
        front=np.zeros(width + 1, dtype=np.int64),
        arrived=np.zeros(width + 1, dtype=np.int64),
        pending=np.zeros((MOST_PENDING, 3), dtype=np.int64),
        num=np.zeros(3, dtype=np.int64),
        leg=np.zeros(calls + 1, dtype=np.int64),
        work=np.zeros(calls + 1, dtype=np.int64),
        row=np.zeros(calls + 1, dtype=np.int64),
        soonest=np.full(calls + 1, -FAR, dtype=np.int64),
        latest=np.full(calls + 1, FAR, dtype=np.int64),
    )


@compiled
def born(node: Ints, num: Ints, source: int, parent: int, event: int) -> int:
    """A new life that stands where `source` does and goes on from `parent`; -1 if there is no more room."""
    n = num[BORN]
    if n >= len(node) - 1:
        return -1
    for column in range(STANDING):
        node[n, column] = node[source, column]
    node[n, PARENT] = parent
    node[n, EVENT] = event
    node[n, PAUSES] = node[parent, PAUSES]
    node[n, SHIFT] = 0
    num[BORN] = n + 1
    return n


@compiled
def span_of(node: Ints, n: int, law: Ints) -> int:
    """How long after the day's beginning this driver may drive and work."""
    return law[LONG_SPAN] if node[n, LEFT] > 0 else law[SPAN]


@compiled
def end_rest(node: Ints, n: int, law: Ints) -> None:
    """The pause is over: a new day begins if it was a rest."""
    since = node[n, SINCE]
    if since >= FAR:
        return
    node[n, SINCE] = FAR
    length = node[n, NOW] - since
    in_time = since - node[n, BEGAN] <= law[SPAN]
    used = 0
    if length < law[REST] or not in_time:
        if node[n, LEFT] > 0 and length >= law[REDUCED] and since - node[n, BEGAN] <= law[LONG_SPAN]:
            used = 1
        elif in_time or length < law[REST]:
            return
    node[n, DRIVEN] = 0
    node[n, TODAY] = 0
    node[n, PART] = 0
    node[n, BEGAN] = node[n, NOW]
    node[n, LEFT] -= used
    node[n, SLACK] = FAR  # the rest may last longer


@compiled
def end_break(node: Ints, n: int, law: Ints) -> None:
    """The pause is over: a new period of driving begins if it was a break."""
    idle = node[n, IDLE]
    node[n, IDLE] = 0
    if idle == 0 or law[MAX_DRIVING] >= FAR:
        return
    if idle >= law[BREAK] or (node[n, PART] and idle >= law[SECOND_PART]):
        node[n, DRIVEN] = 0
        node[n, PART] = 0
    elif node[n, DRIVEN] > 0 and idle >= law[FIRST_PART]:
        node[n, PART] = 1


@compiled
def beats(node: Ints, a: int, b: int, law: Ints) -> bool:
    """Whether nothing about life b is better."""
    if (
        node[a, NOW] > node[b, NOW]
        or node[a, DRIVEN] > node[b, DRIVEN]
        or node[a, TODAY] > node[b, TODAY]
        or node[a, LEFT] < node[b, LEFT]
        or node[a, PART] < node[b, PART]
        or node[a, IDLE] < node[b, IDLE]
    ):
        return False
    if node[b, SINCE] < FAR and min(node[a, SINCE], node[a, NOW]) > node[b, SINCE]:
        return False
    return law[SPAN] >= FAR or (
        node[a, BEGAN] >= node[b, BEGAN]
        and node[a, BEGAN] + node[a, SLACK] >= node[b, BEGAN] + node[b, SLACK]
    )


@compiled
def keep(node: Ints, num: Ints, chosen: Ints, which: int, n: int, law: Ints, width: int) -> bool:
    """Take life n among the chosen ones unless one of them beats it; whether it was taken."""
    count = num[which]
    for i in range(count):
        if beats(node, chosen[i], n, law):
            return False
    left = 0
    for i in range(count):
        if not beats(node, n, chosen[i], law):
            chosen[left] = chosen[i]
            left += 1
    if left == width:
        last = 0
        for i in range(1, left):
            if node[chosen[i], NOW] > node[chosen[last], NOW]:
                last = i
        num[which] = left
        if node[n, NOW] >= node[chosen[last], NOW]:
            return False
        chosen[last] = n
        return True
    chosen[left] = n
    num[which] = left + 1
    return True
