"""How many reports a second JT/T 808 terminals get answered: `python tests/bench/jt808_gateway.py`.

Broker, intake and gateway run as their own processes of one installation in a temporary folder (SQLite, synchronous
FULL), first with the embedded broker, which syncs every message to the disk, then with Mosquitto where it is
installed; the terminals are simulated in this process and share the machine. A report counts when its 0x8001 has come,
that is, after the commit. CPU is the gateway process's own, by the kernel's count.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles

import psutil

from haoyun.platform.database import Databases
from haoyun.platform.migrations import upgrade
from haoyun.tracking.jt808.fields import beijing_digits
from haoyun.tracking.jt808.frame import Frame, encode_frame
from haoyun.tracking.jt808.messages import MessageId, Position, encode_batch, encode_position
from haoyun.tracking.jt808.terminal import Identity, Terminal
from haoyun.tracking.terminals_store import register_terminal

BROKER_PORT, GATEWAY_PORT = 18_967, 18_968
READY_WITHIN_S = 60.0
IN_FLIGHT = 4  # unanswered reports of a terminal in the throughput run
MOSQUITTO = """user {user}
persistence true
persistence_location {folder}/
autosave_interval 5
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 500
max_queued_messages 100000
listener {port} 127.0.0.1
"""
START = datetime(2026, 5, 11, tzinfo=UTC)


@dataclass
class Run:
    """What a run came to."""

    reports: int
    positions: int
    seconds: float
    gateway_cpu_s: float
    intake_cpu_s: float
    latencies_s: Sequence[float]

    def line(self, name: str) -> str:
        """For the terminal."""
        cuts = quantiles(self.latencies_s, n=100) if len(self.latencies_s) > 1 else [0.0] * 99
        return (
            f"{name:28} {self.reports / self.seconds:9,.0f} reports/s {self.positions / self.seconds:9,.0f} positions/s"
            f"  gateway {self.gateway_cpu_s / self.reports * 1e6:5.0f} µs CPU/report"
            f"  intake {self.intake_cpu_s / self.reports * 1e6:5.0f} µs  answer p50 {cuts[49] * 1000:.0f} ms"
            f" p95 {cuts[94] * 1000:.0f} ms"
        )


@contextmanager
def installation(folder: Path, terminals: int, mosquitto: str | None) -> Iterator[dict[str, psutil.Process]]:
    """Broker, intake and gateway; `terminals` are registered."""
    databases = Databases.open(folder)
    upgrade(databases)
    with databases.tracking.begin() as db:
        for number in range(terminals):
            register_terminal(
                db,
                name=f"bench-{number:05d}",
                phone=phone(number),
                org_id="org_bench",
                vehicle_id=None,
                shards=8,
                now=datetime.now(UTC),
            )
    databases.close()
    environment = {
        **os.environ,
        "HAOYUN_BROKER_PORT": str(BROKER_PORT),
        "HAOYUN_JT808_PORT": str(GATEWAY_PORT),
    }
    commands = {
        name: [sys.executable, "-m", "haoyun.platform.cli", "--data", str(folder), name]
        for name in ("broker", "ingest", "jt808-gateway")
    }
    if mosquitto:
        environment["HAOYUN_MQTT_URL"] = f"mqtt://127.0.0.1:{BROKER_PORT}"
        settings = folder / "mosquitto.conf"
        settings.write_text(MOSQUITTO.format(port=BROKER_PORT, folder=folder, user=getpass.getuser()))
        commands["broker"] = [mosquitto, "-c", str(settings)]
    children = {}
    try:
        for name, command in commands.items():
            log = (folder / f"{name}.log").open("wb")
            children[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            _wait_until_ready(folder, name)
        yield {name: psutil.Process(child.pid) for name, child in children.items()}
    finally:
        for child in reversed(children.values()):
            child.terminate()
            child.wait(15)


def _wait_until_ready(folder: Path, name: str) -> None:
    ports = {"broker": BROKER_PORT, "jt808-gateway": GATEWAY_PORT}
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with socket.socket() as knock:
            if name in ports and knock.connect_ex(("127.0.0.1", ports[name])) == 0:
                return
        if name == "ingest" and (folder / "run" / "ingest.ready").exists():
            return
        time.sleep(0.1)
    raise SystemExit(f"{name} is not ready after {READY_WITHIN_S:g} s")


def phone(number: int) -> str:
    """The phone number of a terminal."""
    return f"139{number:08d}"


def position(number: int, count: int) -> Position:
    """Some position, different for each report: a second apart."""
    at = START + timedelta(seconds=count)
    return Position(0, 3, 29_870_000 + number, 121_540_000 + count % 1000, 12, 630, 271, beijing_digits(at))


async def signed_in(count: int) -> list[Terminal]:
    """So many terminals, paired and signed in."""
    terminals = []
    for number in range(count):
        terminal = Terminal(Identity(phone(number), is_2019=bool(number % 2)))
        await terminal.connect("127.0.0.1", GATEWAY_PORT)
        code = (await terminal.register()).code
        assert (await terminal.authenticate(code)).result == 0
        terminals.append(terminal)
    return terminals


class Load:
    """Counts reports over all terminals; each keeps some in flight or reports at a pace."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.done = 0
        self.latencies: list[float] = []
        self.made = 0

    async def report(self, terminal: Terminal, number: int) -> None:
        """One report and its answer."""
        first = self.made * self.batch
        self.made += 1
        began = time.perf_counter()
        if self.batch == 1:
            answer = await terminal.report(position(number, first))
        else:
            answer = await terminal.report_batch([position(number, first + n) for n in range(self.batch)])
        assert answer.result == 0
        self.latencies.append(time.perf_counter() - began)
        self.done += 1

    async def flat_out(self, terminal: Terminal, number: int, until: float) -> None:
        """One of the reports in flight, again and again."""
        while time.perf_counter() < until:
            await self.report(terminal, number)

    async def paced(self, terminal: Terminal, number: int, until: float, every_s: float) -> None:
        """A report so often."""
        await asyncio.sleep(number * 0.618 % 1 * every_s)
        while time.perf_counter() < until:
            began = time.perf_counter()
            await self.report(terminal, number)
            await asyncio.sleep(max(0.0, every_s - (time.perf_counter() - began)))


