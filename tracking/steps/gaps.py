"""Silence while driving. Fixes that were only late fill a gap again, and the event is withdrawn."""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.steps.passage import Passage

FAST_KMH = 30.0  # a truck that was this fast did not switch off to park
MOVED_M = 2000.0


def watch_gaps(p: Passage) -> None:
    """A gap is told when the truck was driving before it; it looks made when it was fast and went on meanwhile."""
    gap_s = p.since_ms / 1000
    if not p.was_moving or gap_s < p.rules.gap_s:
        return
    spot = p.fold.spot
    assert spot is not None  # there is no gap before the first fix
    was_fast = (spot.speed_kmh or 0.0) >= FAST_KMH
    kind = EventKind.JAMMING if was_fast and p.step_m >= MOVED_M else EventKind.GAP
    p.tell(kind, "gap", gap_s=round(gap_s), moved_m=round(p.step_m))
