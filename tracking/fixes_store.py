"""Positions: the history of fixes, and the newest believed position of each device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from haoyun.tracking.bindings_store import bindings_of_vehicles, covers
from haoyun.tracking.by_ids import among
from haoyun.tracking.devices_store import names_of
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.history.append import append_rows
from haoyun.tracking.history.read import END_MS, count_rows, fix_rows
from haoyun.tracking.history.rows import Row, fix_of, row_of
from haoyun.tracking.instants import EPOCH, from_ms, to_ms
from haoyun.tracking.motion import DeviceState
from haoyun.tracking.tables import BINDING, DEVICE, LATEST, upsert

FRESH = timedelta(minutes=10)  # an older position says nothing about whether the vehicle moves now
MAX_TRACK = 20_000


class LatestPosition(NamedTuple):
    """Where a device was last seen, and in which vehicle it rode then."""

    device_id: int
    vehicle_id: str | None
    org_id: str
    state: DeviceState

    def moves(self, now: datetime) -> bool:
        """Whether it is moving now, as far as a fresh position can tell."""
        return self.state.moving and self.state.fix_time >= now - FRESH


def store_fixes(db: sa.Connection, device_ids: Mapping[str, int], fixes: Sequence[PositionFix]) -> None:
    """Write fixes to history; one that is there already is left as it is."""
    append_rows(db, [row_of(device_ids[fix.device], fix) for fix in fixes])


def store_latest(db: sa.Connection, device_ids: Mapping[str, int], states: Iterable[DeviceState]) -> None:
    """Move the newest positions forward; an older state than the stored one changes nothing."""
    rows = sorted((_latest_row(device_ids[s.device], s) for s in states), key=lambda row: row["device_id"])
    if not rows:
        return
    insert = upsert(db, LATEST)
    newer = sa.or_(
        insert.excluded.fix_ms > LATEST.c.fix_ms,
        sa.and_(insert.excluded.fix_ms == LATEST.c.fix_ms, insert.excluded.seq > LATEST.c.seq),
    )
    values = {name: insert.excluded[name] for name in rows[0] if name != "device_id"}
    db.execute(insert.on_conflict_do_update(index_elements=["device_id"], set_=values, where=newer), rows)


def put_latest(db: sa.Connection, device_id: int, state: DeviceState) -> None:
    """Set the newest position of a device, also back: a late fix may show that the newest one was doubtful."""
    row = _latest_row(device_id, state)
    insert = upsert(db, LATEST).values(row)
    values = {name: insert.excluded[name] for name in row if name != "device_id"}
    db.execute(insert.on_conflict_do_update(index_elements=["device_id"], set_=values))


def load_states(db: sa.Connection, device_ids: Mapping[str, int]) -> dict[str, DeviceState]:
    """The last states of devices (name -> id), by name; a device never seen is left out."""
    query = _latest_query().where(LATEST.c.device_id.in_(set(device_ids.values())))
    return {row.name: _state(row) for row in db.execute(query)}


def latest_positions(
    db: sa.Connection,
    *,
    device_ids: Iterable[int] | None = None,
    vehicle_ids: Iterable[str] | None = None,
    since: datetime | None = None,
) -> list[LatestPosition]:
    """The newest position of each device that fits all given limits; revoked devices are left out."""
    query = _latest_query().where(DEVICE.c.revoked_ms.is_(None)).order_by(LATEST.c.device_id)
    if device_ids is not None:
        query = query.where(among(db, LATEST.c.device_id, set(device_ids)))
    if vehicle_ids is not None:
        wanted = set(vehicle_ids)
        ever = BINDING.alias()  # by its index, where the outer join alone would look at every device
        rode = sa.select(ever.c.device_id).where(among(db, ever.c.vehicle_id, wanted))
        query = query.where(LATEST.c.device_id.in_(rode), among(db, BINDING.c.vehicle_id, wanted))
    if since is not None:
        query = query.where(LATEST.c.fix_ms >= to_ms(since))
    return _positions(db.execute(query))


def received_since(db: sa.Connection, since: datetime | None) -> list[LatestPosition]:
    """The newest positions that arrived from `since` on (None: all); those of revoked devices are left out."""
    query = _latest_query().where(DEVICE.c.revoked_ms.is_(None))
    if since is not None:
        query = query.where(LATEST.c.received_ms >= to_ms(since))
    return _positions(db.execute(query))


def find_latest(db: sa.Connection, vehicle_id: str) -> LatestPosition | None:
    """The newest position of a vehicle by whichever of its devices reported last."""
    found = latest_positions(db, vehicle_ids=[vehicle_id])
    return max(found, key=lambda p: p.state.fix_time, default=None)


def track(
    db: sa.Connection, vehicle_id: str, start: datetime, end: datetime, limit: int = MAX_TRACK
) -> list[PositionFix]:
    """A vehicle's fixes from `start` until before `end`, oldest first; of more than `limit` the oldest."""
    rows: list[Row] = []
    for binding in bindings_of_vehicles(db, [vehicle_id]):
        first = max(to_ms(start), to_ms(binding.since))
        last = min(to_ms(end), END_MS if binding.until is None else to_ms(binding.until))
        if first < last:
            rows += fix_rows(db, [binding.device_id], first, last, limit)
    names = names_of(db, {row[0] for row in rows})
    rows.sort(key=lambda row: (row[1], row[0], row[2]))
    return [fix_of(names[row[0]], row) for row in rows[:limit]]


