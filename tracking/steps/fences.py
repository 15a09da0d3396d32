"""Geofences of the organization: entered, left, dwelt in, with hysteresis that knows how good a fix is."""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.geofences import Geofence, observe_outside
from haoyun.tracking.steps.fold import Presence
from haoyun.tracking.steps.passage import Passage


def watch_fences(p: Passage) -> None:
    """Look at the fences near the fix and at those it was in; the others cost nothing."""
    if not p.context.fences:
        return
    known = p.fold.fences
    near = p.context.fences_near(p.lat, p.lon)
    for fence in near:
        if fence.valid_at(p.at_ms):
            _observe(p, fence, known.get(fence.id))
    if known:
        _look_back(p, {fence.id for fence in near})


def _look_back(p: Passage, seen: set[str]) -> None:
    """Fences that were near before and are not now; one that ended is forgotten without a word."""
    by_id = p.context.fences_by_id
    for fence_id in sorted(p.fold.fences):
        fence = by_id.get(fence_id)
        if fence is None or not fence.valid_at(p.at_ms):
            del p.fold.fences[fence_id]
        elif fence_id not in seen:
            _observe(p, fence, p.fold.fences[fence_id])


def _observe(p: Passage, fence: Geofence, before: Presence | None) -> None:
    presence = Presence() if before is None else before
    was_inside = presence.state.inside
    presence.state = observe_outside(
        fence.shape.outside_m(p.lat, p.lon), fence.shape.depth_m, presence.state, p.accuracy_m
    )
    inside = presence.state.inside
    if before is None and not inside:
        return  # never inside so far: nothing to remember
    p.fold.fences[fence.id] = presence
    if inside and not was_inside:
        presence.since_ms, presence.dwelt = p.at_ms, False
        p.tell(EventKind.FENCE_ENTERED, fence.id, name=fence.name)
    elif was_inside and inside is False:
        stayed_s = round((p.at_ms - presence.since_ms) / 1000)
        p.tell(EventKind.FENCE_LEFT, fence.id, name=fence.name, stayed_s=stayed_s)
    if inside and not presence.dwelt and fence.dwell_s is not None:
        _dwell(p, fence, presence)
    if inside is False:
        del p.fold.fences[fence.id]


def _dwell(p: Passage, fence: Geofence, presence: Presence) -> None:
    stayed_s = (p.at_ms - presence.since_ms) / 1000
    if fence.dwell_s is not None and stayed_s >= fence.dwell_s:
        presence.dwelt = True
        p.tell(EventKind.FENCE_DWELT, fence.id, name=fence.name, stayed_s=round(stayed_s))
