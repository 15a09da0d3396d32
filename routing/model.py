"""The problem in the words of OR-Tools' routing library. No other file imports it.

Matrices are registered in C++; nothing here calls back into Python per arc. The search holds Python's
global lock from beginning to end, so callers that must stay alive run it in a process of its own (portfolio.py).
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from haoyun.routing.alone import able_vehicles
from haoyun.routing.nodes import nodes_of
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.recipes import Recipe
from haoyun.routing.tasks import Job, Stop, StopKind
from haoyun.routing.timing import load_change, time_span
from haoyun.routing.travel import IntMatrix
from haoyun.routing.weights import arc_costs, arc_kind, fixed_cost, penalty

_First = routing_enums_pb2.FirstSolutionStrategy
_Meta = routing_enums_pb2.LocalSearchMetaheuristic
# Of the remaining time, how much one first solution may take: three of them leave most of it for improvement.
_TRIAL_SHARE = 0.1
_LEAST_TRIAL_S = 0.3  # a late answer is better than none; a hundred stops take a tenth of it
# Ruin and recreate never returns when there is a single visit to remove, not even at its time limit.
_FEWEST_TO_RUIN = 8


def search(
    problem: Problem,
    recipe: Recipe,
    *,
    deadline: float,
    seed: int = 0,
    found: Callable[[Tours], None] | None = None,
) -> Tours | None:
    """The best tours found by `deadline` (on time.monotonic()); None if the engine found none at all by then.

    `found` hears of each better solution. Tasks that no vehicle could serve alone are left out beforehand.
    """
    able = _able_by_stop(problem)
    if not any(able):
        return tuple(() for _ in problem.vehicles)
    start = _best_start(problem, able, recipe, seed, deadline)
    if found is not None and start.tours is not None:
        found(start.tours)
    iterated = recipe.iterated and sum(map(len, start.tours or ())) >= _FEWEST_TO_RUIN
    improved = _Model(problem, able, seed).solve(_parameters(start.strategy, iterated), deadline, found)
    return start.tours if improved is None else improved


@dataclass(frozen=True, slots=True)
class _Start:
    """A first solution and the strategy that made it."""

    strategy: int
    value: float
    tours: Tours | None


def _best_start(
    problem: Problem, able: list[frozenset[int]], recipe: Recipe, seed: int, deadline: float
) -> _Start:
    """The cheapest first solution; the recipe's first strategy without one if none is ready in its share of time."""
    starts = []
    for name in recipe.first_solutions:
        model = _Model(problem, able, seed)
        trial = pywrapcp.DefaultRoutingSearchParameters()
        trial.first_solution_strategy = int(_First.Value.Value(name))
        trial.solution_limit = 1
        share_s = max(_TRIAL_SHARE * (deadline - time.monotonic()), _LEAST_TRIAL_S)
        tours = model.solve(trial, time.monotonic() + share_s)
        value = math.inf if tours is None else model.objective_value
        starts.append(_Start(trial.first_solution_strategy, value, tours))
    return min(starts, key=lambda start: start.value)


