"""What a large history answers and how it forgets: `python tests/bench/history.py [--fixes 50000000] [--url …]`.

Fills `--days` days of `--devices` devices straight into the days (SQLite: a file each; PostgreSQL: partitions), and
measures: a device's day (as PositionFix objects, median and worst of 50), the newest positions in map windows of
100,000 devices in vehicles, and the drop of a whole day while the intake's own code stores batches: how long the
longest batch took with and without it.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.migrations import upgrade
from haoyun.tracking.history import day_files, partitions
from haoyun.tracking.history.retention import drop_old
from haoyun.tracking.history.rows import COLUMNS, DAY_MS, Row
from haoyun.tracking.map_view import MOST_SHOWN, MapView, map_view
from haoyun.tracking.map_window import MapWindow
from haoyun.tracking.positions import store_quickly
from haoyun.tracking.quick_states import StateRow
from haoyun.tracking.quick_store import put_state_rows
from haoyun.tracking.tables import BINDING, DEVICE

SEED = 7
MAP_DEVICES = 100_000
TODAY = int(time.time() * 1000) // DAY_MS


# A device's day: from its own place one step north-east with every fix. Written by the database itself: rows that go
# through Python take ten times as long.
COUNTING = "{name} (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM {name} WHERE n + 1 < {end})"
DAY = (
    "SELECT d.n, {start} + f.n * {step}, 0, {start} + f.n * {step} + 400, {lat} + f.n * 1e-5, {lon} + f.n * 1e-5, "
    "60.5, 123.4, 31.5, 4.5, 0, NULL FROM {tables}"
)
PLACE = {"lat": "30 + d.n * 0.0007919", "lon": "114 + d.n * 0.0003617"}


def fill(databases: Databases, days: list[int], devices: int, each: int) -> None:
    """Rows straight into their days, and analyzed, as autovacuum would.

    On PostgreSQL in the order of time, as an intake writes: a device's day is spread over all pages of its partition.
    """
    engine = databases.tracking
    for day in days:
        values = {"start": day * DAY_MS, "step": DAY_MS // each, **PLACE}
        if not databases.sqlite:
            tables = f"generate_series(0, {each - 1}) f (n) CROSS JOIN generate_series(1, {devices}) d (n)"
            query = DAY.format(**values, tables=tables)
            with engine.begin() as db:
                partitions.ensure_days(db, [day])
                db.exec_driver_sql(
                    f"INSERT INTO tracking.{partitions.partition_name(day)} ({', '.join(COLUMNS)}) {query}"
                )
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.exec_driver_sql(f"VACUUM ANALYZE tracking.{partitions.partition_name(day)}")
            continue
        folder = Path(str(engine.url.database)).resolve().parent / day_files.FOLDER
        counting = ", ".join(
            COUNTING.format(name=name, first=first, end=end)
            for name, first, end in (("device", 1, devices + 1), ("step", 0, each))
        )
        query = DAY.format(**values, tables="device d CROSS JOIN step f")
        with closing(sqlite3.connect(day_files.create_file(folder, day), isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=OFF")
            db.execute("PRAGMA synchronous=OFF")
            db.execute("BEGIN")
            db.execute(f"INSERT INTO fix WITH RECURSIVE {counting} {query}")
            db.execute("UPDATE total SET fixes = ?", (devices * each,))
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode=WAL")


def filled(engine: sa.Engine) -> bool:
    """Whether an earlier run filled the database to its end."""
    with engine.begin() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(DEVICE)) == MAP_DEVICES


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def device_day(engine: sa.Engine, days: list[int], devices: int) -> list[float]:
    """Milliseconds for random devices' days."""
    from haoyun.tracking.history.read import fix_rows
    from haoyun.tracking.history.rows import fix_of

    rng, found = random.Random(SEED), []
    for _ in range(50):
        device, day = rng.randint(1, devices), rng.choice(days)

        def one(device: int = device, day: int = day) -> None:
            with reading(engine).begin() as db:
                rows = fix_rows(db, [device], day * DAY_MS, (day + 1) * DAY_MS)
                assert len([fix_of("truck-0001", row) for row in rows]) > 0

        found.append(timed(one))
    return found


def map_windows(engine: sa.Engine) -> list[tuple[str, float, MapView]]:
    """Windows with a hundredth, a tenth and all of the devices, as a map shows them: milliseconds (median of 9)."""
    now = datetime.fromtimestamp(TODAY * DAY_MS / 1000, UTC)
    found = []
    for name, size, limit in (
        ("1 %", 0.1, MOST_SHOWN),
        ("10 %", 0.3162, MOST_SHOWN),
        ("100 %", 1.0, MOST_SHOWN),
        ("10 %, every one", 0.3162, MAP_DEVICES),
    ):
        window = MapWindow(114.0, 30.0, 114.0 + size, 30.0 + size)
        with reading(engine).begin() as db:
            view = map_view(db, window, now, limit)
            spent = statistics.median(timed(lambda: map_view(db, window, now, limit)) for _ in range(9))  # noqa: B023
        found.append((name, spent, view))
    return found


