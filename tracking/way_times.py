"""The learned travel times of a journey's planned way, kept beside the way, so that every estimate uses the same.

They are small (TravelTimes joins neighbouring edges to pieces) and say for which state of learning they stand.
"""

from __future__ import annotations

import zlib
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from haoyun.tracking.eta import HOURS, TravelTimes
from haoyun.tracking.instants import to_ms
from haoyun.tracking.meaning_tables import WAY_TIMES
from haoyun.tracking.tables import JOURNEY, upsert


def put_times(db: sa.Connection, journey_id: str, times: TravelTimes, now: datetime) -> None:
    """Keep the learned times of a journey's way; later ones replace them."""
    row = {"journey_id": journey_id, "learned_ms": to_ms(now), "times": encode(times)}
    insert = upsert(db, WAY_TIMES).values(row)
    values = {name: insert.excluded[name] for name in ("learned_ms", "times")}
    db.execute(insert.on_conflict_do_update(index_elements=["journey_id"], set_=values))


def find_times(db: sa.Connection, journey_id: str) -> TravelTimes | None:
    """The learned times of a journey's way; None where nothing was learned of it yet."""
    data = db.scalar(sa.select(WAY_TIMES.c.times).where(WAY_TIMES.c.journey_id == journey_id))
    return None if data is None else decode(data)


def times_learned(db: sa.Connection) -> dict[str, int]:
    """When the times of open journeys were learned (epoch milliseconds), by journey."""
    t = WAY_TIMES.c
    query = sa.select(t.journey_id, t.learned_ms).join(JOURNEY, JOURNEY.c.id == t.journey_id)
    return {row.journey_id: row.learned_ms for row in db.execute(query.where(JOURNEY.c.closed_ms.is_(None)))}


def forget_times(db: sa.Connection) -> int:
    """Remove the times of journeys that are over; returns how many went."""
    over = sa.select(JOURNEY.c.id).where(JOURNEY.c.closed_ms.is_not(None))
    return db.execute(WAY_TIMES.delete().where(WAY_TIMES.c.journey_id.in_(over))).rowcount


def encode(times: TravelTimes) -> bytes:
    """Metres (k,) and km/h (k, 168) as 32-bit floats after the offset of local time, compressed."""
    head = np.array([times.utc_offset_s], dtype="<i4").tobytes()
    return zlib.compress(
        head + times.length_m.astype("<f4").tobytes() + times.speed_kmh.astype("<f4").tobytes(), 6
    )


def decode(data: bytes) -> TravelTimes:
    """What `encode` wrote."""
    raw = zlib.decompress(data)
    pieces = (len(raw) - 4) // 4 // (HOURS + 1)
    numbers = np.frombuffer(raw, "<f4", offset=4).astype(np.float64)
    offset_s = int(np.frombuffer(raw, "<i4", 1)[0])
    return TravelTimes(numbers[:pieces], numbers[pieces:].reshape(pieces, HOURS), offset_s)
