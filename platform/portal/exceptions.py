"""Exceptions of the shipments of own orders: what stands, what came of it, and settling."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group, said, signed_in
from haoyun.platform.services import services
from haoyun.platform.trading.exceptions import list_exceptions, settle

blueprint = page_group("exceptions")
PAGE = 50


@blueprint.get("/exceptions")
@signed_in
def index(actor: Actor) -> str:
    """What stands, or everything; the newest first."""
    everything = request.args.get("state") == "all"
    before = request.args.get("before", type=int)
    found = list_exceptions(
        services().databases, actor, standing=not everything, before=before, limit=PAGE + 1
    )
    return render_template(
        "exceptions.html",
        exceptions=found[:PAGE],
        older=found[PAGE - 1].recorded.id if len(found) > PAGE else None,
        everything=everything,
        may_settle=actor.may_trade and (actor.is_shipper or actor.is_operator),
    )


@blueprint.post("/exceptions/<int:exception_id>/settle")
@signed_in
def settle_one(exception_id: int, actor: Actor) -> Response:
    """The shipper says what came of it."""
    found = services()
    try:
        settle(found.databases, actor, exception_id, request.form.get("note", ""), found.now())
        flash(gettext("The exception is settled."), "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("exceptions.index"))
