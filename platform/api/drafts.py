"""Drafts: offers in the making, and chat messages read into them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Instant, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import Amount, AuctionIn, Celsius, Fen, Identifier, PlaceText, SiteOut
from haoyun.platform.market.access import must_own
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import PriceMode, Visibility
from haoyun.platform.market.store import get_load
from haoyun.platform.market.values import Body, Equipment, Mode
from haoyun.platform.publishing.chat.found import Kind, Parsed
from haoyun.platform.publishing.chat.parse import MAX_MESSAGE_CHARS, parse_message
from haoyun.platform.publishing.chat.places import names_of
from haoyun.platform.publishing.document import FIELDS, document_of_message, pattern_of_load, plain
from haoyun.platform.publishing.drafts import (
    Draft,
    change_draft,
    discard_draft,
    get_draft,
    list_drafts,
    may_write,
    must_write,
    publish_draft,
    save_draft,
)
from haoyun.platform.services import services

blueprint = resource("drafts", "Drafts")


class OpenWindow(Input):
    """A window of which an end may be missing."""

    start: Instant | None = None
    end: Instant | None = None


class OfferFields(Input):
    """The fields of a load or of a capacity, any of them missing; see `POST /loads` and `POST /capacities`."""

    goods: Annotated[str, Field(max_length=120)] | None = None
    weight_kg: Amount | None = None
    volume_dm3: Amount | None = None
    ldm_cm: Amount | None = None
    max_piece_cm: Amount | None = None
    pallets: Amount | None = None
    body: Annotated[list[Body], Field(max_length=10)] | None = None
    temperature_min_c: Celsius | None = None
    temperature_max_c: Celsius | None = None
    dg_class: Annotated[str, Field(max_length=4)] | None = None
    origin: PlaceText | None = None
    destination: PlaceText | None = None
    pickup: OpenWindow | None = None
    delivery: OpenWindow | None = None
    price_mode: PriceMode | None = None
    price_fen: Fen | None = None
    visibility: Visibility | None = None
    auction: AuctionIn | None = None
    invited: Annotated[list[Identifier], Field(max_length=50)] | None = None
    public_at: Instant | None = None
    pay_days: Amount | None = None
    expires_at: Instant | None = None
    note: Annotated[str, Field(max_length=500)] | None = None
    mode: Mode | None = None
    equipment: Annotated[list[Equipment], Field(max_length=10)] | None = None
    vehicle_id: Identifier | None = None
    ready: OpenWindow | None = None
    radius_km: Amount | None = None
    cost_per_km_fen: Fen | None = None
    min_price_fen: Fen | None = None

    def document(self, kind: Kind) -> dict[str, Any]:
        """As publishing keeps it. Raises FieldErrors for fields of the other kind of offer."""
        found = self.model_dump(mode="json", exclude_none=True)
        if foreign := set(found) - set(FIELDS[kind]):
            raise FieldErrors({f"fields.{name}": ("draft_kind", {}) for name in sorted(foreign)})
        return found


class NewDraft(Input):
    """An offer in the making, however incomplete."""

    kind: Kind = Kind.LOAD
    fields: OfferFields = Field(default_factory=OfferFields)


class DraftChange(Input):
    """The draft written anew; `version` is the one that was read."""

    fields: OfferFields
    version: Annotated[int, Field(ge=1, le=10**9)]


class DraftQuery(PageQuery):
    """Which drafts."""

    kind: Kind | None = None


class DraftOut(Output):
    """A draft; `message` is the chat message it was read from, `published_id` the offer that it became."""

    id: str
    kind: Kind
    fields: dict[str, Any]
    message: str
    version: int
    created_at: datetime
    updated_at: datetime
    published_id: str | None


class DraftPage(Output):
    """A page of drafts, the last changed first."""

    items: list[DraftOut]
    next: str | None


class PublishedOut(Output):
    """The offer that a draft became."""

    id: str
    kind: Kind


class Message(Input):
    """A chat message in Chinese or English; with `save` each offer in it that the caller may post becomes a draft."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE_CHARS)]
    save: bool = False


class EvidenceOut(Output):
    """A field's value, and the parts of the message that say it: [from, to) in characters."""

    field: str
    value: Any
    spans: list[list[int]]


class QuestionOut(Output):
    """A place that the message does not decide, with the places of the map that it can mean."""

    field: str
    span: list[int]
    text: str
    candidates: list[SiteOut]


class OfferRead(Output):
    """One offer of a message. `fields` is what a draft of it holds; `unread` was not understood."""

    kind: Kind
    fields: dict[str, Any]
    evidence: list[EvidenceOut]
    questions: list[QuestionOut]
    unread: list[list[int]]
    draft_id: str | None


class MessageRead(Output):
    """The offers of a message in its order."""

    items: list[OfferRead]


