"""Who sees a warehouse, a dock, a booking: what a stranger may not see is missing for it."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.docks.dock import OpenTo
from haoyun.platform.docks.tables import BOOKING, DOCK, WAREHOUSE
from haoyun.platform.market.errors import NotAllowed
from haoyun.platform.publishing.tables import PARTNER
from haoyun.platform.trading.tables import ORDER


def sees_dock(viewer: Actor) -> sa.ColumnElement[bool]:
    """Of a join of docks with their warehouses: the own ones, and those that are open to the viewer's organization."""
    if viewer.sees_all:
        return sa.true()
    partner = sa.select(PARTNER.c.org_id).where(
        PARTNER.c.org_id == WAREHOUSE.c.org_id, PARTNER.c.partner_id == viewer.org_id
    )
    return sa.or_(
        WAREHOUSE.c.org_id == viewer.org_id,
        DOCK.c.open_to == OpenTo.VERIFIED.value,
        sa.and_(DOCK.c.open_to == OpenTo.PARTNERS.value, partner.exists()),
    )


def sees_warehouse(viewer: Actor) -> sa.ColumnElement[bool]:
    """The own ones, and those of which a dock is open to the viewer's organization."""
    if viewer.sees_all:
        return sa.true()
    open_dock = sa.select(DOCK.c.id).where(
        DOCK.c.warehouse_id == WAREHOUSE.c.id, DOCK.c.ended_ms.is_(None), sees_dock(viewer)
    )
    return sa.or_(WAREHOUSE.c.org_id == viewer.org_id, open_dock.correlate(WAREHOUSE).exists())


def sees_booking(viewer: Actor) -> sa.ColumnElement[bool]:
    """Those at own warehouses, those that the own organization made, and those of own orders."""
    if viewer.sees_all:
        return sa.true()
    return sa.or_(
        BOOKING.c.warehouse_org == viewer.org_id,
        BOOKING.c.org_id == viewer.org_id,
        BOOKING.c.order_id.in_(sa.select(ORDER.c.id).where(is_side(viewer))),
    )


def is_side(viewer: Actor) -> sa.ColumnElement[bool]:
    """Of an order: whether the viewer's organization ships or carries it."""
    return sa.or_(ORDER.c.shipper_org == viewer.org_id, ORDER.c.carrier_org == viewer.org_id)


def must_stand_at_the_gate(actor: Actor, warehouse_org: str) -> None:
    """Raise NotAllowed unless the actor may say what happens at the warehouse: its traders and drivers may."""
    if actor.org_id != warehouse_org and not actor.is_operator:
        raise NotAllowed("dock_gate_only")
    if not (actor.may_trade or Role.DRIVER in actor.roles):
        raise NotAllowed("role")
