"""Bookings of docks: book with suggestions, the own ones, one of them, and the gate's buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.docks.availability import asker, choices, docks_for
from haoyun.platform.docks.book import Wish, at_the_gate, book, cancel, rebook
from haoyun.platform.docks.booking import Booking, BookingState
from haoyun.platform.docks.bookings_store import BookingFilter, get_booking, list_bookings
from haoyun.platform.docks.coming import Coming
from haoyun.platform.docks.dock import MOST_SLOTS, Dock, Purpose, Visit, misfit
from haoyun.platform.docks.docks_store import dock_names
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.docks.warehouses_store import warehouses_by_id
from haoyun.platform.docks.when import Free
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.store import list_vehicles
from haoyun.platform.market.values import Body, Page
from haoyun.platform.portal import dock_words
from haoyun.platform.portal.fields import Reader, plain_whole
from haoyun.platform.portal.formats import metres, place
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.page import Form, names_of, page_group, said, signed_in
from haoyun.platform.portal.searches import body_choices
from haoyun.platform.services import services
from haoyun.platform.trading.order import OrderState
from haoyun.platform.trading.store import orders_of

blueprint = page_group("bookings")
PAGE = 50
_OVER = (OrderState.COMPLETED, OrderState.CANCELLED)


@blueprint.get("/bookings")
@signed_in
def index(actor: Actor) -> str:
    """The own bookings, and those at own warehouses."""
    which = request.args.get("which", "")
    wanted = BookingFilter(made_by_us=which == "ours", at_ours=which == "here")
    with services().read() as db:
        page = _page_of(db, actor, wanted)
        context = _named(db, list(page.items))
    return render_template("bookings.html", page=page, which=which, words=dock_words, **context)


@blueprint.get("/warehouses/<warehouse_id>/book")
@signed_in
def new(warehouse_id: str, actor: Actor) -> str:
    """The form, with free times to choose from for the vehicle that it holds so far."""
    form = Form({key: value.strip() for key, value in request.args.items()})
    form.values.setdefault("slots", "1")
    form.values.setdefault("purpose", Purpose.UNLOAD.value)
    return _form_page(warehouse_id, actor, form)


@blueprint.post("/warehouses/<warehouse_id>/book")
@signed_in
def create(warehouse_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Book what was chosen; what stands in the way comes back with what is free."""
    found, form = services(), Form.of_request()
    if form.text("look"):
        form.values.pop("choice", None)
        return _form_page(warehouse_id, actor, form)
    chosen = _chosen(form)
    coming = _coming(form)
    if coming is not None and chosen is not None:
        try:
            with found.write() as db:
                wish = Wish(
                    dock_id=chosen[0],
                    start=chosen[1],
                    visit=coming.visit(db, actor),
                    slots=_slots(form),
                    vehicle_id=coming.vehicle_id,
                    order_id=form.text("order_id") or None,
                    note=form.text("note"),
                )
                made = book(db, actor, wish, found.now())
        except FieldErrors as error:
            form.refuse(error)
        except Conflict as error:
            form.errors["choice"] = said(error)
        else:
            flash(gettext("Booked."), "success")
            return redirect(url_for("bookings.show", booking_id=made.id))
    return _form_page(warehouse_id, actor, form), 422


@blueprint.get("/bookings/<booking_id>")
@signed_in
def show(booking_id: str, actor: Actor) -> str:
    """One booking, what can be done with it, and other times that it could be moved to."""
    return _show(booking_id, actor, Form())


