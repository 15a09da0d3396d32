"""A problem as contiguous arrays of numbers, which is all that compiled code can read."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.kept import is_judged
from haoyun.routing.onward import Onward, onward_of
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.tasks import Job

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Legs = NDArray[np.int32]

# Beyond any time, distance or number of stops; half of what fits, so that two of them can be added.
FAR = 2**61

# Columns of Flat.stop.
PLACE, SERVICE, OPEN, CLOSE, TASK, WHAT, WINDOW_FROM, WINDOW_TO, SETUP, GOODS, BRINGS, TAKES = range(12)
JOB, PICKUP, DELIVERY = range(3)  # values of WHAT
# Columns of Flat.task.
FIRST, STOPS, WEIGHT = range(3)
# Columns of Flat.kind. JUDGED: whether only driving a route through tells if it keeps the rules (judge.py).
(
    START, END, PROFILE, ON_DUTY, OFF_DUTY, MAX_STOPS, MAX_METRES, MAX_SECONDS, LIMITED,
    JUDGED, LIFO, MAX_DURATION, HOURS,
) = range(13)  # fmt: skip
# Columns of Flat.hours.
(
    MAX_DRIVING, BREAK, DAILY, REST, SPAN, REDUCED, LONG_SPAN, REDUCED_LEFT, DRIVEN, TODAY, DAY_BEGAN, FRESH,
) = range(12)  # fmt: skip
# Columns of Flat.rate.
FIXED, PER_METRE, PER_SECOND, PER_DUTY_SECOND, PER_WORK_SECOND = range(5)
# Columns of Flat.order: what tasks are sorted by before they are inserted.
ORDERS = 6
# As many neighbours a stop are enough for any ruin: a dozen strings start among them.
_NEIGHBOURS = 160


class Flat(NamedTuple):
    """n stops, t tasks, k kinds of vehicles, v vehicles, d capacities, p profiles, l locations (one more: "open")."""

    legs: NDArray[np.int32]  # (p, l + 1, l + 1, 2) seconds and metres; all zero to and from the open end
    back: NDArray[np.int32]  # the same from column to row: all ways to one place lie side by side
    stop: Ints  # (n, 12)
    windows: Ints  # (w, 2) start and end
    amount: Ints  # (n, 2, d) brought from the route's start, taken on (a delivery: taken on below zero)
    task: Ints  # (t, 3)
    prize: Floats  # (t,) revenue, where it counts
    order: Floats  # (t, ORDERS) the smaller, the earlier
    kind: Ints  # (k, 13)
    hours: Ints  # (k, 12)
    rate: Floats  # (k, 5)
    room: Ints  # (k, d)
    base: Ints  # (k, d) on board from the beginning, whatever is served
    fleet: Ints  # (v,) kind of each vehicle
    allowed: NDArray[np.bool_]  # (t, k) skills
    near: NDArray[np.int32]  # (n, m) stops by distance, itself first
    apart: Ints  # (g,) by kind of goods the kinds, as bits, that it may not travel with
    cleaning: Ints  # (g, g) seconds of cleaning after the first before the second


def flatten(problem: Problem) -> Flat:
    """The arrays of a problem."""
    stop, windows = _stops(problem)
    kinds, fleet = _kinds(problem)
    onward = [onward_of(problem, v) for v in kinds]
    task = _tasks(problem, onward)
    legs = _legs(problem)
    room = np.array([v.capacity for v in kinds], dtype=np.int64).reshape(len(kinds), -1)
    amount = _amounts(problem, len(stop), onward)
    return Flat(
        legs=legs,
        back=np.ascontiguousarray(legs.transpose(0, 2, 1, 3)),
        stop=stop,
        windows=windows,
        amount=amount,
        task=task,
        prize=_prizes(problem),
        order=_orders(stop, task, amount, room, _remoteness(legs, stop, kinds)),
        kind=np.array([_kind(problem, v, on) for v, on in zip(kinds, onward, strict=True)], dtype=np.int64),
        hours=np.array([_hours(v) for v in kinds], dtype=np.int64),
        rate=_rates(problem, kinds, onward, legs),
        room=room,
        base=np.array([on.base for on in onward], dtype=np.int64).reshape(len(kinds), -1),
        fleet=fleet,
        allowed=_allowed(problem, kinds, onward),
        near=_near(legs, stop),
        apart=_apart(problem),
        cleaning=_cleaning(problem),
    )


def _stops(problem: Problem) -> tuple[Ints, Ints]:
    codes = {"job": JOB, "pickup": PICKUP, "delivery": DELIVERY}
    rows: list[tuple[int, ...]] = []
    windows: list[tuple[int, int]] = []
    kinds = sorted(problem.goods.kinds)
    number = -1
    for stop in problem.stops:
        number += stop.kind != "delivery"
        own = [(w.start_s, w.end_s) for w in stop.visit.windows]
        begin, end = (own[0][0], own[-1][1]) if own else (-FAR, FAR)
        first = len(windows)
        windows += own
        what = codes[stop.kind.value]
        task = stop.task
        brings = any(task.delivery) if isinstance(task, Job) else what == DELIVERY
        takes = any(task.pickup) if isinstance(task, Job) else what == PICKUP
        goods = kinds.index(task.goods) if task.goods in kinds else -1
        rows.append(
            (
                stop.visit.location, stop.visit.service_s, begin, end, number, what, first, len(windows),
                stop.visit.setup_s, goods, int(brings), int(takes),
            )
        )  # fmt: skip
    return np.array(rows, dtype=np.int64).reshape(-1, 12), np.array(windows, dtype=np.int64).reshape(-1, 2)


def _tasks(problem: Problem, onward: list[Onward]) -> Ints:
    """First stop, number of stops and weight; of what is on board only the delivery, of what is fixed nothing."""
    rows: list[tuple[int, int, int]] = []
    first = 0
    fixed = {number for on in onward for number in on.prefix}
    on_board = {number for on in onward for number in on.own}
    due = {number for on in onward for number in on.due}
    # For profit what is not mandatory may stay behind; otherwise anything mandatory outweighs all that is not.
    optional = 0 if problem.objective is Objective.PROFIT else 1
    outweighs = 1 + sum(optional * (1 + task.priority) for task in problem.tasks if not task.mandatory)
    everything = 1 + sum(
        (outweighs if task.mandatory else optional) * (1 + task.priority) for task in problem.tasks
    )
    for number, task in enumerate(problem.tasks):
        count = len(task.visits)
        weight = (outweighs if task.mandatory else optional) * (1 + task.priority)
        if first + count - 1 in fixed:
            rows.append((first, count, 0))
        elif number in on_board:
            rows.append((first + 1, 1, everything if number in due else weight))
        else:
            rows.append((first, count, weight))
        first += count
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _prizes(problem: Problem) -> Floats:
    counts = problem.objective is Objective.PROFIT
    return np.array([task.revenue if counts else 0 for task in problem.tasks], dtype=np.float64)


def _apart(problem: Problem) -> Ints:
    kinds = sorted(problem.goods.kinds)
    masks = np.zeros(len(kinds), dtype=np.int64)
    for one, other in problem.goods.apart:
        masks[kinds.index(one)] |= 1 << kinds.index(other)
        masks[kinds.index(other)] |= 1 << kinds.index(one)
    return masks


def _cleaning(problem: Problem) -> Ints:
    kinds = sorted(problem.goods.kinds)
    table = np.zeros((len(kinds), len(kinds)), dtype=np.int64)
    for cleaning in problem.goods.cleanings:
        table[kinds.index(cleaning.after), kinds.index(cleaning.before)] = cleaning.duration_s
    return table


def _amounts(problem: Problem, stops: int, onward: list[Onward]) -> Ints:
    loaded = {number for on in onward for number in on.loaded}
    table = np.zeros((stops, 2, len(problem.capacity_names)), dtype=np.int64)
    for number, stop in enumerate(problem.stops):
        task = stop.task
        if isinstance(task, Job):
            table[number] = problem.amounts(task.delivery), problem.amounts(task.pickup)
            if number in loaded:  # in Flat.base; jobs are the first stops, so that both have one number
                table[number, 1] -= table[number, 0]
                table[number, 0] = 0
        else:
            sign = -1 if stop.kind.value == "delivery" else 1
            table[number, 1] = sign * np.array(problem.amounts(task.amount), dtype=np.int64)
    return table


def _kinds(problem: Problem) -> tuple[list[Vehicle], Ints]:
    """One vehicle of each kind, and the kind of each vehicle: all that makes a difference but the id."""
    numbers: dict[Vehicle, int] = {}
    kinds: list[Vehicle] = []
    fleet = []
    for v in problem.vehicles:
        key = replace(v, id=0)
        if key not in numbers:
            numbers[key] = len(kinds)
            kinds.append(v)
        fleet.append(numbers[key])
    return kinds, np.array(fleet, dtype=np.int64)


def _profiles(problem: Problem) -> list[str | None]:
    return [None, *sorted(problem.profiles)]


def _kind(problem: Problem, v: Vehicle, onward: Onward) -> tuple[int, ...]:
    nowhere = len(problem.durations_s)
    limits = (v.max_stops, v.max_distance_m, v.max_travel_s)
    spent = (len(onward.prefix), onward.metres, onward.seconds)
    return (
        nowhere if onward.place is None else onward.place,
        nowhere if v.end is None else v.end,
        _profiles(problem).index(v.profile),
        onward.ready_s,
        v.window.end_s if v.window else FAR,
        *(FAR if most is None else most - gone for most, gone in zip(limits, spent, strict=True)),
        int(v.max_distance_m is not None or v.max_travel_s is not None),
        int(is_judged(problem, v)),
        int(v.lifo),
        FAR if v.max_duration_s is None else v.max_duration_s,
        int(v.hours.binds),
    )


def _hours(v: Vehicle) -> tuple[int, ...]:
    rule, driver = v.hours, v.driver
    left = rule.reduced_left(driver.reduced_rests_used)
    return (
        FAR if rule.max_driving_s is None else rule.max_driving_s,
        rule.break_s,
        FAR if rule.daily_driving_s is None else rule.daily_driving_s,
        FAR if rule.rest_s is None else rule.rest_s,
        FAR if rule.span_s is None else rule.span_s,
        FAR if rule.reduced_rest_s is None else rule.reduced_rest_s,
        FAR if rule.long_span_s is None or rule.span_s is None else rule.long_span_s,
        0 if rule.reduced_rest_s is None else left,
        driver.driven_s,
        driver.driven_today_s,
        v.on_duty_s if driver.day_began_s is None else driver.day_began_s,
        int(driver.is_fresh),
    )


def _by_cost(problem: Problem) -> bool:
    return problem.objective in (Objective.COST, Objective.PROFIT)


def _legs(problem: Problem) -> NDArray[np.int32]:
    size = len(problem.durations_s)
    profiles = _profiles(problem)
    legs = np.zeros((len(profiles), size + 1, size + 1, 2), dtype=np.int32)
    for number, name in enumerate(profiles):
        own = problem if name is None else problem.profiles[name]
        legs[number, :size, :size, 0] = own.durations_s
        legs[number, :size, :size, 1] = own.distances_m
    return legs


def _rates(problem: Problem, kinds: list[Vehicle], onward: list[Onward], legs: NDArray[np.int32]) -> Floats:
    rates = _own_rates(problem, kinds)
    profiles = _profiles(problem)
    for row, v, on in zip(rates, kinds, onward, strict=True):
        if on.prefix:
            # It drives anyway: with nothing more to do from its last fixed stop to its end, which is saved if it
            # has; so that an empty route costs nothing, as of any vehicle.
            nowhere = len(problem.durations_s)
            end = nowhere if v.end is None else v.end
            seconds, metres = legs[profiles.index(v.profile), on.place, end]
            row[FIXED] = -(row[PER_METRE] * metres + row[PER_SECOND] * seconds)
    return rates


def _own_rates(problem: Problem, kinds: list[Vehicle]) -> Floats:
    if _by_cost(problem):
        rows = [
            (
                v.fixed_cost, v.cost_per_km / 1000, v.cost_per_hour / 3600,
                v.cost_per_duty_hour / 3600, v.cost_per_task_hour / 3600,
            )
            for v in kinds
        ]  # fmt: skip
        return np.array(rows, dtype=np.float64)
    # A vehicle fewer is worth any detour that a single task could need; which of two plans is better is decided
    # by comparing vehicles first (anneal.py), so that this need not be larger.
    longest = max(int(problem.matrices_of(v)[1].max(initial=0)) for v in kinds)
    fixed = 4.0 * longest if problem.objective is Objective.VEHICLES else 0.0
    return np.array([(fixed, 1.0, 0.0, 0.0, 0.0)] * len(kinds), dtype=np.float64)


def _allowed(problem: Problem, kinds: list[Vehicle], onward: list[Onward]) -> NDArray[np.bool_]:
    able: dict[frozenset[str], list[bool]] = {}
    rows = []
    for task in problem.tasks:
        if task.skills not in able:
            able[task.skills] = [task.skills <= v.skills for v in kinds]
        rows.append(able[task.skills])
    table = np.array(rows, dtype=np.bool_).reshape(-1, len(kinds))
    left = [k for k, on in enumerate(onward) if on.has_left]
    if left:
        # A vehicle that has left its start brings only what it has loaded there.
        brought = [n for n, job in enumerate(problem.jobs) if any(job.delivery)]
        table[np.ix_(brought, left)] = False
    for k, on in enumerate(onward):
        for number in on.own | on.loaded:
            skilled = problem.tasks[number].skills <= kinds[k].skills
            table[number] = False
            table[number, k] = skilled
    fixed = {number for on in onward for number in on.prefix}
    first = 0
    for number, task in enumerate(problem.tasks):
        first += len(task.visits)
        if first - 1 in fixed:
            table[number] = False
    return table


def _remoteness(legs: NDArray[np.int32], stop: Ints, kinds: list[Vehicle]) -> Floats:
    """Metres from where vehicles start, on average over the first kinds."""
    starts = [v.start for v in kinds[:32] if v.start is not None]
    if not starts:
        return np.zeros(len(stop))
    mean: Floats = legs[0, starts, :, 1].mean(axis=0)[stop[:, PLACE]]
    return mean


def _orders(stop: Ints, task: Ints, amount: Ints, room: Ints, remote_m: Floats) -> Floats:
    first = task[:, FIRST]
    last = first + task[:, STOPS] - 1
    largest = np.maximum(room.max(axis=0, initial=1), 1)
    size = (np.abs(amount).sum(axis=1) / largest).sum(axis=1)[first] if len(stop) else np.zeros(0)
    length = np.minimum(stop[first, CLOSE] - stop[first, OPEN], stop[last, CLOSE] - stop[last, OPEN])
    columns = (-size, -remote_m[first], remote_m[first], length, stop[first, OPEN], stop[last, CLOSE])
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)


def _near(legs: NDArray[np.int32], stop: Ints) -> NDArray[np.int32]:
    places = stop[:, PLACE]
    count = min(len(stop), _NEIGHBOURS)
    rows = np.empty((len(stop), count), dtype=np.int32)
    metres = legs[0, :, :, 1]
    for number, place in enumerate(places):
        both_ways = metres[place, places].astype(np.int64) + metres[places, place]
        both_ways[number] = -1
        part = np.argpartition(both_ways, count - 1)[:count] if count < len(stop) else np.arange(count)
        rows[number] = part[np.argsort(both_ways[part], kind="stable")]
    return rows
