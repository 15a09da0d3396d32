"""Still valid? Publishers are asked in time; what is renewed again and again is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.market.capacity import MATCHABLE
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.renewal import renew_load as _renew_load
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.tables import CAPACITY, LOAD
from haoyun.platform.publishing.flags import examine
from haoyun.tracking.instants import to_ms

ASK_BEFORE = timedelta(hours=2)
SHARE = 4  # an offer for an hour is asked about in its last quarter, not at once
MOST = 500


def renew_load(db: sa.Connection, actor: Actor, load_id: str, now: datetime, context: MatchContext) -> Load:
    """Still valid: see market.renewal; and a load that is kept alive without answering is flagged."""
    load = _renew_load(db, actor, load_id, now, context)
    examine(db, load, now)
    return load


def ask_validity(db: sa.Connection, now: datetime) -> int:
    """Ask publishers whose offers expire soon, each once an expiry. Returns how many were asked."""
    loads = _expiring(db, LOAD, LOAD.c.expires_ms, [LoadState.OPEN.value], now)
    trucks = _expiring(db, CAPACITY, CAPACITY.c.ready_end_ms, [state.value for state in MATCHABLE], now)
    return sum(_ask(db, row, "load_id", now) for row in loads) + sum(
        _ask(db, row, "capacity_id", now) for row in trucks
    )


def _expiring(
    db: sa.Connection, table: sa.Table, end: sa.Column[int], states: list[str], now: datetime
) -> list[sa.Row[tuple[object, ...]]]:
    life = end - table.c.posted_ms
    soon = (
        table.c.state.in_(states),
        end > to_ms(now),
        end <= to_ms(now + ASK_BEFORE),
        end - life / SHARE <= to_ms(now),
    )
    return list(db.execute(sa.select(table, end.label("end_ms")).where(*soon).order_by(end).limit(MOST)))


def _ask(db: sa.Connection, row: sa.Row[tuple[object, ...]], name: str, now: datetime) -> bool:
    data: dict[str, str | float | bool] = {
        name: row.id,
        "lane_zh": f"{row.origin_name_zh} → {row.destination_name_zh or '不限'}",
        "lane_en": f"{row.origin_name_en} → {row.destination_name_en or 'anywhere'}",
    }
    return raise_notice(db, row.org_id, NoticeKind.STILL_VALID, (row.id, row.end_ms), data, now)
