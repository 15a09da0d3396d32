"""SQLite: new fixes go from the log into the file of their day, sorted, many at once.

The log's numbers never come again (AUTOINCREMENT), so that nothing is forgotten that came meanwhile. First the day's
file commits, then the log forgets: a program that is killed between the two files again, and the key
absorbs it. The intake's file is only read meanwhile; what is deleted goes in small pieces.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import structlog

from haoyun.tracking.history.day_files import BUSY_S, FOLDER, NAMES, create_file
from haoyun.tracking.history.partitions import KEPT_DAYS
from haoyun.tracking.history.rows import DAY_MS

AT_ROWS = 50_000  # so many new rows are filed at once; a look through them all costs some 5 ms
AFTER_S = 30.0  # fewer wait so long
PIECE = 10_000  # rows deleted from the log in one transaction: some 5 ms
POLL_S = 0.5

_log = structlog.get_logger(__name__)


def file_rows(database: Path, most: int = 10 * AT_ROWS, today: int | None = None) -> int:
    """File up to `most` of the oldest new rows of `database` by day; returns how many left the log."""
    if today is None:
        today = int(datetime.now(UTC).timestamp() * 1000) // DAY_MS
    with closing(sqlite3.connect(database, timeout=BUSY_S, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute(
            "PRAGMA secure_delete=ON"
        )  # what a day's file will forget must not linger in the log's pages
        low, high = db.execute("SELECT min(id), max(id) FROM trk_fix_new").fetchone()
        if low is None:
            return 0
        high = min(high, low + most - 1)
        query = "SELECT DISTINCT fix_ms / ? FROM trk_fix_new WHERE id <= ?"
        days = sorted(row[0] for row in db.execute(query, (DAY_MS, high)))
        for day in days:
            if today - KEPT_DAYS <= day <= today + 2:
                _file_day(db, database.resolve().parent / FOLDER, day, high)
            else:
                _copy(db, "main.trk_fix", day, high)
        return _forget(db, high)


def _file_day(db: sqlite3.Connection, folder: Path, day: int, high: int) -> None:
    db.execute("ATTACH ? AS day", (str(create_file(folder, day)),))
    try:
        db.execute("BEGIN")
        added = _copy(db, "day.fix", day, high)
        db.execute("UPDATE day.total SET fixes = fixes + ?", (added,))
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("DETACH day")


def _copy(db: sqlite3.Connection, table: str, day: int, high: int) -> int:
    return db.execute(
        f"INSERT OR IGNORE INTO {table} ({NAMES}) SELECT {NAMES} FROM main.trk_fix_new "  # noqa: S608
        "WHERE id <= ? AND fix_ms >= ? AND fix_ms < ? ORDER BY device_id, fix_ms, seq, id",
        (high, day * DAY_MS, (day + 1) * DAY_MS),
    ).rowcount


def _forget(db: sqlite3.Connection, high: int) -> int:
    gone = 0
    while True:
        query = "DELETE FROM trk_fix_new WHERE id <= min(?, (SELECT min(id) FROM trk_fix_new) + ?)"
        count = db.execute(query, (high, PIECE - 1)).rowcount
        gone += count
        if count == 0:
            return gone


class Filing:
    """A thread that files whenever AT_ROWS new rows wait, or AFTER_S went by. One is enough for a database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="filing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the piece of work in hand."""
        self._stopping.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        idle_s = AFTER_S  # what an earlier process left is filed at once
        while not self._stopping.wait(POLL_S):
            idle_s += POLL_S
            try:
                if idle_s >= AFTER_S or self._waiting() >= AT_ROWS:
                    file_rows(self._database)
                    idle_s = 0.0
            except sqlite3.OperationalError as error:
                _log.warning("filing_not_possible", reason=str(error))
                self._stopping.wait(5)

    def _waiting(self) -> int:
        with closing(sqlite3.connect(self._database, timeout=BUSY_S)) as db:
            low, high = db.execute("SELECT min(id), max(id) FROM trk_fix_new").fetchone()
            return 0 if low is None else int(high) - int(low) + 1
