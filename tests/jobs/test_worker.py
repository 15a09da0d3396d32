"""The worker: success, refusal, error, stop, cancellation, followers, and kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.jobs import BadMove, Job, JobState, attach, find_attached, get_job, queue
from haoyun.platform.jobs.errors import JobRefused, JobStopped, WorkerEnded
from haoyun.platform.jobs.worker import Handler, JobContext, Worker, run_worker

CHILD = """
import sys, threading, time
from pathlib import Path
from haoyun.platform.database import Databases
from haoyun.platform.jobs.worker import run_worker

def hang(job, context):
    print("holding", file=sys.stderr, flush=True)
    time.sleep(600)

databases = Databases.open(Path(sys.argv[1]), sys.argv[2] or None)
run_worker(databases, {"optimize": hang}, [], threading.Event(), lease_s=2.0)
"""


def _enqueue(databases: Databases, max_tries: int = 3) -> Job:
    with databases.platform.begin() as db:
        return queue.enqueue(
            db, kind="optimize", org_id="org_a", payload={"n": 7}, now=datetime.now(UTC), max_tries=max_tries
        )


def _get(databases: Databases, job: Job) -> Job:
    with databases.platform.begin() as db:
        return get_job(db, job.id)


def _worker(databases: Databases, handler: Handler, stop: threading.Event | None = None) -> Worker:
    return Worker(databases, {"optimize": handler}, stop or threading.Event(), lease_s=2.0)


def _until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_result_is_stored(databases: Databases) -> None:
    job = _enqueue(databases)
    assert _worker(databases, lambda job, _: {"twice": job.payload["n"] * 2}).run_next()
    done = _get(databases, job)
    assert (done.state, done.result, done.progress) == (JobState.SUCCEEDED, {"twice": 14}, 1.0)
    assert not _worker(databases, lambda *_: {}).run_next(), "nothing is left"


def test_a_refusal_is_final_and_says_why(databases: Databases) -> None:
    job = _enqueue(databases)

    def refuse(_job: Job, _context: JobContext) -> Mapping[str, Any]:
        raise JobRefused("window of job 7 ends before it begins")

    _worker(databases, refuse).run_next()
    done = _get(databases, job)
    assert (done.state, done.tries, done.error) == (
        JobState.FAILED,
        1,
        "window of job 7 ends before it begins",
    )


def test_an_unexpected_error_fails_the_try_and_not_the_worker(databases: Databases) -> None:
    job = _enqueue(databases, max_tries=2)

    def broken(_job: Job, _context: JobContext) -> Mapping[str, Any]:
        raise ZeroDivisionError("secret detail")

    worker = _worker(databases, broken)
    assert worker.run_next() and _get(databases, job).state is JobState.QUEUED
    assert worker.run_next()
    done = _get(databases, job)
    assert (done.state, done.error) == (JobState.FAILED, "unexpected error: ZeroDivisionError")


def _patient(_job: Job, context: JobContext) -> Mapping[str, Any]:
    for step in range(1000):
        context.report(step / 1000)
        time.sleep(0.05)
    return {}


def test_progress_is_seen_and_a_cancelled_job_stops(databases: Databases) -> None:
    job, stopped = _enqueue(databases), threading.Event()

    def watched(job: Job, context: JobContext) -> Mapping[str, Any]:
        try:
            return _patient(job, context)
        except JobStopped:
            stopped.set()
            raise

    running = threading.Thread(target=_worker(databases, watched).run_next)
    running.start()
    _until(lambda: _get(databases, job).progress > 0)
    with databases.platform.begin() as db:
        queue.cancel(db, job.id, datetime.now(UTC), org_id=None)
    running.join(10)
    assert stopped.wait(5) and _get(databases, job).state is JobState.CANCELLED


def test_a_stopping_worker_gives_its_job_back(databases: Databases) -> None:
    job, stop = _enqueue(databases), threading.Event()
    running = threading.Thread(
        target=run_worker, args=(databases, {"optimize": _patient}, [], stop), kwargs={"lease_s": 2.0}
    )
    running.start()
    _until(lambda: _get(databases, job).state is JobState.RUNNING)
    stop.set()
    running.join(10)
    left = _get(databases, job)
    assert (left.state, left.tries) == (JobState.QUEUED, 0)


def test_followers_run_beside_jobs_and_survive_a_database_that_does_not_answer(databases: Databases) -> None:
    stop, heard = threading.Event(), []

    def follower(_databases: Databases, now: datetime) -> None:
        heard.append(now)
        if len(heard) == 1:
            raise sa.exc.OperationalError("select", {}, Exception("database is locked"))

    running = threading.Thread(target=run_worker, args=(databases, {}, [follower], stop))
    running.start()
    _until(lambda: len(heard) >= 2)
    stop.set()
    running.join(10)
    assert not running.is_alive() and heard[0].tzinfo is not None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_never_goes_on_without_its_followers(databases: Databases) -> None:
    def broken(_databases: Databases, _now: datetime) -> None:
        raise LookupError("a rule that nobody thought of")

    with pytest.raises(WorkerEnded):
        run_worker(databases, {}, [broken], threading.Event())


@pytest.mark.parametrize("max_tries", [1, 3])
def test_the_job_of_a_killed_worker_ends_exactly_once(databases: Databases, max_tries: int) -> None:
    job = _enqueue(databases, max_tries=max_tries)
    url = databases.platform.url
    folder = os.path.dirname(url.database or "") if url.drivername == "sqlite" else ""
    address = "" if url.drivername == "sqlite" else url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", CHILD, folder, address]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert child.stderr and child.stderr.readline().strip() == "holding"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert _get(databases, job).state is JobState.RUNNING
    rescuer = _worker(databases, lambda *_: {"by": "rescuer"})
    _until(lambda: rescuer.run_next() or _get(databases, job).ended)
    done = _get(databases, job)
    expected = (JobState.FAILED, 1) if max_tries == 1 else (JobState.SUCCEEDED, 2)
    assert (done.state, done.tries) == expected


def test_a_job_asked_to_finish_ends_with_what_it_has_and_its_course(databases: Databases) -> None:
    job = _enqueue(databases)

    def search(_job: Job, context: JobContext) -> Mapping[str, Any]:
        context.note({"cost": 9})
        assert context.enough.wait(20)
        context.note({"cost": 7})
        return {"cost": 7}

    running = threading.Thread(target=_worker(databases, search).run_next)
    running.start()
    _until(lambda: _get(databases, job).course == [{"cost": 9}])
    with databases.platform.begin() as db:
        assert queue.ask_to_finish(db, job.id, datetime.now(UTC), org_id=None).finish_asked
    running.join(10)
    done = _get(databases, job)
    assert (done.state, done.result, done.course) == (
        JobState.SUCCEEDED,
        {"cost": 7},
        [{"cost": 9}, {"cost": 7}],
    )


def test_only_a_running_job_can_be_asked_to_finish(databases: Databases) -> None:
    job = _enqueue(databases)
    with databases.platform.begin() as db, pytest.raises(BadMove, match="nothing to finish with"):
        queue.ask_to_finish(db, job.id, datetime.now(UTC), org_id=None)


def test_files_stay_with_their_job_and_the_last_of_a_name_counts(databases: Databases) -> None:
    job = _enqueue(databases)
    with databases.platform.begin() as db:
        attach(db, job.id, "problem", b"first")
        attach(db, job.id, "problem", b"second " * 1000)
        assert find_attached(db, job.id, "problem") == b"second " * 1000
        assert find_attached(db, job.id, "vehicles") is None
