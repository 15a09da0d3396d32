"""Haoyun's own format, kind `fixes`: {t, lat, lon, spd km/h, hdg, alt m, acc m, seq, crs}.

See docs/reference/mqtt.md.
"""

from __future__ import annotations

from typing import Any

from haoyun.maps.crs import Crs, to_wgs84
from haoyun.tracking.decoders.result import BadItem, Decoded, number, required
from haoyun.tracking.envelope import open_envelope
from haoyun.tracking.errors import BadFix, BadInstant, DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.instants import parse_instant
from haoyun.tracking.messages import Message


def decode(message: Message) -> Decoded:
    """One fix, an array, or the numbered wrapper. A bad item is refused alone. Raises DecodeError."""
    envelope = open_envelope(message.payload, "fixes")
    fixes: list[PositionFix] = []
    bad: list[BadItem] = []
    for index, item in enumerate(envelope.items):
        try:
            fixes.append(_fix(message, item))
        except DecodeError as error:
            bad.append(BadItem(index, error))
    return Decoded(tuple(fixes), tuple(bad), envelope)


def _fix(message: Message, item: Any) -> PositionFix:
    if not isinstance(item, dict):
        raise BadFix(f"a fix must be an object, not {type(item).__name__}")
    try:
        fix_time = parse_instant(item.get("t"))
    except BadInstant as error:
        raise BadFix(f"t: {error}") from error
    lat, lon = _wgs84(required(item, "lat"), required(item, "lon"), item.get("crs", Crs.WGS84.value))
    return PositionFix(
        device=message.device,
        fix_time=fix_time,
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=number(item, "spd"),
        heading_deg=number(item, "hdg"),
        altitude_m=number(item, "alt"),
        accuracy_m=number(item, "acc"),
        seq=_seq(item),
    )


def _wgs84(lat: float, lon: float, crs: Any) -> tuple[float, float]:
    try:
        known = Crs(crs)
    except ValueError as error:
        raise BadFix(f"crs {str(crs)[:20]!r} is none of {', '.join(c.value for c in Crs)}") from error
    if known is Crs.WGS84 or not (abs(lat) <= 90 and abs(lon) <= 180):
        return lat, lon  # out of range: PositionFix names the rule
    converted_lat, converted_lon = to_wgs84(lat, lon, known)
    return float(converted_lat), float(converted_lon)


def _seq(item: dict[str, Any]) -> int:
    seq = item.get("seq", 0)
    if isinstance(seq, bool) or not isinstance(seq, int):
        raise BadFix(f"seq must be a whole number, not {type(seq).__name__}")
    return seq
