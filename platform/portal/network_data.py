"""The ground of every map: the roads and places of the installation's own network as GeoJSON, made once, compressed."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_babel import lazy_gettext as _l

from haoyun.maps.network import RoadNetwork
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.lanes import shown
from haoyun.platform.portal.map_tiles import tile_sources
from haoyun.platform.services import Services, services

_SIMPLIFY_DEG = {"schematic": 0.0, "streets": 0.00005}  # 5 m: invisible at street level
# Words that the maps room writes; listed here so that they are translated.
_ATTRIBUTIONS = (
    _l("Haoyun schematic trunk network, not for navigation. City positions: GeoNames (CC BY 4.0)"),
    _l("© OpenStreetMap contributors (ODbL)"),
)
_MAX_AGE_S = 3600
_GEOJSON = "application/geo+json"

blueprint = Blueprint("maps", __name__)


@dataclass(frozen=True, slots=True)
class _Packed:
    body: bytes
    etag: str


@blueprint.get("/maps/<name>/network.geojson")
def network(name: str) -> Response:
    """The roads."""
    return _answer(name, "network")


@blueprint.get("/maps/<name>/places.geojson")
def places(name: str) -> Response:
    """The named places in both languages."""
    return _answer(name, "places")


def map_options(found: Services) -> dict[str, Any]:
    """What a map element on a page needs to know about its ground."""
    road, name, base = found.market.network, found.settings.map, found.settings.base_map
    bounds = road.bounds
    own = {"tiles": tile_sources(found) if not base.is_foreign else {}, "schematic": road.kind == "schematic"}
    foreign = {"style": base.style_url, "raster": base.raster_url}
    # Ways drawn on somebody else's base map still come from our network: both are credited.
    credits = filter(None, (base.attribution, gettext(road.attribution)))
    return {
        "network": url_for("maps.network", name=name),
        "places": url_for("maps.places", name=name),
        "base": {**own, **foreign, "attribution": base.attribution},
        "bounds": [shown(bounds.south, bounds.west), shown(bounds.north, bounds.east)],
        "attribution": " · ".join(credits),
    }


def _answer(name: str, part: str) -> Response:
    found = services()
    if name != found.settings.map:
        abort(404)
    packed = _packed(found.market.network, part)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = Response(packed.body, mimetype=_GEOJSON, headers={"Content-Encoding": "gzip"})
    else:
        response = Response(gzip.decompress(packed.body), mimetype=_GEOJSON)
    response.headers["Vary"] = "Accept-Encoding"
    response.cache_control.public = True
    response.cache_control.max_age = _MAX_AGE_S
    response.set_etag(packed.etag, weak=True)  # weak: the same content, compressed or not
    response.make_conditional(request)
    return response


def _packed(road: RoadNetwork, part: str) -> _Packed:
    """Made at the first request of a process; the network never changes while it runs."""
    kept: dict[str, _Packed] = current_app.extensions.setdefault("haoyun_ground", {})
    if part not in kept:
        document = road.places_geojson() if part == "places" else road.to_geojson(_SIMPLIFY_DEG[road.kind])
        plain = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
        etag = hashlib.blake2b(plain, digest_size=10).hexdigest()
        kept[part] = _Packed(gzip.compress(plain, 6, mtime=0), etag)
    return kept[part]
