"""Set partitioning over remembered routes: the best plan that can be put together from them (OR-Tools' CP-SAT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from haoyun.routing.problem import Tours
from haoyun.routing.sisr.flat import (
    END,
    FIXED,
    PER_METRE,
    PER_SECOND,
    PLACE,
    PROFILE,
    START,
    TASK,
    WEIGHT,
    Flat,
)
from haoyun.routing.sisr.reloads import as_route
from haoyun.routing.sisr.search import Pool

# More routes than this make the model slow to build without making plans better.
_MOST = 8000
# Costs become whole numbers with about this many digits for the whole plan.
_PRECISION = 10**9
_LARGEST = 2.0**60


@dataclass(frozen=True, slots=True)
class Column:
    """One route that may be driven: by a kind of vehicle, at a cost, past these stops."""

    kind: int
    cost: float
    stops: tuple[int, ...]


def columns_of(
    flat: Flat, pools: Sequence[Pool], best: Tours, extras: Sequence[float] | None = None
) -> list[Column]:
    """The routes of the best plan, then those seen in the best plans; of each set of stops the cheapest order.

    `extras`: what the best plan's routes cost besides their ways.
    """
    chosen: dict[tuple[int, frozenset[int]], Column] = {}
    plan_cost = np.concatenate([pool.plan_cost for pool in pools])
    owner = np.concatenate([np.full(len(pool.cost), n) for n, pool in enumerate(pools)])
    number = np.concatenate([np.arange(len(pool.cost)) for pool in pools])
    own = {
        (int(flat.fleet[v]), _stops(tour)): route_cost(flat, v, tour) + (extras[v] if extras else 0.0)
        for v, tour in enumerate(best)
        if tour
    }
    for (kind, stops), cost in own.items():
        order = next(t for v, t in enumerate(best) if t and flat.fleet[v] == kind and _stops(t) == stops)
        chosen[kind, stops] = Column(kind, cost, order)
    for entry in np.argsort(plan_cost, kind="stable"):
        if len(chosen) >= _MOST:
            break
        pool, row = pools[owner[entry]], int(number[entry])
        tour = tuple(pool.stops[pool.first[row] : pool.first[row + 1]].tolist())
        key = (int(pool.kind[row]), _stops(tour))
        cost = float(pool.cost[row])
        if key not in chosen or cost < chosen[key].cost - 1e-9:
            chosen[key] = Column(key[0], cost, tour)
    return list(chosen.values())


def _stops(tour: Sequence[int]) -> frozenset[int]:
    """The stops of tasks on a tour: which reloads lie between them is part of the order."""
    return frozenset(s for s in tour if s >= 0)


def route_cost(flat: Flat, v: int, tour: Sequence[int]) -> float:
    """The cost of a route that is not empty, fixed cost included."""
    kind = flat.kind[flat.fleet[v]]
    rate = flat.rate[flat.fleet[v]]
    places = [kind[START], *flat.stop[as_route(flat, v, tour), PLACE], kind[END]]
    legs = flat.legs[kind[PROFILE], places[:-1], places[1:]].astype(np.int64).sum(axis=0)
    return float(rate[FIXED] + rate[PER_METRE] * legs[1] + rate[PER_SECOND] * legs[0])


def recombine(
    flat: Flat,
    columns: Sequence[Column],
    best: Tours,
    *,
    fleet_first: bool,
    seconds: float,
    threads: int,
    seed: int,
    effort: float | None = None,
) -> Tours | None:
    """The best plan of these routes found within `seconds`; None if there is none better than `best`.

    `effort`: stop after this much of CP-SAT's deterministic time, whatever the speed of the machine.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415 - takes a third of a second to import

    model = cp_model.CpModel()
    drives = [model.new_bool_var("") for _ in columns]
    by_task: list[list[int]] = [[] for _ in flat.task]
    by_kind: list[list[int]] = [[] for _ in flat.kind]
    for number, column in enumerate(columns):
        by_kind[column.kind].append(number)
        for task in {int(flat.stop[s, TASK]) for s in _stops(column.stops)}:
            by_task[task].append(number)
    current = {(int(flat.fleet[v]), _stops(t)) for v, t in enumerate(best) if t}
    total = sum(c.cost for c in columns if (c.kind, _stops(c.stops)) in current)
    scale = min(_PRECISION / max(total, 1.0), 1.0 if float(total).is_integer() and total > 1e5 else 1e6)
    total += float(flat.prize.sum())
    # The sum of all that is missed must stay a number that CP-SAT can count in.
    heaviest = float(flat.task[:, WEIGHT].sum()) * (len(current) + 2 if fleet_first else 1)
    scale = min(scale, _LARGEST / (max(heaviest, 1.0) * max(total, 1.0) * (2.0 if fleet_first else 1.0)))
    per_vehicle = int(total * scale) + 1 if fleet_first else 0
    per_miss = (int(total * scale) + 1 + per_vehicle) * (len(current) + 1 if fleet_first else 1)
    prizes = [
        float(flat.prize[list({int(flat.stop[s, TASK]) for s in _stops(c.stops)})].sum()) for c in columns
    ]
    terms = [
        drive * (round((c.cost - prize) * scale) + per_vehicle)
        for drive, c, prize in zip(drives, columns, prizes, strict=True)
    ]
    missed = []
    served = {int(flat.stop[s, TASK]) for tour in best for s in _stops(tour)}
    for task, numbers in enumerate(by_task):
        if not numbers:
            continue
        miss = model.new_bool_var("")
        model.add_exactly_one([miss, *(drives[n] for n in numbers)])
        model.add_hint(miss, task not in served)
        missed.append(miss * (per_miss * int(flat.task[task, WEIGHT])))
    counts = np.bincount(flat.fleet, minlength=len(flat.kind))
    for kind, numbers in enumerate(by_kind):
        if len(numbers) > counts[kind]:
            model.add(sum(drives[n] for n in numbers) <= int(counts[kind]))
    for drive, column in zip(drives, columns, strict=True):
        model.add_hint(drive, (column.kind, _stops(column.stops)) in current)
    model.minimize(sum(terms) + sum(missed))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    solver.parameters.num_workers = threads if effort is None else 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    solver.parameters.linearization_level = 2
    if effort is not None:
        solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    picked = [c for drive, c in zip(drives, columns, strict=True) if solver.value(drive)]
    return _tours(flat, picked)


def _tours(flat: Flat, picked: Sequence[Column]) -> Tours:
    """Give each route to a vehicle of its kind."""
    free: dict[int, list[int]] = {}
    for v in range(len(flat.fleet) - 1, -1, -1):
        free.setdefault(int(flat.fleet[v]), []).append(v)
    tours: list[tuple[int, ...]] = [()] * len(flat.fleet)
    for column in picked:
        tours[free[column.kind].pop()] = column.stops
    return tuple(tours)
