"""The form that posts a load. It asks in kilograms, cubic metres, metres, yuan and local time."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_ship
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import LoadDraft, PriceMode
from haoyun.platform.market.store import post_load
from haoyun.platform.market.values import Body
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.services import services

blueprint: Blueprint = page_group("post_load")


@blueprint.get("/loads/new")
@signed_in
def new(actor: Actor) -> str:
    """The empty form: tomorrow morning, delivery the day after."""
    must_ship(actor)
    reader = Reader(Form())
    reader.default_window("pickup", days=1, hour=8, hours=4)
    reader.default_window("delivery", days=2, hour=8, hours=10)
    reader.form.values.update(price_mode="ask", pay_days="30")
    return _page(reader.form)


@blueprint.post("/loads")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Post it; with errors the form comes back with a sentence at each field."""
    must_ship(actor)
    found, form = services(), Form.of_request()
    draft = _draft(form)
    if draft is not None:
        try:
            now = found.now()
            context = found.market.snapshot(now)
            with found.write() as db:
                load = post_load(db, actor, draft, now, context)
            flash(gettext("The load is posted and matched."), "success")
            return redirect(url_for("loads.show", load_id=load.id))
        except FieldErrors as error:
            form.refuse(error)
    return _page(form), 422


def _page(form: Form) -> str:
    return render_template(
        "load_form.html",
        form=form,
        bodies=[(b.value, BODIES[b.value]) for b in Body],
        places=services().market.gazetteer.list(),
        posted=request.method == "POST",
    )


def _draft(form: Form) -> LoadDraft | None:
    """The load as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    fixed = form.text("price_mode") == PriceMode.FIXED.value
    values = {
        "goods": read.text("goods", required=True),
        "weight_kg": read.whole("weight_kg", required=True),
        "volume_dm3": read.scaled("volume_dm3"),
        "ldm_cm": read.scaled("ldm_cm"),
        "max_piece_cm": read.scaled("max_piece_cm"),
        "pallets": read.whole("pallets"),
        "body": frozenset(Body(one) for one in form.picked("body") if one in set(Body)),
        "temperature_min_c": read.optional_whole("temperature_min_c"),
        "temperature_max_c": read.optional_whole("temperature_max_c"),
        "dg_class": form.text("dg_class") or None,
        "origin": read.site("origin"),
        "destination": read.site("destination"),
        "pickup": read.window("pickup"),
        "delivery": read.window("delivery"),
        "price_mode": PriceMode.FIXED if fixed else PriceMode.ASK,
        "price_fen": read.scaled("price_fen", required=True) if fixed else None,
        "pay_days": read.whole("pay_days"),
        "note": form.text("note"),
    }
    if form.errors:
        return None
    try:
        return LoadDraft(**values)  # type: ignore[arg-type]
    except FieldErrors as error:
        form.refuse(error)
        return None
