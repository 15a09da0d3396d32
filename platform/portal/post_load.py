"""The form that posts a load, and gives an open one new terms.

It asks in kilograms, cubic metres, metres, yuan and local time."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_own, must_ship
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.load import Load, LoadDraft, LoadState, PriceMode, Visibility
from haoyun.platform.market.store import edit_load, get_load, post_load
from haoyun.platform.market.values import Body, Equipment, Mode, Window
from haoyun.platform.portal.auction_form import PROPOSED, read_auction
from haoyun.platform.portal.draft_forms import drop_draft, keep_draft
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.offer_forms import fill_form
from haoyun.platform.portal.page import Form, page_group, said, signed_in
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import document_of_load
from haoyun.platform.publishing.drafts import get_draft
from haoyun.platform.publishing.partners import partners_of
from haoyun.platform.services import services

blueprint: Blueprint = page_group("post_load")


@blueprint.get("/loads/new")
@signed_in
def new(actor: Actor) -> str:
    """The empty form: tomorrow morning, delivery the day after. `draft` names a draft that fills it."""
    must_ship(actor)
    reader = Reader(Form())
    if "draft" in request.args:
        with services().read() as db:
            draft = get_draft(db, actor, request.args["draft"])
        fill_form(reader.form, draft.fields)
        reader.form.values.update(draft_id=draft.id, draft_version=str(draft.version))
        for name, value in {"pay_days": "30", **PROPOSED}.items():
            reader.form.values.setdefault(name, value)
        return _page(reader.form, draft.message)
    reader.default_window("pickup", days=1, hour=8, hours=4)
    reader.default_window("delivery", days=2, hour=8, hours=10)
    reader.form.values.update(PROPOSED, price_mode="ask", pay_days="30", mode="road")
    return _page(reader.form)


@blueprint.post("/loads")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Post it; with errors the form comes back with a sentence at each field."""
    must_ship(actor)
    found, form = services(), Form.of_request()
    if form.text("do") == "draft":
        return keep_draft(actor, Kind.LOAD, form) or (_page(form), 422)
    with found.read() as db:
        partners = partners_of(db, actor.org_id)
    draft = _draft(form, partners)
    if draft is not None:
        try:
            now = found.now()
            context = found.market.snapshot(now)
            with found.write() as db:
                load = post_load(db, actor, draft, now, context)
                drop_draft(db, actor, form)
            flash(gettext("The load is posted and matched."), "success")
            return redirect(url_for("loads.show", load_id=load.id))
        except FieldErrors as error:
            form.refuse(error)
        except Conflict as error:  # its draft was published meanwhile
            flash(said(error), "error")
            return redirect(url_for("drafts.index"))
    return _page(form), 422


@blueprint.get("/loads/<load_id>/edit")
@signed_in
def edit(load_id: str, actor: Actor) -> str | Response:
    """The form with the terms of an own load that is open."""
    with services().read() as db:
        load = get_load(db, load_id, actor)
    must_own(actor, load.org_id)
    if load.state is not LoadState.OPEN:
        flash(said(Conflict("load_not_open", state=load.state.value)), "error")
        return redirect(url_for("loads.show", load_id=load_id))
    form = Form()
    fill_form(form, {name: value for name, value in document_of_load(load).items() if value is not None})
    for name, value in PROPOSED.items():
        form.values.setdefault(name, value)
    form.values["version"] = str(load.version)
    return _page(form, load=load)


@blueprint.post("/loads/<load_id>/edit")
@signed_in
def change(load_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Give it the new terms, and match it again; somebody who was faster, or bids, are said to be there."""
    found, form = services(), Form.of_request()
    with found.read() as db:
        before = get_load(db, load_id, actor)
        must_own(actor, before.org_id)
        partners = partners_of(db, before.org_id)
    draft = _draft(form, partners, before)
    if draft is None:
        return _page(form, load=before), 422
    version = form.text("version")
    try:
        now = found.now()
        context = found.market.snapshot(now)
        with found.write() as db:
            edit_load(db, actor, load_id, draft, int(version) if version.isdecimal() else 0, now, context)
        flash(gettext("The load has new terms and was matched again."), "success")
    except FieldErrors as error:
        form.refuse(error)
        return _page(form, load=before), 422
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("loads.show", load_id=load_id))


def _page(form: Form, message: str = "", load: Load | None = None) -> str:
    return render_template(
        "load_form.html",
        form=form,
        message=message,
        load=load,
        bodies=[(b.value, BODIES[b.value]) for b in Body],
        places=services().market.gazetteer.list(),
        posted=request.method == "POST",
    )


def _draft(form: Form, partners: frozenset[str], before: Load | None = None) -> LoadDraft | None:
    """The load as typed, or None with what is wrong noted in the form.

    Of a load that is changed, `before`, stays what the form does not ask for: whom it is shown to, and an end of its
    own.
    """
    read = Reader(form)
    mode = form.text("price_mode")
    price_mode = PriceMode(mode) if mode in set(PriceMode) else PriceMode.ASK
    fixed, auctioned = price_mode is PriceMode.FIXED, price_mode is PriceMode.AUCTION
    visibility, invited = _shown_to(form, partners, before)
    to_partners = visibility is Visibility.PARTNERS
    if to_partners and not invited:
        form.refuse(FieldErrors({"visibility": ("no_partners", {})}))
    values = {
        "goods": read.text("goods", required=True),
        "weight_kg": read.whole("weight_kg", required=True),
        "volume_dm3": read.scaled("volume_dm3"),
        "ldm_cm": read.scaled("ldm_cm"),
        "max_piece_cm": read.scaled("max_piece_cm"),
        "pallets": read.whole("pallets"),
        "mode": Mode(form.text("mode")) if form.text("mode") in set(Mode) else Mode.ROAD,
        "equipment": frozenset(Equipment(one) for one in form.picked("equipment") if one in set(Equipment)),
        "body": frozenset(Body(one) for one in form.picked("body") if one in set(Body)),
        "temperature_min_c": read.optional_whole("temperature_min_c"),
        "temperature_max_c": read.optional_whole("temperature_max_c"),
        "dg_class": form.text("dg_class") or None,
        "origin": read.site("origin"),
        "destination": read.site("destination"),
        "pickup": read.window("pickup"),
        "delivery": read.window("delivery"),
        "price_mode": price_mode,
        "auction": read_auction(read) if auctioned else None,
        "price_fen": read.scaled("price_fen", required=True) if fixed else None,
        "visibility": visibility,
        "invited": invited,
        "public_at": read.optional_instant("public_at") if to_partners else None,
        "pay_days": read.whole("pay_days"),
        "note": form.text("note"),
    }
    if form.errors:
        return None
    if before is not None and before.expires_at != before.pickup.end:
        pickup = values["pickup"]
        if isinstance(pickup, Window) and before.expires_at <= pickup.end:
            values["expires_at"] = before.expires_at
    try:
        return LoadDraft(**values)  # type: ignore[arg-type]
    except FieldErrors as error:
        form.refuse(error)
        return None


def _shown_to(form: Form, partners: frozenset[str], before: Load | None) -> tuple[Visibility, frozenset[str]]:
    """Who sees it: as before where the form says the same, so that an edit shows it to nobody new."""
    typed = form.text("visibility")
    if before is not None and typed == before.visibility.value:
        return before.visibility, before.invited
    if typed == Visibility.PARTNERS.value:
        return Visibility.PARTNERS, partners
    return Visibility.PUBLIC, frozenset()
