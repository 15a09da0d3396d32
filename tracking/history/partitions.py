"""PostgreSQL: a partition of trk_fix for each day of fix time, and one for the days that have none.

Attaching a partition does not block whoever writes to the others. What the default partition holds of a new day moves
over in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import sqlalchemy as sa

from haoyun.tracking.history.rows import DAY_MS

DEFAULT = "trk_fix_other"
KEPT_DAYS = 400  # a device whose clock runs wild must not make a partition for each day of a century
_LOCK = 0x485950  # "HYP"
_known: dict[str, set[int]] = {}  # days that exist, by database; only ever a hint to save a query


def partition_name(day: int) -> str:
    """The partition of a day, given as days since 1970."""
    return f"trk_fix_{date_of(day):%Y%m%d}"


def date_of(day: int) -> date:
    """The date (UTC) of a day, given as days since 1970."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date()


def day_of(on: date) -> int:
    """Days since 1970 of a date (UTC)."""
    return (on - date(1970, 1, 1)).days


def ensure_days(db: sa.Connection, days: Iterable[int], today: int | None = None) -> None:
    """Make the missing partitions among `days` (since 1970) in the caller's transaction.

    Days more than KEPT_DAYS before or two after `today` (by default the clock's) get none.
    """
    known = _known.setdefault(str(db.engine.url), set())
    missing = set(days) - known
    if not missing:
        return
    if today is None:
        today = int(datetime.now(UTC).timestamp() * 1000) // DAY_MS
    wanted = sorted(day for day in missing if today - KEPT_DAYS <= day <= today + 2)
    if wanted:
        # Taken to the end of the transaction: two that make the same day would collide in the catalogue.
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        present = set(list_days(db))
        for day in wanted:
            if day not in present:
                _attach(db, day)
        # Only what is committed for certain is remembered: this transaction may yet be rolled back.
        known |= present


def list_days(db: sa.Connection) -> list[int]:
    """The days (since 1970) that have a partition, oldest first."""
    names = db.exec_driver_sql(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace "
        "WHERE n.nspname = 'tracking' AND p.relname = 'trk_fix' ORDER BY c.relname"
    ).scalars()
    found = [name.removeprefix("trk_fix_") for name in names if name != DEFAULT]
    return [day_of(date.fromisoformat(name)) for name in found]


def drop_day(db: sa.Connection, day: int) -> None:
    """Drop a day's partition in the caller's transaction. Nobody waits but for the commit itself.

    Raises OperationalError if the table is busy for two seconds: then try again later.
    """
    name = partition_name(day)
    _known.get(str(db.engine.url), set()).discard(day)
    db.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    db.exec_driver_sql(f"DROP TABLE IF EXISTS tracking.{name}")


def forget_known() -> None:
    """Forget which days exist; for whoever drops tables by other ways."""
    _known.clear()


def _attach(db: sa.Connection, day: int) -> None:
    name, start, end = partition_name(day), day * DAY_MS, (day + 1) * DAY_MS
    db.exec_driver_sql(f"CREATE TABLE tracking.{name} (LIKE tracking.trk_fix INCLUDING ALL)")
    db.exec_driver_sql(
        f"WITH moved AS (DELETE FROM tracking.{DEFAULT} WHERE fix_ms >= {start} AND fix_ms < {end} RETURNING *) "  # noqa: S608 names and numbers of our own
        f"INSERT INTO tracking.{name} SELECT * FROM moved"
    )
    db.exec_driver_sql(
        f"ALTER TABLE tracking.trk_fix ATTACH PARTITION tracking.{name} FOR VALUES FROM ({start}) TO ({end})"
    )
