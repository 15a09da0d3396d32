"""Vector tiles of the installation's map, and of every imported map that has some."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request, url_for

from haoyun.maps.catalog import list_maps
from haoyun.maps.errors import BadMapFile
from haoyun.maps.tiles.pmtiles import TileFile, tile_number
from haoyun.maps.tiles.tilegrid import Tile
from haoyun.maps.tiles.tileset import TileSet, kept_tiles, open_tiles, tile_paths
from haoyun.platform.services import Services, services

_MAX_AGE_S = 86_400  # pages ask with a version in the address: a new map is seen at once
_MVT = "application/vnd.mapbox-vector-tile"
_lock = threading.Lock()

blueprint = Blueprint("tiles", __name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A map's open files, and what the files were when they were opened."""

    tiles: TileSet | None
    version: str


@blueprint.get("/maps/<name>/<int:z>/<int:x>/<int:y>.mvt")
def roads(name: str, z: int, x: int, y: int) -> Response:
    """A tile of roads and place names."""
    return _answer(name, "roads", z, x, y)


@blueprint.get("/maps/<name>/land/<int:z>/<int:x>/<int:y>.mvt")
def land(name: str, z: int, x: int, y: int) -> Response:
    """A tile of what lies between the roads."""
    return _answer(name, "land", z, x, y)


@blueprint.get("/maps/<name>/<any(roads, land):part>.json")
def about(name: str, part: str) -> Response:
    """TileJSON 3.0, for QGIS and other map programs."""
    kept = _kept(services(), name)
    file = kept.tiles.parts().get(part) if kept.tiles else None
    if file is None:
        abort(404)
    address = url_for(f"tiles.{part}", name=name, z=0, x=0, y=0, _external=True)
    return jsonify(
        tilejson="3.0.0",
        name=name,
        tiles=[address.replace("/0/0/0.mvt", "/{z}/{x}/{y}.mvt")],
        **_extent(file),
        attribution=file.info.metadata["attribution"],
        vector_layers=file.info.metadata["vector_layers"],
    )


def tile_sources(found: Services) -> dict[str, dict[str, Any]]:
    """The vector sources of the installation's own map for the page; empty if it has no tiles."""
    name = found.settings.map
    kept = _kept(found, name)
    if kept.tiles is None:
        return {}
    sources = {}
    for part, file in kept.tiles.parts().items():
        address = url_for(f"tiles.{part}", name=name, z=0, x=0, y=0, v=kept.version)
        sources[part] = {"url": address.replace("/0/0/0.mvt", "/{z}/{x}/{y}.mvt"), **_extent(file)}
    return sources


def _answer(name: str, part: str, z: int, x: int, y: int) -> Response:
    kept = _kept(services(), name)
    file = kept.tiles.parts().get(part) if kept.tiles else None
    if file is None:
        abort(404)
    try:
        tile = Tile(z, x, y)
    except ValueError:
        abort(404)
    data = file.read(tile)
    response = Response(status=204) if data is None else _packed(data)
    response.cache_control.public = True
    response.cache_control.max_age = _MAX_AGE_S
    # Weak: the same tile, compressed or not.
    response.set_etag(f"{kept.version}-{part}-{tile_number(tile)}", weak=True)
    response.make_conditional(request)
    return response


def _packed(data: bytes) -> Response:
    """Tiles lie compressed in the file: they go out as they are to everyone who takes gzip."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = Response(data, mimetype=_MVT, headers={"Content-Encoding": "gzip"})
    else:
        response = Response(gzip.decompress(data), mimetype=_MVT)
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _extent(file: TileFile) -> dict[str, Any]:
    box = file.info.bounds
    return {
        "minzoom": file.info.min_zoom,
        "maxzoom": file.info.max_zoom,
        "bounds": [box.west, box.south, box.east, box.north],
    }


def _kept(found: Services, name: str) -> _Kept:
    """The open tiles of a map; opened anew after its files were replaced by another import."""
    if name != found.settings.map and name not in list_maps(found.settings.maps_folder):
        abort(404)
    known: dict[str, _Kept] = current_app.extensions.setdefault("haoyun_tiles", {})
    kept = known.get(name)
    if kept is None or kept.version != _version(found, name):
        with _lock:
            kept = known.get(name)  # another request may have opened them meanwhile
            if kept is None or kept.version != _version(found, name):
                kept = known[name] = _opened(found, name)
    return kept


def _opened(found: Services, name: str) -> _Kept:
    folder, own = found.settings.maps_folder, name == found.settings.map
    version = _version(found, name)  # before: files replaced while they are opened are opened again
    try:
        tiles = kept_tiles(found.market.network, folder) if own else open_tiles(name, folder)
    except (BadMapFile, OSError) as error:  # pages draw the map from GeoJSON then
        current_app.logger.warning("no tiles of the map %s: %s", name, error)
        tiles = None
    return _Kept(tiles, version)


def _version(found: Services, name: str) -> str:
    """Changes whenever one of the files does."""
    stamps = []
    for path in tile_paths(name, found.settings.maps_folder):
        try:
            state = path.stat()
        except OSError:
            stamps.append("none")
        else:
            stamps.append(f"{state.st_mtime_ns:x}-{state.st_size:x}")
    return hashlib.blake2b(" ".join(stamps).encode(), digest_size=8).hexdigest()
