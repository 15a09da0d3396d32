"""Routing problems small enough to try every plan, and the compiled search without a process around it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import permutations, product

import numpy as np

from haoyun.routing import (
    Cleaning,
    GoodsRules,
    HoursRule,
    Job,
    Objective,
    Plan,
    Problem,
    Reload,
    Shipment,
    Underway,
    Vehicle,
    Visit,
    Window,
    violations,
)
from haoyun.routing.build import Built
from haoyun.routing.onward import least_tours
from haoyun.routing.problem import Tours
from haoyun.routing.sisr.course import Budget, Course
from haoyun.routing.sisr.search import Search
from haoyun.routing.solve import plan_of, worth
from haoyun.routing.tasks import Id, StopKind

# Of a steady search: a fraction of a second of work, whatever the machine.
STEADY_LIMIT_S = 0.3
_NO_DEADLINE_S = 1e6


def by_ruin_and_recreate(
    problem: Problem, seed: int = 0, start: Tours | None = None, limit_s: float = STEADY_LIMIT_S
) -> Tours:
    """The tours that the compiled search finds with a fixed amount of work."""
    found = Search(problem, seed, start)
    budget = Budget.of(time.monotonic() + _NO_DEADLINE_S, limit_s, steady=True)
    Course(found, budget, lambda _: None, threads=1, seed=seed).run()
    return found.whole_tours()


def every_tour(problem: Problem) -> Iterator[Tours]:
    """Every way to share the tasks among the vehicles and to order their stops, leaving out what one likes."""
    fleet = range(len(problem.vehicles))
    stops_of_task, first = [], 0
    for task in problem.tasks:
        stops_of_task.append(list(range(first, first + len(task.visits))))
        first += len(task.visits)
    pairs = [tuple(stops) for stops in stops_of_task if len(stops) == 2]
    for whose in product((*fleet, None), repeat=len(stops_of_task)):
        shares = [
            [stop for stops, v in zip(stops_of_task, whose, strict=True) if v == number for stop in stops]
            for number in fleet
        ]
        orders = (
            [
                order
                for order in permutations(share)
                if all(order.index(up) < order.index(down) for up, down in pairs if up in order)
            ]
            for share in shares
        )
        yield from product(*orders)


def with_stopovers(vehicle: Vehicle, tour: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The tour with every choice of reloads between its stops, as many as it may make."""
    if not tour or not vehicle.reloads:
        yield tour
        return
    choices = [(), *((-1 - k,) for k in range(len(vehicle.reloads)))]
    for between in product(*[choices] * len(tour)):
        if sum(map(len, between)) < vehicle.trips_allowed:
            yield tuple(n for gap, stop in zip(between, tour, strict=True) for n in (*gap, stop))


def every_tour_with_reloads(problem: Problem) -> Iterator[Tours]:
    """The same with every choice of reloads."""
    for tours in (every_tour_of_stops if any(v.underway for v in problem.vehicles) else every_tour)(problem):
        yield from product(
            *(list(with_stopovers(v, tour)) for v, tour in zip(problem.vehicles, tours, strict=True))
        )


def every_tour_of_stops(problem: Problem) -> Iterator[Tours]:
    """The same stop by stop, for vehicles under way that have only the second stop of a shipment left to do."""
    fleet = range(len(problem.vehicles))
    for whose in product((*fleet, None), repeat=len(problem.stops)):
        shares = [[n for n, v in enumerate(whose) if v == number] for number in fleet]
        yield from product(*(permutations(share) for share in shares))


def best_by_brute_force(problem: Problem) -> tuple[float, ...]:
    """What the best of all plans that the checker passes is worth."""
    built: Built = {}
    plans = (plan_of(problem, tours, built=built) for tours in every_tour_with_reloads(problem))
    ranked = sorted(((worth(problem, plan), plan) for plan in plans if plan is not None), key=lambda p: p[0])
    return next(value for value, plan in ranked if not violations(problem, plan))


