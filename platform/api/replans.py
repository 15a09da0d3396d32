"""Re-planning: what has happened to the plan of a finished job, 202 now, plan and difference when they are there."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import Field, field_validator

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import trading
from haoyun.platform.api.jobs import MAX_SEED, JobOut
from haoyun.platform.api.resource import PREFIX, Input, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.jobs import enqueue, get_job
from haoyun.platform.planning import OPTIMIZE
from haoyun.platform.planning.replan import DEFAULT_TIME_LIMIT_S, MAX_TIME_LIMIT_S, MOST_CHANGES, read_base
from haoyun.platform.services import services
from haoyun.routing.tasks import LARGEST

blueprint = resource("replans", "Re-planning")


class NewReplan(Input):
    """What has happened by `now_s` (seconds on the problem's clock); the how-to on running days lists the changes.

    `locked` next stops of each vehicle on the road stay as they are, and at most `max_moved` stops move.
    """

    now_s: Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
    changes: Annotated[list[dict[str, Any]], Field(max_length=MOST_CHANGES, default_factory=list)]
    max_moved: Annotated[int | None, Field(ge=0)] = None
    move_cost: Annotated[
        float | None, Field(ge=0, description="what a move must save, in the unit of costs")
    ] = None
    locked: Annotated[int, Field(ge=0)] = 1
    time_limit_s: Annotated[float, Field(ge=0.1, le=MAX_TIME_LIMIT_S)] = DEFAULT_TIME_LIMIT_S
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0

    @field_validator("changes")
    @classmethod
    def _can_be_kept(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            orjson.dumps(value)
        except orjson.JSONEncodeError as error:
            raise ValueError(str(error)) from None
        return value


@blueprint.post("/jobs/<job_id>/replan")
@trading
@blueprint.input(NewReplan)
@blueprint.output(JobOut, 202)
@blueprint.doc(summary="Re-plan a running day", security="bearer", responses=[401, 403, 404, 409, 422])
def replan_job(actor: Actor, job_id: str, json_data: NewReplan) -> object:
    """Queue a re-planning of this job's plan; its result holds the new plan and the `difference` in words."""
    found, now = services(), services().now()
    with found.read() as db:
        read_base(db, job_id, actor.org_id, json_data.changes)
    payload = {"replan_of": job_id, **json_data.model_dump(exclude_none=True)}
    owner: dict[str, Any] = {"kind": OPTIMIZE, "org_id": actor.org_id, "user_id": actor.user_id}
    with found.write() as db:
        new_id = once_for(db, actor, "job", now, lambda: enqueue(db, payload=payload, now=now, **owner).id)
        job = get_job(db, new_id)
    return job, 202, {"Location": f"{PREFIX}/jobs/{job.id}"}
