"""Over-speed: told once when the limit has been exceeded for longer than a moment, and once when it is over."""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.steps.fold import SpeedingState
from haoyun.tracking.steps.passage import Passage

MARGIN_KMH = 3.0  # a receiver's error of speed


def watch_speed(p: Passage) -> None:
    """By the device's own speed, against the lowest limit of the rules and of the fences it is in."""
    state, limit = p.fold.speeding, _limit(p)
    too_fast = limit is not None and p.speed_kmh is not None and p.speed_kmh > limit + MARGIN_KMH
    if not too_fast:
        if state.since_ms >= 0:
            _end(p, state)
        return
    assert limit is not None and p.speed_kmh is not None
    if state.since_ms < 0:
        p.fold.speeding = state = SpeedingState(p.at_ms, p.speed_kmh, limit)
    state.max_kmh = max(state.max_kmh, p.speed_kmh)
    if not state.told and p.at_ms - state.since_ms >= p.rules.speeding_for_s * 1000:
        state.told = True
        p.tell(EventKind.SPEEDING, speed_kmh=p.speed_kmh, limit_kmh=state.limit_kmh)


def _end(p: Passage, state: SpeedingState) -> None:
    if state.told:
        for_s = (p.at_ms - state.since_ms) / 1000
        p.tell(EventKind.SPEEDING_ENDED, max_kmh=state.max_kmh, limit_kmh=state.limit_kmh, for_s=round(for_s))
    p.fold.speeding = SpeedingState()


def _limit(p: Passage) -> float | None:
    limit = p.rules.speed_limit_kmh
    known = p.context.fences_by_id
    for fence_id, presence in p.fold.fences.items():
        fence = known.get(fence_id)
        if presence.state.inside and fence is not None and fence.speed_limit_kmh is not None:
            limit = fence.speed_limit_kmh if limit is None else min(limit, fence.speed_limit_kmh)
    return limit