def random_problem(seed: int, objective: Objective, *, jobs: int = 2, shipments: int = 1) -> Problem:
    """A few stops and two unlike vehicles; roads are asymmetric, some windows are tight."""
    draw = random.Random(seed)
    count = 2 + jobs + 2 * shipments
    points = [(draw.uniform(0, 50), draw.uniform(0, 50)) for _ in range(count)]
    km = np.array([[abs(a - c) + abs(b - d) + draw.random() for c, d in points] for a, b in points])

    def windows() -> tuple[Window, ...]:
        begin = draw.randrange(0, 5000)
        return () if draw.random() < 0.4 else (Window(begin, begin + 900), Window(begin + 2000, begin + 2600))

    def amount() -> tuple[int, int]:
        return draw.randrange(0, 6), draw.randrange(0, 3)

    def skills() -> frozenset[str]:
        return frozenset("a") if draw.random() < 0.3 else frozenset()

    def job(number: int) -> Job:
        collects = draw.random() < 0.5
        given, taken = (None, amount()) if collects else (amount(), None)
        return Job(
            number, 1 + number, 60, windows(), delivery=given or (), pickup=taken or (),
            skills=skills(), priority=draw.choice((0, 0, 0, 2)),
        )  # fmt: skip

    def shipment(number: int) -> Shipment:
        place = 2 + jobs + 2 * number
        visits = (Visit(number, place, 30, windows()), Visit(number, place + 1, 30, windows()))
        return Shipment(number, *visits, amount(), skills=skills())

    limits = {"max_travel_s": draw.randrange(4000, 9000)} if draw.random() < 0.3 else {}
    return Problem(
        vehicles=(
            Vehicle(1, 0, 0, (8, 4), Window(0, 9000), frozenset("a"), 900, 50, 36, **limits),
            Vehicle(2, 1, None, (6, 4), Window(500, 9000), frozenset(), 300, 90, 36, max_stops=3),
        ),
        durations_s=np.ceil(km * 60).astype(int),
        distances_m=np.rint(km * 1000).astype(int),
        jobs=tuple(job(n) for n in range(1, jobs + 1)),
        shipments=tuple(shipment(n) for n in range(shipments)),
        capacity_names=("kg", "pallets"),
        objective=objective,
    )


def with_freight_rules(problem: Problem, seed: int) -> Problem:
    """The same with some of: revenue, mandatory tasks, setup, goods apart, cleaning, LIFO, duration, duty costs."""
    draw = random.Random(seed)

    def task(one: Job | Shipment) -> Job | Shipment:
        merit = {
            "goods": draw.choice((None, "milk", "diesel", "flour")),
            "revenue": draw.choice((0, 500, 3000, 9000)),
            "mandatory": draw.random() < 0.2,
        }
        setup = draw.choice((0, 0, 300))
        if isinstance(one, Job):
            return replace(one, setup_s=setup, **merit)
        return replace(one, pickup=replace(one.pickup, setup_s=setup), **merit)

    def vehicle(one: Vehicle) -> Vehicle:
        return replace(
            one,
            lifo=draw.random() < 0.5,
            # With several windows the search knows only the timetable that ends first (kept.py): ample or none.
            max_duration_s=draw.choice((None, 20_000)),
            cost_per_duty_hour=draw.choice((0, 600)),
            cost_per_task_hour=draw.choice((0, 900)),
        )

    rules = GoodsRules((("milk", "diesel"),), (Cleaning("diesel", "flour", 400),))
    return replace(
        problem,
        vehicles=tuple(vehicle(v) for v in problem.vehicles),
        jobs=tuple(task(job) for job in problem.jobs),
        shipments=tuple(task(shipment) for shipment in problem.shipments),
        goods=draw.choice((rules, GoodsRules())),
    )


def with_several_trips(problem: Problem, seed: int) -> Problem:
    """The same with small vehicles that may reload, here or there, now or later; some goods are there only later."""
    draw = random.Random(seed)
    size = len(problem.durations_s)

    def reload(number: int) -> Reload:
        begin = draw.randrange(0, 3000)
        windows = (
            () if draw.random() < 0.6 else (Window(begin, begin + 2000), Window(begin + 3000, begin + 4000))
        )
        return Reload(number, draw.randrange(0, size), draw.choice((0, 120)), windows)

    def vehicle(one: Vehicle) -> Vehicle:
        return replace(
            one,
            capacity=tuple(draw.randrange(3, 9) for _ in one.capacity),
            reloads=tuple(reload(n) for n in range(draw.choice((0, 1, 1, 2)))),
            max_trips=draw.choice((None, 2, 3)),
            window=Window(one.on_duty_s, 20_000),
        )

    def job(one: Job) -> Job:
        return replace(one, release_s=draw.choice((None, None, draw.randrange(0, 6000))))

    return replace(
        problem,
        vehicles=tuple(vehicle(v) for v in problem.vehicles),
        jobs=tuple(job(one) for one in problem.jobs),
    )


