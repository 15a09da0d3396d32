"""Optimization jobs: 202 now, the plan when it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, field_validator, model_validator

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import PREFIX, Input, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.jobs import Job, ask_to_finish, cancel, enqueue, get_job, list_jobs
from haoyun.platform.planning import MAX_THREADS, MAX_TIME_LIMIT_S, OPTIMIZE
from haoyun.platform.planning.request import read_json_request
from haoyun.platform.services import services

blueprint = resource("jobs", "Optimization")
MAX_SEED = 2**31 - 1


class JobOptions(Input):
    """How to search. Without an objective the problem's own counts, `hours` is for all vehicles."""

    time_limit_s: Annotated[float, Field(ge=1, le=MAX_TIME_LIMIT_S)] = 5.0
    threads: Annotated[int, Field(ge=1, le=MAX_THREADS, description="searches side by side")] = 1
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    objective: Literal["distance", "vehicles", "cost", "profit"] | None = None
    hours: Annotated[Literal["none", "eu_561", "china"] | None, Field(description="rule on driver hours")] = (
        None
    )


class NewJob(JobOptions):
    """What to optimize: a routing problem in VROOM's JSON, or the caller's own fleet and its best loads.

    Of kind `vroom` the result also holds VROOM's own answer, in `vroom`.
    """

    kind: Literal["optimize", "vroom"] = "optimize"
    problem: Annotated[dict[str, Any] | None, Field(description="VROOM JSON; matrices are optional")] = None
    plan: Annotated[Literal["my_fleet"] | None, Field(description="the carrier's open capacities")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> NewJob:
        if (self.problem is None) == (self.plan is None):
            raise ValueError("give either problem or plan")
        if self.kind == "vroom" and self.problem is None:
            raise ValueError("kind vroom needs a problem")
        return self

    @field_validator("problem")
    @classmethod
    def _can_be_kept(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            orjson.dumps(value)
        except orjson.JSONEncodeError as error:  # whole numbers beyond 64 bits, broken Unicode
            raise ValueError(str(error)) from None
        return value


class CoursePoint(Output):
    """A better plan: after how many seconds of search, its cost, vehicles, and tasks left behind."""

    seconds: float
    cost: float
    vehicles: int
    unassigned: int


class JobOut(Output):
    """A job without its payload; `result` is there once it succeeded, `error` once a try failed.

    `course`: how the best plan came about, while it is searched and afterwards.
    """

    id: str
    kind: str
    state: str
    progress: float
    tries: int
    max_tries: int
    error: str | None
    result: dict[str, Any] | None
    course: list[CoursePoint]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobSummary(Output):
    """A job in a list."""

    id: str
    kind: str
    state: str
    progress: float
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class JobPage(Output):
    """A page of jobs, the newest first."""

    items: list[JobSummary]
    next: str | None


@blueprint.post("/jobs")
@trading
@blueprint.input(NewJob)
@blueprint.output(JobOut, 202)
@blueprint.doc(summary="Start an optimization", security="bearer", responses=[401, 403, 422])
def create_job(actor: Actor, json_data: NewJob) -> object:
    """Queue an optimization; `Location` names where to look for its plan. A problem that cannot be is refused."""
    if json_data.problem is not None:
        read_json_request(json_data.problem)
    found, now = services(), services().now()
    owner: dict[str, Any] = {"kind": OPTIMIZE, "org_id": actor.org_id, "user_id": actor.user_id}
    payload = json_data.model_dump(exclude={"kind"}, exclude_none=True)
    if json_data.kind == "vroom":
        payload["answer"] = "vroom"
    with found.write() as db:
        job_id = once_for(db, actor, "job", now, lambda: enqueue(db, payload=payload, now=now, **owner).id)
        job = get_job(db, job_id)
    return job, 202, {"Location": f"{PREFIX}/jobs/{job.id}"}


@blueprint.get("/jobs")
@signed_in
@blueprint.input(PageQuery, location="query")
@blueprint.output(JobPage)
@blueprint.doc(summary="List jobs", security="bearer", responses=[401, 422])
def list_mine(actor: Actor, query_data: PageQuery) -> object:
    """The organization's jobs, the newest first; the operator and supervisors see all."""
    with services().read() as db:
        jobs, following = list_jobs(db, org_id=_scope(actor), limit=query_data.limit, after=query_data.after)
    return {"items": jobs, "next": following}


@blueprint.get("/jobs/<job_id>")
@signed_in
@blueprint.output(JobOut)
@blueprint.doc(summary="A job and its plan", security="bearer", responses=[401, 404])
def get_one(actor: Actor, job_id: str) -> Job:
    """The state of a job, and its plan once it succeeded."""
    with services().read() as db:
        return get_job(db, job_id, org_id=_scope(actor))


@blueprint.post("/jobs/<job_id>/cancel")
@trading
@blueprint.output(JobOut)
@blueprint.doc(summary="Cancel a job", security="bearer", responses=[401, 403, 404, 409])
def cancel_job(actor: Actor, job_id: str) -> Job:
    """End a job that has not ended; a search stops at once and its plan is dropped."""
    found = services()
    with found.write() as db:
        return cancel(db, job_id, found.now(), org_id=None if actor.is_operator else actor.org_id)


@blueprint.post("/jobs/<job_id>/finish")
@trading
@blueprint.output(JobOut, 202)
@blueprint.doc(summary="Take the best plan so far", security="bearer", responses=[401, 403, 404, 409])
def finish_job(actor: Actor, job_id: str) -> Job:
    """End a running search at once; it succeeds with the best plan so far."""
    found = services()
    with found.write() as db:
        return ask_to_finish(db, job_id, found.now(), org_id=None if actor.is_operator else actor.org_id)


def _scope(actor: Actor) -> str | None:
    return None if actor.sees_all else actor.org_id
