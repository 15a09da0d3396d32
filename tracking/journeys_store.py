"""Journeys in the database. Opening and closing them: journeys_open.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.errors import UnknownJourney
from haoyun.tracking.geofences import Fence
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.journeys import FollowedJourney, Journey, JourneyState
from haoyun.tracking.tables import JOURNEY, insert_new


def insert_journey(db: sa.Connection, journey: Journey, now: datetime) -> bool:
    """Write a journey that nothing was seen of yet. Returns False, changing nothing, if it was opened before."""
    unseen = FollowedJourney(journey, JourneyState(under_way=journey.under_way))
    return insert_new(db, JOURNEY, _row(unseen, now))


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


def open_journeys_of(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, list[Journey]]:
    """The open journeys of devices, by device."""
    query = sa.select(JOURNEY).where(JOURNEY.c.device_id.in_(set(device_ids)), JOURNEY.c.closed_ms.is_(None))
    found: dict[int, list[Journey]] = {}
    for row in db.execute(query.order_by(JOURNEY.c.id)):
        found.setdefault(row.device_id, []).append(_followed(row).journey)
    return found


def all_open_journeys(db: sa.Connection) -> list[FollowedJourney]:
    """Every open journey and how far it has come, by id."""
    query = sa.select(JOURNEY).where(JOURNEY.c.closed_ms.is_(None)).order_by(JOURNEY.c.id)
    return [_followed(row) for row in db.execute(query)]


def put_states(db: sa.Connection, states: Mapping[str, JourneyState]) -> None:
    """Write how far journeys (by id) have come."""
    update = JOURNEY.update().where(JOURNEY.c.id == sa.bindparam("journey_id"))
    rows = [{"journey_id": one, "state": states[one].to_json()} for one in sorted(states)]
    if rows:
        db.execute(update, rows)


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
