"""Haoyun's own format, kind `fixes`: {t, lat, lon, spd km/h, hdg, alt m, acc m, seq, crs, sensors}.

WGS-84 unless the item (`crs`) or the kind says otherwise. See docs/reference/mqtt.md.
"""

from __future__ import annotations

from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import crs_named, each, instant, mapping, number, required, wgs84
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.envelope import open_envelope
from haoyun.tracking.errors import BadFix
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """One fix, an array, or the numbered wrapper. A bad item is refused alone. Raises DecodeError."""
    envelope = open_envelope(message.payload, "fixes")
    fixes, bad = each(envelope.items, lambda item: _fix(message, item, crs))
    return Decoded(fixes, bad, envelope)


def _fix(message: Message, item: Any, crs: Crs) -> PositionFix:
    if not isinstance(item, dict):
        raise BadFix(f"a fix must be an object, not {type(item).__name__}")
    named = crs_named(item["crs"]) if "crs" in item else crs
    lat, lon = wgs84(required(item, "lat"), required(item, "lon"), named)
    return PositionFix(
        device=message.device,
        fix_time=instant(item, "t"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=number(item, "spd"),
        heading_deg=number(item, "hdg"),
        altitude_m=number(item, "alt"),
        accuracy_m=number(item, "acc"),
        seq=_seq(item),
        sensors=_sensors(item["sensors"]) if "sensors" in item else {},
    )


def _sensors(value: Any) -> Sensors:
    return sensors(mapping(value, "sensors"))


def _seq(item: dict[str, Any]) -> int:
    seq = item.get("seq", 0)
    if isinstance(seq, bool) or not isinstance(seq, int):
        raise BadFix(f"seq must be a whole number, not {type(seq).__name__}")
    return seq
