"""What is said of a journey on its way, and when it is said anew: the estimate, a delay, a silence. Pure.

An estimate that follows every fix flickers; one that is never corrected lies. It is told when it moved by more than
TELL_S or a tenth of the time that remains, and a delay ends only well below where it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import orjson

from haoyun.tracking.eta import Eta, Progress, TravelTimes, expected_s, predict
from haoyun.tracking.events import EventKind
from haoyun.tracking.instants import from_ms
from haoyun.tracking.journeys import FollowedJourney, Journey
from haoyun.tracking.spread import Spread, rung
from haoyun.tracking.steps.context import PlannedWay
from haoyun.tracking.steps.corridor import nearest_piece
from haoyun.tracking.steps.fold import Fold
from haoyun.tracking.steps.ground import distance_m
from haoyun.tracking.steps.passage import Segment
from haoyun.tracking.steps.rules import CHINA, DrivingRule

TELL_S = 300.0
TELL_SHARE = 0.1
DELAY_LEAST_S = 900.0
DELAY_SHARE = 0.05  # of the planned time on the way
DELAY_OVER = 0.5  # a delay is over when only this share of the threshold is left
SILENT_AFTER = timedelta(minutes=30)
SLOWEST_KMH, FASTEST_KMH = 15.0, 80.0  # limits on what a plan may imply for a truck


@dataclass(frozen=True, slots=True)
class Told:
    """What was last said of a journey."""

    arrival_ms: int | None = None
    delayed: bool = False
    silent: bool = False
    rung: int | None = None  # the lowest of remaining time (spread.rung) at which an estimate was kept

    def to_json(self) -> str:
        """As the table keeps it."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_json(cls, text: str) -> Told:
        """What `to_json` wrote."""
        return cls(**orjson.loads(text))


def planned_times(journey: Journey, way: PlannedWay | None, rule: DrivingRule = CHINA) -> TravelTimes:
    """The planned way at the plan's own speed, rests taken out: what holds until earlier drives taught more."""
    lengths = [journey.distance_m] if way is None else _lengths_m(way)
    scale = journey.distance_m / max(sum(lengths), 1.0)
    seconds = (journey.planned_arrival - journey.planned_departure).total_seconds()
    rests = max(0.0, -(-seconds // (rule.driving_s + rule.break_s)) - 1)
    driving_h = max(60.0, seconds - rests * rule.break_s) / 3600
    kmh = min(FASTEST_KMH, max(SLOWEST_KMH, journey.distance_m / 1000 / driving_h))
    return TravelTimes.steady([one * scale for one in lengths], kmh)


def along_m(journey: Journey, way: PlannedWay | None, lat: float, lon: float, hint: int = 0) -> float:
    """Metres of the planned way that lie behind a position; beside the way, by what remains to the destination."""
    straight_m = distance_m(
        journey.origin.lat, journey.origin.lon, journey.destination.lat, journey.destination.lon
    )
    if way is not None and len(way.points) > 1:
        beside_m, piece, share = nearest_piece(way, lat, lon, hint)
        if beside_m <= 2 * way.corridor_m:
            lengths = _lengths_m(way)
            scale = journey.distance_m / max(sum(lengths), 1.0)
            return (sum(lengths[:piece]) + share * lengths[piece]) * scale
    winding = max(1.0, journey.distance_m / straight_m) if straight_m > 0 else 1.0
    return max(0.0, journey.distance_m - winding * journey.destination.distance_m(lat, lon))


def estimate(
    followed: FollowedJourney,
    fold: Fold | None,
    now: datetime,
    *,
    way: PlannedWay | None = None,
    segments: Sequence[Segment] = (),
    times: TravelTimes | None = None,
    rule: DrivingRule | None = None,
    spread: Spread | None = None,
) -> Eta | None:
    """The estimated arrival, or None before departure, after arrival, or where no position is known.

    `segments` are the trips and stops since the departure: how the truck has driven so far. `spread`: how far such
    estimates were off.
    """
    spot = None if fold is None else fold.spot
    if fold is None or spot is None or followed.state.arrived or not followed.state.departed:
        return None
    journey = followed.journey
    known = times or planned_times(journey, way)
    hint = fold.routes[journey.id].piece if journey.id in fold.routes else 0
    at, behind_m = from_ms(spot.at_ms), along_m(journey, way, spot.lat, spot.lon, hint)
    driven = [s for s in segments if s.driving]
    seen_s = sum(s.moving_s for s in driven)
    expected = expected_s(known, 0.0, behind_m, from_ms(driven[0].start_ms)) if driven else 0.0
    progress = Progress(
        at, behind_m, fold.hours.driven_ms / 1000, fold.hours.pause_ms / 1000, seen_s, expected
    )
    eta = predict(known, progress, journey.planned_arrival, now, rule=rule or CHINA, spread=spread)
    return replace(eta, learned=times is not None)


def news(
    journey: Journey, told: Told, eta: Eta | None, heard_at: datetime | None, now: datetime
) -> tuple[Told, bool, list[EventKind]]:
    """What to remember, whether the estimate is to be told anew, and what happened."""
    events: list[EventKind] = []
    silent = heard_at is not None and now - heard_at > SILENT_AFTER
    if silent != told.silent:
        events.append(EventKind.SILENT if silent else EventKind.HEARD_AGAIN)
        told = replace(told, silent=silent)
    if eta is not None and is_lower(rung(eta.plain_s), told.rung):
        told = replace(told, rung=rung(eta.plain_s))
    if eta is None or not _moved(told, eta, now):
        return told, False, events
    threshold_s = delay_threshold_s(journey)
    delayed = eta.delay_s > (threshold_s * DELAY_OVER if told.delayed else threshold_s)
    if delayed != told.delayed:
        events.append(EventKind.DELAYED if delayed else EventKind.ON_TIME_AGAIN)
    return replace(told, arrival_ms=round(eta.arrival.timestamp() * 1000), delayed=delayed), True, events


def is_lower(step: int | None, than: int | None) -> bool:
    """Whether an estimate stands on a lower rung of remaining time than any that was kept: then it is kept, too."""
    return step is not None and (than is None or step < than)


def delay_threshold_s(journey: Journey) -> float:
    """How late an arrival must look to be called delayed."""
    planned_s = (journey.planned_arrival - journey.planned_departure).total_seconds()
    return max(DELAY_LEAST_S, DELAY_SHARE * planned_s)


def _moved(told: Told, eta: Eta, now: datetime) -> bool:
    if told.arrival_ms is None:
        return True
    moved_s = abs(eta.arrival.timestamp() - told.arrival_ms / 1000)
    remaining_s = (eta.arrival - now).total_seconds()
    return moved_s > max(TELL_S, TELL_SHARE * remaining_s)


def _lengths_m(way: PlannedWay) -> list[float]:
    pairs = zip(way.points, way.points[1:], strict=False)
    return [distance_m(*a, *b) for a, b in pairs]
