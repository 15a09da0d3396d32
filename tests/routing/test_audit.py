"""Every rule of a freight problem, broken once in a sound plan, is found and named with vehicle, stop and amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from haoyun.routing import (
    CHINA,
    EU_561,
    Cleaning,
    DriverState,
    GoodsRules,
    Job,
    Objective,
    Pause,
    PauseKind,
    Plan,
    Problem,
    Reload,
    Rule,
    Shipment,
    Step,
    Underway,
    Vehicle,
    Visit,
    Window,
    unlawful_minutes,
    violations,
    worth,
)
from haoyun.routing.build import plan_of
from haoyun.routing.schedule import build_route
from haoyun.routing.tasks import StopKind

HOUR = 3600


def road(**parts: object) -> Problem:
    """A straight road of eleven places, an hour and 80 km apart."""
    places = np.arange(11)
    steps = np.abs(places[:, None] - places[None, :])
    return Problem(durations_s=steps * HOUR, distances_m=steps * 80_000, **parts)  # type: ignore[arg-type]


def ship(name: int, up: int, down: int, amount: int = 1, **more: object) -> Shipment:
    return Shipment(name, Visit(name, up, 600), Visit(name, down, 600), (amount,), **more)  # type: ignore[arg-type]


def truck(**more: object) -> Vehicle:
    return Vehicle("t", 0, 0, (10,), Window(0, 72 * HOUR), **more)  # type: ignore[arg-type]


def sound(problem: Problem, *tour: int) -> Plan:
    """The plan in which the first vehicle drives this tour; without any violation."""
    plan = plan_of(problem, (tour, *(() for _ in problem.vehicles[1:])))
    assert plan is not None
    assert violations(problem, plan) == []
    return plan


def changed(plan: Plan, **changes: object) -> Plan:
    return replace(plan, routes=(replace(plan.routes[0], **changes), *plan.routes[1:]))  # type: ignore[arg-type]


def step(plan: Plan, number: int, **changes: object) -> Plan:
    steps = list(plan.routes[0].steps)
    steps[number] = replace(steps[number], **changes)  # type: ignore[arg-type]
    return changed(plan, steps=tuple(steps))


LONG = road(vehicles=(truck(hours=EU_561),), shipments=(ship(1, 0, 6),), capacity_names=("kg",))
LONG_CHINA = road(vehicles=(truck(hours=CHINA),), shipments=(ship(1, 0, 5),), capacity_names=("kg",))
PAIRS = road(
    vehicles=(truck(),), shipments=(ship(1, 1, 4), ship(2, 2, 3, goods="milk"), ship(3, 5, 6, goods="diesel")),
    capacity_names=("kg",),
)  # fmt: skip
LIFO = replace(PAIRS, vehicles=(truck(lifo=True),))
APART = replace(PAIRS, goods=GoodsRules(apart=(("diesel", "milk"),)))
CLEAN = replace(PAIRS, goods=GoodsRules(cleanings=(Cleaning("milk", "diesel", 1800),)))
TRIPS = road(
    vehicles=(truck(reloads=(Reload("depot", 0, 900),), max_trips=2),),
    jobs=tuple(Job(n, n + 1, 300, delivery=(6,)) for n in range(3)), capacity_names=("kg",),
)  # fmt: skip
LATE = replace(TRIPS, jobs=tuple(replace(job, release_s=(None, 30_000, 2000)[job.id]) for job in TRIPS.jobs))
WAY = Underway(
    1000, 2, ((StopKind.PICKUP, 1), (StopKind.DELIVERY, 2)), on_board=(2,), loaded=("a",), load=(1,)
)
GOING = road(
    vehicles=(truck(underway=WAY), Vehicle("u", 0, 0, (10,))),
    jobs=(Job("a", 6, delivery=(2,)), Job("b", 7, delivery=(1,))),
    shipments=(ship(1, 3, 5), ship(2, 1, 4), ship(3, 5, 6)), capacity_names=("kg",),
)  # fmt: skip
COSTLY = road(
    vehicles=(truck(cost_per_duty_hour=60, cost_per_task_hour=30, fixed_cost=7, max_duration_s=9 * HOUR),),
    jobs=(Job(1, 2, 600, setup_s=300, revenue=500), Job(2, 2, 600, setup_s=300, revenue=70)),
    capacity_names=("kg",), objective=Objective.PROFIT,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A sound plan, what breaks it, and what the auditor must say."""

    rule: Rule
    problem: Problem
    tour: tuple[int, ...]
    breaks: Callable[[Plan], Plan]
    stop: tuple[str, object] | None = None
    excess: float | None = None


