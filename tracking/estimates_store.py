"""Estimates of journeys on their way, and telling them: a milestone, and events of delay and silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.context_store import find_way
from haoyun.tracking.estimates import Told, estimate, news
from haoyun.tracking.eta import Eta
from haoyun.tracking.events import EventKind, TrackEvent
from haoyun.tracking.events_store import append_events
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.journeys import FollowedJourney, Journey
from haoyun.tracking.journeys_store import all_open_journeys
from haoyun.tracking.looks_store import Spreads, find_spreads, keep_look
from haoyun.tracking.meaning_store import load_folds
from haoyun.tracking.meaning_tables import ESTIMATE
from haoyun.tracking.milestones_store import put_estimate
from haoyun.tracking.segments_store import segments_of
from haoyun.tracking.tables import upsert
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source
from haoyun.tracking.way_times import find_times

ESTIMATE_OCCURRENCE = "eta"


@dataclass(frozen=True, slots=True)
class News:
    """Of one journey: what to remember from now on, and what to tell."""

    journey: Journey
    told: Told
    eta: Eta | None
    tell: bool
    events: tuple[EventKind, ...]
    keep: bool = False  # the estimate, to see what becomes of it


def journey_eta(
    db: sa.Connection, followed: FollowedJourney, now: datetime, spreads: Spreads | None = None
) -> Eta | None:
    """The estimate of one journey now; None before departure, after arrival, without a position.

    By the learned times of its way, else at the speed of the plan. `spreads`, where they were read already.
    """
    journey = followed.journey
    if followed.state.arrived or not followed.state.departed:
        return None
    fold = load_folds(db, [journey.device_id]).get(journey.device_id)
    segments = segments_of(db, journey.device_id, journey.starts_at, now)
    times, way = find_times(db, journey.id), find_way(db, journey.id)
    spread = (spreads or find_spreads(db))[times is not None]
    return estimate(followed, fold, now, way=way, segments=segments, times=times, spread=spread)


def look(db: sa.Connection, now: datetime) -> list[News]:
    """What is to be said of the open journeys that are under way; reads only."""
    under_way = [one for one in all_open_journeys(db) if one.state.departed and not one.state.arrived]
    folds = load_folds(db, {one.journey.device_id for one in under_way})
    told = _told(db, [one.journey.id for one in under_way])
    spreads = find_spreads(db) if under_way else None
    found = []
    for one in under_way:
        fold = folds.get(one.journey.device_id)
        heard_at = from_ms(fold.spot.received_ms) if fold is not None and fold.spot is not None else None
        eta = journey_eta(db, one, now, spreads)
        before = told.get(one.journey.id, Told())
        after, tell, events = news(one.journey, before, eta, heard_at, now)
        if after != before:
            found.append(News(one.journey, after, eta, tell, tuple(events), after.rung != before.rung))
    return found


def tell(db: sa.Connection, found: Sequence[News], now: datetime) -> None:
    """Write what `look` found."""
    for one in found:
        if one.tell and one.eta is not None:
            put_estimate(db, _milestone(one.journey, one.eta), now)
        if one.keep and one.eta is not None:
            keep_look(db, one.journey.id, one.eta)
        events = [_event(one, kind, now) for kind in one.events]
        append_events(db, one.journey.device_id, events, now)
        insert = upsert(db, ESTIMATE).values(
            journey_id=one.journey.id, told_ms=to_ms(now), told=one.told.to_json()
        )
        values = {"told_ms": insert.excluded.told_ms, "told": insert.excluded.told}
        db.execute(insert.on_conflict_do_update(index_elements=["journey_id"], set_=values))


def _told(db: sa.Connection, journey_ids: Sequence[str]) -> dict[str, Told]:
    rows = db.execute(sa.select(ESTIMATE).where(ESTIMATE.c.journey_id.in_(journey_ids)))
    return {row.journey_id: Told.from_json(row.told) for row in rows}


def _milestone(journey: Journey, eta: Eta) -> Milestone:
    goal = journey.destination
    evidence: dict[str, str | float] = {
        "remaining_m": round(eta.remaining_m),
        "early": eta.early.isoformat(timespec="seconds"),
        "late": eta.late.isoformat(timespec="seconds"),
        "rest_s": round(eta.rest_s),
        "speeds": "learned" if eta.learned else "plan",
    }
    return Milestone(
        journey.id, MilestoneCode.ARRI, Quality.ESTIMATED, Source.GPS, eta.arrival, goal.lat, goal.lon,
        goal.place, ESTIMATE_OCCURRENCE, evidence,
    )  # fmt: skip


def _event(one: News, kind: EventKind, now: datetime) -> TrackEvent:
    data: dict[str, str | float | bool] = {}
    if one.eta is not None and kind in (EventKind.DELAYED, EventKind.ON_TIME_AGAIN):
        data = {"delay_s": round(one.eta.delay_s), "arrival": one.eta.arrival.isoformat(timespec="seconds")}
    return TrackEvent(kind, to_ms(now), 0, one.journey.id, journey_id=one.journey.id, data=data)
