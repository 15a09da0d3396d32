"""Orders: the contract, its consignment on the way, and what both sides do to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.exceptions import ExceptionOut, exception_out
from haoyun.platform.api.following import Following, follow
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import Identifier, SiteOut, WindowOut
from haoyun.platform.market.store import plates_of
from haoyun.platform.services import Services, services
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order, OrderFlag, OrderState
from haoyun.platform.trading.store import (
    OrderEvent,
    bind_vehicle,
    cancel_order,
    confirm_order,
    confirm_receipt,
    consignment_of,
    get_order,
    move_order,
    order_events,
    orders_of,
)
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, ShipmentState, Source

blueprint = resource("orders", "Orders")


class OrderOut(Output):
    """A contract with the terms as they were agreed."""

    id: str
    load_id: str
    capacity_id: str
    quote_id: str
    shipper_org: str
    carrier_org: str
    vehicle_id: str | None
    price_fen: int
    currency: str
    goods: str
    weight_kg: int
    pallets: int
    origin: SiteOut
    destination: SiteOut
    pickup: WindowOut
    delivery: WindowOut
    distance_m: float
    duration_s: float
    state: OrderState
    version: int
    flags: list[OrderFlag]
    created_at: datetime
    updated_at: datetime


class OrderPage(Output):
    """A page of orders, the newest first."""

    items: list[OrderOut]
    next: str | None


class ConsignmentOut(Output):
    """The goods under an order; `units` are the EPCs of its handling units."""

    id: str
    tracking_number: str
    units: list[str]
    created_at: datetime
    delivered_at: datetime | None


class MilestoneOut(Output):
    """One fact of the timeline."""

    code: MilestoneCode
    quality: Quality
    source: Source
    occurred_at: datetime
    lat: float | None
    lon: float | None
    place: str
    evidence: dict[str, str | float]


class StatusOut(Output):
    """What the timeline adds up to."""

    state: ShipmentState
    since: datetime | None
    exceptions: list[str]


class OrderPosition(Output):
    """Where the vehicle is, while the order is under way."""

    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: float | None
    fix_time: datetime
    moving: bool


class EtaOut(Output):
    """When it is likely to arrive: `early` and `late` hold in one and in nine of ten cases.

    `learned`: by the times of earlier drives on these roads; else by the speed of the plan.
    """

    arrival: datetime
    early: datetime
    late: datetime
    remaining_m: float
    delay_s: float
    rest_s: float
    learned: bool


class EventOut(Output):
    """One step of the order's story; `user_id` null: evidence moved it."""

    state: OrderState
    at: datetime
    user_id: str | None
    reason: str
    evidence: dict[str, str | float]


class OrderDetail(Output):
    """An order with everything that is known of it."""

    order: OrderOut
    plate: str | None
    consignment: ConsignmentOut
    status: StatusOut
    timeline: list[MilestoneOut]
    position: OrderPosition | None
    eta: EtaOut | None
    exceptions: list[ExceptionOut]
    events: list[EventOut]


class OrderQuery(PageQuery):
    """What a list of orders is limited to."""

    state: OrderState | None = None


class Confirmation(Input):
    """The vehicle that comes; it can be named later with the same request."""

    vehicle_id: Identifier | None = None


class Receipt(Input):
    """The SHA-256 of the signed proof of delivery; the order waits for it where it is left out."""

    document_sha256: Annotated[str | None, Field(max_length=64)] = None


class Step(Input):
    """The next state, and why."""

    to: Literal[OrderState.TO_LOADING, OrderState.LOADING, OrderState.IN_TRANSIT, OrderState.TO_CONFIRM]
    reason: Annotated[str, Field(max_length=200)] = ""


class Cancellation(Input):
    """Why."""

    reason: Annotated[str, Field(max_length=200)] = ""


@blueprint.get("/orders")
@signed_in
@blueprint.input(OrderQuery, location="query")
@blueprint.output(OrderPage)
@blueprint.doc(summary="List orders", security="bearer", responses=[401, 422])
def list_mine(actor: Actor, query_data: OrderQuery) -> Any:
    """Orders that the caller is a side of; the operator and supervisors see all."""
    states = frozenset({query_data.state}) if query_data.state else None
    with services().read() as db:
        return orders_of(db, actor, states=states, limit=query_data.limit, after=query_data.after)


@blueprint.get("/orders/<order_id>")
@signed_in
@blueprint.output(OrderDetail)
@blueprint.doc(summary="An order with its timeline", security="bearer", responses=[401, 404])
def get_one(actor: Actor, order_id: str) -> object:
    """The order, its consignment, its timeline, where it is and when it arrives."""
    found = services()
    with found.read() as db:
        order = get_order(db, order_id, actor)
        consignment, events = consignment_of(db, order_id), order_events(db, order_id)
        plates = plates_of(db, {order.vehicle_id} if order.vehicle_id else set())
    return _detail(found, order, consignment, events, plates)


