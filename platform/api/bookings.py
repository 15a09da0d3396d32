"""Slots of docks and their bookings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import reporting, signed_in, trading
from haoyun.platform.api.resource import Input, Instant, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import Identifier
from haoyun.platform.docks.availability import (
    FIRST_DAY,
    LAST_DAY,
    DockDay,
    SlotState,
    asker,
    day_of_warehouse,
    docks_for,
    next_free,
)
from haoyun.platform.docks.book import Wish, at_the_gate, book, cancel, rebook
from haoyun.platform.docks.booking import BookingState
from haoyun.platform.docks.bookings_store import BookingFilter, get_booking, list_bookings
from haoyun.platform.docks.coming import Coming
from haoyun.platform.docks.dock import MOST_SLOTS, Purpose
from haoyun.platform.docks.payloads import booking_data
from haoyun.platform.market.values import Body
from haoyun.platform.services import services

blueprint = resource("bookings", "Dock bookings")
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Slots = Annotated[int, Field(ge=1, le=MOST_SLOTS, description="slots in a row")]


class ComingIn(Input):
    """What comes: `vehicle_id` of a registered vehicle, or `plate`, `body` and `length_cm` (of the loading space).

    Where nobody says the height, 4 m are assumed.
    """

    purpose: Purpose
    vehicle_id: Identifier | None = None
    plate: Annotated[str, Field(max_length=12)] = ""
    body: Body | None = None
    length_cm: int | None = None
    height_cm: int | None = None
    hazardous: bool = False
    refrigerated: bool = False

    def coming(self) -> Coming:
        """As docks take it."""
        return Coming(**{name: getattr(self, name) for name in ComingIn.model_fields})


class NewBooking(ComingIn):
    """A dock from `start` on, for one vehicle; with `order_id` the order's goods are looked at too."""

    dock_id: Identifier
    start: Instant
    slots: Slots = 1
    order_id: Identifier | None = None
    note: Annotated[str, Field(max_length=200)] = ""


class Moved(Input):
    """Other slots of the same warehouse."""

    dock_id: Identifier
    start: Instant
    slots: Slots = 1


class Step(Input):
    """What the gate says."""

    to: Literal[BookingState.ARRIVED, BookingState.STARTED, BookingState.FINISHED, BookingState.NO_SHOW]


class CalledOff(Input):
    """Why, for the other side."""

    reason: Annotated[str, Field(max_length=200)] = ""


class BookingOut(Output):
    """A booking. `order_id` is shown to the sides of the order."""

    id: str
    warehouse_id: str
    dock_id: str
    org_id: str
    vehicle_id: str | None
    order_id: str | None
    plate: str
    body: Body
    length_cm: int
    height_cm: int | None
    purpose: Purpose
    hazardous: bool
    refrigerated: bool
    start: datetime
    end: datetime
    slots: int
    note: str
    state: BookingState
    version: int
    created_at: datetime
    updated_at: datetime
    arrived_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class BookingPage(Output):
    """Bookings by start, the last first."""

    items: list[BookingOut]
    next: str | None


class BookingQuery(PageQuery):
    """Which bookings of those that the caller may see."""

    warehouse_id: Identifier | None = None
    order_id: Identifier | None = None
    state: BookingState | None = None
    since: Instant | None = None
    until: Instant | None = None


class SlotOut(Output):
    """A slot; `booking_id` is told to those alone whose booking it is, and to the warehouse."""

    start: datetime
    end: datetime
    state: SlotState
    booking_id: str | None


class DockDayOut(Output):
    """The slots of a dock's day."""

    dock_id: str
    name: str
    slots: list[SlotOut]


class DayQuery(Input):
    """A day by the warehouse's clock, today where nothing is said."""

    day: Day | None = None


class DayOut(Output):
    """A warehouse's day; `zone` is that of its clock."""

    warehouse_id: str
    day: date
    zone: str
    docks: list[DockDayOut]


class FreeQuery(ComingIn):
    """For what, how many slots in a row, and from when on."""

    after: Instant | None = None
    slots: Slots = 1


class FreeOut(Output):
    """The first free slots."""

    dock_id: str
    dock: str
    start: datetime
    end: datetime


class FreePage(Output):
    """The first free slots of each dock that takes the vehicle, the earliest first; empty where nothing is free."""

    items: list[FreeOut]
    next: str | None


@blueprint.get("/warehouses/<warehouse_id>/slots")
@signed_in
@blueprint.input(DayQuery, location="query")
@blueprint.output(DayOut)
@blueprint.doc(summary="Free and busy slots of a day", security="bearer", responses=[401, 404, 422])
def slots(actor: Actor, warehouse_id: str, query_data: DayQuery) -> object:
    """The docks that the caller may book; who else booked is the warehouse's to know."""
    found, now = services(), services().now()
    with found.read() as db:
        warehouse, docks = docks_for(db, warehouse_id, actor)
        day = query_data.day or warehouse.day_of(now)
        days = day_of_warehouse(db, warehouse, docks, day, actor, now)
    return {
        "warehouse_id": warehouse.id,
        "day": day,
        "zone": warehouse.zone,
        "docks": [_dock_day(one) for one in days],
    }


