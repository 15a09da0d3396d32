"""Public tracking by number: works without JavaScript, and shows no plate, no driver, no exact position."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.api.following import follow
from haoyun.platform.api.limits import TRACKING, limiter
from haoyun.platform.api.public import coarse_position
from haoyun.platform.market.errors import NotFound
from haoyun.platform.portal.minimaps import NARROW_PX, WIDE_PX, order_minimap
from haoyun.platform.portal.page import page_group
from haoyun.platform.services import Services, services
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.sharing import log_look, outer_part
from haoyun.platform.trading.store import consignment_of, order_by_tracking_number

_STEPS = ("planned", "loaded", "in_transit", "arrived", "delivered")

blueprint = page_group("public_tracking")


@blueprint.get("/track")
def find() -> str | Response:
    """The search form; a number leads on to its page."""
    number = "".join(request.args.get("number", "").split()).upper()[:40]
    return (
        redirect(url_for("public_tracking.show", number=number))
        if number
        else render_template("track_find.html")
    )


@blueprint.get("/track/<number>")
@limiter.limit(TRACKING)
def show(number: str) -> str | tuple[str, int]:
    """Where a consignment is; a number that nobody has gets a page that says so. Every look is written down."""
    found = services()
    try:
        with found.read() as db:
            order = order_by_tracking_number(db, number)
            consignment = consignment_of(db, order.id)
    except NotFound:
        return render_template("track_find.html", number=number[:40]), 404
    with found.write() as db:
        log_look(db, order.id, outer_part(request.remote_addr), "page", found.now())
    return tracking_page(found, order, consignment)


def tracking_page(found: Services, order: Order, consignment: Consignment) -> str:
    """What anybody who was let in sees."""
    view = follow(found, order, consignment)
    position = coarse_position(view)
    spot = (position["lat"], position["lon"]) if position else None
    state = "loaded" if view.status.state == "at_origin" else view.status.state.value
    return render_template(
        "track.html",
        order=order,
        number=consignment.tracking_number,
        view=view,
        position=position,
        minimap=order_minimap(order, spot, WIDE_PX),
        small_minimap=order_minimap(order, spot, NARROW_PX),
        steps=_STEPS,
        reached=_STEPS.index(state),
    )
