"""The follower that turns what happened into deliveries, one for each webhook that wants it.

It reads rows that were written in the transaction of the change itself (market_events.py, order_events.py), and marks
them, or moves its cursor, in the transaction that writes the deliveries: killed at any moment, it loses nothing and
writes nothing twice.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.market.tables import EVENT as MARKET_EVENT
from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.tables import AUCTION_EVENT, QUOTE_EVENT
from haoyun.platform.webhooks.deliveries import queue_event
from haoyun.platform.webhooks.event import Event, EventType
from haoyun.platform.webhooks.market_events import tell_auctions, tell_matches, tell_offers, tell_quotes
from haoyun.platform.webhooks.order_events import TRACKING, tell_exceptions, tell_orders
from haoyun.platform.webhooks.store import listening
from haoyun.platform.webhooks.webhook import Webhook
from haoyun.tracking.events_store import events_after

BATCH = 500


def follow_changes(databases: Databases, now: datetime) -> int:
    """Queue what webhooks are to be told of offers, quotes, orders and matches. Returns how many deliveries are new."""
    with reading(databases.platform).connect() as db:
        webhooks = listening(db)
        if not webhooks and not _anything_untold(db):
            return 0
    with databases.platform.begin() as db:
        told = _Teller(db, listening(db), now)
        tell_offers(db, told, now)
        tell_quotes(db, told, now)
        tell_auctions(db, told, now)
        tell_orders(db, told)
        wanting = {one.org_id for one in told.webhooks if not one.types or EventType.MATCH_FOUND in one.types}
        tell_matches(db, wanting, told, now)
        return told.queued


def follow_exceptions(databases: Databases, now: datetime) -> int:
    """Queue what webhooks are to be told of the road. Returns how many deliveries are new."""
    with reading(databases.platform).connect() as db:
        webhooks = listening(db)
    with databases.platform.begin() as db:
        start = cursor(db, TRACKING)
        with reading(databases.tracking).connect() as tracking:
            events, end = events_after(tracking, start, BATCH)
        told = _Teller(db, webhooks, now)
        tell_exceptions(db, events, told)
        if end != start:
            save_cursor(db, TRACKING, end)
        return told.queued


class _Teller:
    """Queues events, and counts what is new."""

    def __init__(self, db: sa.Connection, webhooks: list[Webhook], now: datetime) -> None:
        self.webhooks, self.queued = webhooks, 0
        self._db, self._now = db, now

    def __call__(self, event: Event) -> None:
        self.queued += queue_event(self._db, self.webhooks, event, self._now)


def _anything_untold(db: sa.Connection) -> bool:
    """An idle platform without webhooks takes no write lock."""
    return any(
        db.execute(sa.select(table.c.seq).where(table.c.told_ms.is_(None)).limit(1)).first()
        for table in (MARKET_EVENT, QUOTE_EVENT, AUCTION_EVENT)
    )
