"""Stored EPCIS events: appended once each under their hash, found by id and by EPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.hash import event_hash
from haoyun.rfid_ingest.epcis.model import Event, rfc3339
from haoyun.rfid_ingest.errors import EventNotFound
from haoyun.rfid_ingest.tables import EPCIS_EVENT, EVENT_EPC
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import upsert


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the store keeps it; `document` is its EPCIS 2.0 JSON with eventID and recordTime."""

    seq: int
    event_id: str
    event_time: datetime
    recorded_at: datetime
    document: Mapping[str, Any]


def append_events(db: sa.Connection, events: Sequence[Event], now: datetime) -> list[int]:
    """Store events under their hash, each once. For each its number, an old one if it was stored before."""
    return [_append(db, event, now) for event in events]


def get_event(db: sa.Connection, event_id: str) -> StoredEvent:
    """The event of that id. Raises EventNotFound."""
    row = db.execute(sa.select(EPCIS_EVENT).where(EPCIS_EVENT.c.event_id == event_id)).one_or_none()
    if row is None:
        raise EventNotFound(f"no event {event_id[:120]!r} is stored")
    return _stored(row)


def list_events(db: sa.Connection, limit: int = 30, before_seq: int | None = None) -> list[StoredEvent]:
    """The events recorded last, newest first; `before_seq` continues where an earlier list ended."""
    query = sa.select(EPCIS_EVENT).order_by(EPCIS_EVENT.c.seq.desc()).limit(limit)
    if before_seq is not None:
        query = query.where(EPCIS_EVENT.c.seq < before_seq)
    return [_stored(row) for row in db.execute(query)]


def events_of_epc(db: sa.Connection, epc_uri: str, since: datetime | None = None) -> list[StoredEvent]:
    """All events that name the EPC in any role, by event time."""
    numbers = sa.select(EVENT_EPC.c.event_seq).where(EVENT_EPC.c.epc == epc_uri)
    query = sa.select(EPCIS_EVENT).where(EPCIS_EVENT.c.seq.in_(numbers))
    if since is not None:
        query = query.where(EPCIS_EVENT.c.event_ms >= to_ms(since))
    return [_stored(row) for row in db.execute(query.order_by(EPCIS_EVENT.c.event_ms, EPCIS_EVENT.c.seq))]


def get_events(db: sa.Connection, seqs: Sequence[int]) -> list[StoredEvent]:
    """The events of these numbers, by event time."""
    query = sa.select(EPCIS_EVENT).where(EPCIS_EVENT.c.seq.in_(seqs))
    return [_stored(row) for row in db.execute(query.order_by(EPCIS_EVENT.c.event_ms, EPCIS_EVENT.c.seq))]


def count_events(db: sa.Connection) -> int:
    """How many events are stored."""
    return db.scalar(sa.select(sa.func.count()).select_from(EPCIS_EVENT)) or 0


def _append(db: sa.Connection, event: Event, now: datetime) -> int:
    document = event.to_json()
    row = {
        "event_id": event_hash(document),
        "event_type": event.type,
        "action": document.get("action"),
        "event_ms": to_ms(event.event_time),
        "tz_offset": event.tz_offset,
        "biz_step": event.biz_step,
        "disposition": event.disposition,
        "read_point": event.read_point,
        "biz_location": event.biz_location,
        "document": orjson.dumps(document).decode(),
        "recorded_ms": to_ms(now),
    }
    insert = upsert(db, EPCIS_EVENT).values(row).on_conflict_do_nothing().returning(EPCIS_EVENT.c.seq)
    seq: int | None = db.scalar(insert)
    if seq is None:
        return get_event(db, str(row["event_id"])).seq
    if event.epcs:
        db.execute(EVENT_EPC.insert(), [{"event_seq": seq, "epc": e, "role": r} for e, r in event.epcs])
    return seq


def _stored(row: Any) -> StoredEvent:
    recorded = from_ms(row.recorded_ms)
    document = {**orjson.loads(row.document), "eventID": row.event_id, "recordTime": rfc3339(recorded)}
    return StoredEvent(row.seq, row.event_id, from_ms(row.event_ms), recorded, document)
