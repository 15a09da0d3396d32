"""Live pages: from a fix to the page, and thousands of clients on one process.

    python tests/bench/live.py [--clients 3000] [--vehicles 2000] [--rate 2000] [--seconds 20] [--orgs 20]

One process runs `haoyun live` on SQLite; one writes positions the way the intake does (batches of 0.05 s, one
transaction each) at --rate a second; one holds --clients streams in an epoll loop and reads, of every client, when each
position arrives. The time of a fix is taken before its batch is committed. A health page is asked meanwhile.

With `--portal` the portal runs, too (`haoyun serve`, a process of its own on the same data), and home, loads and an
order are asked for in turn: first while positions arrive and nobody looks, then the same with all clients. The clients
run on the same machine but at a lower priority: browsers would bring their own processors.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import gevent
import numpy as np
import psutil
import sqlalchemy as sa
from portal_pages import Portal

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.live.ticket import issue
from haoyun.platform.market.tables import VEHICLE
from haoyun.platform.migrations import upgrade
from haoyun.platform.settings import kept_secret
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import BINDING, DEVICE, LATEST

TARGET_P95_S, TARGET_MB = 1.0, 200


def main() -> None:
    arguments = parsed()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        databases = Databases.open(data)
        upgrade(databases)
        fill(databases, arguments)
        port = free_port()
        live = started(data, port)
        portal = Portal(data, databases, free_port()) if arguments.portal else None
        try:
            quiet = without_clients(arguments, data, portal) if portal else None
            run(arguments, data, databases, port, live, portal)
            if portal and quiet is not None:
                print(f"portal without clients: {in_words(quiet)}")
        finally:
            if portal:
                portal.close()
            live.terminate()
            live.wait(10)
            databases.close()


def fill(databases: Databases, arguments: argparse.Namespace) -> None:
    """Vehicles and devices, spread over the organizations."""
    now = to_ms(datetime.now(UTC))
    names = [f"v{i:06d}" for i in range(arguments.vehicles)]
    with databases.platform.begin() as db:
        rows = [
            {"id": name, "org_id": f"org{i % arguments.orgs}", "plate": f"苏A{i:05d}", "plate_colour": "yellow",
             "body": "box", "payload_kg": 9000, "volume_dm3": 9000, "length_cm": 900, "certificates": "{}",
             "created_ms": now}
            for i, name in enumerate(names)
        ]  # fmt: skip
        db.execute(VEHICLE.insert(), rows)
    with databases.tracking.begin() as db:
        db.execute(
            DEVICE.insert(),
            [
                {"id": i + 1, "name": f"bench-{i:06d}", "kind": "tracker", "org_id": f"org{i % arguments.orgs}",
                 "vehicle_id": name, "shard": 0, "secret_bcrypt": "", "created_ms": now}
                for i, name in enumerate(names)
            ],
        )  # fmt: skip
        bound = [{"device_id": i + 1, "vehicle_id": name, "from_ms": 0} for i, name in enumerate(names)]
        db.execute(BINDING.insert(), bound)
        db.execute(LATEST.insert(), [latest(i + 1, now - 1000, 0) for i in range(len(names))])


def latest(device_id: int, at_ms: int, seq: int) -> dict[str, object]:
    return {
        "device_id": device_id, "fix_ms": at_ms, "seq": seq, "received_ms": at_ms, "lat": 30.0 + device_id % 100 / 50,
        "lon": 118.0 + seq % 1000 / 1000, "speed_kmh": 60.0, "heading_deg": 90.0, "accuracy_m": 10.0,
        "odometer_m": 0.0, "moving": True,
    }  # fmt: skip


def write(folder: str, vehicles: int, rate: int, until: float) -> None:
    """The intake's part: batches of 0.05 s."""
    databases = Databases.open(Path(folder))
    update = LATEST.update().where(LATEST.c.device_id == sa.bindparam("who"))
    seq, turn = 1, 0
    size = max(1, rate // 20)
    while time.time() < until:
        began = time.time()
        rows = []
        for _ in range(size):
            at = int(time.time() * 1000)
            row = latest(turn % vehicles + 1, at, seq)
            rows.append({"who": row.pop("device_id"), **row})
            turn += 1
            seq += 1
        with databases.tracking.begin() as db:
            db.execute(update, rows)
        time.sleep(max(0.0, 0.05 - (time.time() - began)))
    databases.close()


def writing(arguments: argparse.Namespace, data: Path, until: float) -> multiprocessing.Process:
    writer = multiprocessing.Process(
        target=write, args=(str(data), arguments.vehicles, arguments.rate, until)
    )
    writer.start()
    return writer


def without_clients(arguments: argparse.Namespace, data: Path, portal: Portal) -> np.ndarray:
    """Milliseconds of the portal's pages while positions arrive and no live page is open."""
    writer = writing(arguments, data, time.time() + arguments.seconds + 2)
    times = portal.watch(arguments.seconds).times()
    writer.join()
    return times


def in_words(times: np.ndarray) -> str:
    p50, p95 = np.quantile(times, [0.5, 0.95])
    return f"{len(times)} pages, p50 {p50:.0f} ms, p95 {p95:.0f} ms, worst {times.max():.0f} ms"


def run(
    arguments, data: Path, databases: Databases, port: int, live: subprocess.Popen, portal: Portal | None
) -> None:
    key = kept_secret(data, "session")
    process = psutil.Process(live.pid)
    empty_mb = process.memory_info().rss / 1e6
    clients = Clients(port, key, arguments)
    connected_s = clients.connect()
    until = time.time() + arguments.seconds
    writer = writing(arguments, data, until)
    watch = portal.watch(arguments.seconds - 2) if portal else None
    if portal:
        os.nice(5)  # only what reads the streams: the others were started before
    cpu = process.cpu_times()
    health: list[float] = []
    most_mb = 0.0
    while time.time() < until + 1.5:
        clients.read(0.25)
        most_mb = max(most_mb, process.memory_info().rss / 1e6)
        began = time.time()
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).read()
        health.append(time.time() - began)
    used = process.cpu_times()
    writer.join()
    delays = np.array(clients.delays)
    p50, p95, p99 = np.quantile(delays, [0.5, 0.95, 0.99])
    print(
        json.dumps(
            {
                "clients": len(clients.sockets),
                "lost": clients.lost,
                "connected_s": round(connected_s, 1),
                "positions_sampled": len(delays),
                "messages": clients.messages,
                "fix_to_page_s": {"p50": round(p50, 3), "p95": round(p95, 3), "p99": round(p99, 3)},
                "live_rss_mb": {"empty": round(empty_mb), "most": round(most_mb)},
                "live_cpu_share": round(
                    (used.user + used.system - cpu.user - cpu.system) / arguments.seconds, 2
                ),
                "healthz_p95_ms": round(float(np.quantile(health, 0.95)) * 1000, 1),
            },
            indent=1,
        )
    )
    print(
        f"fix to page p95 {p95:.2f} s (target <= {TARGET_P95_S:g}); {most_mb:.0f} MB (target <= {TARGET_MB})"
    )
    if watch:
        print(f"portal with {arguments.clients} live clients: {in_words(watch.times())}")
    print(
        f"{arguments.vehicles} vehicles, {arguments.rate} positions/s for {arguments.seconds} s, {arguments.orgs} "
        f"organizations; {os.cpu_count()} cores shared with writer and clients; Python {platform.python_version()}, "
        f"gevent {gevent.__version__}, {datetime.now(UTC):%Y-%m-%d}"
    )


