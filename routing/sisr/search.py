"""One search: from a problem to its best tours, in portions of work."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.onward import with_fixed, without_fixed
from haoyun.routing.problem import Objective, Problem, Tours
from haoyun.routing.sisr.ability import able_of
from haoyun.routing.sisr.anneal import anneal, is_best, keep_best
from haoyun.routing.sisr.flat import (
    FIRST,
    JUDGED,
    MAX_RELOADS,
    STOPS,
    TASK,
    TRIPS,
    WEIGHT,
    Flat,
    Floats,
    Homes,
    Ints,
)
from haoyun.routing.sisr.flatten import flatten
from haoyun.routing.sisr.judge import fixed_stops, judge, judge_beginnings
from haoyun.routing.sisr.place import NEVER
from haoyun.routing.sisr.pool import remember
from haoyun.routing.sisr.reach import reach_of
from haoyun.routing.sisr.recreate import price_alone, recreate
from haoyun.routing.sisr.reloads import as_route, as_tour, may_reload
from haoyun.routing.sisr.schedule import recompute
from haoyun.routing.sisr.state import (
    ABSENT,
    BESIDE,
    BEST_ACTIVE,
    BEST_COST,
    BEST_LOST,
    BEST_MISSED,
    COST,
    EXTRA,
    FLEET_FIRST,
    FOUND,
    ITERATIONS,
    LENGTH,
    LIMIT,
    LONGEST,
    MISSED,
    OLD_ABSENT,
    POOLED,
    POOLED_STOPS,
    ROUTE,
    STOPS_A_RUIN,
    STRICT,
    WORK,
    new_state,
)

# Temperatures in average legs: at first a detour of a whole leg is often accepted, at last hardly any. Short routes
# are rearranged enough by each ruin; plans of long routes get stuck unless the search starts hotter (measured on
# instances of 5 to 40 tasks a route: too hot by a factor of three costs less than too cold by as much).
COOL = 0.01
# How many near stops a task is tried beside; a small problem has the time to try more.
_REACH = 30
_SMALL_REACH = 6_000  # stops times neighbours
_TASKS_A_ROUTE = 10.0  # where it starts at one leg
_COLDEST_START, _HOTTEST_START = 0.4, 4.0
# How many stops a ruin removes on average, and how long its strings are at most: the paper's, which counts customers.
# Of a shipment both stops go, so that as many again are removed elsewhere: there fewer are enough (decision 28).
_RUIN = 10.0
_RUIN_OF_SHIPMENTS = 6.0


class Pool(NamedTuple):
    """r routes of good plans: kind of vehicle, cost, cost of the plan they were seen in, and their stops."""

    kind: Ints  # (r,)
    cost: Floats  # (r,)
    plan_cost: Floats  # (r,)
    first: Ints  # (r + 1,) where each route begins in `stops`
    stops: NDArray[np.int32]


class Search:
    """The compiled search as an object; all its methods work on the same state."""

    def __init__(
        self, problem: Problem, seed: int, start: Tours | None = None, homes: Homes | None = None
    ) -> None:
        """A first plan: the tours of `start` that keep the rules, and everything else inserted where it adds least.

        `homes`: with which vehicle tasks should stay, and what moving them costs.
        """
        self.problem = problem
        self.flat = flatten(problem, homes)
        reach = max(_REACH, _SMALL_REACH // max(len(self.flat.near), 1))
        self.state = new_state(self.flat, seed, reach_of(self.flat, reach))
        # Nearby stops know of routes, not of where a task should stay.
        self.state.num[BESIDE] = homes is None and _may_stand_beside(problem, self.flat)
        self.state.num[FLEET_FIRST] = problem.objective is Objective.VEHICLES
        self._fewest = _fewest_vehicles(self.flat)
        self.ruin_stops = _RUIN_OF_SHIPMENTS if (self.flat.task[:, STOPS] == 2).all() else _RUIN
        judge_beginnings(self.flat, self.state)
        price_alone(self.flat, self.state)
        self.able = able_of(self.flat, self.state)
        if start is not None:
            self._drive(without_fixed(problem, start))
        self._complete()

    @property
    def worth(self) -> tuple[float, ...]:
        """The best plan's place in the order of plans, smaller is better (solve.py has the same with exact costs)."""
        num = self.state.num
        fleet = (float(num[BEST_ACTIVE]),) if num[FLEET_FIRST] else ()
        return (float(num[BEST_MISSED]), *fleet, float(self.state.val[BEST_COST]))

    @property
    def fleet_first(self) -> bool:
        """Whether fewer vehicles come before lower cost."""
        return bool(self.state.num[FLEET_FIRST])

    @property
    def can_improve(self) -> bool:
        """Whether there is anything to rearrange: no plan differs where nothing could be inserted at all."""
        return bool(self.state.num[BEST_ACTIVE] > 0 or self._may_pay())

    @property
    def may_shrink(self) -> bool:
        """Whether the best plan could do with a vehicle fewer: not below what the total load needs."""
        return bool(self.state.num[BEST_ACTIVE] > self._fewest)

    @property
    def found(self) -> int:
        """How often the best plan has been improved."""
        return int(self.state.num[FOUND])

    @property
    def work(self) -> int:
        """Positions looked at so far, and what else takes about as long."""
        return int(self.state.num[WORK])

    @property
    def iterations(self) -> int:
        """Ruins so far."""
        return int(self.state.num[ITERATIONS])

    @property
    def average_leg(self) -> float:
        """The cost of a leg in the best plan, on average; fixed costs left aside."""
        state, flat = self.state, self.flat
        fixed = sum(flat.rate[flat.fleet[v], 0] for v in np.flatnonzero(state.best_length))
        legs = int(state.best_length.sum()) + int(state.num[BEST_ACTIVE])
        ways = float(state.val[BEST_COST]) - float(state.val[BEST_LOST]) - float(fixed)
        if not legs and self._may_pay():
            ways = float(state.alone[state.alone < NEVER].mean()) / 3  # two legs and some fixed cost
        return max(ways / max(legs, 1), 1e-3)

    @property
    def hot(self) -> float:
        """The temperature to start with, in average legs."""
        state = self.state
        served = len(self.flat.task) - int(state.num[ABSENT])
        ratio = served / max(int(state.num[BEST_ACTIVE]), 1) / _TASKS_A_ROUTE
        return min(max(ratio, _COLDEST_START), _HOTTEST_START)

    def anneal(self, work: int, hot: float, cool: float) -> None:
        """Search on for this much work; temperatures in cost."""
        # What is left out finds a place in larger ruins only.
        left_out = self.state.num[BEST_MISSED] or self.state.num[ABSENT]
        self._ruin_by(_RUIN if left_out else self.ruin_stops)
        anneal(self.flat, self.state, work, hot, cool, False)

    def be_strict(self, strict: bool) -> None:
        """Whether to refuse plans that miss more, even if what they miss has seldom been left out so far."""
        self.state.num[STRICT] = strict

    def shrink(self, work: int, temperature: float) -> None:
        """Look for a plan with fewer vehicles for this much work."""
        self._ruin_by(_RUIN)
        anneal(self.flat, self.state, work, temperature, temperature, True)

    def tours(self) -> Tours:
        """The best plan, but for stops that are fixed."""
        state = self.state
        return tuple(
            as_tour(self.flat, v, state.best_seq[v, :length].tolist())
            for v, length in enumerate(state.best_length.tolist())
        )

    def whole_tours(self) -> Tours:
        """The best plan with the fixed stops of vehicles under way."""
        return with_fixed(self.problem, self.tours())

    def restart_from_best(self) -> None:
        """Make the best plan the current one; allow as many vehicles as it has, if they come first."""
        best = self.tours()
        self._clear()
        self._drive(best)
        if self.state.num[FLEET_FIRST]:
            self.state.num[LIMIT] = max(int(self.state.num[BEST_ACTIVE]), 1)

    def adopt(self, tours: Tours) -> None:
        """Continue from these tours, which may be better than the best."""
        self.state.num[LIMIT] = len(self.flat.fleet)
        self._clear()
        self._drive(tours)
        self._complete()
        self.restart_from_best()

    def _ruin_by(self, stops: float) -> None:
        self.state.val[[STOPS_A_RUIN, LONGEST]] = stops

    def _may_pay(self) -> bool:
        """Whether tasks that stayed behind could be served, if they paid together."""
        return bool(self.flat.prize.any() and (self.state.alone < NEVER).any())

    def extras(self, tours: Tours) -> list[float]:
        """What each of these routes costs besides its way (judge.py)."""
        found = [0.0] * len(tours)
        for v, tour in enumerate(tours):
            kind = int(self.flat.fleet[v])
            if tour and self.flat.kind[kind, JUDGED]:
                fixed = fixed_stops(self.flat, self.state, kind)
                route = as_route(self.flat, v, tour)
                self.state.trial[fixed : fixed + len(route)] = route
                judge(self.flat, self.state, kind, -1, fixed + len(route), 0, False)
                found[v] = float(self.state.val[EXTRA])
        return found

    def pool(self) -> Pool:
        """The routes remembered."""
        state = self.state
        count = int(state.num[POOLED])
        rows = state.pool_row[:count]
        first = np.concatenate((rows[:, 1], [state.num[POOLED_STOPS]])).astype(np.int64)
        stops = state.pool_stop[: int(state.num[POOLED_STOPS])].copy()
        cost = state.pool_cost[:count].copy()
        return Pool(rows[:, 0].copy(), cost[:, 0], cost[:, 1], first, stops)

    def _complete(self) -> None:
        """Insert what can be inserted and take the plan as the best if it is."""
        self.state.num[OLD_ABSENT] = 0
        recreate(self.flat, self.state)
        if is_best(self.state) or self.state.num[FOUND] == 0:
            keep_best(self.flat, self.state)
            for v in np.flatnonzero(self.state.best_length).tolist():
                remember(self.flat, self.state, v)

    def _clear(self) -> None:
        state = self.state
        state.at[:, ROUTE] = -1
        for v in np.flatnonzero(state.route[:, LENGTH]).tolist():
            state.route[v, LENGTH] = 0
            recompute(self.flat, state, v)
        state.absent[:] = np.arange(len(state.absent))
        state.num[ABSENT] = len(state.absent)
        state.num[MISSED] = self.flat.task[:, WEIGHT].sum()
        state.val[COST] = self.flat.prize.sum()

    def _drive(self, tours: Tours) -> None:
        """Take over the tours that keep every rule; the tasks of the others stay absent."""
        state, flat = self.state, self.flat
        served = np.zeros(len(flat.task), dtype=np.bool_)
        for v, tour in enumerate(tours):
            tasks = np.unique(flat.stop[[s for s in tour if s >= 0], TASK])
            if not len(tasks) or not self._is_whole(tour, tasks, v) or served[tasks].any():
                continue
            route = as_route(flat, v, tour)
            state.seq[v, : len(tour)] = route
            state.route[v, LENGTH] = len(tour)
            if recompute(flat, state, v):
                served[tasks] = True
                state.val[COST] -= flat.prize[tasks].sum()
            else:
                state.at[route, ROUTE] = -1
                state.route[v, LENGTH] = 0
                recompute(flat, state, v)
        left = np.flatnonzero(~served)
        state.absent[: len(left)] = left
        state.num[ABSENT] = len(left)
        state.num[MISSED] = flat.task[left, WEIGHT].sum()

    def _is_whole(self, tour: tuple[int, ...], tasks: Ints, v: int) -> bool:
        """Whether each task of the tour is allowed on v, with all its stops once and in order."""
        flat = self.flat
        stops = [stop for stop in tour if stop >= 0]
        at = {stop: position for position, stop in enumerate(stops)}
        if (
            len(at) < len(stops)
            or len(stops) != flat.task[tasks, STOPS].sum()
            or not may_reload(flat, v, tour)
        ):
            return False
        pairs = [int(flat.task[task, FIRST]) for task in tasks if flat.task[task, STOPS] == 2]
        return bool(flat.allowed[tasks, flat.fleet[v]].all()) and all(at[up] < at[up + 1] for up in pairs)


def _may_stand_beside(problem: Problem, flat: Flat) -> bool:
    """Whether a job's place can be priced from its neighbours alone: no route must be judged as a whole."""
    return not flat.kind[:, [JUDGED, TRIPS]].any()


def _fewest_vehicles(flat: Flat) -> int:
    """A bound from below: what jobs bring and take, over the room of the largest vehicle."""
    if not flat.room.size or (flat.task[:, STOPS] == 2).any() or flat.kind[:, MAX_RELOADS].any():
        return 1
    load = flat.amount.sum(axis=0).max(axis=0)
    return max(1, int(np.ceil(load / np.maximum(flat.room.max(axis=0), 1)).max()))
