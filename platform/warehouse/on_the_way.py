"""The vehicle's fixes that belong to a consignment: never where it was before, nor where it went afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.store import track

_MOST_FIXES = 20_000
_BEFORE = timedelta(hours=2)  # of the track before the planned pickup


def fixes_of(db: sa.Connection, order: Order, consignment: Consignment, now: datetime) -> list[PositionFix]:
    """The believed fixes of an order's vehicle while it carried it, by time."""
    if order.vehicle_id is None or consignment.journey_opened_at is None:
        return []
    end = consignment.delivered_at or consignment.journey_closed_at or now
    fixes = track(db, order.vehicle_id, order.pickup.start - _BEFORE, end, _MOST_FIXES)
    return [fix for fix in fixes if not fix.doubtful]
