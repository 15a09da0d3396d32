"""Fleets of several sizes and depots: whole routes find the vehicle that drives them cheapest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_problems import by_ruin_and_recreate

from haoyun.routing import Job, Objective, Problem, Vehicle, Window, violations
from haoyun.routing.solve import plan_of

FAR_M = 60_000
SMALL, LARGE = 50, 200


def far_customers(fleet: list[Vehicle], *, count: int = 16, depots: int = 1, apart_m: int = 0) -> Problem:
    """Customers a kilometre from one another, all of them far from the first depot; 25 each."""
    size = depots + count
    at = np.array([n * apart_m for n in range(depots)] + [FAR_M + 1_000 * n for n in range(count)])
    metres = np.abs(at[:, None] - at[None, :]).astype(np.int64)
    assert metres.shape == (size, size)
    jobs = tuple(Job(id=n + 1, location=depots + n, delivery=(25,)) for n in range(count))
    return Problem(
        vehicles=tuple(fleet),
        durations_s=metres // 20,
        distances_m=metres,
        jobs=jobs,
        capacity_names=("pallets",),
        objective=Objective.COST,
    )


def vehicles(small: int, large: int, *, large_fixed: int) -> list[Vehicle]:
    """Small ones cost less, also by room; large ones save the long way."""
    fleet = [Vehicle(n, 0, 0, capacity=(SMALL,), fixed_cost=60, cost_per_km=1) for n in range(small)]
    return fleet + [
        Vehicle(small + n, 0, 0, capacity=(LARGE,), fixed_cost=large_fixed, cost_per_km=1)
        for n in range(large)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_large_vehicles_are_taken_where_they_save_more_way_than_they_cost(seed: int) -> None:
    problem = far_customers(vehicles(40, 10, large_fixed=300), count=64)
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None and violations(problem, plan) == []
    # Eight large ones cost 2,400, thirty-two small ones 1,920, and four times the way.
    assert [problem.vehicles[route.vehicle_id].capacity for route in plan.routes] == [(LARGE,)] * 8


@pytest.mark.parametrize("seed", range(4))
def test_small_vehicles_stay_where_large_ones_cost_more_than_they_save(seed: int) -> None:
    problem = far_customers(vehicles(10, 4, large_fixed=3_000))
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None and violations(problem, plan) == []
    assert {problem.vehicles[route.vehicle_id].capacity for route in plan.routes} == {(SMALL,)}


def driver_after_a_while(problem: Problem) -> list[int]:
    """Who drives, after a short search from a plan in which the first vehicle serves everyone.

    A ruin takes ten stops of a route at most: part of thirty never pays on a vehicle of its own.
    """
    everyone = tuple(range(len(problem.jobs)))
    start = tuple(everyone if number == 0 else () for number in range(len(problem.vehicles)))
    plan = plan_of(problem, by_ruin_and_recreate(problem, start=start))
    assert plan is not None and violations(problem, plan) == []
    return [route.vehicle_id for route in plan.routes]


def test_a_whole_route_goes_to_the_idle_vehicle_that_drives_it_cheapest() -> None:
    fleet = [
        Vehicle(0, 0, 0, capacity=(1_000,), fixed_cost=500, cost_per_km=1),
        Vehicle(1, 0, 0, capacity=(725,), fixed_cost=10, cost_per_km=1),  # too small for thirty
        Vehicle(2, 0, 0, capacity=(750,), fixed_cost=480, cost_per_km=1),
        Vehicle(3, 1, 1, capacity=(750,), fixed_cost=480, cost_per_km=1),  # starts nearer to the customers
    ]
    assert driver_after_a_while(far_customers(fleet, count=30, depots=2, apart_m=10_000)) == [3]


def test_a_route_stays_where_the_cheaper_vehicle_would_be_late() -> None:
    fleet = [
        Vehicle(0, 0, 0, capacity=(1_000,), fixed_cost=500, cost_per_km=1),
        Vehicle(1, 0, 0, capacity=(1_000,), fixed_cost=450, cost_per_km=1, window=Window(0, 4_000)),
    ]
    assert driver_after_a_while(far_customers(fleet, count=30)) == [0]


def test_a_route_stays_where_the_cheaper_vehicle_may_not_serve_all_of_it() -> None:
    fleet = [
        Vehicle(0, 0, 0, capacity=(1_000,), fixed_cost=500, cost_per_km=1, skills=frozenset({"reefer"})),
        Vehicle(1, 0, 0, capacity=(1_000,), fixed_cost=450, cost_per_km=1),
    ]
    problem = far_customers(fleet, count=30)
    cold = replace(problem.jobs[7], skills=frozenset({"reefer"}))
    problem = replace(problem, jobs=(*problem.jobs[:7], cold, *problem.jobs[8:]))
    assert driver_after_a_while(problem) == [0]
