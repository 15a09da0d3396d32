"""What people do with quotes: submit, accept, reject, counter, take back. They are shown on the load's page."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.idempotency import KeyReused
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group, said, signed_in, typed_fen
from haoyun.platform.services import services
from haoyun.platform.trading.store import (
    accept_quote,
    counter,
    get_quote,
    reject,
    submit_quote,
    withdraw_quote,
)

blueprint = page_group("quotes")
Act = Callable[[sa.Connection], object]


@blueprint.post("/quotes")
@signed_in
def submit(actor: Actor) -> Response:
    """A price of the signed-in side for a load and a capacity."""
    load_id, capacity_id = request.form.get("load_id", ""), request.form.get("capacity_id", "")
    now = services().now()
    _try(
        lambda db: submit_quote(db, actor, load_id, capacity_id, typed_fen("price"), now),
        gettext("Your quote was sent."),
    )
    return redirect(url_for("loads.show", load_id=load_id))


@blueprint.post("/quotes/<quote_id>/accept")
@signed_in
def accept(quote_id: str, actor: Actor) -> Response:
    """Make an order of it; pressing twice makes one."""
    found = services()
    try:
        with found.write() as db:
            order = accept_quote(db, actor, quote_id, found.now(), f"page:{quote_id}")
    except (Conflict, KeyReused) as error:
        flash(said(error) if isinstance(error, Conflict) else str(error), "error")
        return _to_load(quote_id, actor)
    flash(gettext("Accepted: the order is made."), "success")
    return redirect(url_for("orders.show", order_id=order.id))


@blueprint.post("/quotes/<quote_id>/reject")
@signed_in
def refuse(quote_id: str, actor: Actor) -> Response:
    """Say no to the other side."""
    now = services().now()
    _try(lambda db: reject(db, actor, quote_id, now), gettext("The quote was rejected."))
    return _to_load(quote_id, actor)


@blueprint.post("/quotes/<quote_id>/counter")
@signed_in
def answer(quote_id: str, actor: Actor) -> Response:
    """Answer with another price."""
    now = services().now()
    _try(lambda db: counter(db, actor, quote_id, typed_fen("price"), now), gettext("Your price was sent."))
    return _to_load(quote_id, actor)


@blueprint.post("/quotes/<quote_id>/withdraw")
@signed_in
def take_back(quote_id: str, actor: Actor) -> Response:
    """Take the own quote back."""
    now = services().now()
    _try(lambda db: withdraw_quote(db, actor, quote_id, now), gettext("Your quote was withdrawn."))
    return _to_load(quote_id, actor)


def _try(act: Act, done: str) -> None:
    """Do it in one transaction, and say how it went."""
    try:
        with services().write() as db:
            act(db)
        flash(done, "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    except Conflict as error:
        flash(said(error), "error")


def _to_load(quote_id: str, actor: Actor) -> Response:
    with services().read() as db:
        return redirect(url_for("loads.show", load_id=get_quote(db, quote_id, actor).load_id))
