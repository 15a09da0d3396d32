"""What the worker does for publishing: repeats, offers that become public, saved lanes, flags, "still valid?".

Each step is a transaction that says what it did, so that a worker killed anywhere repeats nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.market.capacity import MATCHABLE
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.load import LoadState
from haoyun.platform.market.renewal import release_due
from haoyun.platform.market.store import get_capacities, get_loads
from haoyun.platform.market.tables import CAPACITY, LOAD
from haoyun.platform.publishing.flags import examine
from haoyun.platform.publishing.renew import ask_validity
from haoyun.platform.publishing.repeats import post_repeat, repeats_due
from haoyun.platform.publishing.saved_lanes import all_lanes, tell_of_capacity, tell_of_load
from haoyun.platform.publishing.tables import SEEN
from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.tables import CURSOR
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new

LOOK = 100  # posts looked at in one transaction
OVERLAP = timedelta(minutes=10)  # a post may be committed so long after its time
ASK_EVERY = timedelta(seconds=30)
LOADS, CAPACITIES = "publishing.loads", "publishing.capacities"
_OPEN = {
    LOADS: (LOAD, [LoadState.OPEN.value]),
    CAPACITIES: (CAPACITY, [state.value for state in MATCHABLE]),
}


@dataclass(slots=True)
class PublishingKeeper:
    """A follower for the worker."""

    market: MarketContext
    zone: ZoneInfo
    _next_ask: datetime | None = field(default=None)

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Do what is due. Returns how many offers were posted or looked at."""
        done = self._repeats(databases, now)
        self._release(databases, now)
        for name in (LOADS, CAPACITIES):
            done += look_at_posts(databases, name, now, self.zone)
        if self._next_ask is None or now >= self._next_ask:
            self._next_ask = now + ASK_EVERY
            with databases.platform.begin() as db:
                ask_validity(db, now)
        return done

    def _repeats(self, databases: Databases, now: datetime) -> int:
        with reading(databases.platform).connect() as db:
            due = repeats_due(db, now)
        context = self.market.snapshot(now) if due else None
        posted = 0
        for repeat_id in due:
            assert context is not None
            with databases.platform.begin() as db:
                posted += post_repeat(db, repeat_id, self.market.site, now, context)
        return posted

    def _release(self, databases: Databases, now: datetime) -> None:
        with reading(databases.platform).connect() as db:
            waiting = db.execute(sa.select(LOAD.c.id).where(LOAD.c.public_ms <= to_ms(now)).limit(1)).first()
        if waiting is None:
            return
        context = self.market.snapshot(now)
        with databases.platform.begin() as db:
            released = release_due(db, now, context)
            lanes = all_lanes(db)
            for load in get_loads(db, released).values():
                tell_of_load(db, load, _number(db, load.id, now), lanes, now, self.zone)


def look_at_posts(databases: Databases, name: str, now: datetime, zone: ZoneInfo) -> int:
    """Look at new posts once each: who waits for such an offer, what looks false. Returns how many were looked at.

    `zone`: by whose clocks days of the week are told.
    """
    with reading(databases.platform).connect() as db:  # an idle worker takes no write lock
        start = db.scalar(sa.select(CURSOR.c.seq).where(CURSOR.c.name == name)) or 0
        if not _unseen(db, name, start, 1):
            return 0
    with databases.platform.begin() as db:
        start = cursor(db, name)
        rows = _unseen(db, name, start, LOOK)
        lanes, ids = all_lanes(db), [row.id for row in rows]
        for load in get_loads(db, ids).values() if name == LOADS else ():
            tell_of_load(db, load, _number(db, load.id, now), lanes, now, zone)
            examine(db, load, now)
        for capacity in get_capacities(db, ids).values() if name == CAPACITIES else ():
            tell_of_capacity(db, capacity, _number(db, capacity.id, now), lanes, now, zone)
        if rows:
            save_cursor(db, name, max(start, rows[-1].posted_ms))
    return len(rows)


def _unseen(db: sa.Connection, name: str, start: int, most: int) -> list[sa.Row[tuple[str, int]]]:
    """Open posts from a little before the cursor on that nobody looked at yet, oldest first."""
    table, states = _OPEN[name]
    since = start - int(OVERLAP.total_seconds() * 1000)
    looked_at = sa.select(SEEN.c.seq).where(SEEN.c.subject_id == table.c.id).exists()
    query = sa.select(table.c.id, table.c.posted_ms).where(
        table.c.state.in_(states), table.c.posted_ms >= since, ~looked_at
    )
    return list(db.execute(query.order_by(table.c.posted_ms, table.c.id).limit(most)))


def _number(db: sa.Connection, subject_id: str, now: datetime) -> int:
    """The number of a post, given when it is first looked at."""
    insert_new(db, SEEN, {"subject_id": subject_id, "seen_ms": to_ms(now)})
    return db.scalar(sa.select(SEEN.c.seq).where(SEEN.c.subject_id == subject_id)) or 0
