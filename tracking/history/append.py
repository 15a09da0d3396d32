"""Rows into history, in the caller's transaction; a row that is there already is left as it is.

SQLite: into the log of new rows, which costs a microsecond each whatever the number of devices; `compact` files them
by day. PostgreSQL: COPY into a temporary table, then into the day's partition unless the key is taken.
Why: docs/decisions/0041.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from haoyun.tracking.by_ids import put_rows
from haoyun.tracking.history.partitions import ensure_days
from haoyun.tracking.history.rows import COLUMNS, DAY_MS, Row

_TYPES = "iqqqddddddis"


def append_rows(db: sa.Connection, rows: Sequence[Row]) -> None:
    """Store rows of history. Give a row once: the newer of two in one call is not known to be the better."""
    if not rows:
        return
    if db.dialect.name == "sqlite":
        put_rows(db, "trk_fix_new", COLUMNS, _TYPES, "", rows)
    else:
        ensure_days(db, {row[1] // DAY_MS for row in rows})
        put_rows(db, "trk_fix", COLUMNS, _TYPES, "ON CONFLICT DO NOTHING", rows)
