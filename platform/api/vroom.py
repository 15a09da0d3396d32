"""VROOM's own interface over HTTP, as vroom-express offers it: one small problem in, its plan out in one answer.

The request waits for the job that it becomes, so the same worker, checker and limits apply as to any other job.
Status and code go together as there: 400 with 2 (the input), 413 with 4 (too large), 500 with 1 (anything else).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, request

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import trading
from haoyun.platform.api.resource import resource
from haoyun.platform.jobs import BadMove, Job, JobState, cancel, enqueue, get_job
from haoyun.platform.planning import MAX_THREADS, OPTIMIZE
from haoyun.platform.planning.request import TooLarge, read_json_request
from haoyun.platform.services import services
from haoyun.routing import BadFormat
from haoyun.routing.formats.vroom_answer import INPUT_ERROR, INTERNAL_ERROR, as_vroom_error

blueprint = resource("vroom", "VROOM")
TOO_LARGE = 4  # vroom-express's code
MAX_STOPS = 400
DEFAULT_LIMIT_S, MAX_LIMIT_S = 2.0, 20.0
WAIT_S = 15.0  # for a worker to become free, beyond the search itself
_POLL_S = 0.1
# Each waiting request holds one of the portal's threads.
_waiting = threading.BoundedSemaphore(4)


class Refused(Exception):
    """An answer in VROOM's form other than a plan."""

    def __init__(self, status: int, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


@blueprint.get("/vroom/health")
@blueprint.doc(summary="Whether VROOM's interface answers")
def health() -> Response:
    """As vroom-express: an empty 200."""
    return Response(status=200)


@blueprint.post("/vroom", strict_slashes=False)
@trading
@blueprint.doc(summary="Solve a small problem as VROOM does", security="bearer", responses=[401, 403])
def solve_now(actor: Actor) -> Response:
    """VROOM JSON in, VROOM's answer out. `options.l` limits the search in seconds, `options.t` its threads."""
    try:
        if not _waiting.acquire(blocking=False):
            raise Refused(503, INTERNAL_ERROR, "too many requests wait for their plans; use POST /jobs")
        try:
            return _json(200, _plan(actor, _checked(request.get_data())))
        finally:
            _waiting.release()
    except Refused as refusal:
        return _json(refusal.status, as_vroom_error(refusal.code, str(refusal)))


def _checked(body: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
        if not isinstance(given, dict):
            raise BadFormat("the request is no JSON object")
        read_json_request(given, MAX_STOPS)
        orjson.dumps(given)  # as the job keeps it
    except orjson.JSONEncodeError as error:
        raise Refused(400, INPUT_ERROR, f"the request cannot be kept: {error}") from None
    except orjson.JSONDecodeError as error:
        raise Refused(400, INPUT_ERROR, f"the body is not valid JSON: {error.msg}") from None
    except TooLarge as error:
        raise Refused(413, TOO_LARGE, f"{error} answered at once; POST /jobs takes more") from None
    except BadFormat as error:
        raise Refused(400, INPUT_ERROR, str(error)) from None
    return given


def _plan(actor: Actor, problem: dict[str, Any]) -> dict[str, Any]:
    options = problem.get("options")
    limit_s = _figure(options, "l", DEFAULT_LIMIT_S, MAX_LIMIT_S)
    payload = {
        "problem": problem,
        "answer": "vroom",
        "time_limit_s": limit_s,
        "threads": int(_figure(options, "t", 1, MAX_THREADS)),
    }
    found = services()
    with found.write() as db:
        owner = {"org_id": actor.org_id, "user_id": actor.user_id}
        job = enqueue(db, kind=OPTIMIZE, payload=payload, now=found.now(), max_tries=1, **owner)
    ended = _wait_for(job.id, limit_s + WAIT_S)
    if ended.state is JobState.SUCCEEDED and ended.result is not None:
        answer = ended.result["vroom"]
        assert isinstance(answer, dict)
        return answer
    if ended.state is JobState.FAILED:
        raise Refused(500, INTERNAL_ERROR, ended.error or "the search failed")
    raise Refused(503, INTERNAL_ERROR, "no worker was free in time; use POST /jobs, which waits")


def _wait_for(job_id: str, seconds: float) -> Job:
    """The job once it has ended; cancelled if that takes too long."""
    found, end = services(), time.monotonic() + seconds
    while True:
        with found.read() as db:
            job = get_job(db, job_id)
        if job.ended:
            return job
        if time.monotonic() >= end:
            break
        time.sleep(_POLL_S)
    try:
        with found.write() as db:
            return cancel(db, job_id, found.now(), org_id=None)
    except BadMove:  # it ended meanwhile
        with found.read() as db:
            return get_job(db, job_id)


def _figure(options: object, name: str, default: float, most: float) -> float:
    value = options.get(name) if isinstance(options, Mapping) else None
    usable = (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    )
    return min(float(value), most) if usable and value is not None else default


def _json(status: int, document: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(document), status, content_type="application/json")
