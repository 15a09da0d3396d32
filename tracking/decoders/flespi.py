"""flespi's messages, kind `flespi`: flat names {ident, timestamp, position.latitude, position.speed km/h, …}.

One message or an array. A message without position.latitude holds no fix and is taken quietly. WGS-84.
Names: https://flespi.com/kb/messages-basic-information-units
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import each, instant, known, mapping, number, required, scaled, wgs84
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.decoders.units import metres_of_km
from haoyun.tracking.envelope import open_envelope
from haoyun.tracking.fixes import PositionFix, validity
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors

_NAMES = {
    "battery_pct": "battery.level",
    "battery_v": "battery.voltage",
    "power_v": "external.powersource.voltage",
    "charging": "battery.charging.status",
    "ignition": "engine.ignition.status",
    "motion": "movement.status",
    "door_open": "door.open.status",
    "temperature_c": "sensor.temperature",
    "humidity_pct": "sensor.humidity",
    "fuel_l": "fuel.volume",
    "fuel_pct": "fuel.level",
    "satellites": "position.satellites",
    "hdop": "position.hdop",
}


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The positions of a message or an array. A bad one is refused alone. Raises DecodeError."""
    items = open_envelope(message.payload, "result").items
    with_position = [item for item in items if not isinstance(item, dict) or "position.latitude" in item]
    fixes, bad = each(with_position, lambda item: _fix(message, mapping(item, "a message"), crs))
    return Decoded(fixes, bad)


def _fix(message: Message, item: Mapping[str, Any], crs: Crs) -> PositionFix:
    lat, lon = wgs84(required(item, "position.latitude"), required(item, "position.longitude"), crs)
    return PositionFix(
        device=message.device,
        fix_time=instant(item, "timestamp"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=known(number(item, "position.speed")),
        heading_deg=known(number(item, "position.direction")),
        altitude_m=number(item, "position.altitude"),
        flags=validity(item.get("position.valid", True) is not False),
        sensors=_sensors(item),
    )


def _sensors(item: Mapping[str, Any]) -> Sensors:
    values = {ours: item.get(theirs) for ours, theirs in _NAMES.items()}
    return sensors({**values, "odometer_m": scaled(number(item, "vehicle.mileage"), metres_of_km)})
