"""How the vehicles of a problem become arrays: kinds, limits, rates, what they may serve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.kept import is_judged
from haoyun.routing.onward import Onward
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.sisr.flat import (
    ANY_TRIP,
    FAR,
    FIRST_TRIP,
    FIXED,
    LATER_TRIP,
    PER_METRE,
    PER_SECOND,
    Floats,
    Ints,
)

# Rows of reloads in all that tables may have; and how often each route may reload in any case.
_RELOAD_ROWS = 200_000
_LEAST_RELOADS = 20


def kinds_of(problem: Problem) -> tuple[list[Vehicle], Ints]:
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


def profiles_of(problem: Problem) -> list[str | None]:
    """The names of all ways to travel; None, the problem's own, comes first."""
    return [None, *sorted(problem.profiles)]


def most_reloads(problem: Problem, kinds: list[Vehicle]) -> list[int]:
    """How often a route of each kind may reload: with every trip serving something, and tables that fit."""
    most = min(max(len(problem.tasks), 1), max(_LEAST_RELOADS, _RELOAD_ROWS // len(problem.vehicles)))
    return [int(min(v.trips_allowed - 1, most)) for v in kinds]


def _released(problem: Problem) -> bool:
    return any(job.release_s is not None for job in problem.jobs)


def trips_of(problem: Problem, kinds: list[Vehicle], onward: list[Onward]) -> NDArray[np.int8]:
    """Flat.trip: what a vehicle that has left its start has not loaded comes after a reload, what it has before."""
    if not any(v.reloads for v in kinds):
        return np.zeros((0, len(kinds)), dtype=np.int8)
    table = np.full((len(problem.tasks), len(kinds)), ANY_TRIP, dtype=np.int8)
    for k, on in enumerate(onward):
        if on.has_left:
            table[[n for n, job in enumerate(problem.jobs) if any(job.delivery)], k] = LATER_TRIP
        table[sorted(on.loaded), k] = FIRST_TRIP
    return table


def kind_row(problem: Problem, v: Vehicle, onward: Onward, most: int) -> tuple[int, ...]:
    """A row of Flat.kind."""
    nowhere = len(problem.durations_s)
    limits = (v.max_stops, v.max_distance_m, v.max_travel_s)
    spent = (len(onward.prefix), onward.metres, onward.seconds)
    return (
        nowhere if onward.place is None else onward.place,
        nowhere if v.end is None else v.end,
        profiles_of(problem).index(v.profile),
        onward.ready_s,
        v.window.end_s if v.window else FAR,
        *(FAR if most is None else most - gone for most, gone in zip(limits, spent, strict=True)),
        int(v.max_distance_m is not None or v.max_travel_s is not None),
        int(is_judged(problem, v)),
        int(v.lifo),
        FAR if v.max_duration_s is None else v.max_duration_s,
        int(v.hours.binds),
        int(most > 0 or _released(problem)),
        len(v.reloads) if most else 0,
        most,
        int(onward.has_left),
    )


def _by_cost(problem: Problem) -> bool:
    return problem.objective in (Objective.COST, Objective.PROFIT)


def rates_of(problem: Problem, kinds: list[Vehicle], onward: list[Onward], legs: NDArray[np.int32]) -> Floats:
    """Flat.rate; distances count at 1 a metre where the objective is not money."""
    rates = _own_rates(problem, kinds)
    profiles = profiles_of(problem)
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


def allowed_of(problem: Problem, kinds: list[Vehicle], onward: list[Onward]) -> NDArray[np.bool_]:
    """Flat.allowed: by skills, and for vehicles under way by what they have on board."""
    able: dict[frozenset[str], list[bool]] = {}
    rows = []
    for task in problem.tasks:
        if task.skills not in able:
            able[task.skills] = [task.skills <= v.skills for v in kinds]
        rows.append(able[task.skills])
    table = np.array(rows, dtype=np.bool_).reshape(-1, len(kinds))
    left = [k for k, on in enumerate(onward) if on.has_left and kinds[k].trips_allowed <= 1]
    if left:
        # A vehicle that has left its start brings only what it has loaded there, or at a reload.
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
