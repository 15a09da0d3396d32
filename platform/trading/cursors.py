"""How far this package has read the event tables of other rooms."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.trading.tables import CURSOR
from haoyun.tracking.tables import insert_new


def cursor(db: sa.Connection, name: str) -> int:
    """The number of the last event that was dealt with, 0 before the first.

    Locks the cursor until the transaction ends: of two workers one waits, and then finds the work done.
    """
    insert_new(db, CURSOR, {"name": name, "seq": 0})
    return db.scalar(sa.select(CURSOR.c.seq).where(CURSOR.c.name == name).with_for_update()) or 0


def save_cursor(db: sa.Connection, name: str, seq: int) -> None:
    """Remember it, in the transaction that holds what was done."""
    db.execute(sa.update(CURSOR).where(CURSOR.c.name == name).values(seq=seq))
