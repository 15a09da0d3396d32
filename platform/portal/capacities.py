"""Trucks on offer: one capacity with its matches, the form that offers one. The list is in capacity_list.py."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_offer
from haoyun.platform.market.capacity import CapacityDraft
from haoyun.platform.market.drivers import list_drivers
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.nearly import near_loads
from haoyun.platform.market.renewal import renew_capacity
from haoyun.platform.market.store import (
    get_capacity,
    matches_of_capacity,
    plates_of,
    post_capacity,
    withdraw_capacity,
)
from haoyun.platform.market.values import Equipment, Mode
from haoyun.platform.market.vehicles import VehicleKind, usable_vehicles
from haoyun.platform.portal import capacity_list
from haoyun.platform.portal.draft_forms import drop_draft, keep_draft
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import collection, truck_features
from haoyun.platform.portal.offer_forms import fill_form
from haoyun.platform.portal.page import Form, names_of, page_group, said, signed_in, viewer
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.drafts import get_draft
from haoyun.platform.services import services

blueprint = page_group("capacities")
capacity_list.add_routes(blueprint)


@blueprint.get("/trucks/<capacity_id>")
def show(capacity_id: str) -> str:
    """One capacity: facts for everybody, matches for those concerned."""
    actor, now = viewer(), services().now()
    with services().read() as db:
        capacity = get_capacity(db, capacity_id, actor)
        pairings = matches_of_capacity(db, capacity_id, actor) if actor else []
        near = near_loads(db, capacity_id, actor, now, services().market.snapshot(now)) if actor else []
        names = names_of(
            db, {capacity.org_id} | {p.load.org_id for p in pairings} | {n.load.org_id for n in near}
        )
        own = actor is not None and (actor.sees_all or actor.org_id == capacity.org_id)
        plate = plates_of(db, {capacity.vehicle_id}).get(capacity.vehicle_id, "") if own else ""
    return render_template(
        "capacity.html",
        capacity=capacity,
        pairings=pairings,
        near=near,
        names=names,
        plate=plate,
        is_own=own,
        features=collection(truck_features([capacity])),
        may_quote=bool(actor and actor.may_trade),
    )


@blueprint.get("/trucks/new")
@signed_in
def new(actor: Actor) -> str:
    """The empty form: today, the vehicle's own space. `draft` names a draft that fills it."""
    must_offer(actor)
    reader = Reader(Form({"radius_km": "200", "cost_per_km_fen": "4.20", "mode": "road"}))
    if "draft" in request.args:
        with services().read() as db:
            draft = get_draft(db, actor, request.args["draft"])
        fill_form(reader.form, draft.fields)
        reader.form.values.update(draft_id=draft.id, draft_version=str(draft.version))
        return _page(reader.form, actor, draft.message)
    reader.default_window("ready", days=0, hour=8, hours=30)
    return _page(reader.form, actor)


@blueprint.post("/trucks")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Offer it; with errors the form comes back with a sentence at each field."""
    must_offer(actor)
    found, form = services(), Form.of_request()
    if form.text("do") == "draft":
        return keep_draft(actor, Kind.CAPACITY, form) or (_page(form, actor), 422)
    draft = _draft(form)
    if draft is not None:
        try:
            now = found.now()
            context = found.market.snapshot(now)
            with found.write() as db:
                capacity = post_capacity(db, actor, draft, now, context)
                drop_draft(db, actor, form)
            flash(gettext("The truck is offered and matched."), "success")
            return redirect(url_for("capacities.show", capacity_id=capacity.id))
        except FieldErrors as error:
            form.refuse(error)
        except Conflict as error:  # its draft was published meanwhile
            flash(said(error), "error")
            return redirect(url_for("drafts.index"))
    return _page(form, actor), 422


@blueprint.post("/trucks/<capacity_id>/renew")
@signed_in
def renew(capacity_id: str, actor: Actor) -> Response:
    """Still valid: ready for a day more."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    try:
        with found.write() as db:
            renew_capacity(db, actor, capacity_id, now, context)
        flash(gettext("It stays open for another day."), "success")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("capacities.show", capacity_id=capacity_id))


@blueprint.post("/trucks/<capacity_id>/withdraw")
@signed_in
def withdraw(capacity_id: str, actor: Actor) -> Response:
    """Take an offer back."""
    found = services()
    try:
        with found.write() as db:
            withdraw_capacity(db, actor, capacity_id, found.now())
        flash(gettext("The truck was taken off the market."), "success")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("capacities.show", capacity_id=capacity_id))


def _page(form: Form, actor: Actor, message: str = "") -> str:
    with services().read() as db:
        vehicles = usable_vehicles(db, actor, VehicleKind.TRUCK)
        trailers = usable_vehicles(db, actor, VehicleKind.TRAILER)
        drivers = [one for one in list_drivers(db, actor) if one.retired_at is None]
    places = services().market.gazetteer.list()
    return render_template(
        "capacity_form.html",
        form=form,
        vehicles=vehicles,
        trailers=trailers,
        drivers=drivers,
        places=places,
        message=message,
    )


def _draft(form: Form) -> CapacityDraft | None:
    """The capacity as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    origin, ready = read.site("origin"), read.window("ready")
    values = {
        "vehicle_id": read.text("vehicle_id", required=True),
        "destination": read.site("destination", required=False),
        "mode": Mode(form.text("mode")) if form.text("mode") in set(Mode) else Mode.ROAD,
        "equipment": frozenset(Equipment(one) for one in form.picked("equipment") if one in set(Equipment)),
        "radius_km": read.whole("radius_km", required=True),
        "weight_kg": read.optional_whole("weight_kg"),
        "cost_per_km_fen": read.scaled("cost_per_km_fen", required=True),
        "min_price_fen": read.scaled("min_price_fen") or None,
        "note": form.text("note"),
        "trailer_id": form.text("trailer_id") or None,
        "driver_id": form.text("driver_id") or None,
    }
    if form.errors or origin is None or ready is None:
        return None
    try:
        return CapacityDraft(origin=origin, ready=ready, **values)  # type: ignore[arg-type]
    except FieldErrors as error:
        form.refuse(error)
        return None
