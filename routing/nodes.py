"""The node numbers of the routing model: one per distinct start or end, one if any is open, one per stop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Stop
from haoyun.routing.travel import IntMatrix


@dataclass(frozen=True, slots=True)
class Nodes:
    """How nodes, locations and stops correspond."""

    locations: tuple[int | None, ...]
    service_s: tuple[int, ...]
    stop_numbers: tuple[int | None, ...]

    @property
    def of_stop(self) -> dict[int, int]:
        """The node of each stop."""
        return {stop: node for node, stop in enumerate(self.stop_numbers) if stop is not None}

    def spread(self, matrix: IntMatrix) -> IntMatrix:
        """A matrix over locations as one over nodes; from and to the open end everything is zero."""
        index = np.array([0 if place is None else place for place in self.locations])
        wide: IntMatrix = matrix[np.ix_(index, index)].copy()
        is_open = np.array([place is None for place in self.locations])
        wide[is_open, :] = 0
        wide[:, is_open] = 0
        return wide


def nodes_of(problem: Problem, stops: Sequence[Stop], chosen: Iterable[int]) -> Nodes:
    """Nodes for the ends of all vehicles and for the chosen stops, in the order given."""
    ends = sorted(
        {place for v in problem.vehicles for place in (v.start, v.end)}, key=lambda p: (p is None, p or 0)
    )
    numbers = list(chosen)
    return Nodes(
        locations=(*ends, *(stops[n].visit.location for n in numbers)),
        service_s=(*(0 for _ in ends), *(stops[n].visit.service_s for n in numbers)),
        stop_numbers=(*(None for _ in ends), *numbers),
    )
