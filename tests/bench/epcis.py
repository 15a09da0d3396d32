"""What the EPCIS repository does in a second, and how soon it answers where something was.

Run: python tests/bench/epcis.py validate                      schema: ours, GS1's, and the pure Python validator
     python tests/bench/epcis.py stages                        where the time of a capture goes, in one process
     python tests/bench/epcis.py capture [SECONDS] [CLIENTS]   over HTTP, on SQLite, 100 events a document
     python tests/bench/epcis.py fill EVENTS FOLDER            make a repository of so many events
     python tests/bench/epcis.py double EVENTS FOLDER          copy events within it until there are so many
     python tests/bench/epcis.py trace FOLDER                  ask it for single EPCs, in process and over HTTP

Events are drawn with a fixed seed: of ten, six say that one pallet was seen (SSCC, place, waybill), three name five
cases, one packs ten cases on a pallet: 3.2 identities an event besides places.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import jsonschema_rs
import numpy as np
import orjson
import psutil
import sqlalchemy as sa

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user
from haoyun.platform.database import Databases, reading
from haoyun.platform.migrations import upgrade
from haoyun.rfid_ingest.epcis.documents.capture import read_json
from haoyun.rfid_ingest.epcis.documents.context import STANDARD
from haoyun.rfid_ingest.epcis.filing import file_event
from haoyun.rfid_ingest.epcis.hash import content_digest
from haoyun.rfid_ingest.epcis.query.parse import parse_query
from haoyun.rfid_ingest.epcis.repository.capture import Behaviour, prepare, store
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.search import search
from haoyun.rfid_ingest.epcis.validation.check import is_event
from haoyun.rfid_ingest.epcis.validation.schema import whole_schema

SEED = 20260302
A_DOCUMENT = 100
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
START = datetime(2026, 1, 1, tzinfo=UTC)
PALLETS = 400_000  # so that a pallet is named by several events of a repository of millions
SHARED = Path(os.environ.get("HAOYUN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def events(seed: int) -> Iterator[dict[str, Any]]:
    """Events without end."""
    draw = random.Random(seed)
    number = 0
    while True:
        number += 1
        at = (START + timedelta(seconds=number * 3, milliseconds=seed % 1000)).isoformat(
            timespec="milliseconds"
        )
        event: dict[str, Any] = {
            "type": "ObjectEvent",
            "eventTime": at,
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": draw.choice(
                ("arriving", "departing", "loading", "unloading", "shipping", "receiving")
            ),
            "disposition": "in_transit",
            "readPoint": {"id": f"urn:epc:id:sgln:6901234.{draw.randrange(300):05}.{draw.randrange(8)}"},
            "bizTransactionList": [{"type": "bol", "bizTransaction": f"urn:x:bol:{draw.randrange(PALLETS)}"}],
        }
        kind = draw.randrange(10)
        pallet = pallet_of(draw)
        if kind < 6:
            event["epcList"] = [pallet]
        elif kind < 9:
            event["epcList"] = cases(draw, 5)
        else:
            event |= {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": pallet}
            event["childEPCs"] = cases(draw, 10)
        yield event


def pallet_of(draw: random.Random) -> str:
    return f"urn:epc:id:sscc:6901234.{draw.randrange(PALLETS):010}"


def cases(draw: random.Random, count: int) -> list[str]:
    item, first = draw.randrange(200), draw.randrange(10_000_000)
    return [f"urn:epc:id:sgtin:6901234.{item:05}0.{first + n}" for n in range(count)]


def documents(seed: int, count: int) -> list[bytes]:
    drawn = events(seed)
    return [
        orjson.dumps(
            {
                "@context": CONTEXT,
                "type": "EPCISDocument",
                "schemaVersion": "2.0",
                "creationDate": "2026-03-02T08:00:00Z",
                "epcisBody": {"eventList": [next(drawn) for _ in range(A_DOCUMENT)]},
            }
        )
        for _ in range(count)
    ]


def a_second(what: str, count: int, call: Callable[[], object]) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    call()
    spent, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(f"{what:<52}{count / spent:>12,.0f} events/s {cpu / count * 1e6:>8.1f} µs of CPU an event")


def validate() -> None:
    drawn = events(SEED)
    some = [next(drawn) for _ in range(20_000)]
    whole = [{"@context": CONTEXT, **event} for event in some]
    own = jsonschema_rs.Draft7Validator(whole_schema(), validate_formats=True)
    a_second(
        "own schema of the event's type, as capture does", len(some), lambda: [is_event(e) for e in some]
    )
    a_second("own schema of everything", len(whole), lambda: [own.is_valid(e) for e in whole])
    path = SHARED / "rfid" / "gs1" / "EPCIS-JSON-Schema.json"
    if path.exists():
        schema = json.loads(path.read_bytes())
        official = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
        a_second("GS1's schema, jsonschema-rs", len(whole), lambda: [official.is_valid(e) for e in whole])
        pure = jsonschema.Draft7Validator(schema)
        a_second(
            "GS1's schema, jsonschema (pure Python)", 500, lambda: [pure.is_valid(e) for e in whole[:500]]
        )


def stages() -> None:
    bodies = documents(SEED, 100)
    count = len(bodies) * A_DOCUMENT
    parsed = [orjson.loads(body)["epcisBody"]["eventList"] for body in bodies]
    flat = [event for listed in parsed for event in listed]
    a_second("read JSON", count, lambda: [read_json(body) for body in bodies])
    a_second("validate", count, lambda: [is_event(event) for event in flat])
    a_second("hash", count, lambda: [content_digest(event, STANDARD) for event in flat])
    a_second(
        "file (hash, index entries, JSON)", count, lambda: [file_event(event, STANDARD) for event in flat]
    )
    captures = [read_json(body) for body in documents(SEED + 1, 100)]
    prepared = [prepare(capture) for capture in captures]
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases.open(Path(folder))
        upgrade(databases)

        def keep() -> None:
            for one in prepared:
                with databases.tracking.begin() as db:
                    store(db, "org", one, Behaviour.ROLLBACK, START)

        a_second("store, a commit each 100 events", count, keep)
        databases.close()


def somebody(databases: Databases) -> tuple[str, str]:
    """An organization and a token of a person in it."""
    now = datetime.now(UTC)
    with databases.platform.begin() as db:
        home = create_organization(
            db, name="测试公司", name_en="Bench Ltd", kinds={"shipper"}, now=now, company_prefix="9521234"
        )
        user = create_user(
            db, email="bench@example.com", password="correct horse battery", org_id=home.id, display_name="bench",
            roles={"owner"}, now=now,
        )  # fmt: skip
        return home.id, issue_token(db, user.id, now).token


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = int(s.getsockname()[1])
    environment = {
        **os.environ,
        "HAOYUN_DATA": str(folder),
        "HAOYUN_PORT": str(port),
        "HAOYUN_LOG_FORMAT": "json",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "haoyun.platform.cli", "serve"], env=environment, stderr=subprocess.DEVNULL
    )
    for _ in range(1200):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return process, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def capture(seconds: float, clients: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases.open(Path(folder))
        upgrade(databases)
        _org_id, token = somebody(databases)
        process, port = serve(Path(folder))
        lists = [documents(SEED + n, int(seconds * 200 / clients)) for n in range(clients)]
        sent = [0] * clients
        spent_ms: list[float] = []
        before = cpu_s(process)
        begin = time.perf_counter()

        def post(n: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            for body in lists[n]:
                if time.perf_counter() - begin > seconds:
                    return
                start = time.perf_counter()
                connection.request("POST", "/epcis/v2/capture", body, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 202, answer.status
                spent_ms.append((time.perf_counter() - start) * 1000)
                sent[n] += A_DOCUMENT

        threads = [threading.Thread(target=post, args=(n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = time.perf_counter() - begin
        used_s = cpu_s(process) - before
        process.terminate()
        process.wait()
        with reading(databases.tracking).connect() as db:
            stored = db.scalar(sa.text("SELECT count(*) FROM rfid_event"))
        databases.close()
    assert stored == sum(sent), (stored, sent)
    p50, p95, p99 = np.percentile(spent_ms, [50, 95, 99])
    print(
        f"{clients} clients, {A_DOCUMENT} events a document, {spent:.1f} s: {sum(sent) / spent:,.0f} events/s"
    )
    print(f"the server used {used_s / sum(sent) * 1e6:.0f} µs of CPU an event")
    print(f"a document: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms; all {stored:,} events stored")


def fill(count: int, folder: Path) -> None:
    databases = Databases.open(folder)
    upgrade(databases)
    org_id, _token = somebody(databases)
    drawn = events(SEED)
    begin = time.perf_counter()
    have = 0
    while have < count:
        with databases.tracking.begin() as db:
            for _ in range(20):
                listed = [next(drawn) for _ in range(500)]
                body = {
                    "@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
                    "creationDate": "2026-03-02T08:00:00Z", "epcisBody": {"eventList": listed},
                }  # fmt: skip
                store(db, org_id, prepare(read_json(orjson.dumps(body))), Behaviour.ROLLBACK, START)
        have += 10_000
        if have % 100_000 == 0:
            spent = time.perf_counter() - begin
            print(f"  {have:,} events after {spent:.0f} s", flush=True)
    databases.close()


def double(count: int, folder: Path) -> None:
    """Copy events with other ids, the same identities and a millisecond later: the file of a filled repository, sooner.

    A pallet then stands in as many events as if they had been drawn: they are drawn from the same pallets.
    """
    databases = Databases.open(folder)
    with databases.tracking.begin() as db:
        last = db.scalar(sa.text("SELECT max(seq) FROM rfid_event"))
        names = [column["name"] for column in sa.inspect(db).get_columns("rfid_event")]
        changed = {"seq": f"seq + {last}", "id_key": "randomblob(16)", "event_ms": "event_ms + 1"}
        values = ", ".join(changed.get(name, name) for name in names)
        upto = f"<= {count - last}"
        into = f"INSERT INTO rfid_event ({', '.join(names)})"
        db.exec_driver_sql(f"{into} SELECT {values} FROM rfid_event WHERE seq {upto} AND seq <= {last}")
        db.exec_driver_sql(
            "INSERT INTO rfid_event_key (owner, value, event_seq, role)"
            f" SELECT owner, value, event_seq + {last}, role FROM rfid_event_key WHERE event_seq {upto}"
        )
    databases.close()


def trace(folder: Path) -> None:
    databases = Databases.open(folder)
    upgrade(databases)
    with reading(databases.platform).connect() as db:
        org_id = db.scalar(sa.text("SELECT org_id FROM acc_user WHERE email = 'bench@example.com'"))
        user_id = db.scalar(sa.text("SELECT id FROM acc_user WHERE email = 'bench@example.com'"))
    with databases.platform.begin() as db:
        token = issue_token(db, user_id, datetime.now(UTC)).token
    with reading(databases.tracking).connect() as db:
        count = db.scalar(sa.text("SELECT count(*) FROM rfid_event"))
    size = sum(path.stat().st_size for path in folder.glob("tracking.db*"))
    print(f"{count:,} events, {size / 1e9:.2f} GB on disk, {size / count:.0f} bytes an event")
    draw = random.Random(SEED)
    with reading(databases.tracking).connect() as db:
        owner = find_owner(db, org_id)
        for what, make in (
            ("one pallet, by time", lambda: {"MATCH_anyEPC": [pallet_of(draw)]}),
            ("one waybill, by time", lambda: {"EQ_bizTransaction_bol": [f"urn:x:bol:{draw.randrange(PALLETS)}"]}),
            ("a place's newest 30", lambda: {"EQ_readPoint": [f"urn:epc:id:sgln:6901234.{draw.randrange(300):05}.1"]}),
        ):  # fmt: skip
            spent, found, cpu = [], 0, time.process_time()
            for _ in range(500):
                parameters = {**make(), "orderBy": "eventTime"}
                begin = time.perf_counter()
                page = search(db, owner, parse_query(parameters), 30)
                spent.append((time.perf_counter() - begin) * 1000)
                found += len(page.events)
            p50, p95, p99 = np.percentile(spent, [50, 95, 99])
            cpu_ms = (time.process_time() - cpu) * 2
            print(
                f"{what:<24}{found / 500:>6.1f} events  p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f} ms",
                end="",
            )
            print(f"  CPU {cpu_ms:.2f} ms")
    databases.close()
    over_http(folder, token, draw)


def over_http(folder: Path, token: str, draw: random.Random) -> None:
    """The same over HTTP, by a person of the organization that owns the events."""
    process, port = serve(folder)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    spent = []
    before = cpu_s(process)
    for _ in range(500):
        epc = quote(pallet_of(draw), safe="")
        begin = time.perf_counter()
        path = f"/epcis/v2/events?MATCH_anyEPC={epc}&orderBy=eventTime"
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        spent.append((time.perf_counter() - begin) * 1000)
    cpu_ms = (cpu_s(process) - before) / len(spent) * 1000
    process.terminate()
    process.wait()
    p50, p95, p99 = np.percentile(spent, [50, 95, 99])
    print(f"{'one pallet, over HTTP':<24}{'':>13}  p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f} ms", end="")
    print(f"  CPU of the server {cpu_ms:.2f} ms")


def main() -> None:
    command, *rest = sys.argv[1:] or ["validate"]
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, seed {SEED}", end=", "
    )
    versions = (f"{name} {version(name)}" for name in ("SQLAlchemy", "jsonschema-rs", "orjson"))
    print(f"Python {platform.python_version()}", *versions, sep=", ")
    if command == "validate":
        validate()
    elif command == "stages":
        stages()
    elif command == "capture":
        capture(float(rest[0]) if rest else 20, int(rest[1]) if len(rest) > 1 else 4)
    elif command in ("fill", "double"):
        {"fill": fill, "double": double}[command](int(rest[0]), Path(rest[1]))
    else:
        trace(Path(rest[0]))


if __name__ == "__main__":
    main()
