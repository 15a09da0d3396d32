"""A problem as contiguous arrays of numbers, which is all that compiled code can read; flatten.py fills them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.sisr.begun import Begun

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Legs = NDArray[np.int32]

# Beyond any time, distance or number of stops; half of what fits, so that two of them can be added.
FAR = 2**61

# Columns of Flat.stop. TASK is -1 at a reload; RELEASE: a trip that serves it begins no earlier.
(
    PLACE, SERVICE, OPEN, CLOSE, TASK, WHAT, WINDOW_FROM, WINDOW_TO, SETUP, GOODS, BRINGS, TAKES, RELEASE,
) = range(13)  # fmt: skip
JOB, PICKUP, DELIVERY, RELOAD = range(4)  # values of WHAT
# Columns of Flat.task.
FIRST, STOPS, WEIGHT = range(3)
# Columns of Flat.kind. JUDGED: whether only driving a route through tells if it keeps the rules (judge.py).
(
    START, END, PROFILE, ON_DUTY, OFF_DUTY, MAX_STOPS, MAX_METRES, MAX_SECONDS, LIMITED,
    JUDGED, LIFO, MAX_DURATION, HOURS, TRIPS, RELOADS, MAX_RELOADS, LEFT,
) = range(17)  # fmt: skip
# TRIPS: whether trips matter (trips.py); RELOADS: between how many reloads it may choose, MAX_RELOADS: how often;
# LEFT: whether it has left its start, so that its first trip has begun.
# Values of Flat.trip: in which trips of a kind of vehicle a task may be served.
ANY_TRIP, LATER_TRIP, FIRST_TRIP = range(3)
# Columns of Flat.rate.
FIXED, PER_METRE, PER_SECOND, PER_DUTY_SECOND, PER_WORK_SECOND = range(5)
# Columns of Flat.order: what tasks are sorted by before they are inserted.
ORDERS = 6


class Flat(NamedTuple):
    """n stops, t tasks, k kinds of vehicles, v vehicles, d capacities, p profiles, l locations (one more: "open").

    Behind the n stops of tasks `stop` and `amount` have a row for each reload that a route may have: a reload that
    stands on a route twice is two stops there. Without reloads there are none.
    """

    legs: NDArray[np.int32]  # (p, l + 1, l + 1, 2) seconds and metres; all zero to and from the open end
    back: NDArray[np.int32]  # the same from column to row: all ways to one place lie side by side
    stop: Ints  # (n + reloads, 13)
    windows: Ints  # (w, 2) start and end
    amount: (
        Ints  # (n + reloads, 2, d) brought from the route's start, taken on (a delivery: taken on below zero)
    )
    task: Ints  # (t, 3)
    prize: Floats  # (t,) revenue, where it counts
    order: Floats  # (t, ORDERS) the smaller, the earlier
    kind: Ints  # (k, 17)
    hours: Ints  # (k, 16) see law.py
    rate: Floats  # (k, 5)
    room: Ints  # (k, d)
    base: Ints  # (k, d) on board from the beginning, whatever is served
    staying: Ints  # (k, d) of that, what a reload does not unload
    fleet: Ints  # (v,) kind of each vehicle
    reload_from: (
        Ints  # (v,) the stop that is its first reload, if that comes first on its route; the others follow
    )
    trip: NDArray[np.int8]  # (t, k) in which trips; (0, k) where trips do not matter
    allowed: NDArray[np.bool_]  # (t, k) skills
    near: NDArray[np.int32]  # (n, m) stops by distance, itself first
    apart: Ints  # (g,) by kind of goods the kinds, as bits, that it may not travel with
    cleaning: Ints  # (g, g) seconds of cleaning after the first before the second
    begun: Begun
    home: Ints  # (t,) the vehicle that a task should stay with; -1: any
    away: Floats  # (t,) what it costs besides on another one


class Homes(NamedTuple):
    """Where tasks should stay, and what it costs if they do not; both by number of the task."""

    vehicle: tuple[int, ...]  # by position, -1: no matter
    cost: tuple[float, ...]
