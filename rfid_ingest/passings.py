"""What a tag did at a read point, recorded: its EPCIS event, its passage, and the milestone that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.clean.groups import Load
from haoyun.rfid_ingest.epcis.model import AggregationEvent, Event, ObjectEvent
from haoyun.rfid_ingest.epcis.parts import Action
from haoyun.rfid_ingest.epcis.store import append_events
from haoyun.rfid_ingest.passages_store import append_passages, passages_of_events, record_milestones
from haoyun.rfid_ingest.read_points import Direction, ReadPoint
from haoyun.tracking.devices_store import names_of, organizations_of
from haoyun.tracking.instants import from_ms
from haoyun.tracking.timeline import MilestoneCode


@dataclass(frozen=True, slots=True)
class Passing:
    """One EPC that passed an antenna's read point, and which way. Times in epoch ms."""

    epc: str
    at_ms: int
    reader_id: int
    point: ReadPoint
    direction: Direction

    @property
    def biz_step(self) -> str | None:
        """The business step of the way that it went, None where that way means nothing."""
        return self.point.biz_step if self.direction is self.point.direction else self.point.back_step

    @property
    def milestone_code(self) -> MilestoneCode | None:
        """The milestone of the way that it went."""
        point = self.point
        return point.milestone_code if self.direction is point.direction else point.back_milestone


def record_passings(
    db: sa.Connection, passings: Sequence[Passing], tz_offset: str, now: datetime
) -> list[int]:
    """Record passings that mean something; the numbers of their events in this order."""
    if not passings:
        return []
    readers = {passing.reader_id for passing in passings}
    owners, names = organizations_of(db, readers), names_of(db, readers)
    events = [_event(passing, tz_offset) for passing in passings]
    seqs = append_events(db, events, [owners[passing.reader_id] for passing in passings], now)
    rows = [_row(seq, passing, names[passing.reader_id]) for seq, passing in zip(seqs, passings, strict=True)]
    append_passages(db, rows)
    record_milestones(db, passages_of_events(db, seqs), now)
    return seqs


def record_loads(
    db: sa.Connection, loads: Sequence[tuple[Load, Passing]], tz_offset: str, now: datetime
) -> None:
    """Record that a logistic unit and its contents were seen passing together, each with its unit's passing."""
    if not loads:
        return
    owners = organizations_of(db, {passing.reader_id for _load, passing in loads})
    events: list[Event] = [
        AggregationEvent(
            event_time=from_ms(passing.at_ms),
            tz_offset=tz_offset,
            action=Action.OBSERVE,
            parent_id=load.parent,
            child_epcs=load.children,
            biz_step=passing.biz_step,
            disposition=passing.point.disposition,
            read_point=passing.point.uri,
        )
        for load, passing in loads
    ]
    append_events(db, events, [owners[passing.reader_id] for _load, passing in loads], now)


def _event(passing: Passing, tz_offset: str) -> ObjectEvent:
    """One event for each EPC, so that its hash does not depend on which reads came in one message."""
    point = passing.point
    return ObjectEvent(
        event_time=from_ms(passing.at_ms),
        tz_offset=tz_offset,
        action=Action.OBSERVE,
        epc_list=(passing.epc,),
        biz_step=passing.biz_step,
        disposition=point.disposition,
        read_point=point.uri,
        biz_location=point.uri if point.gln and passing.direction is Direction.IN else None,
    )


def _row(event_seq: int, passing: Passing, reader: str) -> dict[str, Any]:
    point, code = passing.point, passing.milestone_code
    return {
        "event_seq": event_seq,
        "epc_uri": passing.epc,
        "reader": reader,
        "antenna": point.antenna,
        "passed_ms": passing.at_ms,
        "place": point.place,
        "site_key": point.site_key,
        "lat": point.lat,
        "lon": point.lon,
        "direction": passing.direction.value,
        "milestone_code": code and code.value,
    }
