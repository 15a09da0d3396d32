"""Sharing an order: links and grants made and ended on its page, and what those see who were let in."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.api.following import follow
from haoyun.platform.api.limits import TRACKING, limiter
from haoyun.platform.market.errors import FieldErrors, NotFound
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.journeys import proof
from haoyun.platform.portal.minimaps import NARROW_PX, WIDE_PX, order_minimap
from haoyun.platform.portal.page import names_of, page_group, signed_in
from haoyun.platform.portal.public_tracking import tracking_page
from haoyun.platform.services import services
from haoyun.platform.trading.orders_store import find_order
from haoyun.platform.trading.sharing import (
    granted,
    log_look,
    looks_at,
    outer_part,
    redeem_link,
    revoke_share,
    share_link,
    share_with,
    shares_of,
)
from haoyun.platform.trading.store import consignment_of, get_order

blueprint = page_group("sharing")


@blueprint.get("/s/<token>")
@limiter.limit(TRACKING)
def opened(token: str) -> str | tuple[str, int]:
    """What a link shows: the same as the public page. A wrong, an expired and an ended link look the same."""
    found, now = services(), services().now()
    try:
        with found.write() as db:
            share = redeem_link(db, token, now)
            order = find_order(db, share.order_id)
            if order is None:
                raise NotFound
            consignment = consignment_of(db, order.id)
            log_look(db, order.id, outer_part(request.remote_addr), "page", now, share)
    except NotFound:
        return render_template("share_closed.html"), 404
    return tracking_page(found, order, consignment)


@blueprint.get("/orders/<order_id>/share")
@signed_in
def index(order_id: str, actor: Actor) -> str:
    """Who was let in, who looked, and the forms to let somebody in."""
    return _index(actor, order_id, None)


@blueprint.post("/orders/<order_id>/share/link")
@signed_in
def link(order_id: str, actor: Actor) -> str | Response:
    """Make a link; it is shown this once."""
    found = services()
    try:
        with found.write() as db:
            lasts = timedelta(hours=_number(request.form.get("hours", "")))
            _, token = share_link(
                db, actor, order_id, request.form.get("label", "").strip(), lasts, found.now()
            )
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
        return redirect(url_for("sharing.index", order_id=order_id))
    return _index(actor, order_id, url_for("sharing.opened", token=token, _external=True))


@blueprint.post("/orders/<order_id>/share/grant")
@signed_in
def grant(order_id: str, actor: Actor) -> Response:
    """Let another organization read the order for a time."""
    found, now = services(), services().now()
    until = now + timedelta(hours=_number(request.form.get("hours", "")))
    to_org = request.form.get("to_org", "").strip()[:40]
    try:
        with found.write() as db:
            get_order(db, order_id, actor)  # a stranger learns nothing of organizations either
            if not names_of(db, {to_org}).get(to_org):
                raise FieldErrors({"to_org": ("not_found", {})})
            share_with(db, actor, order_id, to_org, (now, until), now)
        flash(gettext("The organization may read the order now."), "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    return redirect(url_for("sharing.index", order_id=order_id))


@blueprint.post("/orders/<order_id>/share/<share_id>/end")
@signed_in
def end(order_id: str, share_id: str, actor: Actor) -> Response:
    """Let nobody in by this share any more."""
    with services().write() as db:
        revoke_share(db, actor, share_id, services().now())
    flash(gettext("The share is ended."), "success")
    return redirect(url_for("sharing.index", order_id=order_id))


@blueprint.get("/shared/<order_id>")
@signed_in
def read(order_id: str, actor: Actor) -> str:
    """An order that another organization lets the reader's one see: timeline with evidence, position, no terms."""
    found, now = services(), services().now()
    with found.write() as db:
        share = granted(db, actor, order_id, now)
        order = find_order(db, order_id)
        if order is None:
            raise NotFound
        consignment = consignment_of(db, order_id)
        log_look(db, order_id, get_organization(db, actor.org_id).name, "page", now, share)
    view = follow(found, order, consignment)
    spot = (view.position.state.lat, view.position.state.lon) if view.position else None
    return render_template(
        "shared.html",
        order=order,
        number=consignment.tracking_number,
        view=view,
        proof=proof,
        until=share.expires_at,
        minimap=order_minimap(order, spot, WIDE_PX),
        small_minimap=order_minimap(order, spot, NARROW_PX),
    )


def _index(actor: Actor, order_id: str, new_link: str | None) -> str:
    found, now = services(), services().now()
    with found.read() as db:
        order = get_order(db, order_id, actor)
        consignment = consignment_of(db, order_id)
        shares, looks = shares_of(db, actor, order_id), looks_at(db, actor, order_id)
        names = names_of(db, {one.to_org for one in shares if one.to_org})
    return render_template(
        "share.html",
        order=order,
        consignment=consignment,
        shares=[(one, one.is_open(now)) for one in shares],
        looks=looks,
        names=names,
        new_link=new_link,
        may_share=actor.may_trade,
    )


def _number(text: str) -> float:
    try:
        return min(float(text), 1e6)
    except ValueError:
        return 0.0
