"""A plan in VROOM's words, and a problem written as a VROOM request reads back as the same problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import Job, Matrices, Objective, Problem, Shipment, Vehicle, Visit, Window, read_problem
from haoyun.routing.formats import vroom
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.formats.vroom_request import as_vroom_request
from haoyun.routing.legend import Legend
from haoyun.routing.plan import Reason, ReasonCode, Unassigned
from haoyun.routing.solve import plan_of

# The figures of its answer were compared with what VROOM 1.15 answers to the same request.
REQUEST: dict[str, Any] = {
    "vehicles": [
        {
            "id": 1,
            "start_index": 0,
            "end_index": 0,
            "capacity": [4],
            "description": "truck",
            "costs": {"fixed": 7, "per_hour": 1800, "per_km": 3},
            "time_window": [0, 20000],
        }
    ],
    "jobs": [
        {
            "id": 1,
            "location_index": 1,
            "location": [2.0, 48.0],
            "setup": 60,
            "service": 300,
            "delivery": [1],
            "priority": 5,
            "description": "shop",
            "time_windows": [[3000, 4000]],
        },
        {"id": 9, "location_index": 2, "skills": [5], "description": "never"},
    ],
    "shipments": [
        {
            "amount": [2],
            "priority": 3,
            "pickup": {"id": 5, "location_index": 2},
            "delivery": {"id": 6, "location_index": 3, "description": "dock"},
        }
    ],
    "matrices": {
        "car": {
            "durations": [[0, 101, 203, 307], [101, 0, 209, 100], [203, 209, 0, 55], [307, 100, 55, 0]],
            "distances": [
                [0, 1010, 2030, 3070],
                [1010, 0, 2090, 1001],
                [2030, 2090, 0, 555],
                [3070, 1001, 555, 0],
            ],
        }
    },
}


def answer(data: dict[str, Any], *tours: tuple[int, ...]) -> dict[str, Any]:
    result = vroom.read_json(data)
    plan = plan_of(result.problem, tours)
    assert plan is not None
    return orjson.loads(orjson.dumps(as_vroom(result.problem, plan, result.legend)))  # type: ignore[no-any-return]


def test_an_answer_has_every_field_that_vroom_documents() -> None:
    found = answer(REQUEST, (2, 3, 0))
    totals = {
        "delivery": [3], "amount": [3], "pickup": [2], "setup": 60, "service": 300, "duration": 459,
        "waiting_time": 0, "priority": 11, "distance": 4596,
    }  # fmt: skip
    assert found["code"] == 0
    assert found["summary"] == {
        "cost": 250,  # 7 + 459 s x 1800 / 3600 + 4.596 km x 3 = 250.288
        "routes": 1,
        "unassigned": 1,
        **totals,
        "violations": [],
        "computing_times": {"loading": 0, "solving": 0, "routing": 0},
    }
    assert found["unassigned"] == [
        {"id": 9, "type": "job", "description": "never", "location_index": 2, "reasons": []}
    ]
    (route,) = found["routes"]
    steps = route.pop("steps")
    assert route == {"vehicle": 1, "cost": 250, "description": "truck", **totals, "violations": []}
    assert [step["type"] for step in steps] == ["start", "pickup", "delivery", "job", "end"]
    assert steps[2] == {
        "type": "delivery", "description": "dock", "location_index": 3, "id": 6, "job": 6, "setup": 0,
        "service": 0, "waiting_time": 0, "load": [1], "arrival": 2900, "duration": 258, "violations": [],
        "distance": 2585,
    }  # fmt: skip
    assert (steps[3]["location"], steps[3]["setup"], steps[3]["service"]) == ([2.0, 48.0], 60, 300)
    assert "id" not in steps[0] and steps[4]["arrival"] == 3461


@pytest.mark.parametrize(("windows", "cost"), [(None, 50), ([[0, 900]], 51)])
def test_a_cost_is_rounded_as_vroom_does_down_but_to_the_nearest_where_there_are_windows(
    windows: object, cost: int
) -> None:
    data = {
        "vehicles": [{"id": 1, "start_index": 0, "costs": {"per_hour": 1800}}],
        "jobs": [{"id": 1, "location_index": 1, "time_windows": windows}],
        "matrices": {"car": {"durations": [[0, 101], [101, 0]]}},
    }
    assert answer(data, (0,))["summary"]["cost"] == cost


def test_without_capacities_and_distances_there_are_none_in_the_answer() -> None:
    data = {
        "vehicles": [{"id": 1, "start_index": 0}],
        "jobs": [{"id": 1, "location_index": 1}],
        "matrices": {"car": {"durations": [[0, 101], [101, 0]]}},
    }
    found = answer(data, (0,))
    assert not {"delivery", "amount", "pickup", "distance"} & {*found["summary"], *found["routes"][0]}
    assert not {"load", "distance"} & set(found["routes"][0]["steps"][1])
    assert [s["location_index"] for s in found["routes"][0]["steps"]] == [0, 1, 1], "it ends at its last stop"


def test_both_ends_of_a_shipment_left_behind_are_named_with_the_reasons(freight: Problem) -> None:
    plan = plan_of(freight, ((0, 1, 2, 3), ()))
    assert plan is not None
    reason = Reason(ReasonCode.NO_SKILL, "needs a crane, which no vehicle has")
    left = plan.unassigned[0]
    plan = replace(plan, unassigned=(Unassigned(left.kind, left.id, (reason,)),))
    entries = as_vroom(freight, plan)["unassigned"]
    assert [(entry["type"], entry["id"]) for entry in entries] == [("pickup", 21), ("delivery", 22)]
    assert entries[0]["reasons"] == [{"code": "no_skill", "text": "needs a crane, which no vehicle has"}]


AMOUNTS = st.tuples(st.integers(0, 9), st.integers(0, 9))
PLACES = st.integers(0, 3)
TEXTS = st.text(max_size=5)
SKILLS = st.frozensets(st.sampled_from(["1", "14", "reefer", "007"]))
LIMIT = st.none() | st.integers(0, 10**6)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 10**6), max_size=4)))
    return tuple(Window(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    matrix = st.lists(st.integers(0, 10**6), min_size=16, max_size=16).map(
        lambda v: np.array(v).reshape(4, 4)
    )
    profiles = {
        name: Matrices(draw(matrix), draw(matrix)) for name in draw(st.sets(st.sampled_from(["car", "hgv"])))
    }

    def visit(number: int) -> Visit:
        return Visit(number, draw(PLACES), draw(st.integers(0, 999)), draw(windows()))

    def vehicle(number: int) -> Vehicle:
        shift = draw(windows())
        return Vehicle(
            number, draw(st.none() | PLACES), draw(st.none() | PLACES), draw(AMOUNTS), shift[0] if shift else None,
            draw(SKILLS), draw(st.integers(0, 99)), draw(st.integers(0, 99)), draw(st.integers(0, 9999)),
            draw(LIMIT), draw(LIMIT), draw(LIMIT), draw(st.sampled_from([None, *profiles])),
        )  # fmt: skip

    def job(number: int) -> Job:
        one = visit(number)
        return Job(
            one.id, one.location, one.service_s, one.windows, draw(AMOUNTS), draw(AMOUNTS), draw(SKILLS),
            draw(st.integers(0, 100)),
        )  # fmt: skip

    def shipment(number: int) -> Shipment:
        return Shipment(
            number, visit(number), visit(number + 50), draw(AMOUNTS), draw(SKILLS), draw(st.integers(0, 100))
        )

    return Problem(
        vehicles=tuple(vehicle(n) for n in range(draw(st.integers(1, 3)))),
        durations_s=draw(matrix),
        distances_m=draw(matrix),
        jobs=tuple(job(n) for n in range(draw(st.integers(0, 3)))),
        shipments=tuple(shipment(n) for n in range(draw(st.integers(0, 3)))),
        capacity_names=("capacity 1", "capacity 2"),
        objective=Objective.COST,
        profiles=profiles,
    )


@given(problems(), st.dictionaries(st.tuples(st.just("job"), st.integers(0, 2)), TEXTS))
@settings(max_examples=150, deadline=None)
def test_a_problem_written_as_a_request_reads_back_as_the_same_problem(
    problem: Problem, descriptions: dict[tuple[str, int | str], str]
) -> None:
    known = {("job", job.id) for job in problem.jobs}
    legend = Legend(descriptions={name: text for name, text in descriptions.items() if name in known})
    result = read_problem(orjson.dumps(as_vroom_request(problem, legend)))
    assert result.problem.tasks == problem.tasks
    assert result.legend.descriptions == legend.descriptions
    assert result.warnings == ()
    for before, after in zip(problem.vehicles, result.problem.vehicles, strict=True):
        assert _but_profile(before) == _but_profile(after)
        for a, b in zip(problem.matrices_of(before), result.problem.matrices_of(after), strict=True):
            assert (a == b).all()


def _but_profile(vehicle: Vehicle) -> list[object]:
    return [getattr(vehicle, name) for name in vehicle.__slots__ if name != "profile"]
