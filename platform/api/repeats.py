"""Repeats: offers that are posted day after day from one pattern."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.drafts import OfferFields
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.language import language
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.repeat import Times
from haoyun.platform.publishing.repeats import (
    Repeat,
    add_repeat,
    end_repeat,
    get_repeat,
    list_repeats,
    occurrences_of,
)
from haoyun.platform.services import services

blueprint = resource("repeats", "Repeats")
Hours = Annotated[int, Field(ge=0, le=1000)]


class TimesIn(Input):
    """On which days, at which local time, and how long before an offer is posted."""

    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    first: date
    last: date
    at: Annotated[str, Field(max_length=5, description="when the window opens: 08:00")]
    hours: Annotated[Hours, Field(description="how long the window is")] = 4
    zone: Annotated[
        str | None, Field(max_length=64, description="IANA name; else the installation's time zone")
    ] = None
    ahead_h: Annotated[Hours, Field(description="how long before it opens the offer is posted")] = 24
    delivery_after_h: Annotated[Hours, Field(description="from the pickup's opening to the delivery's")] = 24
    delivery_hours: Annotated[Hours, Field(description="how long the delivery window is")] = 12

    def times(self) -> Times:
        """As publishing takes it. Raises FieldErrors."""
        values = self.model_dump()
        zone = self.zone or services().settings.time_zone
        return Times(**{**values, "weekdays": frozenset(self.weekdays), "zone": zone})


class NewRepeat(Input):
    """A pattern (fields without windows) and its times."""

    kind: Kind = Kind.LOAD
    name: Annotated[str, Field(max_length=80)]
    fields: OfferFields
    times: TimesIn


class TimesOut(Output):
    """On which days an offer is posted."""

    weekdays: list[int]
    first: date
    last: date
    at: str
    hours: int
    zone: str
    ahead_h: int
    delivery_after_h: int
    delivery_hours: int


class OccurrenceOut(Output):
    """What became of a day: an offer, or what was in its way, by field."""

    day: date
    offer_id: str | None
    errors: dict[str, str]
    at: datetime


class RepeatOut(Output):
    """A repeat. `next_at`: when the next offer is posted."""

    id: str
    kind: Kind
    name: str
    fields: dict[str, Any]
    times: TimesOut
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None


class RepeatWithDays(RepeatOut):
    """A repeat and what became of its days, the newest first."""

    occurrences: list[OccurrenceOut]


class RepeatPage(Output):
    """The repeats that run."""

    items: list[RepeatOut]
    next: str | None


@blueprint.post("/repeats")
@trading
@blueprint.input(NewRepeat)
@blueprint.output(RepeatOut, 201)
@blueprint.doc(summary="Repeat an offer", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewRepeat) -> Repeat:
    """Post an offer on days of the week; each day once, whatever happens to the worker."""
    found, now = services(), services().now()
    fields, times = json_data.fields.document(json_data.kind), json_data.times.times()

    def work() -> str:
        return add_repeat(db, actor, json_data.kind, json_data.name, fields, times, found.market.site, now).id

    with found.write() as db:
        return get_repeat(db, actor, once_for(db, actor, "repeat", now, work))


@blueprint.get("/repeats")
@signed_in
@blueprint.output(RepeatPage)
@blueprint.doc(summary="List repeats", security="bearer", responses=[401])
def list_own(actor: Actor) -> object:
    """The organization's repeats that run."""
    with services().read() as db:
        return {"items": list_repeats(db, actor), "next": None}


@blueprint.get("/repeats/<repeat_id>")
@signed_in
@blueprint.output(RepeatWithDays)
@blueprint.doc(summary="A repeat and its days", security="bearer", responses=[401, 404])
def get_one(actor: Actor, repeat_id: str) -> object:
    """One repeat, with what became of each day so far."""
    with services().read() as db:
        repeat, days = get_repeat(db, actor, repeat_id), occurrences_of(db, repeat_id)
    shown = [
        {
            "day": one.day,
            "offer_id": one.offer_id,
            "errors": one.problem.messages(language()) if one.problem else {},
            "at": one.at,
        }
        for one in days
    ]
    return {**{name: getattr(repeat, name) for name in RepeatOut.model_fields}, "occurrences": shown}


@blueprint.delete("/repeats/<repeat_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="End a repeat", security="bearer", responses=[401, 403, 404])
def end(actor: Actor, repeat_id: str) -> tuple[str, int]:
    """Post no more; what is posted stays."""
    found = services()
    with found.write() as db:
        end_repeat(db, actor, repeat_id, found.now())
    return "", 204
