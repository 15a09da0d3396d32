"""Capacities: offer a vehicle's space, search, withdraw, and what matches it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.security import actor_of_request
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.loads import OfferQuery, verdict
from haoyun.platform.api.resource import Input, Instant, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import (
    Amount,
    CapacityOut,
    Fen,
    Identifier,
    MatchPage,
    NearMissPage,
    PlaceText,
    WhyNotOut,
    WindowIn,
    capacity_out,
    match_out,
    near_miss_out,
    place,
)
from haoyun.platform.market.capacity import Capacity, CapacityDraft
from haoyun.platform.market.capacity_search import CapacitySort, list_capacities
from haoyun.platform.market.nearly import near_loads
from haoyun.platform.market.store import get_capacity, matches_of_capacity, post_capacity, withdraw_capacity
from haoyun.platform.market.values import Equipment, Mode
from haoyun.platform.market.wishes import CapacityWish
from haoyun.platform.services import services

blueprint = resource("capacities", "Capacities")
_PLAIN = ("origin", "destination", "ready", "equipment")


class NewCapacity(Input):
    """Free space of a vehicle; weight, volume and floor are the vehicle's own where they are left out."""

    vehicle_id: Identifier
    origin: PlaceText
    destination: PlaceText | None = None
    ready: WindowIn
    mode: Mode = Mode.ROAD
    equipment: Annotated[list[Equipment], Field(max_length=10, description="what it brings along")] = Field(
        default_factory=list
    )
    radius_km: Amount = 200
    weight_kg: Amount | None = None
    volume_dm3: Amount | None = None
    ldm_cm: Amount | None = None
    cost_per_km_fen: Fen = 420
    min_price_fen: Fen | None = None
    note: Annotated[str, Field(max_length=500)] = ""
    trailer_id: Identifier | None = None
    driver_id: Identifier | None = None

    def draft(self) -> CapacityDraft:
        """As the market takes it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in NewCapacity.model_fields if name not in _PLAIN}
        return CapacityDraft(
            **values,
            origin=place("origin", self.origin),
            destination=place("destination", self.destination) if self.destination else None,
            ready=self.ready.window("ready"),
            equipment=frozenset(self.equipment),
        )


class CapacityQuery(OfferQuery):
    """What a list of capacities is limited to; `way_from` and `way_to`: who can take a load along on that way."""

    ready_from: Instant | None = None
    ready_to: Instant | None = None
    min_cost_per_km_fen: Annotated[Fen | None, Field(description="with `mine` only, as max_")] = None
    max_cost_per_km_fen: Fen | None = None
    max_price_fen: Annotated[Fen | None, Field(description="who takes this price, or names no least")] = None
    sort: CapacitySort = CapacitySort.POSTED


class CapacityPage(Output):
    """A page of capacities."""

    items: list[CapacityOut]
    next: str | None


class WhyNotCapacityQuery(Input):
    """The other half of the pair."""

    load_id: Identifier


@blueprint.post("/capacities")
@trading
@blueprint.input(NewCapacity)
@blueprint.output(CapacityOut, 201)
@blueprint.doc(summary="Offer a capacity", security="bearer", responses=[401, 403, 404, 422])
def create_capacity(actor: Actor, json_data: NewCapacity) -> Capacity:
    """Offer the free space of a vehicle; it is matched before the answer."""
    found, now = services(), services().now()
    draft, context = json_data.draft(), found.market.snapshot(now)
    with found.write() as db:
        made = once_for(db, actor, "capacity", now, lambda: post_capacity(db, actor, draft, now, context).id)
        return get_capacity(db, made, actor)


@blueprint.get("/capacities")
@blueprint.input(CapacityQuery, location="query")
@blueprint.output(CapacityPage)
@blueprint.doc(summary="Search capacities", responses=[422])
def search_capacities(query_data: CapacityQuery) -> Any:
    """Capacities on offer; no sign-in needed."""
    found = services()
    filters = CapacityWish(**query_data.wished()).filters(found.market, found.now())
    with found.read() as db:
        actor = actor_of_request()
        page = list_capacities(db, filters, actor, query_data.limit, query_data.after)
    return {"items": [capacity_out(one, actor) for one in page.items], "next": page.next}


@blueprint.get("/capacities/<capacity_id>")
@blueprint.output(CapacityOut)
@blueprint.doc(summary="A capacity", responses=[404])
def get_one(capacity_id: str) -> object:
    """One capacity; those on offer need no sign-in."""
    with services().read() as db:
        actor = actor_of_request()
        return capacity_out(get_capacity(db, capacity_id, actor), actor)


@blueprint.post("/capacities/<capacity_id>/withdraw")
@trading
@blueprint.output(CapacityOut)
@blueprint.doc(summary="Withdraw a capacity", security="bearer", responses=[401, 403, 404, 409])
def withdraw(actor: Actor, capacity_id: str) -> Capacity:
    """Take a capacity back; its orders go on."""
    found, now = services(), services().now()
    with found.write() as db:
        what = f"withdraw:{capacity_id}"
        once_for(db, actor, what, now, lambda: withdraw_capacity(db, actor, capacity_id, now).id)
        return get_capacity(db, capacity_id, actor)


@blueprint.get("/capacities/<capacity_id>/matches")
@signed_in
@blueprint.output(MatchPage)
@blueprint.doc(summary="Loads that fit a capacity", security="bearer", responses=[401, 404])
def matches(actor: Actor, capacity_id: str) -> object:
    """The best matches with their reasons: all for the carrier, a shipper's own for a shipper."""
    with services().read() as db:
        pairings = matches_of_capacity(db, capacity_id, actor)
    return {"items": [match_out(one.match) for one in pairings], "next": None}


@blueprint.get("/capacities/<capacity_id>/near-misses")
@signed_in
@blueprint.output(NearMissPage)
@blueprint.doc(summary="Loads that nearly fit a capacity", security="bearer", responses=[401, 404])
def near_misses(actor: Actor, capacity_id: str) -> object:
    """What would make them fit: all for the carrier, a shipper's own for a shipper."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.read() as db:
        near = near_loads(db, capacity_id, actor, now, context)
    return {"items": [near_miss_out(one) for one in near], "next": None}


@blueprint.get("/capacities/<capacity_id>/why-not")
@signed_in
@blueprint.input(WhyNotCapacityQuery, location="query")
@blueprint.output(WhyNotOut)
@blueprint.doc(summary="Why a load does not fit", security="bearer", responses=[401, 404, 422])
def why_not_capacity(actor: Actor, capacity_id: str, query_data: WhyNotCapacityQuery) -> object:
    """The first hard constraint that the pair breaks, or its match."""
    return verdict(actor, query_data.load_id, capacity_id)
