"""Trucks on offer: the list beside the map, one capacity with its matches, the form that offers one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_offer
from haoyun.platform.market.capacity import Capacity, CapacityDraft
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.store import (
    CapacityFilter,
    get_capacity,
    list_capacities,
    list_vehicles,
    matches_of_capacity,
    plates_of,
    post_capacity,
    withdraw_capacity,
)
from haoyun.platform.market.values import Body, Page
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import collection, lane_line, line, point
from haoyun.platform.portal.page import Form, names_of, page_group, said, signed_in, viewer
from haoyun.platform.portal.searches import area, body_choices, number
from haoyun.platform.services import Services, services

PAGE = 25
_RADIUS_KM = 50

blueprint = page_group("capacities")


@blueprint.get("/trucks")
def index() -> str:
    """The list, filtered by the query."""
    found, actor = services(), viewer()
    form = Form(dict(request.args.items()))
    with found.read() as db:
        page = _search(db, found, form, actor)
        names = names_of(db, {capacity.org_id for capacity in page.items})
    return render_template(
        "capacities.html",
        page=page,
        form=form,
        names=names,
        bodies=body_choices(),
        next_page=_next_page(page),
        features=collection(_features(page.items)),
        places=found.market.gazetteer.list(),
    )


@blueprint.get("/trucks/<capacity_id>")
def show(capacity_id: str) -> str:
    """One capacity: facts for everybody, matches for those concerned."""
    actor = viewer()
    with services().read() as db:
        capacity = get_capacity(db, capacity_id, actor)
        pairings = matches_of_capacity(db, capacity_id, actor) if actor else []
        names = names_of(db, {capacity.org_id} | {p.load.org_id for p in pairings})
        own = actor is not None and (actor.sees_all or actor.org_id == capacity.org_id)
        plate = plates_of(db, {capacity.vehicle_id}).get(capacity.vehicle_id, "") if own else ""
    return render_template(
        "capacity.html",
        capacity=capacity,
        pairings=pairings,
        names=names,
        plate=plate,
        is_own=own,
        features=collection(_features([capacity])),
        may_quote=bool(actor and actor.may_trade),
    )


@blueprint.get("/trucks/new")
@signed_in
def new(actor: Actor) -> str:
    """The empty form: today, the vehicle's own space."""
    must_offer(actor)
    reader = Reader(Form({"radius_km": "200", "cost_per_km_fen": "4.20"}))
    reader.default_window("ready", days=0, hour=8, hours=30)
    return _page(reader.form, actor)


@blueprint.post("/trucks")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Offer it; with errors the form comes back with a sentence at each field."""
    must_offer(actor)
    found, form = services(), Form.of_request()
    draft = _draft(form)
    if draft is not None:
        try:
            now = found.now()
            context = found.market.snapshot(now)
            with found.write() as db:
                capacity = post_capacity(db, actor, draft, now, context)
            flash(gettext("The truck is offered and matched."), "success")
            return redirect(url_for("capacities.show", capacity_id=capacity.id))
        except FieldErrors as error:
            form.refuse(error)
    return _page(form, actor), 422


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


def _search(db: sa.Connection, found: Services, form: Form, actor: Actor | None) -> Page[Capacity]:
    try:
        return list_capacities(db, _filter(found, form), actor, limit=PAGE, after=form.text("after") or None)
    except FieldErrors as error:
        form.refuse(error)
        return Page((), None)


def _filter(found: Services, form: Form) -> CapacityFilter:
    """Raises FieldErrors for a place that is not on the map."""
    weight_t = number(form, "weight")
    return CapacityFilter(
        origin_codes=area(found.market, form.text("origin"), number(form, "radius") or _RADIUS_KM, "origin"),
        body=Body(form.text("body")) if form.text("body") in set(Body) else None,
        min_weight_kg=round(weight_t * 1000) if weight_t else None,
        mine=form.text("mine") == "1",
    )


def _features(capacities: Any) -> list[dict[str, Any]]:
    features = []
    for one in capacities:
        label = f"{place(one.origin)} · {one.radius_km} km"
        features.append(point(one.origin.lat, one.origin.lon, id=one.id, size=7, label=label))
        if one.destination:
            features.append(line(lane_line(one.origin, one.destination), id=one.id, kind="lane", opacity=0.5))
    return features


def _next_page(page: Page[Capacity]) -> str | None:
    if page.next is None:
        return None
    query: dict[str, Any] = {**request.args.to_dict(), "after": page.next}
    return url_for("capacities.index", **query)


def _page(form: Form, actor: Actor) -> str:
    with services().read() as db:
        vehicles = list_vehicles(db, actor)
    places = services().market.gazetteer.list()
    return render_template("capacity_form.html", form=form, vehicles=vehicles, places=places)


def _draft(form: Form) -> CapacityDraft | None:
    """The capacity as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    origin, ready = read.site("origin"), read.window("ready")
    values = {
        "vehicle_id": read.text("vehicle_id", required=True),
        "destination": read.site("destination", required=False),
        "radius_km": read.whole("radius_km", required=True),
        "weight_kg": read.optional_whole("weight_kg"),
        "cost_per_km_fen": read.scaled("cost_per_km_fen", required=True),
        "min_price_fen": read.scaled("min_price_fen") or None,
        "note": form.text("note"),
    }
    if form.errors or origin is None or ready is None:
        return None
    try:
        return CapacityDraft(origin=origin, ready=ready, **values)  # type: ignore[arg-type]
    except FieldErrors as error:
        form.refuse(error)
        return None
