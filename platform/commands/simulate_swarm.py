"""`haoyun simulate --devices N`: a swarm against this installation, with credentials of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import sqlalchemy as sa

from haoyun.platform.settings import Settings
from haoyun.tracking.broker import write_private
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.simulation.faults import Faults
from haoyun.tracking.simulation.swarm import Swarm, make_swarm, stored_expected
from haoyun.tracking.store import IssuedCredential, find_devices, register_device

ORGANIZATION = "org_simulation"  # nobody signs in for it: its devices are on no page but the operator's
TICK_S = 0.5
SAY_EVERY_S = 10.0
LAST_ACKS_S = 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be simulated."""

    devices: int
    kinds: tuple[str, ...]
    interval_s: float
    faults: Faults
    seed: int
    seconds: float | None


def run_swarm(
    settings: Settings,
    engine: sa.Engine,
    broker: BrokerAddress,
    wanted: Wanted,
    stopping: threading.Event,
    say: Callable[[str], None],
) -> bool:
    """Simulate until `stopping` or the time is over; whether everything was acknowledged. Raises BadSimulation."""
    names = [f"sim-{wanted.seed}-{number:05d}" for number in range(wanted.devices)]
    now = datetime.now(UTC)
    swarm = make_swarm(
        credentials(settings, engine, names, now),
        broker,
        kinds=wanted.kinds,
        seed=wanted.seed,
        starts_at=now,
        interval_s=wanted.interval_s,
        faults=wanted.faults,
    )
    try:
        _drive(swarm, wanted, stopping, say)
        complete = swarm.finish(LAST_ACKS_S)
    finally:
        swarm.close()
    say(_sentence(swarm))
    return complete


def credentials(
    settings: Settings, engine: sa.Engine, names: list[str], now: datetime
) -> list[IssuedCredential]:
    """The devices' credentials: those of an earlier run, else registered now."""
    path = settings.data / "simulation" / "credentials.json"
    known = _load(path)
    with engine.begin() as db:
        registered = find_devices(db, names)
        for name in names:
            if name not in registered:
                known[name] = register_device(
                    db,
                    name=name,
                    kind="tracker",
                    org_id=ORGANIZATION,
                    vehicle_id=None,
                    shards=settings.shards,
                    now=now,
                )
        _save(path, known)  # before the commit: no device is registered whose secret is not kept
    return [known[name] for name in names if name in known]


def _drive(swarm: Swarm, wanted: Wanted, stopping: threading.Event, say: Callable[[str], None]) -> None:
    started = next_tick = time.monotonic()
    next_word = started + SAY_EVERY_S
    while not stopping.is_set():
        monotonic_s = time.monotonic()
        if wanted.seconds is not None and monotonic_s - started >= wanted.seconds:
            return
        if monotonic_s >= next_tick:
            next_tick = monotonic_s + TICK_S
            swarm.tick(datetime.now(UTC))
        if monotonic_s >= next_word:
            next_word = monotonic_s + SAY_EVERY_S
            say(_sentence(swarm))
        swarm.step(0.05)


def _sentence(swarm: Swarm) -> str:
    tallies = [device.way.tally for device in swarm.devices]
    counts = {
        "positions made": sum(tally.made for tally in tallies),
        "to be stored": stored_expected(swarm.devices),
        "copies": sum(tally.copies for tally in tallies),
        "out of order": sum(tally.held for tally in tallies),
        "in gaps": sum(tally.lost for tally in tallies),
        "poisoned": sum(tally.poisoned for tally in tallies),
        "storms": swarm.storms,
        "unacknowledged": swarm.unacked(),
    }
    online = f"{swarm.online()} of {len(swarm.devices)} devices online"
    return ", ".join([online, *(f"{count} {what}" for what, count in counts.items())])


def _load(path: Path) -> dict[str, IssuedCredential]:
    if not path.exists():
        return {}
    return {name: IssuedCredential(**value) for name, value in orjson.loads(path.read_bytes()).items()}


def _save(path: Path, known: dict[str, IssuedCredential]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fields = ("device", "secret", "topic_up", "topic_ack")
    plain = {name: {key: getattr(one, key) for key in fields} for name, one in known.items()}
    write_private(path, orjson.dumps(plain).decode())