async def measure(
    terminals: list[Terminal],
    processes: dict[str, psutil.Process],
    seconds: float,
    batch: int,
    every_s: float,
) -> Run:
    """One run over terminals that are signed in."""
    load = Load(batch)
    until = time.perf_counter() + seconds
    before = {name: process.cpu_times() for name, process in processes.items()}
    began = time.perf_counter()
    if every_s:
        tasks = [load.paced(t, n, until, every_s) for n, t in enumerate(terminals)]
    else:
        tasks = [load.flat_out(t, n, until) for n, t in enumerate(terminals) for _ in range(IN_FLIGHT)]
    await asyncio.gather(*tasks)
    took = time.perf_counter() - began
    cpu = {}
    for name, process in processes.items():
        now = process.cpu_times()
        cpu[name] = now.user + now.system - before[name].user - before[name].system
    return Run(load.done, load.done * batch, took, cpu["jt808-gateway"], cpu["ingest"], load.latencies)


def codec_rate() -> float:
    """Positions a second that one process turns into frames: how much of a run is the simulated terminals'."""
    count, began = 20_000, time.process_time()
    for number in range(count):
        encode_frame(
            Frame(MessageId.POSITION, "013912345678", number & 0xFFFF, encode_position(position(1, number)))
        )
    encode_batch([position(1, 1)])
    return count / (time.process_time() - began)


async def runs(processes: dict[str, psutil.Process], given: argparse.Namespace) -> None:
    """All runs, a line each."""
    terminals = await signed_in(given.terminals)
    for name, batch, every_s in (
        ("flat out, one position", 1, 0.0),
        ("flat out, batches of 30", 30, 0.0),
        ("every terminal once a second", 1, 1.0),
    ):
        run = await measure(terminals, processes, given.seconds, batch, every_s)
        print(run.line(name), flush=True)
    print(
        f"gateway RSS {processes['jt808-gateway'].memory_info().rss / 2**20:.0f} MB with {len(terminals)} lines"
    )
    for terminal in terminals:
        await terminal.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--terminals", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"haoyun {version('haoyun')}, SQLite {sqlite3.sqlite_version}, {datetime.now(UTC):%Y-%m-%d}"
    )
    print(f"{given.terminals} terminals; encoding alone {codec_rate():,.0f} frames/s of one core")
    mosquitto = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    for name, program in (("embedded broker", None), ("Mosquitto", mosquitto)):
        if name == "Mosquitto" and program is None:
            print("Mosquitto is not installed")
            continue
        print(f"-- {name}")
        with (
            tempfile.TemporaryDirectory() as folder,
            installation(Path(folder), given.terminals, program) as processes,
        ):
            asyncio.run(runs(processes, given))


if __name__ == "__main__":
    main()
