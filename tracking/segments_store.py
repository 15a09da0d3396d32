"""Trips and stops of devices, to read. They are written by meaning_store.py."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.instants import to_ms
from haoyun.tracking.meaning_tables import SEGMENT
from haoyun.tracking.steps.passage import Segment

_FIELDS = frozenset(one.name for one in fields(Segment))


def segments_of(
    db: sa.Connection, device_id: int, start: datetime, end: datetime, limit: int = 1000
) -> list[Segment]:
    """Trips and stops that touch the time from `start` until before `end`, oldest first."""
    t = SEGMENT.c
    query = sa.select(SEGMENT).where(
        t.device_id == device_id, t.end_ms >= to_ms(start), t.start_ms < to_ms(end)
    )
    rows = db.execute(query.order_by(t.start_ms, t.driving).limit(limit))
    return [Segment(**{str(k): v for k, v in row._mapping.items() if k in _FIELDS}) for row in rows]
