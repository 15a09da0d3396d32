"""The embedded worker: claims jobs one after another, and runs the followers of the event tables beside them.

A job runs in a thread of its own while this loop sends its heartbeats, so that a long computation keeps its
lease and a killed process loses it. What a job raises is read from its future: an unexpected error fails one
try, not the worker.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog

from haoyun.platform.database import Databases, reading
from haoyun.platform.jobs import queue
from haoyun.platform.jobs.errors import FollowersEnded, JobRefused, JobStopped, LeaseLost
from haoyun.platform.jobs.job import Job

LISTEN_S = 0.25  # how soon a running job hears that it is cancelled or asked to finish
POLL_S = 0.5  # how long a new job waits at most for an idle worker
FOLLOW_S = 1.0  # how far the followers trail behind the event tables at most
GRACE_S = 3.0  # how long a job that must stop may take to notice
_RETRY_S = 2.0  # pause while the database does not answer
_BEATS_PER_LEASE = 4

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class JobContext:
    """The line between a running job and its worker."""

    stop: threading.Event = field(default_factory=threading.Event)  # nothing of it is wanted any more
    enough: threading.Event = field(default_factory=threading.Event)  # the best result so far is wanted now
    began: float = field(default_factory=time.monotonic)
    fraction: float = 0.0
    course: list[Mapping[str, Any]] = field(default_factory=list)  # the newest last

    def report(self, fraction: float) -> None:
        """Say how far the job is (0 to 1). Raises JobStopped when it must make way."""
        if self.stop.is_set():
            raise JobStopped("the job was cancelled or its worker stops")
        self.fraction = fraction

    def advance(self, limit_s: float) -> None:
        """Say how far it is by the clock, of work that takes so long; it is never quite done."""
        self.fraction = min(0.99, (time.monotonic() - self.began) / limit_s)

    def note(self, point: Mapping[str, Any]) -> None:
        """Add a step of the course that is stored with the job."""
        self.course = [*self.course, point]  # a new list: the heartbeat reads the old one meanwhile


Handler = Callable[[Job, JobContext], Mapping[str, Any]]
Follower = Callable[[Databases, datetime], object]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def worker_name() -> str:
    """Host and process, unique enough for a human to find the process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_worker(
    databases: Databases,
    handlers: Mapping[str, Handler],
    followers: Sequence[Follower],
    stop: threading.Event,
    *,
    lease_s: float = 30.0,
    clock: Callable[[], datetime] = _utc_now,
) -> None:
    """Run jobs and followers until `stop` is set; a job that runs then goes back to the queue.

    Raises FollowersEnded if a follower raised what it should not, so that the process ends and starts anew.
    """
    following = threading.Thread(target=_follow, args=(databases, followers, stop, clock), name="followers")
    following.start()
    worker = Worker(databases, handlers, stop, lease_s, clock)
    try:
        while not stop.is_set():
            if not following.is_alive():
                # Orders that stand still unnoticed are worse than a process that the supervisor starts again.
                raise FollowersEnded("the followers of the event tables ended; their traceback stands above")
            if not worker.run_next():
                stop.wait(POLL_S)
    finally:
        stop.set()
        following.join()


def _follow(
    databases: Databases, followers: Sequence[Follower], stop: threading.Event, clock: Callable[[], datetime]
) -> None:
    while not stop.wait(FOLLOW_S):
        for follower in followers:
            try:
                follower(databases, clock())
            except sa.exc.OperationalError as error:
                # The cursor stands where it stood: the same events are read again.
                log.warning("follower waits for the database", error=str(error.orig))
                stop.wait(_RETRY_S)


@dataclass(frozen=True, slots=True)
class Worker:
    """Claims and runs one job at a time."""

    databases: Databases
    handlers: Mapping[str, Handler]
    stop: threading.Event
    lease_s: float
    clock: Callable[[], datetime] = _utc_now
    name: str = field(default_factory=worker_name)

    def run_next(self) -> bool:
        """Run the next job to its end; False when none waits or the database does not answer."""
        try:
            job = self._claim()
            if job is not None:
                self._run(job)
            return job is not None
        except sa.exc.OperationalError as error:
            log.warning("worker waits for the database", error=str(error.orig))
            self.stop.wait(_RETRY_S)
            return False

    def _claim(self) -> Job | None:
        kinds = tuple(self.handlers)
        with reading(self.databases.platform).connect() as db:  # an idle worker takes no write lock
            if not queue.any_claimable(db, self.clock(), kinds):
                return None
        with self.databases.platform.begin() as db:
            return queue.claim(db, worker=self.name, now=self.clock(), lease_s=self.lease_s, kinds=kinds)

    def _run(self, job: Job) -> None:
        context = JobContext()
        started = time.monotonic()
        log.info("job begins", job=job.id, kind=job.kind, attempt=job.tries)
        pool = ThreadPoolExecutor(1, thread_name_prefix=job.id)
        future = pool.submit(self.handlers[job.kind], job, context)
        try:
            self._accompany(job, context, future)
            self._finish(job, context, future)
        except LeaseLost as error:
            context.stop.set()
            log.warning("job lost", job=job.id, reason=str(error))
        finally:
            pool.shutdown(wait=False)
        log.info("job left", job=job.id, seconds=round(time.monotonic() - started, 2))

    def _accompany(self, job: Job, context: JobContext, future: Future[Mapping[str, Any]]) -> None:
        """Send heartbeats until the job is done or the worker must stop. Raises LeaseLost."""
        beat_s = min(1.0, self.lease_s / _BEATS_PER_LEASE)
        beaten = time.monotonic()
        while not future.done():
            wait([future], timeout=min(LISTEN_S, beat_s))
            if self.stop.is_set():
                context.stop.set()
                wait([future], timeout=GRACE_S)
                return
            if not future.done():
                self._listen(job, context)
                if time.monotonic() - beaten >= beat_s:
                    beaten = time.monotonic()
                    self._beat(job, context)

    def _listen(self, job: Job, context: JobContext) -> None:
        """Hear what is wanted of the job. Raises LeaseLost."""
        with reading(self.databases.platform).connect() as db:
            held, finish = queue.wishes(db, job)
        if not held:
            raise LeaseLost(job.id)
        if finish:
            context.enough.set()

    def _beat(self, job: Job, context: JobContext) -> None:
        with self.databases.platform.begin() as db:
            queue.heartbeat(
                db,
                job,
                now=self.clock(),
                lease_s=self.lease_s,
                progress=context.fraction,
                course=context.course,
            )

    def _finish(self, job: Job, context: JobContext, future: Future[Mapping[str, Any]]) -> None:
        error = future.exception() if future.done() else JobStopped("the worker stops")
        with self.databases.platform.begin() as db:
            match error:
                case None:
                    queue.succeed(db, job, future.result(), self.clock(), context.course)
                case JobStopped():
                    queue.release(db, job)
                case JobRefused():
                    queue.fail(db, job, str(error), self.clock(), final=True)
                case _:
                    log.error("job raised", job=job.id, exc_info=error)
                    queue.fail(db, job, f"unexpected error: {type(error).__name__}", self.clock())
