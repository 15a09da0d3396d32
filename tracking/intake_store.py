"""What the intake itself keeps: how far each device's ack has come, and the dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.outbox import OutboxState
from haoyun.tracking.tables import DEAD_LETTER, OUTBOX, upsert


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


def count_dead_letters(db: sa.Connection) -> int:
    """How many dead letters are kept."""
    return db.scalar(sa.select(sa.func.count()).select_from(DEAD_LETTER)) or 0


def load_outboxes(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, OutboxState]:
    """How far the acks of devices have come; a device that never numbered a message is left out."""
    rows = db.execute(sa.select(OUTBOX).where(OUTBOX.c.device_id.in_(set(device_ids))))
    return {row.device_id: OutboxState(row.epoch, row.acked_seq) for row in rows}


def save_outboxes(db: sa.Connection, states: Mapping[int, OutboxState]) -> None:
    """Write how far the acks of devices have come."""
    if not states:
        return
    insert = upsert(db, OUTBOX)
    values = {"epoch": insert.excluded.epoch, "acked_seq": insert.excluded.acked_seq}
    rows: Sequence[dict[str, Any]] = [
        {"device_id": device_id, "epoch": state.epoch, "acked_seq": state.acked_seq}
        for device_id, state in sorted(states.items())
    ]
    db.execute(insert.on_conflict_do_update(index_elements=["device_id"], set_=values), rows)


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
