"""Backups taken while the platform writes are consistent, and a restore never destroys what it should not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from haoyun.platform.backup import BackupError, back_up, integrity_problems, restore
from haoyun.platform.database import CAPTURE_CACHE_MB, Databases, reading
from haoyun.tracking.history.day_files import FOLDER, count_file, create_file, drop_file, list_files, path_of


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[Databases]:
    opened = Databases.open(tmp_path / "data")
    for engine in (opened.tracking, opened.platform):
        with engine.begin() as db:
            db.execute(sa.text("CREATE TABLE entry (id INTEGER PRIMARY KEY, pair INTEGER NOT NULL)"))
    yield opened
    opened.close()


def rows(path: Path) -> int:
    with sqlite3.connect(path) as db:
        return int(db.execute("SELECT count(*) FROM entry").fetchone()[0])


def test_a_backup_under_writes_never_holds_half_a_transaction(databases: Databases, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with databases.platform.begin() as db:
                db.execute(sa.text("INSERT INTO entry (pair) VALUES (1), (2)"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            list(back_up(databases, tmp_path / f"copy-{number}"))
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        assert rows(tmp_path / f"copy-{number}" / "platform.db") % 2 == 0
    assert rows(tmp_path / "copy-4" / "platform.db") > 0


def test_a_restore_brings_back_the_rows_of_the_backup(databases: Databases, tmp_path: Path) -> None:
    with databases.platform.begin() as db:
        db.execute(sa.text("INSERT INTO entry (pair) VALUES (1), (2), (3)"))
    list(back_up(databases, tmp_path / "copy"))
    with databases.platform.begin() as db:
        db.execute(sa.text("DELETE FROM entry"))
    databases.close()
    list(restore(tmp_path / "data", tmp_path / "copy", postgres=False, force=True))
    assert rows(tmp_path / "data" / "platform.db") == 3


def test_a_restore_refuses_to_replace_data_unless_told(databases: Databases, tmp_path: Path) -> None:
    list(back_up(databases, tmp_path / "copy"))
    with pytest.raises(BackupError, match="--force"):
        list(restore(tmp_path / "data", tmp_path / "copy", postgres=False, force=False))


def test_a_restore_refuses_a_database_in_use_even_when_forced(databases: Databases, tmp_path: Path) -> None:
    list(back_up(databases, tmp_path / "copy"))
    with databases.tracking.connect() as idle:
        idle.execute(sa.text("SELECT 1 FROM entry"))
        idle.rollback()
        with pytest.raises(BackupError, match="in use"):
            list(restore(tmp_path / "data", tmp_path / "copy", postgres=False, force=True))


def test_a_backup_never_overwrites_an_older_one(databases: Databases, tmp_path: Path) -> None:
    list(back_up(databases, tmp_path / "copy"))
    with pytest.raises(BackupError, match="exists"):
        list(back_up(databases, tmp_path / "copy"))


def test_a_folder_without_copies_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackupError, match=r"tracking\.db and platform\.db"):
        list(restore(tmp_path / "data", tmp_path / "empty", postgres=False, force=True))


def test_a_sound_file_has_no_problems_and_a_damaged_one_has(databases: Databases, tmp_path: Path) -> None:
    with databases.platform.begin() as db:
        db.execute(
            sa.text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                "INSERT INTO entry (pair) SELECT i FROM n"
            )
        )
        db.execute(sa.text("CREATE INDEX entry_pair ON entry (pair)"))
    assert integrity_problems(databases) == []
    databases.close()
    path = tmp_path / "data" / "platform.db"
    raw = bytearray(path.read_bytes())
    raw[4096 * 3 : 4096 * 3 + 64] = b"\xff" * 64
    path.write_bytes(raw)
    reopened = Databases.open(tmp_path / "data")
    try:
        problems = integrity_problems(reopened)
    except sa.exc.DatabaseError as error:
        problems = [str(error)]
    finally:
        reopened.close()
    assert problems


def test_a_reader_never_waits_for_a_writer(databases: Databases) -> None:
    with databases.platform.begin() as writer:
        writer.execute(sa.text("INSERT INTO entry (pair) VALUES (1)"))
        with reading(databases.platform).connect() as reader:
            assert reader.execute(sa.text("SELECT count(*) FROM entry")).scalar_one() == 0


@pytest.mark.parametrize("name", ["platform", "tracking", "captures"])
def test_a_commit_survives_because_synchronous_is_full(name: str, databases: Databases) -> None:
    with getattr(databases, name).connect() as db:
        assert db.execute(sa.text("PRAGMA synchronous")).scalar_one() == 2
        assert db.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"


def test_captures_reach_trackings_database_with_more_pages_in_memory(databases: Databases) -> None:
    cached: list[int] = []
    for engine in (databases.tracking, databases.captures):
        with engine.connect() as db:
            assert db.exec_driver_sql("PRAGMA database_list").all()[0][2].endswith("tracking.db")
            cached.append(-db.exec_driver_sql("PRAGMA cache_size").scalar_one())
    assert cached[1] == CAPTURE_CACHE_MB * 1024 > cached[0]


def test_a_backup_holds_the_positions_of_each_day_and_a_restore_brings_exactly_them_back(
    databases: Databases, tmp_path: Path
) -> None:
    positions = tmp_path / "data" / FOLDER
    for day in (20_000, 20_001):
        with sqlite3.connect(create_file(positions, day)) as db:
            db.execute(
                "INSERT INTO fix VALUES (1, ?, 0, 0, 30, 114, NULL, NULL, NULL, NULL, 0, NULL)", (day,)
            )
            db.execute("UPDATE total SET fixes = 1")
    list(back_up(databases, tmp_path / "copy"))
    databases.close()
    drop_file(positions, 20_000)
    create_file(positions, 20_002)
    list(restore(tmp_path / "data", tmp_path / "copy", postgres=False, force=True))
    assert list_files(positions) == [20_000, 20_001]
    assert [count_file(path_of(positions, day)) for day in (20_000, 20_001)] == [1, 1]
