"""Reading what nobody followed when it came: trips of vehicles whose devices the intake only stored.

A device lags when its newest position is later than what was read of it, or when a fix came late (trk_late says from
when it is to be read again). A round reads the lagging devices of vehicles from history, a few in each transaction; it
needs no cursor, so it can be killed at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.locks import own_journeys
from haoyun.tracking.meaning_store import read_again
from haoyun.tracking.meaning_tables import FOLD, LATE
from haoyun.tracking.tables import DEVICE, LATEST

PIECE = 10  # devices in one transaction: the intake of others waits for it


def read_lagging(engine: sa.Engine, now: datetime, most: int = 500) -> int:
    """Read up to `most` lagging devices; returns how many were read."""
    with engine.begin() as db:
        lagging = list(db.execute(_lagging().limit(most)))
    for first in range(0, len(lagging), PIECE):
        _read(engine, lagging[first : first + PIECE], now)
    return len(lagging)


def _read(engine: sa.Engine, devices: Sequence[Any], now: datetime) -> None:
    with engine.begin() as db:
        own_journeys(db)  # not while the intake reads the same device on
        for device_id, name, since_ms in devices:
            read_again(db, name, device_id, since_ms, now)
            # A still older fix that came since the devices were listed is for the next round.
            done = (LATE.c.device_id == device_id, LATE.c.since_ms >= since_ms)
            db.execute(LATE.delete().where(*done))


def _lagging() -> sa.Select[Any]:
    """Devices of vehicles (id, name, since when), the longest unread first."""
    read_to = sa.func.coalesce(FOLD.c.at_ms, LATEST.c.fix_ms)
    since = sa.case((LATE.c.since_ms < read_to, LATE.c.since_ms), else_=read_to)
    lags = sa.or_(FOLD.c.at_ms.is_(None), FOLD.c.at_ms < LATEST.c.fix_ms, LATE.c.since_ms.is_not(None))
    return (
        sa.select(DEVICE.c.id, DEVICE.c.name, since)
        .join(LATEST, LATEST.c.device_id == DEVICE.c.id)
        .outerjoin(FOLD, FOLD.c.device_id == DEVICE.c.id)
        .outerjoin(LATE, LATE.c.device_id == DEVICE.c.id)
        .where(DEVICE.c.vehicle_id.is_not(None), lags)
        .order_by(since)
    )