def fixes_of_device(db: sa.Connection, device_id: int, start: datetime) -> list[PositionFix]:
    """All stored fixes of one device from `start` on, oldest first."""
    name = db.scalar(sa.select(DEVICE.c.name).where(DEVICE.c.id == device_id))
    return [] if name is None else [fix_of(name, row) for row in fix_rows(db, [device_id], to_ms(start))]


def count_fixes(db: sa.Connection) -> int:
    """How many fixes are stored; on PostgreSQL an estimate beyond two million."""
    return count_rows(db)


def count_moving(db: sa.Connection, now: datetime) -> int:
    """How many devices' newest position is at most FRESH old and moving."""
    fresh = LATEST.c.fix_ms >= to_ms(now - FRESH)
    return db.scalar(sa.select(sa.func.count()).select_from(LATEST).where(LATEST.c.moving, fresh)) or 0


def _latest_query() -> sa.Select[Any]:
    columns = (DEVICE.c.name, BINDING.c.vehicle_id, DEVICE.c.org_id)
    query = sa.select(LATEST, *columns).join(DEVICE, DEVICE.c.id == LATEST.c.device_id)
    return query.outerjoin(BINDING, covers(LATEST.c.device_id, LATEST.c.fix_ms))


def _latest_row(device_id: int, state: DeviceState) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "fix_ms": to_ms(state.fix_time),
        "seq": state.seq,
        "received_ms": to_ms(state.received_at),
        "lat": state.lat,
        "lon": state.lon,
        "speed_kmh": state.speed_kmh,
        "heading_deg": state.heading_deg,
        "accuracy_m": state.accuracy_m,
        "odometer_m": state.odometer_m,
        "moving": state.moving,
    }


def _state(row: Any) -> DeviceState:
    """From a row of `_latest_query`, by place: names cost more than all the rest in a map of thousands."""
    _, fix_ms, seq, received_ms, lat, lon, speed, heading, accuracy, odometer, moving, name, *_ = row
    return DeviceState(
        name, from_ms(fix_ms), seq, from_ms(received_ms), lat, lon, speed, heading, accuracy, odometer, moving
    )


def _positions(rows: Iterable[Any]) -> list[LatestPosition]:
    """From rows of `_latest_query`; in one loop without calls, for maps of thousands."""
    new = tuple.__new__
    found: list[LatestPosition] = []
    for (
        device_id, fix_ms, seq, received_ms, lat, lon, speed, heading, accuracy, odometer, moving, name,
        vehicle_id, org_id,
    ) in rows:  # fmt: skip
        state = new(
            DeviceState,
            (
                name, EPOCH + timedelta(0, 0, 0, fix_ms), seq, EPOCH + timedelta(0, 0, 0, received_ms), lat, lon, speed,
                heading, accuracy, odometer, moving,
            ),
        )  # fmt: skip
        found.append(new(LatestPosition, (device_id, vehicle_id, org_id, state)))
    return found
