"""Reader, broker and intake are killed with SIGKILL while tags pass: no event is lost and none is there twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from installation import GENEROUS_S

from haoyun.platform.database import Databases, reading
from haoyun.platform.migrations import upgrade
from haoyun.platform.supervisor import haoyun_command, port_answers
from haoyun.rfid_ingest import (
    Direction,
    Mode,
    ReadPoint,
    Side,
    TagRead,
    TagReadHandler,
    count_reads,
    list_events,
    read_item,
    set_read_points,
    sscc_epc,
)
from haoyun.rfid_ingest.simulate_portal import Kind, PortalSim, Scene
from haoyun.tracking.devices_store import DeviceKind, IssuedCredential, get_device, register_device
from haoyun.tracking.envelope import seal
from haoyun.tracking.messages import Message
from haoyun.tracking.testing import wait_for

READER = "reader-gate-01"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
GATE_ANTENNA = 5
AGAIN_S = 0.4  # between two reads of a pallet in the gate
GATE_PALLETS = [sscc_epc("6901234", n) for n in range(150)]
PORTAL_PALLETS = [sscc_epc("6901234", 1000 + n) for n in range(8)]
_SITE: dict[str, Any] = {"site_key": "wuhan-yard", "lat": 30.59, "lon": 114.3, "direction": Direction.OUT}
GATE = ReadPoint(antenna=GATE_ANTENNA, place="Gate out", biz_step="departing", **_SITE)
PORTAL = [
    ReadPoint(
        antenna=antenna, place="Dock door 1", biz_step="loading", back_step="unloading", mode=Mode.PORTAL,
        side=Side.INNER if antenna <= 2 else Side.OUTER, **_SITE,
    )
    for antenna in (1, 2, 3, 4)
]  # fmt: skip


def _messages() -> list[list[Any]]:
    """What the reader says: pallets through a gate, some seen twice, others through a dock door meanwhile."""
    gate = [
        TagRead(GATE_ANTENNA, pallet.hex, START + timedelta(seconds=n * 0.9 + again * AGAIN_S), -55.0)
        for n, pallet in enumerate(GATE_PALLETS)
        for again in range(3)
    ]
    scenes = [
        Scene(Kind.OUT if n % 2 else Kind.IN, (pallet.hex,), 8.0 + 15.0 * n)
        for n, pallet in enumerate(PORTAL_PALLETS)
    ]
    reads = sorted([*gate, *PortalSim(3).reads(scenes, START, 130.0)], key=lambda read: read.read_at)
    return [[read_item(read) for read in reads[n : n + 4]] for n in range(0, len(reads), 4)]


def _register(databases: Databases) -> IssuedCredential:
    now = datetime.now(UTC)
    with databases.tracking.begin() as db:
        told = register_device(
            db, name=READER, kind=DeviceKind.READER, org_id="org-1", vehicle_id=None, shards=8, now=now
        )
        set_read_points(db, READER, [GATE, *PORTAL], now)
    return told


def _events(databases: Databases) -> list[dict[str, Any]]:
    with reading(databases.tracking).connect() as db:
        return [dict(event.document) for event in list_events(db, 10_000)]


@dataclass
class Site:
    """Broker, intake and reader, each a process that may be killed and begun again."""

    folder: Path
    port: int
    databases: Databases
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def begin(self, name: str) -> None:
        """Start one of them, in the configuration that it had."""
        command = haoyun_command(self.folder, name)
        if name == "reader":
            script = Path(__file__).with_name("reader_process.py")
            files = [self.folder / part for part in ("reads.jsonl", "outbox.jsonl", "credential.json")]
            command = [sys.executable, str(script), *map(str, files), str(self.port)]
        environment = {
            **os.environ,
            "HAOYUN_BROKER_PORT": str(self.port),
            "HAOYUN_INTAKE_BATCH": "10",  # many transactions, so that a kill meets one
            "HAOYUN_INTAKE_WAIT_S": "0.02",
        }
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        if name == "broker":
            assert wait_for(lambda: port_answers("127.0.0.1", self.port), GENEROUS_S)

    def kill(self, name: str) -> None:
        """SIGKILL to it and to what it started, all at the same moment."""
        process = self.running.pop(name)
        if process.poll() is not None:
            return
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, GENEROUS_S)
        process.wait(GENEROUS_S)

    def reads(self) -> int:
        """How many reads are stored."""
        with reading(self.databases.tracking).connect() as db:
            return count_reads(db)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    databases = Databases.open(tmp_path)
    upgrade(databases)
    told = _register(databases)
    (tmp_path / "credential.json").write_text(json.dumps(asdict(told)))
    (tmp_path / "reads.jsonl").write_text("\n".join(map(json.dumps, _messages())))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = int(s.getsockname()[1])
    made = Site(tmp_path, port, databases)
    made.begin("broker")
    made.begin("ingest")
    # Before the first subscription a broker has nobody to keep a message for.
    assert wait_for((tmp_path / "run" / "ingest.ready").exists, GENEROUS_S)
    yield made
    for name in list(made.running):
        made.kill(name)
    databases.close()


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The events of the same reads where nothing happens to anybody."""
    databases = Databases.open(tmp_path_factory.mktemp("undisturbed"))
    upgrade(databases)
    _register(databases)
    handler, now = TagReadHandler(), datetime.now(UTC)
    with databases.tracking.begin() as db:
        device_id = get_device(db, READER).id
        for seq, items in enumerate(_messages(), 1):
            body = seal("reads", items, seq=seq, base=1, epoch="e1")
            handler.handle(
                db, [Message(f"hy/v1/0/{READER}/up/reads", READER, "reads", body, now, device_id)], now
            )
        handler.finish(db, now)
    found = _events(databases)
    databases.close()
    return found


