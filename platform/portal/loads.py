"""Loads: the list beside the map, one load with its matches, quotes and why-nots, taking one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.match import WhyNot
from haoyun.platform.market.store import (
    CapacityFilter,
    LoadFilter,
    Pairing,
    Sort,
    get_load,
    list_capacities,
    list_loads,
    matches_of_load,
    matches_of_viewer,
    plates_of,
    why_not,
    withdraw_load,
)
from haoyun.platform.market.values import Body, Page
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import collection, lane_features, lane_line, line, point
from haoyun.platform.portal.page import Form, names_of, page_group, said, signed_in, viewer
from haoyun.platform.portal.searches import area, body_choices, number
from haoyun.platform.services import Services, services
from haoyun.platform.trading.store import quotes_of

PAGE = 25
_MOST_MATCHES = 200
_WHY_NOTS = 6
_RADIUS_KM = 50

blueprint = page_group("loads")


@blueprint.get("/loads")
def index() -> str:
    """The list, filtered by the query, best match first for carriers with open trucks."""
    found, actor = services(), viewer()
    form = Form(dict(request.args.items()))
    with found.read() as db:
        best = _best_by_load(db, actor)
        form.values.setdefault("sort", (Sort.SCORE if best else Sort.POSTED).value)
        page = _search(db, found, form, actor)
        names = names_of(db, {load.org_id for load in page.items})
    features = collection(lane_features(page.items))
    return render_template(
        "loads.html",
        page=page,
        form=form,
        best=best,
        names=names,
        features=features,
        sorts=_sorts(bool(best)),
        bodies=body_choices(),
        next_page=_next_page(page),
        places=found.market.gazetteer.list(),
    )


@blueprint.get("/loads/<load_id>")
def show(load_id: str) -> str:
    """One load: facts for everybody, matches and quotes for those concerned."""
    found, actor = services(), viewer()
    with found.read() as db:
        load = get_load(db, load_id, actor)
        detail = _detail(db, found, load, actor)
    ends = [point(site.lat, site.lon, size=7, label=place(site)) for site in (load.origin, load.destination)]
    features = collection([line(lane_line(load.origin, load.destination), id=load.id, kind="lane"), *ends])
    return render_template("load.html", load=load, features=features, **detail)


@blueprint.post("/loads/<load_id>/withdraw")
@signed_in
def withdraw(load_id: str, actor: Actor) -> Response:
    """Take an open load back."""
    found = services()
    try:
        with found.write() as db:
            withdraw_load(db, actor, load_id, found.now())
        flash(gettext("The load was withdrawn."), "success")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("loads.show", load_id=load_id))


def _search(db: sa.Connection, found: Services, form: Form, actor: Actor | None) -> Page[Load]:
    try:
        return list_loads(db, _filter(found, form), actor, limit=PAGE, after=form.text("after") or None)
    except FieldErrors as error:
        form.refuse(error)
        return Page((), None)


def _filter(found: Services, form: Form) -> LoadFilter:
    """Raises FieldErrors for a place that is not on the map."""
    radius_km = number(form, "radius") or _RADIUS_KM
    weight_t = number(form, "weight")
    return LoadFilter(
        origin_codes=area(found.market, form.text("origin"), radius_km, "origin"),
        destination_codes=area(found.market, form.text("destination"), radius_km, "destination"),
        body=Body(form.text("body")) if form.text("body") in set(Body) else None,
        max_weight_kg=round(weight_t * 1000) if weight_t else None,
        mine=form.text("mine") == "1",
        sort=Sort(form.text("sort")) if form.text("sort") in set(Sort) else Sort.POSTED,
    )


def _best_by_load(db: sa.Connection, actor: Actor | None) -> dict[str, Pairing]:
    """The best match of each load with one of the viewer's own trucks."""
    if actor is None or not actor.is_carrier:
        return {}
    best: dict[str, Pairing] = {}
    for pairing in matches_of_viewer(db, actor, limit=_MOST_MATCHES):
        if pairing.capacity.org_id == actor.org_id:
            best.setdefault(pairing.load.id, pairing)
    return best


def _sorts(with_trucks: bool) -> list[tuple[str, str]]:
    own = [(Sort.SCORE.value, gettext("Best match")), (Sort.DEADHEAD.value, gettext("Nearest truck"))]
    common = [
        (Sort.POSTED.value, gettext("Newest")),
        (Sort.PICKUP.value, gettext("Soonest pickup")),
        (Sort.PRICE_KM.value, gettext("Price per km")),
    ]
    return (own if with_trucks else []) + common


def _next_page(page: Page[Load]) -> str | None:
    if page.next is None:
        return None
    query: dict[str, Any] = {**request.args.to_dict(), "after": page.next}
    return url_for("loads.index", **query)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A truck that does not fit, and the first rule it breaks."""

    capacity: Capacity
    reason: WhyNot


def _detail(db: sa.Connection, found: Services, load: Load, actor: Actor | None) -> dict[str, Any]:
    pairings = matches_of_load(db, load.id, actor) if actor else []
    refusals = _refusals(db, found, load, pairings, actor) if actor and load.state is LoadState.OPEN else []
    quotes = quotes_of(db, actor, load_id=load.id) if actor else []
    capacities = [p.capacity for p in pairings] + [r.capacity for r in refusals]
    # A stranger's plate is nobody's business before there is an order.
    vehicles = {c.vehicle_id for c in capacities if actor and (actor.sees_all or actor.org_id == c.org_id)}
    orgs = (
        {load.org_id}
        | {c.org_id for c in capacities}
        | {q.carrier_org for q in quotes}
        | {q.shipper_org for q in quotes}
    )
    return {
        "pairings": pairings,
        "refusals": refusals,
        "quotes": quotes,
        "plates": plates_of(db, vehicles),
        "names": names_of(db, orgs),
        "is_own": bool(actor and (actor.org_id == load.org_id or actor.is_operator)),
        "may_quote": bool(actor and actor.is_carrier and actor.may_trade and actor.org_id != load.org_id),
    }


def _refusals(
    db: sa.Connection, found: Services, load: Load, pairings: list[Pairing], actor: Actor
) -> list[Refusal]:
    """The viewer's own trucks that do not fit; for the publisher, open trucks of others."""
    own = actor.org_id == load.org_id
    trucks = list_capacities(db, CapacityFilter(mine=not own), actor, limit=_WHY_NOTS * 4).items
    matched = {p.capacity.id for p in pairings}
    now, context = found.now(), found.market.snapshot(found.now())
    refusals: list[Refusal] = []
    for truck in [t for t in trucks if t.id not in matched and t.is_open(now)][:_WHY_NOTS]:
        verdict = why_not(db, load.id, truck.id, actor, now, context)
        if isinstance(verdict, WhyNot):
            refusals.append(Refusal(truck, verdict))
    return refusals
