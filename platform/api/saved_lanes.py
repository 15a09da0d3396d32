"""Saved lanes: be told of new offers like this."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.alerts.store import rules_of
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.language import language
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.schemas import Amount, PlaceText, SiteOut, place
from haoyun.platform.market.load import MAX_WEIGHT_KG
from haoyun.platform.market.values import Body
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.saved_lane import SavedLane, Wish
from haoyun.platform.publishing.saved_lanes import end_lane, list_lanes, save_lane
from haoyun.platform.services import services

blueprint = resource("saved_lanes", "Saved lanes")


class NewLane(Input):
    """What to look for, and where to tell it besides the inbox."""

    name: Annotated[str, Field(max_length=80)]
    wants: Kind = Kind.LOAD
    origin: PlaceText | None = None
    destination: PlaceText | None = None
    radius_km: Annotated[Amount, Field(description="around both ends, as the crow flies")] = 50
    body: Body | None = None
    min_weight_kg: Amount = 0
    max_weight_kg: Amount = MAX_WEIGHT_KG
    weekdays: Annotated[
        list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7, description="of the pickup; 1 is Monday")
    ] = Field(default_factory=lambda: list(range(1, 8)))
    email: Annotated[str, Field(max_length=255)] = ""
    webhook_url: Annotated[str, Field(max_length=500)] = ""

    def wish(self) -> Wish:
        """As publishing takes it. Raises FieldErrors."""
        plain = ("name", "wants", "radius_km", "body", "min_weight_kg", "max_weight_kg")
        return Wish(
            **{name: getattr(self, name) for name in plain},
            origin=place("origin", self.origin) if self.origin else None,
            destination=place("destination", self.destination) if self.destination else None,
            weekdays=frozenset(self.weekdays),
        )


class LaneOut(Output):
    """A saved lane."""

    id: str
    name: str
    wants: Kind
    origin: SiteOut | None
    destination: SiteOut | None
    radius_km: int
    body: Body | None
    min_weight_kg: int
    max_weight_kg: int
    weekdays: list[int]
    email: str
    webhook_url: str
    created_at: datetime


class NewLaneOut(LaneOut):
    """A new lane; the secret that signs its webhooks is shown this once."""

    webhook_secret: str


class LanePage(Output):
    """The saved lanes, oldest first."""

    items: list[LaneOut]
    next: str | None


@blueprint.get("/saved-lanes")
@signed_in
@blueprint.output(LanePage)
@blueprint.doc(summary="List saved lanes", security="bearer", responses=[401])
def list_own(actor: Actor) -> object:
    """The organization's saved lanes."""
    with services().read() as db:
        lanes = list_lanes(db, actor)
        rules = {rule.id: rule for rule in rules_of(db, [actor.org_id])}
    return {"items": [_out(lane, rules.get(lane.rule_id)) for lane in lanes], "next": None}


@blueprint.post("/saved-lanes")
@trading
@blueprint.input(NewLane)
@blueprint.output(NewLaneOut, 201)
@blueprint.doc(summary="Save a lane", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewLane) -> object:
    """Be told of each new offer like this once: in the inbox, by e-mail, by webhook."""
    found, wish = services(), json_data.wish()
    with found.write() as db:
        lane, rule = save_lane(
            db, actor, wish, json_data.email, json_data.webhook_url, found.now(), language()
        )
    return {**_out(lane, rule), "webhook_secret": rule.webhook_secret}


@blueprint.delete("/saved-lanes/<lane_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Forget a saved lane", security="bearer", responses=[401, 403, 404])
def end(actor: Actor, lane_id: str) -> tuple[str, int]:
    """Be told no more."""
    found = services()
    with found.write() as db:
        end_lane(db, actor, lane_id, found.now())
    return "", 204


def _out(lane: SavedLane, rule: Any) -> dict[str, Any]:
    wish = {name: getattr(lane.wish, name) for name in LaneOut.model_fields if hasattr(lane.wish, name)}
    told = {"email": rule.email if rule else "", "webhook_url": rule.webhook_url if rule else ""}
    days = sorted(lane.wish.weekdays)
    return {**wish, **told, "weekdays": days, "id": lane.id, "created_at": lane.created_at}
