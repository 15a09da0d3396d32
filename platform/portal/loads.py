"""One load with its matches, quotes and why-nots, taking one back. The list is in load_list.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.match import WhyNot
from haoyun.platform.market.nearly import near_capacities
from haoyun.platform.market.rules import standing_broken
from haoyun.platform.market.store import (
    CapacityFilter,
    get_load,
    list_capacities,
    matches_of_load,
    plates_of,
    why_not,
    withdraw_load,
)
from haoyun.platform.portal import load_list
from haoyun.platform.portal.auctions import standing_detail
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.lanes import collection, lane_line, line, point
from haoyun.platform.portal.page import names_of, page_group, said, signed_in, viewer
from haoyun.platform.portal.publish_words import FLAGS, evidence
from haoyun.platform.publishing.flags import flags_of
from haoyun.platform.publishing.renew import renew_load
from haoyun.platform.services import Services, services
from haoyun.platform.trading.quote import QuoteKind
from haoyun.platform.trading.store import quotes_of

_WHY_NOTS = 6
_MOST_BIDDING = 100

blueprint = page_group("loads")
load_list.add_routes(blueprint)


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


@blueprint.post("/loads/<load_id>/renew")
@signed_in
def renew(load_id: str, actor: Actor) -> Response:
    """Still valid: open for a day more."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    try:
        with found.write() as db:
            renew_load(db, actor, load_id, now, context)
        flash(gettext("It stays open for another day."), "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("loads.show", load_id=load_id))


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """A truck that does not fit, and the first rule it breaks."""

    capacity: Capacity
    reason: WhyNot


def _detail(db: sa.Connection, found: Services, load: Load, actor: Actor | None) -> dict[str, Any]:
    pairings = matches_of_load(db, load.id, actor) if actor else []
    is_open = load.state is LoadState.OPEN
    near = (
        near_capacities(db, load.id, actor, found.now(), found.market.snapshot(found.now()))
        if actor and is_open
        else []
    )
    shown = {pairing.capacity.id for pairing in pairings} | {one.capacity.id for one in near}
    refusals = _refusals(db, found, load, shown, actor) if actor and is_open else []
    quotes = quotes_of(db, actor, load_id=load.id) if actor else []
    auction = standing_detail(db, load.id, actor) if actor and load.auction is not None else {}
    if auction.get("is_auction_under_way"):
        quotes = [one for one in quotes if one.kind is QuoteKind.QUOTE]  # bids stand with the auction
    trucks = _bidding_trucks(db, found, load, actor) if actor and auction else []
    capacities = (
        trucks + [p.capacity for p in pairings] + [r.capacity for r in refusals] + [n.capacity for n in near]
    )
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
        "bidding_trucks": trucks,
        "refusals": refusals,
        "near": near,
        "quotes": quotes,
        "plates": plates_of(db, vehicles),
        "names": names_of(db, orgs),
        "flags": [(FLAGS[flag.kind.value], evidence(flag)) for flag in flags_of(db, load.id, actor)],
        "is_own": bool(actor and (actor.org_id == load.org_id or actor.is_operator)),
        "may_quote": bool(actor and actor.is_carrier and actor.may_trade and actor.org_id != load.org_id),
        **auction,
    }


def _bidding_trucks(db: sa.Connection, found: Services, load: Load, actor: Actor) -> list[Capacity]:
    """The viewer's own trucks on offer that could carry it; the way is judged when the bid is made."""
    now = found.now()
    own = list_capacities(db, CapacityFilter(mine=True), actor, limit=_MOST_BIDDING).items
    return [truck for truck in own if truck.is_open(now) and standing_broken(load, truck, now) is None]


def _refusals(db: sa.Connection, found: Services, load: Load, shown: set[str], actor: Actor) -> list[Refusal]:
    """The viewer's own trucks that do not fit; for the publisher, open trucks of others."""
    own = actor.org_id == load.org_id
    trucks = list_capacities(db, CapacityFilter(mine=not own), actor, limit=_WHY_NOTS * 4).items
    now, context = found.now(), found.market.snapshot(found.now())
    refusals: list[Refusal] = []
    for truck in [t for t in trucks if t.id not in shown and t.is_open(now)][:_WHY_NOTS]:
        verdict = why_not(db, load.id, truck.id, actor, now, context)
        if isinstance(verdict, WhyNot):
            refusals.append(Refusal(truck, verdict))
    return refusals
