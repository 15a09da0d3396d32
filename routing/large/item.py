"""One sub-problem of a large problem: some vehicles, some tasks, the tours to begin with, and how it came out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haoyun.routing.build import Built, on_time, plan_of
from haoyun.routing.check import violations
from haoyun.routing.extract import extract
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.plan import Plan
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.worth import worth


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be solved next, by numbers of the large problem. Items of one round share nothing."""

    round: int
    number: int
    vehicles: tuple[int, ...]
    tasks: tuple[int, ...]  # ascending
    tours: Tours  # of the vehicles, in stops of the large problem
    seconds: float  # of search
    seed: int
    warmth: float = 1.0  # how hot the search begins, as a share of a search from nothing


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of routes comes to."""

    cost: float = 0.0
    vehicles: int = 0
    unassigned: int = 0

    def __add__(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(
            self.cost + other.cost, self.vehicles + other.vehicles, self.unassigned + other.unassigned
        )

    def __sub__(self, other: Figures) -> Figures:
        """What is left without the other."""
        return Figures(
            self.cost - other.cost, self.vehicles - other.vehicles, self.unassigned - other.unassigned
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item came out; `tours` None: nothing better than what it began with."""

    number: int
    tours: Tours | None = None
    gain: Figures = Figures()  # what changes, new minus old


@dataclass(frozen=True, slots=True)
class Part:
    """An item as a problem of its own."""

    item: Item
    problem: Problem
    start: Tours
    stops: tuple[int, ...]  # stops of the large problem by the part's own numbers

    @classmethod
    def of(cls, atlas: Atlas, item: Item) -> Part:
        """Cut it out."""
        whole = atlas.problem
        stops = atlas.stops_of(np.array(item.tasks, dtype=np.int64))
        number = {stop: n for n, stop in enumerate(stops)}
        problem = extract(
            whole, [whole.vehicles[v] for v in item.vehicles], [atlas.tasks[t] for t in item.tasks]
        )
        start = tuple(tuple(n if n < 0 else number[n] for n in tour) for tour in item.tours)
        return cls(item, problem, start, tuple(stops))

    def outcome(self, tours: Tours | None) -> Outcome:
        """The tours that a search found, if they are better than those begun with and the checker passes them."""
        if tours is None or tours == self.start:
            return Outcome(self.item.number)
        built: Built = {}
        before, after = plan_of(self.problem, self.start), plan_of(self.problem, tours, built=built)
        if after is None:
            # Under driver hours the search and the timetable choose pauses differently: what has no timetable stays
            # at home.
            tours = on_time(self.problem, tours, built)
            after = plan_of(self.problem, tours, built=built)
        if after is None or (before is not None and not _better(self.problem, after, before)):
            return Outcome(self.item.number)
        if violations(self.problem, after):
            return Outcome(self.item.number)
        stops = self.stops
        whole = tuple(tuple(n if n < 0 else stops[n] for n in tour) for tour in tours)
        old = Figures(unassigned=len(self.problem.tasks)) if before is None else figures_of(before)
        return Outcome(self.item.number, whole, figures_of(after) - old)


def figures_of(plan: Plan) -> Figures:
    """The sums of a plan."""
    return Figures(plan.cost, plan.vehicles, len(plan.unassigned))


def _better(problem: Problem, after: Plan, before: Plan) -> bool:
    return worth(problem, after) < worth(problem, before)
