"""How a problem becomes arrays: its stops, tasks, goods and ways (vehicles: flatten_fleet.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.onward import Onward, onward_of
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.sisr.begun import begun_of
from haoyun.routing.sisr.flat import (
    CLOSE,
    DELIVERY,
    FAR,
    FIRST,
    JOB,
    OPEN,
    PICKUP,
    PLACE,
    RELOAD,
    STOPS,
    Flat,
    Floats,
    Homes,
    Ints,
)
from haoyun.routing.sisr.flatten_fleet import (
    allowed_of,
    kind_row,
    kinds_of,
    most_reloads,
    profiles_of,
    rates_of,
    trips_of,
)
from haoyun.routing.sisr.law import law_row
from haoyun.routing.tasks import Job, Shipment, Task

# As many neighbours a stop are enough for any ruin: a dozen strings start among them.
_NEIGHBOURS = 160


def flatten(problem: Problem, homes: Homes | None = None) -> Flat:
    """The arrays of a problem; vehicles that tasks should stay with are not interchangeable."""
    stop, windows = _stops(problem)
    each = np.arange(len(problem.vehicles), dtype=np.int64)
    kinds, fleet = kinds_of(problem) if homes is None else (list(problem.vehicles), each)
    most = most_reloads(problem, kinds)
    reload_from, reloads, windows = _reloads(kinds, fleet, most, len(stop), windows)
    onward = [onward_of(problem, v) for v in kinds]
    task = _tasks(problem, onward)
    legs = _legs(problem)
    room = np.array([v.capacity for v in kinds], dtype=np.int64).reshape(len(kinds), -1)
    amount = _amounts(problem, len(stop), onward)
    kind = [kind_row(problem, v, on, m) for v, on, m in zip(kinds, onward, most, strict=True)]
    return Flat(
        legs=legs,
        back=np.ascontiguousarray(legs.transpose(0, 2, 1, 3)),
        stop=np.concatenate([stop, reloads]),
        windows=windows,
        amount=np.concatenate([amount, np.zeros((len(reloads), *amount.shape[1:]), dtype=np.int64)]),
        task=task,
        prize=_prizes(problem),
        order=_orders(stop, task, amount, room, _remoteness(legs, stop, kinds)),
        kind=np.array(kind, dtype=np.int64),
        hours=np.array([law_row(v.hours, v.driver) for v in kinds], dtype=np.int64),
        rate=rates_of(problem, kinds, onward, legs),
        room=room,
        base=np.array([on.base for on in onward], dtype=np.int64).reshape(len(kinds), -1),
        staying=_staying(problem, onward),
        fleet=fleet,
        reload_from=reload_from,
        trip=trips_of(problem, kinds, onward),
        allowed=allowed_of(problem, kinds, onward),
        near=_near(legs, stop),
        apart=_apart(problem),
        cleaning=_cleaning(problem),
        begun=begun_of(problem, kinds, onward),
        home=np.array(homes.vehicle if homes else [-1] * len(task), dtype=np.int64),
        away=np.array(homes.cost if homes else [0.0] * len(task), dtype=np.float64),
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
                stop.visit.setup_s, goods, int(brings), int(takes), _release(task),
            )
        )  # fmt: skip
    return np.array(rows, dtype=np.int64).reshape(-1, 13), np.array(windows, dtype=np.int64).reshape(-1, 2)


def _release(task: Task) -> int:
    return task.release_s if isinstance(task, Job) and task.release_s is not None else -FAR


def _reloads(
    kinds: list[Vehicle], fleet: Ints, most: list[int], stops: int, windows: Ints
) -> tuple[Ints, Ints, Ints]:
    """Each vehicle's first reload by number, the rows of all reloads, and the windows with theirs."""
    spans = windows.tolist()
    rows_of: list[list[tuple[int, ...]]] = []
    for v in kinds:
        rows_of.append([])
        for reload in v.reloads:
            own = [(w.start_s, w.end_s) for w in reload.windows]
            begin, end = (own[0][0], own[-1][1]) if own else (-FAR, FAR)
            first = len(spans)
            spans += own
            place = reload.location
            rows_of[-1].append(
                (place, reload.duration_s, begin, end, -1, RELOAD, first, len(spans), 0, -1, 0, 0, -FAR)
            )
    rows: list[tuple[int, ...]] = []
    reload_from = []
    for k in fleet.tolist():
        reload_from.append(stops + len(rows))
        rows += rows_of[k] * (most[k] + 1 if most[k] else 0)  # one more to be tried
    return (
        np.array(reload_from, dtype=np.int64),
        np.array(rows, dtype=np.int64).reshape(-1, 13),
        np.array(spans, dtype=np.int64).reshape(-1, 2),
    )


def _staying(problem: Problem, onward: list[Onward]) -> Ints:
    """What shipments that are on board take up."""
    table = np.zeros((len(onward), len(problem.capacity_names)), dtype=np.int64)
    for k, on in enumerate(onward):
        for number in on.own:
            task = problem.tasks[number]
            assert isinstance(task, Shipment)
            table[k] += np.array(problem.amounts(task.amount), dtype=np.int64)
    return table


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


def _legs(problem: Problem) -> NDArray[np.int32]:
    size = len(problem.durations_s)
    profiles = profiles_of(problem)
    legs = np.zeros((len(profiles), size + 1, size + 1, 2), dtype=np.int32)
    for number, name in enumerate(profiles):
        own = problem if name is None else problem.profiles[name]
        legs[number, :size, :size, 0] = own.durations_s
        legs[number, :size, :size, 1] = own.distances_m
    return legs


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