def as_driven(problem: Problem, tour: tuple[int, ...]) -> Callable[[Plan], Plan]:
    """Instead of the plan, what is right under this problem and wrong under the case's."""
    return lambda _: sound(problem, *tour)


def on(problem: Problem, **changes: object) -> Problem:
    return replace(problem, vehicles=(replace(problem.vehicles[0], **changes), *problem.vehicles[1:]))  # type: ignore[arg-type]


def earlier(at: Step, by: int) -> Step:
    return replace(
        at,
        arrival_s=at.arrival_s - by,
        start_service_s=at.start_service_s - by,
        departure_s=at.departure_s - by,
    )


def with_pauses(*pauses: Pause, without: int = 0) -> Callable[[Plan], Plan]:
    """These pauses before those of the plan, of which the first are left out."""
    return lambda plan: changed(plan, pauses=(*pauses, *plan.routes[0].pauses[without:]))


def shorter_pause(plan: Plan, by: int) -> Plan:
    """The first pause cut short; everything after it happens earlier, up to the end."""
    route = plan.routes[0]
    first = route.pauses[0]
    pauses = [replace(first, duration_s=first.duration_s - by)]
    pauses += [replace(p, start_s=p.start_s - by) for p in route.pauses[1:]]
    steps = [s if n < first.step else earlier(s, by) for n, s in enumerate(route.steps)]
    return changed(plan, steps=tuple(steps), pauses=tuple(pauses))


def cut_service(number: int, by: int) -> Callable[[Plan], Plan]:
    return lambda plan: step(plan, number, departure_s=plan.routes[0].steps[number].departure_s - by)


FREE_WAY = replace(WAY, fixed=())
NOTHING_UP = replace(WAY, on_board=(), fixed=WAY.fixed[:1])
ALL_LOADED = replace(WAY, loaded=("a", "b"))
LAX = on(LONG, hours=replace(EU_561, name="lax", max_driving_s=4 * HOUR + 40 * 60))
LAX_DAY = on(LONG, hours=replace(EU_561, name="lax", daily_driving_s=12 * HOUR))
LAX_SPAN = on(
    LONG,
    hours=replace(
        EU_561,
        name="lax",
        rest_s=4 * HOUR,
        span_s=20 * HOUR,
        reduced_rest_s=None,
        long_span_s=None,
        reduced_rests=0,
    ),
)

