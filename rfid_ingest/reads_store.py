"""The ring of raw reads, a row a message, and the visits they add up to."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.clean.dedup import Key, Session, Sighting
from haoyun.rfid_ingest.readers.reading import TagRead
from haoyun.rfid_ingest.tables import READ_BATCH, RING, SESSION
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import upsert

_RING_ROW = 1
_CHUNK = 500  # below every database's limit of parameters in one statement


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """The reads of one message with the reader that made them; `read_ms` are their times in epoch ms."""

    device_id: int
    device: str
    reads: tuple[TagRead, ...]
    read_ms: tuple[int, ...]
    received_at: datetime

    @classmethod
    def of(cls, device_id: int, device: str, reads: Sequence[TagRead], received_at: datetime) -> ReadBatch:
        """The batch of these reads."""
        return cls(device_id, device, tuple(reads), tuple(to_ms(read.read_at) for read in reads), received_at)


def append_batches(db: sa.Connection, batches: Sequence[ReadBatch]) -> list[ReadBatch]:
    """Keep the raw reads of messages. Returns those that are new: a message that comes twice is told apart."""
    rows: dict[tuple[object, object], tuple[dict[str, object], ReadBatch]] = {}
    for batch in batches:
        if batch.reads:
            row = _row(batch)
            rows.setdefault((row["reader_device_id"], row["digest"]), (row, batch))
    known = _known(db, rows)
    fresh = [pair for key, pair in rows.items() if key not in known]
    if fresh:  # another intake may keep the same message at this moment: then its row stays
        db.execute(upsert(db, READ_BATCH).on_conflict_do_nothing(), [row for row, _batch in fresh])
    return [batch for _row, batch in fresh]


def raw_reads(db: sa.Connection, device_id: int, since: datetime, until: datetime) -> list[TagRead]:
    """What a reader reported between two instants, by time, as long as the ring holds it."""
    first, last = to_ms(since), to_ms(until)
    query = sa.select(READ_BATCH.c.columns).where(
        READ_BATCH.c.reader_device_id == device_id,
        READ_BATCH.c.last_ms >= first,
        READ_BATCH.c.first_ms <= last,
    )
    found = []
    for text in db.scalars(query):
        columns = orjson.loads(text)
        for antenna, epc, at_ms, rssi in zip(*(columns[name] for name in _COLUMNS), strict=True):
            if first <= at_ms <= last:
                found.append(TagRead(antenna, epc, from_ms(at_ms), rssi))
    return sorted(found, key=lambda read: (read.read_at, read.antenna, read.epc_hex))


def count_reads(db: sa.Connection) -> int:
    """How many reads were ever received, those that left the ring included."""
    kept = db.scalar(sa.select(sa.func.sum(READ_BATCH.c.reads))) or 0
    return int(kept) + (db.scalar(sa.select(RING.c.pruned_reads)) or 0)


def prune_reads(db: sa.Connection, before: datetime) -> int:
    """Drop raw reads received before that instant and count them as pruned. Returns how many."""
    old = READ_BATCH.c.received_ms < to_ms(before)
    dropped = int(db.scalar(sa.select(sa.func.sum(READ_BATCH.c.reads)).where(old)) or 0)
    if dropped:
        db.execute(READ_BATCH.delete().where(old))
        insert = upsert(db, RING).values(id=_RING_ROW, pruned_reads=dropped)
        total = RING.c.pruned_reads + insert.excluded.pruned_reads
        db.execute(insert.on_conflict_do_update(index_elements=[RING.c.id], set_={"pruned_reads": total}))
    return dropped


def visits_near(
    db: sa.Connection, sightings: Iterable[Sighting], window_ms: int
) -> Mapping[Key, tuple[Session, ...]]:
    """The visits that these sightings may belong to."""
    seen = list(sightings)
    if not seen:
        return {}
    earliest, latest = min(s.at_ms for s in seen) - window_ms, max(s.at_ms for s in seen) + window_ms
    keys = {sighting.key for sighting in seen}
    found: defaultdict[Key, list[Session]] = defaultdict(list)
    for epcs in chunks({epc for epc, _ in keys}):
        query = sa.select(SESSION).where(
            SESSION.c.epc_uri.in_(epcs), SESSION.c.last_ms >= earliest, SESSION.c.first_ms <= latest
        )
        for row in db.execute(query):
            if (row.epc_uri, row.point) in keys:
                found[row.epc_uri, row.point].append(Session(row.started_ms, row.first_ms, row.last_ms))
    return {key: tuple(visits) for key, visits in found.items()}


def save_visits(db: sa.Connection, changed: Mapping[Key, Sequence[Session]]) -> None:
    """Write visits that are new or grew."""
    rows = [
        {
            "epc_uri": epc,
            "point": point,
            "started_ms": v.started_ms,
            "first_ms": v.first_ms,
            "last_ms": v.last_ms,
        }
        for (epc, point), visits in changed.items()
        for v in visits
    ]
    if not rows:
        return
    insert = upsert(db, SESSION)
    grown = {"first_ms": insert.excluded.first_ms, "last_ms": insert.excluded.last_ms}
    db.execute(insert.on_conflict_do_update(index_elements=list(SESSION.primary_key), set_=grown), rows)


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The values in pieces that one statement can hold."""
    rest = iter(sorted(values))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


_COLUMNS = ("antenna", "epc", "ms", "rssi")


def _row(batch: ReadBatch) -> dict[str, object]:
    columns = orjson.dumps(
        {
            "antenna": [read.antenna for read in batch.reads],
            "epc": [read.epc_hex for read in batch.reads],
            "ms": batch.read_ms,
            "rssi": [read.rssi_dbm for read in batch.reads],
        }
    )
    return {
        "reader_device_id": batch.device_id,
        "digest": hashlib.blake2b(columns, digest_size=16).hexdigest(),
        "received_ms": to_ms(batch.received_at),
        "reads": len(batch.reads),
        "first_ms": min(batch.read_ms),
        "last_ms": max(batch.read_ms),
        "columns": columns.decode(),
    }


def _known(db: sa.Connection, keys: Iterable[tuple[object, object]]) -> set[tuple[object, object]]:
    found: set[tuple[object, object]] = set()
    for digests in chunks({str(digest) for _device, digest in keys}):
        query = sa.select(READ_BATCH.c.reader_device_id, READ_BATCH.c.digest)
        found |= {tuple(row) for row in db.execute(query.where(READ_BATCH.c.digest.in_(digests)))}
    return found
