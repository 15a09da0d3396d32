"""Loads: publish, search, withdraw, and what matches them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.security import actor_of_request
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Instant, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import (
    Amount,
    AuctionIn,
    Celsius,
    Fen,
    Identifier,
    LoadOut,
    MatchPage,
    NearMissPage,
    PlaceText,
    WhyNotOut,
    WindowIn,
    match_out,
    near_miss_out,
    place,
    verdict_out,
)
from haoyun.platform.market.areas import MAX_DETOUR_KM
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load, LoadDraft, PriceMode, Visibility
from haoyun.platform.market.nearly import near_capacities
from haoyun.platform.market.search import Sort, list_loads
from haoyun.platform.market.searching import MOST_CHARACTERS
from haoyun.platform.market.store import (
    edit_load,
    get_load,
    matches_of_load,
    post_load,
    why_not,
    withdraw_load,
)
from haoyun.platform.market.values import Body, Equipment, Mode
from haoyun.platform.market.wishes import DETOUR_KM, LoadWish
from haoyun.platform.publishing.partners import partners_of
from haoyun.platform.services import services

blueprint = resource("loads", "Loads")
Division = Annotated[str, Field(max_length=6, description="GB/T 2260 code, its first two or four digits")]
_PLAIN = ("origin", "destination", "pickup", "delivery", "body", "equipment", "invited", "auction")


class NewLoad(Input):
    """Goods to be moved. Places are named by code or by name; a fixed price needs `price_fen`."""

    goods: Annotated[str, Field(max_length=120)]
    weight_kg: Amount
    volume_dm3: Amount = 0
    ldm_cm: Annotated[int, Field(ge=0, le=10**6, description="loading metres in cm, at 2.4 m width")] = 0
    max_piece_cm: Amount = 0
    pallets: Amount = 0
    mode: Mode = Mode.ROAD
    body: Annotated[list[Body], Field(max_length=10, description="accepted bodies; empty: any")] = Field(
        default_factory=list
    )
    equipment: Annotated[
        list[Equipment], Field(max_length=10, description="what the vehicle must bring, all of it")
    ] = Field(default_factory=list)
    temperature_min_c: Celsius | None = None
    temperature_max_c: Celsius | None = None
    dg_class: Annotated[str | None, Field(max_length=4)] = None
    origin: PlaceText
    destination: PlaceText
    pickup: WindowIn
    delivery: WindowIn
    price_mode: PriceMode = PriceMode.ASK
    price_fen: Fen | None = None
    auction: Annotated[AuctionIn | None, Field(description="with the price mode `auction`")] = None
    visibility: Visibility = Visibility.PUBLIC
    invited: Annotated[
        list[Identifier], Field(max_length=50, description="empty with `partners`: the own list of partners")
    ] = Field(default_factory=list)
    public_at: Annotated[Instant | None, Field(description="partners first, everybody from then on")] = None
    pay_days: Amount = 30
    expires_at: Instant | None = None
    note: Annotated[str, Field(max_length=500)] = ""

    def draft(self, partners: Collection[str] = ()) -> LoadDraft:
        """As the market takes it; `partners` where it names none. Raises FieldErrors."""
        to_partners = self.visibility is Visibility.PARTNERS and not self.invited
        if to_partners and not partners:
            raise FieldErrors({"invited": ("no_partners", {})})
        values = {name: getattr(self, name) for name in NewLoad.model_fields if name not in _PLAIN}
        return LoadDraft(
            **values,
            origin=place("origin", self.origin),
            destination=place("destination", self.destination),
            pickup=self.pickup.window("pickup"),
            delivery=self.delivery.window("delivery"),
            body=frozenset(self.body),
            equipment=frozenset(self.equipment),
            auction=self.auction.terms() if self.auction else None,
            invited=frozenset(partners if to_partners else self.invited),
        )


class LoadTerms(NewLoad):
    """The terms of a load, all of them; `version` is the one that the caller read."""

    version: Annotated[int, Field(ge=1)]


class OfferQuery(PageQuery):
    """Where offers are looked for, and how large they are."""

    origin: PlaceText = ""
    destination: PlaceText = ""
    radius_km: Annotated[float, Field(ge=0, le=3000, description="around origin and destination")] = 0
    destination_radius_km: Annotated[
        float | None, Field(ge=0, le=3000, description="around the destination, where it differs")
    ] = None
    origin_division: Division = ""
    destination_division: Division = ""
    bbox: Annotated[
        str, Field(max_length=80, description="origin in a map window: west,south,east,north in degrees")
    ] = ""
    way_from: PlaceText = ""
    way_to: PlaceText = ""
    detour_km: Annotated[
        float, Field(ge=0, le=MAX_DETOUR_KM, description="more by road than way_from to way_to alone")
    ] = DETOUR_KM
    body: Body | None = None
    min_weight_kg: Amount | None = None
    max_weight_kg: Amount | None = None
    min_length_cm: Amount | None = None
    max_length_cm: Amount | None = None
    mine: Annotated[bool, Field(description="the caller's own, in every state")] = False

    def wished(self) -> dict[str, Any]:
        """The fields of a wish."""
        return {
            name: getattr(self, name) for name in type(self).model_fields if name not in ("limit", "after")
        }


class LoadQuery(OfferQuery):
    """What a list of loads is limited to; `way_from` and `way_to`: what can be taken along on that way."""

    pickup_from: Instant | None = None
    pickup_to: Instant | None = None
    delivery_from: Instant | None = None
    delivery_to: Instant | None = None
    min_price_fen: Fen | None = None
    max_price_fen: Fen | None = None
    min_per_km_fen: Fen | None = None
    max_per_km_fen: Fen | None = None
    q: Annotated[str, Field(max_length=MOST_CHARACTERS, description="words in the goods, all of them")] = ""
    sort: Sort = Sort.POSTED


class LoadPage(Output):
    """A page of loads."""

    items: list[LoadOut]
    next: str | None


class WhyNotLoadQuery(Input):
    """The other half of the pair."""

    capacity_id: Identifier


@blueprint.post("/loads")
@trading
@blueprint.input(NewLoad)
@blueprint.output(LoadOut, 201)
@blueprint.doc(summary="Publish a load", security="bearer", responses=[401, 403, 422])
def create_load(actor: Actor, json_data: NewLoad) -> Load:
    """Publish a load of the caller's organization; it is matched before the answer."""
    found, now = services(), services().now()
    with found.read() as db:
        partners = partners_of(db, actor.org_id)
    draft, context = json_data.draft(partners), found.market.snapshot(now)
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
    filters = LoadWish(**query_data.wished()).filters(found.market, found.now())
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
    found, now = services(), services().now()
    with found.write() as db:
        once_for(db, actor, f"withdraw:{load_id}", now, lambda: withdraw_load(db, actor, load_id, now).id)
        return get_load(db, load_id, actor)


