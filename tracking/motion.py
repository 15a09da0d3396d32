"""What is known of a device between two fixes, and whether it moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from haoyun.maps.geodesy import haversine_m
from haoyun.tracking.fixes import PositionFix

START_KMH = 5.0  # faster than a walk: it moves
STOP_KMH = 2.0  # slower: it stands. Between the two it keeps doing what it did
NOISE_M = 15.0  # a step that a standing receiver's noise also makes: not counted as distance


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The newest believed position of a device and what was summed up on the way there."""

    device: str
    fix_time: datetime
    seq: int
    received_at: datetime
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: float | None
    accuracy_m: float | None
    odometer_m: float
    moving: bool


def step_m(before: DeviceState, fix: PositionFix) -> float:
    """Great-circle distance from the last believed position, in metres."""
    return float(haversine_m(before.lat, before.lon, fix.lat, fix.lon))


def implied_speed_kmh(before: DeviceState, fix: PositionFix) -> float | None:
    """The speed that the step needs, or None where no time passed."""
    seconds = (fix.fix_time - before.fix_time).total_seconds()
    return None if seconds <= 0 else step_m(before, fix) / seconds * 3.6


def is_moving(before: DeviceState | None, fix: PositionFix) -> bool:
    """Whether the device moves, by its own speed or else by the step, with hysteresis."""
    speed = fix.speed_kmh
    if speed is None and before is not None:
        speed = implied_speed_kmh(before, fix)
    if speed is None:
        return before is not None and before.moving
    if speed > START_KMH:
        return True
    return speed >= STOP_KMH and before is not None and before.moving


def odometer_m(before: DeviceState | None, fix: PositionFix) -> float:
    """Distance travelled so far, in metres; steps within the receiver's noise do not count."""
    if before is None:
        return 0.0
    step = step_m(before, fix)
    return before.odometer_m + (step if step > NOISE_M else 0.0)
