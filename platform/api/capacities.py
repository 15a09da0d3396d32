"""Capacities: offer a vehicle's space, search, withdraw, and what matches it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.security import actor_of_request
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.loads import codes_near, verdict
from haoyun.platform.api.resource import Input, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import (
    Amount,
    CapacityOut,
    Fen,
    Identifier,
    MatchPage,
    PlaceText,
    WhyNotOut,
    WindowIn,
    match_out,
    place,
)
from haoyun.platform.market.capacity import Capacity, CapacityDraft
from haoyun.platform.market.search import CapacityFilter, list_capacities
from haoyun.platform.market.store import get_capacity, matches_of_capacity, post_capacity, withdraw_capacity
from haoyun.platform.market.values import Body
from haoyun.platform.services import Services, services

blueprint = resource("capacities", "Capacities")
_PLAIN = ("origin", "destination", "ready")


class NewCapacity(Input):
    """Free space of a vehicle; weight, volume and floor are the vehicle's own where they are left out."""

    vehicle_id: Identifier
    origin: PlaceText
    destination: PlaceText | None = None
    ready: WindowIn
    radius_km: Amount = 200
    weight_kg: Amount | None = None
    volume_dm3: Amount | None = None
    ldm_cm: Amount | None = None
    cost_per_km_fen: Fen = 420
    min_price_fen: Fen | None = None
    note: Annotated[str, Field(max_length=500)] = ""

    def draft(self) -> CapacityDraft:
        """As the market takes it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in NewCapacity.model_fields if name not in _PLAIN}
        return CapacityDraft(
            **values,
            origin=place("origin", self.origin),
            destination=place("destination", self.destination) if self.destination else None,
            ready=self.ready.window("ready"),
        )


class CapacityQuery(PageQuery):
    """What a list of capacities is limited to."""

    origin: PlaceText | None = None
    destination: PlaceText | None = None
    radius_km: Annotated[float, Field(ge=0, le=3000, description="around origin and destination")] = 0
    body: Body | None = None
    min_weight_kg: Amount | None = None
    mine: Annotated[bool, Field(description="the caller's own, in every state")] = False

    def filters(self, found: Services) -> CapacityFilter:
        """As the market takes it. Raises FieldErrors for an unknown place."""
        return CapacityFilter(
            body=self.body,
            min_weight_kg=self.min_weight_kg,
            mine=self.mine,
            origin_codes=codes_near(found, "origin", self.origin, self.radius_km),
            destination_codes=codes_near(found, "destination", self.destination, self.radius_km),
        )


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
    filters = query_data.filters(found)
    with found.read() as db:
        return list_capacities(db, filters, actor_of_request(), query_data.limit, query_data.after)


@blueprint.get("/capacities/<capacity_id>")
@blueprint.output(CapacityOut)
@blueprint.doc(summary="A capacity", responses=[404])
def get_one(capacity_id: str) -> Capacity:
    """One capacity; those on offer need no sign-in."""
    with services().read() as db:
        return get_capacity(db, capacity_id, actor_of_request())


@blueprint.post("/capacities/<capacity_id>/withdraw")
@trading
@blueprint.output(CapacityOut)
@blueprint.doc(summary="Withdraw a capacity", security="bearer", responses=[401, 403, 404, 409])
def withdraw(actor: Actor, capacity_id: str) -> Capacity:
    """Take a capacity back; its orders go on."""
    found = services()
    with found.write() as db:
        return withdraw_capacity(db, actor, capacity_id, found.now())


@blueprint.get("/capacities/<capacity_id>/matches")
@signed_in
@blueprint.output(MatchPage)
@blueprint.doc(summary="Loads that fit a capacity", security="bearer", responses=[401, 404])
def matches(actor: Actor, capacity_id: str) -> object:
    """The best matches with their reasons: all for the carrier, a shipper's own for a shipper."""
    with services().read() as db:
        pairings = matches_of_capacity(db, capacity_id, actor)
    return {"items": [match_out(one.match) for one in pairings], "next": None}


@blueprint.get("/capacities/<capacity_id>/why-not")
@signed_in
@blueprint.input(WhyNotCapacityQuery, location="query")
@blueprint.output(WhyNotOut)
@blueprint.doc(summary="Why a load does not fit", security="bearer", responses=[401, 404, 422])
def why_not_capacity(actor: Actor, capacity_id: str, query_data: WhyNotCapacityQuery) -> object:
    """The first hard constraint that the pair breaks, or its match."""
    return verdict(actor, query_data.load_id, capacity_id)
