"""Findings in the database, and the watch that raises and withdraws them as milestones come in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.findings import (
    MILESTONE_OF_GATE,
    Finding,
    Kind,
    State,
    after,
    exception_of,
    expected_read,
)
from haoyun.rfid_ingest.tables import CURSOR, FINDING, READ_POINT
from haoyun.tracking.errors import UnknownJourney
from haoyun.tracking.exceptions import ExceptionKind, clear_exception, raise_exception
from haoyun.tracking.geofences import Fence
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.store import get_journey, milestones_after, milestones_of_all
from haoyun.tracking.tables import insert_new, upsert
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

_CURSOR = "gate_watch"
_BATCH = 500
_DEGREES_PER_M = 1 / 100_000  # a little more than a degree has, for the first rough choice


def watch_gates(db: sa.Connection, now: datetime) -> int:
    """Look at the milestones since the last time, and at windows that ended. Returns how many findings changed.

    A passage of a fence (GPS) with a gate that reads nothing within its window raises a finding; a read that comes
    late withdraws it. The cursor is saved in the same transaction.
    """
    start = db.scalar(sa.select(CURSOR.c.seq).where(CURSOR.c.name == _CURSOR)) or 0
    records, end = milestones_after(db, start, _BATCH)
    news = [record.milestone for record in records if record.milestone.quality is Quality.ACTUAL]
    for milestone in news:
        _expect(db, milestone, now)
    answered = {milestone.journey_id for milestone in news if milestone.source is Source.RFID}
    changed = _judge(db, _open_findings(db, answered, now), now)
    if end != start:
        insert = upsert(db, CURSOR).values(name=_CURSOR, seq=end)
        db.execute(insert.on_conflict_do_update(index_elements=[CURSOR.c.name], set_={"seq": end}))
    return changed


def findings_of(
    db: sa.Connection,
    journey_id: str,
    states: Iterable[State] = (State.RAISED,),
    kinds: Iterable[Kind] = tuple(Kind),
) -> list[Finding]:
    """The findings of a journey by time; the raised ones, unless other states are asked for."""
    query = sa.select(FINDING).where(
        FINDING.c.journey_id == journey_id,
        FINDING.c.state.in_([state.value for state in states]),
        FINDING.c.kind.in_([kind.value for kind in kinds]),
    )
    return [_finding(row) for row in db.execute(query.order_by(FINDING.c.at_ms, FINDING.c.kind))]


def replace_findings(
    db: sa.Connection, journey_id: str, kind: Kind, found: Sequence[Finding], now: datetime
) -> None:
    """Let these be the findings of a kind; those that are found no more are withdrawn."""
    gone = FINDING.c.occurrence.not_in([finding.occurrence for finding in found])
    own = (FINDING.c.journey_id == journey_id, FINDING.c.kind == kind.value)
    over = sa.and_(*own, gone, FINDING.c.state == State.RAISED.value)
    for occurrence in db.scalars(sa.select(FINDING.c.occurrence).where(over)).all():
        clear_exception(db, journey_id, ExceptionKind(kind.value), occurrence, now)
    db.execute(FINDING.update().where(over).values(state=State.WITHDRAWN.value, changed_ms=to_ms(now)))
    for finding in found:
        _show(db, finding, now)
        row = _row(finding, now)
        insert = upsert(db, FINDING).values(row)
        values = {name: row[name] for name in ("state", "at_ms", "until_ms", "changed_ms", "detail")}
        db.execute(insert.on_conflict_do_update(index_elements=list(FINDING.primary_key), set_=values))


def has_gate(db: sa.Connection, code: MilestoneCode, fence: Fence) -> bool:
    """Whether a read point inside the fence makes the gate milestone that this passage calls for."""
    reach = fence.radius_m * _DEGREES_PER_M
    query = sa.select(READ_POINT.c.lat, READ_POINT.c.lon).where(
        READ_POINT.c.milestone_code == MILESTONE_OF_GATE[code].value,
        READ_POINT.c.lat.between(fence.lat - reach, fence.lat + reach),
    )
    return any(fence.distance_m(row.lat, row.lon) <= fence.radius_m for row in db.execute(query))


def _expect(db: sa.Connection, milestone: Milestone, now: datetime) -> None:
    if milestone.source is not Source.GPS or milestone.code not in MILESTONE_OF_GATE:
        return
    try:
        journey = get_journey(db, milestone.journey_id).journey
    except UnknownJourney:
        return
    fence = journey.origin if milestone.code is MilestoneCode.DEPA else journey.destination
    finding = expected_read(milestone, fence)
    if finding is not None and has_gate(db, milestone.code, fence):
        insert_new(db, FINDING, _row(finding, now))


def _open_findings(db: sa.Connection, journeys: set[str], now: datetime) -> list[Finding]:
    """Expected reads whose window ended, and those of journeys that have new reads."""
    ended = sa.and_(FINDING.c.state == State.WAITING.value, FINDING.c.until_ms <= to_ms(now))
    concerned = sa.and_(
        FINDING.c.state.in_([State.WAITING.value, State.RAISED.value]), FINDING.c.journey_id.in_(journeys)
    )
    query = sa.select(FINDING).where(FINDING.c.kind == Kind.MISSED_READ.value, sa.or_(ended, concerned))
    return [_finding(row) for row in db.execute(query)]


def _judge(db: sa.Connection, findings: Sequence[Finding], now: datetime) -> int:
    timelines = milestones_of_all(db, {finding.journey_id for finding in findings}) if findings else {}
    changed = 0
    for finding in findings:
        state = after(finding, timelines[finding.journey_id], now)
        if state is not finding.state:
            key = (
                FINDING.c.journey_id == finding.journey_id,
                FINDING.c.kind == finding.kind.value,
                FINDING.c.occurrence == finding.occurrence,
            )
            db.execute(FINDING.update().where(*key).values(state=state.value, changed_ms=to_ms(now)))
            _show(db, replace(finding, state=state), now)
            changed += 1
    return changed


def _show(db: sa.Connection, finding: Finding, now: datetime) -> None:
    """Let the shipment's list of exceptions say what the finding says."""
    if finding.state is State.RAISED:
        raise_exception(db, exception_of(finding), now)
    elif finding.state is State.WITHDRAWN:
        clear_exception(db, finding.journey_id, ExceptionKind(finding.kind.value), finding.occurrence, now)


def _row(finding: Finding, now: datetime) -> dict[str, Any]:
    return {
        "journey_id": finding.journey_id,
        "kind": finding.kind.value,
        "occurrence": finding.occurrence,
        "state": finding.state.value,
        "at_ms": to_ms(finding.at),
        "until_ms": to_ms(finding.until),
        "changed_ms": to_ms(now),
        "detail": orjson.dumps(dict(finding.detail)).decode(),
    }


def _finding(row: Any) -> Finding:
    return Finding(
        row.journey_id,
        Kind(row.kind),
        row.occurrence,
        State(row.state),
        from_ms(row.at_ms),
        from_ms(row.until_ms),
        orjson.loads(row.detail),
    )
