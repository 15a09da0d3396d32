"""How long a recall, a gate page and labels take: `python tests/bench/rfid_warehouse.py [--pallets 20000]`.

A repository on SQLite with pallets that were packed with lots, loaded, read at four gates and unloaded; the recall of
lots on ten and on two hundred pallets, the live state of a busy gate, PDFs of labels. Seeded; states what it ran on.
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import reportlab
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.migrations import upgrade
from haoyun.rfid_ingest import sscc_epc
from haoyun.rfid_ingest.epc.scanned import Scanned
from haoyun.rfid_ingest.epcis.model import Event, ObjectEvent
from haoyun.rfid_ingest.epcis.parts import Action
from haoyun.rfid_ingest.epcis.store import append_events, count_events
from haoyun.rfid_ingest.evidence import events_naming
from haoyun.rfid_ingest.handling import Report, Step, events_of
from haoyun.rfid_ingest.labels import Contents, Format, UnitLabel, label_pdf
from haoyun.rfid_ingest.labels.unit import sscc_digits
from haoyun.rfid_ingest.trace import trace

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SEED, ORG = 7, "org-bench"
SMALL, LARGE = 10, 200  # pallets of a lot
GATES = ("departing", "arriving", "departing", "arriving")


def lot(name: str) -> str:
    return f"https://id.gs1.org/01/09506000134352/10/{name}"


def story(number: int, name: str, rng: random.Random) -> list[Event]:
    """The events of one pallet."""
    unit = Scanned(sscc_epc("9521234", number + 1).uri)
    at = NOW + timedelta(minutes=rng.randrange(60 * 24 * 30))
    found = events_of(Report(step=Step.PACK, at=at, objects=(Scanned(lot(name), 24),), parent=unit))
    box = Scanned(f"urn:epc:id:grai:9521234.00001.{number // 20}")
    place = f"geo:{30 + rng.random():.6f},{114 + rng.random():.6f}"
    found += events_of(
        Report(step=Step.LOAD, at=at + timedelta(hours=1), objects=(unit,), parent=box, place=place)
    )
    for gate, step in enumerate(GATES):
        found.append(
            ObjectEvent(
                event_time=at + timedelta(hours=2 + gate), action=Action.OBSERVE, epc_list=(unit.uri,),
                biz_step=step, read_point=place,
            )
        )  # fmt: skip
    found += events_of(
        Report(step=Step.UNLOAD, at=at + timedelta(hours=9), objects=(unit,), parent=box, place=place)
    )
    return found


def fill(db: sa.Engine, pallets: int) -> None:
    rng = random.Random(SEED)
    for first in range(0, pallets, 500):
        events: list[Event] = []
        for number in range(first, min(first + 500, pallets)):
            name = f"BIG{number % 5}" if number < 5 * LARGE else f"L{number // SMALL}"
            events += story(number, name, rng)
        with db.begin() as connection:
            append_events(connection, events, [ORG] * len(events), NOW)


def timed(work: Callable[[], object], times: int) -> str:
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    ranked = sorted(seconds)
    p95 = ranked[min(len(ranked) - 1, round(0.95 * len(ranked)))]
    return f"p50 {statistics.median(seconds) * 1000:8.1f} ms   p95 {p95 * 1000:8.1f} ms   ({times} times)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pallets", type=int, default=20_000)
    pallets = parser.parse_args().pallets
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()},")
    print(f"reportlab {reportlab.Version}, SQLite in a temporary folder, seed {SEED}, {pallets} pallets")
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases.open(Path(folder))
        upgrade(databases)
        fill(databases.tracking, pallets)
        rng = random.Random(SEED)
        with databases.tracking.connect() as db:
            print(f"events: {count_events(db)}")

            def recall(name: str) -> None:
                found = trace(lot(name), lambda keys: events_naming(db, (_uri(key) for key in keys), [ORG]))
                assert len(found.things) > SMALL

            small = [f"L{rng.randrange(5 * LARGE // SMALL, pallets // SMALL)}" for _ in range(100)]
            turn = iter(small)
            print(f"recall of a lot on {SMALL} pallets:  {timed(lambda: recall(next(turn)), 100)}")
            big = iter([f"BIG{n % 5}" for n in range(10)])
            print(f"recall of a lot on {LARGE} pallets: {timed(lambda: recall(next(big)), 10)}")
        databases.close()
    labels = [
        UnitLabel(
            sscc=sscc_digits(sscc_epc("9521234", n).uri), goods="冷冻水产",
            contents=Contents(gtin="09506000134352", count=24, lot="L7"),
        )
        for n in range(1, 101)
    ]  # fmt: skip
    label_pdf(labels[:1])  # the font is read once in a process
    print(f"PDF of 1 label:    {timed(lambda: label_pdf(labels[:1]), 20)}")
    print(f"PDF of 100 labels: {timed(lambda: label_pdf(labels, Format.A4), 5)}")


def _uri(key: str) -> str:
    return f"https://id.gs1.org{key}" if key.startswith("/") else key


if __name__ == "__main__":
    main()
