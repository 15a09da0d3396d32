"""Warehouses: find one with free docks, see its day, register and change the own ones."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.api.warehouses import around_place
from haoyun.platform.docks.availability import (
    FIRST_DAY,
    LAST_DAY,
    MOST_FOUND,
    DockDay,
    Found,
    day_bounds,
    day_of_warehouse,
    docks_for,
    find_warehouses,
)
from haoyun.platform.docks.booking import Booking, BookingState
from haoyun.platform.docks.closed_days import days_text, read_days
from haoyun.platform.docks.dock import Dock, Purpose, Visit
from haoyun.platform.docks.hours import read_week, week_texts
from haoyun.platform.docks.warehouse import Warehouse, WarehouseDraft
from haoyun.platform.docks.warehouses_store import (
    add_warehouse,
    change_warehouse,
    end_warehouse,
    own_warehouse,
)
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.values import Body
from haoyun.platform.portal import dock_words
from haoyun.platform.portal.dock_picture import picture
from haoyun.platform.portal.fields import Reader, plain_whole
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import Form, names_of, page_group, said, signed_in
from haoyun.platform.portal.publish_words import weekday_choices
from haoyun.platform.portal.searches import body_choices
from haoyun.platform.services import services

blueprint = page_group("warehouses")
_DEFAULT_HOURS = "08:00-12:00, 13:00-18:00"


@blueprint.get("/warehouses")
@signed_in
def index(actor: Actor) -> str:
    """Warehouses at which the reader may book, near a place, on a day, for a vehicle."""
    found, form = services(), Form({key: value.strip() for key, value in request.args.items()})
    now = found.now()
    items: list[Found] = []
    names: dict[str, str] = {}
    try:
        around = around_place(form.text("near"), _radius(form))
        with found.read() as db:
            items = find_warehouses(
                db,
                actor,
                now,
                around=around,
                day=_day(form.text("day")),
                visit=_visit(form),
                free_only=form.text("free_only") == "1",
                limit=MOST_FOUND,
            )
            names = names_of(db, {one.warehouse.org_id for one in items})
    except FieldErrors as error:
        form.refuse(error)
    return render_template(
        "warehouses.html",
        form=form,
        items=items,
        names=names,
        bodies=body_choices(),
        words=dock_words,
        purposes=[("", gettext("Loading or unloading")), *dock_words.purpose_choices()],
        may_change=actor.may_trade,
        own_org=actor.org_id,
        passed_on={key: form.text(key) for key in ("order_id",) if form.text(key)},
    )


@blueprint.get("/warehouses/new")
@signed_in
def new(actor: Actor) -> str:
    """The form that registers one."""
    values = {f"hours_{i}": _DEFAULT_HOURS for i in range(1, 6)}
    values |= {"zone": services().settings.time_zone}
    return _form_page(actor, Form(values), None)


@blueprint.post("/warehouses")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Register a warehouse, then its first dock."""
    found, form = services(), Form.of_request()
    draft = _draft(form)
    if draft is not None:
        try:
            with found.write() as db:
                made = add_warehouse(db, actor, draft, found.now())
        except FieldErrors as error:
            form.refuse(error)
        else:
            flash(gettext("The warehouse is registered. Add its docks now."), "success")
            return redirect(url_for("docks.new", warehouse_id=made.id))
    return _form_page(actor, form, None), 422


@blueprint.get("/warehouses/<warehouse_id>")
@signed_in
def show(warehouse_id: str, actor: Actor) -> str:
    """A warehouse's day: docks as rows, time as columns."""
    found, now = services(), services().now()
    with found.read() as db:
        warehouse, docks = docks_for(db, warehouse_id, actor)
        day = _day(request.args.get("day", "")) or warehouse.day_of(now)
        days = day_of_warehouse(db, warehouse, docks, day, actor, now)
        bookings = sorted((b for one in days for b in one.bookings), key=lambda b: (b.slot.start, b.id))
        names = names_of(db, {warehouse.org_id, *(b.org_id for b in bookings)})
    inside = actor.org_id == warehouse.org_id or actor.is_operator
    return render_template(
        "warehouse_day.html",
        warehouse=warehouse,
        wh_clock=warehouse.clock,
        day=day,
        around=[day + timedelta(days=i) for i in (-1, 1)],
        is_today=day == warehouse.day_of(now),
        days=days,
        docks={dock.id: dock for dock in docks},
        picture=picture(days, warehouse.clock, now, day_bounds(warehouse, day)),
        bookings=bookings,
        names=names,
        words=dock_words,
        figures=_figures(days, bookings) if inside else None,
        may_book=actor.may_trade,
        may_change=actor.may_trade and inside,
        at_gate=inside and (actor.may_trade or Role.DRIVER in actor.roles),
        passed_on={key: request.args[key] for key in ("order_id",) if key in request.args},
    )


@blueprint.get("/warehouses/<warehouse_id>/edit")
@signed_in
def edit(warehouse_id: str, actor: Actor) -> str:
    """The form that changes an own one."""
    with services().read() as db:
        warehouse = own_warehouse(db, actor, warehouse_id)
    return _form_page(actor, Form(_values(warehouse)), warehouse)


