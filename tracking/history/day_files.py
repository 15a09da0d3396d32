"""SQLite: the history of each day (UTC, by fix time) is a file of its own beside the database.

`<folder of tracking.db>/positions/2026-05-11.db` holds one table clustered by device and time, so that a device's day
is one range of pages, and a whole day goes away with its file, without a lock that the intake could notice.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from haoyun.tracking.history.partitions import date_of, day_of
from haoyun.tracking.history.rows import COLUMNS, Row

FOLDER = "positions"
BUSY_S = 30.0
NAMES = ", ".join(COLUMNS)
Key = tuple[int, int, int]  # device_id, fix_ms, seq: what a fix is known by
_CREATE = (
    # How many rows there are, kept in the transactions that change it: counting reads every page.
    "CREATE TABLE IF NOT EXISTS total (fixes INTEGER NOT NULL)",
    "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total)",
    "CREATE TABLE IF NOT EXISTS fix (device_id INTEGER NOT NULL, fix_ms INTEGER NOT NULL, seq INTEGER NOT NULL, "
    "received_ms INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL, speed_kmh REAL, heading_deg REAL, "
    "altitude_m REAL, accuracy_m REAL, flags INTEGER NOT NULL, sensors TEXT, "
    "PRIMARY KEY (device_id, fix_ms, seq)) WITHOUT ROWID",
)


def folder_of(db: sa.Connection) -> Path | None:
    """Where the day files of this SQLite database are, or None for a database in memory."""
    path = db.engine.url.database
    return Path(path).resolve().parent / FOLDER if path else None


def path_of(folder: Path, day: int) -> Path:
    """The file of a day, given as days since 1970."""
    return folder / f"{date_of(day).isoformat()}.db"


def list_files(folder: Path) -> list[int]:
    """The days that have a file, oldest first."""
    names = sorted(path.stem for path in folder.glob("????-??-??.db"))
    return [day_of(date.fromisoformat(name)) for name in names]


def create_file(folder: Path, day: int) -> Path:
    """The file of a day, made if it is missing; readable by its owner only."""
    path = path_of(folder, day)
    if not path.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        # Made under another name, so that nobody meets a file without its tables.
        fresh = path.with_suffix(f".{secrets.token_hex(4)}.new")
        with closing(sqlite3.connect(fresh, timeout=BUSY_S, isolation_level=None)) as db:
            for statement in ("BEGIN", *_CREATE, "COMMIT", "PRAGMA journal_mode=WAL"):
                db.execute(statement)
        fresh.chmod(0o600)
        with suppress(FileExistsError):  # another process was faster
            path.hardlink_to(fresh)
        fresh.unlink()
    return path


@contextmanager
def open_file(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection to a day's file; None if there is no such file (any more)."""
    try:
        db = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None)
    except sqlite3.OperationalError:
        yield None
        return
    with closing(db):
        yield db


def read_file(path: Path, device_ids: Iterable[int], start_ms: int, end_ms: int, limit: int) -> list[Row]:
    """A day's rows of devices from `start_ms` until before `end_ms`, by device and time, `limit` for each."""
    query = (
        f"SELECT {NAMES} FROM fix WHERE device_id = ? AND fix_ms >= ? AND fix_ms < ? "  # noqa: S608
        "ORDER BY fix_ms, seq LIMIT ?"
    )
    rows: list[Row] = []
    with open_file(path) as db:
        if db is not None:
            for device_id in sorted(set(device_ids)):
                rows += db.execute(query, (device_id, start_ms, end_ms, limit)).fetchall()
    return rows


def count_file(path: Path, besides: Iterable[Key] = ()) -> int:
    """How many fixes a day's file holds, and those of `besides` (device, time, seq; each once) that it does not."""
    with open_file(path) as db:
        if db is None:
            return len(list(besides))
        # In one transaction: a row filed between the two questions would be in neither or both.
        db.execute("BEGIN")
        held = int(db.execute("SELECT fixes FROM total").fetchone()[0])
        query = "SELECT 1 FROM fix WHERE device_id = ? AND fix_ms = ? AND seq = ?"
        return held + sum(db.execute(query, key).fetchone() is None for key in besides)


def drop_file(folder: Path, day: int) -> None:
    """Remove a day. Whoever reads it just now reads to the end."""
    path = path_of(folder, day)
    path.unlink(missing_ok=True)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
