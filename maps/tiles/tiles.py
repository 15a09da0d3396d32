"""Tiles of a map: its roads by class (and place names) as PMTiles beside the map's own file.

`NAME.roads.pmtiles` comes from the network alone, `NAME.land.pmtiles` from the extract (see `landscape.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geojson import drawn_edges
from haoyun.maps.network import Bounds, RoadNetwork
from haoyun.maps.tiles.mvt import EXTENT, Value, encode_layer
from haoyun.maps.tiles.pmtiles import write_pmtiles
from haoyun.maps.tiles.tilegrid import Tile, to_unit
from haoyun.maps.tiles.tiling import BUFFER, Progress, TileLayer, cut_tiles

ROADS_SUFFIX = ".roads.pmtiles"
LAND_SUFFIX = ".land.pmtiles"
MAX_ZOOM = {"streets": 14, "schematic": 9}  # deeper zooms draw the last one enlarged
# The zoom at which a class appears: a screen then holds some hundred roads, not thousands.
CLASS_ZOOM = {
    "motorway": 4, "trunk": 5, "primary": 7, "secondary": 9, "tertiary": 11,
    "unclassified": 12, "residential": 12, "living_street": 13, "service": 13, "ferry": 6,
}  # fmt: skip
OTHER_ZOOM = 12
_LINK_LATER, _LINK_ZOOM = 2, 11  # ramps matter once one sees the junction, never in the overview
_NUMBER = re.compile(r"[A-Za-z]{0,4}[ -]?\d{1,5}[A-Za-z]?")


def class_zoom(highway: str, kind: str = "streets") -> int:
    """The zoom from which roads of an OpenStreetMap class are drawn; everything at once on a schematic map."""
    if kind == "schematic":
        return 0
    plain = highway.removesuffix("_link")
    zoom = CLASS_ZOOM.get(plain, OTHER_ZOOM)
    return zoom if plain == highway else max(zoom + _LINK_LATER, _LINK_ZOOM)


def road_layer(network: RoadNetwork) -> TileLayer:
    """The roads, each once, as long lines with `class`, `link` and `ref` (a number) or `name`.

    Edges of the same class and name that meet end to end become one line, which draws and labels better.
    """
    import shapely  # noqa: PLC0415 - only where tiles are made

    groups: dict[tuple[str, str], list[NDArray[np.float64]]] = defaultdict(list)
    for edge in drawn_edges(network).tolist():
        groups[network.edge_class[edge], network.edge_ref[edge]].append(network.edge_line(edge))
    geometries, zooms, properties = [], [], []
    for (highway, ref), lines in groups.items():
        strings = [shapely.linestrings(np.column_stack(to_unit(line[:, 0], line[:, 1]))) for line in lines]
        merged = shapely.line_merge(shapely.multilinestrings(strings))
        for part in shapely.get_parts(merged):
            geometries.append(part)
            zooms.append(class_zoom(highway, network.kind))
            properties.append(_road_properties(highway, ref))
    return TileLayer("roads", np.array(geometries, dtype=object), np.array(zooms, dtype=np.int64), properties)


def place_layer(network: RoadNetwork) -> TileLayer:
    """The named nodes as points with name_zh, name_en, rank and code."""
    import shapely  # noqa: PLC0415 - only where tiles are made

    named = [(i, name) for i, name in enumerate(network.node_name) if name is not None]
    at = [i for i, _ in named]
    points = shapely.points(np.column_stack(to_unit(network.node_lat[at], network.node_lon[at])))
    zoom = np.array([(0, 3, 5, 9, 12)[name.rank - 1] for _, name in named], dtype=np.int64)
    properties: list[dict[str, Value | None]] = [
        {"name_zh": name.zh, "name_en": name.en, "rank": name.rank, "code": name.code} for _, name in named
    ]
    return TileLayer("places", np.asarray(points, dtype=object), zoom, properties)


def build_road_tiles(
    network: RoadNetwork, path: Path, progress: Progress | None = None, made_from: str = ""
) -> int:
    """Write the tiles of a network's roads and names; returns how many there are.

    `made_from` is kept in the file, so that tiles of an older network can be told.
    """
    layers = [layer for layer in (road_layer(network), place_layer(network)) if len(layer.geometries)]
    bounds, max_zoom = drawn_bounds(network), MAX_ZOOM[network.kind]
    return write_layers(path, layers, bounds, network.attribution, max_zoom, progress, made_from)


def drawn_bounds(network: RoadNetwork) -> Bounds:
    """The box around everything drawn: a road may swing out beyond its ends."""
    lines = np.concatenate([network.edge_line(edge) for edge in drawn_edges(network).tolist()])
    (south, west), (north, east) = lines.min(axis=0), lines.max(axis=0)
    return Bounds(float(south), float(west), float(north), float(east))


def write_layers(
    path: Path,
    layers: Sequence[TileLayer],
    bounds: Bounds,
    attribution: str,
    max_zoom: int,
    progress: Progress | None = None,
    made_from: str = "",
) -> int:
    """Cut layers into tiles and keep them in one PMTiles file with its attribution."""
    about = {
        "attribution": attribution,
        "made_from": made_from,
        "vector_layers": [
            {"id": layer.name, "fields": dict.fromkeys(sorted({k for p in layer.properties for k in p}), "")}
            for layer in layers
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_pmtiles(path, cut_tiles(layers, max_zoom, progress), bounds=bounds, metadata=about)


def features_tile(layer: str, features: Iterable[Mapping[str, Any]], tile: Tile) -> bytes:
    """GeoJSON features (vehicles, zones; lon, lat in WGS-84 degrees) as one tile, plain, b"" if none is in it.

    For small live layers: nothing is simplified, all features are looked at for each tile.
    """
    import shapely  # noqa: PLC0415 - only where tiles are made
    from shapely.geometry import shape  # noqa: PLC0415

    found = list(features)
    if not found:
        return b""
    shapes = np.array([shape(feature["geometry"]) for feature in found], dtype=object)
    scale, corner = EXTENT << tile.z, np.array([tile.x, tile.y]) * EXTENT
    shapes = shapely.transform(
        shapes, lambda points: np.column_stack(to_unit(points[:, 1], points[:, 0])) * scale - corner
    )
    shapes = shapely.clip_by_rect(shapes, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    inside = np.flatnonzero(~shapely.is_empty(shapes))
    properties = [_plain(found[i].get("properties") or {}) for i in inside]
    return encode_layer(layer, shapes[inside], properties)


def _plain(properties: Mapping[str, Any]) -> dict[str, Value]:
    """A tile's values are words and numbers; nested ones have no place in it."""
    return {key: value for key, value in properties.items() if isinstance(value, str | int | float | bool)}


def _road_properties(highway: str, ref: str) -> dict[str, Value | None]:
    plain = highway.removesuffix("_link")
    numbers = [part.strip() for part in ref.split(";")]
    is_number = bool(ref) and all(_NUMBER.fullmatch(part) for part in numbers)
    return {
        "class": plain,
        "link": True if plain != highway else None,
        "ref": numbers[0] if is_number else None,
        "name": ref if ref and not is_number else None,
    }
