"""A swarm of simulated devices: made-up trips, any mix of formats, faults on demand, one thread.

The clock is the caller's: `tick(now)` lets every device report what is due, `step` moves bytes. Two swarms of one seed
make the same readings and the same faults.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from haoyun.maps.engine import Path
from haoyun.maps.geodesy import destination
from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.errors import BadSimulation
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.simulate import TruckSim
from haoyun.tracking.simulation.faults import Faults, FaultyWay, Sent, poison_item, poison_payload
from haoyun.tracking.simulation.formats import KINDS, NUMBERED, PLAIN
from haoyun.tracking.simulation.plain_client import PlainClient

CRUISE_KMH = 70.0
CONNECTS_PER_S = 25.0  # how quickly a swarm comes up: the embedded broker syncs each new session to the disk
_WEST, _SOUTH, _EAST, _NORTH = 105.0, 25.0, 121.0, 38.0  # the middle and the east of China


@dataclass(slots=True)
class SimDevice:
    """One device: its drive, its format, its line, and what goes wrong on the way."""

    name: str
    kind: str
    sim: TruckSim
    way: FaultyWay
    client: DeviceClient | PlainClient
    phase: timedelta  # nobody's fleet reports in one instant
    reported_until: datetime | None = None

    def report(self, now: datetime, interval_s: float) -> None:
        """Keep for sending what the receiver made since the last call."""
        since = self.reported_until or now - timedelta(seconds=interval_s)
        self.reported_until = now
        for batch in self.sim.sent_between(since - self.phase, now - self.phase, interval_s):
            self._send(self.way.send(batch))

    def flush(self) -> None:
        """Keep for sending what the faults still held back."""
        self._send(self.way.flush())

    def _send(self, units: Sequence[Sent]) -> None:
        for unit in units:
            if isinstance(self.client, PlainClient):
                payload = (
                    PLAIN[self.kind](unit.reading) if unit.poison is None else poison_payload(unit.poison)
                )
                self.client.send(payload)
            else:
                item = NUMBERED[self.kind](unit.reading) if unit.poison is None else poison_item(unit.poison)
                self.client.submit(self.kind, [item])


@dataclass(slots=True)
class Swarm:
    """All devices of a run. `storms` counts the instants in which lines were broken on purpose."""

    devices: list[SimDevice]
    faults: Faults
    interval_s: float
    rng: random.Random
    lines: DeviceFleet = field(init=False)
    storms: int = 0
    _storm_at: datetime | None = None

    def __post_init__(self) -> None:
        self.lines = DeviceFleet(device.client for device in self.devices)

    def come_up(self, within_s: float) -> None:
        """Spread the first connections over so many seconds."""
        now = time.monotonic()
        for device in self.devices:
            device.client.wait_until(now + self.rng.uniform(0, within_s))

    def tick(self, now: datetime) -> None:
        """Let every device keep what it has to report by `now`, and break lines when a storm is due."""
        for device in self.devices:
            device.report(now, self.interval_s)
        if self.faults.storm_s and (self._storm_at is None or now >= self._storm_at):
            if self._storm_at is not None:
                self._storm()
            self._storm_at = now + timedelta(seconds=self.faults.storm_s)

    def step(self, timeout_s: float) -> None:
        """Send and hear."""
        self.lines.step(timeout_s)

    def finish(self, timeout_s: float) -> bool:
        """Send what was held back; whether everything was taken within `timeout_s`."""
        for device in self.devices:
            device.flush()
        deadline = time.monotonic() + timeout_s
        while self.unacked() and time.monotonic() < deadline:
            self.step(0.05)
        return not self.unacked()

    def unacked(self) -> int:
        """Reports that the broker (numbered kinds: the platform) has not acknowledged yet."""
        return self.lines.unacked()

    def online(self) -> int:
        """How many lines stand."""
        return sum(device.client.online for device in self.devices)

    def close(self) -> None:
        """Sign all off."""
        self.lines.close()

    def _storm(self) -> None:
        self.storms += 1
        for device in self.devices:
            if self.rng.random() < self.faults.storm_share:
                device.client.hang_up()


def make_swarm(
    credentials: Sequence[IssuedCredential],
    broker: BrokerAddress,
    *,
    kinds: Sequence[str],
    seed: int,
    starts_at: datetime,
    interval_s: float = 10.0,
    faults: Faults | None = None,
) -> Swarm:
    """A device for each credential; the kinds go round. Raises BadSimulation for a kind that cannot be simulated."""
    if not kinds or (unknown := sorted(set(kinds) - set(KINDS))):
        raise BadSimulation(
            f"kinds must be some of {', '.join(KINDS)}, not {', '.join(unknown) if kinds else 'none'}"
        )
    wanted = faults or Faults()
    devices = [
        _device(
            credential, broker, kinds[number % len(kinds)], f"{seed}/{number}", starts_at, interval_s, wanted
        )
        for number, credential in enumerate(credentials)
    ]
    swarm = Swarm(devices, wanted, interval_s, random.Random(f"{seed}/swarm"))
    swarm.come_up(len(devices) / CONNECTS_PER_S)
    return swarm


def _device(
    credential: IssuedCredential,
    broker: BrokerAddress,
    kind: str,
    seed: str,
    starts_at: datetime,
    interval_s: float,
    faults: Faults,
) -> SimDevice:
    rng = random.Random(seed)
    path = made_up_path(rng)
    departs = starts_at - timedelta(seconds=rng.uniform(0, path.duration_s * 0.8))
    client = (
        PlainClient(broker, credential, kind, rng)
        if kind in PLAIN
        else DeviceClient(broker, credential, DeviceOutbox(), rng)
    )
    # Whole seconds: most formats count no finer, and two readings must not fall into one.
    phase = timedelta(seconds=rng.randrange(max(1, int(interval_s))))
    sim = TruckSim(path, departs, rng.getrandbits(32), blind_share=0.0)
    return SimDevice(credential.device, kind, sim, FaultyWay(faults, seed), client, phase)


def made_up_path(rng: random.Random) -> Path:
    """A way of 100 to 600 km with bends, not on any road: a swarm is about messages."""
    lat, lon, bearing = rng.uniform(_SOUTH, _NORTH), rng.uniform(_WEST, _EAST), rng.uniform(0, 360)
    points = [(lat, lon)]
    kilometres = rng.randint(100, 600)
    for _ in range(0, kilometres, 10):
        bearing += rng.gauss(0, 12)
        lat, lon = destination(lat, lon, bearing % 360, 10_000)
        points.append((lat, lon))
    distance_m = (len(points) - 1) * 10_000.0
    return Path((0, 1), (0,), np.asarray(points), distance_m, distance_m / 1000 / CRUISE_KMH * 3600)


def stored_expected(devices: Iterable[SimDevice]) -> int:
    """How many different readings must be stored in the end."""
    return sum(len(device.way.tally.stored) for device in devices)
