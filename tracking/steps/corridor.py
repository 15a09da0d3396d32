"""The planned way of a journey: told when the truck leaves its corridor, and when it is back."""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.geofences import UNKNOWN_ACCURACY_M
from haoyun.tracking.steps.context import PlannedWay
from haoyun.tracking.steps.fold import RouteState
from haoyun.tracking.steps.ground import to_segment_m
from haoyun.tracking.steps.passage import Passage

AWAY_FIXES = 3  # in a row, and
AWAY_MS = 120_000  # for this long: a lay-by beside the way is not a detour
NEAR_PIECES = (
    8  # the truck is looked for around the piece it was last on; the whole way only when it is not there
)


def watch_corridor(p: Passage) -> None:
    """For journeys under way that have a planned way."""
    if not p.context.ways:
        return
    for journey_id, state in p.fold.journeys.items():
        way = p.context.ways.get(journey_id)
        if way is not None and state.departed and not state.arrived and len(way.points) > 1:
            _observe(p, journey_id, way)


def nearest_piece(way: PlannedWay, lat: float, lon: float, hint: int) -> tuple[float, int, float]:
    """(metres beside the way, piece, share along it), looked for around `hint` first."""
    last = len(way.points) - 1
    around = range(max(0, hint - 2), min(last, hint + NEAR_PIECES))
    best = _nearest(way, lat, lon, around)
    return best if best[0] <= way.corridor_m else min(best, _nearest(way, lat, lon, range(last)))


def _nearest(way: PlannedWay, lat: float, lon: float, pieces: range) -> tuple[float, int, float]:
    best = (float("inf"), 0, 0.0)
    for piece in pieces:
        beside_m, share = to_segment_m(lat, lon, way.points[piece], way.points[piece + 1])
        if beside_m < best[0]:
            best = (beside_m, piece, share)
    return best


def _observe(p: Passage, journey_id: str, way: PlannedWay) -> None:
    state = p.fold.routes.get(journey_id) or RouteState()
    p.fold.routes[journey_id] = state
    beside_m, piece, _share = nearest_piece(way, p.lat, p.lon, state.piece)
    accuracy_m = UNKNOWN_ACCURACY_M if p.accuracy_m is None else p.accuracy_m
    if beside_m - accuracy_m <= way.corridor_m:
        if state.told:
            p.tell(
                EventKind.BACK_ON_ROUTE,
                journey_id,
                journey_id,
                away_s=round((p.at_ms - state.since_ms) / 1000),
            )
        p.fold.routes[journey_id] = RouteState(piece)
        return
    if not state.away:
        state.since_ms = p.at_ms
    state.away += 1
    if not state.told and state.away >= AWAY_FIXES and p.at_ms - state.since_ms >= AWAY_MS:
        state.told = True
        p.tell(
            EventKind.OFF_ROUTE, journey_id, journey_id, beside_m=round(beside_m), corridor_m=way.corridor_m
        )
