"""Two advisory locks that give PostgreSQL the order that SQLite's single writer has anyway.

Always taken in this order, JOURNEYS first; both are released by the end of the transaction.
"""

from __future__ import annotations

import sqlalchemy as sa

_JOURNEYS_KEY = 0x48594A  # "HYJ", "HYM": any two numbers that no other program on this database uses
_MILESTONES_KEY = 0x48594D


def share_journeys(db: sa.Connection) -> None:
    """Taken by the intake before it writes fixes: no journey opens between its fixes and their meaning."""
    _take(db, "pg_advisory_xact_lock_shared", _JOURNEYS_KEY)


def own_journeys(db: sa.Connection) -> None:
    """Taken before a journey is opened or closed: the fixes to replay are all committed, or come later."""
    _take(db, "pg_advisory_xact_lock", _JOURNEYS_KEY)


def own_milestones(db: sa.Connection) -> None:
    """Taken before milestones are appended, so that they commit in the order of their numbers.

    PostgreSQL hands out a sequence's numbers at once but shows rows at commit: a follower could read number
    7, save its cursor, and never see 6 that commits later. With this lock a number is drawn only when every
    earlier one has committed or was rolled back.
    """
    _take(db, "pg_advisory_xact_lock", _MILESTONES_KEY)


def _take(db: sa.Connection, function: str, key: int) -> None:
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT {function}({key})")
