"""The ring of raw reads and the visits they add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from haoyun.rfid_ingest.clean.dedup import Key, Session, Sighting
from haoyun.rfid_ingest.readers.reading import TagRead
from haoyun.rfid_ingest.tables import RING, SESSION, TAG_READ
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import upsert

_RING_ROW = 1
_CHUNK = 500  # below every database's limit of parameters in one statement


@dataclass(frozen=True, slots=True)
class ReceivedRead:
    """A read with the reader that made it."""

    device_id: int
    device: str
    read: TagRead
    received_at: datetime


def append_reads(db: sa.Connection, reads: Sequence[ReceivedRead]) -> None:
    """Keep raw reads; one that is kept already (a message that came twice) is ignored."""
    if reads:
        db.execute(upsert(db, TAG_READ).on_conflict_do_nothing(), [_row(read) for read in reads])


def count_reads(db: sa.Connection) -> int:
    """How many different reads were ever received, those that left the ring included."""
    kept = db.scalar(sa.select(sa.func.count()).select_from(TAG_READ)) or 0
    return kept + (db.scalar(sa.select(RING.c.pruned_reads)) or 0)


def prune_reads(db: sa.Connection, before: datetime) -> int:
    """Drop raw reads received before that instant and count them as pruned. Returns how many."""
    dropped = db.execute(TAG_READ.delete().where(TAG_READ.c.received_ms < to_ms(before))).rowcount
    if dropped:
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
    for epcs in _chunks({epc for epc, _ in keys}):
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


def _row(received: ReceivedRead) -> dict[str, object]:
    return {
        "reader_device_id": received.device_id,
        "antenna": received.read.antenna,
        "epc_hex": received.read.epc_hex,
        "read_ms": to_ms(received.read.read_at),
        "received_ms": to_ms(received.received_at),
        "rssi_dbm": received.read.rssi_dbm,
    }


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sorted(values))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
