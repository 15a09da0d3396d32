"""The queue in the database: every change is one conditional UPDATE, so that exactly one worker wins.

A worker that dies stops sending heartbeats; when its lease has run out, `claim` hands the job to another one.
A worker that lost its lease hears LeaseLost at its next heartbeat and cannot end the job any more.
What has sub-jobs: children.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.ids import new_id
from haoyun.platform.jobs import children
from haoyun.platform.jobs.errors import BadMove, LeaseLost, NoSuchJob
from haoyun.platform.jobs.job import NEXT, TERMINAL, FanOut, Job, JobState
from haoyun.platform.jobs.tables import job as t
from haoyun.tracking.instants import from_ms, to_ms

MAX_TRIES = 3
MAX_ERROR_CHARS = 2000
MAX_LIST = 200
_BACK_TO_QUEUE = {"state": JobState.QUEUED, "worker": None, "lease_until_ms": None, "sent_ms": None}


def enqueue(
    db: sa.Connection,
    *,
    kind: str,
    org_id: str,
    payload: Mapping[str, Any],
    now: datetime,
    user_id: str | None = None,
    max_tries: int = MAX_TRIES,
) -> Job:
    """Put a job at the end of the queue. `max_tries` counts the first one."""
    if max_tries < 1:
        raise ValueError(f"max_tries {max_tries} is below 1")
    row = _row(kind, org_id, payload, now, user_id, max_tries)
    _insert(db, row)
    return get_job(db, row["id"])


def _row(
    kind: str,
    org_id: str,
    payload: Mapping[str, Any],
    now: datetime,
    user_id: str | None,
    max_tries: int,
    parent_id: str | None = None,
) -> dict[str, Any]:
    return {
        "id": new_id("job"),
        "kind": kind,
        "org_id": org_id,
        "user_id": user_id,
        "state": JobState.QUEUED,
        "payload": orjson.dumps(dict(payload)).decode(),
        "tries": 0,
        "max_tries": max_tries,
        "progress": 0.0,
        "created_ms": to_ms(now),
        "parent_id": parent_id,
    }


def _insert(db: sa.Connection, row: Mapping[str, Any]) -> None:
    db.execute(sa.insert(t).values(row))


def any_claimable(
    db: sa.Connection, now: datetime, kinds: tuple[str, ...], *, only: str | None = None
) -> bool:
    """Whether `claim` would find something, without writing."""
    query: sa.Select[Any] = sa.select(t.c.id).where(claimable(now), t.c.kind.in_(kinds))
    return db.execute(_only(query, only).limit(1)).first() is not None


def claim(
    db: sa.Connection,
    *,
    worker: str,
    now: datetime,
    lease_s: float,
    kinds: tuple[str, ...],
    only: str | None = None,
) -> Job | None:
    """Take the oldest job of these kinds that waits, or whose worker went silent; None when there is none.

    Sub-jobs come after all others: a dispatcher's plan of seconds need not wait for a round of a large one. A job
    that went silent in its last try is failed here, with the reason, and the search goes on. `only`: this job or none.
    """
    query: sa.Select[Any] = sa.select(t.c.id, t.c.state, t.c.tries, t.c.max_tries, t.c.parent_id)
    query = _only(query.where(claimable(now), t.c.kind.in_(kinds)), only)
    candidates = db.execute(query.order_by(t.c.parent_id.is_not(None), t.c.id).limit(20))
    for row in candidates.all():
        if row.state == JobState.RUNNING and row.tries >= row.max_tries:
            _end_silent(db, row, now)
        elif _take(db, row.id, worker, now, lease_s):
            return get_job(db, row.id)
    return None


def _only(query: sa.Select[Any], job_id: str | None) -> sa.Select[Any]:
    return query if job_id is None else query.where(t.c.id == job_id)


def claimable(now: datetime) -> sa.ColumnElement[bool]:
    """What a worker may take: rows that are queued, and those whose lease has run out."""
    silent = sa.and_(t.c.state == JobState.RUNNING, t.c.lease_until_ms <= to_ms(now))
    return sa.or_(t.c.state == JobState.QUEUED, silent)


def _take(db: sa.Connection, job_id: str, worker: str, now: datetime, lease_s: float) -> bool:
    taken = db.execute(
        sa.update(t)
        .where(t.c.id == job_id, claimable(now))
        .values(
            state=JobState.RUNNING,
            worker=worker,
            tries=t.c.tries + 1,
            started_ms=sa.func.coalesce(t.c.started_ms, to_ms(now)),
            course=sa.case((t.c.checkpoint.is_(None), None), else_=t.c.course),  # a new try begins anew
            heartbeat_ms=to_ms(now),
            lease_until_ms=_lease(now, lease_s),
        )
    )
    return taken.rowcount == 1


def _end_silent(db: sa.Connection, row: sa.Row[Any], now: datetime) -> None:
    error = f"the worker died or hung in try {row.tries}, which was the last"
    ended = db.execute(
        sa.update(t)
        .where(t.c.id == row.id, t.c.tries == row.tries, claimable(now))
        .values(state=JobState.FAILED, error=error, finished_ms=to_ms(now), lease_until_ms=None)
    )
    if ended.rowcount == 1:
        children.after_end(db, row.id, row.parent_id)


def heartbeat(
    db: sa.Connection,
    job: Job,
    *,
    now: datetime,
    lease_s: float,
    progress: float | None = None,
    course: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Keep the lease, and say how far it is (0 to 1) and how it came there. Raises LeaseLost."""
    values: dict[str, Any] = {"heartbeat_ms": to_ms(now), "lease_until_ms": _lease(now, lease_s)}
    if progress is not None:
        values["progress"] = min(1.0, max(0.0, progress))
    if course:
        values["course"] = _way(course)
    _update_held(db, job, values)


