"""A job: work that outlives a request. The row is the truth; the worker only carries its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "QUEUED"  # waits for a worker, for the first time or after a failed try
    RUNNING = "RUNNING"  # a worker holds the lease; an expired lease lets another one claim it
    WAITING = "WAITING"  # its sub-jobs run; queued again when the last of them has ended
    SUCCEEDED = "SUCCEEDED"  # `result` is there
    FAILED = "FAILED"  # `error` says why, after the last try
    CANCELLED = "CANCELLED"  # somebody asked before it ended


NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {
            JobState.RUNNING,
            JobState.QUEUED,
            JobState.WAITING,
            JobState.SUCCEEDED,
            JobState.FAILED,
            JobState.CANCELLED,
        }
    ),
    JobState.WAITING: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
TERMINAL = frozenset(state for state, following in NEXT.items() if not following)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the queue. `progress` runs from 0 to 1; `result` is there once it succeeded.

    `course`: the steps that its kind notes on the way to the result, oldest first. `finish_asked`: somebody wants
    the best result so far instead of waiting for the end.
    """

    id: str
    kind: str
    org_id: str
    user_id: str | None
    state: JobState
    payload: dict[str, Any]
    result: dict[str, Any] | None
    error: str | None
    tries: int
    max_tries: int
    progress: float
    worker: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    course: list[dict[str, Any]] = field(default_factory=list)
    finish_asked: bool = False
    parent_id: str | None = None  # of a sub-job
    checkpoint: dict[str, Any] | None = None  # what a job kept for itself when it last waited for sub-jobs

    @property
    def ended(self) -> bool:
        """Nothing will change any more."""
        return self.state in TERMINAL


@dataclass(frozen=True, slots=True)
class FanOut:
    """What a handler returns instead of a result: go on when these sub-jobs have ended, from this checkpoint.

    The handler is called again, with the checkpoint, as soon as every sub-job has succeeded, failed or been
    cancelled; meanwhile no worker waits. The sub-jobs are gone when the job fans out again or ends.
    """

    kind: str  # of the sub-jobs
    payloads: Sequence[Mapping[str, Any]]
    checkpoint: Mapping[str, Any]
    progress: float = 0.0
    max_tries: int = 2
