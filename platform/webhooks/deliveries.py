"""Deliveries: what each webhook is told, when it was tried, what stood in the way, and what was given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_own
from haoyun.platform.market.errors import NotFound
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.values import Page
from haoyun.platform.webhooks.event import Event, EventType
from haoyun.platform.webhooks.store import get_webhook
from haoyun.platform.webhooks.tables import DELIVERY
from haoyun.platform.webhooks.webhook import Webhook
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

KEEP = timedelta(days=30)  # of what was delivered or given up: as long as a receiver may ask what it was told
_FORGET_AT_ONCE = 5_000


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"  # to be sent, or sent again
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; it can be sent again by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one webhook. `problem` is what the last try met; `next_at` None: it is not tried again."""

    id: int
    webhook_id: str
    event_id: str
    type: EventType
    subject_id: str
    body: str
    occurred_at: datetime
    created_at: datetime
    tries: int
    next_at: datetime | None
    tried_at: datetime | None
    delivered_at: datetime | None
    dead_at: datetime | None
    problem: str

    @property
    def state(self) -> DeliveryState:
        """How far it is."""
        if self.delivered_at is not None:
            return DeliveryState.DELIVERED
        return DeliveryState.DEAD if self.dead_at is not None else DeliveryState.WAITING


def queue_event(db: sa.Connection, webhooks: Iterable[Webhook], event: Event, now: datetime) -> int:
    """A delivery for each webhook that wants the event, at most one each. Returns how many are new."""
    wanting = [webhook for webhook in webhooks if webhook.wants(event)]
    return sum(_queue(db, webhook, event, now) for webhook in wanting)


def queue_test(db: sa.Connection, actor: Actor, webhook_id: str, now: datetime) -> Delivery:
    """A message that says it is a test, also for a paused webhook. Raises NotFound, NotAllowed."""
    webhook = get_webhook(db, webhook_id, actor)
    must_own(actor, webhook.org_id)
    event = Event(
        id=new_id("evt"),
        type=EventType.WEBHOOK_TEST,
        subject_id=webhook.id,
        version=webhook.version,
        at=now,
        data={"webhook_id": webhook.id, "name": webhook.name},
        concerned=frozenset({webhook.org_id}),
    )
    _queue(db, webhook, event, now)
    row = db.execute(sa.select(DELIVERY).where(DELIVERY.c.event_id == event.id)).one()
    return _delivery(row)


def list_deliveries(
    db: sa.Connection,
    viewer: Actor,
    webhook_id: str,
    state: DeliveryState | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Page[Delivery]:
    """One page of a webhook's deliveries, the newest first. Raises NotFound, FieldErrors for a bad marker."""
    get_webhook(db, webhook_id, viewer)
    query = sa.select(DELIVERY).where(DELIVERY.c.webhook_id == webhook_id)
    if state is not None:
        query = query.where(_is(state))
    paged = keyset(query, DELIVERY.c.id, DELIVERY.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    return Page(tuple(_delivery(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def get_delivery(db: sa.Connection, viewer: Actor, webhook_id: str, delivery_id: int) -> Delivery:
    """One delivery. Raises NotFound."""
    get_webhook(db, webhook_id, viewer)
    one = (DELIVERY.c.id == delivery_id, DELIVERY.c.webhook_id == webhook_id)
    row = db.execute(sa.select(DELIVERY).where(*one)).one_or_none()
    if row is None:
        raise NotFound
    return _delivery(row)


def resend(db: sa.Connection, actor: Actor, webhook_id: str, delivery_id: int, now: datetime) -> Delivery:
    """Send it (again) now, with fresh tries; the event keeps its id. Raises NotFound, NotAllowed."""
    must_own(actor, get_webhook(db, webhook_id, actor).org_id)
    one = (DELIVERY.c.id == delivery_id, DELIVERY.c.webhook_id == webhook_id)
    if not db.execute(sa.update(DELIVERY).where(*one).values(_fresh(now))).rowcount:
        raise NotFound
    return get_delivery(db, actor, webhook_id, delivery_id)


def resend_dead(db: sa.Connection, actor: Actor, webhook_id: str, now: datetime) -> int:
    """Send everything that was given up. Returns how many. Raises NotFound, NotAllowed."""
    must_own(actor, get_webhook(db, webhook_id, actor).org_id)
    dead = (DELIVERY.c.webhook_id == webhook_id, _is(DeliveryState.DEAD))
    return db.execute(sa.update(DELIVERY).where(*dead).values(_fresh(now))).rowcount


def count_deliveries(db: sa.Connection, webhook_ids: Iterable[str]) -> dict[str, dict[DeliveryState, int]]:
    """How many deliveries of each webhook wait and are dead; whoever calls knows that the viewer may see them."""
    found: dict[str, dict[DeliveryState, int]] = {}
    waiting = sa.func.sum(sa.case((_is(DeliveryState.WAITING), 1), else_=0)).label("waiting")
    dead = sa.func.sum(sa.case((_is(DeliveryState.DEAD), 1), else_=0)).label("dead")
    open_ = (DELIVERY.c.webhook_id.in_(set(webhook_ids)), DELIVERY.c.done_ms.is_(None))
    query = sa.select(DELIVERY.c.webhook_id, waiting, dead).where(*open_).group_by(DELIVERY.c.webhook_id)
    for row in db.execute(query):
        found[row.webhook_id] = {DeliveryState.WAITING: row.waiting, DeliveryState.DEAD: row.dead}
    return found


def forget_old(db: sa.Connection, now: datetime) -> int:
    """Drop what was delivered or given up longer ago than KEEP, some at a time. Returns how many."""
    old = (DELIVERY.c.created_ms < to_ms(now - KEEP), DELIVERY.c.next_ms.is_(None))
    ids = list(db.scalars(sa.select(DELIVERY.c.id).where(*old).limit(_FORGET_AT_ONCE)))
    if ids:
        db.execute(sa.delete(DELIVERY).where(DELIVERY.c.id.in_(ids)))
    return len(ids)


def _queue(db: sa.Connection, webhook: Webhook, event: Event, now: datetime) -> bool:
    row = {
        "webhook_id": webhook.id,
        "event_id": event.id,
        "type": event.type.value,
        "subject_id": event.subject_id,
        "body": event.body(webhook.org_id),
        "at_ms": to_ms(event.at),
        "created_ms": to_ms(now),
        "tries": 0,
        "next_ms": to_ms(now),
        "problem": "",
    }
    return insert_new(db, DELIVERY, row)


def _fresh(now: datetime) -> dict[str, Any]:
    return {"tries": 0, "next_ms": to_ms(now), "done_ms": None, "dead_ms": None, "problem": ""}


def _is(state: DeliveryState) -> sa.ColumnElement[bool]:
    c = DELIVERY.c
    if state is DeliveryState.DELIVERED:
        return c.done_ms.is_not(None)
    return c.dead_ms.is_not(None) if state is DeliveryState.DEAD else c.next_ms.is_not(None)


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event_id=row.event_id,
        type=EventType(row.type),
        subject_id=row.subject_id,
        body=row.body,
        occurred_at=from_ms(row.at_ms),
        created_at=from_ms(row.created_ms),
        tries=row.tries,
        next_at=find_instant(row.next_ms),
        tried_at=find_instant(row.tried_ms),
        delivered_at=find_instant(row.done_ms),
        dead_at=find_instant(row.dead_ms),
        problem=row.problem,
    )
