"""Ways to search: first solution and metaheuristic, named, so that a portfolio can run different ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ortools.constraint_solver import routing_enums_pb2, routing_ils_pb2

_First = routing_enums_pb2.FirstSolutionStrategy
_Meta = routing_enums_pb2.LocalSearchMetaheuristic


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    first: str = "PARALLEL_CHEAPEST_INSERTION"
    iterated: bool = False
    improve: bool = False
    recreate: str = "LOCAL_CHEAPEST_INSERTION"
    removed: int = 10
    t0: float = 0.0

    def apply(self, p: Any, pairs: bool) -> None:
        p.first_solution_strategy = getattr(_First, self.first)
        if not self.iterated:
            p.local_search_metaheuristic = _Meta.GUIDED_LOCAL_SEARCH
            return
        p.use_iterated_local_search = True
        ils = p.iterated_local_search_parameters
        ils.improve_perturbed_solution = self.improve
        rr = ils.ruin_recreate_parameters
        del rr.ruin_strategies[:]
        s = rr.ruin_strategies.add()
        s.sisr.max_removed_sequence_size = 10
        s.sisr.avg_num_removed_visits = self.removed
        s.sisr.bypass_factor = 0.01
        rr.recreate_strategy.heuristic = getattr(_First, self.recreate)
        sa = ils.reference_solution_acceptance_strategy.simulated_annealing
        if self.t0:
            sa.initial_temperature = self.t0
            sa.final_temperature = self.t0 / 100
            sa.automatic_temperatures = False
        else:
            sa.automatic_temperatures = True


def portfolio(problem: Any, threads: int) -> list[Recipe]:
    return [Recipe(f"ils{n}", iterated=True) for n in range(threads)]
