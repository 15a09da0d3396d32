"""Plausibility: time, position, speed and jumps. A doubtful fix is kept and marked; it moves nothing.

What is doubted once may be true: fixes in a row that agree with one another are believed at the third, so that a truck
that left a ferry, or whose last "good" fix was the wrong one, is not doubted until the clock makes the leap possible.
"""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.fixes import FUTURE_TOLERANCE, FixFlag
from haoyun.tracking.instants import to_ms
from haoyun.tracking.steps.ground import distance_m
from haoyun.tracking.steps.passage import Passage

MAX_SPEED_KMH = 200.0  # no truck; a fix that needs more is doubted
JUMP_MIN_M = 500.0  # two fixes within a second make any speed out of mere noise
OUTLIER_MIN_M = 300.0
OUTLIER_MARGIN_KMH = 60.0  # beyond twice the device's own speed, before the position is doubted
COARSE_M = 1000.0
AGREE = 3  # fixes in a row that agree are believed
LOST_TO_TELL = 3
_FUTURE_MS = int(FUTURE_TOLERANCE.total_seconds() * 1000)
_ZERO = int(FixFlag.ZERO)
_COARSE = int(FixFlag.COARSE)
_SAID = int(FixFlag.NO_FIX)  # what the device itself said; other flags of a fix are found anew


def check_itself(p: Passage) -> None:
    """What the fix alone tells: a clock that runs ahead, no position, a position that is a cell."""
    p.flags = int(p.fix.flags) & _SAID
    if p.at_ms > to_ms(p.fix.received_at) + _FUTURE_MS:
        p.flags |= FixFlag.FUTURE
    if abs(p.lat) < 1e-6 and abs(p.lon) < 1e-6:
        p.flags |= _ZERO
    if p.accuracy_m is not None and p.accuracy_m > COARSE_M:
        p.flags |= _COARSE


def check_against_last(p: Passage) -> None:
    """Whether a truck can have come here since the last believed fix, and at the speed that it says."""
    spot = p.fold.spot
    if spot is None or p.flags:
        return
    p.step_m = distance_m(spot.lat, spot.lon, p.lat, p.lon)
    p.since_ms = p.at_ms - spot.at_ms
    doubt = _doubt(p, p.step_m, p.since_ms, spot.speed_kmh)
    if doubt and not _agrees(p):
        p.flags |= doubt
    elif not doubt:
        p.fold.doubt.streak = 0


def note_lost(p: Passage) -> None:
    """Positions that are none, one after the other while the truck drives: somebody may be jamming."""
    doubt = p.fold.doubt
    if not p.flags & (_ZERO | _COARSE | _SAID):
        if not p.flags:
            doubt.lost = 0
        return
    doubt.lost += 1
    if doubt.lost == LOST_TO_TELL and p.fold.moving:
        p.tell(EventKind.JAMMING, "positions_lost", fixes=doubt.lost)


def _doubt(p: Passage, step_m: float, since_ms: int, speed_before_kmh: float | None) -> int:
    if step_m <= OUTLIER_MIN_M:
        return 0
    needed_kmh = step_m / since_ms * 3600 if since_ms > 0 else float("inf")
    if step_m > JUMP_MIN_M and needed_kmh > MAX_SPEED_KMH:
        return int(FixFlag.JUMP)
    if p.speed_kmh is None or speed_before_kmh is None:
        return 0
    own_kmh = max(p.speed_kmh, speed_before_kmh)
    return int(FixFlag.OUTLIER) if needed_kmh > 2 * own_kmh + OUTLIER_MARGIN_KMH else 0


def _agrees(p: Passage) -> bool:
    """Whether this fix is the AGREE-th in a row that fit one another, though not the last believed one."""
    doubt = p.fold.doubt
    if doubt.streak:
        step_m = distance_m(doubt.lat, doubt.lon, p.lat, p.lon)
        since_ms = p.at_ms - doubt.at_ms
        fits = step_m <= OUTLIER_MIN_M or (since_ms > 0 and step_m / since_ms * 3600 <= MAX_SPEED_KMH)
        doubt.streak = doubt.streak + 1 if fits else 1
    else:
        doubt.streak = 1
    doubt.at_ms, doubt.lat, doubt.lon = p.at_ms, p.lat, p.lon
    if doubt.streak < AGREE:
        return False
    doubt.streak = 0
    return True
