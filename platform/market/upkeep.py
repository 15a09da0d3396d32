"""What time does to the market, and its figures."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.market.capacity import MATCHABLE, CapacityState
from haoyun.platform.market.history import record
from haoyun.platform.market.load import LoadState
from haoyun.platform.market.matches_store import drop_matches
from haoyun.platform.market.tables import CAPACITY, LOAD, MATCH
from haoyun.tracking.instants import to_ms

_CHUNK = 500
_MATCHABLE = [state.value for state in MATCHABLE]


def expire(db: sa.Connection, now: datetime) -> int:
    """Close offers whose time is over. Returns how many."""
    loads = (LOAD.c.state == LoadState.OPEN.value, LOAD.c.expires_ms <= to_ms(now))
    capacities = (CAPACITY.c.state.in_(_MATCHABLE), CAPACITY.c.ready_end_ms <= to_ms(now))
    closed = _close(db, LOAD, loads, LoadState.EXPIRED, now)
    closed += _close(db, CAPACITY, capacities, CapacityState.EXPIRED, now)
    for start in range(0, len(closed), _CHUNK):
        ids = closed[start : start + _CHUNK]
        drop_matches(db, load_ids=ids, capacity_ids=ids)
    return len(closed)


def _close(
    db: sa.Connection,
    table: sa.Table,
    over: tuple[sa.ColumnElement[bool], ...],
    state: LoadState | CapacityState,
    now: datetime,
) -> list[str]:
    closed = sa.update(table).where(*over).values(state=state.value, version=table.c.version + 1)
    rows = db.execute(closed.returning(table.c.id, table.c.version)).all()
    for row in rows:
        record(db, row.id, row.version, state, None, now, "expired")
    return [row.id for row in rows]


def count_market(db: sa.Connection) -> dict[str, int]:
    """Open loads, open capacities and the matches between them."""
    load_open, capacity_open = LOAD.c.state == LoadState.OPEN.value, CAPACITY.c.state.in_(_MATCHABLE)
    count = sa.select(sa.func.count())
    pairs = (
        count.select_from(MATCH)
        .join(LOAD, LOAD.c.id == MATCH.c.load_id)
        .join(CAPACITY, CAPACITY.c.id == MATCH.c.capacity_id)
    )
    return {
        "loads_open": db.scalar(count.select_from(LOAD).where(load_open)) or 0,
        "capacities_open": db.scalar(count.select_from(CAPACITY).where(capacity_open)) or 0,
        "matches": db.scalar(pairs.where(load_open, capacity_open)) or 0,
    }
