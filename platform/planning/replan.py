"""A finished job's plan, re-planned for what has happened since: its problem and plan in, a new job's result out.

The new job keeps the problem from now on as its file, so that it can be read, explained and re-planned like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.jobs import Job, JobState, attach, find_attached, get_job
from haoyun.platform.jobs.errors import BadMove
from haoyun.platform.planning import PROBLEM_FILE
from haoyun.platform.planning.pages import Places, plan_document
from haoyun.platform.planning.stored import plan_in
from haoyun.routing import BadFormat, Objective
from haoyun.routing.dynamic import Replan, Stability, reoptimize, warm_up
from haoyun.routing.formats.vroom_changes import DayRead, read_day
from haoyun.routing.formats.vroom_day import as_day, next_request

MOST_CHANGES = 1000
DEFAULT_TIME_LIMIT_S = 0.8
MAX_TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Base:
    """What is re-planned: the request of a job in VROOM's JSON, its result, and the changes."""

    request: Mapping[str, Any]
    result: Mapping[str, Any]
    day: DayRead


def read_base(db: sa.Connection, job_id: str, org_id: str | None, changes: list[Any]) -> Base:
    """The job's request and plan with the changes read. Raises NoSuchJob, BadMove where there is nothing to
    re-plan, and BadFormat that names the field of a change.
    """
    job = get_job(db, job_id, org_id=org_id)
    if job.state is not JobState.SUCCEEDED or job.result is None:
        raise BadMove(f"job {job.id} has no plan ({job.state})")
    if job.payload.get("hours") not in (None, "none"):
        raise BadMove(
            f"job {job.id} was planned under driver hours, which cannot be re-planned over the API yet"
        )
    request = _request(db, job)
    return Base(request, job.result, read_day(request, changes))


def _request(db: sa.Connection, job: Job) -> Mapping[str, Any]:
    if "problem" in job.payload:
        found: Mapping[str, Any] = job.payload["problem"]
        return found
    content = find_attached(db, job.id, PROBLEM_FILE)
    if content is None or not content.lstrip().startswith(b"{"):
        raise BadMove(f"job {job.id} was not started with a problem in VROOM's JSON")
    request: Mapping[str, Any] = orjson.loads(content)
    return request


def replan(db: sa.Connection, job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result of a re-planning job, and the request from now on.

    Raises BadFormat, BadProblem, NoSuchJob, BadMove.
    """
    payload = job.payload
    base = read_base(db, payload["replan_of"], job.org_id, payload["changes"])
    problem = replace(base.day.read.problem, objective=Objective(base.result["objective"]))
    told = plan_in(problem, base.result)
    if told is None:
        raise BadFormat(f"the plan of job {payload['replan_of']} cannot be timed again")
    warm_up()
    found = reoptimize(
        problem,
        told,
        int(payload["now_s"]),
        base.day.changes,
        time_limit_s=float(payload.get("time_limit_s", DEFAULT_TIME_LIMIT_S)),
        stability=Stability(payload.get("move_cost"), payload.get("max_moved")),
        locked=int(payload.get("locked", 1)),
        seed=int(payload.get("seed", 0)),
    )
    following = next_request(base.request, payload["changes"], base.day, found)
    return _document(base, payload, found), following


def _document(base: Base, payload: Mapping[str, Any], found: Replan) -> dict[str, Any]:
    legend = base.day.read.legend
    points = legend.points if legend.geographic else ()
    places = Places(tuple(None if p is None else (p[1], p[0]) for p in points))
    day = as_day(found, base.day)
    return {
        **plan_document(found.problem, found.plan, places, base.result.get("labels")),
        "replan_of": payload["replan_of"],
        "now_s": payload["now_s"],
        "difference": day["difference"],
        "vroom": day["plan"],
        "warnings": list(base.day.read.warnings),
        "format": base.day.read.format,
        "why": [],
    }


def keep_request(db: sa.Connection, job: Job, request: Mapping[str, Any]) -> None:
    """The problem from now on, as the job's file."""
    attach(db, job.id, PROBLEM_FILE, orjson.dumps(request))
