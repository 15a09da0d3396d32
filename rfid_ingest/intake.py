"""From reader messages to milestones, inside the intake's transaction: decode, keep, clean, name, tell.

A read, its EPCIS event and its milestone are committed together or not at all. A gate says so at the first read;
a portal when a stay is over, which may be after its last message: then `tick` says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from sqlalchemy import Connection

from haoyun.rfid_ingest.clean.dedup import WINDOW_MS, Sighting, arrivals
from haoyun.rfid_ingest.decoding import KINDS, clocks_after, decode
from haoyun.rfid_ingest.epc.quick import uri_of
from haoyun.rfid_ingest.errors import EpcError
from haoyun.rfid_ingest.passings import Passing, record_passings
from haoyun.rfid_ingest.portals import Key, SeenTag, continue_stays, settle
from haoyun.rfid_ingest.read_points import ReadPoint, read_points_of
from haoyun.rfid_ingest.readers.formats import MAPPED
from haoyun.rfid_ingest.readers_store import clocks_of, mappings_of, save_clocks, save_health
from haoyun.rfid_ingest.reads_store import ReadBatch, append_batches, prune_reads, save_visits, visits_near
from haoyun.tracking.handlers import HandlerResult
from haoyun.tracking.instants import to_ms
from haoyun.tracking.locks import share_journeys
from haoyun.tracking.messages import Message

PRUNE_EVERY = timedelta(minutes=10)

ReadPoints = Mapping[tuple[int, int], ReadPoint]

__all__ = ["KINDS", "TagReadHandler"]

_log = structlog.get_logger(__name__)


class TagReadHandler:
    """Handles all kinds of reader messages for tracking's intake."""

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
        self._is_waiting = True  # stays may wait from before this process began

    @property
    def is_waiting(self) -> bool:
        """Whether stays in portals wait for silence, so that time alone brings something to do."""
        return self._is_waiting

    def handle(self, db: Connection, messages: Sequence[Message], now: datetime) -> HandlerResult:
        """Store a batch. Bad messages and bad reads come back as rejects, the rest is kept."""
        share_journeys(db)  # no binding is made between a passage and its meaning
        mapped = {message.device_id for message in messages if message.kind == MAPPED}
        decoded = decode(messages, mappings_of(db, mapped) if mapped else {})
        save_health(db, decoded.health)
        batches = append_batches(db, decoded.batches)
        readers = {batch.device_id for batch in batches}
        changed, ahead = clocks_after(clocks_of(db, readers), batches)
        save_clocks(db, changed)
        points = read_points_of(db, readers)
        gates, portals, newest = _sorted_reads(batches, ahead, points)
        self._store_arrivals(db, gates, points, now)
        continue_stays(db, portals, to_ms(now))
        if portals or self._is_waiting:
            self._is_waiting = settle(db, newest, self._tz_offset, now) > 0
        self._prune(db, now)
        return HandlerResult(tuple(decoded.rejects), tuple(decoded.acks))

    def tick(self, db: Connection, now: datetime) -> None:
        """Judge what time alone has brought to its end."""
        share_journeys(db)
        self._is_waiting = settle(db, {}, self._tz_offset, now) > 0

    def finish(self, db: Connection, now: datetime) -> None:
        """Judge all stays now: no more reads will come, as at the end of a file."""
        share_journeys(db)
        settle(db, {}, self._tz_offset, now, all_over=True)
        self._is_waiting = False

    def _store_arrivals(
        self, db: Connection, sightings: Sequence[Sighting], points: ReadPoints, now: datetime
    ) -> None:
        cleaned = arrivals(sightings, visits_near(db, sightings, self._window_ms), self._window_ms)
        save_visits(db, cleaned.changed)
        seen = [(s, points[s.reader_id, s.antenna]) for s in cleaned.arrivals]
        passings = [Passing(s.epc, s.at_ms, s.reader_id, point, point.direction) for s, point in seen]
        record_passings(db, passings, self._tz_offset, now)

    def _prune(self, db: Connection, now: datetime) -> None:
        if self._pruned_at is not None and now - self._pruned_at < PRUNE_EVERY:
            return
        self._pruned_at = now
        dropped = prune_reads(db, now - self._keep_reads)
        if dropped:
            _log.info("raw reads pruned", reads=dropped, older_than_s=self._keep_reads.total_seconds())


def _sorted_reads(
    batches: Sequence[ReadBatch], ahead_ms: Sequence[int], points: ReadPoints
) -> tuple[list[Sighting], dict[Key, SeenTag], dict[str, int]]:
    """Reads that mean something: of gates, of portals by EPC and point, and each portal's newest time.

    A configured antenna saw an EPC; other reads stay in the ring for diagnosis.
    """
    gates: list[Sighting] = []
    portals: dict[Key, SeenTag] = {}
    newest: dict[str, int] = {}
    for batch, ahead in zip(batches, ahead_ms, strict=True):
        reader = batch.device_id
        keys = {a: (point.key, point.side) for (device, a), point in points.items() if device == reader}
        for read, read_ms in zip(batch.reads, batch.read_ms, strict=True):
            meaning = keys.get(read.antenna)
            uri = _identity(read.epc_hex) if meaning else None
            if meaning is None or uri is None:
                continue
            at_ms = read_ms - ahead
            point, side = meaning
            if side is None:
                gates.append(Sighting(uri, point, at_ms, reader, read.antenna))
            else:
                tag = portals.get((uri, point))
                if tag is None:
                    tag = portals[uri, point] = SeenTag(reader, read.antenna)
                tag.reads.append((at_ms, side, read.rssi_dbm))
                newest[point] = max(at_ms, newest.get(point, at_ms))
    return gates, portals, newest


@lru_cache(maxsize=65_536)  # a tag is read dozens of times in a gate
def _identity(epc_hex: str) -> str | None:
    try:
        return uri_of(epc_hex)
    except EpcError:
        return None
