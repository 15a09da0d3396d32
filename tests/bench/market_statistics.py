"""What public figures cost: `python tests/bench/market_statistics.py [--orders 1000000] [--url postgresql+psycopg://…]`.

Fills a year of prices and posted loads of `--orders` orders straight into the facts, releases every week and month of
both series, and measures: a week's release, the pages and the whole file (median and 95th percentile of 40), and how
many events of real orders the followers take in a second. Seeded; nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from haoyun.maps.cities import list_cities
from haoyun.platform.database import Databases
from haoyun.platform.emissions.factors import Factors
from haoyun.platform.market.testing import NOW
from haoyun.platform.migrations import upgrade
from haoyun.platform.portal.app import create_app
from haoyun.platform.settings import Settings
from haoyun.platform.statistics.areas import cell_at
from haoyun.platform.statistics.facts import Measure, price_kind
from haoyun.platform.statistics.follow import Sources
from haoyun.platform.statistics.keeper import release_due, take_in
from haoyun.platform.statistics.periods import week_of, week_start_ms
from haoyun.platform.statistics.privacy import Rule
from haoyun.platform.statistics.tables import CELL, FACT, OPEN_WEEK
from haoyun.platform.trading.testing import ready_order
from haoyun.tracking.instants import from_ms, to_ms

SEED, WEEKS, PARTIES, ASKED, REAL = 7, 52, 3_000, 40, 60
CHUNK = 50_000
LAST = week_of(to_ms(datetime.now(UTC))) - 5
BODIES = ("box", "curtain", "stake", "reefer", "flatbed")


def fill(databases: Databases, orders: int) -> float:
    """Facts of so many orders and as many loads over a year; returns the seconds it took."""
    rng = random.Random(SEED)
    cells = [cell_at(c.lat, c.lon) for c in list_cities() if c.rank < 3]
    began = time.perf_counter()
    with databases.platform.begin() as db:
        for start in range(0, orders, CHUNK):
            rows = []
            for n in range(start, min(orders, start + CHUNK)):
                week, body = LAST - WEEKS + 1 + n % WEEKS, rng.choice(BODIES)
                a, b = rng.choice(cells), rng.choice(cells)
                km = rng.uniform(60, 2400)
                shipper, carrier = f"s{rng.randrange(PARTIES)}", f"c{rng.randrange(PARTIES)}"
                kind = price_kind(body, rng.randrange(1_000, 30_000), km * 1000)
                fen = 600 * rng.lognormvariate(0, 0.2)
                rows.append(row(Measure.PRICE, f"o{n}", week, (a, b), (shipper, carrier), fen, kind))
                rows.append(row(Measure.LOAD, f"l{n}", week, (a, ""), (shipper, ""), 1.0, ""))
            db.execute(sa.insert(FACT), rows)
        weeks = [
            {"series": series, "week": w}
            for w in range(LAST - WEEKS + 1, LAST + 1)
            for series in ("price", "ratio")
        ]
        db.execute(sa.insert(OPEN_WEEK), weeks)
    return time.perf_counter() - began


def row(
    measure: Measure,
    subject: str,
    week: int,
    ends: tuple[str, str],
    orgs: tuple[str, str],
    value: float,
    kind: str,
) -> dict[str, object]:
    """A row of sta_fact."""
    return {
        "measure": measure.value, "subject": subject, "week": week, "cell": ends[0], "to_cell": ends[1],
        "shipper": orgs[0], "carrier": orgs[1], "value": value, "weight": 1.0, "kind": kind, "gone": False,
        "released_value": None, "released_weight": None,
    }  # fmt: skip


def asked(get: Callable[[], object]) -> str:
    """Median and 95th percentile of ASKED calls, in milliseconds."""
    get()
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        get()
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return f"median {times[ASKED // 2]:.0f} ms, p95 {times[int(ASKED * 0.95) - 1]:.0f} ms"


def real_events(databases: Databases) -> tuple[int, float]:
    """Events of real orders taken in, and the seconds it took."""
    with databases.platform.begin() as db:
        for n in range(REAL):
            ready_order(db, NOW + timedelta(minutes=n), plate=f"京A{n:05d}")
    began = time.perf_counter()
    events = take_in(databases, Sources(lambda _a, _b: 100_000.0, Factors()), NOW + timedelta(days=1))
    return events, time.perf_counter() - began


def main() -> None:
    """Fill, release, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--url", help="an empty PostgreSQL database; without it SQLite")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), **({"database_url": chosen.url} if chosen.url else {}))
        databases = settings.databases()
        upgrade(databases)
        version = f"SQLite {sqlite3.sqlite_version}" if databases.sqlite else "PostgreSQL"
        machine = (
            f"{platform.machine()} {os.cpu_count()} cores, Python {platform.python_version()}, {version}"
        )
        print(f"{datetime.now(UTC):%Y-%m-%d} {machine}, seed {SEED}")
        print(
            f"{chosen.orders:,} orders, {2 * chosen.orders:,} facts written in {fill(databases, chosen.orders):.0f} s"
        )
        now = from_ms(week_start_ms(LAST + 5))
        began = time.perf_counter()
        periods = release_due(databases, Rule(), 3, now)
        seconds = time.perf_counter() - began
        with databases.platform.connect() as db:
            cells = db.scalar(sa.select(sa.func.count()).select_from(CELL))
        print(
            f"{periods} periods released in {seconds:.0f} s, {seconds / periods * 1000:.0f} ms each, {cells:,} cells"
        )
        client = create_app(settings, databases).test_client()
        for path in (
            "/statistics", "/statistics/price", "/statistics/price?area=310000>440000",
            "/api/v1/statistics/price/areas",
            "/api/v1/statistics/price.csv", "/api/v1/statistics/ratio.geojson",
        ):  # fmt: skip
            print(f"{path}: {asked(lambda path=path: client.get(path).data)}")  # type: ignore[misc]
        events, seconds = real_events(databases)
        print(f"followers: {events} events in {seconds:.1f} s, {events / seconds:,.0f} a second")
        databases.close()


if __name__ == "__main__":
    main()
