"""The live map: vehicles that the viewer may see, asked for every few seconds by the page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, render_template, request

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.positions import positions_for
from haoyun.platform.live.ticket import issue
from haoyun.platform.portal.formats import ago
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import collection, point
from haoyun.platform.portal.page import page_group, signed_in, viewer
from haoyun.platform.services import services
from haoyun.tracking.fixes_store import FRESH

blueprint = page_group("live")


@blueprint.get("/live")
@signed_in
def index(actor: Actor) -> str:
    """The map and the list beside it."""
    return render_template("live.html", vehicles=_vehicles(actor))


@blueprint.get("/live/list")
@signed_in
def listed(actor: Actor) -> str:
    """The list alone, for the page's refresh."""
    return render_template("live_list.html", vehicles=_vehicles(actor))


@blueprint.get("/live/vehicles.json")
def vehicles() -> Response | tuple[Response, int]:
    """The same vehicles as GeoJSON; nothing for people who are not signed in any more."""
    actor = viewer()
    if actor is None:
        return jsonify(error="signed out"), 401
    found = _vehicles(actor)
    features = [
        point(one["lat"], one["lon"], id=one["vehicle_id"], kind=one["kind"], size=7, label=one["label"])
        for one in found
    ]
    return jsonify({**collection(features), "moving": sum(one["kind"] == "moving" for one in found)})


@blueprint.get("/live/ticket.json")
def ticket() -> Response | tuple[Response, int]:
    """Where the live stream is, and a ticket that opens it; nothing where there is no live process."""
    actor, settings = viewer(), services().settings
    if actor is None:
        return jsonify(error="signed out"), 401
    address = settings.live_address(request.host, request.scheme)
    if address is None:
        return jsonify(stream=None)
    query = urlencode({"ticket": issue(settings.signing_key(), actor)})
    return jsonify(stream=f"{address.rstrip('/')}/stream?{query}")


def _vehicles(actor: Actor) -> list[dict[str, Any]]:
    found, now = services(), services().now()
    shown = []
    for one in positions_for(found, actor):
        stale = now - one["fix_time"] > FRESH
        kind = "stale" if stale else "moving" if one["moving"] else "parked"
        speed = (
            gettext("%(n)s km/h", n=round(one["speed_kmh"])) if kind == "moving" and one["speed_kmh"] else ""
        )
        label = " · ".join(words for words in (one["plate"], speed, ago(one["fix_time"], now)) if words)
        shown.append({**one, "kind": kind, "speed": speed, "label": label})
    order = {"moving": 0, "parked": 1, "stale": 2}
    return sorted(shown, key=lambda one: (order[one["kind"]], one["plate"]))