CASES = [
    Case(Rule.DRIVING, LONG, (0, 1), as_driven(LAX, (0, 1)), ("delivery", 1), 600),
    Case(Rule.DRIVING, LONG, (0, 1), lambda p: shorter_pause(p, 1)),
    Case(Rule.DRIVING, LONG_CHINA, (0, 1), as_driven(on(LONG_CHINA, hours=EU_561), (0, 1))),
    Case(Rule.DAILY_DRIVING, LONG, (0, 1), as_driven(LAX_DAY, (0, 1)), None, 3 * HOUR),
    Case(Rule.DAILY_DRIVING, LONG, (0, 1), as_driven(LAX_SPAN, (0, 1))),
    Case(Rule.DAILY_REST, on(LONG, driver=DriverState(0, 0, -6 * HOUR)), (0, 1), as_driven(LONG, (0, 1))),
    Case(Rule.PAUSE, LONG, (0, 1), with_pauses(Pause(PauseKind.BREAK, 1, 0, 9, 2700), without=1)),
    Case(Rule.PAUSE, LONG, (0, 1), with_pauses(Pause(PauseKind.BREAK, 9, 0, 0, 60))),
    Case(Rule.PAUSE, LONG, (0, 1), with_pauses(Pause(PauseKind.BREAK, 1, None, 0, 60))),
    Case(Rule.TRAVEL_TIME, LONG, (0, 1), with_pauses(without=1), ("delivery", 1), 2700),
    Case(Rule.LIFO, LIFO, (0, 2, 3, 1), as_driven(PAIRS, (0, 2, 1, 3)), ("delivery", 1), 1),
    Case(Rule.APART, APART, (2, 3, 4, 5), as_driven(PAIRS, (2, 4, 3, 5)), ("pickup", 3)),
    Case(Rule.CLEANING, CLEAN, (2, 3, 4, 5), as_driven(PAIRS, (2, 3, 4, 5)), ("pickup", 3), 1800),
    Case(Rule.CLEANING, CLEAN, (0, 1, 2, 3, 4, 5), lambda p: step(p, 5, cleaning_s=0), ("pickup", 3), 1800),
    Case(Rule.TRIPS, TRIPS, (0, -1, 1), as_driven(on(TRIPS, max_trips=None), (0, -1, 1, -1, 2)), None, 1),
    Case(Rule.TRIPS, TRIPS, (0, -1, 1), lambda p: step(p, 2, id="nowhere"), ("reload", "nowhere")),
    Case(Rule.SERVICE_TIME, TRIPS, (0, -1, 1), cut_service(2, 60), ("reload", "depot"), 60),
    Case(Rule.CAPACITY, TRIPS, (0, -1, 1), as_driven(on(TRIPS, capacity=(12,)), (0, 1)), ("start", None), 2),
    Case(Rule.RELEASE, LATE, (0, -1, 1), as_driven(TRIPS, (0, -1, 1)), ("reload", "depot")),
    Case(Rule.RELEASE, LATE, (2,), as_driven(TRIPS, (2,)), ("start", None), 2000),
    Case(Rule.LOAD, TRIPS, (0, -1, 1), lambda p: step(p, 2, load=(0,)), ("reload", "depot")),
    Case(Rule.FIXED, GOING, (2, 5, 3), as_driven(on(GOING, underway=FREE_WAY), (5, 2, 3)), ("delivery", 2)),
    Case(Rule.FIXED, GOING, (2, 5, 3), lambda p: replace(p, routes=()), ("pickup", 1)),
    Case(Rule.ON_BOARD, GOING, (2, 5, 3), as_driven(on(GOING, underway=NOTHING_UP), (2, 4, 5, 3)), ("pickup", 2)),
    Case(Rule.NOT_LOADED, GOING, (2, 5, 3), as_driven(on(GOING, underway=ALL_LOADED), (2, 5, 3, 1))),
    Case(Rule.ENDS, GOING, (2, 5, 3), lambda p: step(p, 0, location=0), ("start", None)),
    Case(Rule.SHIFT, GOING, (2, 5, 3), lambda p: step(p, 0, departure_s=400), ("start", None), 600),
    Case(Rule.SETUP, COSTLY, (0, 1), lambda p: step(p, 2, setup_s=300), ("job", 2), 300),
    Case(Rule.LIMIT, COSTLY, (0, 1), lambda p: cut_service(-1, p.routes[0].duration_s - 10 * HOUR)(p), None, HOUR),
    Case(Rule.REVENUE, COSTLY, (0, 1), lambda p: changed(p, revenue=571), None, 1),
    Case(Rule.TOTAL, COSTLY, (0, 1), lambda p: replace(p, revenue=571)),
    Case(Rule.COST, COSTLY, (0, 1), lambda p: changed(p, parts=replace(p.routes[0].parts, duty=0.0))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{c.rule.value}-{n}" for n, c in enumerate(CASES)])
def test_every_broken_rule_is_found_with_its_stop_and_amount(case: Case) -> None:
    plan = sound(case.problem, *case.tour)
    found = [v for v in violations(case.problem, case.breaks(plan)) if v.rule is case.rule]
    assert found, violations(case.problem, case.breaks(plan))
    if case.rule is not Rule.TOTAL:
        assert {v.vehicle for v in found} == {"t"}
    if case.stop is not None:
        assert case.stop in {v.stop for v in found}, found
    if case.excess is not None:
        assert case.excess in {v.excess for v in found}, found


def test_each_rule_of_freight_has_a_plan_that_breaks_it() -> None:
    freight = {
        Rule.REVENUE, Rule.SETUP, Rule.TRIPS, Rule.RELEASE, Rule.LIFO, Rule.APART, Rule.CLEANING, Rule.FIXED,
        Rule.ON_BOARD, Rule.NOT_LOADED, Rule.PAUSE, Rule.DRIVING, Rule.DAILY_DRIVING, Rule.DAILY_REST,
    }  # fmt: skip
    assert freight <= {case.rule for case in CASES}


def test_ten_minutes_too_much_driving_are_ten_unlawful_minutes() -> None:
    lawful, too_long = sound(LONG, 0, 1), sound(LAX, 0, 1)
    assert unlawful_minutes(LONG, lawful) == 0
    assert unlawful_minutes(LONG, too_long) % 10 == 0
    assert unlawful_minutes(LONG, too_long) >= 10


def test_no_driving_is_lawful_that_the_driver_had_behind_them_already() -> None:
    tired = on(LONG, driver=DriverState(4 * HOUR, 4 * HOUR, -5 * HOUR))
    plan = sound(tired, 0, 1)
    assert plan.routes[0].pauses[0].driven_s in (None, HOUR // 2)
    assert violations(tired, sound(LONG, 0, 1))


def test_what_a_trip_delivers_is_loaded_when_it_begins() -> None:
    route = sound(TRIPS, 0, -1, 1).routes[0]
    assert [s.load for s in route.steps] == [(6,), (0,), (6,), (0,), (0,)]
    assert [[s.id for s in trip] for trip in route.trips] == [[0], [1]]
    assert [s.id for s in route.stops] == [0, 1]


def test_a_trip_begins_when_the_last_of_its_goods_is_there_and_not_before() -> None:
    assert sound(LATE, 2).routes[0].steps[0].departure_s == 2000
    steps = sound(LATE, 2, -1, 1).routes[0].steps
    assert (steps[2].kind, steps[2].start_service_s) == ("reload", 30_000)


def test_the_first_trip_of_a_vehicle_on_the_road_has_begun_already() -> None:
    going = replace(GOING, jobs=tuple(replace(job, release_s=50_000) for job in GOING.jobs))
    assert sound(going, 2, 5, 3, 0).routes[0].steps[0].departure_s == 1000


def test_a_shipment_may_stay_on_board_over_a_reload_but_not_on_a_stack() -> None:
    mixed = replace(TRIPS, shipments=(ship(9, 1, 4),))
    tour = (3, 0, -1, 1, 4)
    assert [s.load for s in sound(mixed, *tour).routes[0].steps] == [(6,), (7,), (1,), (7,), (1,), (0,), (0,)]
    stacked = on(mixed, lifo=True)
    plan = plan_of(stacked, (tour,))
    assert plan is not None
    assert Rule.LIFO in {v.rule for v in violations(stacked, plan)}


def test_goods_that_need_cleaning_between_are_cleaned_only_in_an_empty_truck() -> None:
    plan = sound(CLEAN, 2, 3, 4, 5)
    assert [s.cleaning_s for s in plan.routes[0].steps] == [0, 0, 0, 1800, 0, 0]
    full = plan_of(CLEAN, ((2, 3, 0, 4, 5, 1),))
    assert full is not None
    assert [v.rule for v in violations(CLEAN, full)] == [Rule.CLEANING]


def test_a_late_fixed_stop_is_a_fact_and_no_broken_rule() -> None:
    late = replace(
        GOING,
        shipments=(
            replace(GOING.shipments[0], pickup=Visit(1, 3, 600, (Window(0, 60),))),
            *GOING.shipments[1:],
        ),
    )
    assert sound(late, 2, 5, 3).routes[0].steps[1].start_service_s > 60
    assert plan_of(on(late, underway=FREE_WAY), ((2, 5, 3), ())) is None


def test_goods_on_board_that_no_route_delivers_ride_along() -> None:
    free = on(GOING, underway=FREE_WAY)
    plan = sound(free, 0)
    assert {(u.kind, u.id) for u in plan.unassigned} == {("job", "b"), *(("shipment", n) for n in (1, 2, 3))}
    assert [s.load for s in plan.routes[0].steps] == [(4,), (2,), (2,)]


def test_profit_serves_what_pays_and_mandatory_loads_before_all() -> None:
    both, one = sound(COSTLY, 0, 1), sound(COSTLY, 0)
    assert both.profit == both.revenue - both.cost
    assert worth(COSTLY, one)[0] == 0
    must = replace(COSTLY, jobs=(COSTLY.jobs[0], replace(COSTLY.jobs[1], mandatory=True, priority=4)))
    assert worth(must, sound(must, 0)) > worth(must, sound(must, 0, 1))
    assert worth(must, sound(must, 0))[0] == 5


def test_costs_of_a_route_are_told_apart() -> None:
    route = sound(COSTLY, 0, 1).routes[0]
    parts = route.parts
    assert (parts.fixed, parts.duty, parts.tasks) == (7, 60 * route.duration_s / 3600, 30 * 1500 / 3600)
    assert route.steps[2].setup_s == 0, "it stands there already"
    assert route.revenue == 570


def test_waiting_counts_as_a_break_and_moves_onto_the_road_when_the_stop_is_left_out() -> None:
    waits = Job(1, 2, 0, (Window(3 * HOUR, 3 * HOUR),))
    tight = Job(2, 4, 0, (Window(5 * HOUR, 5 * HOUR),))
    rule = replace(EU_561, name="short", max_driving_s=3 * HOUR, split_s=None)
    problem = road(
        vehicles=(Vehicle("t", 0, None, window=Window(0, 9 * HOUR), hours=rule),), jobs=(waits, tight)
    )
    both = build_route(problem, problem.vehicles[0], problem.stops)
    assert both is not None
    assert [(p.step, p.driven_s, p.duration_s) for p in both.pauses] == [(1, None, 2700)]
    one = build_route(problem, problem.vehicles[0], problem.stops[1:])
    assert one is not None
    assert [p.step for p in one.pauses] == [1]
