"""VROOM JSON: means what VROOM means, answers as VROOM answers, and names what is wrong by its field."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import BadFormat, Job, Objective, Problem, Window
from haoyun.routing.formats import vroom
from haoyun.routing.formats.estimate import DETOUR, SPEED_KMH

VROOM: dict[str, Any] = {
    "vehicles": [
        {
            "id": 1,
            "start_index": 0,
            "end_index": 0,
            "capacity": [4, 2],
            "skills": [1, 14],
            "time_window": [28800, 43200],
            "costs": {"fixed": 7, "per_hour": 3600},
            "max_tasks": 9,
        },
        {"id": 2, "start_index": 3, "capacity": [9, 9]},
    ],
    "jobs": [
        {
            "id": 1,
            "location_index": 1,
            "service": 300,
            "delivery": [1, 1],
            "skills": [1],
            "priority": 3,
            "time_windows": [[36000, 39600], [28800, 32400]],
            "description": "a shop",
        }
    ],
    "shipments": [
        {
            "amount": [2, 0],
            "pickup": {"id": 5, "location_index": 2},
            "delivery": {"id": 6, "location_index": 3, "service": 60},
        }
    ],
    "matrices": {"car": {"durations": [[0, 5, 6, 7]] * 4, "distances": [[0, 50, 60, 70]] * 4}},
}


def test_a_vroom_request_means_what_vroom_means() -> None:
    problem = vroom.from_json(VROOM)
    truck, other = problem.vehicles
    assert (truck.capacity, truck.skills, truck.window) == ((4, 2), {"1", "14"}, Window(28800, 43200))
    assert (truck.fixed_cost, truck.cost_per_hour, truck.cost_per_km, truck.max_stops) == (7, 3600, 0, 9)
    assert (other.end, other.cost_per_hour) == (None, 3600)
    assert problem.jobs == (
        Job(1, 1, 300, (Window(28800, 32400), Window(36000, 39600)), (1, 1), (), frozenset({"1"}), 3),
    )
    assert [(s.id, s.pickup.id, s.delivery.id, s.amount) for s in problem.shipments] == [(5, 5, 6, (2, 0))]
    assert problem.objective is Objective.COST
    assert problem.distances_m[2, 3] == 70


def test_a_vroom_request_without_matrices_is_estimated_from_coordinates() -> None:
    shanghai, hangzhou = [121.47, 31.23], [120.16, 30.27]
    problem = vroom.from_json(
        {
            "vehicles": [{"id": 1, "start": shanghai}],
            "jobs": [{"id": 1, "location": hangzhou}, {"id": 2, "location": shanghai}],
        }
    )
    assert len(problem.distances_m) == 2, "the same place twice is one location"
    assert problem.distances_m[0, 1] == pytest.approx(164_500 * DETOUR, rel=0.01)
    assert problem.durations_s[0, 1] == pytest.approx(problem.distances_m[0, 1] / SPEED_KMH * 3.6, abs=1)


def with_change(path: str, value: object) -> dict[str, Any]:
    """VROOM with the field at `path` (a.0.b) set, or taken out where `value` is ..."""
    data = deepcopy(VROOM)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    target: Any = data
    for key in parents:
        target = target[key]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("jobs.0.servise", 5, "jobs[0].servise is not a known field (did you mean service?)"),
        ("jobs.0.service", "5", "jobs[0].service must be a whole number, not a text"),
        ("jobs.0.service", 2.5, "jobs[0].service must be a whole number, not 2.5"),
        ("jobs.0.service", -5, "jobs[0].service must not be negative"),
        ("jobs.0.id", ..., "jobs[0].id is missing"),
        ("jobs.0.id", True, "jobs[0].id must be a whole number or a text, not true or false"),
        ("jobs.0.location_index", ..., "jobs[0]: location or location_index is missing"),
        ("jobs.0.location_index", 4, "job 1 is at location 4, but the matrices cover 0..3"),
        ("jobs.0.location", [1, 2, 3], "jobs[0].location must be [longitude, latitude]"),
        ("jobs.0.location", [31.2, 121.5], "jobs[0].location must be [longitude, latitude] within"),
        ("jobs.0.delivery", [1], "delivery of job 1 has 1 values, the problem has 2"),
        ("jobs.0.delivery.1", -1, "jobs[0]: job 1 has a negative amount (-1)"),
        (
            "jobs.0.time_windows.0",
            [39600, 36000],
            "jobs[0].time_windows[0]: window ends (10:00) before it begins (11:00)",
        ),
        ("jobs.0.time_windows.0", [1], "jobs[0].time_windows[0] must be [start, end]"),
        ("jobs.0.setup", -1, "jobs[0].setup must not be negative"),
        ("jobs.0.priority", 101, "jobs[0]: priority of job 1 is 101, outside 0..100"),
        ("jobs", {}, "jobs must be a list, not an object"),
        ("jobs.0", 3, "jobs[0] must be an object, not 3"),
        ("shipments.0.pickup", ..., "shipments[0].pickup is missing"),
        ("shipments.0.delivery.id", None, "shipments[0].delivery.id is missing"),
        ("vehicles", [], "a problem needs at least one vehicle"),
        ("vehicles.0.capacity.0", "4", "vehicles[0].capacity[0] must be a whole number, not a text"),
        ("vehicles.0.costs.per_mile", 4, "vehicles[0].costs.per_mile is not a known field"),
        ("vehicles.0.breaks", [{"id": 1}], "vehicles[0].breaks is not supported: it needs breaks on a route"),
        ("vehicles.0.speed_factor", 6, "vehicles[0].speed_factor must be above 0 and at most 5, not 6"),
        ("vehicles.0.profile", "bike", "vehicles[0].profile: there are no matrices for bike"),
        ("vehicles.0.start_index", ..., None),
        ("vehicles.0.speed_factor", 1, None),
        ("vehicles.0.breaks", [], None),
        ("options", {"g": True}, None),
        (
            "matrices.car.durations.1",
            [0, 1],
            "matrices.car.durations[1] has 2 entries; a square of 4 is needed",
        ),
        (
            "matrices.car.durations.1",
            [0, 1, 2, 0.5],
            "matrices.car.durations[1][3] must be a whole number up to 2147483647, not 0.5",
        ),
        ("matrices.car.durations", ..., "matrices.car.durations is missing"),
        ("matrices.car.cost", [[0]], "matrices.car.cost is not a known field (did you mean costs?)"),
        ("matrices", ..., "location_index needs matrices; without them give location"),
    ],
)
def test_what_is_wrong_in_a_vroom_request_is_named_by_its_field(
    path: str, value: object, message: str | None
) -> None:
    data = with_change(path, value)
    if message is None:
        assert isinstance(vroom.from_json(data), Problem)
        return
    with pytest.raises(BadFormat, match=re.escape(message)):
        vroom.from_json(data)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def paths(value: Any, before: str = "") -> list[str]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [p for key, inner in children for p in (f"{before}{key}", *paths(inner, f"{before}{key}."))]


@given(st.sampled_from(paths(VROOM)), ANYTHING)
@settings(max_examples=300, deadline=None)
def test_any_field_may_be_anything_and_the_answer_is_a_problem_or_a_named_fault(
    path: str, value: object
) -> None:
    try:
        assert isinstance(vroom.from_json(with_change(path, value)), Problem)
    except BadFormat as error:
        assert str(error)


@given(ANYTHING)
@settings(deadline=None)
def test_any_document_is_a_problem_or_a_named_fault(document: object) -> None:
    with pytest.raises(BadFormat):
        vroom.from_json(document)


@pytest.mark.parametrize(
    ("path", "value", "warning"),
    [
        ("options", {"g": True}, "options do not count: they are for VROOM's own command line"),
        ("jobs.0.customer", "Li", "jobs[0].customer is not a field of VROOM and does not count"),
        ("vehicles.0.steps", [{"type": "start"}],
         "vehicles[0].steps do not count: each search finds its own first plan"),
        ("matrices.car.costs", [[0, 1, 1, 1]] * 4,
         "matrices.car.distances are not reported: the costs of legs stand in their place"),
    ],
)  # fmt: skip
def test_what_does_not_count_is_named_in_a_warning(path: str, value: object, warning: str) -> None:
    data = with_change(path, value)
    if "costs" in path:
        data["vehicles"][0]["costs"] = {}
    assert vroom.read_json(data).warnings == (warning,)


def test_a_speed_factor_scales_the_vehicles_own_times_alone() -> None:
    problem = vroom.from_json(with_change("vehicles.0.speed_factor", 1.5))
    fast, slow = problem.vehicles
    assert problem.matrices_of(fast)[0][0].tolist() == [0, 4, 5, 5], "67 %, rounded up"
    assert problem.matrices_of(slow)[0][0].tolist() == [0, 5, 6, 7]
    assert problem.matrices_of(fast)[1][0].tolist() == [0, 50, 60, 70]


def test_setup_is_part_of_the_service_where_it_always_applies() -> None:
    result = vroom.read_json(with_change("jobs.0.setup", 60))
    assert (result.problem.jobs[0].service_s, result.legend.setups_s) == (360, {("job", 1): 60})
    for shared in ("shipments.0.pickup.location_index", "vehicles.0.start_index"):
        data = with_change("jobs.0.setup", 60)
        data["shipments"][0]["pickup"]["location_index"] = 1 if "pickup" in shared else 2
        data["vehicles"][0]["start_index"] = 1 if "start" in shared else 0
        with pytest.raises(
            BadFormat, match=r"jobs\[0\].setup is not supported where other stops or a vehicle's"
        ):
            vroom.from_json(data)


def test_service_by_type_is_read_where_all_vehicles_come_to_the_same() -> None:
    data = with_change("jobs.0.service_per_type", {"van": 20})
    assert vroom.from_json(data).jobs[0].service_s == 300
    for vehicle in data["vehicles"]:
        vehicle["type"] = "van"
    assert vroom.from_json(data).jobs[0].service_s == 20
    data["vehicles"][0]["type"] = "truck"
    with pytest.raises(BadFormat, match=r"jobs\[0\].service_per_type is not supported where it differs"):
        vroom.from_json(data)


def test_costs_of_legs_are_what_a_plan_costs() -> None:
    data = with_change("matrices.car", {"durations": [[0, 5, 6, 7]] * 4, "costs": [[0, 1, 2, 3]] * 4})
    data["vehicles"][0]["costs"] = {"fixed": 7}
    result = vroom.read_json(data)
    assert not result.legend.has_distances
    assert result.problem.vehicles[0].cost_per_km == 1000
    assert result.problem.distances_m[0].tolist() == [0, 1, 2, 3]
    data["vehicles"][0]["costs"] = {"per_km": 7}
    with pytest.raises(BadFormat, match=r"vehicles\[0\].costs: per_km and per_hour contradict the matrices"):
        vroom.from_json(data)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("vehicles.0.costs.per_km", 5, "vehicles[0].costs.per_km needs matrices of distances"),
        ("vehicles.0.max_distance", 5, "vehicles[0].max_distance needs matrices of distances"),
    ],
)
def test_what_needs_distances_is_refused_without_them(path: str, value: int, message: str) -> None:
    data = with_change(path, value)
    del data["matrices"]["car"]["distances"]
    with pytest.raises(BadFormat, match=re.escape(message)):
        vroom.from_json(data)


def test_an_index_is_irrelevant_without_matrices() -> None:
    data = {
        "vehicles": [{"id": 1, "start": [2.0, 48.0], "start_index": 7}],
        "jobs": [{"id": 1, "location": [2.1, 48.0], "location_index": 9}],
    }
    result = vroom.read_json(data)
    assert len(result.problem.durations_s) == 2 and not result.legend.indexed
