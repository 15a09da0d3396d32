"""Zones as GeoJSON features and back.

A polygon is a Polygon or MultiPolygon. GeoJSON has no circle and no corridor: they are a Point with the property
`radius_m` and a LineString with `half_width_m`. GeoJSON has the longitude first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from haoyun.maps.zones import Circle, Corridor, MultiPolygonZone, PolygonZone, Zone


def zone_to_geojson(zone: Zone, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A Feature; outer rings run counterclockwise (RFC 7946, 3.1.6)."""
    extra: dict[str, Any] = dict(properties or {})
    match zone:
        case Circle():
            geometry: dict[str, Any] = {"type": "Point", "coordinates": [zone.lon, zone.lat]}
            extra["radius_m"] = zone.radius_m
        case Corridor():
            geometry = {"type": "LineString", "coordinates": [[lon, lat] for lat, lon in zone.line]}
            extra["half_width_m"] = zone.half_width_m
        case PolygonZone():
            geometry = {"type": "Polygon", "coordinates": _rings(zone)}
        case MultiPolygonZone():
            geometry = {"type": "MultiPolygon", "coordinates": [_rings(part) for part in zone.parts]}
        case _:
            raise TypeError(f"a {type(zone).__name__} has no form in GeoJSON")
    return {"type": "Feature", "geometry": geometry, "properties": extra}


def zone_of_geojson(feature: Mapping[str, Any]) -> Zone:
    """The zone of a Feature, or of a bare Polygon or MultiPolygon. Raises ValueError that says what is wrong."""
    geometry: Mapping[str, Any] = feature
    properties: Mapping[str, Any] = {}
    if feature.get("type") == "Feature":
        geometry, properties = feature.get("geometry") or {}, feature.get("properties") or {}
    kind: Any = geometry.get("type")
    coordinates: Any = geometry.get("coordinates")
    try:
        match kind:
            case "Polygon":
                return _polygon(coordinates)
            case "MultiPolygon":
                return MultiPolygonZone(tuple(_polygon(part) for part in coordinates))
            case "Point":
                lat, lon = _position(coordinates)
                return Circle(lat, lon, _metres(properties, "radius_m", "a Point"))
            case "LineString":
                width_m = _metres(properties, "half_width_m", "a LineString")
                return Corridor(tuple(_position(c) for c in coordinates), width_m)
    except (TypeError, IndexError):
        raise ValueError(f"the coordinates of a {kind} are not nested as RFC 7946 says") from None
    raise ValueError(f"a zone is a Polygon, MultiPolygon, Point or LineString in GeoJSON, not {kind!r}")


def _rings(zone: PolygonZone) -> list[list[list[float]]]:
    rings = [_turned(zone.ring, counterclockwise=True)]
    return rings + [_turned(hole, counterclockwise=False) for hole in zone.holes]


def _turned(ring: Sequence[tuple[float, float]], counterclockwise: bool) -> list[list[float]]:
    closed = [[lon, lat] for lat, lon in (*ring, ring[0])]
    area2 = math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(closed))
    return closed if (area2 > 0) == counterclockwise else closed[::-1]


def _polygon(rings: Any) -> PolygonZone:
    outer, *holes = [tuple(_position(c) for c in ring) for ring in rings]
    return PolygonZone(outer, tuple(holes))


def _position(coordinates: Any) -> tuple[float, float]:
    if isinstance(coordinates[0], str) or len(coordinates) < 2:
        raise TypeError
    return float(coordinates[1]), float(coordinates[0])


def _metres(properties: Mapping[str, Any], name: str, of: str) -> float:
    value = properties.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{of} is a zone only with the property {name}, a number of metres")
    return float(value)
