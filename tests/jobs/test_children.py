"""Sub-jobs: a job that waits holds no worker, wakes exactly once, and loses nothing when workers die."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from haoyun.platform.database import Databases
from haoyun.platform.jobs import FanOut, Job, JobState, LeaseLost, NoSuchJob, children, queue
from haoyun.platform.jobs.worker import JobContext, Worker

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEASE_S = 30.0
LATER = NOW + timedelta(seconds=LEASE_S + 1)
KINDS = ("plan", "part")


def _enqueue(databases: Databases, kind: str = "plan") -> Job:
    with databases.platform.begin() as db:
        return queue.enqueue(db, kind=kind, org_id="org_a", payload={}, now=NOW)


def _claim(databases: Databases, now: datetime = NOW, only: str | None = None) -> Job | None:
    with databases.platform.begin() as db:
        return queue.claim(db, worker="w", now=now, lease_s=LEASE_S, kinds=KINDS, only=only)


def _must_claim(databases: Databases, now: datetime = NOW) -> Job:
    job = _claim(databases, now)
    assert job
    return job


def _get(databases: Databases, job: Job) -> Job:
    with databases.platform.begin() as db:
        return queue.get_job(db, job.id)


def _parts(databases: Databases, job: Job) -> list[Job]:
    with databases.platform.begin() as db:
        return queue.list_children(db, job.id)


def _waiting(databases: Databases, parts: int = 2) -> Job:
    """A job that waits for so many sub-jobs."""
    _enqueue(databases)
    job = _must_claim(databases)
    with databases.platform.begin() as db:
        wish = FanOut("part", [{"n": n} for n in range(parts)], {"round": 1}, progress=0.3)
        queue.fan_out(db, job, wish, NOW)
    return _get(databases, job)


def _succeed(databases: Databases, job: Job) -> None:
    with databases.platform.begin() as db:
        queue.succeed(db, job, {"n": job.payload["n"]}, NOW)


def test_a_waiting_job_is_no_workers_and_keeps_its_checkpoint_and_its_tries(databases: Databases) -> None:
    job = _waiting(databases)
    assert (job.state, job.tries, job.worker, job.progress) == (JobState.WAITING, 0, None, 0.3)
    assert job.checkpoint == {"round": 1}
    assert _claim(databases, LATER, only=job.id) is None


def test_a_job_goes_on_when_its_last_sub_job_has_ended_and_not_before(databases: Databases) -> None:
    job = _waiting(databases)
    _succeed(databases, _must_claim(databases))
    assert _get(databases, job).state is JobState.WAITING
    _succeed(databases, _must_claim(databases))
    again = _must_claim(databases)
    assert (again.id, again.checkpoint, again.tries) == (job.id, {"round": 1}, 1)
    assert sorted(part.result["n"] for part in _parts(databases, job) if part.result) == [0, 1]


def test_sub_jobs_that_end_at_once_wake_their_job_exactly_once(databases: Databases) -> None:
    for _ in range(5):
        job = _waiting(databases, parts=4)
        parts = [_must_claim(databases) for _ in range(4)]
        threads = [threading.Thread(target=_succeed, args=(databases, part)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        again = _must_claim(databases)
        assert again.id == job.id and _claim(databases) is None
        with databases.platform.begin() as db:
            queue.succeed(db, again, {}, NOW)


@pytest.mark.parametrize("how", ["fail", "silent", "cancel"])
def test_a_sub_job_that_never_succeeds_does_not_hold_its_job_up(databases: Databases, how: str) -> None:
    job = _waiting(databases, parts=1)
    now = NOW
    for _ in range(2):
        part = _must_claim(databases, now)
        with databases.platform.begin() as db:
            if how == "fail":
                queue.fail(db, part, "no", now)
            elif how == "cancel":
                queue.cancel(db, part.id, now, org_id=None)
                break
        if how == "silent":
            now += timedelta(seconds=LEASE_S + 1)
    claimed = _claim(databases, now) or _claim(databases, now)
    assert claimed and claimed.id == job.id
    assert _parts(databases, job)[0].state in (JobState.FAILED, JobState.CANCELLED)


def test_a_silent_workers_sub_job_alone_is_run_again(databases: Databases) -> None:
    job = _waiting(databases)
    lost, done = _must_claim(databases), _must_claim(databases)
    _succeed(databases, done)
    again = _must_claim(databases, LATER)
    assert (again.id, again.tries) == (lost.id, 2)
    with pytest.raises(LeaseLost), databases.platform.begin() as db:
        queue.succeed(db, lost, {}, LATER)
    _succeed(databases, again)
    assert sorted(part.tries for part in _parts(databases, job)) == [1, 2]
    assert _must_claim(databases, LATER).id == job.id


def test_a_job_killed_between_rounds_goes_on_from_its_checkpoint(databases: Databases) -> None:
    job = _waiting(databases, parts=1)
    _succeed(databases, _must_claim(databases))
    _must_claim(databases)  # and dies before it fans out again
    again = _must_claim(databases, LATER)
    assert (again.id, again.checkpoint) == (job.id, {"round": 1})
    assert [part.result for part in _parts(databases, job)] == [{"n": 0}]


def test_cancelling_a_job_ends_its_sub_jobs(databases: Databases) -> None:
    job = _waiting(databases)
    part = _must_claim(databases)
    with databases.platform.begin() as db:
        queue.cancel(db, job.id, NOW, org_id="org_a")
    with pytest.raises(LeaseLost), databases.platform.begin() as db:
        queue.heartbeat(db, part, now=NOW, lease_s=LEASE_S)
    assert _claim(databases, LATER) is None and _parts(databases, job) == []


def test_an_ordinary_job_goes_before_the_sub_jobs_of_a_large_one(databases: Databases) -> None:
    _waiting(databases)
    ordinary = _enqueue(databases)
    assert _must_claim(databases).id == ordinary.id


def test_sub_jobs_are_not_listed_and_gone_when_their_job_has_ended(databases: Databases) -> None:
    job = _waiting(databases, parts=1)
    part = _must_claim(databases)
    with databases.platform.begin() as db:
        listed, _ = queue.list_jobs(db, org_id="org_a")
    assert [one.id for one in listed] == [job.id]
    _succeed(databases, part)
    again = _must_claim(databases)
    with databases.platform.begin() as db:
        queue.succeed(db, again, {}, NOW)
    with pytest.raises(NoSuchJob):
        _get(databases, part)


def test_a_fan_out_to_nothing_goes_on_at_once(databases: Databases) -> None:
    job = _waiting(databases, parts=0)
    assert job.state is JobState.QUEUED and _must_claim(databases).id == job.id


def test_waking_a_job_that_does_not_wait_changes_nothing(databases: Databases) -> None:
    job = _enqueue(databases)
    claimed = _must_claim(databases)
    with databases.platform.begin() as db:
        children.wake(db, job.id)
        queue.heartbeat(db, claimed, now=NOW, lease_s=LEASE_S)
    assert _get(databases, job).state is JobState.RUNNING


def test_one_worker_alone_carries_a_job_through_its_rounds(databases: Databases) -> None:
    def plan(job: Job, _context: JobContext) -> FanOut | dict[str, object]:
        done = (job.checkpoint or {"round": 0})["round"]
        found = sum(part.result["n"] for part in _parts(databases, job) if part.result)
        if done == 2:
            return {"rounds": done, "sum": found}
        return FanOut("part", [{"n": n + found} for n in range(3)], {"round": done + 1})

    handlers = {"plan": plan, "part": lambda job, _: {"n": job.payload["n"]}}
    job = _enqueue(databases)
    worker = Worker(databases, handlers, threading.Event(), lease_s=5.0)
    steps = 0
    while worker.run_next():
        steps += 1
    assert _get(databases, job).result == {"rounds": 2, "sum": 12}
    assert steps == 3 + 2 * 3
