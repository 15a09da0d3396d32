"""How long a file of loads takes: `python tests/bench/importing.py [--rows 10000] [--trucks 500] [--url postgresql…]`.

Writes a CSV of seeded loads between the cities of the trunk network with three bad rows, sends it through the import
job against that many open trucks, and prints how long reading, storing and matching took. Meanwhile another process
posts single loads, as a web process does, and notes how long each takes until it is stored with its matches. Fails
unless all rows but the three are stored and the three come back with their reasons.
"""

from __future__ import annotations

import argparse
import csv
import io
import multiprocessing
import os
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.users import create_user, find_actor
from haoyun.platform.database import Databases
from haoyun.platform.jobs.worker import JobContext
from haoyun.platform.market.capacity import CapacityDraft
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.load import LoadDraft
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load
from haoyun.platform.market.tables import LOAD, MATCH
from haoyun.platform.market.values import Body, Window
from haoyun.platform.market.vehicles import VehicleDraft
from haoyun.platform.migrations import upgrade
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.importing.job import Importer, enqueue_import
from haoyun.platform.publishing.importing.sheet import read_sheet
from haoyun.platform.settings import Settings

SEED = 11
POST_EVERY_S = 0.5
HEADER = [
    "goods", "weight (kg)", "from", "to", "pickup from", "pickup until", "delivery from", "delivery until",
    "price (CNY)", "body",
]  # fmt: skip


class Stages(JobContext):
    """Notes when the last row was stored and matching began."""

    stored_at: float = 0.0

    def report(self, fraction: float) -> None:
        if fraction >= 0.3 and not Stages.stored_at:
            Stages.stored_at = time.perf_counter()


def file_of(rows: int, cities: list[str], rng: random.Random) -> bytes:
    """A file with three rows that are wrong."""
    start = datetime.now(UTC) + timedelta(hours=10)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    wrong = {rows // 4: ("weight", 1), rows // 2: ("Atlantis", 2), rows - 1: ("soon", 4)}
    for i in range(rows):
        origin, destination = rng.sample(cities, 2)
        pickup = start + timedelta(hours=rng.randrange(48))
        times = [pickup + timedelta(hours=h) for h in (0, 8, 12, 120)]
        row = [
            f"goods {i}", rng.randrange(1, 33) * 1000, origin, destination, *(f"{t:%Y-%m-%d %H:%M}" for t in times),
            rng.randrange(20, 200) * 100, rng.choice(["", "box", "stake/flatbed"]),
        ]  # fmt: skip
        if i in wrong:
            value, column = wrong[i]
            row[column] = value
        writer.writerow(row)
    return out.getvalue().encode()


def post_singly(settings: Settings, user_id: str, line: Connection) -> None:
    """A process of its own: post a load every POST_EVERY_S until the line says something, and send the seconds."""
    databases = settings.databases()
    market = MarketContext.load(settings, databases.tracking)
    rng, took = random.Random(SEED + 1), list[float]()
    cities = [place.name_zh for place in market.gazetteer.list()]
    with databases.platform.connect() as db:
        actor = find_actor(db, user_id)
    assert actor is not None
    line.send("ready")
    while not line.poll(POST_EVERY_S):
        now = datetime.now(UTC)
        origin, destination = (market.site(name) for name in rng.sample(cities, 2))
        draft = LoadDraft(
            goods="single", weight_kg=5_000, volume_dm3=10_000, ldm_cm=200, origin=origin, destination=destination,
            pickup=Window(now + timedelta(hours=12), now + timedelta(hours=20)),
            delivery=Window(now + timedelta(hours=24), now + timedelta(hours=120)),
        )  # fmt: skip
        roads, began = market.snapshot(now), time.perf_counter()
        with databases.platform.begin() as db:
            post_load(db, actor, draft, now, roads)
        took.append(time.perf_counter() - began)
    line.send(took)
    databases.close()


@contextmanager
def posted_beside(settings: Settings, user_id: str) -> Iterator[list[float]]:
    """Have single loads posted meanwhile; the list has the seconds of each at the end."""
    took: list[float] = []
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=post_singly, args=(settings, user_id, theirs)
    )
    process.start()
    ours.recv()
    yield took
    ours.send("enough")
    took += ours.recv()
    process.join()


