"""Sub-jobs and the job that waits for them: all that must happen in the transaction in which one of them ends."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.jobs.job import TERMINAL, JobState
from haoyun.platform.jobs.tables import job as t

_UNFINISHED = [state for state in JobState if state not in TERMINAL]


def after_end(db: sa.Connection, job_id: str, parent_id: str | None) -> None:
    """A job has ended: its own sub-jobs are of no use any more, and its parent may go on if it was the last one."""
    if parent_id is None:
        forget(db, job_id)
    else:
        wake(db, parent_id)


def wake(db: sa.Connection, job_id: str) -> None:
    """Queue a waiting job again if no sub-job of it is left to end."""
    # Two sub-jobs that end at once must not each see the other one running: the second waits here for the first.
    db.execute(sa.select(t.c.id).where(t.c.id == job_id).with_for_update())
    child = t.alias("child")
    unfinished = sa.exists().where(child.c.parent_id == job_id, child.c.state.in_(_UNFINISHED))
    db.execute(
        sa.update(t)
        .where(t.c.id == job_id, t.c.state == JobState.WAITING, ~unfinished)
        .values(state=JobState.QUEUED, sent_ms=None)
    )


def forget(db: sa.Connection, job_id: str) -> None:
    """Delete the sub-jobs of a job. A worker that runs one hears LeaseLost at its next heartbeat."""
    db.execute(sa.delete(t).where(t.c.parent_id == job_id))


def cut_short(db: sa.Connection, job_id: str, finished_ms: int) -> None:
    """End the sub-jobs that are not done, so that a waiting job goes on with what the others have found."""
    db.execute(
        sa.update(t)
        .where(t.c.parent_id == job_id, t.c.state.in_(_UNFINISHED))
        .values(state=JobState.CANCELLED, finished_ms=finished_ms, lease_until_ms=None)
    )
    wake(db, job_id)
