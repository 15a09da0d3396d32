"""Small plans that are being driven, and the day of a random one."""

from __future__ import annotations

import random

import numpy as np

from haoyun.routing import Job, Objective, Plan, Problem, Shipment, Vehicle, Visit, Window
from haoyun.routing.build import plan_of
from haoyun.routing.problem import Tours

HOUR_S = 3600


def on_a_line(**parts: object) -> Problem:
    """Location n lies n km from location 0, a km takes 60 s."""
    places = np.arange(31)
    km = np.abs(places[:, None] - places[None, :])
    given: dict[str, object] = {
        "durations_s": km * 60,
        "distances_m": km * 1000,
        "capacity_names": ("kg",),
        **parts,
    }
    return Problem(**given)  # type: ignore[arg-type]


def shipment(name: int, up: int, down: int, due_s: int | None = None, kg: int = 1) -> Shipment:
    """From `up` to `down`, ten minutes of service each, delivered until `due_s`."""
    windows = () if due_s is None else (Window(0, due_s),)
    return Shipment(name, Visit(f"{name}u", up, 600), Visit(f"{name}d", down, 600, windows), (kg,))


def planned(problem: Problem, tours: Tours) -> Plan:
    """The plan with these tours."""
    plan = plan_of(problem, tours, "by hand")
    assert plan is not None
    return plan


def two_trucks(**changes: object) -> Problem:
    """Truck a serves shipments 1 and 2 going east, truck b shipment 3; all are on the road for hours."""
    parts: dict[str, object] = {
        "vehicles": (
            Vehicle("a", 0, None, (10,), Window(0, 10 * HOUR_S), cost_per_km=100),
            Vehicle("b", 30, None, (10,), Window(0, 10 * HOUR_S), cost_per_km=100),
        ),
        "shipments": (shipment(1, 5, 20), shipment(2, 10, 25), shipment(3, 28, 12)),
        "objective": Objective.COST,
    }
    return on_a_line(**{**parts, **changes})


# Stops of two_trucks: 0 up, 1 down of shipment 1, 2 and 3 of shipment 2, 4 and 5 of shipment 3.
TWO_TOURS: Tours = ((0, 2, 1, 3), (4, 5))


def random_day(seed: int, *, setup_s: int = 120) -> tuple[Problem, Plan]:
    """Some vehicles, jobs and shipments with wide windows, and a plan that serves them in an order drawn by lot."""
    draw = random.Random(seed)
    jobs = tuple(
        Job(
            n,
            draw.randrange(31),
            draw.choice((0, 300)),
            delivery=(draw.randrange(3),),
            pickup=(draw.randrange(3),),
            setup_s=draw.choice((0, setup_s)),
        )
        for n in range(draw.randrange(5))
    )
    shipments = tuple(
        shipment(n, draw.randrange(31), draw.randrange(31)) for n in range(draw.randrange(1, 6))
    )
    fleet = tuple(
        Vehicle(
            n,
            draw.randrange(31),
            draw.choice((None, 3)),
            (99,),
            draw.choice((None, Window(4000, 200_000))),
            max_distance_m=9_000_000,
            max_duration_s=90_000 if setup_s else None,
        )
        for n in range(draw.randrange(1, 4))
    )
    problem = on_a_line(vehicles=fleet, jobs=jobs, shipments=shipments)
    return problem, planned(problem, _drawn_tours(draw, len(fleet), len(jobs), len(shipments)))


def _drawn_tours(draw: random.Random, fleet: int, jobs: int, shipments: int) -> Tours:
    tours: list[list[int]] = [[] for _ in range(fleet)]
    for n in range(jobs):
        if draw.random() < 0.9:
            tour = draw.choice(tours)
            tour.insert(draw.randrange(len(tour) + 1), n)
    for n in range(shipments):
        if draw.random() < 0.9:
            tour = draw.choice(tours)
            first = draw.randrange(len(tour) + 1)
            tour.insert(first, jobs + 2 * n)
            tour.insert(draw.randrange(first + 1, len(tour) + 1), jobs + 2 * n + 1)
    return tuple(tuple(tour) for tour in tours)