def main() -> None:
    """Run it once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--trucks", type=int, default=500)
    parser.add_argument("--url")
    options = parser.parse_args()
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database_url=options.url)
        databases = settings.databases()
        upgrade(databases)
        market = MarketContext.load(settings, databases.tracking)
        _measure(settings, databases, market, options.rows, options.trucks, rng)
        databases.close()


def _measure(
    settings: Settings,
    databases: Databases,
    market: MarketContext,
    rows: int,
    trucks: int,
    rng: random.Random,
) -> None:
    now = datetime.now(UTC)
    cities = [place.name_zh for place in market.gazetteer.list()]
    content = file_of(rows, cities, rng)
    context = market.snapshot(now)
    with databases.platform.begin() as db:
        org = create_organization(db, name="甲", name_en="A", kinds={"shipper", "carrier"}, now=now)
        user = create_user(
            db,
            email="a@example.com",
            password=None,
            org_id=org.id,
            display_name="a",
            roles={"owner"},
            now=now,
        )
        actor = find_actor(db, user.id)
        assert actor is not None
        for i in range(trucks):
            draft = VehicleDraft(
                plate=f"京A{i:05d}", body=rng.choice([Body.BOX, Body.STAKE]), payload_kg=32_000, volume_dm3=90_000,
                length_cm=1300,
            )  # fmt: skip
            vehicle = add_vehicle(db, actor, draft, now)
            ready = Window(now + timedelta(hours=1), now + timedelta(hours=72))
            offer = CapacityDraft(
                vehicle_id=vehicle.id, origin=market.site(rng.choice(cities)), radius_km=300, ready=ready
            )
            post_capacity(db, actor, offer, now, context)
        job = enqueue_import(db, actor, Kind.LOAD, content, "bench.csv", "zh", now)
    began = time.perf_counter()
    read_sheet(content, Kind.LOAD)
    read_s = time.perf_counter() - began
    with posted_beside(settings, user.id) as singles:
        began = time.perf_counter()
        result = Importer(databases, lambda: market, lambda: datetime.now(UTC), UTC).run(job, Stages())
        ended = time.perf_counter()
    with databases.platform.connect() as db:
        stored = db.scalar(sa.select(sa.func.count()).select_from(LOAD).where(LOAD.c.goods != "single"))
        matches = db.scalar(sa.select(sa.func.count()).select_from(MATCH))
    assert (result["imported"], result["failed"], stored) == (rows - 3, 3, rows - 3), result
    print(
        f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()} {platform.machine()}, "
        f"{os.cpu_count()} cores, {databases.platform.dialect.name} (SQLite {sqlite3.sqlite_version}), "
        f"SQLAlchemy {sa.__version__}, seed {SEED}"
    )
    print(f"{rows:,} rows ({len(content) / 2**20:.1f} MB), {trucks:,} open trucks: 3 rows not imported")
    print(
        f"read {read_s:.1f} s, checked and stored {Stages.stored_at - began:.1f} s, "
        f"matched {ended - Stages.stored_at:.1f} s ({matches:,} matches kept), in all {ended - began:.1f} s"
    )
    singles.sort()
    print(
        f"{len(singles)} loads posted singly meanwhile: median {statistics.median(singles) * 1000:.0f} ms, "
        f"p95 {singles[int(len(singles) * 0.95)] * 1000:.0f} ms, worst {singles[-1] * 1000:.0f} ms"
    )
    for one in result["problems"]:
        print("row", one["row"], {name: rule for name, (rule, _) in one["errors"].items()})


if __name__ == "__main__":
    main()
