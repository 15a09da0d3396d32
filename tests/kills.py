"""A feed at QoS 1 through real processes that are killed (SIGKILL) again and again, and what it cost.

Used by tests/tracking/test_kills.py (a short run) and tests/bench/ingest_kills.py (the long one).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from haoyun.platform.database import Databases, reading
from haoyun.platform.migrations import upgrade
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.history.read import count_rows, fix_rows
from haoyun.tracking.store import get_device, register_device

SHARDS = 8
PACE = 40  # messages that each device sends ahead of the acks


@dataclass
class Outcome:
    """What a run came to. `lost` were acked to their device and not in the database at that very moment."""

    sent: int = 0
    stored: int = 0
    lost: int = 0
    missing: int = 0
    duplicates: int = 0
    worker_kills: int = 0
    broker_kills: int = 0
    acked_at_kills: list[int] = field(default_factory=list)


class Feed:
    """Devices that report through the embedded broker into `haoyun ingest`, each a process of its own."""

    def __init__(
        self, folder: Path, port: int, *, url: str | None = None, devices: int = 8, seed: int = 1
    ) -> None:
        self._data, self._port, self._url = folder / "data", port, url
        self._rng = random.Random(seed)
        self.databases = Databases.open(self._data, url)
        upgrade(self.databases)
        self._start_s = int(time.time()) - 86_400
        self._sent = [0] * devices
        credentials = []
        with self.databases.tracking.begin() as db:
            for n in range(devices):
                name = f"kill-truck-{n:03}"
                credentials.append(
                    register_device(
                        db, name=name, kind="tracker", org_id="o", vehicle_id=None, shards=SHARDS,
                        now=datetime.now(UTC),
                    )
                )  # fmt: skip
            self._ids = [get_device(db, c.device).id for c in credentials]
        self._credentials = credentials
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Feed:
        address = EmbeddedBroker(
            self._data, self._port
        ).ingest_address  # draws the secret, before the broker does
        self._run("broker")
        self._worker = self._run("ingest")
        self.until("the intake is ready", (self._data / "run" / "ingest.ready").exists, 60)
        self._clients = [
            DeviceClient(address, c, DeviceOutbox(), random.Random(n), resend_after_s=3)
            for n, c in enumerate(self._credentials)
        ]
        self._fleet = DeviceFleet(self._clients)
        return self

    def _run(self, command: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "HAOYUN_DATA": str(self._data), "HAOYUN_BROKER_PORT": str(self._port)}
        environment["HAOYUN_SHARDS"] = str(SHARDS)
        if self._url:
            environment["HAOYUN_DATABASE_URL"] = self._url
        log = (self._data / f"{command}.log").open("ab")
        words = [sys.executable, "-m", "haoyun.platform.cli", command]
        process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._processes.append(process)
        return process

    def until(self, what: str, done: Callable[[], object], seconds: float) -> None:
        """Go on sending until `done`; fails naming `what` did not happen."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
            self.step() if hasattr(self, "_fleet") else time.sleep(0.1)

    def step(self) -> None:
        """Let every device send and hear for a moment."""
        for n, client in enumerate(self._clients):
            while len(client.outbox) < PACE:
                self._sent[n] += 1
                at = self._start_s + self._sent[n]
                client.submit(
                    "fixes", [{"t": at, "lat": 30 + n / 10, "lon": 114 + self._sent[n] / 1e5, "spd": 50}]
                )
        self._fleet.step(0.02)

    def acked(self) -> list[int]:
        """Up to which message each device heard that it is stored."""
        return [client.outbox.base - 1 for client in self._clients]

    def lost(self, acked: list[int]) -> int:
        """Messages of `acked` that the database does not hold now."""
        lost = 0
        with reading(self.databases.tracking).begin() as db:
            for device_id, number in zip(self._ids, acked, strict=True):
                held = {row[1] // 1000 - self._start_s for row in fix_rows(db, [device_id])}
                lost += len(set(range(1, number + 1)) - held)
        return lost

    def kill_broker(self) -> None:
        """SIGKILL the NATS server; `haoyun broker` starts it again."""
        pid = int((self._data / "broker" / "nats.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.until("a new broker", lambda: self._broker_pid() not in (pid, 0), 60)

    def _broker_pid(self) -> int:
        try:
            return int((self._data / "broker" / "nats.pid").read_text() or 0)
        except FileNotFoundError:
            return 0

    def run(self, worker_kills: int, broker_kills: int, say: Callable[[str], None]) -> Outcome:
        """Kill in random order at random moments while the devices report, then let everything arrive."""
        outcome = Outcome()
        plan = ["worker"] * worker_kills + ["broker"] * broker_kills
        self._rng.shuffle(plan)
        for number, what in enumerate(plan, 1):
            before = sum(self.acked())
            # A kill in the middle of work: the intake has stored something since it came back.
            self.until("an ack", lambda before=before: sum(self.acked()) > before + 50, 120)
            pause = time.monotonic() + self._rng.uniform(0.0, 0.8)
            self.until("a moment", lambda pause=pause: time.monotonic() > pause, 5)
            if what == "worker":
                self._worker.kill()
                self._worker.wait()
                outcome.worker_kills += 1
            else:
                self.kill_broker()
                outcome.broker_kills += 1
            acked = self.acked()
            outcome.lost += self.lost(acked)
            outcome.acked_at_kills.append(sum(acked))
            if what == "worker":
                self._worker = self._run("ingest")
            say(f"{number}/{len(plan)} {what} killed, {sum(acked)} acked, {outcome.lost} of them lost")
        self._drain()
        outcome.sent = sum(self._sent)
        outcome.lost += self.lost(self.acked())
        outcome.missing = self.lost(self._sent)
        with reading(self.databases.tracking).begin() as db:
            outcome.stored = count_rows(db)
        outcome.duplicates = outcome.stored - (outcome.sent - outcome.missing)
        return outcome

    def _drain(self) -> None:
        deadline = time.monotonic() + 180
        while any(len(client.outbox) for client in self._clients):
            assert time.monotonic() < deadline, f"{self._fleet.unacked()} messages were never acked"
            self._fleet.step(0.05)

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_fleet"):
            self._fleet.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)
        self.databases.close()
