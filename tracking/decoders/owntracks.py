"""OwnTracks JSON, kind `owntracks`: _type=location carries a fix (tst s, vel km/h, cog, alt m, acc m).

WGS-84. The app's other reports (transition, waypoint, lwt, status …) hold no position of their own and are
taken quietly.
Format: https://owntracks.org/booklet/tech/json/
"""

from __future__ import annotations

from typing import Any

from haoyun.tracking.decoders.result import Decoded, number, required
from haoyun.tracking.envelope import parse_json
from haoyun.tracking.errors import BadFix, BadInstant, DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.instants import parse_instant
from haoyun.tracking.messages import Message


def decode(message: Message) -> Decoded:
    """The fix of a location report; nothing for the app's other reports. Raises DecodeError."""
    report = parse_json(message.payload)
    if not isinstance(report, dict) or not isinstance(report.get("_type"), str):
        raise DecodeError("an OwnTracks report is an object with _type")
    if report["_type"] == "encrypted":
        raise DecodeError("the report is encrypted: use TLS, not payload encryption", code="encrypted")
    return Decoded((_location(message, report),) if report["_type"] == "location" else ())


def _location(message: Message, report: dict[str, Any]) -> PositionFix:
    try:
        fix_time = parse_instant(report.get("tst"))
    except BadInstant as error:
        raise BadFix(f"tst: {error}") from error
    return PositionFix(
        device=message.device,
        fix_time=fix_time,
        received_at=message.received_at,
        lat=required(report, "lat"),
        lon=required(report, "lon"),
        speed_kmh=_known(number(report, "vel")),
        heading_deg=_known(number(report, "cog")),
        altitude_m=number(report, "alt"),
        accuracy_m=_known(number(report, "acc")),
    )


def _known(value: float | None) -> float | None:
    return None if value is None or value < 0 else value  # iOS writes -1 for unknown
