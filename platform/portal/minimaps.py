"""Maps drawn by the server: for phones without WebGL, readers without JavaScript, and while the large map loads."""

from __future__ import annotations

from markupsafe import Markup

from haoyun.maps.minimap import MapPoint, route_svg
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.lanes import lane_line
from haoyun.platform.services import services
from haoyun.platform.trading.order import Order

WIDE_PX, NARROW_PX = (720, 400), (360, 300)  # letters keep their size only if the drawing fits the page


def order_minimap(
    order: Order, position: tuple[float, float] | None, size_px: tuple[int, int] = WIDE_PX
) -> Markup:
    """The way of an order with its ends, and the vehicle at `position` (lat, lon) if it is known."""
    network = services().market.network
    points = [
        MapPoint(order.origin.lat, order.origin.lon, place(order.origin), "origin"),
        MapPoint(order.destination.lat, order.destination.lon, place(order.destination), "destination"),
    ]
    if position:
        points.append(MapPoint(*position, "", "vehicle"))
    svg = route_svg(
        network,
        [(lat, lon) for lon, lat in lane_line(order.origin, order.destination)],
        points=points,
        width_px=size_px[0],
        height_px=size_px[1],
        lang=language(),
        title=f"{place(order.origin)} → {place(order.destination)}",
        attribution=gettext(network.attribution),
    )
    return Markup(svg)  # noqa: S704 - made by our own function, which escapes every label
