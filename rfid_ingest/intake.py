"""From reader messages to milestones, inside the intake's transaction: decode, keep, clean, name, tell.

A read, its EPCIS event and its milestone are committed together or not at all. A gate says so at the first read;
a portal when a stay is over, which may be after its last message: then `tick` says it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from sqlalchemy import Connection

from haoyun.rfid_ingest.areas import hear, part
from haoyun.rfid_ingest.clean.dedup import WINDOW_MS, Sighting, arrivals
from haoyun.rfid_ingest.clean.smurf import EPOCH_MS
from haoyun.rfid_ingest.decoding import KINDS, clocks_after, decode
from haoyun.rfid_ingest.epc.quick import uri_of
from haoyun.rfid_ingest.errors import EpcError
from haoyun.rfid_ingest.passings import Passing, record_passings
from haoyun.rfid_ingest.portals import Key, SeenTag, continue_stays, settle
from haoyun.rfid_ingest.read_points import Mode, ReadPoint, read_points_of
from haoyun.rfid_ingest.readers.formats import MAPPED
from haoyun.rfid_ingest.readers_store import clocks_of, mappings_of, save_clocks, save_health
from haoyun.rfid_ingest.reads_store import ReadBatch, append_batches, prune_reads, save_visits, visits_near
from haoyun.tracking.handlers import HandlerResult
from haoyun.tracking.instants import to_ms
from haoyun.tracking.locks import share_journeys
from haoyun.tracking.messages import Message

END_OF_ALL = timedelta(minutes=10)  # after so long everything has left an area, however seldom it was heard
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
        self._heard_since_ms: int | None = None
        self._parted_ms = 0
        self._there = 0  # tags in areas, when they were looked at last

    @property
    def is_waiting(self) -> bool:
        """Whether stays in portals and areas wait for silence, so that time alone brings something to do."""
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
        reads = _sorted_reads(batches, ahead, points)
        self._store_arrivals(db, reads.gates, points, now)
        continue_stays(db, reads.portals, to_ms(now))
        hear(db, reads.areas, points, self._tz_offset, now)
        if reads.portals or reads.areas or self._is_waiting:
            self._look_round(db, reads.newest, now)
        self._prune(db, now)
        return HandlerResult(tuple(decoded.rejects), tuple(decoded.acks))

    def tick(self, db: Connection, now: datetime) -> None:
        """Judge what time alone has brought to its end."""
        share_journeys(db)
        self._look_round(db, {}, now)

    def finish(self, db: Connection, now: datetime) -> None:
        """Judge all stays now: no more reads will come, as at the end of a file."""
        share_journeys(db)
        settle(db, {}, self._tz_offset, now, all_over=True)
        part(db, 0, self._tz_offset, now + END_OF_ALL)
        self._is_waiting = False

    def _look_round(self, db: Connection, newest: Mapping[str, int], now: datetime) -> None:
        """Judge stays that are over in portals, and once an epoch who left the areas."""
        now_ms = to_ms(now)
        if self._heard_since_ms is None:
            self._heard_since_ms = now_ms
        since_ms = self._heard_since_ms
        waiting = settle(db, newest, self._tz_offset, now, heard_since_ms=since_ms)
        if now_ms - self._parted_ms >= EPOCH_MS:
            self._parted_ms = now_ms
            self._there = part(db, since_ms, self._tz_offset, now)
        self._is_waiting = waiting + self._there > 0

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


@dataclass(slots=True)
class _Sorted:
    """Reads that mean something: of gates, of portals and areas by EPC and point, and each portal's newest time."""

    gates: list[Sighting] = field(default_factory=list)
    portals: dict[Key, SeenTag] = field(default_factory=dict)
    areas: defaultdict[Key, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))
    newest: dict[str, int] = field(default_factory=dict)


def _sorted_reads(batches: Sequence[ReadBatch], ahead_ms: Sequence[int], points: ReadPoints) -> _Sorted:
    """A configured antenna saw an EPC; other reads stay in the ring for diagnosis."""
    found = _Sorted()
    for batch, ahead in zip(batches, ahead_ms, strict=True):
        reader = batch.device_id
        meanings = {a: point for (device, a), point in points.items() if device == reader}
        keys = {antenna: point.key for antenna, point in meanings.items()}
        for read, read_ms in zip(batch.reads, batch.read_ms, strict=True):
            meaning = meanings.get(read.antenna)
            uri = _identity(read.epc_hex) if meaning else None
            if meaning is None or uri is None:
                continue
            at_ms, point = read_ms - ahead, keys[read.antenna]
            if meaning.mode is Mode.GATE:
                found.gates.append(Sighting(uri, point, at_ms, reader, read.antenna))
                continue
            if meaning.side is None:
                found.areas[uri, point].append((at_ms, reader, read.antenna))
                continue
            found.newest[point] = max(at_ms, found.newest.get(point, at_ms))
            tag = found.portals.get((uri, point))
            if tag is None:
                tag = found.portals[uri, point] = SeenTag(reader, read.antenna)
            tag.reads.append((at_ms, meaning.side, read.rssi_dbm))
    return found


@lru_cache(maxsize=65_536)  # a tag is read dozens of times in a gate
def _identity(epc_hex: str) -> str | None:
    try:
        return uri_of(epc_hex)
    except EpcError:
        return None
