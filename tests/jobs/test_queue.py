"""The queue: one winner, leases, retries, and exactly one terminal state for every job."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from haoyun.platform.database import Databases
from haoyun.platform.jobs import BadMove, Job, JobState, LeaseLost, NoSuchJob, queue
from haoyun.platform.jobs.job import NEXT, TERMINAL

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEASE_S = 30.0
LATER = NOW + timedelta(seconds=LEASE_S + 1)


def _enqueue(databases: Databases, **changes: object) -> Job:
    fields = {"kind": "optimize", "org_id": "org_a", "payload": {"n": 1}, "now": NOW, **changes}
    with databases.platform.begin() as db:
        return queue.enqueue(db, **fields)  # type: ignore[arg-type]


def _claim(databases: Databases, worker: str = "w1", now: datetime = NOW) -> Job | None:
    with databases.platform.begin() as db:
        return queue.claim(db, worker=worker, now=now, lease_s=LEASE_S, kinds=("optimize",))


def _get(databases: Databases, job: Job) -> Job:
    with databases.platform.begin() as db:
        return queue.get_job(db, job.id)


def _must_claim(databases: Databases, worker: str = "w1", now: datetime = NOW) -> Job:
    job = _claim(databases, worker, now)
    assert job
    return job


def test_the_oldest_job_goes_first_and_only_once(databases: Databases) -> None:
    first, second = _enqueue(databases), _enqueue(databases)
    assert _must_claim(databases, "w1").id == min(first.id, second.id)
    assert _must_claim(databases, "w2").id == max(first.id, second.id)
    assert _claim(databases, "w3") is None


def test_a_worker_takes_only_the_kinds_it_knows(databases: Databases) -> None:
    _enqueue(databases, kind="report")
    assert _claim(databases) is None
    with databases.platform.begin() as db:
        assert not queue.any_claimable(db, NOW, ("optimize",))
        assert queue.any_claimable(db, NOW, ("report",))


def test_many_workers_that_claim_at_once_never_share_a_job(databases: Databases) -> None:
    for _ in range(30):
        _enqueue(databases)
    claimed: list[str] = []

    def work(name: str) -> None:
        while job := _claim(databases, name):
            claimed.append(job.id)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 30


def test_a_silent_workers_job_is_taken_over_after_the_lease(databases: Databases) -> None:
    _enqueue(databases)
    first = _must_claim(databases, "w1")
    assert _claim(databases, "w2", NOW + timedelta(seconds=LEASE_S - 1)) is None
    second = _must_claim(databases, "w2", LATER)
    assert second.id == first.id and second.tries == 2
    with pytest.raises(LeaseLost), databases.platform.begin() as db:
        queue.succeed(db, first, {"who": "w1"}, LATER)
    with databases.platform.begin() as db:
        queue.succeed(db, second, {"who": "w2"}, LATER)
    assert _get(databases, first).result == {"who": "w2"}


def test_a_restarted_worker_of_the_same_name_is_still_another_claim(databases: Databases) -> None:
    _enqueue(databases)
    before = _must_claim(databases, "w1")
    _must_claim(databases, "w1", LATER)
    with pytest.raises(LeaseLost), databases.platform.begin() as db:
        queue.heartbeat(db, before, now=LATER, lease_s=LEASE_S)


def test_a_heartbeat_keeps_the_lease_and_shows_progress(databases: Databases) -> None:
    _enqueue(databases)
    job = _must_claim(databases)
    with databases.platform.begin() as db:
        queue.heartbeat(db, job, now=NOW + timedelta(seconds=20), lease_s=LEASE_S, progress=0.4)
    assert _claim(databases, "w2", LATER) is None
    assert _get(databases, job).progress == 0.4


def test_a_job_that_keeps_failing_ends_failed_with_its_error(databases: Databases) -> None:
    made = _enqueue(databases, max_tries=2)
    for _ in range(2):
        job = _must_claim(databases)
        with databases.platform.begin() as db:
            queue.fail(db, job, "no map", NOW)
    ended = _get(databases, made)
    assert (ended.state, ended.error, ended.tries) == (JobState.FAILED, "no map", 2)
    assert _claim(databases, now=LATER) is None


def test_a_job_that_kills_every_worker_ends_failed(databases: Databases) -> None:
    made = _enqueue(databases, max_tries=2)
    _must_claim(databases, "w1", NOW)
    _must_claim(databases, "w2", LATER)
    assert _claim(databases, "w3", LATER + timedelta(seconds=LEASE_S + 1)) is None
    ended = _get(databases, made)
    assert ended.state is JobState.FAILED and "try 2" in (ended.error or "")


def test_a_refused_job_is_not_tried_again(databases: Databases) -> None:
    _enqueue(databases)
    job = _must_claim(databases)
    with databases.platform.begin() as db:
        queue.fail(db, job, "vehicle 3 has no window", NOW, final=True)
    assert _get(databases, job).state is JobState.FAILED


def test_a_job_given_back_did_not_cost_a_try(databases: Databases) -> None:
    _enqueue(databases, max_tries=1)
    job = _must_claim(databases)
    with databases.platform.begin() as db:
        queue.release(db, job)
    assert _must_claim(databases).tries == 1


def test_cancelling_ends_a_job_once_and_its_worker_hears_it(databases: Databases) -> None:
    made = _enqueue(databases)
    job = _must_claim(databases)
    with databases.platform.begin() as db:
        assert queue.cancel(db, made.id, NOW, org_id="org_a").state is JobState.CANCELLED
    with pytest.raises(LeaseLost), databases.platform.begin() as db:
        queue.succeed(db, job, {}, NOW)
    with pytest.raises(BadMove), databases.platform.begin() as db:
        queue.cancel(db, made.id, NOW, org_id="org_a")
    assert _get(databases, made).state is JobState.CANCELLED


def test_a_foreign_job_looks_like_a_missing_one(databases: Databases) -> None:
    made = _enqueue(databases)
    with databases.platform.begin() as db:
        for job_id in (made.id, "job_none"):
            with pytest.raises(NoSuchJob, match=f"there is no job {job_id}"):
                queue.get_job(db, job_id, org_id="org_b")
        with pytest.raises(NoSuchJob):
            queue.cancel(db, made.id, NOW, org_id="org_b")


def test_a_list_pages_from_the_newest(databases: Databases) -> None:
    made = sorted((_enqueue(databases).id for _ in range(5)), reverse=True)
    _enqueue(databases, org_id="org_b")
    with databases.platform.begin() as db:
        page, after = queue.list_jobs(db, org_id="org_a", limit=3)
        rest, end = queue.list_jobs(db, org_id="org_a", limit=3, after=after)
        assert [job.id for job in (*page, *rest)] == made and end is None
        assert queue.count_jobs(db, JobState.QUEUED) == 6
        assert queue.oldest_waiting_s(db, NOW + timedelta(seconds=5)) == 5


def test_what_has_ended_goes_nowhere() -> None:
    assert {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED} == TERMINAL
    assert set(NEXT) == set(JobState)


def test_a_job_needs_at_least_one_try(databases: Databases) -> None:
    with pytest.raises(ValueError, match="below 1"):
        _enqueue(databases, max_tries=0)
