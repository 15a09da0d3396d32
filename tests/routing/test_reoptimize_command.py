"""`haoyun reoptimize`: from files to files, again and again through a day; one sentence where something is wrong."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from haoyun.platform.commands.reoptimize import command
from haoyun.platform.commands.solve import command as solve_command
from haoyun.routing import read_problem, violations
from haoyun.routing.formats.vroom_plan import read_plan

HOUR = 3600
BY_PLACE: dict[str, Any] = {
    "vehicles": [
        {
            "id": 1,
            "start": [121.0, 31.0],
            "capacity": [4],
            "time_window": [0, 20 * HOUR],
            "costs": {"fixed": 50},
        },
        {
            "id": 2,
            "start": [122.0, 31.0],
            "end": [122.0, 31.0],
            "capacity": [4],
            "time_window": [0, 20 * HOUR],
        },
    ],
    "jobs": [
        {"id": 7, "location": [121.9, 31.0], "service": 300, "pickup": [1], "description": "the old mill"}
    ],
    "shipments": [
        {
            "amount": [2],
            "pickup": {"id": 11, "location": [121.2, 31.0], "service": 600},
            "delivery": {"id": 12, "location": [121.6, 31.0], "service": 600, "setup": 120},
        },
        {
            "amount": [1],
            "pickup": {"id": 21, "location": [121.3, 31.0], "service": 600},
            "delivery": {"id": 22, "location": [121.5, 31.0], "service": 600},
        },
    ],
}
KM = [[abs(a - b) for b in range(8)] for a in range(8)]
BY_INDEX: dict[str, Any] = {
    "vehicles": [{"id": 1, "start_index": 0, "capacity": [4]}, {"id": 2, "start_index": 7, "capacity": [4]}],
    "shipments": [
        {
            "amount": [2],
            "pickup": {"id": 11, "location_index": 2, "service": 600},
            "delivery": {"id": 12, "location_index": 5, "service": 600},
        }
    ],
    "matrices": {"car": {"durations": [[60 * km for km in row] for row in KM], "distances": KM}},
}


@cache
def planned(problem: str) -> bytes:
    """The plan that `haoyun solve` makes of it."""
    arguments = ["-", "--time", "1", "--output", "vroom"]
    result = CliRunner().invoke(solve_command, arguments, input=problem.encode())
    assert result.exit_code == 0
    return result.stdout_bytes


class Files:
    """A folder with a problem, its plan and changes."""

    def __init__(self, folder: Path, problem: dict[str, Any]) -> None:
        self.folder = folder
        self.problem = folder / "problem.json"
        self.plan = folder / "plan.json"
        self.problem.write_text(json.dumps(problem))
        self.plan.write_bytes(planned(json.dumps(problem)))

    def replan(self, now_s: int, *changes: dict[str, Any], options: tuple[str, ...] = ()) -> Result:
        file = self.folder / "changes.json"
        file.write_text(json.dumps({"changes": changes}))
        paths = [str(path) for path in (self.problem, self.plan, file)]
        return CliRunner().invoke(command, [*paths, "--now", str(now_s), "--time", "0.2", *options])

    def go_on(self, now_s: int, *changes: dict[str, Any]) -> dict[str, Any]:
        """Re-plan, and begin with the answer the next time."""
        following, answer = self.folder / "next.json", self.folder / "answer.json"
        result = self.replan(now_s, *changes, options=("--problem-out", str(following), "--out", str(answer)))
        assert result.exit_code == 0, result.stderr
        self.problem.write_bytes(following.read_bytes())
        self.plan.write_bytes(answer.read_bytes())
        problem = read_problem(self.problem).problem
        read_plan(json.loads(answer.read_text()), problem)
        document: dict[str, Any] = json.loads(answer.read_text())
        return document


@pytest.fixture
def day(tmp_path: Path) -> Files:
    return Files(tmp_path, BY_PLACE)


def stops(answer: dict[str, Any]) -> list[tuple[int, str, object]]:
    return [
        (route["vehicle"], step["type"], step["id"])
        for route in answer["plan"]["routes"]
        for step in route["steps"]
        if "id" in step
    ]


def test_a_new_shipment_is_planned_and_told(day: Files) -> None:
    new = {
        "amount": [1],
        "pickup": {"id": 31, "location": [121.55, 31.0]},
        "delivery": {"id": 32, "location": [121.58, 31.0]},
    }
    result = day.replan(HOUR // 2, {"type": "new_shipment", "shipment": new})
    answer = json.loads(result.stdout)
    assert {(m["kind"], m["id"]) for m in answer["difference"]["moves"]} >= {("new", 31), ("new", 32)}
    assert "pickup 31 is new" in result.stderr
    assert "提货 31" in next(m for m in answer["difference"]["moves"] if m["id"] == 31)["text"]["zh"]


def test_a_day_goes_on_from_answer_to_answer(day: Files) -> None:
    first = day.go_on(300, {"type": "cancelled", "job": 7})
    assert first["plan"]["code"] == 0
    broken = next(vehicle for vehicle, _, name in stops(first) if name == 12)
    second = day.go_on(HOUR, {"type": "breakdown", "vehicle": broken, "transfer": 60})
    assert {name for _, _, name in stops(second)} >= {12, 22}
    assert {vehicle for vehicle, _, _ in stops(second)} == {3 - broken}
    third = day.go_on(2 * HOUR, {"type": "delayed", "vehicle": 3 - broken, "late": 900})
    assert third["plan"]["unassigned"] == []
    day.go_on(15 * HOUR)
    assert json.loads(day.problem.read_text())["shipments"] == []


def test_a_day_with_matrices_goes_on_too(tmp_path: Path) -> None:
    day = Files(tmp_path, BY_INDEX)
    seen = {"type": "seen", "vehicle": 1, "time": 800, "location_index": 3}
    answer = day.go_on(800, seen)
    assert stops(answer) == [(1, "delivery", 12)]
    way = json.loads(day.problem.read_text())["vehicles"][0]["underway"]
    assert (way["location_index"], way["on_board"]) == (3, [11])


def test_a_problem_from_now_on_says_what_the_plan_was_checked_against(day: Files) -> None:
    day.go_on(
        HOUR,
        {"type": "window_changed", "stop": {"type": "delivery", "id": 12}, "time_windows": [[0, 9 * HOUR]]},
    )
    problem = read_problem(day.problem).problem
    told = read_plan(json.loads(day.plan.read_text()), problem)
    assert [
        v for v in violations(problem, told) if v.rule.value in ("fixed", "on_board", "window", "shift")
    ] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "gone"}, "changes[0].type must be one of new_job"),
        ({"type": "cancelled"}, "changes[0] must name either a job or a shipment"),
        ({"type": "cancelled", "job": 99}, "there is no job 99 to cancel"),
        ({"type": "delayed", "vehicle": 1}, "changes[0].late is missing"),
        ({"type": "delayed", "vehicle": 1, "late": 60, "why": "rain"}, "changes[0].why is not a known field"),
        ({"type": "breakdown", "vehicle": 9}, "there is no vehicle 9"),
        ({"type": "seen", "vehicle": 1, "time": 5}, "changes[0].location is missing"),
        (
            {"type": "service_longer", "stop": {"type": "lunch", "id": 1}, "more": 5},
            "must be job, pickup or delivery",
        ),
        ({"type": "delayed", "vehicle": 1, "late": -5}, "changes[0]: a delay lasts"),
    ],
)
def test_what_is_wrong_with_a_change_is_one_sentence(day: Files, change: dict[str, Any], says: str) -> None:
    result = day.replan(HOUR, change)
    assert result.exit_code == 1
    assert result.stderr.startswith("haoyun: ")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_plan_of_another_problem_is_refused(day: Files) -> None:
    plan = json.loads(day.plan.read_text())
    plan["routes"][0]["steps"][1]["id"] = 99
    day.plan.write_text(json.dumps(plan))
    result = day.replan(HOUR)
    assert (result.exit_code, "the problem has no" in result.stderr) == (1, True)


def test_a_file_that_is_no_json_is_named(day: Files) -> None:
    day.plan.write_text("{")
    result = day.replan(HOUR)
    assert result.exit_code == 1
    assert "plan.json: line 1" in result.stderr