@blueprint.post("/warehouses/<warehouse_id>")
@signed_in
def change(warehouse_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Write all of it anew."""
    found, form = services(), Form.of_request()
    with found.read() as db:
        before = own_warehouse(db, actor, warehouse_id)
    draft = _draft(form)
    if draft is not None:
        try:
            with found.write() as db:
                version = plain_whole(form.text("version"))
                read = before.version if version is None else version
                change_warehouse(db, actor, warehouse_id, draft, read, found.now())
        except FieldErrors as error:
            form.refuse(error)
        except Conflict as error:
            form.errors["closed_days"] = said(error)
        else:
            flash(gettext("The changes are stored."), "success")
            return redirect(url_for("warehouses.show", warehouse_id=warehouse_id))
    return _form_page(actor, form, before), 422


@blueprint.post("/warehouses/<warehouse_id>/end")
@signed_in
def end(warehouse_id: str, actor: Actor) -> Response:
    """Take it out of use."""
    try:
        with services().write() as db:
            end_warehouse(db, actor, warehouse_id, services().now())
    except Conflict as error:
        flash(said(error), "error")
        return redirect(url_for("warehouses.edit", warehouse_id=warehouse_id))
    flash(gettext("The warehouse is out of use."), "success")
    return redirect(url_for("warehouses.index"))


def _form_page(actor: Actor, form: Form, warehouse: Warehouse | None) -> str:
    docks: list[Dock] = []
    if warehouse is not None:
        with services().read() as db:
            docks = docks_for(db, warehouse.id, actor)[1]
    return render_template(
        "warehouse_form.html",
        form=form,
        warehouse=warehouse,
        docks=docks,
        words=dock_words,
        weekdays=weekday_choices(),
        may_change=actor.may_trade,
        places=services().market.gazetteer.list(),
    )


def _draft(form: Form) -> WarehouseDraft | None:
    """The warehouse as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    plain: dict[str, Any] = {
        name: read.text(name, required=name in ("name", "address")) for name in ("name", "address", "note")
    }
    if read.text("position", required=True):
        try:
            around = around_place(form.text("position"), 1)
        except FieldErrors as error:
            form.errors["position"] = error.messages(language())["near"]
            around = None
    else:
        around = None
    parts: dict[str, Any] = {}
    for name, reading in (
        ("week", lambda: read_week([form.text(f"hours_{i}") for i in range(1, 8)])),
        ("closed_days", lambda: read_days(form.text("closed_days"))),
    ):
        try:
            parts[name] = reading()
        except FieldErrors as error:
            form.refuse(error)
    if form.errors or around is None:
        return None
    try:
        return WarehouseDraft(**plain, **parts, lat=around.lat, lon=around.lon, zone=form.text("zone"))
    except FieldErrors as error:
        form.refuse(error)
        return None


def _values(warehouse: Warehouse) -> dict[str, str]:
    return {
        **{name: getattr(warehouse, name) for name in ("name", "address", "zone", "note")},
        "version": str(warehouse.version),
        "position": f"{warehouse.lat:.6g}, {warehouse.lon:.7g}",
        "closed_days": days_text(warehouse.closed_days),
        **{f"hours_{i}": text for i, text in enumerate(week_texts(warehouse.week), start=1)},
    }


def _figures(days: list[DockDay], bookings: list[Booking]) -> dict[str, Any]:
    """What the warehouse wants to know of a day: how full, how long vehicles wait and stand."""
    slots = [view for one in days for view in one.slots]
    minutes = sum((view.slot.end - view.slot.start).total_seconds() for view in slots)
    held = sum((one.slot.end - one.slot.start).total_seconds() for one in bookings)
    waits = [(b.started_at - b.arrived_at).total_seconds() for b in bookings if b.started_at and b.arrived_at]
    stays = [
        (b.finished_at - b.started_at).total_seconds() for b in bookings if b.finished_at and b.started_at
    ]
    return {
        "bookings": len(bookings),
        "use": min(1.0, held / minutes) if minutes else None,
        "there": sum(one.state is BookingState.ARRIVED for one in bookings),
        "done": sum(one.state is BookingState.FINISHED for one in bookings),
        "wait_s": sum(waits) / len(waits) if waits else None,
        "stay_s": sum(stays) / len(stays) if stays else None,
    }


def _visit(form: Form) -> Visit | None:
    """The vehicle that is looked for: any, unless body, length and purpose are all said. Raises FieldErrors."""
    length = Reader(form).optional_number("length_cm")
    if form.text("body") not in set(Body) or form.text("purpose") not in set(Purpose) or length is None:
        return None
    return Visit(
        plate="----",
        body=Body(form.text("body")),
        length_cm=round(length * 100),
        purpose=Purpose(form.text("purpose")),
    )


def _radius(form: Form) -> float:
    typed = plain_whole(form.text("radius_km"))
    return min(float(typed), 500.0) if typed else 50.0


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
