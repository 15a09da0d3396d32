"""Fences out of GeoJSON text: a geometry, a feature or a collection, as GIS programs and geojson.io write them. Pure.

A circle is a Point with `radius_m`, a corridor a LineString with `radius_m`: in the geometry, in the properties of its
feature, or given for all. A MultiPolygon is several fences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from haoyun.tracking.context_store import shape_of
from haoyun.tracking.errors import BadFence
from haoyun.tracking.geofences import Circle, Corridor, Polygon

MOST_BYTES = 1_000_000
MOST_SHAPES = 200
_NAMES = ("name", "NAME", "Name", "名称", "title")
_MULTI = {"MultiPolygon": "Polygon", "MultiLineString": "LineString", "MultiPoint": "Point"}


@dataclass(frozen=True, slots=True)
class ImportedShape:
    """A shape and what it is called in the file, if anything."""

    name: str
    shape: Circle | Polygon | Corridor


def read_geojson(text: bytes | str, radius_m: float | None = None) -> list[ImportedShape]:
    """The shapes of a text, in its order. Raises BadFence that names the rule, and which shape breaks it.

    `radius_m` is used for points and lines that bring none.
    """
    if len(text) > MOST_BYTES:
        raise BadFence("too_large", most=MOST_BYTES)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFence("no_json", reason=str(error)[:120]) from error
    found = list(_geometries(value))
    if not found:
        raise BadFence("nothing")
    if len(found) > MOST_SHAPES:
        raise BadFence("too_many_shapes", most=MOST_SHAPES, found=len(found))
    return [_shape(number, *one, radius_m) for number, one in enumerate(found, start=1)]


def _geometries(value: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(geometry, properties) of everything in the text."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "FeatureCollection" and isinstance(value.get("features"), list):
        for feature in value["features"][: MOST_SHAPES + 1]:
            yield from _geometries(feature)
    elif kind == "Feature":
        properties = value.get("properties")
        for geometry, _ in _geometries(value.get("geometry")):
            yield geometry, properties if isinstance(properties, dict) else {}
    elif kind == "GeometryCollection" and isinstance(value.get("geometries"), list):
        for geometry in value["geometries"][: MOST_SHAPES + 1]:
            yield geometry, {}
    elif kind in _MULTI and isinstance(value.get("coordinates"), list):
        for part in value["coordinates"]:
            yield {**value, "type": _MULTI[kind], "coordinates": part}, {}
    elif value is not None:
        yield value, {}


def _shape(number: int, geometry: Any, properties: dict[str, Any], radius_m: float | None) -> ImportedShape:
    name = next((str(properties[key]) for key in _NAMES if properties.get(key)), "")
    if isinstance(geometry, dict) and "radius_m" not in geometry:
        own = properties.get("radius_m", radius_m)
        geometry = geometry if own is None else {**geometry, "radius_m": own}
    try:
        return ImportedShape(name.strip()[:120], shape_of(geometry))
    except BadFence as error:
        raise BadFence("in_file", number=number, rule=error) from error
