"""Capture jobs: what became of each document that was handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.errors import NotFound
from haoyun.rfid_ingest.epcis.repository.capture import Behaviour, Outcome
from haoyun.rfid_ingest.epcis.repository.owners import find_owner, owner_of
from haoyun.rfid_ingest.epcis.repository.tables import CAPTURE_JOB
from haoyun.tracking.instants import from_ms, to_ms

MOST_ERRORS = 100  # kept of one document


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """A finished capture. `errors` are {"path", "zh", "en"}."""

    id: str
    created_at: datetime
    finished_at: datetime
    behaviour: Behaviour
    success: bool
    events: int
    stored: int
    errors: Sequence[dict[str, str]]


def keep_job(
    db: sa.Connection,
    org_id: str,
    job_id: str,
    *,
    events: int,
    outcome: Outcome,
    behaviour: Behaviour,
    created: datetime,
    finished: datetime,
) -> None:
    """Record a capture in the transaction that stored its events."""
    errors = [{"path": f.pointer, "zh": f.zh, "en": f.en} for f in outcome.faults[:MOST_ERRORS]]
    row = {
        "id": job_id,
        "owner": owner_of(db, org_id),
        "created_ms": to_ms(created),
        "finished_ms": to_ms(finished),
        "behaviour": behaviour.value,
        "success": not outcome.faults,
        "events": events,
        "stored": outcome.new,
        "errors": orjson.dumps(errors).decode(),
    }
    db.execute(_KEEP, row)


_KEEP = CAPTURE_JOB.insert()


def get_job(db: sa.Connection, org_id: str, job_id: str) -> CaptureJob:
    """The organization's job of this id. Raises NotFound."""
    query = sa.select(CAPTURE_JOB).where(
        CAPTURE_JOB.c.id == job_id, CAPTURE_JOB.c.owner == find_owner(db, org_id)
    )
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no capture job {job_id[:60]!r}")
    return _job(row)


def list_jobs(
    db: sa.Connection, org_id: str, limit: int, before: tuple[int, str] | None = None
) -> list[CaptureJob]:
    """The organization's jobs, newest first; `before` is the creation (ms) and id where an earlier list ended."""
    t = CAPTURE_JOB.c
    query = sa.select(CAPTURE_JOB).where(t.owner == find_owner(db, org_id))
    if before is not None:
        query = query.where(sa.tuple_(t.created_ms, t.id) < sa.tuple_(*map(sa.literal, before)))
    return [_job(row) for row in db.execute(query.order_by(t.created_ms.desc(), t.id.desc()).limit(limit))]


def _job(row: Any) -> CaptureJob:
    return CaptureJob(
        id=row.id,
        created_at=from_ms(row.created_ms),
        finished_at=from_ms(row.finished_ms),
        behaviour=Behaviour(row.behaviour),
        success=row.success,
        events=row.events,
        stored=row.stored,
        errors=orjson.loads(row.errors),
    )
