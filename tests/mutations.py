"""Ways to break one rule of a sound plan: in the plan itself, or by a rule tightened beyond what the plan does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from haoyun.routing import (
    Cleaning,
    GoodsRules,
    HoursRule,
    Job,
    Plan,
    Problem,
    Route,
    Rule,
    Shipment,
    Step,
    StepKind,
    Unassigned,
    Vehicle,
    Window,
)

Broken = tuple[Problem, Plan]
# None: there is nothing in this plan that could be broken so.
Breaks = Callable[[Problem, Plan, random.Random], Broken | None]


@dataclass(frozen=True)
class Mutation:
    """What is done, and the rules of which the auditor must name one."""

    name: str
    rules: frozenset[Rule]
    breaks: Breaks


ALL: list[Mutation] = []


def breaking(*rules: Rule) -> Callable[[Breaks], Breaks]:
    """Register a mutation that breaks (one of) these rules."""

    def register(breaks: Breaks) -> Breaks:
        ALL.append(Mutation(breaks.__name__, frozenset(rules), breaks))
        return breaks

    return register


# -- tools --------------------------------------------------------------------------------------------------------


def _with_route(plan: Plan, number: int, **changes: object) -> Plan:
    routes = list(plan.routes)
    routes[number] = replace(routes[number], **changes)  # type: ignore[arg-type]
    return replace(plan, routes=tuple(routes))


def _with_steps(plan: Plan, number: int, steps: list[Step]) -> Plan:
    return _with_route(plan, number, steps=tuple(steps))


def _places(plan: Plan, wanted: Callable[[Route, int, Step], bool]) -> list[tuple[int, int]]:
    """Route and step numbers of the steps that one could change."""
    return [
        (r, s)
        for r, route in enumerate(plan.routes)
        for s, step in enumerate(route.steps)
        if wanted(route, s, step)
    ]


def _is_stop(_route: Route, _number: int, step: Step) -> bool:
    return step.kind in (StepKind.JOB, StepKind.PICKUP, StepKind.DELIVERY)


def _pick(draw: random.Random, found: list[tuple[int, int]]) -> tuple[int, int] | None:
    return draw.choice(found) if found else None


def _changed(plan: Plan, at: tuple[int, int] | None, **changes: object) -> Plan | None:
    if at is None:
        return None
    steps = list(plan.routes[at[0]].steps)
    steps[at[1]] = replace(steps[at[1]], **changes)  # type: ignore[arg-type]
    return _with_steps(plan, at[0], steps)


def _driver(problem: Problem, route: Route) -> Vehicle:
    return next(v for v in problem.vehicles if v.id == route.vehicle_id)


def _refitted(problem: Problem, vehicle: Vehicle, **changes: object) -> Problem:
    fleet = tuple(replace(v, **changes) if v.id == vehicle.id else v for v in problem.vehicles)  # type: ignore[arg-type]
    return replace(problem, vehicles=fleet)


def _task_of(problem: Problem, step: Step) -> Job | Shipment:
    return next(s.task for s in problem.stops if (s.kind.value, s.visit.id) == (step.kind.value, step.id))


def _with_task(problem: Problem, task: Job | Shipment, **changes: object) -> Problem:
    jobs = tuple(replace(j, **changes) if j == task else j for j in problem.jobs)  # type: ignore[arg-type]
    shipments = tuple(replace(s, **changes) if s == task else s for s in problem.shipments)  # type: ignore[arg-type]
    return replace(problem, jobs=jobs, shipments=shipments)


def _same(problem: Problem, plan: Plan | None) -> Broken | None:
    return None if plan is None else (problem, plan)


# -- who drives, and where ----------------------------------------------------------------------------------------


@breaking(Rule.UNKNOWN_VEHICLE)
def a_stranger_drives(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    return (problem, _with_route(plan, 0, vehicle_id="stranger")) if plan.routes else None


@breaking(Rule.VEHICLE_TWICE)
def one_vehicle_drives_twice(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    return (problem, replace(plan, routes=(*plan.routes, plan.routes[0]))) if plan.routes else None


@breaking(Rule.SHAPE)
def the_end_is_missing(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    return (problem, _with_steps(plan, 0, list(plan.routes[0].steps[:-1]))) if plan.routes else None


@breaking(Rule.ENDS)
def it_starts_elsewhere(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    if not plan.routes:
        return None
    here = plan.routes[0].steps[0].location
    return _same(problem, _changed(plan, (0, 0), location=1 if here == 0 else 0))


@breaking(Rule.PLACE)
def a_stop_is_elsewhere(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, _is_stop))
    return at and _same(
        problem, _changed(plan, at, location=(plan.routes[at[0]].steps[at[1]].location or 0) ^ 1)
    )


# -- which stops --------------------------------------------------------------------------------------------------


@breaking(Rule.UNKNOWN_STOP)
def a_stop_that_nobody_asked_for(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    return _same(problem, _changed(plan, _pick(draw, _places(plan, _is_stop)), id="nobody"))


@breaking(Rule.SERVED_TWICE)
def a_stop_is_served_twice(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, _is_stop))
    if at is None:
        return None
    steps = list(plan.routes[at[0]].steps)
    steps.insert(draw.randrange(1, len(steps)), replace(steps[at[1]]))
    return problem, _with_steps(plan, at[0], steps)


@breaking(Rule.UNASSIGNED)
def a_job_is_dropped_in_silence(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, lambda _r, _n, step: step.kind is StepKind.JOB))
    if at is None:
        return None
    steps = list(plan.routes[at[0]].steps)
    del steps[at[1]]
    return problem, _with_steps(plan, at[0], steps)


@breaking(Rule.PAIR_SPLIT, Rule.ON_BOARD, Rule.UNASSIGNED)
def a_delivery_is_dropped(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, lambda _r, _n, step: step.kind is StepKind.DELIVERY))
    if at is None:
        return None
    steps = list(plan.routes[at[0]].steps)
    del steps[at[1]]
    return problem, _with_steps(plan, at[0], steps)


@breaking(Rule.PAIR_ORDER)
def delivered_before_it_is_picked_up(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for r, route in enumerate(plan.routes):
        names = {(step.kind, step.id): number for number, step in enumerate(route.steps)}
        for shipment in problem.shipments:
            up, down = (
                names.get((kind, visit.id))
                for kind, visit in (
                    (StepKind.PICKUP, shipment.pickup),
                    (StepKind.DELIVERY, shipment.delivery),
                )
            )
            if up is not None and down is not None:
                steps = list(route.steps)
                steps[up], steps[down] = steps[down], steps[up]
                return problem, _with_steps(plan, r, steps)
    return None


@breaking(Rule.FIXED)
def something_comes_before_a_fixed_stop(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for r, route in enumerate(plan.routes):
        way = _driver(problem, route).underway
        if way and way.fixed and len(route.steps) > 3:
            steps = list(route.steps)
            steps[1], steps[2] = steps[2], steps[1]
            return problem, _with_steps(plan, r, steps)
    return None


@breaking(Rule.UNASSIGNED)
def what_is_served_is_listed_as_left_behind(
    problem: Problem, plan: Plan, draw: random.Random
) -> Broken | None:
    served = [task for task in problem.tasks if task not in plan.left_out(problem)]
    more = [Unassigned.of(task) for task in served[:1]]
    return (problem, replace(plan, unassigned=(*plan.unassigned, *more))) if more else None


@breaking(Rule.UNASSIGNED)
def what_is_left_behind_is_not_listed(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    return (problem, replace(plan, unassigned=plan.unassigned[1:])) if plan.unassigned else None


@breaking(Rule.UNASSIGNED)
def what_is_left_behind_is_listed_twice(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    left = plan.unassigned
    return (problem, replace(plan, unassigned=(*left, left[0]))) if left else None


# -- times ----------------------------------------------------------------------------------------------------------


@breaking(Rule.TRAVEL_TIME)
def it_arrives_a_second_too_early(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, _is_stop))
    return at and _same(problem, _changed(plan, at, arrival_s=plan.routes[at[0]].steps[at[1]].arrival_s - 1))


@breaking(Rule.SERVICE_TIME)
def service_is_a_second_short(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, _is_stop))
    return at and _same(
        problem, _changed(plan, at, departure_s=plan.routes[at[0]].steps[at[1]].departure_s - 1)
    )


@breaking(Rule.SHIFT)
def it_leaves_before_it_is_on_duty(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    if not plan.routes:
        return None
    early = _driver(problem, plan.routes[0]).on_duty_s - 1
    return _same(problem, _changed(plan, (0, 0), arrival_s=early, start_service_s=early, departure_s=early))


@breaking(Rule.SHIFT)
def the_shift_ends_before_the_route(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for route in plan.routes:
        vehicle, end_s = _driver(problem, route), route.steps[-1].arrival_s
        if vehicle.window and end_s > vehicle.window.start_s:
            return _refitted(problem, vehicle, window=Window(vehicle.window.start_s, end_s - 1)), plan
    return None


@breaking(Rule.WINDOW)
def the_window_closes_before_service_begins(
    problem: Problem, plan: Plan, draw: random.Random
) -> Broken | None:
    for route in plan.routes:
        way = _driver(problem, route).underway
        fixed = {name for _, name in way.fixed} if way else set()
        for step in route.stops:
            task = _task_of(problem, step)
            if step.id in fixed:
                continue
            closed = (Window(step.start_service_s - 60, step.start_service_s - 1),)
            if isinstance(task, Job):
                return _with_task(problem, task, windows=closed), plan
            visit = replace(task.pickup if step.kind is StepKind.PICKUP else task.delivery, windows=closed)
            name = "pickup" if step.kind is StepKind.PICKUP else "delivery"
            return _with_task(problem, task, **{name: visit}), plan
    return None


@breaking(Rule.RELEASE)
def the_goods_come_after_the_trip_has_begun(
    problem: Problem, plan: Plan, draw: random.Random
) -> Broken | None:
    for route in plan.routes:
        jobs = [step for step in route.trips[0] if step.kind is StepKind.JOB]
        if jobs and _driver(problem, route).underway is None:
            late_s = route.steps[0].departure_s + 1
            return _with_task(problem, _task_of(problem, jobs[0]), release_s=late_s), plan
    return None


@breaking(Rule.SETUP)
def setting_up_takes_longer_than_stated(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, lambda _r, _n, step: True))
    return at and _same(problem, _changed(plan, at, setup_s=plan.routes[at[0]].steps[at[1]].setup_s + 1))


@breaking(Rule.PAUSE, Rule.TRAVEL_TIME)
def a_pause_is_left_out(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for r, route in enumerate(plan.routes):
        driven = [pause for pause in route.pauses if pause.driven_s is not None]
        if driven:
            kept = tuple(pause for pause in route.pauses if pause is not driven[0])
            return problem, _with_route(plan, r, pauses=kept)
    return None


@breaking(Rule.PAUSE, Rule.TRAVEL_TIME)
def a_pause_is_a_second_short(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for r, route in enumerate(plan.routes):
        for n, pause in enumerate(route.pauses):
            if pause.driven_s is not None:
                short = replace(pause, duration_s=pause.duration_s - 1)
                return problem, _with_route(
                    plan, r, pauses=(*route.pauses[:n], short, *route.pauses[n + 1 :])
                )
    return None


@breaking(Rule.DRIVING)
def the_law_allows_less_driving(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for route in plan.routes:
        longest_s = max((b.arrival_s - a.departure_s for a, b in pairwise(route.steps)), default=0)
        if longest_s > 1 and not route.pauses:
            strict = HoursRule("strict", max_driving_s=longest_s - 1, break_s=longest_s)
            return _refitted(problem, _driver(problem, route), hours=strict), plan
    return None


# -- goods ----------------------------------------------------------------------------------------------------------


@breaking(Rule.LOAD)
def the_load_is_misstated(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, lambda _r, _n, step: bool(step.load)))
    if at is None:
        return None
    load = plan.routes[at[0]].steps[at[1]].load
    return _same(problem, _changed(plan, at, load=(load[0] + 1, *load[1:])))


@breaking(Rule.CAPACITY)
def the_vehicle_is_smaller(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for route in plan.routes:
        peak = [max(column) for column in zip(*(step.load for step in route.steps), strict=True)]
        for dimension, amount in enumerate(peak):
            if amount:
                vehicle = _driver(problem, route)
                room = list(vehicle.capacity)
                room[dimension] = amount - 1
                return _refitted(problem, vehicle, capacity=tuple(room)), plan
    return None


@breaking(Rule.SKILL)
def the_vehicle_lacks_a_skill(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, _is_stop))
    if at is None:
        return None
    task = _task_of(problem, plan.routes[at[0]].steps[at[1]])
    return _with_task(problem, task, skills=task.skills | {"wings"}), plan


@breaking(Rule.CLEANING)
def a_cleaning_is_skipped_or_made_up(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, lambda _r, _n, step: True))
    if at is None:
        return None
    cleaning_s = plan.routes[at[0]].steps[at[1]].cleaning_s
    return _same(problem, _changed(plan, at, cleaning_s=0 if cleaning_s else 60))


def _loaded_together(problem: Problem, plan: Plan) -> Iterator[tuple[Route, Shipment, Shipment]]:
    """Shipments of which the second comes on board while the first is there; the first leaves first."""
    for route in plan.routes:
        names = {(step.kind, step.id): number for number, step in enumerate(route.steps)}
        spans = {
            s: (names[StepKind.PICKUP, s.pickup.id], names[StepKind.DELIVERY, s.delivery.id])
            for s in problem.shipments
            if (StepKind.PICKUP, s.pickup.id) in names and (StepKind.DELIVERY, s.delivery.id) in names
        }
        for one, (a, b) in spans.items():
            for other, (c, d) in spans.items():
                if a < c < b < d:
                    yield route, one, other


@breaking(Rule.LIFO)
def the_body_must_be_unloaded_from_the_top(
    problem: Problem, plan: Plan, draw: random.Random
) -> Broken | None:
    route, _, _ = next(_loaded_together(problem, plan), (None, None, None))
    return None if route is None else (_refitted(problem, _driver(problem, route), lifo=True), plan)


@breaking(Rule.APART)
def goods_may_not_travel_together(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    _, one, other = next(_loaded_together(problem, plan), (None, None, None))
    if one is None or other is None:
        return None
    marked = _with_task(_with_task(problem, one, goods="acid"), other, goods="bread")
    return replace(marked, goods=GoodsRules(apart=(("acid", "bread"),))), plan


@breaking(Rule.CLEANING)
def goods_need_cleaning_in_between(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    _, one, other = next(_loaded_together(problem, plan), (None, None, None))
    if one is None or other is None:
        return None
    marked = _with_task(_with_task(problem, one, goods="acid"), other, goods="bread")
    return replace(marked, goods=GoodsRules(cleanings=(Cleaning("acid", "bread", 60),))), plan


@breaking(Rule.NOT_LOADED)
def another_vehicle_has_the_goods(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for route in plan.routes:
        for way in (v.underway for v in problem.vehicles if v.underway and v.id != route.vehicle_id):
            for step in route.stops:
                task = _task_of(problem, step)
                loaded = isinstance(task, Job) and any(task.delivery) and task.id not in way.loaded
                if loaded and way.location is not None:
                    more = replace(way, loaded=(*way.loaded, task.id))
                    other = next(v for v in problem.vehicles if v.underway == way)
                    return _refitted(problem, other, underway=more, capacity=(99, 99)), plan
    return None


@breaking(Rule.NOT_LOADED)
def the_goods_were_not_loaded(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for route in plan.routes:
        vehicle = _driver(problem, route)
        way = vehicle.underway
        first = next((n for n, s in enumerate(route.steps) if s.kind is StepKind.RELOAD), len(route.steps))
        names = [step.id for step in route.steps[:first] if step.kind is StepKind.JOB]
        gets = {job.id for job in problem.jobs if any(job.delivery)}
        if way and way.location is not None and any(name in gets and name in way.loaded for name in names):
            return _refitted(problem, vehicle, underway=replace(way, loaded=())), plan
    return None


@breaking(Rule.ON_BOARD)
def what_is_on_board_is_picked_up_again(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for r, route in enumerate(plan.routes):
        way = _driver(problem, route).underway
        for shipment in problem.shipments:
            if way and shipment.id in way.on_board:
                at_s = route.steps[0].departure_s
                again = Step(
                    StepKind.PICKUP, shipment.pickup.id, shipment.pickup.location, at_s, at_s, at_s, ()
                )
                return problem, _with_steps(plan, r, [route.steps[0], again, *route.steps[1:]])
    return None


# -- limits and figures ---------------------------------------------------------------------------------------------


def _limit(name: str) -> Breaks:
    def one_less(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
        for route in plan.routes:
            done = {
                "max_stops": len(route.stops),
                "max_distance_m": route.distance_m,
                "max_travel_s": route.travel_s,
                "max_duration_s": route.duration_s,
            }
            if done[name]:
                return _refitted(problem, _driver(problem, route), **{name: done[name] - 1}), plan
        return None

    one_less.__name__ = f"{name}_is_one_less"
    return one_less


for _name in ("max_stops", "max_distance_m", "max_travel_s", "max_duration_s"):
    breaking(Rule.LIMIT)(_limit(_name))


@breaking(Rule.TRIPS)
def fewer_trips_are_allowed(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    for route in plan.routes:
        if len(route.trips) > 1:
            return _refitted(problem, _driver(problem, route), max_trips=len(route.trips) - 1), plan
    return None


@breaking(Rule.TRIPS)
def a_reload_that_is_not_its_own(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    at = _pick(draw, _places(plan, lambda _r, _n, step: step.kind is StepKind.RELOAD))
    return _same(problem, _changed(plan, at, id="elsewhere"))


def _figure(name: str, rule: Rule, by: float) -> None:
    def misstated(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
        if not plan.routes:
            return None
        return problem, _with_route(plan, 0, **{name: getattr(plan.routes[0], name) + by})

    misstated.__name__ = f"{name}_is_misstated"
    breaking(rule)(misstated)


for _name, _rule, _by in (
    ("distance_m", Rule.DISTANCE, 1),
    ("travel_s", Rule.TRAVEL_TIME, -1),
    ("cost", Rule.COST, -0.01),
    ("revenue", Rule.REVENUE, 1),
):
    _figure(_name, _rule, _by)


@breaking(Rule.COST)
def a_part_of_the_cost_is_misstated(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
    if not plan.routes:
        return None
    name = draw.choice(("fixed", "distance", "travel", "duty", "tasks"))
    parts = plan.routes[0].parts
    return problem, _with_route(plan, 0, parts=replace(parts, **{name: getattr(parts, name) + 0.01}))


def _total(name: str) -> None:
    def misstated(problem: Problem, plan: Plan, draw: random.Random) -> Broken | None:
        return problem, replace(plan, **{name: getattr(plan, name) + 1})

    misstated.__name__ = f"the_sum_of_{name}_is_misstated"
    breaking(Rule.TOTAL)(misstated)


for _name in ("distance_m", "travel_s", "cost", "revenue"):
    _total(_name)
