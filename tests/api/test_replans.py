"""Re-planning over the API: a finished plan, what has happened, a new plan with its difference, and on it goes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from haoyun.platform.database import Databases
from haoyun.platform.jobs.worker import Worker
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.settings import Settings

# What jobs keep is tested on both databases in tests/jobs.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

PROBLEM = {
    "vehicles": [{"id": i, "start": [121.0 + i / 2, 29.87], "capacity": [10]} for i in (1, 2)],
    "shipments": [
        {
            "amount": [2],
            "pickup": {"id": 10 * i, "location": [121.5 + i / 10, 29.8], "service": 600},
            "delivery": {"id": 10 * i + 1, "location": [121.9 - i / 10, 29.9], "service": 600},
        }
        for i in (1, 2)
    ],
}


def _work(databases: Databases, tmp_path: Path, times: int = 1) -> None:
    settings = Settings(data=tmp_path / "data")
    with planning(settings, databases) as handlers:
        worker = Worker(databases, handlers, threading.Event(), lease_s=10)
        for _ in range(times):
            worker.run_next()


def test_a_plan_is_replanned_and_replanned_again(carrier: Any, databases: Databases, tmp_path: Path) -> None:
    first = carrier.post("/jobs", {"problem": PROBLEM, "time_limit_s": 2}).json["id"]
    early = carrier.post(f"/jobs/{first}/replan", {"now_s": 100})
    assert early.status_code == 409
    _work(databases, tmp_path)
    new = {"type": "new_job", "job": {"id": 7, "location": [121.7, 29.85], "pickup": [1]}}
    answer = carrier.post(f"/jobs/{first}/replan", {"now_s": 900, "changes": [new], "time_limit_s": 0.3})
    assert answer.status_code == 202
    second = answer.json["id"]
    _work(databases, tmp_path)
    job = carrier.get(f"/jobs/{second}").json
    assert job["state"] == "SUCCEEDED", job["error"]
    result = job["result"]
    assert [m["text"]["zh"][:4] for m in result["difference"]["moves"] if m["id"] == 7] == ["新增作业"]
    assert result["unassigned"] == [] and result["vroom"]["code"] == 0
    change = {"type": "cancelled", "job": 7}
    third = carrier.post(f"/jobs/{second}/replan", {"now_s": 901, "changes": [change], "time_limit_s": 0.3})
    _work(databases, tmp_path)
    last = carrier.get(f"/jobs/{third.json['id']}").json
    assert last["state"] == "SUCCEEDED", last["error"]
    assert last["result"]["difference"]["cancelled"] == [{"type": "job", "id": 7}]


def test_a_change_that_cannot_be_is_named_before_any_job_starts(
    carrier: Any, shipper: Any, databases: Databases, tmp_path: Path
) -> None:
    job = carrier.post("/jobs", {"problem": PROBLEM, "time_limit_s": 2}).json["id"]
    _work(databases, tmp_path)
    wrong = {"now_s": 0, "changes": [{"type": "delayed", "vehicle": 1}]}
    answer = carrier.post(f"/jobs/{job}/replan", wrong)
    assert (answer.status_code, answer.json["errors"]) == (422, {"problem": "changes[0].late is missing"})
    assert shipper.post(f"/jobs/{job}/replan", {"now_s": 0}).status_code == 404
    unknown = carrier.post(
        f"/jobs/{job}/replan", {"now_s": 0, "changes": [{"type": "breakdown", "vehicle": 9}]}
    )
    _work(databases, tmp_path)
    failed = carrier.get(f"/jobs/{unknown.json['id']}").json
    assert (failed["state"], failed["error"]) == ("FAILED", "there is no vehicle 9")