class _Model:
    """One OR-Tools model; its constructor states the problem rule by rule."""

    def __init__(self, problem: Problem, able: list[frozenset[int]], seed: int) -> None:
        self.problem = problem
        self.stops = problem.stops
        self.able = able
        self.objective_value = 0
        chosen = [n for n, able in enumerate(self.able) if able]
        # The engine itself draws no lots: seeds differ in the order in which it meets the stops.
        if seed:
            random.Random(seed).shuffle(chosen)
        self.nodes = nodes_of(problem, self.stops, chosen)
        node_of_place = {place: node for node, place in enumerate(self.nodes.locations) if self._is_end(node)}
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.nodes.locations),
            len(problem.vehicles),
            [node_of_place[v.start] for v in problem.vehicles],
            [node_of_place[v.end] for v in problem.vehicles],
        )
        self.routing: Any = pywrapcp.RoutingModel(self.manager)
        self.index_of = {stop: self.manager.NodeToIndex(node) for stop, node in self.nodes.of_stop.items()}
        self._matrices: dict[object, int] = {}
        self._state_costs()
        self._state_times()
        self._state_capacities()
        self._state_limits()
        self._state_skills()
        self._state_pairs()

    def _is_end(self, node: int) -> bool:
        return self.nodes.stop_numbers[node] is None

    # -- what is good -----------------------------------------------------------------------------------------

    def _state_costs(self) -> None:
        vehicles = self.problem.vehicles
        kinds = [arc_kind(self.problem, vehicle) for vehicle in vehicles]
        one_of_kind = dict(zip(kinds, vehicles, strict=True))
        by_kind = {kind: arc_costs(self.problem, vehicle) for kind, vehicle in one_of_kind.items()}
        highest = max(int(matrix.max(initial=0)) for matrix in by_kind.values())
        fixed = [fixed_cost(self.problem, vehicle, highest) for vehicle in vehicles]
        for number, kind in enumerate(kinds):
            evaluator = self._registered(("cost", *kind), by_kind[kind])
            self.routing.SetArcCostEvaluatorOfVehicle(evaluator, number)
            self.routing.SetFixedCostOfVehicle(fixed[number], number)
        for stop, index in self.index_of.items():
            self.routing.AddDisjunction([index], penalty(self.problem, self.stops[stop], highest, max(fixed)))

    # -- what is allowed --------------------------------------------------------------------------------------

    def _state_times(self) -> None:
        origin_s, horizon_s = time_span(self.problem)
        evaluators = [
            self._registered(("time", v.profile), np.asarray(self.problem.matrices_of(v)[0]), service=True)
            for v in self.problem.vehicles
        ]
        span = horizon_s - origin_s
        self.routing.AddDimensionWithVehicleTransits(evaluators, span, span, False, "time")
        time = self.routing.GetDimensionOrDie("time")
        for stop, index in self.index_of.items():
            _set_windows(time.CumulVar(index), self.stops[stop], origin_s)
        for number, vehicle in enumerate(self.problem.vehicles):
            duty = vehicle.window
            low, high = (duty.start_s, duty.end_s) if duty else (0, horizon_s)
            for index in (self.routing.Start(number), self.routing.End(number)):
                time.CumulVar(index).SetRange(max(low - origin_s, 0), min(high - origin_s, span))

    def _state_capacities(self) -> None:
        for dimension, name in enumerate(self.problem.capacity_names):
            capacities = [v.capacity[dimension] for v in self.problem.vehicles]
            changes = {n: load_change(self.problem, self.stops[n])[dimension] for n in self.index_of}
            given = {n: self._delivered(n, dimension) for n in self.index_of}
            if not any(given.values()):
                self._add_load(f"load {name}", changes, capacities)
            elif all(changes[n] == -given[n] for n in changes):
                # Nothing is taken on under way: counting up what is handed over needs no load at the start.
                self._add_load(f"load {name}", given, capacities)
            else:
                self._add_mixed_load(name, changes, given, capacities)

    def _delivered(self, stop: int, dimension: int) -> int:
        task = self.stops[stop].task
        return self.problem.amounts(task.delivery)[dimension] if isinstance(task, Job) else 0

    def _add_load(
        self, name: str, changes: dict[int, int], capacities: list[int], *, from_zero: bool = True
    ) -> Any:
        by_node = [0 if n is None else changes[n] for n in self.nodes.stop_numbers]
        transit = self.routing.RegisterUnaryTransitVector(by_node)
        self.routing.AddDimensionWithVehicleCapacity(transit, 0, capacities, from_zero, name)
        return self.routing.GetDimensionOrDie(name)

    def _add_mixed_load(
        self, name: str, changes: dict[int, int], given: dict[int, int], capacities: list[int]
    ) -> None:
        """The load at the start is exactly what is handed over on the way: a second dimension counts that."""
        load = self._add_load(f"load {name}", changes, capacities, from_zero=False)
        handed_over = self._add_load(f"handed over {name}", given, capacities)
        for number in range(len(capacities)):
            at_start = load.CumulVar(self.routing.Start(number))
            self.routing.solver().Add(at_start == handed_over.CumulVar(self.routing.End(number)))

    def _state_limits(self) -> None:
        vehicles = self.problem.vehicles
        if any(v.max_distance_m is not None for v in vehicles):
            self._add_limit("distance", 1, [v.max_distance_m for v in vehicles])
        if any(v.max_travel_s is not None for v in vehicles):
            self._add_limit("travel", 0, [v.max_travel_s for v in vehicles])
        if any(v.max_stops is not None for v in vehicles):
            limits = [len(self.stops) if v.max_stops is None else v.max_stops for v in vehicles]
            self._add_load("stops", dict.fromkeys(self.index_of, 1), limits)

    def _add_limit(self, name: str, which: int, limits: list[int | None]) -> None:
        evaluators = [
            self._registered((name, v.profile), np.asarray(self.problem.matrices_of(v)[which]))
            for v in self.problem.vehicles
        ]
        top = max(int(self.problem.matrices_of(v)[which].max(initial=0)) for v in self.problem.vehicles)
        unlimited = max(top, *(limit or 0 for limit in limits)) * (len(self.stops) + 2)
        self.routing.AddDimensionWithVehicleTransits(evaluators, 0, unlimited, True, name)
        dimension = self.routing.GetDimensionOrDie(name)
        for number, limit in enumerate(limits):
            if limit is not None:
                dimension.CumulVar(self.routing.End(number)).SetMax(limit)

    def _state_skills(self) -> None:
        everyone = len(self.problem.vehicles)
        for stop, index in self.index_of.items():
            if len(self.able[stop]) < everyone:
                # SetAllowedVehiclesForIndex does not accept a list from Python; -1 stands for "left out".
                self.routing.VehicleVar(index).SetValues([-1, *sorted(self.able[stop])])

    def _state_pairs(self) -> None:
        solver = self.routing.solver()
        time = self.routing.GetDimensionOrDie("time")
        for stop, index in self.index_of.items():
            if self.stops[stop].kind is not StopKind.PICKUP:
                continue
            delivery = self.index_of[stop + 1]
            self.routing.AddPickupAndDelivery(index, delivery)
            solver.Add(self.routing.VehicleVar(index) == self.routing.VehicleVar(delivery))
            solver.Add(time.CumulVar(index) <= time.CumulVar(delivery))

    def _registered(self, key: object, matrix: IntMatrix, *, service: bool = False) -> int:
        if key not in self._matrices:
            wide = self.nodes.spread(matrix)
            if service:
                wide += np.array(self.nodes.service_s, dtype=np.int64)[:, None]
            self._matrices[key] = self.routing.RegisterTransitMatrix(wide.tolist())
        return self._matrices[key]

    # -- the search -------------------------------------------------------------------------------------------

    def solve(
        self, parameters: Any, deadline: float, found: Callable[[Tours], None] | None = None
    ) -> Tours | None:
        """Search until the deadline. For one use only: the engine keeps parts of the first parameters it is given."""
        if found is not None:
            report = found
            self.routing.AddAtSolutionCallback(lambda: report(self._current()))
        # Zero would mean no limit at all.
        parameters.time_limit.FromMicroseconds(max(int((deadline - time.monotonic()) * 1e6), 1000))
        iterated = parameters.use_iterated_local_search
        run = self.routing.SolveWithIteratedLocalSearch if iterated else self.routing.SolveWithParameters
        solution = run(parameters)
        if solution is None:
            return None
        self.objective_value = int(solution.ObjectiveValue())
        return self._tours(lambda i: solution.Value(self.routing.NextVar(i)))

    def _current(self) -> Tours:
        return self._tours(lambda i: self.routing.NextVar(i).Value())

    def _tours(self, following: Callable[[int], int]) -> Tours:
        return tuple(tuple(self._walk(number, following)) for number in range(len(self.problem.vehicles)))

    def _walk(self, number: int, following: Callable[[int], int]) -> Iterable[int]:
        index = following(self.routing.Start(number))
        while not self.routing.IsEnd(index):
            stop = self.nodes.stop_numbers[self.manager.IndexToNode(index)]
            assert stop is not None
            yield stop
            index = following(index)


