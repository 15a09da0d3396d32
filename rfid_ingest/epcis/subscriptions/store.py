"""Subscriptions: kept, listed, ended; what is due, and what became of a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.errors import NotFound, SubscriptionRefused
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, SUBSCRIPTION
from haoyun.rfid_ingest.epcis.subscriptions.queries_store import get_query
from haoyun.rfid_ingest.epcis.subscriptions.schedule import parse_schedule
from haoyun.rfid_ingest.epcis.subscriptions.subscription import Wish
from haoyun.rfid_ingest.epcis.translate import EpcFormat
from haoyun.tracking.instants import find_instant, from_ms, to_ms

FIRST_PAUSE = timedelta(seconds=2)  # after a failed delivery; doubled with each, up to the longest
LONGEST_PAUSE = timedelta(minutes=15)
MOST_OF_OWNER = 100  # subscriptions of one organization
LEASE = timedelta(minutes=1)  # several times as long as a delivery may take
_NEVER_MS = 253_402_300_799_000  # the end of the calendar: a schedule that has no next time


@dataclass(frozen=True, slots=True)
class Subscription:
    """A kept subscription; `cursor` is the number of the last event that was looked at."""

    id: str
    owner: int
    query_name: str
    dest: str
    signature_token: str | None
    schedule: Mapping[str, Any] | None
    report_if_empty: bool
    epc_format: EpcFormat
    initial_record_time: datetime
    created_at: datetime
    notified_at: datetime | None
    cursor: int
    due_at: datetime
    failures: int
    problem: str | None


def subscribe(
    db: sa.Connection, owner: int, query_name: str, wish: Wish, subscription_id: str, now: datetime
) -> Subscription:
    """Keep a subscription to a named query.

    Raises NotFound for a query that is none, SubscriptionRefused when the organization has as many as it may have.
    """
    get_query(db, owner, query_name)
    kept = db.scalar(sa.select(sa.func.count()).where(SUBSCRIPTION.c.owner == owner)) or 0
    if kept >= MOST_OF_OWNER:
        raise SubscriptionRefused(
            f"your organization has {kept} subscriptions, as many as it may; end one first"
        )
    since = wish.initial_record_time or now
    last = EVENT.c.recorded_ms < to_ms(since)
    cursor = db.scalar(sa.select(sa.func.max(EVENT.c.seq)).where(EVENT.c.owner == owner, last)) or 0
    row = {
        "id": subscription_id,
        "owner": owner,
        "query_name": query_name,
        "dest": wish.dest,
        "signature_token": wish.signature_token,
        "schedule": None if wish.schedule is None else orjson.dumps(wish.schedule).decode(),
        "report_if_empty": wish.report_if_empty,
        "epc_format": wish.epc_format.value,
        "initial_ms": to_ms(since),
        "created_ms": to_ms(now),
        "notified_ms": None,
        "cursor": cursor,
        "due_ms": _next_ms(wish.schedule, now),
        "failures": 0,
        "problem": None,
    }
    db.execute(SUBSCRIPTION.insert().values(row))
    return get_subscription(db, owner, query_name, subscription_id)


def get_subscription(db: sa.Connection, owner: int, query_name: str, subscription_id: str) -> Subscription:
    """The subscription of this id. Raises NotFound."""
    t = SUBSCRIPTION.c
    query = sa.select(SUBSCRIPTION).where(
        t.id == subscription_id, t.owner == owner, t.query_name == query_name
    )
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no subscription {subscription_id[:60]!r} to {query_name[:60]!r}")
    return _subscription(row)


def list_subscriptions(
    db: sa.Connection, owner: int, query_name: str, limit: int, after: str = ""
) -> list[Subscription]:
    """The subscriptions to a query behind `after`, by id. Raises NotFound for a query that is none."""
    get_query(db, owner, query_name)
    t = SUBSCRIPTION.c
    query = sa.select(SUBSCRIPTION).where(t.owner == owner, t.query_name == query_name, t.id > after)
    return [_subscription(row) for row in db.execute(query.order_by(t.id).limit(limit))]


def unsubscribe(db: sa.Connection, owner: int, query_name: str, subscription_id: str) -> None:
    """End a subscription. Raises NotFound."""
    get_subscription(db, owner, query_name, subscription_id)
    db.execute(SUBSCRIPTION.delete().where(SUBSCRIPTION.c.id == subscription_id))


def due_subscriptions(db: sa.Connection, now: datetime, limit: int = 100) -> list[Subscription]:
    """What is to be served now: streams with something new behind their cursor, schedules at their times, failed ones
    after their pause. The owners by turns, so that one with many keeps nobody waiting.
    """
    t = SUBSCRIPTION.c
    last = sa.select(sa.func.coalesce(sa.func.max(EVENT.c.seq), 0)).scalar_subquery()
    turn = sa.func.row_number().over(partition_by=t.owner, order_by=(t.due_ms, t.id)).label("turn")
    due = sa.select(SUBSCRIPTION, turn).where(
        t.due_ms <= to_ms(now), t.schedule.is_not(None) | (t.cursor < last)
    )
    ranked = due.subquery()
    query = sa.select(ranked).order_by(ranked.c.turn, ranked.c.due_ms, ranked.c.id).limit(limit)
    return [_subscription(row) for row in db.execute(query)]


def claim(db: sa.Connection, subscription: Subscription, now: datetime) -> bool:
    """Take a due subscription, so that no other worker serves it within the lease. False when one was quicker."""
    t = SUBSCRIPTION.c
    mine = SUBSCRIPTION.update().where(t.id == subscription.id, t.due_ms == to_ms(subscription.due_at))
    return db.execute(mine.values(due_ms=to_ms(now + LEASE))).rowcount == 1


def delivered(
    db: sa.Connection, subscription: Subscription, cursor: int, now: datetime, *, notified: bool, more: bool
) -> None:
    """The receiver has everything up to the cursor; `more` waits behind it."""
    due_ms = to_ms(now) if more else _next_ms(subscription.schedule, now)
    changes = {"cursor": cursor, "due_ms": due_ms, "failures": 0, "problem": None}
    if notified:
        changes["notified_ms"] = to_ms(now)
    db.execute(SUBSCRIPTION.update().where(SUBSCRIPTION.c.id == subscription.id).values(changes))


def failed(db: sa.Connection, subscription: Subscription, problem: str, now: datetime) -> None:
    """The receiver did not take it: again after a pause that grows."""
    pause = min(FIRST_PAUSE * 2 ** min(subscription.failures, 20), LONGEST_PAUSE)
    changes = {"failures": subscription.failures + 1, "problem": problem[:300], "due_ms": to_ms(now + pause)}
    db.execute(SUBSCRIPTION.update().where(SUBSCRIPTION.c.id == subscription.id).values(changes))


def _next_ms(schedule: Mapping[str, Any] | None, now: datetime) -> int:
    if schedule is None:
        return to_ms(now)
    due = parse_schedule(schedule).next(now)
    return _NEVER_MS if due is None else to_ms(due)


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        owner=row.owner,
        query_name=row.query_name,
        dest=row.dest,
        signature_token=row.signature_token,
        schedule=None if row.schedule is None else orjson.loads(row.schedule),
        report_if_empty=row.report_if_empty,
        epc_format=EpcFormat(row.epc_format),
        initial_record_time=from_ms(row.initial_ms),
        created_at=from_ms(row.created_ms),
        notified_at=find_instant(row.notified_ms),
        cursor=row.cursor,
        due_at=from_ms(row.due_ms),
        failures=row.failures,
        problem=row.problem,
    )
