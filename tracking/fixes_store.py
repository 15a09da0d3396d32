"""Positions: the history of fixes, and the newest believed position of each device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.motion import DeviceState
from haoyun.tracking.tables import DEVICE, FIX, LATEST, upsert

FRESH = timedelta(minutes=10)  # an older position says nothing about whether the vehicle moves now
MAX_TRACK = 20_000

BoundingBox = tuple[float, float, float, float]  # west, south, east, north in degrees, as GeoJSON orders them


@dataclass(frozen=True, slots=True)
class LatestPosition:
    """Where a vehicle was last seen, and by which device."""

    device_id: int
    vehicle_id: str | None
    org_id: str
    state: DeviceState

    def moves(self, now: datetime) -> bool:
        """Whether it is moving now, as far as a fresh position can tell."""
        return self.state.moving and self.state.fix_time >= now - FRESH


def store_fixes(db: sa.Connection, device_ids: Mapping[str, int], fixes: Sequence[PositionFix]) -> None:
    """Write fixes to history; one that is there already is left as it is."""
    if fixes:
        rows = [_fix_row(device_ids[fix.device], fix) for fix in fixes]
        db.execute(upsert(db, FIX).on_conflict_do_nothing(), rows)


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
    bbox: BoundingBox | None = None,
) -> list[LatestPosition]:
    """The newest position of each device that fits all given limits; revoked devices are left out."""
    query = _latest_query().where(DEVICE.c.revoked_ms.is_(None)).order_by(LATEST.c.device_id)
    if device_ids is not None:
        query = query.where(LATEST.c.device_id.in_(set(device_ids)))
    if vehicle_ids is not None:
        query = query.where(DEVICE.c.vehicle_id.in_(set(vehicle_ids)))
    if since is not None:
        query = query.where(LATEST.c.fix_ms >= to_ms(since))
    if bbox is not None:
        west, south, east, north = bbox
        query = query.where(LATEST.c.lat.between(south, north), LATEST.c.lon.between(west, east))
    return [_position(row) for row in db.execute(query)]


def find_latest(db: sa.Connection, vehicle_id: str) -> LatestPosition | None:
    """The newest position of a vehicle by whichever of its devices reported last."""
    found = latest_positions(db, vehicle_ids=[vehicle_id])
    return max(found, key=lambda p: p.state.fix_time, default=None)


def track(
    db: sa.Connection, vehicle_id: str, start: datetime, end: datetime, limit: int = MAX_TRACK
) -> list[PositionFix]:
    """A vehicle's fixes from `start` until before `end`, oldest first; of more than `limit` the oldest."""
    query = (
        sa.select(FIX, DEVICE.c.name)
        .join(DEVICE, DEVICE.c.id == FIX.c.device_id)
        .where(DEVICE.c.vehicle_id == vehicle_id, FIX.c.fix_ms >= to_ms(start), FIX.c.fix_ms < to_ms(end))
        .order_by(FIX.c.fix_ms, FIX.c.device_id, FIX.c.seq)
    )
    return [_fix(row) for row in db.execute(query.limit(limit))]


def fixes_of_device(db: sa.Connection, device_id: int, start: datetime) -> list[PositionFix]:
    """All stored fixes of one device from `start` on, oldest first."""
    query = (
        sa.select(FIX, DEVICE.c.name)
        .join(DEVICE, DEVICE.c.id == FIX.c.device_id)
        .where(FIX.c.device_id == device_id, FIX.c.fix_ms >= to_ms(start))
        .order_by(FIX.c.fix_ms, FIX.c.seq)
    )
    return [_fix(row) for row in db.execute(query)]


def count_fixes(db: sa.Connection) -> int:
    """How many fixes are stored."""
    return db.scalar(sa.select(sa.func.count()).select_from(FIX)) or 0


def count_moving(db: sa.Connection, now: datetime) -> int:
    """How many devices' newest position is at most FRESH old and moving."""
    fresh = LATEST.c.fix_ms >= to_ms(now - FRESH)
    return db.scalar(sa.select(sa.func.count()).select_from(LATEST).where(LATEST.c.moving, fresh)) or 0


def _latest_query() -> sa.Select[Any]:
    columns = (DEVICE.c.name, DEVICE.c.vehicle_id, DEVICE.c.org_id)
    return sa.select(LATEST, *columns).join(DEVICE, DEVICE.c.id == LATEST.c.device_id)


def _fix_row(device_id: int, fix: PositionFix) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "fix_ms": to_ms(fix.fix_time),
        "seq": fix.seq,
        "received_ms": to_ms(fix.received_at),
        "lat": fix.lat,
        "lon": fix.lon,
        "speed_kmh": fix.speed_kmh,
        "heading_deg": fix.heading_deg,
        "altitude_m": fix.altitude_m,
        "accuracy_m": fix.accuracy_m,
        "flags": int(fix.flags),
    }


def _fix(row: Any) -> PositionFix:
    return PositionFix(
        device=row.name,
        fix_time=from_ms(row.fix_ms),
        received_at=from_ms(row.received_ms),
        lat=row.lat,
        lon=row.lon,
        speed_kmh=row.speed_kmh,
        heading_deg=row.heading_deg,
        altitude_m=row.altitude_m,
        accuracy_m=row.accuracy_m,
        seq=row.seq,
        flags=FixFlag(row.flags),
    )


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
    return DeviceState(
        device=row.name,
        fix_time=from_ms(row.fix_ms),
        seq=row.seq,
        received_at=from_ms(row.received_ms),
        lat=row.lat,
        lon=row.lon,
        speed_kmh=row.speed_kmh,
        heading_deg=row.heading_deg,
        accuracy_m=row.accuracy_m,
        odometer_m=row.odometer_m,
        moving=row.moving,
    )


def _position(row: Any) -> LatestPosition:
    return LatestPosition(row.device_id, row.vehicle_id, row.org_id, _state(row))
