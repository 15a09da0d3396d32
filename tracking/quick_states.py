"""The newest position of devices that nobody follows, from rows of history.

The rules that matter for a map: what is late, absurd or coarse moves nothing; odometer and motion as in steps/distance.
It knows no streaks of doubt and no trips: those are read from history once somebody asks (reading.py). A test compares
it with the pipeline where nothing is doubted. It exists because a dozen objects a fix cost more than the rest of the
intake.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from haoyun.maps.geodesy import EARTH_RADIUS_M
from haoyun.tracking.fixes import FUTURE_TOLERANCE
from haoyun.tracking.history.rows import Row
from haoyun.tracking.instants import MILLISECOND
from haoyun.tracking.steps.distance import NOISE_M, START_KMH, STOP_KMH
from haoyun.tracking.steps.plausible import COARSE_M, JUMP_MIN_M, MAX_SPEED_KMH

_FUTURE_MS = FUTURE_TOLERANCE // MILLISECOND
_HALF_DEGREE = math.pi / 360
_NOISE_DEG = (
    NOISE_M / 111_200
)  # less than this north and east together is less than NOISE_M: a degree is shorter


class StateRow(NamedTuple):
    """A row of the table of newest positions, in the order of its columns."""

    device_id: int
    fix_ms: int
    seq: int
    received_ms: int
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: float | None
    accuracy_m: float | None
    odometer_m: float
    moving: bool


def advance(rows: Iterable[Row], before: Mapping[int, StateRow]) -> tuple[list[Row], dict[int, StateRow]]:
    """Each row once, in the order of device, fix time and seq, and the states that changed.

    Of two rows with the same key the first given stays, as in history.
    """
    by_device: dict[int, list[Row]] = {}
    for row in rows:
        by_device.setdefault(row[0], []).append(row)
    ordered: list[Row] = []
    changed: dict[int, StateRow] = {}
    for device_id in sorted(by_device):
        own = _in_order(by_device[device_id])
        ordered += own
        state = _last_of(own, before.get(device_id))
        if state is not None:
            changed[device_id] = state
    return ordered, changed


def late_since(rows: Iterable[Row], before: Mapping[int, StateRow]) -> dict[int, int]:
    """Devices with a fix older than their newest position, and the time of the oldest such fix.

    `rows` are in the order that `advance` gives. What was read of these devices has to be read again from there.
    """
    found: dict[int, int] = {}
    last = -1
    for row in rows:
        if row[0] != last:  # the first of a device is its oldest
            last = row[0]
            state = before.get(last)
            if state is not None and row[1] < state.fix_ms:
                found[last] = row[1]
    return found


def _in_order(rows: list[Row]) -> list[Row]:
    keys = [row[1:3] for row in rows]
    if all(a < b for a, b in pairwise(keys)):
        return rows
    once: dict[tuple[int, int], Row] = {}
    for key, row in zip(keys, rows, strict=True):
        once.setdefault(key, row)
    return [once[key] for key in sorted(once)]


def _last_of(rows: Iterable[Row], state: StateRow | None) -> StateRow | None:
    """The state after rows of one device in their order; None if none of them moved it."""
    believed: Row | None = None
    at, number, last_lat, last_lon, odometer, moving = -1, -1, 0.0, 0.0, 0.0, False
    if state is not None:
        _, at, number, _, last_lat, last_lon, _, _, _, odometer, moving = state
    for row in rows:
        _, fix_ms, seq, _, lat, lon, speed, *_ = row
        if fix_ms < at or (fix_ms == at and seq <= number) or _doubted(row):
            continue
        if at >= 0:
            elapsed, step = fix_ms - at, 0.0
            if abs(lat - last_lat) + abs(lon - last_lon) > _NOISE_DEG or speed is None:
                step = distance_m(last_lat, last_lon, lat, lon)
                if step > JUMP_MIN_M and (elapsed <= 0 or step / elapsed * 3600 > MAX_SPEED_KMH):
                    continue
                odometer += step if step > NOISE_M else 0.0
            if speed is None and elapsed > 0:
                speed = (step if step > NOISE_M else 0.0) / elapsed * 3600
        if speed is not None:
            moving = speed > START_KMH or (speed >= STOP_KMH and moving)
        at, number, last_lat, last_lon, believed = fix_ms, seq, lat, lon, row
    if believed is None:
        return None
    device_id, _, _, received_ms, _, _, speed, heading, _, accuracy, *_ = believed
    return StateRow(
        device_id, at, number, received_ms, last_lat, last_lon, speed, heading, accuracy, odometer, moving
    )


def _doubted(row: Row) -> bool:
    """What the fix alone tells: a clock ahead, no position, a mere cell."""
    _, fix_ms, _, received_ms, lat, lon, _, _, _, accuracy, said, _ = row
    return (
        said != 0
        or fix_ms > received_ms + _FUTURE_MS
        or (accuracy is not None and accuracy > COARSE_M)
        or (-1e-6 < lat < 1e-6 and -1e-6 < lon < 1e-6)
    )


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres, as maps.geodesy.haversine_m, for one pair and twenty times as fast."""
    sin_lat = math.sin((lat2 - lat1) * _HALF_DEGREE)
    sin_lon = math.sin((lon2 - lon1) * _HALF_DEGREE)
    a = sin_lat * sin_lat + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * sin_lon * sin_lon
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, a)))
