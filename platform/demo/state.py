"""What the simulator must remember over a restart, in one file: <data>/demo/simulator.json (mode 0600)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.trips import Trip
from haoyun.tracking.devices_store import IssuedCredential

FORMAT = 1


@dataclass(slots=True)
class TruckState:
    """How far a truck's story has come. `reported_until` is the instant up to which its tracker has spoken."""

    site: str
    vehicle_id: str | None = None
    capacity_id: str | None = None
    trip: Trip | None = None
    gates_done: int = 0
    reported_until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """As the file keeps it."""
        return {
            "site": self.site,
            "vehicle_id": self.vehicle_id,
            "capacity_id": self.capacity_id,
            "trip": self.trip and self.trip.to_json(),
            "gates_done": self.gates_done,
            "reported_until": self.reported_until and self.reported_until.isoformat(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> TruckState:
        """What `to_json` wrote."""
        until = value["reported_until"]
        trip = Trip.from_json(value["trip"]) if value["trip"] else None
        return cls(
            **{**value, "trip": trip, "reported_until": datetime.fromisoformat(until) if until else None}
        )


@dataclass(slots=True)
class DemoState:
    """The whole memory. Two threads work with it: change it inside `changing`, which also marks it unsaved."""

    map: str
    seed: int
    driving: int
    trucks: dict[str, TruckState] = field(default_factory=dict)
    devices: dict[str, IssuedCredential] = field(default_factory=dict)
    readers: dict[str, str] = field(default_factory=dict)  # site -> device whose read points are configured
    receipts: dict[str, str] = field(default_factory=dict)  # order -> the shipper that has to confirm receipt
    loads_made: int = 0
    planned: bool = False  # a carrier's day was optimized
    errands: list[str] = field(default_factory=list)  # of the offices, that are done
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _unsaved: bool = True

    @contextmanager
    def changing(self) -> Iterator[DemoState]:
        """Hold the state alone while changing it."""
        with self._lock:
            yield self
            self._unsaved = True

    def next_load(self) -> int:
        """The number of the next load; numbers are never used twice."""
        with self.changing():
            self.loads_made += 1
            return self.loads_made

    def save(self, path: Path) -> None:
        """Replace the file if something changed; a crash leaves the old or the new one, never half."""
        with self._lock:
            if self._unsaved:
                _replace(path, orjson.dumps(self._to_json()))
                self._unsaved = False

    def _to_json(self) -> dict[str, Any]:
        plain = ("map", "seed", "driving", "readers", "receipts", "loads_made", "planned", "errands")
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in plain},
            "trucks": {key: truck.to_json() for key, truck in self.trucks.items()},
            "devices": {name: _credential_json(one) for name, one in self.devices.items()},
        }


def load_state(path: Path) -> DemoState | None:
    """The memory of an earlier run, None if there is none. Raises NotADemo for a file of another format."""
    if not path.exists():
        return None
    try:
        value = orjson.loads(path.read_bytes())
        if value.pop("format") != FORMAT:
            raise NotADemo(f"{path} was written by another release; start with --fresh")
        trucks = {key: TruckState.from_json(one) for key, one in value.pop("trucks").items()}
        devices = {name: IssuedCredential(**one) for name, one in value.pop("devices").items()}
        return DemoState(**value, trucks=trucks, devices=devices)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise NotADemo(f"{path} is damaged ({error}); start with --fresh") from error


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    new.replace(path)


def _credential_json(credential: IssuedCredential) -> dict[str, str]:
    return {name: getattr(credential, name) for name in ("device", "secret", "topic_up", "topic_ack")}
