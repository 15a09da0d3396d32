"""History by day: filed once, read whole wherever it stands, dropped by day and by organization, exported."""

from __future__ import annotations

import csv
import io
import sqlite3
import struct
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from haoyun.tracking.history import filing
from haoyun.tracking.history.append import append_rows
from haoyun.tracking.history.day_files import FOLDER, list_files
from haoyun.tracking.history.export import FORMS, history_of_vehicle
from haoyun.tracking.history.filing import file_rows
from haoyun.tracking.history.partitions import ensure_days, list_days
from haoyun.tracking.history.read import END_MS, count_rows, days_of, fix_rows
from haoyun.tracking.history.retention import Dropped, drop_old, set_retention
from haoyun.tracking.history.rows import DAY_MS, Row
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import DEVICE, FIX_NEW

TODAY = int(datetime.now(UTC).timestamp() * 1000) // DAY_MS
NOW = datetime.fromtimestamp(TODAY * DAY_MS / 1000, UTC) + timedelta(hours=9)


def row(device: int, days_ago: float, seq: int = 0, lat: float = 30.0) -> Row:
    at = to_ms(NOW - timedelta(days=days_ago))
    return (device, at, seq, at + 500, lat, 114.5, 60.0, None, 12.5, None, 0, None)


def database(engine: sa.Engine) -> Path:
    return Path(str(engine.url.database))


def store(engine: sa.Engine, rows: list[Row]) -> None:
    """Into history, and on SQLite into the files of the days."""
    with engine.begin() as db:
        append_rows(db, rows)
    if engine.dialect.name == "sqlite":
        file_rows(database(engine))


def read(engine: sa.Engine, *devices: int, limit: int | None = None) -> list[Row]:
    with engine.begin() as db:
        return fix_rows(db, devices, limit=limit)


def days(engine: sa.Engine) -> list[int]:
    if engine.dialect.name == "sqlite":
        return list_files(database(engine).parent / FOLDER)
    with engine.begin() as db:
        return list_days(db)


def test_rows_of_many_days_are_read_in_order_wherever_they_stand(tracking_engine) -> None:
    old, new = [row(1, 2), row(2, 2, 1), row(1, 1)], [row(1, 0.1), row(1, 1.5), row(1, 0.1, 7)]
    store(tracking_engine, old)
    with tracking_engine.begin() as db:
        append_rows(db, new)
    expected = sorted(old + new, key=lambda r: (r[1], r[0], r[2]))
    assert read(tracking_engine, 1, 2) == expected
    assert read(tracking_engine, 1, 2, limit=2) == expected[:2]
    with tracking_engine.begin() as db:
        start, end = to_ms(NOW - timedelta(days=1.7)), to_ms(NOW - timedelta(days=0.5))
        assert fix_rows(db, [1], start, end) == [row(1, 1.5), row(1, 1)]
        assert [r for day in days_of(db, [1], 0, END_MS) for r in day] == [r for r in expected if r[0] == 1]
        assert count_rows(db) == 6


def test_the_first_of_two_rows_with_one_key_stays(tracking_engine) -> None:
    store(tracking_engine, [row(1, 1, lat=30.0)])
    store(tracking_engine, [row(1, 1, lat=31.0)])
    with tracking_engine.begin() as db:
        append_rows(db, [row(1, 1, lat=32.0)])
    with tracking_engine.begin() as db:
        append_rows(db, [row(1, 0, lat=33.0)])
    with tracking_engine.begin() as db:
        append_rows(db, [row(1, 0, lat=34.0)])
    assert [r[4] for r in read(tracking_engine, 1)] == [30.0, 33.0]
    store(tracking_engine, [])
    assert [r[4] for r in read(tracking_engine, 1)] == [30.0, 33.0]


def test_a_filing_that_is_killed_before_it_forgets_files_again_to_the_same_end(
    sqlite_engine, monkeypatch
) -> None:
    rows = [row(d, n / 10) for d in (1, 2) for n in range(30)]
    with sqlite_engine.begin() as db:
        append_rows(db, rows)
    monkeypatch.setattr(filing, "_forget", lambda _db, _high: 0)
    file_rows(database(sqlite_engine))
    monkeypatch.undo()
    expected = sorted(rows, key=lambda r: (r[1], r[0], r[2]))
    assert read(sqlite_engine, 1, 2) == expected
    assert file_rows(database(sqlite_engine)) == 60
    assert read(sqlite_engine, 1, 2) == expected
    with sqlite_engine.begin() as db:
        assert count_rows(db) == 60


def test_a_fix_that_is_sent_again_after_its_filing_is_counted_once(tracking_engine) -> None:
    """A device that missed its ack sends again what was filed meanwhile; the log holds it until the next filing."""
    filed = [row(1, n / 10) for n in range(5)] + [row(1, 900)]
    store(tracking_engine, filed)
    with tracking_engine.begin() as db:
        append_rows(db, [*filed[3:], row(1, 2), row(1, 901)])
    assert len(read(tracking_engine, 1)) == 8
    with tracking_engine.begin() as db:
        assert count_rows(db) == 8