def _parameters(strategy: int, iterated: bool) -> Any:
    """Search parameters without a time limit. `iterated`: ruin and recreate, otherwise guided local search."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = strategy
    # Under ruin and recreate the descent must end by itself: a guided one would never hand over.
    parameters.local_search_metaheuristic = _Meta.GREEDY_DESCENT if iterated else _Meta.GUIDED_LOCAL_SEARCH
    if iterated:
        parameters.use_iterated_local_search = True
        settings = parameters.iterated_local_search_parameters
        # The engine improves every perturbed solution by default; many plain ones beat few improved ones.
        settings.improve_perturbed_solution = False
        _ruin_strings(settings.ruin_recreate_parameters.ruin_strategies.add().sisr)
        settings.reference_solution_acceptance_strategy.simulated_annealing.automatic_temperatures = True
    return parameters


def _ruin_strings(ruin: Any) -> None:
    """Slack induction by string removals (Christiaens and Vanden Berghe 2020), with the authors' values."""
    ruin.max_removed_sequence_size = 10
    ruin.avg_num_removed_visits = 10
    ruin.bypass_factor = 0.01


def _able_by_stop(problem: Problem) -> list[frozenset[int]]:
    able = able_vehicles(problem, problem.tasks)
    return [vehicles for task, vehicles in zip(problem.tasks, able, strict=True) for _ in task.visits]


def _set_windows(begin: Any, stop: Stop, origin_s: int) -> None:
    windows = stop.visit.windows
    if not windows:
        return
    begin.SetRange(max(windows[0].start_s - origin_s, 0), max(windows[-1].end_s - origin_s, 0))
    for earlier, later in pairwise(windows):
        begin.RemoveInterval(earlier.end_s + 1 - origin_s, later.start_s - 1 - origin_s)