@blueprint.get("/warehouses/<warehouse_id>/first-free")
@signed_in
@blueprint.input(FreeQuery, location="query")
@blueprint.output(FreePage)
@blueprint.doc(summary="The first free slots", security="bearer", responses=[401, 404, 422])
def first(actor: Actor, warehouse_id: str, query_data: FreeQuery) -> object:
    """For a vehicle, over all docks that take it, after an instant."""
    found, now = services(), services().now()
    with found.read() as db:
        warehouse, docks = docks_for(db, warehouse_id, actor)
        visit = query_data.coming().visit(db, actor)
        who, after = asker(actor, warehouse, now), query_data.after or now
        each = [next_free(db, warehouse, [dock], visit, query_data.slots, after, who) for dock in docks]
    items = sorted((one for one in each if one is not None), key=lambda one: one.slot.start)
    return {
        "items": [
            {"dock_id": one.dock.id, "dock": one.dock.name, "start": one.slot.start, "end": one.slot.end}
            for one in items
        ],
        "next": None,
    }


@blueprint.get("/bookings")
@signed_in
@blueprint.input(BookingQuery, location="query")
@blueprint.output(BookingPage)
@blueprint.doc(summary="List bookings", security="bearer", responses=[401, 422])
def list_some(actor: Actor, query_data: BookingQuery) -> object:
    """Those that the caller's organization made, those at its warehouses, and those of its orders."""
    names = ("warehouse_id", "order_id", "state", "since", "until")
    wanted = BookingFilter(**{name: getattr(query_data, name) for name in names})
    with services().read() as db:
        page = list_bookings(db, actor, wanted, limit=query_data.limit, after=query_data.after)
    return {"items": [booking_data(one) for one in page.items], "next": page.next}


@blueprint.post("/bookings")
@trading
@blueprint.input(NewBooking)
@blueprint.output(BookingOut, 201)
@blueprint.doc(summary="Book a dock", security="bearer", responses=[401, 403, 404, 409, 422])
def create(actor: Actor, json_data: NewBooking) -> object:
    """Of many who want a slot one gets it; a refusal says what is free next."""
    found, now = services(), services().now()

    def work() -> str:
        coming = Coming(**{name: getattr(json_data, name) for name in ComingIn.model_fields})
        wish = Wish(
            dock_id=json_data.dock_id,
            start=json_data.start,
            visit=coming.visit(db, actor),
            slots=json_data.slots,
            vehicle_id=json_data.vehicle_id,
            order_id=json_data.order_id,
            note=json_data.note,
        )
        return book(db, actor, wish, now).id

    with found.write() as db:
        return booking_data(get_booking(db, once_for(db, actor, "booking", now, work), actor))


@blueprint.get("/bookings/<booking_id>")
@signed_in
@blueprint.output(BookingOut)
@blueprint.doc(summary="A booking", security="bearer", responses=[401, 404])
def get_one(actor: Actor, booking_id: str) -> object:
    """For who booked, the warehouse, and both sides of the order."""
    with services().read() as db:
        return booking_data(get_booking(db, booking_id, actor))


@blueprint.post("/bookings/<booking_id>/rebook")
@trading
@blueprint.input(Moved)
@blueprint.output(BookingOut)
@blueprint.doc(summary="Move a booking", security="bearer", responses=[401, 403, 404, 409, 422])
def move(actor: Actor, booking_id: str, json_data: Moved) -> object:
    """The old slots are let go and the new ones won, or nothing changes."""
    return _changed(
        actor,
        f"rebook:{booking_id}",
        booking_id,
        lambda db, now: rebook(
            db, actor, booking_id, json_data.dock_id, json_data.start, json_data.slots, now
        ),
    )


@blueprint.post("/bookings/<booking_id>/cancel")
@trading
@blueprint.input(CalledOff)
@blueprint.output(BookingOut)
@blueprint.doc(summary="Cancel a booking", security="bearer", responses=[401, 403, 404, 409])
def call_off(actor: Actor, booking_id: str, json_data: CalledOff) -> object:
    """Who booked may, and the warehouse, until the vehicle arrives."""
    return _changed(
        actor,
        f"cancel:{booking_id}",
        booking_id,
        lambda db, now: cancel(db, actor, booking_id, now, json_data.reason),
    )


@blueprint.post("/bookings/<booking_id>/move")
@reporting
@blueprint.input(Step)
@blueprint.output(BookingOut)
@blueprint.doc(summary="Arrived, started, finished", security="bearer", responses=[401, 403, 404, 409, 422])
def step(actor: Actor, booking_id: str, json_data: Step) -> object:
    """What the warehouse's gate says: the vehicle is there, work began, work is done, or nobody came."""
    return _changed(
        actor,
        f"move:{booking_id}",
        booking_id,
        lambda db, now: at_the_gate(db, actor, booking_id, json_data.to, now),
    )


def _changed(actor: Actor, what: str, booking_id: str, change: Any) -> dict[str, Any]:
    found, now = services(), services().now()
    with found.write() as db:
        once_for(db, actor, what, now, lambda: str(change(db, now).id))
        return booking_data(get_booking(db, booking_id, actor))


def _dock_day(one: DockDay) -> dict[str, Any]:
    return {
        "dock_id": one.dock.id,
        "name": one.dock.name,
        "slots": [
            {"start": s.slot.start, "end": s.slot.end, "state": s.state, "booking_id": s.booking_id}
            for s in one.slots
        ],
    }
