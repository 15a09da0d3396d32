"""A bound on how long the statements of a reading may run, so that one question cannot hold a thread for minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

_OPERATIONS_A_LOOK = 20_000  # of SQLite's machine between two looks at the clock: a millisecond or less
_CANCELLED = "57014"  # PostgreSQL's query_canceled


class TookTooLong(Exception):
    """A statement ran into the bound."""


@contextmanager
def limited(db: sa.Connection, seconds: float) -> Iterator[None]:
    """End statements on the connection that are not done after so many seconds. Raises TookTooLong.

    The bound is for the whole block, on PostgreSQL for each of its statements.
    """
    postgres = db.dialect.name == "postgresql"
    alone = bool(db.get_execution_options().get("read_only"))  # no transaction at whose end a LOCAL would end
    if postgres:
        scope = "SESSION" if alone else "LOCAL"
        db.exec_driver_sql(f"SET {scope} statement_timeout = {max(1, int(seconds * 1000))}")
    end = time.monotonic() + seconds
    connection = db.connection.driver_connection if db.dialect.name == "sqlite" else None
    if connection is not None:
        connection.set_progress_handler(lambda: time.monotonic() > end, _OPERATIONS_A_LOOK)
    try:
        yield
    except sa.exc.OperationalError as error:
        if str(error.orig) == "interrupted" or getattr(error.orig, "sqlstate", None) == _CANCELLED:
            raise TookTooLong(f"longer than {seconds:g} s") from None
        raise
    finally:
        if connection is not None:
            connection.set_progress_handler(None, 0)
        elif postgres and alone and not db.invalidated:
            db.exec_driver_sql("RESET statement_timeout")
