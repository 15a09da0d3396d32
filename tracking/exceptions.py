"""Something wrong with a shipment that a person should look at: raised by whoever notices it, cleared when it is over.

The interface for other rooms: `raise_exception`, `clear_exception`, `settle_exception`, `exceptions_of`. An exception
is a flag beside the state of a shipment, never a state; raising it twice is raising it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.tracking.errors import BadMilestone
from haoyun.tracking.events import EventKind, TrackEvent
from haoyun.tracking.events_store import append_events
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.meaning_tables import EXCEPTION
from haoyun.tracking.tables import JOURNEY, insert_new
from haoyun.tracking.timeline import Source


class ExceptionKind(StrEnum):
    """What is wrong."""

    MISSED_READ = (
        "missed_read"  # a unit was not read where it must have passed; subject: the EPC, or the passage
    )
    TEMPERATURE = "temperature"  # out of the range that was asked for; subject: the excursion
    CUSTODY_GAP = "custody_gap"  # nobody is known to have had it between two observations; subject: the EPC
    SHORT = "short"  # fewer units came out than went in
    DAMAGED = "damaged"
    SEAL_BROKEN = "seal_broken"
    REFUSED = "refused"  # the consignee did not take it
    OTHER = "other"


class ExceptionState(StrEnum):
    """How far it is; `NEXT` says what may follow what."""

    STANDING = "standing"  # somebody should look at it
    CLEARED = "cleared"  # evidence says that it is over, or never was
    SETTLED = "settled"  # a person looked at it, and says what came of it


NEXT: Mapping[ExceptionState, frozenset[ExceptionState]] = {
    ExceptionState.STANDING: frozenset({ExceptionState.CLEARED, ExceptionState.SETTLED}),
    ExceptionState.CLEARED: frozenset({ExceptionState.STANDING}),  # raised anew
    ExceptionState.SETTLED: frozenset(),  # a person's word: evidence neither clears nor raises it again
}
MOST_NOTE = 300


@dataclass(frozen=True, slots=True)
class ShipmentException:
    """One exception of a journey. `subject` tells two of a kind apart; evidence is flat and without personal data."""

    journey_id: str
    kind: ExceptionKind
    source: Source
    occurred_at: datetime
    subject: str = ""
    evidence: Mapping[str, str | float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise BadMilestone("occurred_at must be an aware instant")
        if not self.journey_id or len(self.subject) > 120:
            raise BadMilestone(
                "an exception belongs to a journey, and its subject holds at most 120 characters"
            )


@dataclass(frozen=True, slots=True)
class RecordedException:
    """An exception as the store keeps it. `note` is what a person said who settled it."""

    id: int
    exception: ShipmentException
    raised_at: datetime
    cleared_at: datetime | None
    settled_at: datetime | None = None
    settled_by: str = ""
    note: str = ""

    @property
    def state(self) -> ExceptionState:
        """How far it is."""
        if self.settled_at is not None:
            return ExceptionState.SETTLED
        return ExceptionState.STANDING if self.cleared_at is None else ExceptionState.CLEARED


def raise_exception(db: sa.Connection, exception: ShipmentException, now: datetime) -> bool:
    """Raise it on the shipment's timeline. Returns whether it is new; a cleared one is raised anew.

    The journey's followers get an event, so that alerts can be sent. One that stands takes what is known by now.
    """
    row = _row(exception, now)
    if insert_new(db, EXCEPTION, row):
        _tell(db, exception, now)
        return True
    unsettled = sa.and_(_same(exception), EXCEPTION.c.settled_ms.is_(None))
    again = sa.and_(unsettled, EXCEPTION.c.cleared_ms.is_not(None))
    if db.execute(EXCEPTION.update().where(again).values({**row, "cleared_ms": None})).rowcount:
        _tell(db, exception, now)
        return True
    known = {name: row[name] for name in ("occurred_ms", "evidence")}
    db.execute(EXCEPTION.update().where(unsettled).values(known))
    return False


def clear_exception(
    db: sa.Connection, journey_id: str, kind: ExceptionKind, subject: str, now: datetime
) -> bool:
    """Say that it is over: the unit was read after all. Returns whether one stood."""
    t = EXCEPTION.c
    standing = (
        t.journey_id == journey_id,
        t.kind == kind.value,
        t.subject == subject,
        t.cleared_ms.is_(None),
        t.settled_ms.is_(None),
    )
    return bool(db.execute(EXCEPTION.update().where(*standing).values(cleared_ms=to_ms(now))).rowcount)


def settle_exception(db: sa.Connection, exception_id: int, user_id: str, note: str, now: datetime) -> bool:
    """A person says what came of it. Returns whether it stood: of two who settle it the first is heard.

    Raises ValueError for a note without words or longer than MOST_NOTE.
    """
    if not 1 <= len(note.strip()) <= MOST_NOTE:
        raise ValueError(f"a note has 1 to {MOST_NOTE} characters")
    t = EXCEPTION.c
    standing = (t.id == exception_id, t.cleared_ms.is_(None), t.settled_ms.is_(None))
    values = {"settled_ms": to_ms(now), "settled_by": user_id, "note": note.strip()}
    return bool(db.execute(EXCEPTION.update().where(*standing).values(values)).rowcount)


def find_exception(db: sa.Connection, exception_id: int) -> RecordedException | None:
    """The exception of that number; whoever calls decides who may know."""
    row = db.execute(sa.select(EXCEPTION).where(EXCEPTION.c.id == exception_id)).one_or_none()
    return None if row is None else _recorded(row)


def newest_exceptions(
    db: sa.Connection,
    journey_ids: Iterable[str],
    *,
    standing: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[RecordedException]:
    """Exceptions of journeys, the newest first, from number `before` downwards; only those that stand, if asked."""
    t = EXCEPTION.c
    query = sa.select(EXCEPTION).where(t.journey_id.in_(set(journey_ids)))
    if standing:
        query = query.where(t.cleared_ms.is_(None), t.settled_ms.is_(None))
    if before is not None:
        query = query.where(t.id < before)
    return [_recorded(row) for row in db.execute(query.order_by(t.id.desc()).limit(limit))]


def exceptions_of(db: sa.Connection, journey_ids: Iterable[str]) -> list[RecordedException]:
    """All exceptions of journeys, standing and cleared, oldest first."""
    query = sa.select(EXCEPTION).where(EXCEPTION.c.journey_id.in_(set(journey_ids)))
    return [_recorded(row) for row in db.execute(query.order_by(EXCEPTION.c.occurred_ms, EXCEPTION.c.id))]


def _tell(db: sa.Connection, one: ShipmentException, now: datetime) -> None:
    """An event of the journey's device; an exception of goods that no device carries is on the timeline alone."""
    device_id = db.scalar(sa.select(JOURNEY.c.device_id).where(JOURNEY.c.id == one.journey_id))
    if device_id is None:
        return
    data = {"exception": one.kind.value, "subject": one.subject, "source": one.source.value}
    subject = f"{one.kind.value}:{one.subject}"[:120]
    event = TrackEvent(EventKind.EXCEPTION, to_ms(now), 0, subject, journey_id=one.journey_id, data=data)
    append_events(db, device_id, [event], now)


def _same(one: ShipmentException) -> sa.ColumnElement[bool]:
    t = EXCEPTION.c
    return sa.and_(t.journey_id == one.journey_id, t.kind == one.kind.value, t.subject == one.subject)


def _row(one: ShipmentException, now: datetime) -> dict[str, Any]:
    return {
        "journey_id": one.journey_id,
        "kind": one.kind.value,
        "subject": one.subject,
        "source": one.source.value,
        "occurred_ms": to_ms(one.occurred_at),
        "raised_ms": to_ms(now),
        "evidence": orjson.dumps(dict(one.evidence)).decode(),
    }


def _recorded(row: Any) -> RecordedException:
    exception = ShipmentException(
        row.journey_id, ExceptionKind(row.kind), Source(row.source), from_ms(row.occurred_ms), row.subject,
        orjson.loads(row.evidence),
    )  # fmt: skip
    return RecordedException(
        row.id, exception, from_ms(row.raised_ms), find_instant(row.cleared_ms), find_instant(row.settled_ms),
        row.settled_by or "", row.note or "",
    )  # fmt: skip