@blueprint.post("/bookings/<booking_id>/rebook")
@signed_in
def move(booking_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Move it to the times that were chosen."""
    found, form = services(), Form.of_request()
    if form.text("look"):
        form.values.pop("choice", None)
        return _show(booking_id, actor, form)
    chosen = _chosen(form)
    if chosen is not None:
        try:
            with found.write() as db:
                rebook(db, actor, booking_id, chosen[0], chosen[1], _slots(form), found.now())
        except FieldErrors as error:
            form.errors["choice"] = " · ".join(_sentences(error))
        except Conflict as error:
            form.errors["choice"] = said(error)
        else:
            flash(gettext("The booking is moved."), "success")
            return redirect(url_for("bookings.show", booking_id=booking_id))
    return _show(booking_id, actor, form), 422


@blueprint.post("/bookings/<booking_id>/cancel")
@signed_in
def call_off(booking_id: str, actor: Actor) -> Response:
    """Call it off."""
    reason = request.form.get("reason", "").strip()
    return _try(
        booking_id,
        lambda db: cancel(db, actor, booking_id, services().now(), reason),
        gettext("The booking is cancelled."),
    )


@blueprint.post("/bookings/<booking_id>/move")
@signed_in
def step(booking_id: str, actor: Actor) -> Response:
    """A button of the gate; back to the day it was pressed on."""
    to = request.form.get("to", "")
    if to not in set(BookingState):
        to = BookingState.BOOKED.value  # no step leads there: refused as the life cycle refuses
    return _try(
        booking_id,
        lambda db: at_the_gate(db, actor, booking_id, BookingState(to), services().now()),
        "",
    )


def bookings_of_order(db: sa.Connection, actor: Actor, order_id: str) -> dict[str, Any]:
    """What the page of an order shows: its bookings with the names that belong to them."""
    page = list_bookings(db, actor, BookingFilter(order_id=order_id))
    return {
        "dock_bookings": list(reversed(page.items)),
        "dock_words": dock_words,
        **_named(db, list(page.items)),
    }


def _form_page(warehouse_id: str, actor: Actor, form: Form) -> str:
    found, now = services(), services().now()
    with found.read() as db:
        warehouse, docks = docks_for(db, warehouse_id, actor)
        visit = _visit(db, actor, form)
        who, after = asker(actor, warehouse, now), _after(form, warehouse.clock) or now
        free = choices(db, warehouse, docks, visit, _slots(form), after, who)
        vehicles = [one for one in list_vehicles(db, actor) if one.retired_at is None]
        vehicles = [one for one in vehicles if one.org_id == actor.org_id]
        orders = [one for one in orders_of(db, actor, limit=100).items if one.state not in _OVER]
        names = names_of(db, {warehouse.org_id})
    return render_template(
        "booking_form.html",
        form=form,
        warehouse=warehouse,
        wh_clock=warehouse.clock,
        docks={dock.id: dock for dock in docks},
        choices=_with_wished(form, free, docks, warehouse),
        refusals=_refusals(docks, visit),
        vehicles=[("", gettext("Another vehicle, by its plate"))]
        + [(v.id, f"{v.plate} · {BODIES[v.body.value]} · {metres(v.length_cm)}") for v in vehicles],
        orders=[("", gettext("None"))]
        + [(o.id, f"{place(o.origin)} → {place(o.destination)} · {o.goods}") for o in orders],
        bodies=body_choices(),
        purposes=dock_words.purpose_choices(),
        names=names,
        words=dock_words,
        most_slots=MOST_SLOTS,
        may_book=actor.may_trade,
    )


def _show(booking_id: str, actor: Actor, form: Form) -> str:
    found, now = services(), services().now()
    with found.read() as db:
        booking = get_booking(db, booking_id, actor)
        context = _named(db, [booking])
        warehouse = context["warehouses"][booking.warehouse_id]
        side = actor.org_id in (booking.org_id, booking.warehouse_org) or actor.is_operator
        may_move = side and actor.may_trade and booking.state is BookingState.BOOKED
        free: list[Free] = []
        if may_move:
            try:
                docks = docks_for(db, booking.warehouse_id, actor)[1]
            except NotFound:  # closed to the reader since, or out of use
                docks = []
            who, after = asker(actor, warehouse, now), _after(form, warehouse.clock) or now
            free = choices(db, warehouse, docks, booking.visit, _slots(form, booking.slots), after, who)
    inside = actor.org_id == booking.warehouse_org or actor.is_operator
    at_gate = inside and (actor.may_trade or Role.DRIVER in actor.roles)
    return render_template(
        "booking.html",
        booking=booking,
        warehouse=warehouse,
        wh_clock=warehouse.clock,
        form=form,
        choices=free,
        may_move=may_move,
        steps=dock_words.gate_steps(booking, now) if at_gate else [],
        words=dock_words,
        **context,
    )


def _named(db: sa.Connection, bookings: list[Booking]) -> dict[str, Any]:
    """Names of what bookings mention."""
    return {
        "warehouses": warehouses_by_id(db, {one.warehouse_id for one in bookings}),
        "dock_names": dock_names(db, {one.dock_id for one in bookings}),
        "names": names_of(db, {org for one in bookings for org in (one.org_id, one.warehouse_org)}),
    }


def _page_of(db: sa.Connection, actor: Actor, wanted: BookingFilter) -> Page[Booking]:
    try:
        return list_bookings(db, actor, wanted, limit=PAGE, after=request.args.get("after"))
    except FieldErrors:  # a page marker that is not ours
        raise NotFound from None


def _coming(form: Form) -> Coming | None:
    """What comes as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    lengths: dict[str, Any] = {
        name: read.scaled(name) if form.text(name) else None for name in ("length_cm", "height_cm")
    }
    if form.text("purpose") not in set(Purpose):
        form.errors["purpose"] = gettext("Please choose")
    if form.errors:
        return None
    return Coming(
        purpose=Purpose(form.text("purpose")),
        vehicle_id=form.text("vehicle_id") or None,
        plate=form.text("plate"),
        body=Body(form.text("body")) if form.text("body") in set(Body) else None,
        hazardous=form.text("hazardous") == "1",
        refrigerated=form.text("refrigerated") == "1",
        **lengths,
    )


def _visit(db: sa.Connection, actor: Actor, form: Form) -> Visit | None:
    """The vehicle that times are looked for, as far as it is known; without noting what is still missing."""
    coming = _coming(Form(dict(form.values)))
    try:
        return None if coming is None else coming.visit(db, actor)
    except (FieldErrors, NotFound):
        return None


def _refusals(docks: list[Dock], visit: Visit | None) -> list[tuple[str, str]]:
    """(dock, why it does not take the vehicle)."""
    found = [(dock, misfit(dock, visit)) for dock in docks] if visit is not None else []
    return [(dock.name, _sentences(FieldErrors({b[0]: b[1]}))[0]) for dock, b in found if b is not None]


def _sentences(error: FieldErrors) -> list[str]:
    shown = Form()
    shown.refuse(error)
    return list(shown.errors.values())


def _with_wished(form: Form, free: list[Free], docks: list[Dock], warehouse: Warehouse) -> list[Free]:
    """The suggestions, before them the slot that was pressed on the day's picture where it is free."""
    wished = _chosen(Form(dict(form.values)))
    if wished is None or any((one.dock.id, one.slot.start) == wished for one in free):
        return free
    for dock in docks:
        if dock.id == wished[0]:
            slots = warehouse.slots(warehouse.day_of(wished[1]), dock.slot_min)
            return [Free(dock, slot) for slot in slots if slot.start == wished[1]] + free
    return free


def _chosen(form: Form) -> tuple[str, datetime] | None:
    """Dock and start of ``<dock>|<instant>``, or None with what is wrong noted in the form."""
    dock_id, _, start = form.text("choice").partition("|")
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        at = None
    if not dock_id or at is None or at.tzinfo is None or not 2000 <= at.year < 2100:
        form.errors["choice"] = gettext("Please choose a time")
        return None
    return dock_id, at.astimezone(UTC)


def _slots(form: Form, default: int = 1) -> int:
    typed = plain_whole(form.text("slots"))
    return default if typed is None else min(max(typed, 1), MOST_SLOTS)


def _after(form: Form, zone: ZoneInfo) -> datetime | None:
    """From when on times are looked for, by the warehouse's clock."""
    try:
        found = datetime.fromisoformat(form.text("after")[:16]).replace(tzinfo=zone)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def _try(booking_id: str, act: Callable[[sa.Connection], object], done: str) -> Response:
    try:
        with services().write() as db:
            act(db)
        if done:
            flash(done, "success")
    except FieldErrors as error:
        flash(" · ".join(_sentences(error)), "error")
    except (Conflict, NotAllowed) as error:
        flash(said(error), "error")
    back = request.form.get("back", "")
    warehouse_id, _, day = back.partition("|")
    if warehouse_id:
        return redirect(
            url_for("warehouses.show", warehouse_id=warehouse_id, day=day or None, _anchor=booking_id)
        )
    return redirect(url_for("bookings.show", booking_id=booking_id))
