"""How long positions are kept, by organization, and their removal in pieces that nobody waits for.

A day that no organization wants any more goes as a whole: its file, or its partition. Of a day that only some want, the
devices of the others go, PIECE rows in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from haoyun.tracking.history import partitions
from haoyun.tracking.history.day_files import drop_file, folder_of, list_files, open_file, path_of
from haoyun.tracking.history.rows import DAY_MS
from haoyun.tracking.instants import to_ms
from haoyun.tracking.meaning_tables import DOUBT, SEGMENT, TRIP_ROAD
from haoyun.tracking.tables import DEVICE, FIX, RETENTION, upsert

PIECE = 5_000  # rows in one transaction: some milliseconds


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a round of retention removed."""

    days: int = 0
    fixes: int = 0


def set_retention(db: sa.Connection, org_id: str, keep_days: int) -> None:
    """Keep an organization's positions so many days, counted from the fix time. Raises ValueError below 1."""
    if keep_days < 1:
        raise ValueError(f"keep_days {keep_days} must be 1 or more")
    insert = upsert(db, RETENTION).values(org_id=org_id, keep_days=keep_days)
    db.execute(insert.on_conflict_do_update(index_elements=["org_id"], set_={"keep_days": keep_days}))


def drop_retention(db: sa.Connection, org_id: str) -> None:
    """Let the installation's setting hold for an organization again."""
    db.execute(RETENTION.delete().where(RETENTION.c.org_id == org_id))


def get_retentions(db: sa.Connection) -> dict[str, int]:
    """Days by organization, of those that have a rule of their own."""
    return {row.org_id: row.keep_days for row in db.execute(sa.select(RETENTION))}


def drop_old(engine: sa.Engine, now: datetime, default_days: int) -> Dropped:
    """Remove what is older than its organization keeps it; each piece in a transaction of its own.

    `default_days` holds for organizations without a rule. A fix goes when its whole day (UTC) is past.
    """
    today = to_ms(now) // DAY_MS
    with engine.begin() as db:
        rules = get_retentions(db)
        keep = {org: rules.get(org, default_days) for org in _organizations(db)}
        longest = max([default_days, *keep.values()])
        devices = _devices_by_limit(db, keep, longest)
        folder = folder_of(db) if db.dialect.name == "sqlite" else None
        days = list_files(folder) if folder else []
        if db.dialect.name != "sqlite":
            days = partitions.list_days(db)
    dropped = 0
    for day in days:
        if day < today - longest:
            if folder is not None:
                drop_file(folder, day)
            else:
                with engine.begin() as db:
                    partitions.drop_day(db, day)
            dropped += 1
    fixes = 0
    for limit, ids in devices.items():
        until = (today - limit) * DAY_MS
        if folder is not None:
            old = [day for day in days if today - longest <= day < today - limit]
            fixes += sum(_thin_file(path_of(folder, day), ids) for day in old)
        fixes += _delete(engine, ids, until)
        _forget_meaning(engine, ids, until)
    return Dropped(dropped, fixes)


def _forget_meaning(engine: sa.Engine, device_ids: Sequence[int], until_ms: int) -> None:
    """What was made of fixes and says where a device was goes with them: trips, their roads, doubts."""
    own = set(device_ids)
    for table, at in ((SEGMENT, "end_ms"), (TRIP_ROAD, "end_ms"), (DOUBT, "fix_ms")):
        key = list(table.primary_key.columns)
        with engine.execution_options(read_only=True).begin() as db:  # a look that no writer waits for
            present = set(db.scalars(sa.select(table.c.device_id).where(table.c[at] < until_ms).distinct()))
        for device_id in sorted(present & own):
            old = sa.select(*key).where(table.c.device_id == device_id, table.c[at] < until_ms)
            while True:
                with engine.begin() as db:
                    piece = sa.tuple_(*key).in_(old.limit(PIECE))
                    if db.execute(table.delete().where(piece)).rowcount < PIECE:
                        break


def _organizations(db: sa.Connection) -> list[str]:
    return list(db.scalars(sa.select(DEVICE.c.org_id).distinct()))


def _devices_by_limit(db: sa.Connection, keep: Mapping[str, int], longest: int) -> dict[int, list[int]]:
    """Devices by how long they are kept. Those that are kept longest are here for what stands outside the days."""
    found: dict[int, list[int]] = {longest: []}
    for row in db.execute(sa.select(DEVICE.c.id, DEVICE.c.org_id)):
        found.setdefault(keep[row.org_id], []).append(row.id)
    return found


def _thin_file(path: Path, device_ids: Sequence[int]) -> int:
    gone = 0
    with open_file(path) as db:
        if db is not None:
            db.execute("PRAGMA secure_delete=ON")
        for device_id in device_ids if db is not None else ():
            assert db is not None
            while db.execute("SELECT 1 FROM fix WHERE device_id = ? LIMIT 1", (device_id,)).fetchone():
                db.execute("BEGIN IMMEDIATE")
                count = db.execute(
                    "DELETE FROM fix WHERE device_id = ? AND (fix_ms, seq) IN "
                    "(SELECT fix_ms, seq FROM fix WHERE device_id = ? LIMIT ?)",
                    (device_id, device_id, PIECE),
                ).rowcount
                db.execute("UPDATE total SET fixes = fixes - ?", (count,))
                db.execute("COMMIT")
                gone += count
    return gone


def _delete(engine: sa.Engine, device_ids: Sequence[int], until_ms: int) -> int:
    """Rows of trk_fix: all of them on PostgreSQL, on SQLite those that belong to no day's file."""
    gone = 0
    with engine.begin() as db:
        present = set(db.scalars(sa.select(FIX.c.device_id).where(FIX.c.fix_ms < until_ms).distinct()))
    for device_id in sorted(present.intersection(device_ids)):
        old = sa.select(FIX.c.fix_ms, FIX.c.seq).where(FIX.c.device_id == device_id, FIX.c.fix_ms < until_ms)
        piece = sa.tuple_(FIX.c.fix_ms, FIX.c.seq).in_(old.order_by(FIX.c.fix_ms).limit(PIECE))
        while True:
            with engine.begin() as db:
                count = db.execute(FIX.delete().where(FIX.c.device_id == device_id, piece)).rowcount
            gone += count
            if count < PIECE:
                break
    return gone
