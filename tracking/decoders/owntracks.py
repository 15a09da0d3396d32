"""OwnTracks JSON, kind `owntracks`: _type=location carries a fix (tst s, vel km/h, cog, alt m, acc m, batt %).

_type=transition (a region was entered or left) carries one where the app knew its position; lwt and the app's other
reports hold none and are taken quietly. WGS-84.
Format: https://owntracks.org/booklet/tech/json/
"""

from __future__ import annotations

from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import heading, instant, known, number, required, wgs84
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.envelope import parse_json
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors

_CHARGING = {1: False, 2: True, 3: True}  # bs: unplugged, charging, full
_EVENTS = ("enter", "leave")


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The fix of a location or a transition; nothing for the app's other reports. Raises DecodeError."""
    report = parse_json(message.payload)
    if not isinstance(report, dict) or not isinstance(report.get("_type"), str):
        raise DecodeError("an OwnTracks report is an object with _type")
    kind = report["_type"]
    if kind == "encrypted":
        raise DecodeError("the report is encrypted: use TLS, not payload encryption", code="encrypted")
    if kind == "location":
        return Decoded((_fix(message, report, crs, _location_sensors(report)),))
    if kind == "transition" and report.get("lat") is not None:
        return Decoded((_fix(message, report, crs, _transition_sensors(report)),))
    return Decoded(())


def _fix(message: Message, report: dict[str, Any], crs: Crs, values: Sensors) -> PositionFix:
    lat, lon = wgs84(required(report, "lat"), required(report, "lon"), crs)
    return PositionFix(
        device=message.device,
        fix_time=instant(report, "tst"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=known(number(report, "vel")),
        heading_deg=heading(number(report, "cog")),
        altitude_m=number(report, "alt"),
        accuracy_m=known(number(report, "acc")),
        sensors=values,
    )


def _location_sensors(report: dict[str, Any]) -> Sensors:
    state = report.get("bs")
    charging = _CHARGING.get(state) if isinstance(state, int) else None
    return sensors({"battery_pct": known(number(report, "batt")), "charging": charging})


def _transition_sensors(report: dict[str, Any]) -> Sensors:
    event = report.get("event")
    if event not in _EVENTS:
        raise BadFix(f"event {str(event)[:20]!r} is neither enter nor leave")
    return sensors({"event": f"{event} {report.get('desc', '')}".strip()})