def _passings(events: list[dict[str, Any]], step: str) -> Counter[tuple[str, str]]:
    """EPC and step of the events that stand: those that were declared wrong are none."""
    wrong = {event["eventID"] for event in events if "errorDeclaration" in event}
    steps = ("loading", "unloading") if step == "portal" else (step,)
    return Counter(
        (epc, event["bizStep"])
        for event in events
        if event["eventID"] not in wrong and event["bizStep"] in steps
        for epc in event.get("epcList", ())
    )


def _lateness_s(events: list[dict[str, Any]], undisturbed: list[dict[str, Any]]) -> list[float]:
    """By how much the times of gate events differ from those of the undisturbed run."""
    times = [
        {
            event["epcList"][0]: datetime.fromisoformat(event["eventTime"])
            for event in found
            if event["bizStep"] == "departing"
        }
        for found in (events, undisturbed)
    ]
    return [(at - times[1][epc]).total_seconds() for epc, at in times[0].items()]


@pytest.mark.parametrize(
    "victims", [("ingest",) * 4, ("broker",) * 2, ("reader",) * 3, ("reader", "broker", "ingest")]
)
def test_whoever_is_killed_no_event_is_lost_or_doubled(
    site: Site, undisturbed: list[dict[str, Any]], victims: tuple[str, ...]
) -> None:
    total = sum(map(len, _messages()))
    site.begin("reader")
    for number, victim in enumerate(victims, 1):
        before = total * number // (len(victims) + 1)
        assert wait_for(lambda before=before: site.reads() >= before, GENEROUS_S), site.reads()
        assert site.reads() < total  # it was killed in the middle of the work
        site.kill(victim)
        site.begin(victim)
    assert site.running["reader"].wait(GENEROUS_S) == 0  # everything is acknowledged
    assert site.reads() == total
    expected = _passings(undisturbed, "portal")
    assert wait_for(lambda: len(_passings(_events(site.databases), "portal")) >= len(expected), GENEROUS_S)
    events = _events(site.databases)
    # At the gate each pallet once, at the time of a read of its visit: a broker that redelivers may bring the second
    # read before the first.
    assert _passings(events, "departing") == _passings(undisturbed, "departing")
    assert all(late_s <= AGAIN_S * 2 for late_s in _lateness_s(events, undisturbed))
    # At the door each pallet passes once, the way it did. A stay that was judged in a silence may be told anew.
    assert (
        _passings(events, "portal")
        == expected
        == Counter(
            (pallet.uri, "loading" if n % 2 else "unloading") for n, pallet in enumerate(PORTAL_PALLETS)
        )
    )
