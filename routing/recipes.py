"""Ways to search: which engine, and for OR-Tools which first solutions and how to improve on the best of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haoyun.routing.problem import Problem

# Names of OR-Tools' first solution strategies. Measured on published instances of 100 to 400 stops: savings
# leads by 10 to 40 % where stops are wide open, insertion where windows are tight, and savings leaves most
# pickup-and-delivery pairs out. Each takes a fraction of a second, so the search tries several.
_FOR_JOBS = ("SAVINGS", "LOCAL_CHEAPEST_INSERTION", "PARALLEL_CHEAPEST_INSERTION")
_FOR_PAIRS = ("LOCAL_CHEAPEST_COST_INSERTION", "PARALLEL_CHEAPEST_INSERTION", "LOCAL_CHEAPEST_INSERTION")
# The compiled search keeps tables of vehicles x tasks and vehicles x stops, about 50 bytes a cell: 3 GiB.
_MOST_CELLS = 60_000_000
# From here on problems are solved in parts. On one case of 1,500 loads that served more than the whole search did
# (tests/bench/routing_large.py --whole), on a busy machine; where the border really lies was not measured.
_MANY_TASKS = 1_500


class Engine(StrEnum):
    """Who searches."""

    RUIN_AND_RECREATE = "ruin-and-recreate"  # our own, compiled (sisr/)
    OR_TOOLS = "or-tools"  # OR-Tools' routing library (model.py)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to search. `iterated`: OR-Tools' ruin and recreate, otherwise its guided local search."""

    name: str
    engine: Engine
    first_solutions: tuple[str, ...] = ()
    iterated: bool = False


def portfolio(problem: Problem, threads: int, engine: Engine | None = None) -> list[Recipe]:
    """`threads` recipes of one engine, our own unless another is asked for.

    For OR-Tools its ruin and recreate comes first, which is ahead nearly everywhere; guided search is every third.
    """
    if engine in (None, Engine.RUIN_AND_RECREATE):
        return [
            Recipe(f"ruin and recreate {number + 1}", Engine.RUIN_AND_RECREATE) for number in range(threads)
        ]
    first = _FOR_PAIRS if problem.shipments else _FOR_JOBS
    return [_or_tools(number, first) for number in range(threads)]


def _or_tools(number: int, first: tuple[str, ...]) -> Recipe:
    iterated = number % 3 != 2
    kind = "ruin and recreate" if iterated else "guided local search"
    return Recipe(f"OR-Tools {kind} {number + 1}", Engine.OR_TOOLS, first, iterated)


def is_large(problem: Problem) -> bool:
    """Whether the problem is better solved in parts (large/), or the tables of the compiled search would not fit."""
    stops = len(problem.jobs) + 2 * len(problem.shipments)
    if any(vehicle.reloads for vehicle in problem.vehicles):
        stops *= 2  # a route may have as many reloads
    tasks = len(problem.jobs) + len(problem.shipments)
    return tasks >= _MANY_TASKS or len(problem.vehicles) * stops > _MOST_CELLS