@blueprint.put("/loads/<load_id>")
@trading
@blueprint.input(LoadTerms)
@blueprint.output(LoadOut)
@blueprint.doc(summary="Give a load new terms", security="bearer", responses=[401, 403, 404, 409, 422])
def edit(actor: Actor, load_id: str, json_data: LoadTerms) -> Load:
    """All its terms anew, while it is open; it is matched again, and quotes on the old terms cannot be accepted."""
    found, now = services(), services().now()
    with found.read() as db:
        get_load(db, load_id, actor)  # a foreign load is missing, whatever the body says
    draft, context = json_data.draft(), found.market.snapshot(now)
    with found.write() as db:
        return edit_load(db, actor, load_id, draft, json_data.version, now, context)


@blueprint.get("/loads/<load_id>/matches")
@signed_in
@blueprint.output(MatchPage)
@blueprint.doc(summary="Capacities that fit a load", security="bearer", responses=[401, 404])
def matches(actor: Actor, load_id: str) -> object:
    """The best matches with their reasons: all for the publisher, a carrier's own for a carrier."""
    with services().read() as db:
        pairings = matches_of_load(db, load_id, actor)
    return {"items": [match_out(one.match) for one in pairings], "next": None}


@blueprint.get("/loads/<load_id>/near-misses")
@signed_in
@blueprint.output(NearMissPage)
@blueprint.doc(summary="Capacities that nearly fit a load", security="bearer", responses=[401, 404])
def near_misses(actor: Actor, load_id: str) -> object:
    """What would make them fit: all for the publisher, a carrier's own for a carrier."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.read() as db:
        near = near_capacities(db, load_id, actor, now, context)
    return {"items": [near_miss_out(one) for one in near], "next": None}


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
