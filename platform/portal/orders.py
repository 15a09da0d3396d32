"""Orders: the own ones, and one with its timeline, its map and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.emissions import emissions_of
from haoyun.platform.api.following import Following, follow
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.store import list_vehicles, plates_of
from haoyun.platform.portal.bookings import bookings_of_order
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.journeys import driven_track, map_features, proof
from haoyun.platform.portal.lanes import collection
from haoyun.platform.portal.minimaps import order_minimap
from haoyun.platform.portal.page import names_of, page_group, said, signed_in
from haoyun.platform.services import services
from haoyun.platform.trading.order import BEFORE_LOADING, Order, OrderState
from haoyun.platform.trading.store import (
    bind_vehicle,
    cancel_order,
    confirm_order,
    confirm_receipt,
    consignment_of,
    consignments_of,
    get_order,
    order_events,
    orders_of,
)

PAGE = 30
_MAP_PX = (560, 340)  # the box it is drawn in on a wide screen
STEPS = (
    OrderState.AWAITING_CONFIRMATION,
    OrderState.READY,
    OrderState.LOADING,
    OrderState.IN_TRANSIT,
    OrderState.TO_CONFIRM,
    OrderState.COMPLETED,
)

blueprint = page_group("orders")


@blueprint.get("/orders")
@signed_in
def index(actor: Actor) -> str:
    """The orders of the own organization, the newest first."""
    with services().read() as db:
        page = orders_of(db, actor, limit=PAGE, after=request.args.get("after"))
        consignments = consignments_of(db, [order.id for order in page.items])
        names = names_of(db, {o.shipper_org for o in page.items} | {o.carrier_org for o in page.items})
    return render_template("orders.html", page=page, consignments=consignments, names=names)


@blueprint.get("/orders/<order_id>")
@signed_in
def show(order_id: str, actor: Actor) -> str:
    """One order."""
    found, now = services(), services().now()
    with found.read() as db:
        order = get_order(db, order_id, actor)
        consignment = consignment_of(db, order_id)
        context = _context(db, order, actor)
        emissions = emissions_of(found, db, order)
    view = follow(found, order, consignment)
    fixes = driven_track(found, order, consignment, now)
    template = "order_live.html" if request.headers.get("HX-Request") else "order.html"
    return render_template(
        template,
        order=order,
        consignment=consignment,
        view=view,
        proof=proof,
        steps=_steps(order),
        emissions=emissions,
        features=collection(map_features(order, view, fixes)),
        minimap=order_minimap(order, _spot(view), _MAP_PX),
        **context,
    )


def _spot(view: Following) -> tuple[float, float] | None:
    return (view.position.state.lat, view.position.state.lon) if view.position else None


@blueprint.post("/orders/<order_id>/confirm")
@signed_in
def confirm(order_id: str, actor: Actor) -> Response:
    """The carrier confirms, and says which vehicle comes."""
    vehicle_id, now = request.form.get("vehicle_id") or None, services().now()
    return _try(
        order_id, lambda db: confirm_order(db, actor, order_id, now, vehicle_id), gettext("Confirmed.")
    )


@blueprint.post("/orders/<order_id>/vehicle")
@signed_in
def vehicle(order_id: str, actor: Actor) -> Response:
    """The carrier says which vehicle comes."""
    vehicle_id, now = request.form.get("vehicle_id", ""), services().now()
    return _try(
        order_id,
        lambda db: bind_vehicle(db, actor, order_id, vehicle_id, now),
        gettext("The vehicle is bound."),
    )


@blueprint.post("/orders/<order_id>/receipt")
@signed_in
def receipt(order_id: str, actor: Actor) -> Response:
    """The shipper confirms receipt, with the hash of the proof of delivery where there is one."""
    digest, now = request.form.get("document_sha256", "").strip().lower() or None, services().now()
    act = lambda db: confirm_receipt(db, actor, order_id, now, digest)  # noqa: E731 - read once, below
    return _try(order_id, act, gettext("Receipt is confirmed."))


@blueprint.post("/orders/<order_id>/cancel")
@signed_in
def cancel(order_id: str, actor: Actor) -> Response:
    """Step back before loading."""
    now = services().now()
    return _try(
        order_id, lambda db: cancel_order(db, actor, order_id, now), gettext("The order is cancelled.")
    )


def _context(db: sa.Connection, order: Order, actor: Actor) -> dict[str, Any]:
    carrier = actor.may_trade and (actor.is_operator or actor.org_id == order.carrier_org)
    shipper = actor.may_trade and (actor.is_operator or actor.org_id == order.shipper_org)
    needs_vehicle = order.state in (OrderState.AWAITING_CONFIRMATION, OrderState.AWAITING_VEHICLE)
    own = [one for one in list_vehicles(db, actor) if one.org_id == order.carrier_org] if carrier else []
    vehicle_ids = {order.vehicle_id} if order.vehicle_id else set()
    docks = bookings_of_order(db, actor, order.id)
    return {
        **docks,
        "may_book_docks": (carrier or shipper)
        and order.state not in (OrderState.COMPLETED, OrderState.CANCELLED),
        "names": names_of(db, {order.shipper_org, order.carrier_org}),
        "events": order_events(db, order.id),
        "plate": plates_of(db, vehicle_ids).get(order.vehicle_id or "", ""),
        "vehicles": own if needs_vehicle else [],
        "is_carrier": carrier,
        "is_shipper": shipper,
        "may_cancel": actor.may_trade and order.state in BEFORE_LOADING and (carrier or shipper),
    }


def _steps(order: Order) -> list[dict[str, str]]:
    """The life of an order in six steps: which are done, which is now."""
    states = list(OrderState)
    at = states.index(order.state)
    if order.state is OrderState.CANCELLED:
        return []
    reached = max(i for i, step in enumerate(STEPS) if states.index(step) <= at)
    return [
        {"state": step.value, "look": "done" if i < reached else "now" if i == reached else ""}
        for i, step in enumerate(STEPS)
    ]


def _try(order_id: str, act: Callable[[sa.Connection], object], done: str) -> Response:
    try:
        with services().write() as db:
            act(db)
        flash(done, "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("orders.show", order_id=order_id))