def test_numbers_of_the_log_never_come_again(sqlite_engine) -> None:
    """Else rows that arrive while the filing forgets would be forgotten unfiled."""
    store(sqlite_engine, [row(1, 0.1 * n) for n in range(5)])
    with sqlite_engine.begin() as db:
        append_rows(db, [row(1, 3)])
        assert db.scalar(sa.select(FIX_NEW.c.id)) == 6


def test_a_clock_that_runs_wild_makes_no_day_of_its_own(tracking_engine) -> None:
    wild = [row(1, 5000), row(1, -900), row(1, 0)]
    store(tracking_engine, wild)
    assert days(tracking_engine) == [TODAY]
    assert read(tracking_engine, 1) == sorted(wild, key=lambda r: r[1])
    with tracking_engine.begin() as db:
        assert count_rows(db) == 3


def test_a_partition_takes_over_what_came_before_it(postgres_engine) -> None:
    with postgres_engine.begin() as db:
        db.exec_driver_sql(
            f"INSERT INTO tracking.trk_fix (device_id, fix_ms, seq, received_ms, lat, lon, flags) "
            f"VALUES (1, {TODAY * DAY_MS + 5}, 0, 0, 30, 114, 0)"
        )
        ensure_days(db, [TODAY])
    assert days(postgres_engine) == [TODAY]
    with postgres_engine.begin() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM ONLY tracking.trk_fix_other").scalar() == 0
    assert len(read(postgres_engine, 1)) == 1


def test_each_organization_keeps_its_positions_as_long_as_it_wants(tracking_engine, register) -> None:
    with tracking_engine.begin() as db:
        for n, org in ((1, "short"), (2, "long")):
            register(db, f"truck-000{n}")
            db.execute(DEVICE.update().where(DEVICE.c.id == n).values(org_id=org))
        set_retention(db, "short", 3)
        set_retention(db, "long", 20)
    rows = [row(d, n) for d in (1, 2) for n in (0, 2, 5, 19, 30)] + [row(1, 900), row(2, 900)]
    store(tracking_engine, rows)
    gone = drop_old(tracking_engine, NOW, 10)
    assert gone == Dropped(days=1, fixes=4)
    assert [r[0] for r in read(tracking_engine, 1, 2)] == [2, 2, 1, 2, 1, 2]
    assert [round((to_ms(NOW) - r[1]) / DAY_MS) for r in read(tracking_engine, 1)] == [2, 0]
    with tracking_engine.begin() as db:
        assert count_rows(db) == 6
    assert drop_old(tracking_engine, NOW, 10) == Dropped()


def test_a_dropped_day_is_nowhere_on_disk(sqlite_engine, register) -> None:
    with sqlite_engine.begin() as db:
        register(db)
    mark = 31.234567891234
    store(sqlite_engine, [row(1, 30, lat=mark), row(1, 0)])
    folder = database(sqlite_engine).parent
    needle = struct.pack(">d", mark)  # as SQLite writes it
    assert any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    drop_old(sqlite_engine, NOW, 10)
    with closing(sqlite3.connect(database(sqlite_engine))) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def exported(engine: sa.Engine, form: str) -> bytes:
    out = io.BytesIO()
    with engine.begin() as db:
        names, rows = history_of_vehicle(db, "v1", 0, END_MS)
        assert FORMS[form][0](rows, names, out) == 3
    return out.getvalue()


@pytest.fixture
def driven(tracking_engine, register) -> sa.Engine:
    with tracking_engine.begin() as db:
        register(db)
    flagged = (*row(1, 0)[:10], 4, '{"ignition":true}')
    store(tracking_engine, [row(1, 2), row(1, 1), flagged])
    return tracking_engine


def test_a_history_becomes_csv(driven) -> None:
    lines = list(csv.DictReader(io.StringIO(exported(driven, "csv").decode())))
    assert [line["device"] for line in lines] == ["truck-0001"] * 3
    assert datetime.fromisoformat(lines[0]["fix_time"]) == NOW - timedelta(days=2)
    assert (lines[0]["lat"], lines[0]["speed_kmh"], lines[0]["heading_deg"]) == ("30.0", "60.0", "")
    assert (lines[2]["flags"], orjson.loads(lines[2]["sensors"])) == ("JUMP", {"ignition": True})


def test_a_history_becomes_gpx(driven) -> None:
    root = ElementTree.fromstring(exported(driven, "gpx"))
    ns = {
        "g": "http://www.topografix.com/GPX/1/1",
        "tp": "http://www.garmin.com/xmlschemas/TrackPointExtension/v2",
    }
    points = root.findall(".//g:trkpt", ns)
    assert [point.get("lat") for point in points] == ["30.0"] * 3
    assert float(points[0].findtext(".//tp:speed", namespaces=ns)) == pytest.approx(60 / 3.6, abs=0.001)
    assert len(root.findall(".//g:trkseg", ns)) == 3


def test_a_history_becomes_geojson(driven) -> None:
    features = orjson.loads(exported(driven, "geojson"))["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [114.5, 30.0, 12.5]}
    assert features[2]["properties"]["sensors"] == {"ignition": True}


def test_a_history_becomes_parquet(driven) -> None:
    table = pq.read_table(io.BytesIO(exported(driven, "parquet")))
    assert table.num_rows == 3
    assert table["fix_time"][0].as_py() == NOW - timedelta(days=2)
    assert table["accuracy_m"].null_count == 3
