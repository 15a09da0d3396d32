"""What the engine is told to keep small: whole numbers for legs, vehicles and tasks left out."""

from __future__ import annotations

import numpy as np

from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.tasks import Stop, StopKind
from haoyun.routing.travel import IntMatrix

# Costs per kilometre and hour are counted in thousandths, so that short legs do not round to nothing.
_COST_PARTS = 1000
# Far above any plan's cost, and so far below 2^63 that thousands of penalties with priorities can be summed.
_DEAREST_TASK = 10**13
_DEAREST_VEHICLE = 10**12
_DEAREST_LEG = 10**11


def arc_costs(problem: Problem, vehicle: Vehicle) -> IntMatrix:
    """The cost of each leg for this vehicle under the problem's objective."""
    durations_s, distances_m = (np.asarray(own) for own in problem.matrices_of(vehicle))
    if problem.objective is not Objective.COST:
        return distances_m
    # Rounded per leg, good enough to search by: the plan's own cost is computed from the sums.
    by_km = distances_m * (vehicle.cost_per_km * _COST_PARTS / 1000)
    by_hour = durations_s * (vehicle.cost_per_hour * _COST_PARTS / 3600)
    rounded: IntMatrix = np.rint(np.minimum(by_km + by_hour, _DEAREST_LEG)).astype(np.int64)
    return rounded


def arc_kind(problem: Problem, vehicle: Vehicle) -> tuple[object, ...]:
    """Vehicles of the same kind have the same arc costs, which need to be registered only once."""
    if problem.objective is not Objective.COST:
        return (vehicle.profile,)
    return (vehicle.profile, vehicle.cost_per_km, vehicle.cost_per_hour)


def fixed_cost(problem: Problem, vehicle: Vehicle, highest_leg: int) -> int:
    """The cost of using the vehicle at all; to save vehicles it exceeds what any detour may cost."""
    if problem.objective is Objective.VEHICLES:
        return min(_any_detour(problem, highest_leg), _DEAREST_VEHICLE)
    if problem.objective is Objective.COST:
        return min(vehicle.fixed_cost * _COST_PARTS, _DEAREST_VEHICLE)
    return 0


def penalty(problem: Problem, stop: Stop, highest_leg: int, highest_fixed: int) -> int:
    """The cost of leaving a stop out: more than any detour or vehicle that would serve it, times its priority.

    A shipment's two stops go together, so its penalty stands at the pickup alone.
    """
    if stop.kind is StopKind.DELIVERY:
        return 0
    dearest = min(_any_detour(problem, highest_leg) + highest_fixed, _DEAREST_TASK)
    return dearest * (1 + stop.task.priority)


def _any_detour(problem: Problem, highest_leg: int) -> int:
    return highest_leg * (len(problem.jobs) + 2 * len(problem.shipments) + 2) + 1
