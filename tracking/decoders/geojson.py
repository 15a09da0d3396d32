"""GeoJSON, kind `geojson`: a Feature with a Point and properties.time, or a FeatureCollection of them.

Coordinates are [lon, lat] or [lon, lat, altitude m] (RFC 7946). Properties as in the own format: time, spd km/h, hdg,
acc m, seq, crs, sensors. WGS-84 unless `crs` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import (
    crs_named,
    each,
    instant,
    mapping,
    number,
    required,
    wgs84,
    whole,
)
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.envelope import MAX_ITEMS, parse_json
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import sensors

_AXES = ("longitude", "latitude", "altitude")


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The points of a Feature or a FeatureCollection. A bad one is refused alone. Raises DecodeError."""
    fixes, bad = each(_features(parse_json(message.payload)), lambda one: _fix(message, one, crs))
    return Decoded(fixes, bad)


def _features(value: Any) -> list[Any]:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "Feature":
        return [value]
    if kind != "FeatureCollection":
        raise DecodeError(f"type must be Feature or FeatureCollection, not {str(kind)[:20]!r}")
    features = value.get("features")
    if not isinstance(features, list) or not 1 <= len(features) <= MAX_ITEMS:
        raise DecodeError(f"features must be an array of 1 to {MAX_ITEMS}")
    return features


def _fix(message: Message, feature: Any, crs: Crs) -> PositionFix:
    given = mapping(feature, "a feature")
    at = _point(mapping(given.get("geometry"), "geometry"))
    properties = mapping(given.get("properties"), "properties")
    named = crs_named(properties["crs"]) if "crs" in properties else crs
    lat, lon = wgs84(required(at, "latitude"), required(at, "longitude"), named)
    return PositionFix(
        device=message.device,
        fix_time=instant(properties, "time"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=number(properties, "spd"),
        heading_deg=number(properties, "hdg"),
        altitude_m=number(at, "altitude"),
        accuracy_m=number(properties, "acc"),
        seq=whole(properties, "seq") if "seq" in properties else 0,
        sensors=sensors(mapping(properties.get("sensors") or {}, "sensors")),
    )


def _point(geometry: Mapping[str, Any]) -> dict[str, Any]:
    if geometry.get("type") != "Point":
        raise BadFix(f"geometry must be a Point, not {str(geometry.get('type'))[:20]!r}")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) not in (2, 3):
        raise BadFix("coordinates must be [lon, lat] or [lon, lat, altitude]")
    return dict(zip(_AXES, coordinates, strict=False))
