"""A position fix: one report of where a device was, checked at construction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntFlag

from haoyun.tracking.errors import BadFix
from haoyun.tracking.sensors import SensorValue

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # older than any tracker: an unset clock, not a journey
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(minutes=5)  # clocks of cheap trackers drift; beyond it the fix is flagged
MAX_SEQ = 2**53 - 1  # what every JSON reader keeps exactly


class FixFlag(IntFlag):
    """What the pipeline doubts about a fix. A flagged fix is kept in history; see `DOUBTFUL`."""

    FUTURE = 1  # its time lies more than FUTURE_TOLERANCE after its arrival
    ZERO = 2  # 0°, 0°: a receiver without a position
    JUMP = 4  # it implies a speed no truck reaches
    COARSE = 8  # the device itself calls it worse than a kilometre: a cell, not a position
    OUTLIER = 16  # far beyond what the device's own speed explains
    NO_FIX = 64  # the device itself says that it had no position and repeats an old one


_NO_FLAGS = FixFlag(0)
DOUBTFUL = (
    FixFlag.FUTURE | FixFlag.ZERO | FixFlag.JUMP | FixFlag.COARSE | FixFlag.OUTLIER | FixFlag.NO_FIX
)  # neither "latest" nor geofences believe these


@dataclass(frozen=True, slots=True)
class PositionFix:
    """Where `device` was at `fix_time`, in WGS-84. Raises BadFix with the rule it breaks.

    speed_kmh, heading_deg (clockwise from north), altitude_m and accuracy_m (1 sigma radius) are None where
    the device does not know. `seq` tells apart fixes of one device within one millisecond; `sensors` are the further
    values of sensors.SENSORS.
    """

    device: str
    fix_time: datetime
    received_at: datetime
    lat: float
    lon: float
    speed_kmh: float | None = None
    heading_deg: float | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    seq: int = 0
    flags: FixFlag = _NO_FLAGS
    sensors: Mapping[str, SensorValue] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _check_time(self.fix_time, self.received_at)
        _check_range("latitude", self.lat, -90, 90)
        _check_range("longitude", self.lon, -180, 180)
        _check_range("speed_kmh", self.speed_kmh, 0, 1000)
        _check_range("heading_deg", self.heading_deg, 0, 360)
        _check_range("altitude_m", self.altitude_m, -1000, 100_000)
        _check_range("accuracy_m", self.accuracy_m, 0, 1_000_000)
        if not 0 <= self.seq <= MAX_SEQ:
            raise BadFix(f"seq {self.seq} is outside 0..2^53-1")

    @property
    def doubtful(self) -> bool:
        """Whether the pipeline found a reason not to believe it."""
        return bool(self.flags & DOUBTFUL)


def validity(valid: bool) -> FixFlag:
    """The flags of a fix of which the device says whether it is `valid`."""
    return _NO_FLAGS if valid else FixFlag.NO_FIX


def _check_time(fix_time: datetime, received_at: datetime) -> None:
    if fix_time.tzinfo is None or received_at.tzinfo is None:
        raise BadFix("fix_time and received_at must be aware instants")
    if not EARLIEST <= fix_time < LATEST:
        raise BadFix(f"fix_time {fix_time.isoformat()} is outside 2000..2100")


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is None:
        return
    if not (math.isfinite(value) and low <= value <= high):
        raise BadFix(f"{name} {value:g} is outside {low}..{high}")
