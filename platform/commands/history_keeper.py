"""The worker's hourly round over the history: tomorrow's partitions, and what is too old goes."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from haoyun.platform.database import Databases
from haoyun.tracking.history.partitions import ensure_days
from haoyun.tracking.history.retention import drop_old
from haoyun.tracking.history.rows import DAY_MS
from haoyun.tracking.instants import to_ms

EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


class HistoryKeeper:
    """Called by the worker every second; begins a round each hour, in a thread of its own."""

    def __init__(self, keep_days: int) -> None:
        self._keep_days = keep_days
        self._begun: datetime | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._round: Future[None] | None = None

    def __call__(self, databases: Databases, now: datetime) -> None:
        """Begin a round when it is due and the last one has ended."""
        if self._round is not None and not self._round.done():
            return
        if self._begun is None or now - self._begun >= EVERY:
            self._begun = now
            self._round = self._pool.submit(self._keep, databases, now)

    def wait(self) -> None:
        """Wait for the round that runs."""
        if self._round is not None:
            self._round.result()

    def _keep(self, databases: Databases, now: datetime) -> None:
        try:
            if not databases.sqlite:
                today = to_ms(now) // DAY_MS
                with databases.tracking.begin() as db:
                    ensure_days(db, range(today, today + 3), today)
            gone = drop_old(databases.tracking, now, self._keep_days)
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            log.warning("history_not_kept", reason=str(error.args[0]), again_at=str(now + EVERY))
            return
        if gone.days or gone.fixes:
            log.info("positions_dropped", whole_days=gone.days, single=gone.fixes)