def succeed(
    db: sa.Connection,
    job: Job,
    result: Mapping[str, Any],
    now: datetime,
    course: Sequence[Mapping[str, Any]] = (),
) -> None:
    """End the job with its result and how it came there. Raises LeaseLost."""
    document = orjson.dumps(dict(result), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    _end(db, job, JobState.SUCCEEDED, now, result=document, progress=1.0, error=None, course=_way(course))


def _way(course: Sequence[Mapping[str, Any]]) -> str | None:
    return orjson.dumps([dict(point) for point in course]).decode() if course else None


def fail(db: sa.Connection, job: Job, error: str, now: datetime, *, final: bool = False) -> None:
    """Record a failed try: back to the queue while tries are left, unless it is `final`. Raises LeaseLost."""
    text = error[:MAX_ERROR_CHARS]
    if final or job.tries >= job.max_tries:
        _end(db, job, JobState.FAILED, now, error=text)
    else:
        _update_held(db, job, {**_BACK_TO_QUEUE, "error": text})


def fan_out(
    db: sa.Connection, job: Job, wish: FanOut, now: datetime, course: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Let the job wait for new sub-jobs; this claim has gone well and does not count as a try. Raises LeaseLost."""
    checkpoint = orjson.dumps(dict(wish.checkpoint)).decode()
    values = {"state": JobState.WAITING, "worker": None, "lease_until_ms": None, "tries": t.c.tries - 1}
    kept = {"checkpoint": checkpoint, "progress": wish.progress, "course": _way(course)}
    _update_held(db, job, {**values, **kept, "error": None})
    children.forget(db, job.id)
    for payload in wish.payloads:
        _insert(db, _row(wish.kind, job.org_id, payload, now, job.user_id, wish.max_tries, parent_id=job.id))
    children.wake(db, job.id)


def release(db: sa.Connection, job: Job) -> None:
    """Give the job back unharmed because this worker stops; the try does not count. Raises LeaseLost."""
    _update_held(db, job, {**_BACK_TO_QUEUE, "tries": t.c.tries - 1})


def cancel(db: sa.Connection, job_id: str, now: datetime, *, org_id: str | None) -> Job:
    """End a job that has not ended; its worker hears it at the next heartbeat. Raises NoSuchJob, BadMove."""
    get_job(db, job_id, org_id=org_id)
    cancellable = [state for state, following in NEXT.items() if JobState.CANCELLED in following]
    done = db.execute(
        sa.update(t)
        .where(t.c.id == job_id, t.c.state.in_(cancellable))
        .values(state=JobState.CANCELLED, finished_ms=to_ms(now), lease_until_ms=None)
    )
    job = get_job(db, job_id)
    if done.rowcount != 1:
        raise BadMove(f"job {job_id} has ended ({job.state})")
    children.after_end(db, job.id, job.parent_id)
    return job


def ask_to_finish(db: sa.Connection, job_id: str, now: datetime, *, org_id: str | None) -> Job:
    """Ask a job that runs, or waits for sub-jobs, to end with the best result so far. Raises NoSuchJob, BadMove."""
    get_job(db, job_id, org_id=org_id)
    asked = db.execute(
        sa.update(t)
        .where(t.c.id == job_id, t.c.state.in_((JobState.RUNNING, JobState.WAITING)))
        .values(finish_asked_ms=to_ms(now))
    )
    job = get_job(db, job_id)
    if asked.rowcount != 1:
        raise BadMove(f"job {job_id} has nothing to finish with ({job.state})")
    if job.state is JobState.WAITING:
        children.cut_short(db, job_id, to_ms(now))
    return job


def wishes(db: sa.Connection, job: Job) -> tuple[bool, bool]:
    """Whether this claim of the job still holds, and whether it is asked to finish; reads only."""
    row = db.execute(
        sa.select(t.c.state, t.c.tries, t.c.finish_asked_ms).where(t.c.id == job.id)
    ).one_or_none()
    if row is None:
        return False, False
    return row.state == JobState.RUNNING and row.tries == job.tries, row.finish_asked_ms is not None


def list_children(db: sa.Connection, job_id: str) -> list[Job]:
    """The sub-jobs that a job last fanned out to, in no order."""
    rows = db.execute(sa.select(t).where(t.c.parent_id == job_id).order_by(t.c.id))
    return [_job(row) for row in rows]


def get_job(db: sa.Connection, job_id: str, *, org_id: str | None = None) -> Job:
    """The job, of this organization where one is named. Raises NoSuchJob."""
    query = sa.select(t).where(t.c.id == job_id)
    if org_id is not None:
        query = query.where(t.c.org_id == org_id)
    row = db.execute(query).one_or_none()
    if row is None:
        raise NoSuchJob(job_id)
    return _job(row)


def list_jobs(
    db: sa.Connection,
    *,
    org_id: str | None,
    limit: int = 50,
    after: str | None = None,
    kinds: Sequence[str] | None = None,
) -> tuple[list[Job], str | None]:
    """Jobs, the newest first, and where the next page begins; None for `org_id` or `kinds` does not limit.

    Sub-jobs are not listed.
    """
    limit = max(1, min(limit, MAX_LIST))
    query = sa.select(t).where(t.c.parent_id.is_(None)).order_by(t.c.id.desc()).limit(limit + 1)
    if org_id is not None:
        query = query.where(t.c.org_id == org_id)
    if kinds is not None:
        query = query.where(t.c.kind.in_(kinds))
    if after is not None:
        query = query.where(t.c.id < after)
    jobs = [_job(row) for row in db.execute(query)]
    return jobs[:limit], jobs[limit - 1].id if len(jobs) > limit else None


def count_jobs(db: sa.Connection, state: JobState) -> int:
    """How many jobs stand there."""
    return db.execute(sa.select(sa.func.count()).where(t.c.state == state)).scalar_one()


def oldest_waiting_s(db: sa.Connection, now: datetime) -> float:
    """How long the oldest waiting job has waited, in seconds; 0 without any."""
    oldest = db.execute(sa.select(sa.func.min(t.c.created_ms)).where(t.c.state == JobState.QUEUED)).scalar()
    return 0.0 if oldest is None else max(0.0, (to_ms(now) - oldest) / 1000)


def _update_held(db: sa.Connection, job: Job, values: Mapping[str, Any]) -> None:
    # The try number tells this claim from a later one by a worker of the same name.
    held = db.execute(
        sa.update(t)
        .where(
            t.c.id == job.id,
            t.c.state == JobState.RUNNING,
            t.c.worker == job.worker,
            t.c.tries == job.tries,
        )
        .values(values)
    )
    if held.rowcount != 1:
        raise LeaseLost(job.id)


def _end(db: sa.Connection, job: Job, state: JobState, now: datetime, **values: Any) -> None:
    assert state in TERMINAL
    _update_held(db, job, {"state": state, "finished_ms": to_ms(now), "lease_until_ms": None, **values})
    children.after_end(db, job.id, job.parent_id)


def _lease(now: datetime, lease_s: float) -> int:
    return to_ms(now + timedelta(seconds=lease_s))


def _job(row: sa.Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        org_id=row.org_id,
        user_id=row.user_id,
        state=JobState(row.state),
        payload=orjson.loads(row.payload),
        result=orjson.loads(row.result) if row.result else None,
        error=row.error,
        tries=row.tries,
        max_tries=row.max_tries,
        progress=row.progress,
        worker=row.worker,
        created_at=from_ms(row.created_ms),
        started_at=from_ms(row.started_ms) if row.started_ms is not None else None,
        finished_at=from_ms(row.finished_ms) if row.finished_ms is not None else None,
        course=orjson.loads(row.course) if row.course else [],
        finish_asked=row.finish_asked_ms is not None,
        parent_id=row.parent_id,
        checkpoint=orjson.loads(row.checkpoint) if row.checkpoint else None,
    )
