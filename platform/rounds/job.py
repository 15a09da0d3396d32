"""A round as a job, on demand and on schedule: offers in, proposal out, one however often its worker dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.idempotency import once
from haoyun.platform.ids import new_id
from haoyun.platform.jobs import Job, enqueue
from haoyun.platform.jobs.errors import JobRefused, JobStopped
from haoyun.platform.jobs.worker import Handler, JobContext
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.store import open_offers
from haoyun.platform.rounds.baseline import first_come_first_served
from haoyun.platform.rounds.board import Rules, board_of
from haoyun.platform.rounds.bound import upper_bound_fen
from haoyun.platform.rounds.figures import figures_of
from haoyun.platform.rounds.proposal import VALID_FOR, Line, Round, lines_of
from haoyun.platform.rounds.solve import Progress, solve
from haoyun.platform.rounds.store import any_proposed, find_round_of_job, keep_round, lapse

ROUND = "round"  # the kind of these jobs
PLATFORM = "platform"  # whose a scheduled round is: nobody's but the operator's
MOST_LOADS, MOST_TRUCKS = 20_000, 10_000  # of one round, which holds its pairs in memory
LAPSE_EVERY = timedelta(seconds=15)


def enqueue_round(
    db: sa.Connection, org_id: str, user_id: str | None, now: datetime, pools: bool = True
) -> Job:
    """Queue a round over the whole market."""
    return enqueue(db, kind=ROUND, org_id=org_id, user_id=user_id, payload={"pools": pools}, now=now)


def make_round(
    offers: tuple[list[Load], list[Capacity]],
    context: MatchContext,
    job_id: str,
    now: datetime,
    rules: Rules | None = None,
    progress: Progress = lambda _share: None,
    going: Callable[[], bool] = lambda: True,
) -> tuple[Round, list[Line]]:
    """The round over these offers, with its lines; pure but for the ids that it draws."""
    loads, capacities = offers
    board = board_of(loads, capacities, context, now, rules)
    progress(0.1)
    served = first_come_first_served(board)
    progress(0.2)
    routes = solve(board, served, lambda share: progress(0.2 + 0.7 * share), going)
    round_id = new_id("rnd")
    found = Round(
        id=round_id,
        job_id=job_id,
        created_at=now,
        expires_at=now + VALID_FOR,
        before=figures_of(served),
        after=figures_of(routes),
        bound_fen=round(upper_bound_fen(board)),
        open_loads=len(loads),
        open_trucks=len(capacities),
    )
    return found, lines_of(board, routes, round_id)


@dataclass(frozen=True, slots=True)
class RoundJob:
    """The handler of rounds."""

    databases: Databases
    market: Callable[[], MarketContext]
    now: Callable[[], datetime]

    def __call__(self, job: Job, context: JobContext) -> dict[str, Any]:
        """Make the round of the job, or find the one that it made before its worker died. Raises JobStopped."""
        with reading(self.databases.platform).connect() as db:
            known = find_round_of_job(db, job.id)
            offers = open_offers(db, self.now()) if known is None else ([], [])
        if known is None:
            known = self._make(job, context, offers)
        return {"round_id": known.id, "lines": known.after.loads}

    def _make(self, job: Job, context: JobContext, offers: tuple[list[Load], list[Capacity]]) -> Round:
        loads, capacities = offers
        if len(loads) > MOST_LOADS or len(capacities) > MOST_TRUCKS:
            raise JobRefused(
                f"a round takes at most {MOST_LOADS:,} loads and {MOST_TRUCKS:,} trucks; "
                f"{len(loads):,} and {len(capacities):,} are open"
            )
        now = self.now()
        rules = Rules(pools=bool(job.payload.get("pools", True)))
        roads = self.market().snapshot(now)
        found, lines = make_round(
            offers, roads, job.id, now, rules, context.report, lambda: not context.stop.is_set()
        )
        if context.stop.is_set():
            raise JobStopped("the job was cancelled or its worker stops")
        with self.databases.platform.begin() as db:
            keep_round(db, found, lines)
            lapse(db, self.now())  # what was taken while the round was made
            kept = find_round_of_job(db, job.id)
        assert kept is not None  # stored now, or by another claim of the job before
        return kept


def handlers(
    databases: Databases, market: Callable[[], MarketContext], now: Callable[[], datetime]
) -> Mapping[str, Handler]:
    """The job handlers of this package, whoever runs them."""
    return {ROUND: RoundJob(databases, market, now)}


class RoundKeeper:
    """The follower that lets lines lapse, and begins a round every so often (`every_min` 0: never by itself)."""

    def __init__(self, every_min: int) -> None:
        self._every = timedelta(minutes=every_min)
        self._next: datetime | None = None
        self._slot = -1

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Do what is due. Returns how many lines lapsed."""
        if self._every:
            self._begin(databases, now)
        if self._next is not None and now < self._next:
            return 0
        self._next = now + LAPSE_EVERY
        with reading(databases.platform).connect() as db:  # most of the time nothing is proposed
            if not any_proposed(db):
                return 0
        with databases.platform.begin() as db:
            return lapse(db, now)

    def _begin(self, databases: Databases, now: datetime) -> None:
        """One round for each span of time, however many workers there are and however often they start anew."""
        slot = int(now.timestamp() // self._every.total_seconds())
        if slot == self._slot:
            return
        with databases.platform.begin() as db:
            key = f"{self._every.total_seconds():g}:{slot}"
            once(db, "round", key, key, now, lambda: enqueue_round(db, PLATFORM, None, now).id)
        self._slot = slot