class Clients:
    """Streams read by one epoll loop; every 50th client's positions are timed, all are drained."""

    def __init__(self, port: int, key: str, arguments: argparse.Namespace) -> None:
        self.port, self.key, self.arguments = port, key, arguments
        self.selector = selectors.DefaultSelector()
        self.sockets: list[socket.socket] = []
        self.rest: dict[int, bytes] = {}
        self.delays: list[float] = []
        self.messages = self.lost = 0

    def connect(self) -> float:
        began = time.time()
        tickets = [
            issue(self.key, Actor("u", f"org{i}", frozenset({"viewer"}), frozenset({"carrier"})))
            for i in range(self.arguments.orgs)
        ]
        for i in range(self.arguments.clients):
            one = socket.create_connection(("127.0.0.1", self.port), 30)
            request = f"GET /stream?ticket={tickets[i % len(tickets)]} HTTP/1.1\r\nHost: bench\r\n\r\n"
            one.sendall(request.encode())
            one.setblocking(False)
            self.selector.register(one, selectors.EVENT_READ, i)
            self.sockets.append(one)
            if i % 200 == 199:
                self.read(0.05)
        while len(self.rest) < len(self.sockets) and time.time() < began + 60:
            self.read(0.2)
        self.delays.clear()
        return time.time() - began

    def read(self, seconds: float) -> None:
        end = time.time() + seconds
        while (left := end - time.time()) > 0:
            for key, _ in self.selector.select(left):
                self._take(key.fileobj, key.data)

    def _take(self, one: socket.socket, number: int) -> None:
        try:
            data = one.recv(262_144)
        except BlockingIOError:
            return
        if not data:
            self.selector.unregister(one)
            self.lost += 1
            return
        now = time.time()
        if number % 50:
            self.rest[number] = b""
            self.messages += data.count(b"event: moved")
            return
        *lines, rest = (self.rest.get(number, b"") + data).split(b"\n")
        self.rest[number] = rest
        moved = False
        for line in lines:
            if line.startswith(b"event: "):
                moved = line == b"event: moved"
                self.messages += moved
            elif moved and line.startswith(b"data: "):
                self.delays += [now - vehicle["at"] / 1000 for vehicle in json.loads(line[6:])]


def started(data: Path, port: int) -> subprocess.Popen:
    environment = {**os.environ, "HAOYUN_DATA": str(data), "HAOYUN_LIVE_PORT": str(port)}
    command = [sys.executable, "-m", "haoyun.platform.cli", "--data", str(data), "live"]
    live = subprocess.Popen(command, env=environment)
    for _ in range(200):
        time.sleep(0.1)
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).read()
        except OSError:
            continue
        return live
    raise SystemExit("haoyun live did not start")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        ("clients", 3000),
        ("vehicles", 2000),
        ("rate", 2000),
        ("seconds", 20),
        ("orgs", 20),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--portal", action="store_true", help="measure the portal's pages, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
