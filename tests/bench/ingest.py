"""How fast positions get from the wire into the database: `python tests/bench/ingest.py`.

One mosquitto (in memory, so that its own disk is not measured), QoS 1, and one after the other in the same run:
`mosquitto_sub` writing the payloads to a file (the limit), a plain consumer on stock paho and sqlite3, and the
platform's own subscriber and intake with all its handlers: SQLite (WAL, synchronous FULL; filing by day included),
batches of 30 fixes a message, and PostgreSQL (HAOYUN_TEST_POSTGRES). Every message is the numbered wrapper of one fix,
some 190 bytes, from `--devices` devices in turn, and every device hears its acks. The publisher is a raw socket with
packets made beforehand. Printed: messages (and fixes) a second from the first publish to the last commit, CPU of the
consumer's process a message (all its threads), and its resident memory at the end and at most.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import orjson
import psutil
import structlog

SEED = 20260511
START_S = 1_778_486_400  # 2026-05-11T08:00Z
WINDOW = 8000
CONF = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages 8000
max_queued_messages 0
"""


def device(n: int) -> str:
    """The name of a device of the bench."""
    return f"bench-truck-{n:06}"


def packets(messages: int, per_message: int, devices: int) -> list[bytes]:
    """PUBLISH packets at QoS 1, joined in blocks of 200."""
    rng, blocks, block = random.Random(SEED), [], []
    at = [[30 + rng.random(), 114 + rng.random()] for _ in range(devices)]
    for n in range(messages):
        d, turn = n % devices, n // devices
        items = []
        for k in range(per_message):
            at[d][0] += rng.uniform(-1, 1) * 1e-4
            at[d][1] += rng.uniform(-1, 1) * 1e-4
            when = datetime.fromtimestamp(START_S + (turn * per_message + k) * 10, UTC)
            items.append(
                {
                    **{"t": when.isoformat().replace("+00:00", "Z"), "lat": round(at[d][0], 6)},
                    **{"lon": round(at[d][1], 6), "spd": round(rng.uniform(20, 90), 1)},
                    **{"hdg": round(rng.uniform(0, 360), 1), "alt": 31.5, "acc": 4.5},
                }
            )
        body = orjson.dumps({"epoch": "b7f2a1c9d0e3", "seq": turn + 1, "base": turn + 1, "fixes": items})
        topic = f"hy/v1/0/{device(d)}/up/fixes".encode()
        rest = len(topic).to_bytes(2, "big") + topic + (n % 65_535 + 1).to_bytes(2, "big") + body
        length, size = bytearray(), len(rest)
        while size > 127:
            length.append(size & 127 | 128)
            size >>= 7
        length.append(size)
        block.append(b"\x32" + length + rest)
        if len(block) == 200:
            blocks.append(b"".join(block))
            block = []
    return blocks + ([b"".join(block)] if block else [])


def publish(port: int, path: Path) -> None:
    """The publisher's process: sends the packets with at most WINDOW unacked."""
    feed = path.read_bytes()
    blocks = [feed[a:b] for a, b in _bounds(path)]
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(b"\x10\x19\x00\x04MQTT\x04\x02\x00\x3c\x00\x0dbench-sending")
    sock.recv(4)
    sock.setblocking(False)
    sent = acked = heard = 0
    pending = b""
    turn = 0
    while acked < 200 * len(blocks):
        if not pending and turn < len(blocks) and sent - acked < WINDOW:
            pending, turn = blocks[turn], turn + 1
            sent += 200
        try:
            if pending:
                pending = pending[sock.send(pending) :]
        except BlockingIOError:
            pass
        try:
            heard += len(sock.recv(65_536))
            acked = heard // 4
        except BlockingIOError:
            time.sleep(0.001)


def _bounds(path: Path) -> list[tuple[int, int]]:
    sizes = json.loads(path.with_suffix(".sizes").read_text())
    at, found = 0, []
    for size in sizes:
        found.append((at, at + size))
        at += size
    return found


