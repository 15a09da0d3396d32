"""Drafts and chat messages: what is not published yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.drafts import copy_load
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.store import list_vehicles
from haoyun.platform.portal.i18n import gettext, language, zone
from haoyun.platform.portal.page import page_group, said, signed_in
from haoyun.platform.portal.publish_words import FIELDS
from haoyun.platform.publishing.chat.found import Kind, Parsed
from haoyun.platform.publishing.chat.parse import MAX_MESSAGE_CHARS, parse_message
from haoyun.platform.publishing.chat.places import names_of
from haoyun.platform.publishing.document import document_of_message
from haoyun.platform.publishing.drafts import (
    Draft,
    discard_draft,
    get_draft,
    list_drafts,
    may_write,
    publish_draft,
    save_draft,
)
from haoyun.platform.services import services

PAGE = 30
blueprint = page_group("drafts")


@blueprint.get("/publish")
@signed_in
def index(actor: Actor) -> str:
    """The organization's drafts, the last changed first."""
    with services().read() as db:
        page = list_drafts(db, actor, limit=PAGE, after=request.args.get("after"))
    return render_template("drafts.html", page=page, site_name=_site_name)


@blueprint.get("/publish/drafts/<draft_id>")
@signed_in
def edit(draft_id: str, actor: Actor) -> Response:
    """The draft in its form."""
    with services().read() as db:
        draft = get_draft(db, actor, draft_id)
    page = "post_load.new" if draft.kind is Kind.LOAD else "capacities.new"
    return redirect(url_for(page, draft=draft_id))


@blueprint.post("/publish/drafts/<draft_id>/publish")
@signed_in
def publish(draft_id: str, actor: Actor) -> Response:
    """Publish it; where something is missing, its form opens with a sentence at each field."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    try:
        with found.write() as db:
            draft = get_draft(db, actor, draft_id)
            offer_id = publish_draft(db, actor, draft_id, found.market.site, now, context)
    except FieldErrors as error:
        flash(_missing(error), "error")
        return redirect(url_for("drafts.edit", draft_id=draft_id))
    flash(gettext("It is published and matched."), "success")
    if draft.kind is Kind.LOAD:
        return redirect(url_for("loads.show", load_id=offer_id))
    return redirect(url_for("capacities.show", capacity_id=offer_id))


@blueprint.post("/publish/drafts/<draft_id>/discard")
@signed_in
def discard(draft_id: str, actor: Actor) -> Response:
    """Throw it away."""
    try:
        with services().write() as db:
            discard_draft(db, actor, draft_id)
        flash(gettext("The draft was discarded."), "success")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("drafts.index"))


@blueprint.post("/loads/<load_id>/copy")
@signed_in
def copy(load_id: str, actor: Actor) -> Response:
    """An own load as a draft, to post it again."""
    found = services()
    with found.write() as db:
        draft = copy_load(db, actor, load_id, found.now())
    return redirect(url_for("drafts.edit", draft_id=draft.id))


@blueprint.get("/publish/paste")
@signed_in
def paste(actor: Actor) -> str:
    """The box for a chat message."""
    must_trade(actor)
    return render_template("paste.html", text="", offers=[], pieces=[], error="", most=MAX_MESSAGE_CHARS)


@blueprint.post("/publish/paste")
@signed_in
def read(actor: Actor) -> str | tuple[str, int]:
    """What the message was understood to say, marked in its text; with `save`, each offer as a draft."""
    must_trade(actor)
    found, text = services(), request.form.get("text", "").replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= MAX_MESSAGE_CHARS:
        error = gettext("A message has 1 to %(n)s characters.", n=MAX_MESSAGE_CHARS)
        return render_template(
            "paste.html", text=text, offers=[], pieces=[], error=error, most=MAX_MESSAGE_CHARS
        ), 422
    offers = parse_message(text, names_of(found.market.gazetteer), found.now().astimezone(zone()))
    with found.write() as db:
        shown = [_shown(db, actor, one, text) for one in offers]
    return render_template(
        "paste.html", text=text, offers=shown, pieces=_pieces(text, offers), error="", most=MAX_MESSAGE_CHARS
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer of a message on the page."""

    parsed: Parsed
    draft: Draft | None
    rows: list[tuple[str, str]]
    questions: list[tuple[str, str, list[str]]]


def _shown(db: sa.Connection, actor: Actor, parsed: Parsed, text: str) -> Offer:
    """The offer, kept as a draft where the reader may post this kind."""
    may = may_write(actor, parsed.kind)
    fields = document_of_message(parsed, text)
    if parsed.kind is Kind.CAPACITY and "plate" in parsed.fields:
        plate = parsed.fields["plate"].value
        own = next((one for one in list_vehicles(db, actor) if one.plate == plate), None)
        fields |= {"vehicle_id": own.id} if own else {}
    draft = save_draft(db, actor, parsed.kind, fields, services().now(), text) if may else None
    rows = [
        (str(FIELDS.get(name, name)), " … ".join(text[a:b] for a, b in finding.spans))
        for name, finding in parsed.fields.items()
        if name not in ("price_mode", "temperature_max_c") or "price_fen" not in parsed.fields
    ]
    questions = [
        (str(FIELDS[q.field]), text[slice(*q.span)], [_name(site) for site in q.candidates])
        for q in parsed.questions
    ]
    return Offer(parsed, draft, rows, questions)


def _pieces(text: str, offers: list[Parsed]) -> list[tuple[str, str]]:
    """The message in pieces, each with how it was read: "read", "asked", "unread" or ""."""
    how = [""] * len(text)
    for offer in offers:
        spans = [("unread", span) for span in offer.unread]
        spans += [("read", span) for finding in offer.fields.values() for span in finding.spans]
        spans += [("asked", question.span) for question in offer.questions]
        for name, (start, end) in spans:
            how[start:end] = [name] * (end - start)
    pieces: list[tuple[str, str]] = []
    for character, name in zip(text, how, strict=True):
        if pieces and pieces[-1][1] == name:
            pieces[-1] = (pieces[-1][0] + character, name)
        else:
            pieces.append((character, name))
    return pieces


def _missing(error: FieldErrors) -> str:
    """Which fields are missing or wrong, by the names on the form."""
    words = error.messages(language()).items()
    return " · ".join(
        f"{FIELDS.get(field.partition('.')[0], field)}: {sentence}" for field, sentence in words
    )


def _name(site: Any) -> str:
    return str(site.name_zh if language() == "zh" else site.name_en)


def _site_name(code: str | None) -> str:
    place = services().market.gazetteer.find(code) if code else None
    return "?" if place is None else _name(place)
