"""Public tracking by number: works without JavaScript, and shows no plate, no driver, no exact position."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from haoyun.maps.minimap import MapPoint, route_svg
from haoyun.platform.api.following import follow
from haoyun.platform.api.limits import TRACKING, limiter
from haoyun.platform.api.public import coarse_position
from haoyun.platform.market.errors import NotFound
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import language
from haoyun.platform.portal.lanes import lane_line
from haoyun.platform.portal.page import page_group
from haoyun.platform.services import services
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.store import consignment_of, order_by_tracking_number

_STEPS = ("planned", "loaded", "in_transit", "arrived", "delivered")
_MINIMAP_PX = (720, 400)

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
    """Where a consignment is; a number that nobody has gets a page that says so."""
    found = services()
    try:
        with found.read() as db:
            order = order_by_tracking_number(db, number)
            consignment = consignment_of(db, order.id)
    except NotFound:
        return render_template("track_find.html", number=number[:40]), 404
    view = follow(found, order, consignment)
    position = coarse_position(view)
    state = "loaded" if view.status.state == "at_origin" else view.status.state.value
    return render_template(
        "track.html",
        order=order,
        number=consignment.tracking_number,
        view=view,
        position=position,
        minimap=_minimap(order, position),
        steps=_STEPS,
        reached=_STEPS.index(state),
    )


def _minimap(order: Order, position: dict[str, Any] | None) -> Markup:
    points = [
        MapPoint(order.origin.lat, order.origin.lon, place(order.origin), "origin"),
        MapPoint(order.destination.lat, order.destination.lon, place(order.destination), "destination"),
    ]
    if position:
        points.append(MapPoint(position["lat"], position["lon"], "", "vehicle"))
    width, height = _MINIMAP_PX
    way = [(lat, lon) for lon, lat in lane_line(order.origin, order.destination)]
    svg = route_svg(
        services().market.network,
        way,
        points=points,
        width_px=width,
        height_px=height,
        lang=language(),
        title=f"{place(order.origin)} → {place(order.destination)}",
    )
    return Markup(svg)  # noqa: S704 - made by our own function, which escapes every label
