"""An unassigned load is explained by what stands in its way and by what would serve it, and the claim holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from haoyun.routing import (
    EU_561,
    Code,
    Finding,
    GoodsRules,
    Job,
    Objective,
    Plan,
    Problem,
    Shipment,
    Unassigned,
    Vehicle,
    Visit,
    Window,
    say,
    say_why,
    view,
    violations,
    why_not,
    why_nots,
)
from haoyun.routing.build import plan_of
from haoyun.routing.words import Language

Line = Callable[..., Problem]


def reefers(line: Line, **more: object) -> Problem:
    """Two reefers that are full between kilometre 1 and 5, a dry truck, and a cold load that must arrive early."""
    cold = frozenset({"reefer"})
    early = (Window(0, 400),)
    return line(
        vehicles=(
            Vehicle("r1", 0, 0, (10,), Window(0, 7200), cold),
            Vehicle("r2", 0, 0, (10,), Window(0, 7200), cold),
            Vehicle("dry", 0, 0, (10,), Window(0, 7200)),
        ),
        shipments=(
            Shipment(1, Visit(1, 1), Visit(1, 5, 0, early), (10,), cold),
            Shipment(2, Visit(2, 1), Visit(2, 5, 0, early), (10,), cold),
            Shipment(3, Visit(3, 2), Visit(3, 4, 0, (Window(0, 300),)), (10,), cold),
        ),
        capacity_names=("kg",),
        **more,
    )


@pytest.fixture
def full(line: Line) -> tuple[Problem, Plan]:
    problem = reefers(line)
    plan = plan_of(problem, ((0, 1), (2, 3), ()))
    assert plan is not None
    assert violations(problem, plan) == []
    return problem, plan


def codes(findings: tuple[Finding, ...]) -> list[Code]:
    return [finding.code for finding in findings]


def test_a_load_that_needs_a_reefer_hears_how_many_there_are_and_until_when_they_are_full(
    full: tuple[Problem, Plan],
) -> None:
    problem, plan = full
    why = why_not(problem, plan, problem.shipments[2])
    assert codes(why.obstacles) == [Code.NEEDS_SKILL, Code.FULL_UNTIL]
    assert why.obstacles[0].figures == (("skill", "reefer"), ("vehicles", 2))
    assert why.obstacles[1].figures == (("vehicles", 2), ("until_s", plan.routes[0].steps[2].departure_s))


def test_the_cheapest_relaxation_comes_first_and_would_do(full: tuple[Problem, Plan]) -> None:
    problem, plan = full
    why = why_not(problem, plan, problem.shipments[2])
    first = why.relaxations[0]
    assert (first.code, first.figure("stop")) == (Code.LATER, "delivery")
    late = int(first.figure("seconds"))
    assert [f.price for f in why.relaxations] == sorted(f.price for f in why.relaxations)

    def served(by: int) -> bool:
        third = problem.shipments[2]
        later = replace(third, delivery=replace(third.delivery, windows=(Window(0, 300 + by),)))
        eased = replace(problem, shipments=(*problem.shipments[:2], later))
        found = why_not(eased, replace(plan, unassigned=(Unassigned("shipment", 3),)), later)
        return codes(found.obstacles)[-1] is Code.FITS

    assert served(late)
    assert not served(late - 1)


def test_the_reason_reads_in_chinese_and_english(full: tuple[Problem, Plan]) -> None:
    problem, plan = full
    why = why_nots(problem, plan)[0]
    english, chinese = say_why(why, "en"), say_why(why, "zh")
    assert english.startswith(
        "needs reefer, which 2 vehicles have; the 2 vehicles that fit are full until 00:"
    )
    assert "delivery window + " in english
    assert chinese.startswith("需要 reefer，有此条件的车辆 2 台；")
    assert "时间窗延后" in chinese


@pytest.mark.parametrize(
    ("change", "code", "figures"),
    [
        ({"capacity": (9,)}, Code.MORE_ROOM, {"dimension": "kg", "amount": 1}),
        ({"window": Window(0, 400)}, Code.LONGER_SHIFT, {"seconds": 80}),
        ({"max_distance_m": 7999}, Code.HIGHER_LIMIT, {"limit": "max_distance_m", "amount": 1}),
        ({"max_duration_s": 479}, Code.HIGHER_LIMIT, {"limit": "max_duration_s", "amount": 1}),
        ({"skills": frozenset()}, Code.OTHER_SKILL, {"skill": "reefer"}),
        (
            {
                "hours": replace(EU_561, max_driving_s=100, break_s=2700, split_s=None),
                "window": Window(0, 600),
            },
            Code.MORE_HOURS,
            {"rule": "eu_561"},
        ),
    ],
)
def test_each_relaxation_is_found_with_its_figure(
    line: Line, change: dict[str, object], code: Code, figures: dict[str, object]
) -> None:
    problem = reefers(line)
    lone = replace(problem.vehicles[0], **change)  # type: ignore[arg-type]
    alone = replace(problem, vehicles=(lone,), shipments=problem.shipments[2:])
    plan = plan_of(alone, ((),))
    assert plan is not None
    found = {f.code: dict(f.figures) for f in why_not(alone, plan, alone.shipments[0]).relaxations}
    assert found[code] == figures


def test_a_stack_and_goods_kept_apart_are_named(line: Line) -> None:
    problem = line(
        vehicles=(Vehicle("t", 0, 6, (10,), Window(0, 360), lifo=True),),
        shipments=(
            Shipment(1, Visit(1, 1), Visit(1, 4), (1,), goods="milk"),
            Shipment(2, Visit(2, 2), Visit(2, 5), (1,), goods="diesel"),
        ),
        capacity_names=("kg",),
    )
    plan = plan_of(problem, ((0, 1),))
    assert plan is not None
    assert Code.NO_LIFO in codes(why_not(problem, plan, problem.shipments[1]).relaxations)
    apart = replace(
        problem, vehicles=(replace(problem.vehicles[0], lifo=False),), goods=GoodsRules((("milk", "diesel"),))
    )
    assert codes(why_not(apart, plan, apart.shipments[1]).relaxations) == [
        Code.LONGER_SHIFT,
        Code.MIXED_GOODS,
    ]


def test_a_load_that_costs_more_than_it_earns_hears_both_figures(line: Line) -> None:
    problem = line(
        vehicles=(Vehicle("t", 0, 0, cost_per_km=10),),
        jobs=(Job(1, 5, revenue=99),),
        objective=Objective.PROFIT,
    )
    plan = plan_of(problem, ((),))
    assert plan is not None
    obstacles = why_not(problem, plan, problem.jobs[0]).obstacles
    assert [(f.code, dict(f.figures)) for f in obstacles] == [
        (Code.NOT_WORTH, {"cost": 100.0, "revenue": 99})
    ]


def test_what_no_single_relaxation_would_serve_says_so(line: Line) -> None:
    problem = line(
        vehicles=(Vehicle("t", 0, 0, (1,), Window(0, 10)),),
        jobs=(Job(1, 5, delivery=(9,)),),
        capacity_names=("kg",),
    )
    plan = plan_of(problem, ((),))
    assert plan is not None
    assert codes(why_not(problem, plan, problem.jobs[0]).relaxations) == [Code.NOTHING_ALONE]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_words_in_both_languages(code: Code, language: Language) -> None:
    figures = (
        ("skill", "cold"), ("vehicles", 2), ("dimension", "kg"), ("needed", 3), ("largest", 2), ("until_s", 50400),
        ("cost", 7.5), ("revenue", 5), ("stop", "delivery"), ("seconds", 2400), ("amount", 4), ("limit", "max_stops"),
        ("rule", "eu_561"), ("goods", "milk"),
    )  # fmt: skip
    said = say(Finding(code, "t", figures), language)
    assert said
    assert "{" not in said
    assert (language == "zh") == any("\u4e00" <= letter <= "\u9fff" for letter in said)


def test_slack_is_how_much_later_a_step_may_begin(freight: Problem) -> None:
    plan = plan_of(freight, ((0, 1, 2, 3), (4, 5)))
    assert plan is not None
    seen = view(freight, plan.routes[0])
    assert len(seen.slack_s) == len(seen.filled) == len(plan.routes[0].steps)
    assert seen.slack_s[-1] == 3600 - plan.routes[0].steps[-1].arrival_s
    assert all(slack is not None and slack >= 0 for slack in seen.slack_s)
    assert max(filled[0] for filled in seen.filled) == max(s.load[0] for s in plan.routes[0].steps) / 10
    assert seen.parts.total == plan.routes[0].cost
