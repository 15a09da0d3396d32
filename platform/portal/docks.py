"""Docks of an own warehouse: register, change, close for a while, take out of use."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.dock import Dock, DockDraft, OpenTo, Purpose
from haoyun.platform.docks.docks_store import (
    Closure,
    add_dock,
    change_dock,
    close_dock,
    closures_of,
    end_dock,
    open_again,
    own_dock,
)
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.docks.warehouses_store import own_warehouse
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.values import Body, window
from haoyun.platform.portal import dock_words
from haoyun.platform.portal.fields import Reader, plain_whole
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.page import Form, page_group, said, signed_in
from haoyun.platform.services import services

blueprint = page_group("docks")
SLOT_MINUTES = (15, 30, 45, 60, 90, 120, 180, 240)
_LOCAL = "%Y-%m-%dT%H:%M"  # what <input type=datetime-local> sends


@blueprint.get("/warehouses/<warehouse_id>/docks/new")
@signed_in
def new(warehouse_id: str, actor: Actor) -> str:
    """The form that registers a dock."""
    with services().read() as db:
        warehouse = own_warehouse(db, actor, warehouse_id)
    return _page(actor, warehouse, None, Form(_values(DockDraft(name="-")) | {"name": ""}))


@blueprint.post("/warehouses/<warehouse_id>/docks")
@signed_in
def create(warehouse_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Register a dock, then look at the warehouse, or write down the next one."""
    found, form = services(), Form.of_request()
    with found.read() as db:
        warehouse = own_warehouse(db, actor, warehouse_id)
    draft = _draft(form)
    if draft is not None:
        try:
            with found.write() as db:
                add_dock(db, actor, warehouse_id, draft, found.now())
        except FieldErrors as error:
            form.refuse(error)
        else:
            flash(gettext("Dock %(name)s can be booked.", name=draft.name), "success")
            another = form.text("then") == "another"
            where = "docks.new" if another else "warehouses.show"
            return redirect(url_for(where, warehouse_id=warehouse_id))
    return _page(actor, warehouse, None, form), 422


@blueprint.get("/docks/<dock_id>")
@signed_in
def edit(dock_id: str, actor: Actor) -> str:
    """The form that changes a dock, and its closures."""
    with services().read() as db:
        dock, warehouse = own_dock(db, actor, dock_id)
    return _page(actor, warehouse, dock, Form(_values(dock) | {"version": str(dock.version)}))


@blueprint.post("/docks/<dock_id>")
@signed_in
def change(dock_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Write all of it anew."""
    found, form = services(), Form.of_request()
    with found.read() as db:
        dock, warehouse = own_dock(db, actor, dock_id)
    draft = _draft(form)
    if draft is not None:
        try:
            with found.write() as db:
                version = plain_whole(form.text("version"))
                change_dock(db, actor, dock_id, draft, dock.version if version is None else version)
        except FieldErrors as error:
            form.refuse(error)
        except Conflict as error:
            form.errors["name"] = said(error)
        else:
            flash(gettext("The changes are stored."), "success")
            return redirect(url_for("warehouses.show", warehouse_id=warehouse.id))
    return _page(actor, warehouse, dock, form), 422


@blueprint.post("/docks/<dock_id>/end")
@signed_in
def end(dock_id: str, actor: Actor) -> Response:
    """Take it out of use."""
    found = services()
    with found.read() as db:
        _, warehouse = own_dock(db, actor, dock_id)
    try:
        with found.write() as db:
            end_dock(db, actor, dock_id, found.now())
    except Conflict as error:
        flash(said(error), "error")
        return redirect(url_for("docks.edit", dock_id=dock_id))
    flash(gettext("The dock is out of use."), "success")
    return redirect(url_for("warehouses.show", warehouse_id=warehouse.id))


@blueprint.post("/docks/<dock_id>/closures")
@signed_in
def close(dock_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Keep it from being booked for a while."""
    found, form = services(), Form.of_request()
    with found.read() as db:
        dock, warehouse = own_dock(db, actor, dock_id)
    start, end_ = (_instant(form, name, warehouse.clock) for name in ("start", "end"))
    if start is not None and end_ is not None:
        try:
            with found.write() as db:
                close_dock(
                    db, actor, dock_id, window("closure", start, end_), form.text("reason"), found.now()
                )
        except FieldErrors as error:
            for name, (key, params) in error.errors.items():
                form.refuse(FieldErrors({name.removeprefix("closure."): (key, params)}))
        except Conflict as error:
            form.errors["start"] = said(error)
        else:
            return redirect(url_for("docks.edit", dock_id=dock_id))
    form.values |= _values(dock) | {"version": str(dock.version)}
    return _page(actor, warehouse, dock, form), 422


@blueprint.post("/docks/<dock_id>/closures/<closure_id>/end")
@signed_in
def reopen(dock_id: str, closure_id: str, actor: Actor) -> Response:
    """It can be booked again."""
    with services().write() as db:
        open_again(db, actor, dock_id, closure_id)
    return redirect(url_for("docks.edit", dock_id=dock_id))


def _page(actor: Actor, warehouse: Warehouse, dock: Dock | None, form: Form) -> str:
    closures: list[Closure] = []
    if dock is not None:
        with services().read() as db:
            closures = closures_of(db, [dock.id], services().now())
    return render_template(
        "dock_form.html",
        form=form,
        warehouse=warehouse,
        wh_clock=warehouse.clock,
        dock=dock,
        closures=closures,
        words=dock_words,
        bodies=[(body.value, str(BODIES[body.value])) for body in Body],
        slot_minutes=sorted({*SLOT_MINUTES, dock.slot_min if dock else 60}),
        may_change=actor.may_trade,
    )


def _draft(form: Form) -> DockDraft | None:
    """The dock as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    lengths: dict[str, Any] = {
        name: read.scaled(name) if form.text(name) else None for name in ("max_length_cm", "max_height_cm")
    }
    numbers: dict[str, Any] = {
        name: read.whole(name, required=True) for name in ("slot_min", "lead_min", "horizon_days")
    }
    name = read.text("name", required=True)
    if form.errors:
        return None
    try:
        return DockDraft(
            name=name,
            bodies=frozenset(Body(one) for one in form.picked("bodies") if one in set(Body)),
            purposes=frozenset(Purpose(one) for one in form.picked("purposes") if one in set(Purpose)),
            hazardous=form.text("hazardous") == "1",
            refrigerated=form.text("refrigerated") == "1",
            open_to=OpenTo(form.text("open_to")) if form.text("open_to") in set(OpenTo) else OpenTo.OWN,
            **lengths,
            **numbers,
        )
    except FieldErrors as error:
        form.refuse(error)
        return None


def _values(dock: DockDraft) -> dict[str, str]:
    lengths = {name: getattr(dock, name) for name in ("max_length_cm", "max_height_cm")}
    values: dict[str, Any] = {
        **{name: getattr(dock, name) for name in ("name", "slot_min", "lead_min", "horizon_days")},
        **{name: "" if cm is None else f"{cm / 100:g}" for name, cm in lengths.items()},
        **{name: "1" if getattr(dock, name) else "" for name in ("hazardous", "refrigerated")},
        "bodies": ",".join(sorted(dock.bodies)),
        "purposes": ",".join(sorted(dock.purposes)),
        "open_to": dock.open_to.value,
    }
    return {name: str(value) for name, value in values.items()}


def _instant(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    """Day and time by the warehouse's clock."""
    try:
        return datetime.strptime(form.text(name)[:16], _LOCAL).replace(tzinfo=zone)
    except ValueError:
        form.errors[name] = gettext("Please enter a date and a time")
        return None
