"""Traccar's position forwarding, kind `traccar`: {position: {fixTime, latitude, …, speed knots, attributes}, device}.

WGS-84. The topic says whose position it is; `device.uniqueId` is Traccar's own name for it. A position that Traccar
marks `valid: false` is stored with the flag NO_FIX. Format: https://www.traccar.org/forward/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import instant, known, mapping, number, required, scaled, wgs84
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.decoders.units import kmh_of_knots
from haoyun.tracking.envelope import parse_json
from haoyun.tracking.fixes import PositionFix, validity
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors

# Our name of a sensor value, and Traccar's attribute; both sides have the same unit.
_ATTRIBUTES = {
    "battery_pct": "batteryLevel",
    "battery_v": "battery",
    "power_v": "power",
    "charging": "charge",
    "ignition": "ignition",
    "motion": "motion",
    "door_open": "door",
    "temperature_c": "temp1",
    "temperature2_c": "temp2",
    "temperature3_c": "temp3",
    "temperature4_c": "temp4",
    "humidity_pct": "humidity",
    "odometer_m": "odometer",
    "fuel_l": "fuel",
    "satellites": "sat",
    "hdop": "hdop",
    "alarm": "alarm",
}


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The one position of a forwarded event. Raises DecodeError."""
    forwarded = mapping(parse_json(message.payload), "a forwarded position")
    return Decoded((_fix(message, mapping(forwarded.get("position"), "position"), crs),))


def _fix(message: Message, position: Mapping[str, Any], crs: Crs) -> PositionFix:
    lat, lon = wgs84(required(position, "latitude"), required(position, "longitude"), crs)
    return PositionFix(
        device=message.device,
        fix_time=instant(position, "fixTime"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=scaled(known(number(position, "speed")), kmh_of_knots),
        heading_deg=known(number(position, "course")),
        altitude_m=number(position, "altitude"),
        accuracy_m=known(number(position, "accuracy")),
        flags=validity(position.get("valid", True) is not False),
        sensors=_sensors(position.get("attributes") or {}),
    )


def _sensors(attributes: Any) -> Sensors:
    given = mapping(attributes, "attributes")
    return sensors({ours: given.get(theirs) for ours, theirs in _ATTRIBUTES.items()})
