"""Trips on the roads, kept: which closed trips wait for their matching, what came of it, and what was taught.

A trip waits from when it is closed; when a late fix rewrites it, it waits again, since its row is written anew. A
round marks the trips that it takes, reads their fixes, matches them without holding a lock, and keeps the result only
where its mark still stands: what was rewritten meanwhile lost the mark. So a round may be killed at any moment, and
two may run side by side, and the end is the same.

What a trip taught is kept with the trip and goes with it: there is no sum that it would have to be taken out of.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.duty import is_withheld, off_duty_periods
from haoyun.tracking.fixes import DOUBTFUL, PositionFix
from haoyun.tracking.history.read import fix_rows
from haoyun.tracking.history.rows import fix_of
from haoyun.tracking.instants import to_ms
from haoyun.tracking.meaning_tables import DOUBT, MATCHED, SEGMENT, TRIP_ROAD
from haoyun.tracking.tables import DEVICE

LEARN_FROM = timedelta(days=90)  # older trips say little of how the roads are driven now
MOST_TRIPS = 20_000  # that teach; some 2 million edges, a second to sum up
_PIECE = 2_000  # rows in one transaction of forgetting


@dataclass(frozen=True, slots=True)
class WaitingTrip:
    """A closed trip that a round has marked as its own."""

    device_id: int
    device: str
    start_ms: int
    end_ms: int
    mark: int


@dataclass(frozen=True, slots=True)
class TripRoad:
    """A trip on the roads: metres by road, and the share of its fixes that lie on one."""

    start_ms: int
    end_ms: int
    distance_m: float
    on_road: float


def take_waiting(db: sa.Connection, now: datetime, most: int) -> list[WaitingTrip]:
    """Mark up to `most` waiting trips as taken by this round, the newest first."""
    t = SEGMENT.c
    query = sa.select(t.device_id, DEVICE.c.name, t.start_ms, t.end_ms).where(*_waits(now))
    query = query.join(DEVICE, DEVICE.c.id == t.device_id).order_by(t.end_ms.desc()).limit(most)
    mark = secrets.randbits(62) + 1
    found = [WaitingTrip(*row, mark) for row in db.execute(query)]
    for trip in found:
        db.execute(SEGMENT.update().where(*_key(trip)).values(match_mark=mark))
    return found


def any_waiting(db: sa.Connection, now: datetime) -> bool:
    """Whether a trip waits; a question that takes no lock."""
    return db.execute(sa.select(SEGMENT.c.device_id).where(*_waits(now)).limit(1)).first() is not None


def believed_runs(db: sa.Connection, trip: WaitingTrip) -> list[list[PositionFix]]:
    """The believed fixes of a trip, cut where its driver was off duty: nothing is guessed across such a time."""
    d = DOUBT.c
    doubts = sa.select(d.fix_ms, d.seq, d.flags).where(
        d.device_id == trip.device_id, d.fix_ms.between(trip.start_ms, trip.end_ms)
    )
    doubtful = {(row.fix_ms, row.seq) for row in db.execute(doubts) if row.flags & int(DOUBTFUL)}
    periods = off_duty_periods(db, [trip.device_id]).get(trip.device_id, [])
    runs: list[list[PositionFix]] = [[]]
    last_ms = trip.start_ms
    for row in fix_rows(db, [trip.device_id], trip.start_ms, trip.end_ms + 1):
        if (row[1], row[2]) in doubtful or is_withheld(periods, row[1]):
            continue
        if any(since < row[1] and (until is None or until > last_ms) for since, until in periods):
            runs.append([])
        runs[-1].append(fix_of(trip.device, row))
        last_ms = row[1]
    return [run for run in runs if run]


def keep_match(
    db: sa.Connection, trip: WaitingTrip, network_key: str, road: TripRoad | None, taught: bytes = b""
) -> bool:
    """Keep what came of a trip; False if the trip was rewritten meanwhile, and waits again.

    `road` is None where nothing could be matched; `taught` are marks (haoyun.maps.learning.marks_of).
    """
    mine = SEGMENT.c.match_mark == trip.mark
    if not db.execute(SEGMENT.update().where(*_key(trip), mine).values(match_mark=MATCHED)).rowcount:
        return False
    _forget_overlapping(db, trip)
    if road is not None:
        row = {
            "device_id": trip.device_id,
            **asdict(road),
            "network": network_key,
            "taught": taught,
        }
        db.execute(TRIP_ROAD.insert(), row)
    return True


def forget_from(db: sa.Connection, device_id: int, since_ms: int) -> None:
    """Forget the matches of a device's trips that begin at `since_ms` or later: they are read again."""
    t = TRIP_ROAD.c
    db.execute(TRIP_ROAD.delete().where(t.device_id == device_id, t.start_ms >= since_ms))


def trip_roads(db: sa.Connection, device_id: int, start: datetime, end: datetime) -> dict[int, TripRoad]:
    """Matched trips of a device that touch a time, by when they began (epoch milliseconds)."""
    t = TRIP_ROAD.c
    query = sa.select(t.start_ms, t.end_ms, t.distance_m, t.on_road).where(
        t.device_id == device_id, t.end_ms >= to_ms(start), t.start_ms < to_ms(end)
    )
    return {row.start_ms: TripRoad(*row) for row in db.execute(query)}


def taught_by_trips(db: sa.Connection, network_key: str, now: datetime) -> Iterator[bytes]:
    """What the newest MOST_TRIPS trips on a network taught, of the last LEARN_FROM."""
    t = TRIP_ROAD.c
    query = sa.select(t.taught).where(t.network == network_key, t.end_ms >= to_ms(now - LEARN_FROM))
    for row in db.execute(query.order_by(t.end_ms.desc(), t.device_id).limit(MOST_TRIPS)):
        yield row.taught


def forget_unused(db: sa.Connection, network_key: str, now: datetime) -> int:
    """Remove what teaches nothing any more: older trips, and those on a map that is no longer the installation's.

    At most a few thousand rows at a time; returns how many went. Trips of another map wait for their matching again.
    """
    t = TRIP_ROAD.c
    old = sa.or_(t.end_ms < to_ms(now - LEARN_FROM), t.network != network_key)
    found = list(db.execute(sa.select(t.device_id, t.start_ms, t.network).where(old).limit(_PIECE)))
    for row in found:
        db.execute(TRIP_ROAD.delete().where(t.device_id == row.device_id, t.start_ms == row.start_ms))
        if row.network != network_key:
            s = SEGMENT.c
            again = (s.device_id == row.device_id, s.start_ms == row.start_ms, s.driving)
            db.execute(SEGMENT.update().where(*again).values(match_mark=0))
    return len(found)


def _forget_overlapping(db: sa.Connection, trip: WaitingTrip) -> None:
    t = TRIP_ROAD.c
    touches = (t.device_id == trip.device_id, t.start_ms < trip.end_ms, t.end_ms > trip.start_ms)
    same = sa.and_(t.device_id == trip.device_id, t.start_ms == trip.start_ms)
    db.execute(TRIP_ROAD.delete().where(sa.or_(sa.and_(*touches), same)))


def _waits(now: datetime) -> Sequence[Any]:
    t = SEGMENT.c
    return t.driving, ~t.open, t.match_mark > MATCHED, t.end_ms >= to_ms(now - LEARN_FROM)


def _key(trip: WaitingTrip) -> Sequence[Any]:
    t = SEGMENT.c
    return t.device_id == trip.device_id, t.start_ms == trip.start_ms, t.driving
