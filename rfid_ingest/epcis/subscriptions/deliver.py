"""What subscribers are told: the events behind their cursor that their query finds, in documents of bounded size.

The cursor moves in the transaction after the receiver has answered: a process that dies in between tells the receiver
the same again, never nothing. Receivers know events by their eventID.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
import sqlalchemy as sa
import structlog

from haoyun.rfid_ingest.epcis.errors import DeliveryFailed, NotFound
from haoyun.rfid_ingest.epcis.query.parse import parse_query
from haoyun.rfid_ingest.epcis.repository.answer import answer_of, as_json
from haoyun.rfid_ingest.epcis.repository.search import matches
from haoyun.rfid_ingest.epcis.repository.tables import EVENT
from haoyun.rfid_ingest.epcis.subscriptions import store
from haoyun.rfid_ingest.epcis.subscriptions.queries_store import get_query
from haoyun.rfid_ingest.epcis.subscriptions.store import Subscription
from haoyun.rfid_ingest.errors import RfidError

EVENTS_A_DOCUMENT = 100
BURST_S = 5.0  # so long a receiver that keeps up is told on and on; then others get its place
NUMBERS_A_LOOK = 5_000  # events looked at for one document

Transaction = Callable[[], AbstractContextManager[sa.Connection]]
Post = Callable[[str, bytes, str | None], None]
# What an event or a query that is stored already may bring about: it is the trouble of one subscription alone.
_UNFIT = (RfidError, ValueError, TypeError, AttributeError, LookupError)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What a receiver gets next: a document (None: nothing to say), and how far it reaches."""

    body: bytes | None
    cursor: int
    more: bool


def due_now(reading: Transaction, now: datetime) -> list[Subscription]:
    """The subscriptions that are due, the organizations by turns."""
    with reading() as db:
        return store.due_subscriptions(db, now)


def serve(reading: Transaction, writing: Transaction, post: Post, one: Subscription, now: datetime) -> int:
    """Tell one receiver what it has to know, for some seconds at most. Returns how many documents were taken."""
    end = time.monotonic() + BURST_S
    taken = 0
    while True:
        told = _tell(reading, writing, post, one, now)
        if told is None:
            return taken
        taken += told.body is not None
        if not told.more or time.monotonic() > end:
            return taken
        one = replace(one, cursor=told.cursor, due_at=now, failures=0)


def _tell(
    reading: Transaction, writing: Transaction, post: Post, one: Subscription, now: datetime
) -> _Parcel | None:
    """One document. None where there was nobody to tell, or it was not taken."""
    with writing() as db:
        if not store.claim(db, one, now):
            return None
    with reading() as db:
        try:
            parcel = _evaluated(db, one, now)
        except NotFound:  # the query and with it the subscription were deleted a moment ago
            return None
    if isinstance(parcel, str):
        with writing() as db:
            store.failed(db, one, parcel, now)
        return None
    try:
        if parcel.body is not None:
            post(one.dest, parcel.body, one.signature_token)
    except DeliveryFailed as error:
        log.warning(
            "subscriber not reached", subscription=one.id, problem=str(error), failures=one.failures + 1
        )
        with writing() as db:
            store.failed(db, one, str(error), now)
        return None
    with writing() as db:
        store.delivered(db, one, parcel.cursor, now, notified=parcel.body is not None, more=parcel.more)
    return parcel


def _evaluated(db: sa.Connection, one: Subscription, now: datetime) -> _Parcel | str:
    """What the receiver gets next, or what stands in the way. Raises NotFound."""
    try:
        return _parcel(db, one, now)
    except NotFound:
        raise
    except _UNFIT as error:
        log.error("subscription cannot be evaluated", subscription=one.id, exc_info=True)
        return f"the query cannot be answered: {error}"


def _parcel(db: sa.Connection, one: Subscription, now: datetime) -> _Parcel:
    last = _last(db)
    up_to = min(last, one.cursor + NUMBERS_A_LOOK)
    query = parse_query(get_query(db, one.owner, one.query_name).parameters)
    events = []
    for event in matches(db, one.owner, query, one.cursor, up_to):
        events.append(event)
        if len(events) == EVENTS_A_DOCUMENT:
            up_to = event.seq
            break
    more = up_to < last
    if not events and (more or not one.report_if_empty):
        return _Parcel(None, up_to, more)
    document = as_json(answer_of(db, one.owner, events, one.epc_format), now, one.query_name, one.id)
    return _Parcel(orjson.dumps(document), up_to, more)


def _last(db: sa.Connection) -> int:
    return db.scalar(sa.select(sa.func.max(EVENT.c.seq))) or 0
