"""The newest positions in a window of the map: each of them where they are few, else gathered by the database's side.

A row read into an object costs microseconds, and a map of a hundred thousand of them cannot be drawn anyway. So what
lies in the window is first read as numbers, in one text that the database joins: device, pixel, moving. Decision 65.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from haoyun.tracking.fixes_store import FRESH, LatestPosition, latest_positions
from haoyun.tracking.instants import to_ms
from haoyun.tracking.map_window import BITS, Cluster, Dots, MapWindow
from haoyun.tracking.tables import DEVICE, LATEST

MOST_SHOWN = 2000  # positions that a map draws one by one


class MapView(NamedTuple):
    """How many devices are in a window; single ones, by device id, and clusters of the others."""

    total: int
    positions: list[LatestPosition]
    clusters: list[Cluster]


def map_view(db: sa.Connection, window: MapWindow, now: datetime, limit: int = MOST_SHOWN) -> MapView:
    """What a window shows of all devices that are not revoked: up to `limit` positions, else clusters.

    Where there are clusters, `positions` are the devices that are alone in their cell. A device moves when its newest
    position says so and is fresh.
    """
    dots = _dots(db, window, now).without(_revoked(db))
    if len(dots) <= limit:
        clusters, single = list[Cluster](), dots.number.tolist()
    else:
        clusters, single = dots.gathered(window)
    return MapView(len(dots), latest_positions(db, device_ids=single) if single else [], clusters)


def _revoked(db: sa.Connection) -> list[int]:
    return list(db.scalars(sa.select(DEVICE.c.id).where(DEVICE.c.revoked_ms.is_not(None))))


def _dots(db: sa.Connection, window: MapWindow, now: datetime) -> Dots:
    """As `Dots.packed` wants them. Read as one text: numbers of it are parsed ten times faster than rows are made."""
    t = LATEST.c
    by_lat, by_lon = window.pixels_by_degree
    east_of: Any = t.lon - window.west
    lon: sa.ColumnElement[bool] = t.lon.between(window.west, window.east)
    if window.crosses:
        east_of = sa.case((t.lon < window.west, t.lon + 360 - window.west), else_=east_of)
        lon = sa.or_(t.lon >= window.west, t.lon <= window.east)
    moving = sa.case((sa.and_(t.moving, t.fix_ms >= to_ms(now - FRESH)), 1), else_=0)
    y, x = _whole(db, (t.lat - window.south) * by_lat), _whole(db, east_of * by_lon)
    device = t.device_id if db.dialect.name == "sqlite" else sa.cast(t.device_id, sa.BigInteger)
    key = device * 2 ** (2 * BITS + 1) + y * 2 ** (BITS + 1) + x * 2 + moving
    query = sa.select(sa.func.aggregate_strings(_as_text(db, key), ","))
    text = db.scalar(query.where(t.lat.between(window.south, window.north), lon))
    return Dots.packed(np.fromstring(text or "", dtype=np.int64, sep=","))


def _as_text(db: sa.Connection, number: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    return number if db.dialect.name == "sqlite" else sa.cast(number, sa.Text)


def _whole(db: sa.Connection, number: sa.ColumnElement[float]) -> sa.ColumnElement[int]:
    """Towards zero; PostgreSQL's cast alone would round."""
    return sa.cast(number if db.dialect.name == "sqlite" else sa.func.trunc(number), sa.BigInteger)
