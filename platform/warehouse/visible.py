"""What of others' goods an actor may see: consignments of orders that the actor is a side of."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.trading.access import sides_of
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.consignments_store import find_consignment
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.orders_store import find_order


def orders_of_journeys(
    db: sa.Connection, journey_ids: Iterable[str], actor: Actor
) -> dict[str, tuple[Order, Consignment]]:
    """The orders of these journeys that the actor may see, with their consignments, by journey."""
    found = {}
    for journey_id in set(journey_ids):
        consignment = find_consignment(db, journey_id)
        order = find_order(db, consignment.order_id) if consignment else None
        if order is not None and consignment is not None and may_see(order, actor):
            found[journey_id] = (order, consignment)
    return found


def may_see(order: Order, actor: Actor) -> bool:
    """Whether the actor is a side of the order, or sees everything."""
    return actor.sees_all or bool(sides_of(actor, order.shipper_org, order.carrier_org))


def may_report(order: Order, actor: Actor) -> bool:
    """Whether what the actor reports may speak for the order's goods."""
    return bool(sides_of(actor, order.shipper_org, order.carrier_org))
