"""Celery with real transports: the row is the truth, a killed worker costs one sub-job and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from kombu import Connection

from haoyun.platform.database import Databases
from haoyun.platform.jobs import Job, JobState, get_job, list_children, queue
from haoyun.platform.jobs.celery_engine import Sender, make_app
from haoyun.platform.jobs.tables import job as t

TRANSPORTS = {
    "redis": os.environ.get("HAOYUN_TEST_REDIS", "redis://127.0.0.1:6379/0"),
    "rabbitmq": os.environ.get("HAOYUN_TEST_AMQP", "amqp://guest:guest@127.0.0.1:5672//"),
}
PARTS = 4
# A job that fans out to sub-jobs; the first worker hangs in one of them until it is killed.
WORKER = f"""
import sys, threading, time
from pathlib import Path
from haoyun.platform.database import Databases
from haoyun.platform.jobs import FanOut, list_children
from haoyun.platform.jobs.celery_engine import make_app, register
from haoyun.platform.jobs.worker import Worker

folder, address, broker, name, hangs = sys.argv[1:]
databases = Databases.open(Path(folder), address or None)

def plan(job, context):
    if job.checkpoint is None:
        return FanOut("part", [{{"n": n}} for n in range({PARTS})], {{}})
    with databases.platform.begin() as db:
        parts = list_children(db, job.id)
    return {{"sum": sum(part.result["n"] for part in parts), "tries": sorted(part.tries for part in parts)}}

def part(job, context):
    if hangs:
        print("holding", job.id, file=sys.stderr, flush=True)
        time.sleep(600)
    return {{"n": job.payload["n"]}}

worker = Worker(databases, {{"plan": plan, "part": part}}, threading.Event(), lease_s=2.0)
app = make_app(broker, name)
register(app, worker.run_one)
app.worker_main(["worker", "--pool=solo", "--loglevel=error", "--without-gossip", "--without-mingle"])
"""


@pytest.fixture(params=sorted(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> str:
    """A transport that answers, or a skip that names it."""
    from conftest import need

    url = TRANSPORTS[request.param]
    with Connection(url, connect_timeout=3) as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=3)
            answers = True
        except (OSError, connection.connection_errors):
            answers = False
    need(f"{request.param} on this machine", answers)
    return url


@pytest.fixture
def queue_name(transport: str) -> Iterator[str]:
    """A queue of this test's own, deleted afterwards."""
    name = f"haoyun-test-{uuid.uuid4().hex[:12]}"
    yield name
    with Connection(transport) as connection:
        connection.default_channel.queue_delete(name)


@contextmanager
def worker(
    databases: Databases, transport: str, queue_name: str, *, hangs: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker in a process of its own."""
    url = databases.platform.url
    lite = url.drivername == "sqlite"
    where = [os.path.dirname(url.database or ""), ""] if lite else ["", url.render_as_string(False)]
    command = [sys.executable, "-c", WORKER, *where, transport, queue_name, "yes" if hangs else ""]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert child.stderr
        child.stderr.close()


def _enqueue(databases: Databases) -> Job:
    with databases.platform.begin() as db:
        return queue.enqueue(db, kind="plan", org_id="org_a", payload={}, now=datetime.now(UTC))


def _get(databases: Databases, job: Job) -> Job:
    with databases.platform.begin() as db:
        return get_job(db, job.id)


def _tries(databases: Databases, job: Job) -> list[int]:
    with databases.platform.begin() as db:
        return sorted(part.tries for part in list_children(db, job.id))


def _send_until_it_has_ended(databases: Databases, sender: Sender, job: Job) -> Job:
    end = time.monotonic() + 240
    while not (seen := _get(databases, job)).ended:
        assert time.monotonic() < end, "the job did not end in time"
        sender.send_due()
        time.sleep(0.05)
    return seen


def test_a_killed_worker_costs_one_sub_job_and_never_the_job(
    databases: Databases, transport: str, queue_name: str
) -> None:
    job = _enqueue(databases)
    sender = Sender(databases, make_app(transport, queue_name), threading.Event())
    with worker(databases, transport, queue_name, hangs=True) as first:
        while not _tries(databases, job):
            sender.send_due()
            time.sleep(0.05)
        sender.send_due()
        assert first.stderr and any(line.startswith("holding") for line in first.stderr)
    assert _get(databases, job).state is JobState.WAITING
    with worker(databases, transport, queue_name):
        done = _send_until_it_has_ended(databases, sender, job)
    expected = {"sum": sum(range(PARTS)), "tries": [1] * (PARTS - 1) + [2]}
    assert (done.state, done.result) == (JobState.SUCCEEDED, expected)


def test_an_id_is_sent_once_and_again_only_when_its_message_may_be_lost(databases: Databases) -> None:
    sent: list[str] = []

    class Recorder:
        """Stands for Celery's app."""

        def send_task(self, _name: str, args: list[str], **_options: object) -> None:
            sent.extend(args)

    now = datetime.now(UTC)
    clock = [now]
    sender = Sender(databases, Recorder(), threading.Event(), clock=lambda: clock[0])  # type: ignore[arg-type]
    job = _enqueue(databases)
    assert sender.send_due() and sent == [job.id]
    sender.stop.set()
    assert not sender.send_due() and sent == [job.id]
    clock[0] = now + timedelta(seconds=61)
    assert sender.send_due() and sent == [job.id] * 2
    with databases.platform.begin() as db:
        queue.claim(db, worker="w", now=clock[0], lease_s=5.0, kinds=("plan",))
    assert not sender.send_due(), "somebody works on it"
    clock[0] += timedelta(seconds=6)
    assert sender.send_due() and sent == [job.id] * 3, "its worker went silent"
    assert not sender.send_due()


def test_a_transport_that_does_not_answer_loses_nothing(databases: Databases, free_port: int) -> None:
    job = _enqueue(databases)
    stop = threading.Event()
    stop.set()  # do not wait before the next try
    sender = Sender(databases, make_app(f"redis://127.0.0.1:{free_port}/0", "nowhere"), stop)
    assert not sender.send_due()
    with databases.platform.begin() as db:
        assert db.execute(sa.select(t.c.sent_ms).where(t.c.id == job.id)).scalar_one() is None


def test_the_app_of_an_installation_names_what_it_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from haoyun.platform import celery_app
    from haoyun.platform.settings import SettingsError

    monkeypatch.setenv("HAOYUN_DATA", str(tmp_path))
    monkeypatch.delenv("HAOYUN_CELERY_BROKER_URL", raising=False)
    with pytest.raises(SettingsError, match="HAOYUN_CELERY_BROKER_URL"):
        celery_app.build()
    with pytest.raises(AttributeError):
        _ = celery_app.nothing
