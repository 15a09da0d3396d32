"""Public tracking by number: no sign-in, no driver, no plate, and a position no finer than a kilometre."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request

from haoyun.platform.api.following import Following, follow
from haoyun.platform.api.limits import TRACKING, limiter
from haoyun.platform.api.resource import Output, resource
from haoyun.platform.api.schemas import SiteOut
from haoyun.platform.services import Services, services
from haoyun.platform.trading.sharing import log_look, outer_part
from haoyun.platform.trading.store import consignment_by_number, order_by_tracking_number
from haoyun.tracking.timeline import MilestoneCode, Quality, ShipmentState, Source

blueprint = resource("public", "Public tracking")
COARSE_DECIMALS = 2  # degrees: about a kilometre
# Before loading and after delivery the truck may be on somebody else's business.
_SHOWS_POSITION = frozenset({ShipmentState.LOADED, ShipmentState.IN_TRANSIT, ShipmentState.ARRIVED})


class PublicMilestone(Output):
    """One fact of the timeline, without its evidence."""

    code: MilestoneCode
    quality: Quality
    source: Source
    occurred_at: datetime
    place: str


class PublicPosition(Output):
    """Roughly where it is."""

    lat: float
    lon: float
    fix_time: datetime


class PublicTracking(Output):
    """What anybody with the number may know."""

    tracking_number: str
    state: ShipmentState
    since: datetime | None
    origin: SiteOut
    destination: SiteOut
    delivered_at: datetime | None
    arrival_estimated_at: datetime | None
    position: PublicPosition | None
    timeline: list[PublicMilestone]


@blueprint.get("/tracking/<number>")
@limiter.limit(TRACKING)
@blueprint.output(PublicTracking)
@blueprint.doc(summary="Track a consignment by its number", responses=[404, 429])
def track(number: str) -> object:
    """Status and timeline of a consignment. Every look is written down for its sides."""
    found = services()
    shown = public_tracking(found, number)
    with found.write() as db:
        order = order_by_tracking_number(db, number)
        log_look(db, order.id, outer_part(request.remote_addr), "api", found.now())
    return shown


def public_tracking(found: Services, number: str) -> dict[str, Any]:
    """What anybody may know; the public page shows the same. Raises NotFound."""
    with found.read() as db:
        consignment = consignment_by_number(db, number)
        order = order_by_tracking_number(db, number)
    following = follow(found, order, consignment)
    return {
        "tracking_number": consignment.tracking_number,
        "state": following.status.state,
        "since": following.status.since,
        "origin": order.origin,
        "destination": order.destination,
        "delivered_at": consignment.delivered_at,
        "arrival_estimated_at": following.eta.arrival if following.eta else None,
        "position": coarse_position(following),
        "timeline": following.timeline,
    }


def coarse_position(following: Following) -> dict[str, Any] | None:
    """The position rounded to about a kilometre, while the goods are on the vehicle."""
    if following.position is None or following.status.state not in _SHOWS_POSITION:
        return None
    state = following.position.state
    return {
        "lat": round(state.lat, COARSE_DECIMALS),
        "lon": round(state.lon, COARSE_DECIMALS),
        "fix_time": state.fix_time,
    }