def intake_beside(
    engine: sa.Engine, during: Callable[[], object], seconds: float
) -> tuple[list[float], float]:
    """Milliseconds of batches of 1000 fixes while `during` runs, and how long that took (s)."""
    batches: list[float] = []
    stop = threading.Event()

    def work() -> None:
        turn = 0
        while not stop.is_set():
            at = TODAY * DAY_MS + turn * 1000
            rows: list[Row] = [
                (d, at, turn, at, 30.0, 114.0, 50.0, None, None, None, 0, None) for d in range(1, 1001)
            ]

            def one(rows: list[Row] = rows) -> None:
                with engine.begin() as db:
                    store_quickly(db, rows)

            batches.append(timed(one))
            turn += 1
            time.sleep(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(seconds)
    began = time.perf_counter()
    during()
    took = time.perf_counter() - began
    stop.set()
    thread.join()
    return batches, took


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fixes", type=int, default=50_000_000)
    parser.add_argument("--days", type=int, default=25)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--url")
    parser.add_argument("--folder", type=Path, help="Fill this folder and keep it, or measure what it holds.")
    arguments = parser.parse_args()
    each = arguments.fixes // arguments.days // arguments.devices
    days = [TODAY - arguments.days + n for n in range(arguments.days)]
    if arguments.folder is not None:
        arguments.folder.mkdir(exist_ok=True)
    with nullcontext(arguments.folder) if arguments.folder else tempfile.TemporaryDirectory() as folder:
        databases = Databases.open(Path(folder), arguments.url)
        upgrade(databases)
        engine = databases.tracking
        print(
            f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()}, {engine.dialect.name}, "
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, seed {SEED}: "
            f"{each * arguments.devices * arguments.days:,} fixes, "
            f"{arguments.devices} devices, {arguments.days} days",
            flush=True,
        )
        if not filled(engine):
            began = time.perf_counter()
            fill(databases, days, arguments.devices, each)
            print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)
            with engine.begin() as db:
                row = {"kind": "tracker", "org_id": "o", "shard": 0, "secret_bcrypt": "", "created_ms": 0}
                db.execute(DEVICE.insert(), [{**row, "name": f"bench-{n:08}"} for n in range(MAP_DEVICES)])
                db.execute(
                    BINDING.insert(),
                    [
                        {"device_id": n, "vehicle_id": f"v{n:08}", "from_ms": 0}
                        for n in range(1, MAP_DEVICES + 1)
                    ],
                )
                rng = random.Random(SEED)
                put_state_rows(
                    db,
                    [
                        StateRow(
                            n,
                            TODAY * DAY_MS - 1,
                            0,
                            0,
                            30 + rng.random(),
                            114 + rng.random(),
                            60,
                            1,
                            5,
                            1.0,
                            True,
                        )
                        for n in range(1, MAP_DEVICES + 1)
                    ],
                )
            if not databases.sqlite:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                    db.exec_driver_sql("VACUUM ANALYZE")
            if arguments.folder is not None:
                return  # measure in another run, when the machine has nothing else to do
        found = device_day(engine, days, arguments.devices)
        print(
            f"a device's day ({each} fixes): median {statistics.median(found):.1f} ms, worst {max(found):.1f} ms"
        )
        for name, spent, view in map_windows(engine):
            print(
                f"a map window with {name} of {MAP_DEVICES} devices: {spent:.1f} ms "
                f"({len(view.positions)} positions, {len(view.clusters)} clusters)"
            )
        now = datetime.fromtimestamp(TODAY * DAY_MS / 1000, UTC) + timedelta(hours=12)
        quiet, _ = intake_beside(engine, lambda: time.sleep(2), 0.5)
        busy, took = intake_beside(engine, lambda: drop_old(engine, now, arguments.days - 1), 0.5)
        print(
            f"a day of {each * arguments.devices:,} fixes dropped in {took * 1000:.0f} ms; batches of 1000 meanwhile: "
            f"median {statistics.median(busy):.0f} ms, longest {max(busy):.0f} ms "
            f"(without a drop: {statistics.median(quiet):.0f}, {max(quiet):.0f} ms)"
        )
        left = day_files.list_files(Path(folder).resolve() / day_files.FOLDER)
        if not databases.sqlite:
            with engine.begin() as db:
                left = partitions.list_days(db)
        assert days[0] not in left and days[1] in left
        databases.close()


if __name__ == "__main__":
    main()
