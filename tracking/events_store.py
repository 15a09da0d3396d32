"""The events of devices: appended, amended when a late fix moved them, readable behind a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.tracking.events import FROM_FIXES, EventKind, RecordedEvent, TrackEvent
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.locks import own_milestones
from haoyun.tracking.meaning_tables import EVENT
from haoyun.tracking.steps.fold import Key
from haoyun.tracking.tables import DEVICE, insert_new

_FROM_FIXES = [kind.value for kind in sorted(FROM_FIXES)]


def append_events(db: sa.Connection, device_id: int, events: Sequence[TrackEvent], now: datetime) -> None:
    """Record events; one that is recorded already is ignored."""
    if not events:
        return
    own_milestones(db)  # numbers of events become visible in their order, too
    for event in events:
        insert_new(db, EVENT, _row(device_id, event, now))


def settle_events(
    db: sa.Connection, device_id: int, after: Key, events: Sequence[TrackEvent], now: datetime
) -> None:
    """Make the events of a device behind `after` be these: what is new is told, what moved is amended.

    An event that vanished is withdrawn; if another of the same kind and subject appeared, that one amends it.
    """
    told = _told(db, device_id, after)
    wanted = {event.key: event for event in events}
    same = {key for key, row in told.items() if key in wanted and _same(row, wanted[key])}
    # A row that was withdrawn before stays as it is, unless its event is back.
    gone = [
        row for key, row in told.items() if key not in same and (row.withdrawn_ms is None or key in wanted)
    ]
    new = [event for key, event in wanted.items() if key not in same]
    if not gone and not new:
        return
    own_milestones(db)
    db.execute(EVENT.delete().where(EVENT.c.id.in_([row.id for row in gone])))
    for event in new:
        old = next((row for row in gone if (row.kind, row.subject) == (event.kind, event.subject)), None)
        old = next((row for row in gone if _key(row) == event.key), old)
        if old is not None:
            gone.remove(old)
        db.execute(EVENT.insert(), _row(device_id, event, now) | {"amends": _first(old)})
    for row in gone:
        if row.withdrawn_ms is None and _key(row) not in wanted:
            back = {name: value for name, value in row._mapping.items() if name != "id"}
            back |= {"amends": _first(row), "withdrawn_ms": to_ms(now)}
            db.execute(EVENT.insert(), back)


def events_after(db: sa.Connection, cursor: int, limit: int = 500) -> tuple[list[RecordedEvent], int]:
    """Up to `limit` events recorded or changed after `cursor`, withdrawn ones too, and the next cursor."""
    rows = db.execute(_query().where(EVENT.c.id > cursor).order_by(EVENT.c.id).limit(limit)).all()
    found = [_recorded(row) for row in rows]
    return found, found[-1].id if found else cursor


def last_event(db: sa.Connection) -> int:
    """The cursor behind everything so far."""
    return db.scalar(sa.select(sa.func.max(EVENT.c.id))) or 0


def events_of_device(
    db: sa.Connection, device_id: int, start: datetime, end: datetime, limit: int = 1000
) -> list[RecordedEvent]:
    """The events of one device from `start` until before `end`, oldest first; withdrawn ones are left out."""
    query = _query().where(
        EVENT.c.device_id == device_id,
        EVENT.c.at_ms >= to_ms(start),
        EVENT.c.at_ms < to_ms(end),
        EVENT.c.withdrawn_ms.is_(None),
    )
    return [_recorded(row) for row in db.execute(query.order_by(EVENT.c.at_ms, EVENT.c.id).limit(limit))]


def events_of_journeys(db: sa.Connection, journey_ids: Iterable[str]) -> list[RecordedEvent]:
    """The events of journeys, oldest first; withdrawn ones are left out."""
    query = _query().where(EVENT.c.journey_id.in_(set(journey_ids)), EVENT.c.withdrawn_ms.is_(None))
    return [_recorded(row) for row in db.execute(query.order_by(EVENT.c.at_ms, EVENT.c.id))]


def _told(db: sa.Connection, device_id: int, after: Key) -> dict[tuple[str, str, int, int], Any]:
    t = EVENT.c
    later = sa.or_(t.at_ms > after[0], sa.and_(t.at_ms == after[0], t.seq > after[1]))
    query = sa.select(EVENT).where(t.device_id == device_id, later, t.kind.in_(_FROM_FIXES))
    return {_key(row): row for row in db.execute(query.order_by(t.id))}


def _key(row: Any) -> tuple[str, str, int, int]:
    return (row.kind, row.subject, row.at_ms, row.seq)


def _same(row: Any, event: TrackEvent) -> bool:
    return (
        row.withdrawn_ms is None and row.data == _data(event) and (row.lat, row.lon) == (event.lat, event.lon)
    )


def _first(row: Any) -> int | None:
    """The number under which the event was told the very first time."""
    return None if row is None else row.amends or row.id


def _query() -> sa.Select[Any]:
    return sa.select(EVENT, DEVICE.c.org_id, DEVICE.c.vehicle_id).join(
        DEVICE, DEVICE.c.id == EVENT.c.device_id
    )


def _data(event: TrackEvent) -> str:
    return orjson.dumps(dict(event.data)).decode()


def _row(device_id: int, event: TrackEvent, now: datetime) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "at_ms": event.at_ms,
        "seq": event.seq,
        "kind": event.kind.value,
        "subject": event.subject,
        "journey_id": event.journey_id,
        "lat": event.lat,
        "lon": event.lon,
        "data": _data(event),
        "recorded_ms": to_ms(now),
    }


def _recorded(row: Any) -> RecordedEvent:
    event = TrackEvent(
        EventKind(row.kind),
        row.at_ms,
        row.seq,
        row.subject,
        row.lat,
        row.lon,
        row.journey_id,
        orjson.loads(row.data),
    )
    return RecordedEvent(
        row.id, row.device_id, row.org_id, row.vehicle_id, event, from_ms(row.recorded_ms), row.amends,
        find_instant(row.withdrawn_ms),
    )  # fmt: skip
