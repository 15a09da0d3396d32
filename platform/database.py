"""Engines: two SQLite files by default, one PostgreSQL database with a schema a room where users outgrow it.

Rooms never see this file: they take a `Connection` that an edge opened with `Databases.tracking.begin()` or
`Databases.platform.begin()`.
"""

from __future__ import annotations

import select
import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

SCHEMAS = ("tracking", "rfid", "platform")
BUSY_TIMEOUT_MS = 30_000  # a database locked for 18 s lost nothing at 30 s
CHECKPOINT_PAGES = 8192  # 32 MB: to copy pages home sooner writes most of them several times
# An index of identities is touched all over, by each capture anew: its pages are read again and again.
CAPTURE_CACHE_MB = 64
# A search reads an index of many megabytes from end to end, more than a connection remembers: what the system holds in
# memory anyway is then read in place instead of copied, a page at a time.
MAPPED_MB = 256
PING_AFTER_S = 10.0  # a pooled connection that rested so long is asked whether it still works
_USED = "haoyun.used"  # when a connection came back to the pool, by the monotonic clock


@dataclass(frozen=True, slots=True)
class Databases:
    """The two units of transaction. On PostgreSQL all engines reach the same database.

    `captures` reaches tracking's by connections of its own, which keep more pages in memory: for who writes all day
    into indexes that are larger than SQLite's memory of pages.
    """

    tracking: sa.Engine
    platform: sa.Engine
    captures: sa.Engine

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Databases:
        """Open (and for SQLite create) the databases: `url` names PostgreSQL, else two files in `folder`."""
        if url:
            tracking = _postgres(url)
            return cls(tracking, _postgres(url), tracking)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tracking = _sqlite(folder / "tracking.db")
        captures = _sqlite(folder / "tracking.db")
        sa.event.listen(captures, "connect", _remember_pages)
        platform = _sqlite(folder / "platform.db")
        sa.event.listen(platform, "connect", _map_pages)
        return cls(tracking, platform, captures)

    @property
    def sqlite(self) -> bool:
        """Whether these are the two files."""
        return self.tracking.dialect.name == "sqlite"

    def close(self) -> None:
        """Give all connections back."""
        self.tracking.dispose()
        self.platform.dispose()
        self.captures.dispose()


def _postgres(url: str | sa.URL, size: int = 5, overflow: int = 10) -> sa.Engine:
    engine = sa.create_engine(url, pool_size=size, max_overflow=overflow)
    sa.event.listen(engine, "engine_connect", _spare_transactions)
    sa.event.listen(engine, "checkout", partial(_look_alive, engine.dialect))
    sa.event.listen(engine, "checkin", _note_use)
    return engine


def _spare_transactions(connection: sa.Connection) -> None:
    """Who only reads needs no BEGIN and no ROLLBACK, a round trip each: here every statement sees what is committed
    when it begins (READ COMMITTED), inside a transaction or not."""
    if connection.get_execution_options().get("read_only"):
        connection.execution_options(isolation_level="AUTOCOMMIT")


def _look_alive(dialect: sa.Dialect, connection: Any, record: Any, _proxy: object) -> None:
    """A pooled connection is not pinged each time, which costs a round trip: a server that went away has closed the
    line, which the socket knows. Where it has something to tell, or rested for long, it is asked."""
    if connection.closed:
        raise sa.exc.InvalidatePoolError("the connection is closed")
    used = record.info.get(_USED)
    if used is None or (time.monotonic() - used < PING_AFTER_S and not _has_news(connection)):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.OperationalError as error:
        raise sa.exc.InvalidatePoolError(str(error)) from error


def _has_news(connection: Any) -> bool:
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    return bool(line.poll(0))


def _note_use(_connection: object, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _sqlite(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        execution_options={"schema_translate_map": dict.fromkeys(SCHEMAS)},
    )
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    for pragma in (
        "journal_mode=WAL",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _remember_pages(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA cache_size={-1024 * CAPTURE_CACHE_MB}")  # negative: KiB, not pages


def _map_pages(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA mmap_size={MAPPED_MB << 20}")


def _begin(connection: sa.Connection) -> None:
    """BEGIN IMMEDIATE, so that a writer waits at the start instead of failing at its first write.

    Readers say `connection.execution_options(read_only=True)` (see `reading`) and take a plain snapshot.
    """
    mode = "DEFERRED" if connection.get_execution_options().get("read_only") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


def twin(engine: sa.Engine) -> sa.Engine:
    """Another engine on the same database with one connection of its own: for who must see what others committed
    while a transaction is open, without waiting for a connection that is lent out."""
    if engine.dialect.name == "sqlite":
        return _sqlite(Path(str(engine.url.database)))
    return _postgres(engine.url, 1, 0)


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that only read: they never wait for a writer."""
    return engine.execution_options(read_only=True)
