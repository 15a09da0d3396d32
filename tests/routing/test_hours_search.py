"""Driver hours in the search: what it finds lawful has a timetable that the auditor passes, ending no later."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_problems import SHORT_DAYS, SHORT_SPANS, random_problem, with_driver_hours

from haoyun.routing import (
    DriverState,
    HoursRule,
    Objective,
    Problem,
    ReasonCode,
    Vehicle,
    Window,
    solve,
    violations,
)
from haoyun.routing.build import plan_with
from haoyun.routing.schedule import build_route
from haoyun.routing.sisr.duty import end_of_hours
from haoyun.routing.sisr.flat import FAR, SERVICE
from haoyun.routing.sisr.judge import judge, judge_pair
from haoyun.routing.sisr.schedule import recompute
from haoyun.routing.sisr.search import Search
from haoyun.routing.sisr.state import LENGTH
from haoyun.routing.tasks import Job

SPLIT = HoursRule(
    "split and reduced", 1500, 400, (150, 250), 4000, 2500, span_s=6000, reduced_rest_s=1800,
    long_span_s=7000, reduced_rests=1, service_is_break=False,
)  # fmt: skip
RULES = [SHORT_DAYS, SHORT_SPANS, SPLIT, replace(SPLIT, name="service is break", service_is_break=True)]


def tired(problem: Problem, seed: int) -> Problem:
    """The same with drivers some of whom have driven already."""
    draw = random.Random(seed)

    def vehicle(one: Vehicle) -> Vehicle:
        if draw.random() < 0.5 or one.window is None:
            return one
        driven = draw.randrange(0, 1500)
        today = driven + draw.randrange(0, 1000)
        return replace(
            one, driver=DriverState(driven, today, one.window.start_s - draw.randrange(today, 4000))
        )

    return replace(problem, vehicles=tuple(vehicle(v) for v in problem.vehicles))


def stops_in_some_order(draw: random.Random, problem: Problem) -> list[int]:
    """The first shipment and some of the jobs, the pickup before its delivery."""
    jobs = [n for n in range(len(problem.jobs)) if draw.random() < 0.8]
    order = [*jobs, len(problem.jobs), len(problem.jobs) + 1]
    draw.shuffle(order)
    up, down = order.index(len(problem.jobs)), order.index(len(problem.jobs) + 1)
    if up > down:
        order[up], order[down] = order[down], order[up]
    return order


@given(seed=st.integers(0, 10_000), rule=st.sampled_from(RULES))
@settings(max_examples=150, deadline=None)
def test_what_the_search_finds_lawful_has_a_timetable_that_ends_no_later_and_passes_the_auditor(
    seed: int, rule: HoursRule
) -> None:
    problem = tired(with_driver_hours(random_problem(seed, Objective.COST, jobs=3), rule), seed)
    search = Search(problem, 0)
    draw = random.Random(seed)
    order = stops_in_some_order(draw, problem)
    vehicle = problem.vehicles[0]
    state, flat = search.state, search.flat
    state.trial[: len(order)] = order
    state.trial_work[: len(order)] = flat.stop[order, SERVICE]
    end_s = end_of_hours(flat, state, int(flat.fleet[0]), -1, len(order), 0)
    if end_s >= FAR:
        return
    route = build_route(problem, vehicle, [problem.stops[n] for n in order])
    assert route is not None
    assert route.steps[-1].arrival_s <= end_s
    hours = {
        "driving",
        "daily_driving",
        "daily_rest",
        "pause",
        "window",
        "shift",
        "travel_time",
        "service_time",
    }
    found = violations(problem, plan_with(problem, (route,), ()))
    assert not {str(violation.rule) for violation in found} & hours


@given(seed=st.integers(0, 10_000), rule=st.sampled_from(RULES))
@settings(max_examples=60, deadline=None)
def test_a_candidate_judged_from_where_it_differs_is_judged_as_from_the_beginning(
    seed: int, rule: HoursRule
) -> None:
    problem = tired(with_driver_hours(random_problem(seed, Objective.DISTANCE, jobs=3), rule), seed)
    search = Search(problem, 0)
    search._clear()
    state, flat = search.state, search.flat
    draw = random.Random(seed)
    jobs = draw.sample(range(3), 2)
    state.seq[0, :2] = jobs
    state.route[0, LENGTH] = 2
    if not recompute(flat, state, 0):
        return
    up, i = 3, draw.randrange(3)
    j = draw.randrange(i, 3)
    quick = judge_pair(flat, state, 0, up, i, j)
    whole = [*jobs[:i], up, *jobs[i:j], up + 1, *jobs[j:]]
    state.trial[: len(whole)] = whole
    assert judge(flat, state, int(flat.fleet[0]), -1, len(whole), 0, False) == quick


def test_a_load_that_only_tireless_drivers_could_deliver_says_so() -> None:
    legs = np.array([[0, 3000], [3000, 0]])
    rule = HoursRule("breaks", max_driving_s=1500, break_s=600)
    vehicles = (Vehicle(1, 0, None, window=Window(0, 10_000), hours=rule),)
    problem = Problem(vehicles, legs, legs, (Job("far", 1, windows=(Window(0, 3100),)),))
    plan = solve(problem, time_limit_s=0.6)
    (left,) = plan.unassigned
    assert [reason.code for reason in left.reasons] == [ReasonCode.DRIVER_HOURS]
    assert "1 could without breaks" in left.reasons[0].text


@pytest.mark.parametrize("rule", RULES[:3], ids=lambda rule: rule.name)
def test_the_search_serves_under_driver_hours_what_a_plan_may_serve(rule: HoursRule) -> None:
    problem = with_driver_hours(random_problem(5, Objective.COST, jobs=5, shipments=3), rule)
    plan = solve(problem, time_limit_s=1)
    assert violations(problem, plan) == []
    assert plan.routes
