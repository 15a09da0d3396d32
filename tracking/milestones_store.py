"""The event table that other rooms follow: milestones, appended once each, readable behind a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.locks import own_milestones
from haoyun.tracking.meaning_tables import AMENDMENT
from haoyun.tracking.tables import MILESTONE, insert_new
from haoyun.tracking.timeline import Amendment, Milestone, MilestoneCode, Quality, RecordedMilestone, Source

_STANDING = MILESTONE.c.withdrawn_ms.is_(None)


def append_milestones(db: sa.Connection, milestones: Sequence[Milestone], now: datetime) -> int:
    """Record milestones; one that is recorded and not withdrawn is ignored. Returns how many were new."""
    if not milestones:
        return 0
    own_milestones(db)
    for one in milestones:
        db.execute(MILESTONE.delete().where(_same_fact(one), MILESTONE.c.withdrawn_ms.is_not(None)))
    return sum(insert_new(db, MILESTONE, _row(milestone, now)) for milestone in milestones)


def settle_milestones(
    db: sa.Connection,
    journey_ids: Sequence[str],
    since_ms: int,
    milestones: Sequence[Milestone],
    now: datetime,
    reason: str = "late_fix",
) -> None:
    """Make what positions say of these journeys behind `since_ms` be these milestones.

    What was told otherwise is amended: the earlier version is kept with its evidence, and the row gets a new number,
    so that followers see it again. One that did not happen is withdrawn in the same way.
    """
    told = _told_by_positions(db, journey_ids, since_ms)
    wanted = {(m.journey_id, m.code.value): m for m in milestones}
    gone = [
        row
        for key, row in told.items()
        if row.withdrawn_ms is None and (key not in wanted or not _same(row, wanted[key], now))
    ]
    if not gone and not wanted:
        return
    own_milestones(db)
    for row in gone:
        key = (row.journey_id, row.code)
        _amend(db, row, wanted.get(key), now, reason)
        if key not in wanted:
            again = {name: value for name, value in row._mapping.items() if name != "seq"}
            db.execute(MILESTONE.insert(), again | {"withdrawn_ms": to_ms(now)})
    append_milestones(db, list(wanted.values()), now)


def put_estimate(db: sa.Connection, milestone: Milestone, now: datetime) -> None:
    """Let an estimate stand instead of the earlier one of the same kind; followers see it as a new row."""
    own_milestones(db)
    db.execute(MILESTONE.delete().where(_same_fact(milestone)))
    db.execute(MILESTONE.insert(), _row(milestone, now))


def amendments_of(db: sa.Connection, journey_id: str) -> list[Amendment]:
    """What was said of a journey before late fixes corrected it, oldest correction first."""
    query = sa.select(AMENDMENT).where(AMENDMENT.c.journey_id == journey_id).order_by(AMENDMENT.c.id)
    return [_amendment(row) for row in db.execute(query)]


def milestones_of(db: sa.Connection, journey_id: str) -> list[Milestone]:
    """All milestones of one journey, oldest occurrence first."""
    query = sa.select(MILESTONE).where(MILESTONE.c.journey_id == journey_id, _STANDING)
    return [_milestone(row) for row in db.execute(query.order_by(MILESTONE.c.occurred_ms, MILESTONE.c.seq))]


def milestones_after(db: sa.Connection, cursor: int, limit: int = 500) -> tuple[list[RecordedMilestone], int]:
    """Up to `limit` milestones recorded after `cursor` (0 = from the start), and the next cursor.

    One that was amended comes again. One that was withdrawn comes, too, and is in no timeline any more: whoever
    follows reads the timelines of the journeys named here anew (`milestones_of_all`).

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
    query = sa.select(MILESTONE).where(MILESTONE.c.journey_id.in_(ids), _STANDING)
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


def _same_fact(m: Milestone) -> sa.ColumnElement[bool]:
    t = MILESTONE.c
    return sa.and_(
        t.journey_id == m.journey_id,
        t.code == m.code.value,
        t.quality == m.quality.value,
        t.source == m.source.value,
        t.occurrence == m.occurrence,
    )


def _told_by_positions(
    db: sa.Connection, journey_ids: Sequence[str], since_ms: int
) -> dict[tuple[str, str], Any]:
    t = MILESTONE.c
    query = sa.select(MILESTONE).where(
        t.journey_id.in_(journey_ids),
        t.quality == Quality.ACTUAL.value,
        t.source == Source.GPS.value,
        t.occurrence == "",
        t.occurred_ms > since_ms,
    )
    return {(row.journey_id, row.code): row for row in db.execute(query)}


def _same(row: Any, milestone: Milestone, now: datetime) -> bool:
    return all(
        getattr(row, name) == value for name, value in _row(milestone, now).items() if name != "recorded_ms"
    )


def _amend(db: sa.Connection, row: Any, instead: Milestone | None, now: datetime, reason: str) -> None:
    amended = {
        "journey_id": row.journey_id,
        "code": row.code,
        "source": row.source,
        "was_ms": row.occurred_ms,
        "was_recorded_ms": row.recorded_ms,
        "was_evidence": row.evidence,
        "now_ms": None if instead is None else to_ms(instead.occurred_at),
        "amended_ms": to_ms(now),
        "reason": reason,
    }
    db.execute(AMENDMENT.insert(), amended)
    db.execute(MILESTONE.delete().where(MILESTONE.c.seq == row.seq))


def _amendment(row: Any) -> Amendment:
    return Amendment(
        journey_id=row.journey_id,
        code=MilestoneCode(row.code),
        source=Source(row.source),
        was_at=from_ms(row.was_ms),
        was_recorded_at=from_ms(row.was_recorded_ms),
        was_evidence=orjson.loads(row.was_evidence),
        now_at=find_instant(row.now_ms),
        amended_at=from_ms(row.amended_ms),
        reason=row.reason,
    )
