"""Hand-written stand-ins for tests of this room and of rooms above it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.mqtt import Incoming


class FakeInbox:
    """An inbox without a broker: deliver() what the intake shall take, see what it acked and published."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.waiting: list[Incoming] = []
        self.acked: list[Incoming] = []
        self.published: list[tuple[str, bytes]] = []
        self._mid = 0

    def deliver(self, topic: str, payload: bytes) -> Incoming:
        """Let a message arrive at `now`."""
        self._mid += 1
        incoming = Incoming(topic, payload, self.now, self._mid, 1, 0)
        self.waiting.append(incoming)
        return incoming

    def take(self, most: int, wait_s: float) -> list[Incoming]:
        """What was delivered, without waiting."""
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def ack(self, batch: Sequence[Incoming], replies: Sequence[tuple[str, bytes]] = ()) -> None:
        """Remember what was acked and published."""
        self.acked += batch
        self.published += replies


def fix_at(
    start: datetime,
    seconds: float,
    lat: float,
    lon: float,
    *,
    device: str = "truck-0001",
    speed_kmh: float | None = 60.0,
    accuracy_m: float | None = 10.0,
) -> PositionFix:
    """A fix `seconds` after `start`, received at once."""
    at = start + timedelta(seconds=seconds)
    return PositionFix(device, at, at, lat, lon, speed_kmh=speed_kmh, accuracy_m=accuracy_m)


def wait_for(condition: Callable[[], object], timeout_s: float = 10.0) -> bool:
    """Poll until `condition` holds; whether it did within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
