"""Exceptions of the shipments of one's orders: the list, and saying what came of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.errors import Conflict, FieldErrors, NotFound
from haoyun.platform.trading.access import must_act_for, must_see
from haoyun.platform.trading.consignments_store import find_consignment
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.orders_store import find_order
from haoyun.platform.trading.quote import Side
from haoyun.platform.trading.tables import CONSIGNMENT, ORDER
from haoyun.tracking.exceptions import (
    MOST_NOTE,
    RecordedException,
    find_exception,
    newest_exceptions,
    settle_exception,
)

MOST_ORDERS = 5_000  # the newest of an organization that are looked through


@dataclass(frozen=True, slots=True)
class OrderException:
    """An exception and the order whose goods it concerns."""

    order_id: str
    tracking_number: str
    recorded: RecordedException


def list_exceptions(
    databases: Databases, viewer: Actor, *, standing: bool, before: int | None = None, limit: int = 50
) -> list[OrderException]:
    """Exceptions of the viewer's orders, the newest first, from number `before` downwards."""
    query = sa.select(CONSIGNMENT.c.id, CONSIGNMENT.c.order_id, CONSIGNMENT.c.tracking_number)
    query = query.join(ORDER, ORDER.c.id == CONSIGNMENT.c.order_id)
    if not viewer.sees_all:
        own = sa.or_(ORDER.c.shipper_org == viewer.org_id, ORDER.c.carrier_org == viewer.org_id)
        query = query.where(own)
    with reading(databases.platform).connect() as db:
        rows = db.execute(query.order_by(ORDER.c.created_ms.desc()).limit(MOST_ORDERS))
        orders = {row.id: (row.order_id, row.tracking_number) for row in rows}
    with reading(databases.tracking).connect() as db:
        found = newest_exceptions(db, orders, standing=standing, before=before, limit=limit)
    return [OrderException(*orders[one.exception.journey_id], one) for one in found]


def settle(databases: Databases, actor: Actor, exception_id: int, note: str, now: datetime) -> OrderException:
    """The shipper says what came of an exception. Saying the same again is saying it once.

    Raises NotFound for what is none of the actor's orders, NotAllowed for the carrier, FieldErrors for a note
    without words or too long, Conflict where it stands no more.
    """
    with reading(databases.tracking).connect() as db:
        found = find_exception(db, exception_id)
    if found is None:
        raise NotFound
    order, number = _order(databases, actor, found.exception.journey_id)
    if not 1 <= len(note.strip()) <= MOST_NOTE:
        raise FieldErrors({"note": ("exception_note", {"most": MOST_NOTE})})
    with databases.tracking.begin() as db:
        settled = settle_exception(db, exception_id, actor.user_id, note, now)
        after = find_exception(db, exception_id)
    assert after is not None  # exceptions are never removed
    if not settled and (after.settled_by, after.note) != (actor.user_id, note.strip()):
        raise Conflict("exception_over")
    return OrderException(order.id, number, after)


def _order(databases: Databases, actor: Actor, journey_id: str) -> tuple[Order, str]:
    with reading(databases.platform).connect() as db:
        consignment = find_consignment(db, journey_id)
        order = find_order(db, consignment.order_id) if consignment else None
    if consignment is None or order is None:
        raise NotFound
    must_see(actor, order.shipper_org, order.carrier_org)
    must_act_for(actor, Side.SHIPPER, order.shipper_org, order.carrier_org)
    return order, consignment.tracking_number
