"""Trips and stops, by Traccar's definitions: a trip has at least 200 m and 180 s; standing for 300 s, or an hour of
silence, ends it. The day is cut without gaps: where a trip ends a stop begins.
"""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.steps.fold import Fold, TripState
from haoyun.tracking.steps.passage import Outputs, Passage, Segment
from haoyun.tracking.steps.rules import PARKING_MS, STOP_GAP_MS, TRIP_MIN_M, TRIP_MIN_MS


def cut_trips(p: Passage) -> None:
    """Take the fix into the open trip or stop, and close it where the other has begun."""
    trip, spot = p.fold.trip, p.fold.spot
    if spot is None:
        p.fold.trip = TripState(start_ms=p.at_ms, start_lat=p.lat, start_lon=p.lon)
        return
    if p.since_ms > STOP_GAP_MS and trip.driving:
        _end_trip(p.fold, p.out, spot.at_ms, spot.lat, spot.lon)
        p.tell(EventKind.TRIP_ENDED, "silence")
        return
    moves = p.fold.moving
    if trip.driving:
        _drive(p, moves)
    else:
        _stand(p, moves, spot.at_ms, (spot.lat, spot.lon))


def open_segment(fold: Fold) -> Segment | None:
    """The trip or stop that goes on, up to the newest believed fix."""
    trip, spot = fold.trip, fold.spot
    if spot is None:
        return None
    return Segment(
        trip.driving, trip.start_ms, spot.at_ms, trip.start_lat, trip.start_lon, spot.lat, spot.lon,
        round(trip.distance_m, 1), trip.moving_ms / 1000, trip.max_kmh, open=True,
    )  # fmt: skip


def _stand(p: Passage, moves: bool, before_ms: int, before: tuple[float, float]) -> None:
    """During a stop: a start is a trip once it has its 200 m and 180 s; until then it is shunting."""
    trip = p.fold.trip
    if moves and trip.turn_ms < 0:
        _turn(trip, before_ms, before)
    if trip.turn_ms < 0:
        return
    trip.turn_m += p.step_m
    if moves:
        trip.turn_moving_ms += p.since_ms
        trip.turn_max_kmh = max(trip.turn_max_kmh, p.speed_kmh or 0.0)
    if trip.turn_m >= TRIP_MIN_M and p.at_ms - trip.turn_ms >= TRIP_MIN_MS:
        p.out.segments.append(_closed(trip, trip.turn_ms, trip.turn_lat, trip.turn_lon))
        p.fold.trip = TripState(
            True,
            trip.turn_ms,
            trip.turn_lat,
            trip.turn_lon,
            trip.turn_m,
            trip.turn_moving_ms,
            trip.turn_max_kmh,
        )
        p.tell(EventKind.TRIP_STARTED)
    elif not moves and before_ms - trip.turn_ms >= PARKING_MS:
        trip.turn_ms = -1


def _drive(p: Passage, moves: bool) -> None:
    """During a trip: standing for PARKING_MS ends it where it began to stand."""
    trip = p.fold.trip
    trip.distance_m += p.step_m
    if moves:
        trip.moving_ms += p.since_ms
        trip.max_kmh = max(trip.max_kmh, p.speed_kmh or 0.0)
        trip.turn_ms = -1
        return
    if trip.turn_ms < 0:
        _turn(trip, p.at_ms, (p.lat, p.lon))
    elif p.at_ms - trip.turn_ms >= PARKING_MS:
        _end_trip(p.fold, p.out, trip.turn_ms, trip.turn_lat, trip.turn_lon)
        p.tell(EventKind.TRIP_ENDED)


def _turn(trip: TripState, at_ms: int, at: tuple[float, float]) -> None:
    trip.turn_ms, (trip.turn_lat, trip.turn_lon) = at_ms, at
    trip.turn_m, trip.turn_moving_ms, trip.turn_max_kmh = 0.0, 0, 0.0


def _end_trip(fold: Fold, out: Outputs, end_ms: int, lat: float, lon: float) -> None:
    out.segments.append(_closed(fold.trip, end_ms, lat, lon))
    fold.trip = TripState(start_ms=end_ms, start_lat=lat, start_lon=lon)


def _closed(trip: TripState, end_ms: int, lat: float, lon: float) -> Segment:
    return Segment(
        trip.driving, trip.start_ms, end_ms, trip.start_lat, trip.start_lon, lat, lon,
        round(trip.distance_m, 1), trip.moving_ms / 1000, trip.max_kmh,
    )  # fmt: skip
