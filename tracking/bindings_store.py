"""Which vehicle a device rode in, and when. A fix at t belongs to the vehicle that the device was bound to at t.

The intervals of one device never overlap: `bind_vehicle` ends the open one where the next begins. DEVICE.vehicle_id is
what holds now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.errors import BadBinding
from haoyun.tracking.instants import EPOCH, find_instant, from_ms, to_ms
from haoyun.tracking.tables import BINDING, DEVICE


@dataclass(frozen=True, slots=True)
class Binding:
    """From `since` until before `until` (None: still) the device rode in the vehicle."""

    device_id: int
    vehicle_id: str
    since: datetime
    until: datetime | None


def covers(device_id: sa.ColumnElement[int], at_ms: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The join condition: the binding of this device that holds at this instant."""
    return sa.and_(
        BINDING.c.device_id == device_id,
        BINDING.c.from_ms <= at_ms,
        sa.or_(BINDING.c.until_ms.is_(None), at_ms < BINDING.c.until_ms),
    )


def bind_first(db: sa.Connection, device_id: int, vehicle_id: str) -> None:
    """The first binding of a new device. It has no beginning: what the device kept from before is the vehicle's."""
    row = {"device_id": device_id, "vehicle_id": vehicle_id, "from_ms": to_ms(EPOCH), "until_ms": None}
    db.execute(BINDING.insert().values(row))


def bind(db: sa.Connection, device_id: int, vehicle_id: str | None, since: datetime, now: datetime) -> None:
    """From `since` on the device rides in this vehicle, or in none. Raises BadBinding naming what is in the way."""
    if since > now:
        raise BadBinding(f"since {since.isoformat()} lies in the future: a binding begins now or earlier")
    bindings = bindings_of(db, device_id)
    last = bindings[-1] if bindings else None
    if last is not None and since < (last.until or last.since):
        edge = last.until or last.since
        raise BadBinding(f"since must not lie before {edge.isoformat()}, where the last binding stands")
    if last is not None and last.until is None:
        if last.vehicle_id == vehicle_id:
            return
        _end(db, last, since)
    if vehicle_id is not None:
        row = {"device_id": device_id, "vehicle_id": vehicle_id, "from_ms": to_ms(since), "until_ms": None}
        db.execute(BINDING.insert().values(row))
    db.execute(DEVICE.update().where(DEVICE.c.id == device_id).values(vehicle_id=vehicle_id))


def bindings_of(db: sa.Connection, device_id: int) -> list[Binding]:
    """All bindings of a device, the oldest first."""
    query = sa.select(BINDING).where(BINDING.c.device_id == device_id).order_by(BINDING.c.from_ms)
    return [_binding(row) for row in db.execute(query)]


def bindings_of_vehicles(db: sa.Connection, vehicle_ids: Iterable[str]) -> list[Binding]:
    """All bindings of these vehicles, the oldest first."""
    query = sa.select(BINDING).where(BINDING.c.vehicle_id.in_(set(vehicle_ids)))
    return [_binding(row) for row in db.execute(query.order_by(BINDING.c.from_ms, BINDING.c.id))]


def vehicle_at(db: sa.Connection, device_id: int, at: datetime) -> str | None:
    """The vehicle that a device rode in at an instant."""
    at_ms = sa.literal(to_ms(at), sa.BigInteger)
    return db.scalar(sa.select(BINDING.c.vehicle_id).where(covers(sa.literal(device_id), at_ms)))


def _end(db: sa.Connection, binding: Binding, since: datetime) -> None:
    is_open = sa.and_(BINDING.c.device_id == binding.device_id, BINDING.c.until_ms.is_(None))
    if since == binding.since:  # it would be empty
        db.execute(BINDING.delete().where(is_open))
    else:
        db.execute(BINDING.update().where(is_open).values(until_ms=to_ms(since)))


def _binding(row: Any) -> Binding:
    return Binding(row.device_id, row.vehicle_id, from_ms(row.from_ms), find_instant(row.until_ms))
