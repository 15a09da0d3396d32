"""The JSON object of a plan: exactly these fields, with the ids of the file."""

from __future__ import annotations

from dataclasses import replace

from haoyun.routing import Problem, as_json, read_problem
from haoyun.routing.legend import Legend
from haoyun.routing.solve import plan_of


def test_the_object_has_exactly_these_fields(freight: Problem) -> None:
    plan = plan_of(freight, ((0, 1, 2, 3), (4, 5)))
    assert plan is not None
    assert as_json(freight, replace(plan, seconds=1.23456)) == {
        "feasible": True,
        "cost": 1806,
        "distance": 13000,
        "vehicles": 2,
        "unassigned": [],
        "seconds": 1.235,
        "routes": [{"vehicle": 1, "stops": [1, 2, 11, 12]}, {"vehicle": 2, "stops": [21, 22]}],
    }


def test_a_plan_that_leaves_something_out_is_not_feasible_and_names_the_stops(freight: Problem) -> None:
    plan = plan_of(freight, ((1, 2, 3), ()))
    assert plan is not None
    report = as_json(freight, plan)
    assert (report["feasible"], report["unassigned"]) == (False, [1, 21, 22])


def test_a_plan_that_breaks_a_rule_is_not_feasible(freight: Problem) -> None:
    plan = plan_of(freight, ((0, 1, 2, 3), (4, 5)))
    assert plan is not None
    assert not as_json(freight, replace(plan, cost=0.0))["feasible"]


def test_academic_distances_have_the_decimals_of_the_file() -> None:
    text = "2 20 1\n0 0 0 0 0 100 0 0 0\n1 1 1 10 0 50 10 0 2\n2 2 2 -10 0 60 10 1 0\n"
    problem = read_problem(text).problem
    plan = plan_of(problem, ((0, 1), ()))
    assert plan is not None
    assert as_json(problem, plan)["distance"] == as_json(problem, plan)["cost"] == round(4 * 2**0.5, 6)


def test_a_file_without_distances_has_none_in_its_report(freight: Problem) -> None:
    plan = plan_of(freight, ((), ()))
    assert plan is not None
    assert as_json(freight, plan, Legend(has_distances=False))["distance"] is None
