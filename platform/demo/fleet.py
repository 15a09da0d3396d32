"""The demonstration's devices: trackers that ride in trucks and readers at gates, all in one thread over MQTT."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from haoyun.platform.demo.state import DemoState, TruckState
from haoyun.platform.demo.trips import Gate, Phase, Trip, gates, parked_reading, phase
from haoyun.platform.demo.world import Truck, World
from haoyun.rfid_ingest import read_item
from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.simulate import GpsReading, TruckSim

LIVE_S = 5.0  # a fix so often while driving
STANDING_S = 30.0  # and while loading or unloading
PARKED_S = 120.0
HISTORY_S = 60.0  # of the day so far, and of a time when the simulator was off
BEHIND = timedelta(seconds=90)  # who is further behind catches up with a batch
BEFORE_LOADING = timedelta(minutes=6)  # the tracker is on before the first pallet
BATCH = 60  # fixes in a buffered message: some 6 KB


@dataclass(slots=True)
class _Driver:
    """A truck with its tracker; `sim` and `gates` belong to `trip`."""

    truck: Truck
    client: DeviceClient
    trip: Trip | None = None
    sim: TruckSim | None = None
    gates: list[Gate] = field(default_factory=list)

    def take(self, trip: Trip, world: World) -> TruckSim:
        """The simulation of the trip, made at its first use."""
        if self.sim is None or self.trip is not trip:
            self.trip = trip
            self.sim = TruckSim(world.path(trip.origin, trip.destination), trip.departs_at, trip.seed)
            self.gates = gates(trip, self.sim.arrives_at)
        return self.sim


class Fleet:
    """All devices. `tick` lets them report what is due, `step` moves bytes; call both from one thread."""

    def __init__(self, world: World, state: DemoState, broker: BrokerAddress, outboxes: Path) -> None:
        outboxes.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._world = world
        self._state = state
        self._broker = broker
        self._outboxes = outboxes
        self._drivers: dict[str, _Driver] = {}
        self._readers: dict[str, DeviceClient] = {}
        self._lines = DeviceFleet(())

    def add_truck(self, truck: Truck, credential: IssuedCredential) -> None:
        """Switch a tracker on; again changes nothing."""
        if truck.key not in self._drivers:
            self._drivers[truck.key] = _Driver(truck, self._client(credential))

    def add_reader(self, site: str, credential: IssuedCredential) -> None:
        """Switch a reader on; again changes nothing."""
        if site not in self._readers:
            self._readers[site] = self._client(credential)

    def tick(self, now: datetime) -> None:
        """Let every device keep what it has to report by `now`."""
        for driver in self._drivers.values():
            mine = self._state.trucks[driver.truck.key]
            if mine.trip is not None:
                self._on_trip(driver, mine, mine.trip, now)
            elif driver.truck.parked or mine.reported_until is not None:
                self._parked(driver, mine, now)

    def step(self, timeout_s: float) -> None:
        """Send and hear."""
        self._lines.step(timeout_s)

    def unacked(self) -> int:
        """Messages that the platform has not acknowledged yet."""
        return self._lines.unacked()

    def close(self) -> None:
        """Sign off; what is not acknowledged stays in the outboxes."""
        self._lines.close()

    def _client(self, credential: IssuedCredential) -> DeviceClient:
        outbox = DeviceOutbox(self._outboxes / f"{credential.device}.jsonl")
        client = DeviceClient(self._broker, credential, outbox, random.Random(credential.device))
        self._lines.clients.append(client)
        return client

    def _on_trip(self, driver: _Driver, mine: TruckState, trip: Trip, now: datetime) -> None:
        sim = driver.take(trip, self._world)
        where = phase(trip, sim.arrives_at, now)
        self._report_fixes(driver, mine, sim, where, now)
        self._report_gates(driver, mine, trip, now)
        if where is Phase.DONE and mine.gates_done == len(driver.gates):
            with self._state.changing():
                mine.trip, mine.site, mine.gates_done = None, trip.destination, 0

    def _report_fixes(
        self, driver: _Driver, mine: TruckState, sim: TruckSim, where: Phase, now: datetime
    ) -> None:
        start = mine.reported_until or sim.departs_at - BEFORE_LOADING - BEFORE_LOADING
        interval_s = LIVE_S if where is Phase.DRIVING else STANDING_S
        if now - start > BEHIND:
            _submit(driver.client, sim.readings_between(start, now, HISTORY_S))
        elif now - start >= timedelta(seconds=1):
            for batch in sim.sent_between(start, now, interval_s):
                _submit(driver.client, batch)
        else:
            return
        self._reported(mine, now)

    def _report_gates(self, driver: _Driver, mine: TruckState, trip: Trip, now: datetime) -> None:
        for gate in driver.gates[mine.gates_done :]:
            reader = self._readers.get(gate.site)
            if reader is None or not gate.is_over(now):
                return  # pallets pass in order
            if gate.reads:
                reader.submit("reads", [read_item(read) for read in gate.reads])
            with self._state.changing() as state:
                mine.gates_done += 1
                # Unloaded: the shipper need not wait until the truck is swept.
                if mine.gates_done == len(driver.gates):
                    state.receipts[trip.order_id] = trip.shipper

    def _parked(self, driver: _Driver, mine: TruckState, now: datetime) -> None:
        due = mine.reported_until is None or now - mine.reported_until >= timedelta(seconds=PARKED_S)
        if due:
            place = self._world.sites[mine.site]
            _submit(driver.client, [parked_reading(place, now, self._state.seed)])
            self._reported(mine, now)

    def _reported(self, mine: TruckState, now: datetime) -> None:
        with self._state.changing():
            mine.reported_until = now


def _submit(client: DeviceClient, readings: Sequence[GpsReading]) -> None:
    items: list[dict[str, Any]] = [reading.to_item() for reading in readings]
    for first in range(0, len(items), BATCH):
        client.submit("fixes", items[first : first + BATCH])