def memory() -> dict[str, float]:
    """Resident memory of this process in MB, now and at most."""
    return {
        "rss": psutil.Process().memory_info().rss / 1e6,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def consume_stock(port: int, folder: Path, messages: int) -> dict[str, float]:
    """A straightforward consumer: paho, json, sqlite3, batches, manual ack after the commit."""
    import paho.mqtt.client as mqtt

    db = sqlite3.connect(folder / "stock.db", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(
        "CREATE TABLE fix (device TEXT, t TEXT, seq INTEGER, lat REAL, lon REAL, spd REAL, hdg REAL, alt REAL, "
        "acc REAL, PRIMARY KEY (device, t, seq)) WITHOUT ROWID"
    )
    waiting: list[mqtt.MQTTMessage] = []
    done, since, began = 0, time.monotonic(), 0.0
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        "stock",
        clean_session=False,
        protocol=mqtt.MQTTv311,
        manual_ack=True,
    )
    client.on_message = lambda _c, _d, m: waiting.append(m)
    client.connect("127.0.0.1", port)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.subscribe("hy/v1/+/+/up/+", 1)
    while done < messages:
        client.loop(0.05)
        if waiting and not began:
            began = time.process_time()
        if len(waiting) < 1000 and time.monotonic() - since < 0.2:
            continue
        rows = []
        for message in waiting:
            value = json.loads(message.payload)
            name = message.topic.split("/")[3]
            for i in value["fixes"]:
                rows.append(
                    (name, i["t"], value["seq"], i["lat"], i["lon"], i["spd"], i["hdg"], i["alt"], i["acc"])
                )
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO fix VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING", rows)
        db.execute("COMMIT")
        for message in waiting:
            client.ack(message.mid, message.qos)
        done += len(waiting)
        waiting.clear()
        since = time.monotonic()
    return {"cpu": time.process_time() - began, **memory()}


def consume_ours(
    port: int, folder: Path, messages: int, url: str | None, devices: int, followed: float
) -> dict[str, float]:
    """The platform's own intake with all its handlers, and on SQLite the filing by day.

    `followed` is the share of the devices that carry a journey along a planned way: they are read into meaning.
    """
    from haoyun.platform.commands.ingest import handlers
    from haoyun.platform.database import Databases
    from haoyun.platform.migrations import upgrade
    from haoyun.tracking.history.filing import Filing
    from haoyun.tracking.intake import BatchReport, Intake
    from haoyun.tracking.mqtt import Subscriber
    from haoyun.tracking.mqtt_url import BrokerAddress
    from haoyun.tracking.tables import DEVICE

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    databases = Databases.open(folder / "ours", url)
    upgrade(databases)
    with databases.tracking.begin() as db:
        row = {"kind": "tracker", "org_id": "bench", "shard": 0, "secret_bcrypt": "", "created_ms": 0}
        db.execute(DEVICE.insert(), [{**row, "name": device(n)} for n in range(devices)])
        follow(db, round(devices * followed))
    subscriber = Subscriber(
        BrokerAddress("127.0.0.1", port), "ours", ["hy/v1/0/+/up/+"], lambda: datetime.now(UTC)
    )
    stopping, state = threading.Event(), {"done": 0, "rejects": 0, "began": 0.0, "acks": 0}

    def count(report: BatchReport) -> None:
        state["done"] += report.messages
        state["rejects"] += report.rejects
        state["acks"] += len(report.replies)
        if state["done"] >= messages:
            stopping.set()

    intake = Intake(databases.tracking, subscriber, handlers(), lambda: datetime.now(UTC), on_batch=count)
    filing = Filing(folder / "ours" / "tracking.db")
    if url is None:
        filing.start()
    subscriber.start()
    assert subscriber.wait_connected(20)
    began = time.process_time()
    print("ready", flush=True)
    if os.environ.get("PROFILE"):
        import cProfile

        profile = cProfile.Profile()
        profile.runcall(intake.run, stopping)
        profile.dump_stats(os.environ["PROFILE"])
    else:
        intake.run(stopping)
    spent = time.process_time() - began
    found = {"cpu": spent, "rejects": state["rejects"], "acks": state["acks"], **memory()}
    if url is None:
        filing.stop()
    subscriber.stop()
    databases.close()
    return found


def follow(db, devices: int) -> None:
    """Journeys of 60 km along a way of 60 points, for the first of the devices."""
    from haoyun.tracking import Fence, Journey
    from haoyun.tracking.steps.context import PlannedWay
    from haoyun.tracking.store import get_device, open_journey

    now = datetime.fromtimestamp(START_S, UTC)
    way = PlannedWay(tuple((30.5, 114.2 + 0.01 * k) for k in range(60)))
    for n in range(devices):
        journey = Journey(
            f"journey-{n}", get_device(db, device(n)).id, Fence(30.5, 114.2, 300), Fence(30.5, 114.8, 300), now,
            now, now + timedelta(hours=2), 60_000,
        )  # fmt: skip
        open_journey(db, journey, now, way)


def run(name: str, port: int, folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """One consumer against the whole feed."""
    per_message = 30 if "batch" in name else 1
    messages = arguments.messages if per_message == 1 else arguments.messages // 10
    messages = messages // 200 * 200
    feed = folder / f"feed-{per_message}"
    if not feed.exists():
        blocks = packets(messages, per_message, arguments.devices)
        feed.write_bytes(b"".join(blocks))
        feed.with_suffix(".sizes").write_text(json.dumps([len(block) for block in blocks]))
    size = feed.stat().st_size / messages
    work = folder / name
    work.mkdir()
    if name == "mosquitto_sub":
        command = ["mosquitto_sub", "-p", str(port), "-q", "1", "-c", "-i", "limit", "-V", "mqttv311"]
        command += ["-t", "hy/v1/+/+/up/+", "-C", str(messages)]
        with (work / "file").open("wb") as out:
            consumer = subprocess.Popen(command, stdout=out)
        time.sleep(1)
    else:
        command = [sys.executable, __file__, "--consume", name, "--port", str(port), "--folder", str(work)]
        command += ["--messages", str(messages), "--devices", str(arguments.devices)]
        command += ["--followed", str(arguments.followed)]
        if "postgresql" in name:
            command += ["--url", arguments.url]
        consumer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert consumer.stdout and consumer.stdout.readline() == "ready\n"
    broker_cpu = sum(psutil.Process(arguments.broker).cpu_times()[:2])
    began = time.perf_counter()
    sender = subprocess.Popen([sys.executable, __file__, "--publish", str(feed), "--port", str(port)])
    if name == "mosquitto_sub":
        _, _, usage = os.wait4(consumer.pid, 0)
        wall = time.perf_counter() - began
        found = {"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1e3}
    else:
        assert consumer.stdout
        line = consumer.stdout.readline()
        wall = time.perf_counter() - began
        found = json.loads(line)
        consumer.wait(60)
    sender.wait(60)
    found["broker"] = (sum(psutil.Process(arguments.broker).cpu_times()[:2]) - broker_cpu) / messages * 1e6
    return found | {"wall": wall, "messages": messages, "fixes": messages * per_message, "size": size}


def main() -> None:
    """Run the consumers and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--followed", type=float, default=0.0, help="share of the devices with a journey")
    parser.add_argument("--only", default="")
    parser.add_argument("--consume")
    parser.add_argument("--publish", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url")
    arguments = parser.parse_args()
    if arguments.publish:
        publish(arguments.port, arguments.publish)
        return
    if arguments.consume:
        if arguments.consume == "stock":
            found = consume_stock(arguments.port, arguments.folder, arguments.messages)
        else:
            found = consume_ours(
                arguments.port,
                arguments.folder,
                arguments.messages,
                arguments.url,
                arguments.devices,
                arguments.followed,
            )
        print(json.dumps(found), flush=True)
        return
    names = ["mosquitto_sub", "stock", "ours", "ours-batch", "ours-postgresql"]
    names = [n for n in names if not arguments.only or n in arguments.only.split(",")]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "conf").write_text(CONF.format(port=port))
        print(
            f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()}, paho {version('paho-mqtt')}, "
            f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, seed {SEED}, {arguments.devices} devices, "
            f"{arguments.followed:.0%} of them followed, load {os.getloadavg()[0]:.1f}"
        )
        print(
            f"{'consumer':16} {'bytes':>6} {'messages/s':>11} {'of limit':>8} {'fixes/s':>9} "
            f"{'CPU us/message':>15} {'broker us':>10} {'RSS MB':>7} {'peak':>6} {'acks':>8}"
        )
        limit = 0.0
        for name in names:
            # A broker of its own: one that keeps the sessions of earlier consumers also keeps their messages.
            with broker(folder) as pid, _postgres() if name == "ours-postgresql" else nullcontext() as url:
                arguments.broker, arguments.url = pid, url
                found = run(name, port, folder, arguments)
            rate = found["messages"] / found["wall"]
            limit = limit or rate
            print(
                f"{name:16} {found['size']:6.0f} {rate:11,.0f} {rate / limit:8.2f} "
                f"{found['fixes'] / found['wall']:9,.0f} {found['cpu'] / found['messages'] * 1e6:15.1f} "
                f"{found['broker']:10.1f} {found.get('rss', 0):7.0f} {found['peak']:6.0f} "
                f"{found.get('acks', 0):8.0f}"
                + (f" REJECTS {found['rejects']}" if found.get("rejects") else ""),
                flush=True,
            )


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """A mosquitto with the configuration in `folder`; gives its process id."""
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    process = subprocess.Popen([str(program), "-c", str(folder / "conf")], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _postgres():
    import sqlalchemy as sa

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from conftest import POSTGRES_ADMIN, scratch_database

    return scratch_database(sa.create_engine(POSTGRES_ADMIN, isolation_level="AUTOCOMMIT"))


if __name__ == "__main__":
    main()
