"""The queue in the database: every change is one conditional UPDATE, so that exactly one worker wins.

A worker that dies stops sending heartbeats; when its lease has run out, `claim` hands the job to another one.
A worker that lost its lease hears LeaseLost at its next heartbeat and cannot end the job any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.ids import new_id
from haoyun.platform.jobs.errors import BadMove, LeaseLost, NoSuchJob
from haoyun.platform.jobs.job import NEXT, TERMINAL, Job, JobState
from haoyun.platform.jobs.tables import job as t
from haoyun.tracking.instants import from_ms, to_ms

MAX_TRIES = 3
MAX_ERROR_CHARS = 2000
MAX_LIST = 200


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
    job_id = new_id("job")
    row = {
        "id": job_id,
        "kind": kind,
        "org_id": org_id,
        "user_id": user_id,
        "state": JobState.QUEUED,
        "payload": orjson.dumps(dict(payload)).decode(),
        "tries": 0,
        "max_tries": max_tries,
        "progress": 0.0,
        "created_ms": to_ms(now),
    }
    db.execute(sa.insert(t).values(row))
    return get_job(db, job_id)


def any_claimable(db: sa.Connection, now: datetime, kinds: tuple[str, ...]) -> bool:
    """Whether `claim` would find something, without writing."""
    return (
        db.execute(sa.select(t.c.id).where(_claimable(now), t.c.kind.in_(kinds)).limit(1)).first() is not None
    )


def claim(
    db: sa.Connection, *, worker: str, now: datetime, lease_s: float, kinds: tuple[str, ...]
) -> Job | None:
    """Take the oldest job of these kinds that waits, or whose worker went silent; None when there is none.

    A job that went silent in its last try is failed here, with the reason, and the search goes on.
    """
    candidates = db.execute(
        sa.select(t.c.id, t.c.state, t.c.tries, t.c.max_tries)
        .where(_claimable(now), t.c.kind.in_(kinds))
        .order_by(t.c.id)
        .limit(20)
    )
    for row in candidates.all():
        if row.state == JobState.RUNNING and row.tries >= row.max_tries:
            _end_silent(db, row.id, row.tries, now)
        elif _take(db, row.id, worker, now, lease_s):
            return get_job(db, row.id)
    return None


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    silent = sa.and_(t.c.state == JobState.RUNNING, t.c.lease_until_ms <= to_ms(now))
    return sa.or_(t.c.state == JobState.QUEUED, silent)


def _take(db: sa.Connection, job_id: str, worker: str, now: datetime, lease_s: float) -> bool:
    taken = db.execute(
        sa.update(t)
        .where(t.c.id == job_id, _claimable(now))
        .values(
            state=JobState.RUNNING,
            worker=worker,
            tries=t.c.tries + 1,
            started_ms=sa.func.coalesce(t.c.started_ms, to_ms(now)),
            course=None,
            heartbeat_ms=to_ms(now),
            lease_until_ms=_lease(now, lease_s),
        )
    )
    return taken.rowcount == 1


def _end_silent(db: sa.Connection, job_id: str, tries: int, now: datetime) -> None:
    error = f"the worker died or hung in try {tries}, which was the last"
    db.execute(
        sa.update(t)
        .where(t.c.id == job_id, t.c.tries == tries, _claimable(now))
        .values(state=JobState.FAILED, error=error, finished_ms=to_ms(now), lease_until_ms=None)
    )


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
        values["course"] = orjson.dumps([dict(point) for point in course]).decode()
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
    way = orjson.dumps([dict(point) for point in course]).decode() if course else None
    _end(db, job, JobState.SUCCEEDED, now, result=document, progress=1.0, error=None, course=way)


def fail(db: sa.Connection, job: Job, error: str, now: datetime, *, final: bool = False) -> None:
    """Record a failed try: back to the queue while tries are left, unless it is `final`. Raises LeaseLost."""
    text = error[:MAX_ERROR_CHARS]
    if final or job.tries >= job.max_tries:
        _end(db, job, JobState.FAILED, now, error=text)
    else:
        _update_held(
            db, job, {"state": JobState.QUEUED, "worker": None, "lease_until_ms": None, "error": text}
        )


def release(db: sa.Connection, job: Job) -> None:
    """Give the job back unharmed because this worker stops; the try does not count. Raises LeaseLost."""
    values = {"state": JobState.QUEUED, "worker": None, "lease_until_ms": None, "tries": t.c.tries - 1}
    _update_held(db, job, values)


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
    return job


def ask_to_finish(db: sa.Connection, job_id: str, now: datetime, *, org_id: str | None) -> Job:
    """Ask a running job to end with the best result so far. Raises NoSuchJob, BadMove."""
    get_job(db, job_id, org_id=org_id)
    asked = db.execute(
        sa.update(t).where(t.c.id == job_id, t.c.state == JobState.RUNNING).values(finish_asked_ms=to_ms(now))
    )
    job = get_job(db, job_id)
    if asked.rowcount != 1:
        raise BadMove(f"job {job_id} has nothing to finish with ({job.state})")
    return job


def wishes(db: sa.Connection, job: Job) -> tuple[bool, bool]:
    """Whether this claim of the job still holds, and whether it is asked to finish; reads only."""
    row = db.execute(
        sa.select(t.c.state, t.c.tries, t.c.finish_asked_ms).where(t.c.id == job.id)
    ).one_or_none()
    if row is None:
        return False, False
    return row.state == JobState.RUNNING and row.tries == job.tries, row.finish_asked_ms is not None


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
    db: sa.Connection, *, org_id: str | None, limit: int = 50, after: str | None = None
) -> tuple[list[Job], str | None]:
    """Jobs, the newest first, and where the next page begins; `org_id` None sees all."""
    limit = max(1, min(limit, MAX_LIST))
    query = sa.select(t).order_by(t.c.id.desc()).limit(limit + 1)
    if org_id is not None:
        query = query.where(t.c.org_id == org_id)
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
    )
