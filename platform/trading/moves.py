"""What people do to orders: confirm with a vehicle, move on, confirm receipt, cancel."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.booking import cover_load, give_space_back, reopen_load
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.lifecycle import check_move
from haoyun.platform.market.store import find_load, get_vehicle
from haoyun.platform.market.vehicles import Vehicle
from haoyun.platform.trading.access import must_act_for
from haoyun.platform.trading.order import BEFORE_LOADING, NEXT, Order, OrderState, move
from haoyun.platform.trading.orders_store import Evidence, get_order, store_move
from haoyun.platform.trading.quote import Side

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Who takes an order into a state; what no side may do alone (COMPLETED) has its own function.
_SIDE_OF: dict[OrderState, Side] = {
    OrderState.AWAITING_VEHICLE: Side.CARRIER,
    OrderState.READY: Side.CARRIER,
    OrderState.TO_LOADING: Side.CARRIER,
    OrderState.LOADING: Side.CARRIER,
    OrderState.IN_TRANSIT: Side.CARRIER,
    OrderState.TO_CONFIRM: Side.CARRIER,
    OrderState.AWAITING_DOCUMENTS: Side.SHIPPER,
    OrderState.COMPLETED: Side.SHIPPER,
}


def move_order(
    db: sa.Connection,
    actor: Actor,
    order_id: str,
    to: OrderState,
    now: datetime,
    reason: str = "",
    evidence: Evidence | None = None,
) -> Order:
    """Take an order one step on, as the side whose step it is; CANCELLED is `cancel_order`.

    Raises NotFound, NotAllowed, ForbiddenMove, Stale, Conflict `vehicle_needed`.
    """
    if to is OrderState.CANCELLED:
        return cancel_order(db, actor, order_id, now, reason)
    before = get_order(db, order_id, actor)
    check_move("order", NEXT, before.state, to)
    must_act_for(actor, _SIDE_OF[to], before.shipper_org, before.carrier_org)
    return _step(db, before, to, actor, now, reason, evidence or {})


def confirm_order(
    db: sa.Connection, actor: Actor, order_id: str, now: datetime, vehicle_id: str | None = None
) -> Order:
    """The carrier confirms; with a vehicle the order is READY, without it waits for `bind_vehicle`.

    Raises NotFound (also for a vehicle of somebody else), NotAllowed, ForbiddenMove, Stale.
    """
    before = get_order(db, order_id, actor)
    must_act_for(actor, Side.CARRIER, before.shipper_org, before.carrier_org)
    check_move("order", NEXT, before.state, OrderState.AWAITING_VEHICLE)
    vehicle = _carriers_vehicle(db, actor, before, vehicle_id) if vehicle_id else None
    cover_load(db, before.load_id, actor.user_id, now)
    confirmed = _step(db, before, OrderState.AWAITING_VEHICLE, actor, now, "confirmed", {})
    return _bind(db, actor, confirmed, vehicle, now) if vehicle else confirmed


def bind_vehicle(db: sa.Connection, actor: Actor, order_id: str, vehicle_id: str, now: datetime) -> Order:
    """The carrier says which vehicle comes. Raises NotFound, NotAllowed, ForbiddenMove, Stale, FieldErrors."""
    before = get_order(db, order_id, actor)
    must_act_for(actor, Side.CARRIER, before.shipper_org, before.carrier_org)
    return _bind(db, actor, before, _carriers_vehicle(db, actor, before, vehicle_id), now)


def confirm_receipt(
    db: sa.Connection, actor: Actor, order_id: str, now: datetime, document_sha256: str | None = None
) -> Order:
    """The shipper confirms receipt; with the proof of delivery's hash the order is completed as well.

    Works from TO_CONFIRM and, to hand in the document later, from AWAITING_DOCUMENTS. Raises NotFound, NotAllowed,
    FieldErrors for what is no SHA-256, Conflict `not_yet`, Stale.
    """
    order = get_order(db, order_id, actor)
    must_act_for(actor, Side.SHIPPER, order.shipper_org, order.carrier_org)
    if document_sha256 is not None and not _SHA256.fullmatch(document_sha256):
        raise FieldErrors({"document_sha256": ("document_hash", {})})
    waits = order.state is OrderState.AWAITING_DOCUMENTS and document_sha256 is not None
    if order.state is not OrderState.TO_CONFIRM and not waits:
        raise Conflict("not_yet", state=order.state.value)
    if order.state is OrderState.TO_CONFIRM:
        order = _step(db, order, OrderState.AWAITING_DOCUMENTS, actor, now, "receipt confirmed", {})
    if document_sha256 is not None:
        evidence = {"document_sha256": document_sha256}
        order = _step(db, order, OrderState.COMPLETED, actor, now, "proof of delivery", evidence)
    return order


def cancel_order(db: sa.Connection, actor: Actor, order_id: str, now: datetime, reason: str = "") -> Order:
    """Either side before loading, the operator after: the load is on offer again, the space is given back.

    After loading neither happens: the goods are on a truck. Raises NotFound, NotAllowed, ForbiddenMove, Stale.
    """
    before = get_order(db, order_id, actor)
    must_trade(actor)
    early = before.state in BEFORE_LOADING
    if not early and not actor.is_operator:
        raise NotAllowed("arbiter_only")
    after = _step(db, before, OrderState.CANCELLED, actor, now, reason, {})
    if early:
        load = find_load(db, before.load_id)
        if load is None:
            raise NotFound
        reopen_load(db, load.id, actor.user_id, now)
        give_space_back(db, before.capacity_id, load, actor.user_id, now)
    return after


def _carriers_vehicle(db: sa.Connection, actor: Actor, order: Order, vehicle_id: str) -> Vehicle:
    vehicle = get_vehicle(db, vehicle_id, actor)
    if vehicle.org_id != order.carrier_org:
        raise FieldErrors({"vehicle_id": ("vehicle_not_of_order", {})})
    return vehicle


def _bind(db: sa.Connection, actor: Actor, before: Order, vehicle: Vehicle, now: datetime) -> Order:
    bound = replace(before, vehicle_id=vehicle.id)
    return _step(db, bound, OrderState.READY, actor, now, "vehicle bound", {"vehicle": vehicle.id})


def _step(
    db: sa.Connection,
    before: Order,
    to: OrderState,
    actor: Actor,
    now: datetime,
    reason: str,
    evidence: Evidence,
) -> Order:
    after = move(before, to, now)
    store_move(db, before, after, actor.user_id, now, reason, evidence)
    return after
