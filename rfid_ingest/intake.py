"""From reader messages to milestones, inside the intake's transaction: decode, keep, clean, name, tell.

A read, its EPCIS event and its milestone are committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import Connection

from haoyun.rfid_ingest.clean.dedup import WINDOW_MS, Sighting, arrivals
from haoyun.rfid_ingest.epc.quick import uri_of
from haoyun.rfid_ingest.epcis.model import ObjectEvent
from haoyun.rfid_ingest.epcis.parts import Action
from haoyun.rfid_ingest.epcis.store import append_events
from haoyun.rfid_ingest.errors import EpcError
from haoyun.rfid_ingest.passages_store import append_passages, passages_of_events, record_milestones
from haoyun.rfid_ingest.read_points import Direction, ReadPoint, read_points_of
from haoyun.rfid_ingest.readers import FORMATS, TagRead
from haoyun.rfid_ingest.reads_store import ReceivedRead, append_reads, prune_reads, save_visits, visits_near
from haoyun.tracking.devices_store import organizations_of
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.handlers import Ack, HandlerResult, Reject
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.locks import share_journeys
from haoyun.tracking.messages import Message

KINDS = tuple(FORMATS)
# A reader whose clock runs ahead would write the future into the timeline; a few minutes are ordinary drift.
CLOCK_TOLERANCE = timedelta(minutes=10)
PRUNE_EVERY = timedelta(minutes=10)

ReadPoints = Mapping[tuple[int, int], ReadPoint]

_log = structlog.get_logger(__name__)


class TagReadHandler:
    """Handles the kinds `impinj`, `zebra` and `reads` for tracking's intake."""

    def __init__(
        self,
        *,
        window_ms: int = WINDOW_MS,
        keep_reads: timedelta = timedelta(days=7),
        tz_offset: str = "+08:00",
    ) -> None:
        """`keep_reads` is how long raw reads stay in their ring, `tz_offset` the local time of the sites."""
        self._window_ms = window_ms
        self._keep_reads = keep_reads
        self._tz_offset = tz_offset
        self._pruned_at: datetime | None = None

    def handle(self, db: Connection, messages: Sequence[Message], now: datetime) -> HandlerResult:
        """Store a batch. Bad messages and bad reads come back as rejects, the rest is kept."""
        share_journeys(db)  # no binding is made between a passage and its meaning
        reads, result = _decode(messages)
        append_reads(db, reads)
        points = read_points_of(db, {read.device_id for read in reads})
        names = {read.device_id: read.device for read in reads}
        self._store_arrivals(db, list(_sightings(reads, points)), points, names, now)
        self._prune(db, now)
        return result

    def _store_arrivals(
        self,
        db: Connection,
        sightings: Sequence[Sighting],
        points: ReadPoints,
        names: Mapping[int, str],
        now: datetime,
    ) -> None:
        cleaned = arrivals(sightings, visits_near(db, sightings, self._window_ms), self._window_ms)
        save_visits(db, cleaned.changed)
        seen = [(sighting, points[sighting.reader_id, sighting.antenna]) for sighting in cleaned.arrivals]
        owners = organizations_of(db, {sighting.reader_id for sighting, _point in seen})
        seqs = append_events(
            db,
            [_event(s, point, self._tz_offset) for s, point in seen],
            [owners[sighting.reader_id] for sighting, _point in seen],
            now,
        )
        rows = [
            _passage_row(seq, sighting, point, names[sighting.reader_id])
            for seq, (sighting, point) in zip(seqs, seen, strict=True)
        ]
        append_passages(db, rows)
        record_milestones(db, passages_of_events(db, [row["event_seq"] for row in rows]), now)

    def _prune(self, db: Connection, now: datetime) -> None:
        if self._pruned_at is not None and now - self._pruned_at < PRUNE_EVERY:
            return
        self._pruned_at = now
        dropped = prune_reads(db, now - self._keep_reads)
        if dropped:
            _log.info("raw reads pruned", reads=dropped, older_than_s=self._keep_reads.total_seconds())


def _decode(messages: Sequence[Message]) -> tuple[list[ReceivedRead], HandlerResult]:
    reads: list[ReceivedRead] = []
    rejects: list[Reject] = []
    acks: list[Ack] = []
    for message in messages:
        try:
            reading = _format(message)(message.payload)
        except DecodeError as error:
            rejects.append(Reject.of(message, error))
            continue
        rejects += [Reject.of(message, error, index) for index, error in reading.refused]
        for read in reading.reads:
            if read.read_at > message.received_at + CLOCK_TOLERANCE:
                rejects.append(Reject.of(message, _from_the_future(read, message)))
            else:
                reads.append(ReceivedRead(message.device_id, message.device, read, message.received_at))
        ack = Ack.of(message, reading.envelope) if reading.envelope else None
        if ack is not None:
            acks.append(ack)
    return reads, HandlerResult(tuple(rejects), tuple(acks))


def _format(message: Message) -> Any:
    found = FORMATS.get(message.kind)
    if found is None:
        raise DecodeError(f"kind {message.kind!r} is not one of {', '.join(KINDS)}", code="unsupported_kind")
    return found


def _from_the_future(read: TagRead, message: Message) -> DecodeError:
    ahead_s = (read.read_at - message.received_at).total_seconds()
    limit_s = CLOCK_TOLERANCE.total_seconds()
    return DecodeError(
        f"read of {read.epc_hex} is {ahead_s:.0f} s ahead of its receipt, more than {limit_s:.0f} s: "
        "set the reader's clock",
        code="future_read",
    )


def _sightings(reads: Sequence[ReceivedRead], points: ReadPoints) -> Iterator[Sighting]:
    """Reads that mean something: a configured antenna saw an EPC. Others stay in the ring for diagnosis."""
    for received in reads:
        read = received.read
        point = points.get((received.device_id, read.antenna))
        uri = _identity(read.epc_hex) if point else None
        if point and uri:
            yield Sighting(uri, point.key, to_ms(read.read_at), received.device_id, read.antenna)


@lru_cache(maxsize=65_536)  # a tag is read dozens of times in a gate
def _identity(epc_hex: str) -> str | None:
    try:
        return uri_of(epc_hex)
    except EpcError:
        return None


def _event(sighting: Sighting, point: ReadPoint, tz_offset: str) -> ObjectEvent:
    """One event for each EPC, so that its hash does not depend on which reads came in one message."""
    return ObjectEvent(
        event_time=from_ms(sighting.at_ms),
        tz_offset=tz_offset,
        action=Action.OBSERVE,
        epc_list=(sighting.epc,),
        biz_step=point.biz_step,
        disposition=point.disposition,
        read_point=point.uri,
        biz_location=point.uri if point.gln and point.direction is Direction.IN else None,
    )


def _passage_row(event_seq: int, sighting: Sighting, point: ReadPoint, reader: str) -> dict[str, Any]:
    return {
        "event_seq": event_seq,
        "epc_uri": sighting.epc,
        "reader": reader,
        "antenna": sighting.antenna,
        "passed_ms": sighting.at_ms,
        "place": point.place,
        "site_key": point.site_key,
        "lat": point.lat,
        "lon": point.lon,
        "direction": point.direction.value,
        "milestone_code": point.milestone_code and point.milestone_code.value,
    }
