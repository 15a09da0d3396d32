"""How many tag reads a second the intake takes over MQTT, to session events: `python tests/bench/rfid_ingest.py`.

Impinj R700 JSON, several reads a message (`--per-message`), QoS 1, through the embedded broker into SQLite (WAL,
synchronous FULL) with the platform's own subscriber and intake loop, in one process. The reads are loads of
rfid_ingest/simulate_portal.py that pass a gate (an event for each visit) or a portal (an event for each pass). A second
process publishes them. Printed: reads a second by wall time and by CPU time of the intake's process (all its threads:
reading, storing), events made, and the time from a read to its committed event at a slow pace, for a gate, whose window
is 0: p50 and p99.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from haoyun.platform.database import Databases
from haoyun.platform.migrations import upgrade
from haoyun.rfid_ingest import (
    Direction,
    Mode,
    ReadPoint,
    Side,
    TagReadHandler,
    count_events,
    count_reads,
    set_read_points,
    sscc_epc,
)
from haoyun.rfid_ingest.intake import KINDS
from haoyun.rfid_ingest.simulate_portal import Kind, PortalSim, Scene
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.devices_store import DeviceKind, list_devices, register_device
from haoyun.tracking.intake import Intake
from haoyun.tracking.mqtt import Subscriber

READER, SEED = "reader-gate-01", 20260101
PUBLISHER = """
import sys, time, paho.mqtt.client as mqtt
host, port, user, password, topic, path, pause = sys.argv[1:8]
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bench-publisher", protocol=mqtt.MQTTv311)
client.username_pw_set(user, password)
client.max_inflight_messages_set(500)
client.connect(host, int(port)); client.loop_start()
infos = []
for line in open(path, "rb"):
    body = line.strip()
    if float(pause):
        time.sleep(float(pause))
        body = body.replace(b"@NOW@", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()).encode()
                            + (".%06dZ" % int(time.time() % 1 * 1e6)).encode())
    infos.append(client.publish(topic, body, qos=1))
for info in infos:
    info.wait_for_publish(60)
client.disconnect(); client.loop_stop()
"""


def reports(count: int) -> list[dict[str, object]]:
    """Impinj reports of loads that go out one after the other."""
    found: list[dict[str, object]] = []
    start, number = datetime.now(UTC) - timedelta(hours=1), 0
    while len(found) < count:
        epcs = tuple(sscc_epc("6901234", number + n).hex for n in range(12))
        number += 12
        reads = PortalSim(SEED + number).reads([Scene(Kind.OUT, epcs, 6.0)], start, 12.0)
        start += timedelta(seconds=12)
        for read in reads:
            at = read.read_at.isoformat(timespec="microseconds").replace("+00:00", "000Z")
            event = {
                "epc": base64.urlsafe_b64encode(bytes.fromhex(read.epc_hex)).decode(),
                "epcHex": read.epc_hex,
                "antennaPort": read.antenna,
                "peakRssiCdbm": round((read.rssi_dbm or 0) * 100),
                "frequency": 921625,
                "lastSeenTime": at,
                "phaseAngle": 313.9,
            }
            found.append(
                {"timestamp": at, "hostname": "r700", "eventType": "tagInventory", "tagInventoryEvent": event}
            )
    return found[:count]


def points(mode: Mode) -> list[ReadPoint]:
    """Four antennas at a gate out, or at a portal."""
    return [
        ReadPoint(
            antenna,
            "bench",
            "bench",
            30.0,
            114.0,
            Direction.OUT,
            "departing",
            mode=mode,
            side=(Side.INNER if antenna <= 2 else Side.OUTER) if mode is Mode.PORTAL else None,
        )
        for antenna in (1, 2, 3, 4)
    ]


def run(mode: Mode, lines: Sequence[bytes], reads: int, pause_s: float) -> dict[str, float]:
    """Publish the lines and take them in; rates, events, and the delays (s) of each committed message."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases.open(folder / "data")
        upgrade(databases)
        now = datetime.now(UTC)
        with databases.tracking.begin() as db:
            issued = register_device(
                db, name=READER, kind=DeviceKind.READER, org_id="bench", vehicle_id=None, shards=1, now=now
            )
            set_read_points(db, READER, points(mode), now)
            devices = list_devices(db, None)
        broker = EmbeddedBroker(folder / "nats", 18_873)
        broker.start(devices)
        subscriber = Subscriber(
            broker.ingest_address,
            "haoyun-ingest",
            ["hy/v1/0/+/up/+"],
            lambda: datetime.now(UTC),
            queue_size=4000,
        )
        done: list[float] = []
        handler, clock = TagReadHandler(), lambda: datetime.now(UTC)
        intake = Intake(
            databases.tracking,
            subscriber,
            dict.fromkeys(KINDS, handler),
            clock,
            on_batch=lambda report: done.extend([time.time()] * report.messages),
        )
        subscriber.start()
        assert subscriber.wait_connected(20)
        (folder / "lines").write_bytes(b"\n".join(lines))
        address = broker.ingest_address
        publisher = subprocess.Popen(
            [
                *(sys.executable, "-c", PUBLISHER, address.host, str(address.port), READER, issued.secret),
                *(f"hy/v1/0/{READER}/up/impinj", str(folder / "lines"), str(pause_s)),
            ]
        )
        stopping, began, cpu = threading.Event(), time.perf_counter(), time.process_time()
        while len(done) < len(lines) and time.perf_counter() - began < 150:
            if intake.step(stopping) == 0 and not done:
                began, cpu = time.perf_counter(), time.process_time()  # nothing came yet
        wall, spent = time.perf_counter() - began, time.process_time() - cpu
        publisher.wait(30)
        with databases.tracking.begin() as db:
            handler.finish(db, datetime.now(UTC))
            result = {
                "wall": reads / wall,
                "cpu": reads / spent,
                "stored": count_reads(db),
                "events": count_events(db),
            }
            if pause_s:
                from haoyun.rfid_ingest import list_events

                made = sorted(event.event_time.timestamp() for event in list_events(db, len(lines)))
                delays = sorted(end - at for at, end in zip(made, done, strict=False))
                result |= {"p50": delays[len(delays) // 2], "p99": delays[int(0.99 * (len(delays) - 1))]}
        subscriber.stop()
        broker.stop()
        databases.close()
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=120_000)
    parser.add_argument("--per-message", type=int, default=100)
    arguments = parser.parse_args()
    made = reports(arguments.reads)
    size = arguments.per_message
    lines = [json.dumps(made[start : start + size]).encode() for start in range(0, len(made), size)]
    print(
        f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()} {platform.machine()}, seed {SEED}"
    )
    for mode in (Mode.GATE, Mode.PORTAL):
        got = run(mode, lines, len(made), 0.0)
        print(
            f"{mode:7} {size} reads a message: {got['wall']:9,.0f} reads/s, {got['cpu']:9,.0f} reads/s of CPU, "
            f"{got['stored']:,.0f} stored, {got['events']:.0f} events"
        )
    slow = []
    for number in range(400):
        report = made[0] | {"timestamp": "@NOW@"}
        event = {"epcHex": sscc_epc("6901234", 500_000 + number).hex, "antennaPort": 1, "peakRssiCdbm": -5000}
        slow.append(json.dumps([report | {"tagInventoryEvent": event}]).encode())
    got = run(Mode.GATE, slow, len(slow), 0.02)
    print(
        f"read to committed event at 50 reads/s: p50 {got['p50'] * 1e3:.0f} ms, p99 {got['p99'] * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