def with_vehicles_under_way(problem: Problem, seed: int) -> Problem:
    """The same with the first vehicle on the road, the first shipment on board or its pickup fixed, jobs loaded."""
    draw = random.Random(seed)
    first = problem.shipments[0]
    aboard = draw.random() < 0.5
    jobs = [job.id for job in problem.jobs]
    fixed: list[tuple[StopKind, Id]] = []
    if not aboard:
        fixed.append((StopKind.PICKUP, first.id))
    if draw.random() < 0.4:
        fixed.append((StopKind.JOB, jobs[0]))
    elif draw.random() < 0.3:
        fixed.append((StopKind.DELIVERY, first.id))
    way = Underway(
        time_s=draw.randrange(0, 1500),
        location=draw.randrange(0, len(problem.durations_s)),
        fixed=tuple(fixed),
        on_board=(first.id,) if aboard else (),
        loaded=tuple(i for i in jobs if i == jobs[0] or draw.random() < 0.5),
        load=draw.choice(((), (1, 0))),
    )
    wide = replace(problem.vehicles[0], underway=way, skills=frozenset("a"), capacity=(20, 20))
    return replace(problem, vehicles=(wide, *problem.vehicles[1:]))


# A day of small problems: four legs or so in a period, ten in a day.
SHORT_DAYS = HoursRule("short days", 1500, 300, None, 4000, 2500)
SHORT_SPANS = replace(SHORT_DAYS, name="short spans", span_s=5000)


def with_driver_hours(problem: Problem, rule: HoursRule) -> Problem:
    """The same under a rule on driver hours, with shifts that have time for it."""
    fleet = (
        replace(v, hours=rule, window=Window(v.window.start_s, 30_000)) for v in problem.vehicles if v.window
    )
    return replace(problem, vehicles=tuple(fleet))


def with_reloads(problem: Problem, seed: int) -> Problem:
    """The same with a yard where the first vehicle may end a trip and begin the next."""
    draw = random.Random(seed)
    yard = Reload("yard", 0, 120, draw.choice(((), (Window(0, 6000),))))
    wide = replace(problem.vehicles[0], reloads=(yard,), max_trips=draw.choice((None, 2, 3)))
    return replace(problem, vehicles=(wide, *problem.vehicles[1:]))


def with_limits(problem: Problem, seed: int) -> Problem:
    """The same with limits on distance, travel, duration and stops, some of them tight."""
    draw = random.Random(seed)

    def vehicle(one: Vehicle) -> Vehicle:
        return replace(
            one,
            max_distance_m=draw.choice((None, 90_000, 200_000)),
            max_travel_s=draw.choice((None, 6000)),
            max_duration_s=draw.choice((None, 8000)),
            max_stops=draw.choice((None, 2, 4)),
        )

    return replace(problem, vehicles=tuple(vehicle(v) for v in problem.vehicles))


def with_hours(problem: Problem, seed: int) -> Problem:
    """The same under a rule on driver hours that small problems feel."""
    return with_driver_hours(problem, random.Random(seed).choice((SHORT_DAYS, SHORT_SPANS)))


# Families of rules by name, each a way to make a small problem harder.
FAMILIES: dict[str, Callable[[Problem, int], Problem]] = {
    "freight": with_freight_rules,
    "limits": with_limits,
    "hours": with_hours,
    "under way": with_vehicles_under_way,
    "reloads": with_reloads,
}


def random_freight(seed: int, families: Collection[str]) -> Problem:
    """A small problem under the rules of these families."""
    draw = random.Random(seed)
    objective = draw.choice(tuple(Objective))
    problem = random_problem(seed, objective, jobs=draw.randrange(1, 4), shipments=draw.randrange(1, 3))
    for name, harder in FAMILIES.items():
        if name in families:
            problem = harder(problem, seed)
    return problem


def some_plan(problem: Problem, seed: int) -> Plan | None:
    """A plan without violations that chance has put together; None where vehicles under way cannot keep the rules."""
    draw = random.Random(seed)
    tours = [list(tour) for tour in least_tours(problem)]
    plan = _sound(problem, tours)
    if plan is None:
        return None
    first = 0
    for task in problem.tasks:
        stops = list(range(first, first + len(task.visits)))
        first += len(task.visits)
        for _ in range(8):
            v = draw.randrange(len(tours))
            tried = [list(tour) for tour in tours]
            for stop in stops[draw.random() < 0.1 :]:
                tried[v].insert(draw.randrange(len(tried[v]) + 1), stop)
            if problem.vehicles[v].reloads and draw.random() < 0.4:
                tried[v].insert(draw.randrange(len(tried[v]) + 1), -1)
            found = _sound(problem, tried)
            if found is not None:
                tours, plan = tried, found
                break
    return plan


def _sound(problem: Problem, tours: list[list[int]]) -> Plan | None:
    flat = [stop for tour in tours for stop in tour if stop >= 0]
    if len(set(flat)) < len(flat):
        return None
    plan = plan_of(problem, tuple(map(tuple, tours)))
    return None if plan is None or violations(problem, plan) else plan
