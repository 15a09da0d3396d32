"""Stored EPCIS events of this platform's own gates: appended once each under their hash, found by id and by EPC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.documents.context import STANDARD
from haoyun.rfid_ingest.epcis.filing import file_event, id_key
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.model import CONTEXT, Event
from haoyun.rfid_ingest.epcis.repository.append import append
from haoyun.rfid_ingest.epcis.repository.contexts import keep_context
from haoyun.rfid_ingest.epcis.repository.owners import owner_of
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent, stored_of
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY, OWNER
from haoyun.rfid_ingest.errors import EventNotFound
from haoyun.tracking.instants import to_ms

__all__ = [
    "StoredEvent",
    "append_events",
    "count_events",
    "events_of_epc",
    "get_event",
    "get_events",
    "list_events",
]


def append_events(
    db: sa.Connection, events: Sequence[Event], org_ids: Sequence[str], now: datetime
) -> list[int]:
    """Store events of these organizations under their hash, each once.

    For each its number, an old one if it was stored before.
    """
    context_id = keep_context(db, [CONTEXT]) if events else None
    seqs = [0] * len(events)
    for org_id in dict.fromkeys(org_ids):
        places = [place for place, one in enumerate(org_ids) if one == org_id]
        filings = [file_event(events[place].to_json(), STANDARD) for place in places]
        done = append(db, owner_of(db, org_id), filings, to_ms(now), [context_id] * len(places))
        for place, seq in zip(places, done.seqs, strict=True):
            seqs[place] = seq
    return seqs


def get_event(db: sa.Connection, event_id: str) -> StoredEvent:
    """The first stored event of that id, whoever owns it. Raises EventNotFound."""
    owners = db.scalars(sa.select(OWNER.c.owner))
    keys = [id_key(owner, event_id) for owner in owners]
    query = sa.select(EVENT).where(EVENT.c.id_key.in_(keys)).order_by(EVENT.c.seq).limit(1)
    row = db.execute(query).one_or_none()
    if row is None:
        raise EventNotFound(f"no event {event_id[:120]!r} is stored")
    return stored_of(row)


def list_events(db: sa.Connection, limit: int = 30, before_seq: int | None = None) -> list[StoredEvent]:
    """The events recorded last, newest first; `before_seq` continues where an earlier list ended."""
    query = sa.select(EVENT).order_by(EVENT.c.seq.desc()).limit(limit)
    if before_seq is not None:
        query = query.where(EVENT.c.seq < before_seq)
    return [stored_of(row) for row in db.execute(query)]


def events_of_epc(db: sa.Connection, epc_uri: str, since: datetime | None = None) -> list[StoredEvent]:
    """All events that name the EPC in any role, by event time."""
    owners = sa.select(OWNER.c.owner)
    numbers = sa.select(EVENT_KEY.c.event_seq).where(
        EVENT_KEY.c.owner.in_(owners), EVENT_KEY.c.value == index_key(epc_uri)
    )
    query = sa.select(EVENT).where(EVENT.c.seq.in_(numbers))
    if since is not None:
        query = query.where(EVENT.c.event_ms >= to_ms(since))
    return [stored_of(row) for row in db.execute(query.order_by(EVENT.c.event_ms, EVENT.c.seq))]


def get_events(db: sa.Connection, seqs: Sequence[int]) -> list[StoredEvent]:
    """The events of these numbers, by event time."""
    query = sa.select(EVENT).where(EVENT.c.seq.in_(seqs))
    return [stored_of(row) for row in db.execute(query.order_by(EVENT.c.event_ms, EVENT.c.seq))]


def count_events(db: sa.Connection) -> int:
    """How many events are stored."""
    return db.scalar(sa.select(sa.func.count()).select_from(EVENT)) or 0
