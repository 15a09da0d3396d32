"""Reading problems: recognized by their content, and whatever is wrong is named by line, column or field."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import BadFormat, Job, Objective, Problem, Shipment, Window, read_problem
from haoyun.routing.formats import vroom
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.solve import plan_of

SOLOMON = """toy

VEHICLE
NUMBER     CAPACITY
  2         20

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       100          0
    1      3         4         10          5        50         10
    2      1         1         10          0        60.5       10
"""
LILIM = """2 20 1
0 0 0 0 0 100 0 0 0
1 3 4 10 5 50 10 0 2
2 1 1 -10 0 60 10 1 0
"""
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


def test_solomon_files_are_read(shared_data: Path) -> None:
    problem = read_problem(shared_data / "routing" / "solomon" / "R104.txt").problem
    assert (len(problem.vehicles), len(problem.jobs), problem.vehicles[0].capacity) == (25, 100, (200,))
    assert problem.jobs[0].id == 1
    assert problem.objective is Objective.DISTANCE


def test_every_academic_file_at_hand_is_read(shared_data: Path) -> None:
    found = {
        folder: {read_problem(path).format for path in (shared_data / "routing" / folder).glob("*.txt")}
        for folder in ("solomon", "gehring_homberger", "li_lim")
    }
    assert found == {"solomon": {"solomon"}, "gehring_homberger": {"solomon"}, "li_lim": {"lilim"}}


def test_li_and_lims_pairs_become_shipments(shared_data: Path) -> None:
    problem = read_problem(shared_data / "routing" / "li_lim" / "lc101.txt").problem
    assert not problem.jobs
    assert all(s.pickup.id == s.id != s.delivery.id for s in problem.shipments)
    assert len(problem.shipments) == 53


def test_rounding_never_makes_a_stop_reachable() -> None:
    problem = read_problem(SOLOMON).problem
    assert problem.durations_s[0, 1] == 5000, "exact lengths stay exact"
    assert problem.durations_s[0, 2] == 1415, "sqrt(2) is rounded up"
    assert problem.distances_m[0, 2] == 1414
    assert problem.jobs[1].windows == (Window(0, 60500),)


def test_the_cost_of_an_academic_plan_is_its_euclidean_length() -> None:
    problem = read_problem(SOLOMON).problem
    plan = plan_of(problem, ((0, 1), ()))
    assert plan is not None
    assert plan.cost == pytest.approx(5 + 13**0.5 + 2**0.5, abs=1e-9)


@pytest.mark.parametrize("text", [SOLOMON, LILIM, json.dumps(VROOM)])
def test_a_gzipped_file_reads_like_a_plain_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "instance"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_problem(path).problem.tasks == read_problem(text).problem.tasks


SARTORI = """NAME: two-n4-1
TYPE: PDPTW
SIZE: 5
ROUTE-TIME: 240
CAPACITY: 300
NODES
0 41.3 2.1 0 0 240 0 0 0
1 41.4 2.1 22 129 240 5 0 3
2 41.5 2.2 20 0 92 5 0 4
3 41.6 2.3 -22 0 240 5 1 0
4 41.7 2.4 -20 10 200 5 2 0
EDGES
0 1 2 3 4
1 0 1 2 3
2 1 0 1 2
3 2 1 0 9
4 3 2 1 0
EOF
"""


def test_sartori_and_buriols_minutes_are_taken_as_they_are() -> None:
    read = read_problem(SARTORI)
    problem = read.problem
    assert (read.format, len(problem.vehicles), problem.durations_s[3, 4]) == ("sartori", 2, 9)
    assert [(s.pickup.id, s.delivery.id, s.amount) for s in problem.shipments] == [
        (1, 3, (22,)),
        (2, 4, (20,)),
    ]
    assert problem.shipments[0].pickup.windows == (Window(129, 240),)
    assert problem.vehicles[0].window == Window(0, 240)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("5 1 0", "5 2 0", "line 8: node 1 names 3 as its delivery, which does not name it back"),
        ("-22", "-21", "line 8: 22 is picked up, 21 delivered"),
        ("3 2 1 0 9", "3 2 1 0", "line 16: column minutes to 4 is missing"),
        ("4 3 2 1 0\n", "", "the section EDGES has 4 rows for 5 nodes"),
        ("CAPACITY: 300", "CAPACITY: much", "line 5: column capacity must be a number"),
    ],
)
def test_what_is_wrong_in_a_sartori_file_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(BadFormat, match=message):
        read_problem(changed(SARTORI, old, new))


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed(SOLOMON, "    1      3         4         10          5        50         10", "1 3 4 10 5 50"),
         "line 11: column service time is missing"),
        (changed(SOLOMON, "60.5", "soon"), "line 12: column due date must be a number, not 'soon'"),
        (changed(SOLOMON, "60.5", "inf"), "line 12: column due date must be finite"),
        (changed(SOLOMON, "60.5", "-1"), "line 12: due date -1 is before ready time 0"),
        (changed(SOLOMON, "  2         20", "  2"), "line 5: column capacity is missing"),
        (changed(SOLOMON, "  2         20", ""), "the section VEHICLE has no rows"),
        (changed(SOLOMON, "CUSTOMER", "CLIENTS"), "the section CUSTOMER is missing"),
        (changed(SOLOMON, "  1         10          0", "  1         1.5          0"), "demand must be a whole number"),
        (changed(LILIM, "10 5 50 10 0 2", "10 5 50 10 0"), "line 3: column delivery is missing"),
        (changed(LILIM, "10 1 0", "10 0 0"), "line 3: site 1 names 2 as its delivery, which does not name it back"),
        (changed(LILIM, " -10 ", " -9 "), "line 3: demand 10 is picked up, 9 delivered"),
        (changed(LILIM, "10 5 50 10 0 2", "10 5 50 10 0 0"), "line 3: site 1 is neither a pickup nor the delivery"),
        ("", "the file is empty"),
        ("hello", "neither VROOM JSON nor Solomon, Li and Lim, or Sartori"),
        ('{"jobs": [}', "line 1, column 1[0-9]: not valid JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_text_is_named(text: str, message: str) -> None:
    with pytest.raises(BadFormat, match=message):
        read_problem(text)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"a" * 1000)[:-9])
    with pytest.raises(BadFormat, match="not text in UTF-8"):
        read_problem(tmp_path / "picture")
    with pytest.raises(BadFormat, match="gzip file is damaged"):
        read_problem(tmp_path / "cut.gz")


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
    assert problem.distances_m[0, 1] == pytest.approx(164_500 * vroom.DETOUR, rel=0.01)
    assert problem.durations_s[0, 1] == pytest.approx(
        problem.distances_m[0, 1] / vroom.SPEED_KMH * 3.6, abs=1
    )


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
        ("jobs.0.service", -5, "jobs[0]: stop 1 has a negative service time (-5 s)"),
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
        ("jobs.0.setup", 60, "jobs[0].setup is not supported"),
        ("jobs.0.priority", 101, "jobs[0]: priority of job 1 is 101, outside 0..100"),
        ("jobs", {}, "jobs must be a list, not an object"),
        ("jobs.0", 3, "jobs[0] must be an object, not 3"),
        ("shipments.0.pickup", ..., "shipments[0].pickup is missing"),
        ("shipments.0.delivery.id", None, "shipments[0].delivery.id is missing"),
        ("vehicles", [], "a problem needs at least one vehicle"),
        ("vehicles.0.capacity.0", "4", "vehicles[0].capacity[0] must be a whole number, not a text"),
        ("vehicles.0.costs.per_mile", 4, "vehicles[0].costs.per_mile is not a known field"),
        ("vehicles.0.breaks", [{"id": 1}], "vehicles[0].breaks is not supported"),
        ("vehicles.0.speed_factor", 1.5, "vehicles[0].speed_factor is not supported"),
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
        ("matrices.car.costs", [[0]], "matrices.car.costs is not a known field"),
        ("matrices", ..., "location_index, start_index and end_index need matrices"),
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


@pytest.mark.parametrize("text", [SOLOMON, LILIM])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_text_is_a_problem_or_a_named_fault(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    insert = data.draw(st.text("0123456789.-e \nxA", max_size=4))
    damaged = text[:at] + insert + text[at + data.draw(st.integers(0, 40)) :]
    try:
        assert isinstance(read_problem(damaged).problem, Problem)
    except BadFormat as error:
        assert str(error)


def test_a_plan_is_answered_in_vrooms_words(line: Callable[..., Problem], freight: Problem) -> None:
    plan = plan_of(freight, ((0, 1, 2, 3), ()))
    assert plan is not None
    answer = as_vroom(freight, plan)
    assert answer["summary"] == {
        "cost": 1506, "routes": 1, "service": 150, "duration": 600, "waiting_time": 0,
        "distance": 10000, "unassigned": 2,
    }  # fmt: skip
    assert [(entry["type"], entry["id"]) for entry in answer["unassigned"]] == [
        ("pickup", 21),
        ("delivery", 22),
    ]
    kinds = [step["type"] for step in answer["routes"][0]["steps"]]
    assert kinds == ["start", "job", "job", "pickup", "delivery", "end"]
    assert isinstance(freight.shipments[0], Shipment)
