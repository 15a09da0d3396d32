"""The embedded worker: claims jobs, one or several at a time, and runs the followers of the event tables beside them.

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
from haoyun.platform.jobs.errors import JobRefused, JobStopped, LeaseLost, WorkerEnded
from haoyun.platform.jobs.job import FanOut, Job

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


Handler = Callable[[Job, JobContext], Mapping[str, Any] | FanOut]
Follower = Callable[[Databases, datetime], object]


def utc_now() -> datetime:
    """The clock of the edge."""
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
    at_once: int = 1,
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """Run jobs, `at_once` side by side, and followers until `stop` is set; what runs then goes back to the queue.

    Raises WorkerEnded if a follower or a loop of jobs raised what it should not, so that the process ends and
    starts anew.
    """
    name = worker_name()
    workers = [
        Worker(databases, handlers, stop, lease_s, clock, f"{name}/{n}" if n else name)
        for n in range(at_once)
    ]
    run_loops(databases, [worker.run_next for worker in workers], followers, stop, clock=clock)


def run_loops(
    databases: Databases,
    steps: Sequence[Callable[[], bool]],
    followers: Sequence[Follower],
    stop: threading.Event,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """Call each step over and over, and the followers beside them, until `stop` is set; see run_worker.

    A step says whether it found something to do; if not, it is called again after POLL_S.
    """
    threads = [threading.Thread(target=_repeat, args=(step, stop), name="jobs") for step in steps]
    threads.append(
        threading.Thread(target=_follow, args=(databases, followers, stop, clock), name="followers")
    )
    for thread in threads:
        thread.start()
    try:
        while not stop.wait(POLL_S):
            if not all(thread.is_alive() for thread in threads):
                # Orders that stand still unnoticed are worse than a process that the supervisor starts again.
                raise WorkerEnded("followers or jobs ended; their traceback stands above")
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _repeat(step: Callable[[], bool], stop: threading.Event) -> None:
    while not stop.is_set():
        if not step():
            stop.wait(POLL_S)


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
    clock: Callable[[], datetime] = utc_now
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

    def run_one(self, job_id: str) -> bool:
        """Run this job to its end if it may be claimed; False if it may not: done already, or another's.

        Raises OperationalError where the database does not answer.
        """
        job = self._claim(only=job_id)
        if job is not None:
            self._run(job)
        return job is not None

    def _claim(self, only: str | None = None) -> Job | None:
        kinds = tuple(self.handlers)
        with reading(self.databases.platform).connect() as db:  # an idle worker takes no write lock
            if not queue.any_claimable(db, self.clock(), kinds, only=only):
                return None
        with self.databases.platform.begin() as db:
            return queue.claim(
                db, worker=self.name, now=self.clock(), lease_s=self.lease_s, kinds=kinds, only=only
            )

    def _run(self, job: Job) -> None:
        context = JobContext(course=list(job.course))
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

    def _accompany(self, job: Job, context: JobContext, future: Future[Mapping[str, Any] | FanOut]) -> None:
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

    def _finish(self, job: Job, context: JobContext, future: Future[Mapping[str, Any] | FanOut]) -> None:
        error = future.exception() if future.done() else JobStopped("the worker stops")
        with self.databases.platform.begin() as db:
            match error:
                case None:
                    self._keep(db, job, context, future.result())
                case JobStopped():
                    queue.release(db, job)
                case JobRefused():
                    queue.fail(db, job, str(error), self.clock(), final=True)
                case _:
                    log.error("job raised", job=job.id, exc_info=error)
                    queue.fail(db, job, f"unexpected error: {type(error).__name__}", self.clock())

    def _keep(
        self, db: sa.Connection, job: Job, context: JobContext, result: Mapping[str, Any] | FanOut
    ) -> None:
        if isinstance(result, FanOut):
            queue.fan_out(db, job, result, self.clock(), context.course)
        else:
            queue.succeed(db, job, result, self.clock(), context.course)
