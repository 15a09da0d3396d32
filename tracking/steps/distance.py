"""Distance, odometer and motion: what a believed fix adds to the device's memory."""

from __future__ import annotations

from haoyun.tracking.instants import to_ms
from haoyun.tracking.steps.fold import Spot
from haoyun.tracking.steps.passage import Passage

START_KMH = 5.0  # faster than a walk: it moves
STOP_KMH = 2.0  # slower: it stands. Between the two it keeps doing what it did
NOISE_M = 15.0  # a step that a standing receiver's noise also makes: not counted as distance


def measure(p: Passage) -> None:
    """Steps within the receiver's noise do not count; motion by the device's own speed or else by the step."""
    if p.step_m <= NOISE_M:
        p.step_m = 0.0
    p.fold.odometer_m += p.step_m
    p.fold.moving = _moves(p)


def arrive(p: Passage) -> None:
    """The last step: the fix is now the newest believed one."""
    fix, spot, received_ms = p.fix, p.fold.spot, to_ms(p.fix.received_at)
    if spot is None:
        p.fold.spot = Spot(
            p.at_ms, p.seq, received_ms, p.lat, p.lon, p.speed_kmh, fix.heading_deg, p.accuracy_m
        )
        return
    spot.at_ms, spot.seq, spot.received_ms = p.at_ms, p.seq, received_ms
    spot.lat, spot.lon, spot.accuracy_m = p.lat, p.lon, p.accuracy_m
    spot.speed_kmh, spot.heading_deg = p.speed_kmh, fix.heading_deg


def _moves(p: Passage) -> bool:
    speed = p.speed_kmh
    if speed is None and p.since_ms > 0:
        speed = p.step_m / p.since_ms * 3600
    if speed is None:
        return p.was_moving
    if speed > START_KMH:
        return True
    return speed >= STOP_KMH and p.was_moving
