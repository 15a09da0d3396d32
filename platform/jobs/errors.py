"""What can go wrong with jobs.

JobError (Exception)
├── NoSuchJob    no job has this id, or it belongs to somebody else: the same answer for both
├── LeaseLost    another worker took the job over; the one who hears this stops
├── BadMove      a job that has ended cannot be cancelled
├── JobRefused   the work cannot be done, however often it is tried
├── JobStopped   raised inside a running job that must make way
├── WorkerEnded  a loop of jobs or a follower of the event tables raised what it should not
└── NoEngine     the engine that the settings name is not installed
"""

from __future__ import annotations


class JobError(Exception):
    """Base of this package's errors."""


class NoSuchJob(JobError):
    """Missing or foreign, which look the same."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id}")


class LeaseLost(JobError):
    """The job is another worker's now, or was cancelled."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id} was taken over or cancelled")


class BadMove(JobError):
    """The job's state does not allow it."""


class JobRefused(JobError):
    """The work cannot be done, however often it is tried: the message goes to whoever asked."""


class JobStopped(JobError):
    """Raised inside a running job that was cancelled, taken over or told to make way."""


class WorkerEnded(JobError):
    """A loop of jobs or a follower of the event tables raised what it should not; the worker must not go on so."""


class NoEngine(JobError):
    """The engine that the settings name is not installed."""
