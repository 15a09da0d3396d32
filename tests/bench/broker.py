"""What the embedded broker takes: `python tests/bench/broker.py [--messages 4000] [--sync 0,0.1]`.

For each interval of syncing (0: every message before it is answered) a broker of its own; eight devices publish
messages of some 190 bytes at QoS 1 with at most 200 unanswered each, and nobody reads them; then 100 devices open new
persistent sessions, one after the other. Printed: messages answered a second, new sessions a second, CPU of the broker.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.store import IssuedCredential, list_devices, register_device
from haoyun.tracking.tables import METADATA

BODY = (
    b'{"epoch":"b7f2a1c9d0e3","seq":1,"base":1,"fixes":[{"t":"2026-05-11T08:00:00Z","lat":30.1,"lon":114.2,'
    b'"spd":60.1,"hdg":90,"alt":31.5,"acc":4.5}]}'
)
WINDOW = 200
PUBLISHERS, SESSIONS = 8, 100


def text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def packet(kind: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (128 if size else 0))
        if not size:
            return bytes([kind]) + length + body


def connect(port: int, one: IssuedCredential, *, clean: bool) -> socket.socket:
    """Sign in; a session that is not clean is kept by the broker."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    flags = 0xC2 if clean else 0xC0
    line.sendall(
        packet(
            0x10,
            b"\x00\x04MQTT\x04"
            + bytes([flags])
            + b"\x00\x3c"
            + text(one.device)
            + text(one.device)
            + text(one.secret),
        )
    )
    answer = line.recv(4)
    assert answer[:1] == b"\x20" and answer[3] == 0, answer
    return line


def publish(port: int, one: IssuedCredential, messages: int) -> None:
    line = connect(port, one, clean=True)
    topic = text(f"hy/v1/0/{one.device}/up/fixes")
    sent = acked = 0
    rest = b""
    while acked < messages:
        if sent < messages and sent - acked < WINDOW:
            count = min(50, messages - sent)
            line.sendall(
                b"".join(
                    packet(0x32, topic + (n % 65_535 + 1).to_bytes(2, "big") + BODY)
                    for n in range(sent, sent + count)
                )
            )
            sent += count
            continue
        data = rest + line.recv(65_536)
        acked += len(data) // 4
        rest = data[len(data) // 4 * 4 :]
    line.close()


def run(sync_s: float, messages: int) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        databases = Databases.open(Path(folder))
        METADATA.create_all(databases.tracking)
        devices = registered(databases.tracking)
        broker = EmbeddedBroker(Path(folder), port, sync_s=sync_s)
        with databases.tracking.begin() as db:
            broker.start(list_devices(db))
        process = psutil.Process(int((Path(folder) / "broker" / "nats.pid").read_text()))
        began, cpu = time.perf_counter(), sum(process.cpu_times()[:2])
        share = messages // PUBLISHERS
        threads = [threading.Thread(target=publish, args=(port, one, share)) for one in devices[:PUBLISHERS]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - cpu
        began = time.perf_counter()
        lines = [connect(port, one, clean=False) for one in devices[PUBLISHERS:]]
        sessions = len(lines) / (time.perf_counter() - began)
        done = share * PUBLISHERS
        print(
            f"{sync_s or 'every message':>14} {done / wall:12,.0f} {cpu / done * 1e6:14.0f} {sessions:14.0f}",
            flush=True,
        )
        for line in lines:
            line.close()
        broker.stop()
        databases.close()


def registered(engine: sa.Engine) -> list[IssuedCredential]:
    with engine.begin() as db:
        return [
            register_device(
                db,
                name=f"truck-{n:04}",
                kind="tracker",
                org_id="o",
                vehicle_id=None,
                shards=1,
                now=datetime.now(UTC),
            )
            for n in range(PUBLISHERS + SESSIONS)
        ]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--sync", default="0,0.05,0.1,1")
    arguments = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, folder on {tempfile.gettempdir()}"
    )
    print(f"{'synced every s':>14} {'messages/s':>12} {'CPU us/message':>14} {'new sessions/s':>14}")
    for sync in arguments.sync.split(","):
        run(float(sync), arguments.messages)


if __name__ == "__main__":
    sys.exit(main())
