"""Recall: where everything of a lot, pallet or item went, as a picture and a table."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, render_template, request

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.recall import trace_download
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.gate_words import place as gate_place
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.portal.trace_tree import tree
from haoyun.platform.services import services
from haoyun.platform.warehouse.recall import recall
from haoyun.rfid_ingest.epc.links import elements_of_path
from haoyun.rfid_ingest.places import names_of_places
from haoyun.rfid_ingest.trace import Trace

_GEO = re.compile(r"geo:(-?[\d.]+),(-?[\d.]+)")
_NEAR_KM = 30.0  # a place so near gives a position its name

blueprint = page_group("recall")


@blueprint.get("/warehouse/recall")
@signed_in
def index(actor: Actor) -> str | tuple[str, int]:
    """The question, and its answer once there is one."""
    what, form = request.args.get("what", "").strip(), Form({"what": request.args.get("what", "")})
    if not what:
        return render_template("recall.html", form=form, found=None)
    try:
        found = recall(services().databases, actor, what)
    except FieldErrors as error:
        form.refuse(error)
        return render_template("recall.html", form=form, found=None), 422
    return render_template("recall.html", form=form, **_shown(found))


@blueprint.get("/warehouse/recall.csv")
@signed_in
def as_csv(actor: Actor) -> Response:
    """The table as a file."""
    found = recall(services().databases, actor, request.args.get("what", ""))
    return trace_download(found, _places(found))


def _shown(found: Trace) -> dict[str, Any]:
    return {
        "found": found,
        "tree": tree(found),
        "places": _places(found),
        "short": short_name,
        "kind": kind_of,
    }


def short_name(key: str) -> str:
    """A thing as people read it: its number, not its address."""
    pairs = dict(elements_of_path(key))
    if "10" in pairs:
        return f"{pairs['01']} · {pairs['10']}"
    if "21" in pairs:
        return f"{pairs['01']} · {pairs['21']}"
    return next(iter(pairs.values()), key.rpartition(":")[2])


def kind_of(key: str) -> str:
    """What kind of thing it is, in words."""
    pairs = dict(elements_of_path(key))
    if ":bic:" in key:
        return gettext("Container")
    if "10" in pairs:
        return gettext("Lot")
    words = {
        "00": gettext("Pallet"),
        "01": gettext("Item"),
        "8003": gettext("Returnable asset"),
        "8004": gettext("Asset"),
    }
    return words.get(next(iter(pairs), ""), gettext("Thing"))


def _places(found: Trace) -> dict[str, str]:
    """Names for the places of a trace: of read points, else of the nearest place on the map."""
    uris = {thing.last.place for thing in found.things if thing.last}
    with services().read_tracking() as db:
        names = {uri: gate_place(name) for uri, name in names_of_places(db, uris).items()}
    for uri in uris - set(names):
        match = _GEO.match(uri)
        near = _nearest(float(match[1]), float(match[2])) if match else None
        names[uri] = place(near) if near else uri.removeprefix("https://id.gs1.org/414/")
    return names


def _nearest(lat: float, lon: float) -> Any:
    from haoyun.maps.geodesy import haversine_m  # noqa: PLC0415

    places = services().market.gazetteer.list()
    if not places:
        return None
    nearest = min(places, key=lambda one: float(haversine_m(lat, lon, one.lat, one.lon)))
    return nearest if float(haversine_m(lat, lon, nearest.lat, nearest.lon)) <= _NEAR_KM * 1000 else None
