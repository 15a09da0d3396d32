"""Engines: two SQLite files by default, one PostgreSQL database with a schema a room where users outgrow it.

Rooms never see this file: they take a `Connection` that an edge opened with `Databases.tracking.begin()` or
`Databases.platform.begin()`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

SCHEMAS = ("tracking", "rfid", "platform")
BUSY_TIMEOUT_MS = 30_000  # a database locked for 18 s lost nothing at 30 s (docs/reference/storage.md)


@dataclass(frozen=True, slots=True)
class Databases:
    """The two units of transaction. On PostgreSQL both engines reach the same database."""

    tracking: sa.Engine
    platform: sa.Engine

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Databases:
        """Open (and for SQLite create) the databases: `url` names PostgreSQL, else two files in `folder`."""
        if url:
            return cls(_postgres(url), _postgres(url))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(_sqlite(folder / "tracking.db"), _sqlite(folder / "platform.db"))

    def close(self) -> None:
        """Give all connections back."""
        self.tracking.dispose()
        self.platform.dispose()


def _postgres(url: str) -> sa.Engine:
    return sa.create_engine(url, pool_size=5, max_overflow=10, pool_pre_ping=True)


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
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """BEGIN IMMEDIATE, so that a writer waits at the start instead of failing at its first write.

    Readers say `connection.execution_options(read_only=True)` (see `reading`) and take a plain snapshot.
    """
    mode = "DEFERRED" if connection.get_execution_options().get("read_only") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that only read: they never wait for a writer."""
    return engine.execution_options(read_only=True)
