"""What the intake itself keeps: how far each device's ack has come, and the dead letters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.by_ids import put_rows, rows_by_ids
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.outbox import OutboxState
from haoyun.tracking.tables import DEAD_LETTER


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be understood or believed, kept as it came, with the reason."""

    id: int
    received_at: datetime
    topic: str
    device: str
    payload: bytes
    reason_code: str
    reason: str


def bury(
    db: sa.Connection,
    *,
    topic: str,
    device: str,
    payload: bytes,
    reason_code: str,
    reason: str,
    received_at: datetime,
) -> None:
    """Keep one dead letter."""
    row = {
        "received_ms": to_ms(received_at),
        "topic": _text(topic, 400),
        "device": _text(device, 40),
        "payload": payload,
        "reason_code": reason_code,
        "reason": _text(reason, 400),
    }
    db.execute(DEAD_LETTER.insert(), row)


def list_dead_letters(db: sa.Connection, limit: int = 100) -> list[DeadLetter]:
    """The newest dead letters first."""
    rows = db.execute(sa.select(DEAD_LETTER).order_by(DEAD_LETTER.c.id.desc()).limit(limit))
    return [_dead_letter(row) for row in rows]


def find_dead_letters(
    db: sa.Connection,
    *,
    up_to: int,
    after: int = 0,
    ids: Collection[int] = (),
    device: str | None = None,
    code: str | None = None,
    limit: int = 500,
) -> list[DeadLetter]:
    """Dead letters with ids from `after` (not included) to `up_to`, oldest first, that fit all given limits."""
    t = DEAD_LETTER.c
    query = sa.select(DEAD_LETTER).where(t.id > after, t.id <= up_to)
    if ids:
        query = query.where(t.id.in_(set(ids)))
    if device is not None:
        query = query.where(t.device == device)
    if code is not None:
        query = query.where(t.reason_code == code)
    return [_dead_letter(row) for row in db.execute(query.order_by(t.id).limit(limit))]


def newest_dead_letter(db: sa.Connection) -> int:
    """The id of the newest dead letter, 0 without any."""
    return db.scalar(sa.select(sa.func.max(DEAD_LETTER.c.id))) or 0


def remove_dead_letters(db: sa.Connection, ids: Collection[int]) -> int:
    """Remove dead letters; returns how many were there."""
    return db.execute(DEAD_LETTER.delete().where(DEAD_LETTER.c.id.in_(set(ids)))).rowcount


def count_dead_letters(db: sa.Connection) -> int:
    """How many dead letters are kept."""
    return db.scalar(sa.select(sa.func.count()).select_from(DEAD_LETTER)) or 0


def load_outboxes(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, OutboxState]:
    """How far the acks of devices have come; a device that never numbered a message is left out."""
    query = "SELECT device_id, epoch, acked_seq FROM {schema}trk_outbox WHERE device_id"
    return {row[0]: OutboxState(row[1], row[2]) for row in rows_by_ids(db, query, set(device_ids))}


def save_outboxes(db: sa.Connection, states: Mapping[int, OutboxState]) -> None:
    """Write how far the acks of devices have come."""
    rows = [(device_id, state.acked_seq, state.epoch) for device_id, state in sorted(states.items())]
    conflict = "ON CONFLICT (device_id) DO UPDATE SET epoch = excluded.epoch, acked_seq = excluded.acked_seq"
    put_rows(db, "trk_outbox", ("device_id", "acked_seq", "epoch"), "iqs", conflict, rows)


def _text(value: str, longest: int) -> str:
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:longest]  # PostgreSQL stores no NUL


def _dead_letter(row: Any) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        received_at=from_ms(row.received_ms),
        topic=row.topic,
        device=row.device,
        payload=row.payload,
        reason_code=row.reason_code,
        reason=row.reason,
    )