@blueprint.post("/drafts/parse")
@trading
@blueprint.input(Message)
@blueprint.output(MessageRead)
@blueprint.doc(summary="Read a chat message", security="bearer", responses=[401, 403, 422])
def parse(actor: Actor, json_data: Message) -> object:
    """Read loads and capacities out of a chat message by rules; no value without a part of the text that says it."""
    found = services()
    local = found.now().astimezone(ZoneInfo(found.settings.time_zone))
    offers = parse_message(json_data.text, names_of(found.market.gazetteer), local)
    shown = [offer_read(one, json_data.text) for one in offers]
    if json_data.save:
        mine = [(one, out) for one, out in zip(offers, shown, strict=True) if may_write(actor, one.kind)]
        if not mine:
            must_write(actor, offers[0].kind)
        with found.write() as db:
            for one, out in mine:
                draft = save_draft(db, actor, one.kind, out["fields"], found.now(), json_data.text)
                out["draft_id"] = draft.id
    return {"items": shown}


def offer_read(parsed: Parsed, text: str) -> dict[str, Any]:
    """One offer of a message as the API shows it."""
    evidence = [
        {"field": name, "value": plain(found.value), "spans": [list(span) for span in found.spans]}
        for name, found in parsed.fields.items()
    ]
    questions = [
        {
            "field": question.field,
            "span": list(question.span),
            "text": text[slice(*question.span)],
            "candidates": list(question.candidates),
        }
        for question in parsed.questions
    ]
    return {
        "kind": parsed.kind,
        "fields": document_of_message(parsed, text),
        "evidence": evidence,
        "questions": questions,
        "unread": [list(span) for span in parsed.unread],
        "draft_id": None,
    }


@blueprint.post("/drafts")
@trading
@blueprint.input(NewDraft)
@blueprint.output(DraftOut, 201)
@blueprint.doc(summary="Save a draft", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewDraft) -> Draft:
    """Keep an offer in the making; only its own organization sees it."""
    found, now = services(), services().now()
    fields = json_data.fields.document(json_data.kind)
    with found.write() as db:
        draft_id = once_for(
            db, actor, "draft", now, lambda: save_draft(db, actor, json_data.kind, fields, now).id
        )
        return get_draft(db, actor, draft_id)


@blueprint.get("/drafts")
@signed_in
@blueprint.input(DraftQuery, location="query")
@blueprint.output(DraftPage)
@blueprint.doc(summary="List drafts", security="bearer", responses=[401, 422])
def list_own(actor: Actor, query_data: DraftQuery) -> object:
    """The organization's unpublished drafts."""
    with services().read() as db:
        return list_drafts(db, actor, query_data.kind, query_data.limit, query_data.after)


@blueprint.get("/drafts/<draft_id>")
@signed_in
@blueprint.output(DraftOut)
@blueprint.doc(summary="A draft", security="bearer", responses=[401, 404])
def get_one(actor: Actor, draft_id: str) -> Draft:
    """One draft of the organization."""
    with services().read() as db:
        return get_draft(db, actor, draft_id)


@blueprint.put("/drafts/<draft_id>")
@trading
@blueprint.input(DraftChange)
@blueprint.output(DraftOut)
@blueprint.doc(summary="Change a draft", security="bearer", responses=[401, 403, 404, 409, 422])
def change(actor: Actor, draft_id: str, json_data: DraftChange) -> Draft:
    """Write all fields of a draft anew."""
    found = services()
    with found.write() as db:
        fields = json_data.fields.document(get_draft(db, actor, draft_id).kind)
        return change_draft(db, actor, draft_id, fields, json_data.version, found.now())


@blueprint.delete("/drafts/<draft_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Discard a draft", security="bearer", responses=[401, 403, 404, 409])
def discard(actor: Actor, draft_id: str) -> tuple[str, int]:
    """Throw a draft away."""
    with services().write() as db:
        discard_draft(db, actor, draft_id)
    return "", 204


@blueprint.post("/drafts/<draft_id>/publish")
@trading
@blueprint.output(PublishedOut)
@blueprint.doc(summary="Publish a draft", security="bearer", responses=[401, 403, 404, 422])
def publish(actor: Actor, draft_id: str) -> object:
    """Make the offer; asked twice, the same offer is the answer. Every missing or wrong field is named."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.write() as db:
        kind = get_draft(db, actor, draft_id).kind
        return {"id": publish_draft(db, actor, draft_id, found.market.site, now, context), "kind": kind}


@blueprint.post("/loads/<load_id>/copy")
@trading
@blueprint.output(DraftOut, 201)
@blueprint.doc(summary="Copy a load into a draft", security="bearer", responses=[401, 403, 404])
def copy(actor: Actor, load_id: str) -> Draft:
    """An own load as a draft, to post it again with other times."""
    found, now = services(), services().now()
    with found.write() as db:
        return copy_load(db, actor, load_id, now)


def copy_load(db: Any, actor: Actor, load_id: str, now: datetime) -> Draft:
    """A draft of an own load without its times, which are mostly over. Raises NotFound, NotAllowed."""
    must_write(actor, Kind.LOAD)
    load = get_load(db, load_id, actor)
    must_own(actor, load.org_id)
    times = ("pickup", "delivery", "expires_at", "public_at")
    fields = {k: v for k, v in pattern_of_load(load).items() if k not in times and v not in (None, "", [], 0)}
    return save_draft(db, actor, Kind.LOAD, fields, now)
