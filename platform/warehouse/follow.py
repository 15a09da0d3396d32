"""The followers of the warehouse, which the worker runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from haoyun.platform.database import Databases
from haoyun.platform.warehouse.temperature import watch_temperatures
from haoyun.rfid_ingest.findings_store import watch_gates

LOOK_EVERY = timedelta(seconds=60)

Follower = Callable[[Databases, datetime], object]


def followers() -> list[Follower]:
    """All followers of this package, for `run_worker`."""
    return [watch, TemperatureWatch()]


def watch(databases: Databases, now: datetime) -> int:
    """Raise gates that read nothing of what passed, withdraw what late reads answer. Returns how many changed."""
    with databases.tracking.begin() as db:
        return watch_gates(db, now)


class TemperatureWatch:
    """Looks at the temperatures of what is under way every LOOK_EVERY: a tracker's readings raise exceptions, too."""

    def __init__(self) -> None:
        self._next: datetime | None = None

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Look if it is time. Returns how many orders were looked at."""
        if self._next is not None and now < self._next:
            return 0
        self._next = now + LOOK_EVERY
        return watch_temperatures(databases, now)
