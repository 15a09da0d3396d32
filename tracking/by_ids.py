"""Rows by a set of numbers, with one statement text for any size of the set; and rows put in bulk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.tracking.copying import copy_rows

_MOST_LOOKED_UP = 2_500  # rows by key on PostgreSQL; of more it may choose to read the whole table


def rows_by_ids(db: sa.Connection, query: str, ids: Collection[int]) -> Sequence[Any]:
    """Rows of `query`, which ends before the comparison of its last column; `{schema}` stands before tables.

    SQLAlchemy's own `in_` writes a statement with a parameter for each id: a microsecond and more for each.
    """
    if db.dialect.name == "sqlite":
        text = query.format(schema="") + " IN (SELECT value FROM json_each(?))"  # noqa: S608 our own texts
        return db.exec_driver_sql(text, (orjson.dumps(list(ids)).decode(),)).all()
    return db.exec_driver_sql(query.format(schema="tracking.") + " = ANY(%s)", (list(ids),)).all()


def among(
    db: sa.Connection, column: sa.ColumnElement[Any], values: Collection[Any]
) -> sa.ColumnElement[bool]:
    """The condition that a column of numbers or of text is one of `values`; for queries built by SQLAlchemy."""
    if db.dialect.name == "sqlite":
        listed = sa.func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    wanted: sa.ColumnElement[Any] = sa.literal(list(values), sa.ARRAY(column.type))
    if len(values) <= _MOST_LOOKED_UP:
        # Who sees how many there are reads all of a table rather than a thousand of its rows by their keys, which
        # takes longer (decision 65); an array out of a subquery is taken for a few.
        wanted = sa.cast(sa.select(wanted).scalar_subquery(), sa.ARRAY(column.type))
    return column == sa.any_(wanted)


def put_rows(
    db: sa.Connection,
    table: str,
    columns: Sequence[str],
    types: str,
    conflict: str,
    rows: Sequence[Sequence[Any]],
) -> None:
    """Insert rows into a table of tracking, under a clause ON CONFLICT: a prepared statement, or COPY and a SELECT.

    `types` as for copying.copy_rows. Give rows sorted by key: one order for all writers, so no deadlock.
    """
    if not rows:
        return
    names = ", ".join(columns)
    if db.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        db.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}", list(rows))  # noqa: S608
        return
    staging = f"{table}_staging"
    create = f"CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE tracking.{table}) ON COMMIT DELETE ROWS"
    copy_rows(db, create, staging, columns, types, rows)
    key = columns[0]
    db.exec_driver_sql(
        f"INSERT INTO tracking.{table} ({names}) SELECT {names} FROM {staging} ORDER BY {key} {conflict}"  # noqa: S608
    )
    db.exec_driver_sql(f"TRUNCATE {staging}")  # another batch may follow in the same transaction
