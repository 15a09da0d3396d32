"""A problem as a VROOM request, for VROOM itself or for any client of it.

Everything that a Problem says can be said so, but for the id of a shipment, which VROOM does not know (its
two stops have theirs), and for capacities' names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from haoyun.routing.legend import Legend, Named
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Visit, Window
from haoyun.routing.travel import IntMatrix, Matrices

_OWN = "car"


def as_vroom_request(problem: Problem, legend: Legend | None = None) -> dict[str, Any]:
    """The request with its matrices, coordinates and descriptions where the legend has them."""
    writer = _Writer(problem, legend or Legend())
    own = Matrices(problem.durations_s, problem.distances_m)
    matrices = {**problem.profiles, writer.own: own} if writer.needs_own else problem.profiles
    return {
        "vehicles": [writer.vehicle(vehicle) for vehicle in problem.vehicles],
        "jobs": [writer.job(job) for job in problem.jobs],
        "shipments": [writer.shipment(shipment) for shipment in problem.shipments],
        "matrices": {name: _matrices(one) for name, one in matrices.items()},
    }


def _matrices(given: Matrices) -> dict[str, list[list[int]]]:
    return {
        "durations": _rows(np.asarray(given.durations_s)),
        "distances": _rows(np.asarray(given.distances_m)),
    }


def _rows(matrix: IntMatrix) -> list[list[int]]:
    return [[int(value) for value in row] for row in matrix]


class _Writer:
    """Writes the parts of a request."""

    def __init__(self, problem: Problem, legend: Legend) -> None:
        self.legend = legend
        self.needs_own = any(v.profile is None for v in problem.vehicles) or not problem.profiles
        taken = set(problem.profiles)
        self.own = next(
            name for name in (_OWN, *(f"{_OWN}{n}" for n in range(len(taken) + 1))) if name not in taken
        )

    def job(self, job: Job) -> dict[str, Any]:
        """One job."""
        return {
            **self._visit("job", job.visits[0]),
            "delivery": list(job.delivery),
            "pickup": list(job.pickup),
            "skills": _skills(job.skills),
            "priority": job.priority,
        }

    def shipment(self, shipment: Shipment) -> dict[str, Any]:
        """One shipment."""
        return {
            "pickup": self._visit("pickup", shipment.pickup),
            "delivery": self._visit("delivery", shipment.delivery),
            "amount": list(shipment.amount),
            "skills": _skills(shipment.skills),
            "priority": shipment.priority,
        }

    def _visit(self, kind: str, visit: Visit) -> dict[str, Any]:
        setup_s = self.legend.setups_s.get((kind, visit.id), 0)
        document: dict[str, Any] = {
            "id": visit.id,
            **self._place("location", visit.location),
            "setup": setup_s,
            "service": visit.service_s - setup_s,
            **self._description((kind, visit.id)),
        }
        if visit.windows:
            document["time_windows"] = [_window(window) for window in visit.windows]
        return document

    def vehicle(self, vehicle: Vehicle) -> dict[str, Any]:
        """One vehicle; limits that it does not have are left out."""
        document: dict[str, Any] = {
            "id": vehicle.id,
            "profile": vehicle.profile or self.own,
            **self._place("start", vehicle.start),
            **self._place("end", vehicle.end),
            "capacity": list(vehicle.capacity),
            "skills": _skills(vehicle.skills),
            "costs": {
                "fixed": vehicle.fixed_cost,
                "per_km": vehicle.cost_per_km,
                "per_hour": vehicle.cost_per_hour,
            },
            "max_tasks": vehicle.max_stops,
            "max_travel_time": vehicle.max_travel_s,
            "max_distance": vehicle.max_distance_m,
            "time_window": _window(vehicle.window) if vehicle.window else None,
            **self._description(("vehicle", vehicle.id)),
        }
        return {name: value for name, value in document.items() if value is not None}

    def _place(self, name: str, location: int | None) -> dict[str, Any]:
        if location is None:
            return {}
        point = self.legend.point(location) if self.legend.geographic else None
        return {f"{name}_index": location} | ({} if point is None else {name: list(point)})

    def _description(self, named: Named) -> dict[str, str]:
        text = self.legend.descriptions.get(named)
        return {} if text is None else {"description": text}


def _window(window: Window) -> list[int]:
    return [window.start_s, window.end_s]


def _skills(skills: frozenset[str]) -> list[int | str]:
    """VROOM's skills are whole numbers; others are written as the texts that they are."""
    return [int(s) if s.isdecimal() and str(int(s)) == s else s for s in sorted(skills)]
