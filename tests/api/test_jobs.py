"""Optimization over the API: accepted, run, shown; refused with the rule; nobody else's business."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from haoyun.platform.database import Databases
from haoyun.platform.jobs.worker import Worker
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.settings import Settings

PROBLEM = {
    "vehicles": [{"id": 1, "start": [121.55, 29.87], "end": [121.55, 29.87], "capacity": [10]}],
    "jobs": [{"id": i, "location": [121.5 + i / 50, 29.8], "delivery": [2]} for i in range(1, 5)],
}


def _work(databases: Databases, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with planning(settings, databases) as handlers:
        Worker(databases, handlers, threading.Event(), lease_s=10).run_next()


def test_a_problem_becomes_a_plan(carrier: Any, databases: Databases, tmp_path: Path) -> None:
    answer = carrier.post("/jobs", {"problem": PROBLEM, "time_limit_s": 8, "seed": 7})
    assert answer.status_code == 202 and answer.json["state"] == "QUEUED"
    where = answer.headers["Location"].removeprefix("/api/v1")
    _work(databases, tmp_path)
    job = carrier.get(where).json
    assert job["state"] == "SUCCEEDED" and job["progress"] == 1
    plan = job["result"]
    assert plan["feasible"] and plan["vehicles"] == 1 and sorted(plan["routes"][0]["stops"]) == [1, 2, 3, 4]
    assert plan["steps"][0]["steps"][0]["kind"] == "start"
    listed = carrier.get("/jobs").json["items"]
    assert [one["id"] for one in listed] == [job["id"]] and "result" not in listed[0]


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        (
            {"time_windows": [[900, 100]]},
            "jobs[0].time_windows[0]: window ends (00:01:40) before it begins (00:15)",
        ),
        ({"servise": 5}, "jobs[0].servise is not a known field (did you mean service?)"),
        ({"delivery": [1, 1]}, "delivery of job 7 has 2 values, the problem has 1 capacities (capacity 1)"),
    ],
)
def test_a_problem_that_cannot_be_starts_no_job_and_names_the_field(
    carrier: Any, job: dict[str, Any], sentence: str
) -> None:
    wrong = {**PROBLEM, "jobs": [{"id": 7, "location": [121.5, 29.8], **job}]}
    for kind in ("optimize", "vroom"):
        answer = carrier.post("/jobs", {"problem": wrong, "kind": kind})
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
        assert answer.json["errors"] == {"problem": sentence}
    assert carrier.get("/jobs").json["items"] == []


def test_a_request_of_kind_vroom_is_also_answered_as_vroom_answers(
    carrier: Any, databases: Databases, tmp_path: Path
) -> None:
    request = {**PROBLEM, "options": {"g": True}}
    job_id = carrier.post("/jobs", {"kind": "vroom", "problem": request, "time_limit_s": 2}).json["id"]
    _work(databases, tmp_path)
    result = carrier.get(f"/jobs/{job_id}").json["result"]
    assert result["warnings"] == ["options do not count: they are for VROOM's own command line"]
    answer = result["vroom"]
    assert (answer["code"], answer["summary"]["routes"], answer["summary"]["unassigned"]) == (0, 1, 0)
    assert answer["routes"][0]["steps"][0]["location"] == [121.55, 29.87]


def test_what_no_vehicle_can_carry_is_unassigned_with_reasons(
    carrier: Any, databases: Databases, tmp_path: Path
) -> None:
    heavy = {**PROBLEM, "jobs": [{"id": 7, "location": [121.5, 29.8], "delivery": [11]}]}
    job_id = carrier.post("/jobs", {"problem": heavy, "time_limit_s": 8}).json["id"]
    _work(databases, tmp_path)
    result = carrier.get(f"/jobs/{job_id}").json["result"]
    assert result["unassigned"] == [7] and result["why_unassigned"][0]["reasons"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"problem": PROBLEM, "plan": "my_fleet"},
        {"problem": PROBLEM, "time_limit_s": 1e9},
        {"problem": PROBLEM, "seed": -1},
        {"problem": [], "kind": "optimize"},
        {"problem": PROBLEM, "kind": "shell"},
        {"plan": "my_fleet", "kind": "vroom"},
    ],
)
def test_a_wrong_request_starts_no_job(carrier: Any, body: object) -> None:
    assert carrier.post("/jobs", body).status_code == 422
    assert carrier.get("/jobs").json["items"] == []


def test_a_job_can_be_cancelled_once(carrier: Any) -> None:
    job_id = carrier.post("/jobs", {"problem": PROBLEM}).json["id"]
    assert carrier.post(f"/jobs/{job_id}/cancel").json["state"] == "CANCELLED"
    again = carrier.post(f"/jobs/{job_id}/cancel")
    assert again.status_code == 409 and again.content_type == "application/problem+json"


def test_a_foreign_job_looks_like_a_missing_one(carrier: Any, stranger: Any, supervisor: Any) -> None:
    job_id = carrier.post("/jobs", {"problem": PROBLEM}).json["id"]
    foreign, missing = stranger.get(f"/jobs/{job_id}"), stranger.get("/jobs/job_none")
    assert (foreign.status_code, foreign.json) == (missing.status_code, missing.json) == (404, missing.json)
    assert stranger.post(f"/jobs/{job_id}/cancel").status_code == 404
    assert stranger.get("/jobs").json["items"] == []
    assert supervisor.get(f"/jobs/{job_id}").status_code == 200
    assert supervisor.post(f"/jobs/{job_id}/cancel").status_code == 403


def test_jobs_come_in_pages(carrier: Any) -> None:
    made = [carrier.post("/jobs", {"problem": PROBLEM}).json["id"] for _ in range(3)]
    first = carrier.get("/jobs?limit=2").json
    second = carrier.get(f"/jobs?limit=2&after={first['next']}").json
    assert [j["id"] for j in (*first["items"], *second["items"])] == sorted(made, reverse=True)
    assert second["next"] is None
    assert carrier.get("/jobs?limit=0").status_code == 422
