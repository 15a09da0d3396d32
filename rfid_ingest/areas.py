"""Areas in the intake: a tag arrives with its first read, dwells, and departs when SMURF takes its silence for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from haoyun.rfid_ingest.clean.clock import LATENESS_MS
from haoyun.rfid_ingest.clean.presence import continued
from haoyun.rfid_ingest.passings import Passing, record_passings
from haoyun.rfid_ingest.presences_store import KeptPresence, Key, presences_of, present, save_presences
from haoyun.rfid_ingest.read_points import Direction, ReadPoint, read_points_of
from haoyun.tracking.instants import to_ms

ReadPoints = Mapping[tuple[int, int], ReadPoint]
Heard = Mapping[Key, Sequence[tuple[int, int, int]]]  # EPC and point -> (epoch ms, reader, antenna)

_BACK = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}


def hear(db: sa.Connection, heard: Heard, points: ReadPoints, tz_offset: str, now: datetime) -> None:
    """Add reads to the stays that they belong to, and record who arrived."""
    if not heard:
        return
    known = presences_of(db, heard)
    changed: list[KeptPresence] = []
    arrived: list[Passing] = []
    for (epc, point), reads in heard.items():
        kept = known.get((epc, point))
        if kept is not None and kept.gone_ms is not None:
            late = [read for read in reads if read[0] <= kept.gone_ms]  # of the stay that is over
            reads = [read for read in reads if read[0] > kept.gone_ms]  # noqa: PLW2901 - the rest of them
            if not reads:
                changed.append(replace(kept, stay=continued(kept.stay, [read[0] for read in late])))
                continue
            kept = None
        stay = continued(kept.stay if kept else None, [read[0] for read in reads])
        at_ms, reader, antenna = min(reads)
        if kept is None:
            kept = KeptPresence(epc, point, reader, antenna, to_ms(now), stay)
            meaning = points[reader, antenna]
            arrived.append(Passing(epc, at_ms, reader, meaning, meaning.direction))
        changed.append(replace(kept, stay=stay, received_ms=to_ms(now)))
    save_presences(db, changed)
    record_passings(db, arrived, tz_offset, now)


def part(db: sa.Connection, heard_since_ms: int, tz_offset: str, now: datetime) -> int:
    """Record who departed. Time goes on in an area with the reads of others that are there, and with the clock.

    `heard_since_ms` is since when this process listens: a silence from before is none. Returns how many are there.
    """
    there = present(db)
    newest_ms: defaultdict[str, int] = defaultdict(int)
    for kept in there:
        newest_ms[kept.point] = max(newest_ms[kept.point], kept.stay.last_ms)
    gone = []
    for kept in there:
        silent_ms = to_ms(now) - max(kept.received_ms, heard_since_ms)
        until_ms = max(newest_ms[kept.point], kept.stay.last_ms + silent_ms) - LATENESS_MS
        gone_ms = kept.stay.gone_ms(until_ms)
        if gone_ms is not None:
            gone.append(replace(kept, gone_ms=gone_ms))
    save_presences(db, gone)
    points = read_points_of(db, {kept.reader_id for kept in gone}) if gone else {}
    record_passings(db, [passing for kept in gone if (passing := _departure(kept, points))], tz_offset, now)
    return len(there) - len(gone)


def _departure(kept: KeptPresence, points: ReadPoints) -> Passing | None:
    """What the departure records, or None: leaving means nothing here, or the antenna is configured no more."""
    point = points.get((kept.reader_id, kept.antenna))
    if point is None or point.back_step is None:
        return None
    return Passing(kept.epc, kept.stay.last_ms, kept.reader_id, point, _BACK[point.direction])
