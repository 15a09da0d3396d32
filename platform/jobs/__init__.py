"""Work that outlives a request: a queue in the database and the worker that runs it."""

from haoyun.platform.jobs.errors import BadMove, JobError, LeaseLost, NoSuchJob
from haoyun.platform.jobs.files import attach, find_attached
from haoyun.platform.jobs.job import FanOut, Job, JobState
from haoyun.platform.jobs.queue import (
    ask_to_finish,
    cancel,
    count_jobs,
    enqueue,
    get_job,
    list_children,
    list_jobs,
    oldest_waiting_s,
)

__all__ = [
    "BadMove",
    "FanOut",
    "Job",
    "JobError",
    "JobState",
    "LeaseLost",
    "NoSuchJob",
    "ask_to_finish",
    "attach",
    "cancel",
    "count_jobs",
    "enqueue",
    "find_attached",
    "get_job",
    "list_children",
    "list_jobs",
    "oldest_waiting_s",
]
