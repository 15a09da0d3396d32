"""Rows of history, wherever they stand: PostgreSQL's partitions, or SQLite's log, day files and odd rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.fixes import LATEST
from haoyun.tracking.history.day_files import Key, count_file, folder_of, list_files, path_of, read_file
from haoyun.tracking.history.rows import COLUMNS, DAY_MS, Row
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import FIX, FIX_NEW

END_MS = to_ms(LATEST)
_NO_LIMIT = 2**62
_EXACT_UP_TO = (
    2_000_000  # counting more than so many rows takes PostgreSQL seconds: then its estimate must do
)


def fix_rows(
    db: sa.Connection,
    device_ids: Collection[int],
    start_ms: int = 0,
    end_ms: int = END_MS,
    limit: int | None = None,
) -> list[Row]:
    """The rows of devices from `start_ms` until before `end_ms`, by time, device and seq; the oldest `limit`."""
    most = _NO_LIMIT if limit is None else limit
    if db.dialect.name != "sqlite":
        return [_row(row) for row in db.execute(_query(FIX, device_ids, start_ms, end_ms, most))]
    # The log first: what leaves it meanwhile is in its day's file before.
    log = sa.select(*(FIX_NEW.c[name] for name in COLUMNS)).where(
        *_limits(FIX_NEW, device_ids, start_ms, end_ms)
    )
    found: dict[Any, Row] = {row[:3]: _row(row) for row in db.execute(log.order_by(FIX_NEW.c.id.desc()))}
    for row in db.execute(_query(FIX, device_ids, start_ms, end_ms, most)):
        found[row[:3]] = _row(row)
    filed = 0
    for day_rows in _filed(db, device_ids, start_ms, end_ms, most):
        found |= {one[:3]: one for one in day_rows}
        filed += len(day_rows)
        if filed >= most:  # later days cannot be among the oldest
            break
    rows = sorted(found.values(), key=lambda row: (row[1], row[0], row[2]))
    return rows[:most]


def days_of(
    db: sa.Connection, device_ids: Collection[int], start_ms: int, end_ms: int
) -> Iterator[list[Row]]:
    """The rows of devices day by day: a year of a fleet need not stand in memory at once."""
    first = max(start_ms, _edge(db, device_ids, last=False))
    last = min(end_ms, _edge(db, device_ids, last=True) + 1)
    for day in range(first // DAY_MS, -(-last // DAY_MS)):
        rows = fix_rows(db, device_ids, max(start_ms, day * DAY_MS), min(end_ms, (day + 1) * DAY_MS))
        if rows:
            yield rows


def count_rows(db: sa.Connection) -> int:
    """How many fixes are stored. On PostgreSQL an estimate beyond two million."""
    if db.dialect.name != "sqlite":
        estimate = db.exec_driver_sql(
            "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'tracking.trk_fix'::regclass"
        ).scalar()
        if estimate and estimate > _EXACT_UP_TO:
            return int(estimate)
        return db.scalar(sa.select(sa.func.count()).select_from(FIX)) or 0
    # The log first, as above. A row sent again stands in the log though its day's file has it: it is one fix.
    keys = (FIX_NEW.c.device_id, FIX_NEW.c.fix_ms, FIX_NEW.c.seq)
    odd = sa.select(FIX.c.device_id).where(
        FIX.c.device_id == keys[0], FIX.c.fix_ms == keys[1], FIX.c.seq == keys[2]
    )
    new: dict[int, list[Key]] = {}
    for row in db.execute(sa.select(*keys).distinct().where(~odd.exists())):
        new.setdefault(row[1] // DAY_MS, []).append((row[0], row[1], row[2]))
    count = db.scalar(sa.select(sa.func.count()).select_from(FIX)) or 0
    folder = folder_of(db)
    for day in list_files(folder) if folder else []:
        if folder:
            count += count_file(path_of(folder, day), new.pop(day, ()))
    return count + sum(map(len, new.values()))


def _edge(db: sa.Connection, device_ids: Collection[int], *, last: bool) -> int:
    """The oldest or newest fix time that may be stored of devices; a day's file counts as a whole."""
    choose = max if last else min
    aggregate = sa.func.max if last else sa.func.min
    found = []
    tables = (FIX, FIX_NEW) if db.dialect.name == "sqlite" else (FIX,)
    for table in tables:
        for device_id in set(device_ids):
            query = sa.select(aggregate(table.c.fix_ms)).where(table.c.device_id == device_id)
            found.append(db.scalar(query))
    folder = folder_of(db) if db.dialect.name == "sqlite" else None
    days = list_files(folder) if folder else []
    found += [day * DAY_MS + (DAY_MS - 1 if last else 0) for day in days]
    return choose((at for at in found if at is not None), default=0)


def _row(row: Any) -> Row:
    found: Row = tuple(row)
    return found


def _filed(
    db: sa.Connection, device_ids: Collection[int], start_ms: int, end_ms: int, most: int
) -> Iterator[list[Row]]:
    folder = folder_of(db)
    for day in list_files(folder) if folder else []:
        if folder and start_ms < (day + 1) * DAY_MS and day * DAY_MS < end_ms:
            yield read_file(path_of(folder, day), device_ids, start_ms, end_ms, most)


def _query(
    table: sa.Table, device_ids: Collection[int], start_ms: int, end_ms: int, most: int
) -> sa.Select[Any]:
    query = sa.select(*(table.c[name] for name in COLUMNS)).where(
        *_limits(table, device_ids, start_ms, end_ms)
    )
    return query.order_by(table.c.fix_ms, table.c.device_id, table.c.seq).limit(most)


def _limits(
    table: sa.Table, device_ids: Collection[int], start_ms: int, end_ms: int
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.device_id.in_(set(device_ids)),
        table.c.fix_ms >= start_ms,
        table.c.fix_ms < end_ms,
    )
