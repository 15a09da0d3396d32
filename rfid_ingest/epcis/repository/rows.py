"""Many rows in few statements.

On SQLite by the driver itself, and many rows a statement. Core spends more on the parameters than SQLite on the rows;
and a thread that steps from row to row hands the interpreter's lock over at each, and waits for it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal

import sqlalchemy as sa

from haoyun.tracking.tables import upsert

_MOST_ROWS = (
    256  # a statement; SQLite takes 32,766 values. Halves of it, so that few statements are ever compiled
)
Conflict = Literal["fail", "ignore"]


def insert_rows(
    db: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    conflict: Conflict = "fail",
) -> None:
    """Insert rows. One that is there already is an error, after which the transaction must end, or is passed over."""
    if not rows:
        return
    if db.dialect.name != "sqlite":
        insert = table.insert() if conflict == "fail" else upsert(db, table).on_conflict_do_nothing()
        db.execute(insert, [dict(zip(columns, row, strict=True)) for row in rows])
        return
    # OR FAIL: nothing of a failed statement is taken back, because the whole transaction is. Else SQLite would copy
    # each page before it changes it, once for each statement.
    insert_into = f"INSERT OR {conflict.upper()} INTO {table.name} ({', '.join(columns)}) VALUES "  # noqa: S608
    marks = f"({', '.join('?' * len(columns))})"
    for start in range(0, len(rows), _MOST_ROWS):
        some = rows[start : start + _MOST_ROWS]
        db.exec_driver_sql(insert_into + ", ".join([marks] * len(some)), tuple(chain.from_iterable(some)))


def select_in(
    db: sa.Connection, columns: Sequence[sa.Column[Any]], key: sa.Column[Any], values: Sequence[Any]
) -> list[Sequence[Any]]:
    """The rows whose key is one of the values, all read at once."""
    found: list[Sequence[Any]] = []
    for start in range(0, len(values), _MOST_ROWS):
        some = values[start : start + _MOST_ROWS]
        if db.dialect.name == "sqlite":
            names = ", ".join(column.name for column in columns)
            marks = ", ".join("?" * len(some))
            text = f"SELECT {names} FROM {key.table.name} WHERE {key.name} IN ({marks})"  # noqa: S608
            found += db.exec_driver_sql(text, tuple(some)).all()
        else:
            found += db.execute(sa.select(*columns).where(key.in_(some))).all()
    return found
