"""The event table that other rooms follow: milestones, appended once each, readable behind a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.locks import own_milestones
from haoyun.tracking.tables import MILESTONE, insert_new
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, RecordedMilestone, Source


def append_milestones(db: sa.Connection, milestones: Sequence[Milestone], now: datetime) -> int:
    """Record milestones; one that is recorded already is ignored. Returns how many were new."""
    if not milestones:
        return 0
    own_milestones(db)
    return sum(insert_new(db, MILESTONE, _row(milestone, now)) for milestone in milestones)


def milestones_of(db: sa.Connection, journey_id: str) -> list[Milestone]:
    """All milestones of one journey, oldest occurrence first."""
    query = sa.select(MILESTONE).where(MILESTONE.c.journey_id == journey_id)
    return [_milestone(row) for row in db.execute(query.order_by(MILESTONE.c.occurred_ms, MILESTONE.c.seq))]


def milestones_after(db: sa.Connection, cursor: int, limit: int = 500) -> tuple[list[RecordedMilestone], int]:
    """Up to `limit` milestones recorded after `cursor` (0 = from the start), and the next cursor.

    Save the cursor in the transaction that holds what was done with the rows. No row is ever skipped: numbers
    become visible in their order (locks.own_milestones).
    """
    query = sa.select(MILESTONE).where(MILESTONE.c.seq > cursor).order_by(MILESTONE.c.seq).limit(limit)
    rows = db.execute(query).all()
    records = [RecordedMilestone(row.seq, from_ms(row.recorded_ms), _milestone(row)) for row in rows]
    return records, records[-1].seq if records else cursor


def count_milestones(db: sa.Connection, source: Source | None = None) -> int:
    """How many milestones are recorded, of one source or of all."""
    query = sa.select(sa.func.count()).select_from(MILESTONE)
    return db.scalar(query if source is None else query.where(MILESTONE.c.source == source.value)) or 0


def milestones_of_all(db: sa.Connection, journey_ids: Iterable[str]) -> dict[str, list[Milestone]]:
    """The milestones of several journeys at once, by journey."""
    ids = list(journey_ids)
    found: dict[str, list[Milestone]] = {journey_id: [] for journey_id in ids}
    query = sa.select(MILESTONE).where(MILESTONE.c.journey_id.in_(ids))
    for row in db.execute(query.order_by(MILESTONE.c.occurred_ms, MILESTONE.c.seq)):
        found[row.journey_id].append(_milestone(row))
    return found


def _row(m: Milestone, now: datetime) -> dict[str, Any]:
    return {
        "journey_id": m.journey_id,
        "code": m.code.value,
        "quality": m.quality.value,
        "source": m.source.value,
        "occurrence": m.occurrence,
        "occurred_ms": to_ms(m.occurred_at),
        "recorded_ms": to_ms(now),
        "lat": m.lat,
        "lon": m.lon,
        "place": m.place,
        "evidence": orjson.dumps(dict(m.evidence)).decode(),
    }


def _milestone(row: Any) -> Milestone:
    return Milestone(
        journey_id=row.journey_id,
        code=MilestoneCode(row.code),
        quality=Quality(row.quality),
        source=Source(row.source),
        occurred_at=from_ms(row.occurred_ms),
        lat=row.lat,
        lon=row.lon,
        place=row.place,
        occurrence=row.occurrence,
        evidence=orjson.loads(row.evidence),
    )
