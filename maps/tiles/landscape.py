"""What lies between the roads, from an OpenStreetMap extract: water, green, built-up and industrial land,
railways, large buildings and place names, as layers for tiles.

Only drawing: nothing here is routed on. Coastlines are not areas in OpenStreetMap, so the open sea keeps the
ground's colour. No border is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import Bounds
from haoyun.maps.tiles.mvt import Value
from haoyun.maps.tiles.tilegrid import to_unit
from haoyun.maps.tiles.tiles import LAND_SUFFIX, MAX_ZOOM, write_layers
from haoyun.maps.tiles.tiling import Progress, TileLayer

__all__ = ["LAND_SUFFIX", "build_land_tiles", "land_layers", "land_use", "rail_kind", "waterway_kind"]

_KEYS = ("natural", "landuse", "leisure", "waterway", "railway", "building", "aeroway", "place", "harbour")
_WATER = {
    "natural": {"water", "bay"},
    "waterway": {"riverbank", "dock"},
    "landuse": {"reservoir", "basin"},
    "leisure": {"swimming_pool"},
}
_LAND: dict[str, dict[str, str]] = {
    "natural": {"wood": "wood", "scrub": "wood", "heath": "grass", "grassland": "grass", "wetland": "wetland"},
    "landuse": {
        "forest": "wood", "grass": "grass", "meadow": "grass", "recreation_ground": "park", "cemetery": "park",
        "village_green": "park", "orchard": "grass", "vineyard": "grass", "residential": "built",
        "commercial": "built", "retail": "built", "industrial": "industrial", "railway": "industrial",
        "port": "industrial", "harbour": "industrial", "logistics": "industrial", "depot": "industrial",
        "quarry": "industrial",
    },
    "leisure": {
        "park": "park", "golf_course": "park", "garden": "park", "nature_reserve": "wood", "common": "park",
        "pitch": "pitch", "stadium": "pitch", "track": "pitch", "marina": "industrial",
    },
    "aeroway": {"aerodrome": "airfield", "apron": "airfield"},
}  # fmt: skip
_LAND_ZOOM = {
    "wood": 7,
    "built": 8,
    "industrial": 8,
    "airfield": 8,
    "park": 10,
    "grass": 11,
    "wetland": 10,
    "pitch": 14,
}
_PLACE_RANK = {"city": 1, "town": 2, "suburb": 4, "village": 4, "quarter": 5, "neighbourhood": 5, "hamlet": 5}
_PLACE_ZOOM = {1: 3, 2: 7, 4: 10, 5: 13}
_RAIL_ZOOM = {"rail": 8, "yard": 13, "tram": 13}
_WATERWAY_ZOOM = {"river": 7, "canal": 9, "stream": 13}
_BUILDING_M2 = (2000.0, 1_000_000.0)  # halls: small houses outweigh all the rest, larger is a mistake
_BUILDING_ZOOM = 13
_NEAR_DEG = 0.02  # beyond the roads' own box


def land_use(tags: Mapping[str, str]) -> str | None:
    """What an area is drawn as: "water", a kind of land, "building"; None if it is not drawn."""
    if any(tags.get(key) in values for key, values in _WATER.items()):
        return "water"
    for key, kinds in _LAND.items():
        if kind := kinds.get(tags.get(key, "")):
            return kind
    return "building" if tags.get("building", "no") != "no" else None


def rail_kind(tags: Mapping[str, str]) -> str | None:
    """ "rail" for lines, "yard" for sidings and yards, "tram" for light rail; None for what is gone."""
    railway = tags.get("railway")
    if railway in {"rail", "narrow_gauge"}:
        return "yard" if tags.get("service") else "rail"
    return "tram" if railway in {"tram", "light_rail", "subway"} and tags.get("tunnel") != "yes" else None


def waterway_kind(tags: Mapping[str, str]) -> str | None:
    """ "river", "canal" or "stream" for lines of water above the ground."""
    kind = {"river": "river", "canal": "canal", "stream": "stream", "ditch": None}.get(
        tags.get("waterway", "")
    )
    return None if tags.get("tunnel") in {"yes", "culvert"} else kind


@dataclass(slots=True)
class _Found:
    """One layer while it grows."""

    shapes: list[Any] = field(default_factory=list)
    zooms: list[int] = field(default_factory=list)
    properties: list[dict[str, Value | None]] = field(default_factory=list)

    def add(self, shape: Any, zoom: int, **properties: Value | None) -> None:
        self.shapes.append(shape)
        self.zooms.append(zoom)
        self.properties.append(properties)

    def keep_near(self, shapely: Any, bounds: Bounds) -> None:
        west, south, east, north = shapely.bounds(np.array(self.shapes, dtype=object)).reshape(-1, 4).T
        near = (west <= bounds.east + _NEAR_DEG) & (east >= bounds.west - _NEAR_DEG)
        near &= (south <= bounds.north + _NEAR_DEG) & (north >= bounds.south - _NEAR_DEG)
        for column in (self.shapes, self.zooms, self.properties):
            column[:] = [value for value, keep in zip(column, near.tolist(), strict=True) if keep]

    def layer(self, name: str) -> TileLayer:
        import shapely  # noqa: PLC0415 - only where tiles are made

        shapes = np.array(self.shapes, dtype=object)
        moved = shapely.transform(shapes, lambda p: np.column_stack(to_unit(p[:, 1], p[:, 0])))
        return TileLayer(name, moved, np.array(self.zooms, dtype=np.int64), self.properties)


def land_layers(source: Path, bounds: Bounds | None = None) -> list[TileLayer]:
    """The layers land, building, water, waterway, rail and places of an extract, those that hold something.

    `bounds` leaves out what lies apart from it (by 2 km and more). Raises BadMapFile if the extract cannot be read.
    """
    import shapely  # noqa: PLC0415 - only where tiles are made

    if not source.is_file():
        raise BadMapFile(f"there is no file {source.name}")
    names = ("land", "building", "water", "waterway", "rail", "places")
    found = {name: _Found() for name in names}
    try:
        for item in _items(source):
            _sort_in(shapely, found, item)
    except (RuntimeError, OSError) as error:
        raise BadMapFile(
            f"{source.name} cannot be read: truncated, or not OpenStreetMap data ({error})"
        ) from error
    if bounds is not None:
        for one in found.values():
            one.keep_near(shapely, bounds)
    return [found[name].layer(name) for name in names if found[name].shapes]


def build_land_tiles(
    source: Path, path: Path, bounds: Bounds, attribution: str, progress: Progress | None = None
) -> int:
    """Write the tiles of what lies between the roads; returns how many there are.

    0: nothing of it lies near the roads, so nothing is written and an older file stays.
    """
    layers = land_layers(source, bounds)
    if not layers:  # most likely the extract of another region
        return 0
    return write_layers(path, layers, bounds, attribution, MAX_ZOOM["streets"], progress)


def _items(source: Path) -> Iterator[Any]:
    """Nodes, ways and assembled areas that carry one of the keys."""
    import osmium  # noqa: PLC0415 - only where a map is imported

    wanted = osmium.filter.KeyFilter(*_KEYS)
    yield from osmium.FileProcessor(str(source)).with_areas(wanted).with_filter(wanted)


def _sort_in(shapely: Any, found: dict[str, _Found], item: Any) -> None:
    tags = {tag.k: tag.v for tag in item.tags}
    if item.is_node():
        rank = _PLACE_RANK.get(tags.get("place", ""))
        if rank and tags.get("name"):
            at = shapely.points(item.location.lon, item.location.lat)
            found["places"].add(at, _PLACE_ZOOM[rank], rank=rank, **place_names(tags))
    elif item.is_area():
        kind = land_use(tags)
        if kind and (shape := _area(shapely, item)) is not None:
            _add_area(shapely, found, kind, shape)
    elif item.is_way():
        points = [(node.location.lon, node.location.lat) for node in item.nodes if node.location.valid()]
        if len(points) < 2:
            return
        if kind := rail_kind(tags):
            found["rail"].add(shapely.linestrings(points), _RAIL_ZOOM[kind], kind=kind)
        elif kind := waterway_kind(tags):
            found["waterway"].add(shapely.linestrings(points), _WATERWAY_ZOOM[kind], kind=kind)


def place_names(tags: Mapping[str, str]) -> dict[str, Value | None]:
    """name_zh and name_en of a place; the local name where there is no translation."""
    name = tags["name"]
    return {
        "name_zh": tags.get("name:zh-Hans") or tags.get("name:zh") or name,
        "name_en": tags.get("name:en") or tags.get("int_name") or name,
    }


def _area(shapely: Any, item: Any) -> Any:
    """A valid polygon or multipolygon; None for an area whose rings ran out of the extract."""
    polygons = []
    for outer in item.outer_rings():
        shell = [(n.lon, n.lat) for n in outer if n.location.valid()]
        holes = [[(n.lon, n.lat) for n in inner if n.location.valid()] for inner in item.inner_rings(outer)]
        if len(shell) >= 4:
            polygons.append(shapely.Polygon(shell, [hole for hole in holes if len(hole) >= 4]))
    if not polygons:
        return None
    shape = shapely.MultiPolygon(polygons)
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _add_area(shapely: Any, found: dict[str, _Found], kind: str, shape: Any) -> None:
    if kind == "water":
        found["water"].add(shape, 4)
    elif kind == "building":
        metres = 111_320.0
        area_m2 = shape.area * metres * metres * float(np.cos(np.radians(shape.bounds[1])))
        if _BUILDING_M2[0] <= area_m2 <= _BUILDING_M2[1]:
            found["building"].add(shape, _BUILDING_ZOOM)
    else:
        found["land"].add(shape, _LAND_ZOOM[kind], kind=kind)
