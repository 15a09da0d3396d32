"""Loads: publish, search, withdraw, and what matches them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.security import actor_of_request
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Instant, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import (
    Amount,
    Celsius,
    Fen,
    Identifier,
    LoadOut,
    MatchPage,
    PlaceText,
    WhyNotOut,
    WindowIn,
    match_out,
    place,
    verdict_out,
)
from haoyun.platform.market.load import Load, LoadDraft, PriceMode, Visibility
from haoyun.platform.market.search import LoadFilter, Sort, list_loads
from haoyun.platform.market.store import get_load, matches_of_load, post_load, why_not, withdraw_load
from haoyun.platform.market.values import Body
from haoyun.platform.services import Services, services

blueprint = resource("loads", "Loads")
_PLAIN = ("origin", "destination", "pickup", "delivery", "body", "invited")


class NewLoad(Input):
    """Goods to be moved. Places are named by code or by name; a fixed price needs `price_fen`."""

    goods: Annotated[str, Field(max_length=120)]
    weight_kg: Amount
    volume_dm3: Amount = 0
    ldm_cm: Annotated[int, Field(ge=0, le=10**6, description="loading metres in cm, at 2.4 m width")] = 0
    max_piece_cm: Amount = 0
    pallets: Amount = 0
    body: Annotated[list[Body], Field(max_length=10, description="accepted bodies; empty: any")] = Field(
        default_factory=list
    )
    temperature_min_c: Celsius | None = None
    temperature_max_c: Celsius | None = None
    dg_class: Annotated[str | None, Field(max_length=4)] = None
    origin: PlaceText
    destination: PlaceText
    pickup: WindowIn
    delivery: WindowIn
    price_mode: PriceMode = PriceMode.ASK
    price_fen: Fen | None = None
    visibility: Visibility = Visibility.PUBLIC
    invited: Annotated[list[Identifier], Field(max_length=50)] = Field(default_factory=list)
    pay_days: Amount = 30
    expires_at: Instant | None = None
    note: Annotated[str, Field(max_length=500)] = ""

    def draft(self) -> LoadDraft:
        """As the market takes it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in NewLoad.model_fields if name not in _PLAIN}
        return LoadDraft(
            **values,
            origin=place("origin", self.origin),
            destination=place("destination", self.destination),
            pickup=self.pickup.window("pickup"),
            delivery=self.delivery.window("delivery"),
            body=frozenset(self.body),
            invited=frozenset(self.invited),
        )


class LoadQuery(PageQuery):
    """What a list of loads is limited to."""

    origin: PlaceText | None = None
    destination: PlaceText | None = None
    radius_km: Annotated[float, Field(ge=0, le=3000, description="around origin and destination")] = 0
    body: Body | None = None
    max_weight_kg: Amount | None = None
    pickup_from: Instant | None = None
    pickup_to: Instant | None = None
    mine: Annotated[bool, Field(description="the caller's own, in every state")] = False
    sort: Sort = Sort.POSTED

    def filters(self, found: Services) -> LoadFilter:
        """As the market takes it. Raises FieldErrors for an unknown place."""
        plain = ("body", "max_weight_kg", "pickup_from", "pickup_to", "mine", "sort")
        return LoadFilter(
            **{name: getattr(self, name) for name in plain},
            origin_codes=codes_near(found, "origin", self.origin, self.radius_km),
            destination_codes=codes_near(found, "destination", self.destination, self.radius_km),
        )


class LoadPage(Output):
    """A page of loads."""

    items: list[LoadOut]
    next: str | None


class WhyNotLoadQuery(Input):
    """The other half of the pair."""

    capacity_id: Identifier


def codes_near(found: Services, field: str, wanted: str | None, radius_km: float) -> frozenset[str] | None:
    """Codes of the places around the named one, None where nothing is named."""
    return None if wanted is None else found.market.codes_near(place(field, wanted), radius_km)


@blueprint.post("/loads")
@trading
@blueprint.input(NewLoad)
@blueprint.output(LoadOut, 201)
@blueprint.doc(summary="Publish a load", security="bearer", responses=[401, 403, 422])
def create_load(actor: Actor, json_data: NewLoad) -> Load:
    """Publish a load of the caller's organization; it is matched before the answer."""
    found, now = services(), services().now()
    draft, context = json_data.draft(), found.market.snapshot(now)
    with found.write() as db:
        load_id = once_for(db, actor, "load", now, lambda: post_load(db, actor, draft, now, context).id)
        return get_load(db, load_id, actor)


@blueprint.get("/loads")
@blueprint.input(LoadQuery, location="query")
@blueprint.output(LoadPage)
@blueprint.doc(summary="Search loads", responses=[422])
def search_loads(query_data: LoadQuery) -> Any:
    """Open loads that the caller may see; public ones need no sign-in."""
    found = services()
    filters = query_data.filters(found)
    with found.read() as db:
        return list_loads(db, filters, actor_of_request(), query_data.limit, query_data.after)


@blueprint.get("/loads/<load_id>")
@blueprint.output(LoadOut)
@blueprint.doc(summary="A load", responses=[404])
def get_one(load_id: str) -> Load:
    """One load; public ones need no sign-in."""
    with services().read() as db:
        return get_load(db, load_id, actor_of_request())


@blueprint.post("/loads/<load_id>/withdraw")
@trading
@blueprint.output(LoadOut)
@blueprint.doc(summary="Withdraw a load", security="bearer", responses=[401, 403, 404, 409])
def withdraw(actor: Actor, load_id: str) -> Load:
    """Take an open load back."""
    found = services()
    with found.write() as db:
        return withdraw_load(db, actor, load_id, found.now())


@blueprint.get("/loads/<load_id>/matches")
@signed_in
@blueprint.output(MatchPage)
@blueprint.doc(summary="Capacities that fit a load", security="bearer", responses=[401, 404])
def matches(actor: Actor, load_id: str) -> object:
    """The best matches with their reasons: all for the publisher, a carrier's own for a carrier."""
    with services().read() as db:
        pairings = matches_of_load(db, load_id, actor)
    return {"items": [match_out(one.match) for one in pairings], "next": None}


@blueprint.get("/loads/<load_id>/why-not")
@signed_in
@blueprint.input(WhyNotLoadQuery, location="query")
@blueprint.output(WhyNotOut)
@blueprint.doc(summary="Why a capacity does not fit", security="bearer", responses=[401, 404, 422])
def why_not_load(actor: Actor, load_id: str, query_data: WhyNotLoadQuery) -> object:
    """The first hard constraint that the pair breaks, or its match."""
    return verdict(actor, load_id, query_data.capacity_id)


def verdict(actor: Actor, load_id: str, capacity_id: str) -> object:
    """Whether the two fit, and why or why not. Raises NotFound."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.read() as db:
        return verdict_out(why_not(db, load_id, capacity_id, actor, now, context))
