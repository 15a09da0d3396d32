"""A large problem as a job: rounds of sub-jobs by one worker alone, the best so far on demand, nothing lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from haoyun.platform.database import Databases
from haoyun.platform.jobs import Job, JobState, get_job, list_children, queue
from haoyun.platform.jobs.worker import Handler, Worker
from haoyun.platform.planning import OPTIMIZE, dispatch
from haoyun.platform.planning.crews import Crews
from haoyun.platform.planning.large import PART
from haoyun.platform.settings import Settings
from haoyun.routing.large import rounds

LOADS = 24


def request(limit_s: float) -> dict[str, Any]:
    """Loads between places around one city, and vehicles enough for them."""
    draw = random.Random(1)

    def place() -> list[float]:
        return [round(draw.uniform(104.0, 104.4), 5), round(draw.uniform(30.5, 30.9), 5)]

    shipments = [
        {
            "amount": [1],
            "pickup": {"id": n, "location": place()},
            "delivery": {"id": n, "location": place()},
        }
        for n in range(1, LOADS + 1)
    ]
    vehicles = [{"id": n, "start": place(), "capacity": [4]} for n in range(1, 7)]
    problem = {"shipments": shipments, "vehicles": vehicles}
    return {"problem": problem, "time_limit_s": limit_s, "seed": 1, "objective": "distance"}


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def handlers(
    databases: Databases, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Handler]]:
    """The handlers of an installation for which two dozen loads are many."""
    monkeypatch.setattr(dispatch, "is_large", lambda _problem: True)
    monkeypatch.setattr(rounds, "FIRST_TASKS", 8)
    monkeypatch.setattr(rounds, "GROUP_TASKS", 8)
    with Crews() as crews:
        yield dispatch.handlers(Settings(), databases, crews, clock)


def _enqueue(databases: Databases, clock: Clock, limit_s: float = 60.0) -> Job:
    with databases.platform.begin() as db:
        return queue.enqueue(db, kind=OPTIMIZE, org_id="org_a", payload=request(limit_s), now=clock())


def _get(databases: Databases, job: Job) -> Job:
    with databases.platform.begin() as db:
        return get_job(db, job.id)


def _parts(databases: Databases, job: Job) -> list[Job]:
    with databases.platform.begin() as db:
        return list_children(db, job.id)


def _worker(databases: Databases, handlers: dict[str, Handler], clock: Clock) -> Worker:
    return Worker(databases, handlers, threading.Event(), 3600.0, clock)


def test_one_worker_alone_carries_a_large_problem_from_round_to_round_to_its_plan(
    databases: Databases, handlers: dict[str, Handler], clock: Clock
) -> None:
    job = _enqueue(databases, clock)
    worker = _worker(databases, handlers, clock)
    assert worker.run_next() and _get(databases, job).state is JobState.WAITING
    first = _parts(databases, job)
    assert {part.kind for part in first} == {PART} and len(first) > 1
    for _ in first:
        assert worker.run_next()
    assert worker.run_next()  # the next round
    waiting = _get(databases, job)
    assert waiting.state is JobState.WAITING and waiting.checkpoint
    assert {part.id for part in _parts(databases, job)}.isdisjoint({part.id for part in first})
    clock.now += timedelta(seconds=61)  # the time is up: what has not begun is not begun
    while worker.run_next():
        pass
    done = _get(databases, job)
    assert done.state is JobState.SUCCEEDED and done.result
    assert done.result["unassigned"] == [] and done.result["method"] == "ruin and recreate, in parts"
    assert _parts(databases, job) == []


def test_the_best_so_far_is_there_when_it_is_asked_for(
    databases: Databases, handlers: dict[str, Handler], clock: Clock
) -> None:
    job = _enqueue(databases, clock)
    worker = _worker(databases, handlers, clock)
    for _ in range(2):
        assert worker.run_next()
    with databases.platform.begin() as db:
        queue.ask_to_finish(db, job.id, clock(), org_id="org_a")
    assert worker.run_next() and not worker.run_next()
    done = _get(databases, job)
    assert done.state is JobState.SUCCEEDED and done.result
    assert 0 < len(done.result["unassigned"]) < 2 * LOADS, "one part of the first round was done"


def test_parts_that_fail_for_good_leave_the_rest_of_the_plan(
    databases: Databases, handlers: dict[str, Handler], clock: Clock
) -> None:
    def broken(_job: Job, _context: object) -> dict[str, Any]:
        raise OSError("no memory left")

    job = _enqueue(databases, clock)
    assert _worker(databases, handlers, clock).run_next()
    count = len(_parts(databases, job))
    assert _worker(databases, {PART: handlers[PART]}, clock).run_next()
    failing = _worker(databases, {PART: broken}, clock)
    while failing.run_next():
        pass
    states = sorted(part.state for part in _parts(databases, job))
    assert states == [JobState.FAILED] * (count - 1) + [JobState.SUCCEEDED]
    clock.now += timedelta(seconds=61)
    assert _worker(databases, handlers, clock).run_next()
    done = _get(databases, job)
    assert done.state is JobState.SUCCEEDED and done.result
    assert 0 < len(done.result["unassigned"]) < 2 * LOADS
