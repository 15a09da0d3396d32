"""What tracking knows of an order: its timeline, where it is, when it arrives. For the API and for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.services import Services
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import UNDER_WAY, Order
from haoyun.tracking.errors import UnknownJourney
from haoyun.tracking.estimates_store import journey_eta
from haoyun.tracking.eta import Eta
from haoyun.tracking.exceptions import ExceptionState, RecordedException, exceptions_of
from haoyun.tracking.folded import Conflict, fold
from haoyun.tracking.store import LatestPosition, amendments_of, find_latest, get_journey, milestones_of
from haoyun.tracking.timeline import Amendment, Milestone, ShipmentStatus, sorted_timeline, status


@dataclass(frozen=True, slots=True)
class Following:
    """A consignment on its way. `position` and `eta` are None where unknown, and once the way is over."""

    timeline: tuple[Milestone, ...]
    status: ShipmentStatus
    position: LatestPosition | None
    eta: Eta | None
    conflicts: tuple[Conflict, ...] = ()
    exceptions: tuple[RecordedException, ...] = ()
    amendments: tuple[Amendment, ...] = ()

    @property
    def open_exceptions(self) -> list[RecordedException]:
        """Those that stand."""
        return [one for one in self.exceptions if one.state is ExceptionState.STANDING]


def follow(found: Services, order: Order, consignment: Consignment) -> Following:
    """Timeline, position and estimate of an order. Outside its transport the truck is nobody's business."""
    with found.read_tracking() as db:
        milestones = milestones_of(db, consignment.id)
        shown = order.vehicle_id is not None and order.state in UNDER_WAY
        position = find_latest(db, str(order.vehicle_id)) if shown else None
        arrival = _arrival(db, consignment.id, position, found.now())
        exceptions = tuple(exceptions_of(db, [consignment.id]))
        amendments = tuple(amendments_of(db, consignment.id))
    line = tuple(sorted_timeline(milestones))
    conflicts = fold(milestones).conflicts
    return Following(line, status(milestones), position, arrival, conflicts, exceptions, amendments)


def _arrival(
    db: sa.Connection, journey_id: str, position: LatestPosition | None, now: datetime
) -> Eta | None:
    if position is None:
        return None
    try:
        return journey_eta(db, get_journey(db, journey_id), now)
    except UnknownJourney:  # the order is ready, but tracking has not been told yet
        return None
