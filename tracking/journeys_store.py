"""Journeys in the database: opening one replays the fixes that came before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.errors import UnknownJourney
from haoyun.tracking.fixes_store import fixes_of_device
from haoyun.tracking.geofences import Fence
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.journeys import FollowedJourney, Journey, JourneyState, follow, planned_milestones
from haoyun.tracking.locks import own_journeys
from haoyun.tracking.milestones_store import append_milestones
from haoyun.tracking.tables import DEVICE, JOURNEY, insert_new
from haoyun.tracking.timeline import Milestone


def open_journey(db: sa.Connection, journey: Journey, now: datetime) -> bool:
    """Follow a consignment from now on, and through the fixes already stored since `starts_at`.

    Planned milestones are appended. Returns False, changing nothing, if it was opened before.
    """
    own_journeys(db)
    followed, milestones = _replay(db, journey)
    if not insert_new(db, JOURNEY, _row(followed, now)):
        return False
    append_milestones(db, planned_milestones(journey) + milestones, now)
    return True


def close_journey(db: sa.Connection, journey_id: str, now: datetime) -> None:
    """Stop following. Closing again changes nothing. Raises UnknownJourney."""
    own_journeys(db)
    get_journey(db, journey_id)
    still_open = JOURNEY.update().where(JOURNEY.c.id == journey_id, JOURNEY.c.closed_ms.is_(None))
    db.execute(still_open.values(closed_ms=to_ms(now)))


def get_journey(db: sa.Connection, journey_id: str) -> FollowedJourney:
    """The journey and how far it has come. Raises UnknownJourney."""
    row = db.execute(sa.select(JOURNEY).where(JOURNEY.c.id == journey_id)).first()
    if row is None:
        raise UnknownJourney(f"no journey {journey_id[:60]!r} was opened")
    return _followed(row)


def journeys_of_device(db: sa.Connection, device_id: int, at: datetime) -> list[FollowedJourney]:
    """The journeys that the device's vehicle carried at an instant, by id."""
    query = sa.select(JOURNEY).where(
        JOURNEY.c.device_id == device_id,
        JOURNEY.c.starts_ms <= to_ms(at),
        sa.or_(JOURNEY.c.closed_ms.is_(None), JOURNEY.c.closed_ms > to_ms(at)),
    )
    return [_followed(row) for row in db.execute(query.order_by(JOURNEY.c.id))]


def open_journeys(db: sa.Connection, device_ids: Mapping[str, int]) -> dict[str, list[FollowedJourney]]:
    """The open journeys of devices (name -> id), by device name."""
    query = (
        sa.select(JOURNEY, DEVICE.c.name)
        .join(DEVICE, DEVICE.c.id == JOURNEY.c.device_id)
        .where(JOURNEY.c.device_id.in_(set(device_ids.values())), JOURNEY.c.closed_ms.is_(None))
        .order_by(JOURNEY.c.id)
    )
    found: dict[str, list[FollowedJourney]] = {}
    for row in db.execute(query):
        found.setdefault(row.name, []).append(_followed(row))
    return found


def save_states(db: sa.Connection, journeys: Iterable[FollowedJourney]) -> None:
    """Write how far journeys have come."""
    update = JOURNEY.update().where(JOURNEY.c.id == sa.bindparam("journey_id"))
    rows = [{"journey_id": f.journey.id, "state": f.state.to_json()} for f in journeys]
    if rows:
        db.execute(update, sorted(rows, key=lambda row: row["journey_id"]))


def _replay(db: sa.Connection, journey: Journey) -> tuple[FollowedJourney, list[Milestone]]:
    followed = FollowedJourney(journey, JourneyState(under_way=journey.under_way))
    milestones: list[Milestone] = []
    for fix in fixes_of_device(db, journey.device_id, journey.starts_at):
        if not fix.doubtful:
            followed, new = follow(followed, fix)
            milestones += new
    return followed, milestones


def _row(followed: FollowedJourney, now: datetime) -> dict[str, Any]:
    journey = followed.journey
    return {
        "id": journey.id,
        "device_id": journey.device_id,
        **_fence_row("origin", journey.origin),
        **_fence_row("destination", journey.destination),
        "distance_m": journey.distance_m,
        "planned_departure_ms": to_ms(journey.planned_departure),
        "planned_arrival_ms": to_ms(journey.planned_arrival),
        "starts_ms": to_ms(journey.starts_at),
        "opened_ms": to_ms(now),
        "state": followed.state.to_json(),
    }


def _fence_row(end: str, fence: Fence) -> dict[str, Any]:
    return {
        f"{end}_lat": fence.lat,
        f"{end}_lon": fence.lon,
        f"{end}_radius_m": fence.radius_m,
        f"{end}_place": fence.place,
    }


def _followed(row: Any) -> FollowedJourney:
    state = JourneyState.from_json(row.state)
    journey = Journey(
        id=row.id,
        device_id=row.device_id,
        origin=Fence(row.origin_lat, row.origin_lon, row.origin_radius_m, row.origin_place),
        destination=Fence(
            row.destination_lat, row.destination_lon, row.destination_radius_m, row.destination_place
        ),
        starts_at=from_ms(row.starts_ms),
        planned_departure=from_ms(row.planned_departure_ms),
        planned_arrival=from_ms(row.planned_arrival_ms),
        distance_m=row.distance_m,
        under_way=state.under_way,
    )
    return FollowedJourney(journey, state)
