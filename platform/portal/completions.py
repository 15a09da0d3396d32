"""Completes place fields beyond the map's own places: what is found stands for the closest place an offer may name."""

from __future__ import annotations

from flask import Response, jsonify, request

from haoyun.maps.gazetteer.addresses import divisions_of, places_named
from haoyun.maps.gazetteer.place import Place
from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.maps.geodesy import haversine_m
from haoyun.platform.api.place_book import find_place_book
from haoyun.platform.api.places import OFFER_REACH_M
from haoyun.platform.portal.formats import place as name_of
from haoyun.platform.portal.i18n import language
from haoyun.platform.portal.page import page_group
from haoyun.platform.services import services

_MOST = 8
_LONGEST = 60

blueprint = page_group("completions")


@blueprint.get("/complete/places")
def places() -> Response:
    """Options for the list of a place field: the map's place as `value`, what was found as `label`.

    An empty list while the place book is built: the field works as without JavaScript then.
    """
    typed = request.args.get("q", "").strip()[:_LONGEST]
    found = services()
    book = find_place_book(found.settings.maps_folder) if typed else None
    if book is None:
        return jsonify([])
    options: dict[str, dict[str, str]] = {}
    for place in [*places_named(book, typed), *(f.place for f in book.search(typed, 3 * _MOST))]:
        closest = found.market.gazetteer.nearest(place.lat, place.lon)
        far = haversine_m(place.lat, place.lon, closest.lat, closest.lon) > OFFER_REACH_M
        if not far and name_of(place) != name_of(closest):
            options.setdefault(place.code, {"value": name_of(closest), "label": _label(book, place)})
    return jsonify(list(options.values())[:_MOST])


def _label(book: PlaceBook, place: Place) -> str:
    """The name and the divisions it lies in: 北仑区 · 浙江省宁波市, or Beilun · Ningbo, Zhejiang."""
    upper = [d for d in divisions_of(book, place.division) if d.code != place.code]
    if language() == "zh":
        return " · ".join(filter(None, (name_of(place), "".join(d.name for d in upper))))
    return " · ".join(filter(None, (name_of(place), ", ".join(d.name_en for d in reversed(upper)))))
