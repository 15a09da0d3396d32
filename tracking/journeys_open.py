"""Opening and closing journeys: the fixes that came before the opening are read again with the journey on board."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.context_store import put_way
from haoyun.tracking.instants import to_ms
from haoyun.tracking.journeys import Journey, planned_milestones
from haoyun.tracking.journeys_store import get_journey, insert_journey
from haoyun.tracking.locks import own_journeys
from haoyun.tracking.meaning_store import read_again
from haoyun.tracking.milestones_store import append_milestones
from haoyun.tracking.steps.context import PlannedWay
from haoyun.tracking.tables import DEVICE, JOURNEY


def open_journey(db: sa.Connection, journey: Journey, now: datetime, way: PlannedWay | None = None) -> bool:
    """Follow a consignment from now on, and through the fixes already stored since `starts_at`.

    Planned milestones are appended. Returns False, changing nothing, if it was opened before.
    """
    own_journeys(db)
    if not insert_journey(db, journey, now):
        return False
    if way is not None:
        put_way(db, journey.id, way)
    append_milestones(db, planned_milestones(journey), now)
    name = db.scalar(sa.select(DEVICE.c.name).where(DEVICE.c.id == journey.device_id))
    if name is not None:
        read_again(db, name, journey.device_id, to_ms(journey.starts_at), now)
    return True


def close_journey(db: sa.Connection, journey_id: str, now: datetime) -> None:
    """Stop following. Closing again changes nothing. Raises UnknownJourney."""
    own_journeys(db)
    get_journey(db, journey_id)
    still_open = JOURNEY.update().where(JOURNEY.c.id == journey_id, JOURNEY.c.closed_ms.is_(None))
    db.execute(still_open.values(closed_ms=to_ms(now)))