@blueprint.post("/orders/<order_id>/confirm")
@trading
@blueprint.input(Confirmation)
@blueprint.output(OrderOut)
@blueprint.doc(summary="Confirm an order (carrier)", security="bearer", responses=[401, 403, 404, 409, 422])
def confirm(actor: Actor, order_id: str, json_data: Confirmation) -> Order:
    """Confirm, and say which vehicle comes; a confirmed order without a vehicle gets it the same way."""
    found, now, vehicle_id = services(), services().now(), json_data.vehicle_id

    def work() -> str:
        order = get_order(db, order_id, actor)
        if order.state is OrderState.AWAITING_VEHICLE and vehicle_id:
            return bind_vehicle(db, actor, order_id, vehicle_id, now).id
        return confirm_order(db, actor, order_id, now, vehicle_id).id

    with found.write() as db:
        return get_order(db, once_for(db, actor, f"confirm:{order_id}", now, work), actor)


@blueprint.post("/orders/<order_id>/confirm-receipt")
@trading
@blueprint.input(Receipt)
@blueprint.output(OrderOut)
@blueprint.doc(summary="Confirm receipt (shipper)", security="bearer", responses=[401, 403, 404, 409, 422])
def receive(actor: Actor, order_id: str, json_data: Receipt) -> Order:
    """Confirm that the goods arrived; with the proof of delivery's hash the order is completed."""
    found, now, document = services(), services().now(), json_data.document_sha256
    with found.write() as db:
        what = f"receipt:{order_id}"
        once_for(db, actor, what, now, lambda: confirm_receipt(db, actor, order_id, now, document).id)
        return get_order(db, order_id, actor)


@blueprint.post("/orders/<order_id>/cancel")
@trading
@blueprint.input(Cancellation)
@blueprint.output(OrderOut)
@blueprint.doc(summary="Cancel an order", security="bearer", responses=[401, 403, 404, 409, 422])
def cancel(actor: Actor, order_id: str, json_data: Cancellation) -> Order:
    """Either side before loading, the operator after."""
    found, now, reason = services(), services().now(), json_data.reason
    with found.write() as db:
        what = f"cancel:{order_id}"
        once_for(db, actor, what, now, lambda: cancel_order(db, actor, order_id, now, reason).id)
        return get_order(db, order_id, actor)


@blueprint.post("/orders/<order_id>/move")
@trading
@blueprint.input(Step)
@blueprint.output(OrderOut)
@blueprint.doc(summary="Take an order a step on", security="bearer", responses=[401, 403, 404, 409, 422])
def step(actor: Actor, order_id: str, json_data: Step) -> Order:
    """What evidence would say, said by the side whose step it is: the carrier until delivery, then the shipper."""
    found, now, to, reason = services(), services().now(), json_data.to, json_data.reason
    with found.write() as db:
        what = f"move:{order_id}"
        once_for(db, actor, what, now, lambda: move_order(db, actor, order_id, to, now, reason).id)
        return get_order(db, order_id, actor)


def _detail(
    found: Services,
    order: Order,
    consignment: Consignment,
    events: list[OrderEvent],
    plates: dict[str, str],
) -> dict[str, Any]:
    following = follow(found, order, consignment)
    return {
        "order": order,
        "plate": plates.get(order.vehicle_id or ""),
        "consignment": consignment,
        "status": following.status,
        "timeline": [milestone_out(milestone) for milestone in following.timeline],
        "position": _position(following, found.now()),
        "eta": following.eta,
        "exceptions": [exception_out(one) for one in following.exceptions],
        "events": [_event(event) for event in events],
    }


def milestone_out(milestone: Milestone) -> dict[str, Any]:
    """One fact of the timeline, as a side of the order sees it."""
    shown = {name: getattr(milestone, name) for name in MilestoneOut.model_fields}
    return {**shown, "evidence": dict(milestone.evidence)}


def _position(following: Following, now: datetime) -> dict[str, Any] | None:
    position = following.position
    if position is None:
        return None
    names = ("lat", "lon", "speed_kmh", "heading_deg", "fix_time")
    return {**{name: getattr(position.state, name) for name in names}, "moving": position.moves(now)}


def _event(event: OrderEvent) -> dict[str, Any]:
    shown = {name: getattr(event, name) for name in EventOut.model_fields}
    return {**shown, "evidence": dict(event.evidence)}
