"""The newest positions in a window of the map: each of them where they are few, else gathered by the database's side.

A row read into an object costs microseconds, and a map of a hundred thousand of them cannot be drawn anyway. So what
lies in the window is first read as numbers, in one value that the database joins: device, pixel, moving. Decision 65.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from haoyun.tracking.copying import binary_scalar
from haoyun.tracking.fixes_store import FRESH, LatestPosition, latest_positions
from haoyun.tracking.instants import to_ms
from haoyun.tracking.map_window import BITS, Cluster, Dots, IntArray, MapWindow
from haoyun.tracking.tables import DEVICE, LATEST

MOST_SHOWN = 2000  # positions that a map draws one by one
_ARRAY_HEADER = 20  # bytes: dimensions, flags, type, size, lower bound


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
    """As `Dots.packed` wants them, read as one value: its numbers are parsed ten times faster than rows are made."""
    t = LATEST.c
    by_lat, by_lon = window.pixels_by_degree
    east_of: Any = t.lon - window.west
    lon: sa.ColumnElement[bool] = t.lon.between(window.west, window.east)
    if window.crosses:
        east_of = sa.case((t.lon < window.west, t.lon + 360 - window.west), else_=east_of)
        lon = sa.or_(t.lon >= window.west, t.lon <= window.east)
    moves = sa.and_(t.moving, t.fix_ms >= to_ms(now - FRESH))
    y, x = (t.lat - window.south) * by_lat, east_of * by_lon
    inside = t.lat.between(window.south, window.north), lon
    if db.dialect.name == "sqlite":
        place = sa.cast(y, sa.BigInteger), sa.cast(x, sa.BigInteger)
        joined = sa.func.aggregate_strings(_key(t.device_id, *place, sa.case((moves, 1), else_=0)), ",")
        text = db.scalar(sa.select(joined).where(*inside))
        return Dots.packed(np.fromstring(text or "", dtype=np.int64, sep=","))
    # Floating point holds these numbers exactly (53 bits), and PostgreSQL reckons quickest in one kind of number.
    parts = (
        sa.cast(t.device_id, sa.Double),
        sa.func.floor(y),
        sa.func.floor(x),
        sa.case((moves, 1.0), else_=0.0),
    )
    keys = sa.func.array_send(sa.func.array_agg(_key(*parts, kind=float)))
    return Dots.packed(_numbers_sent(binary_scalar(db, sa.select(keys).where(*inside)) or b""))


def _key(device: Any, y: Any, x: Any, moving: Any, kind: type[int] | type[float] = int) -> Any:
    """As `Dots.packed` takes them apart."""
    side = kind(2**BITS)
    return ((device * side + y) * side + x) * kind(2) + moving


def _numbers_sent(sent: bytes) -> IntArray:
    """The numbers of a one-dimensional array as PostgreSQL's array_send writes it."""
    # The header, then length and value of each.
    items = np.frombuffer(sent[_ARRAY_HEADER:], dtype=[("length", ">i4"), ("value", ">f8")])
    return items["value"].astype(np.int64)
