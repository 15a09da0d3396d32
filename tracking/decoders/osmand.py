"""OsmAnd and Traccar Client, kind `osmand`: a form (id, timestamp, lat, lon, speed knots, …) or JSON (location).

The form is what both apps send over HTTP: `id=…&lat=…&lon=…&timestamp=…&speed=…&bearing=…&altitude=…&batt=…`, speed
in knots, battery in percent. The JSON of newer Traccar Clients is {device_id, location: {timestamp, coords: {latitude,
longitude, accuracy m, speed m/s, heading, altitude}, battery: {level 0..1, is_charging}, odometer m}}. Who reports is
said by the topic, not by `id`. WGS-84.
Format: https://www.traccar.org/osmand/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import instant, known, mapping, number, required, scaled, wgs84
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.decoders.units import kmh_of_knots, kmh_of_mps, percent_of_share
from haoyun.tracking.envelope import parse_json
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix, validity
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors

MAX_FIELDS = 60
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The one position of a form or a JSON report. Raises DecodeError."""
    if message.payload.lstrip()[:1] in (b"{", b"["):
        return Decoded((_of_json(message, parse_json(message.payload), crs),))
    return Decoded((_of_form(message, _form(message.payload), crs),))


def _form(payload: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(payload.decode("utf-8"), strict_parsing=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:  # UnicodeDecodeError is one
        raise DecodeError(f"neither JSON nor a form id=…&lat=…&lon=…: {error}") from error
    return dict(pairs)


def _of_form(message: Message, form: Mapping[str, str], crs: Crs) -> PositionFix:
    fields = {name: _number(form, name) for name in ("lat", "lon", "speed", "altitude", "accuracy", "hdop")}
    bearing = _number(form, "bearing" if "bearing" in form else "heading")
    stamp = form.get("timestamp")
    lat, lon = wgs84(required(fields, "lat"), required(fields, "lon"), crs)
    return PositionFix(
        device=message.device,
        fix_time=instant({"timestamp": _plain_number(stamp)}, "timestamp"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=scaled(known(fields["speed"]), kmh_of_knots),
        heading_deg=known(bearing),
        altitude_m=fields["altitude"],
        accuracy_m=known(fields["accuracy"]),
        flags=validity(_flag(form, "valid") is not False),
        sensors=_form_sensors(form, fields["hdop"]),
    )


def _form_sensors(form: Mapping[str, str], hdop: float | None) -> Sensors:
    return sensors(
        {
            "battery_pct": known(_number(form, "batt")),
            "charging": _flag(form, "charge"),
            "ignition": _flag(form, "ignition"),
            "alarm": form.get("alarm"),
            "hdop": hdop,
        }
    )


def _number(form: Mapping[str, str], name: str) -> float | None:
    text = form.get(name)
    if text is None:
        return None
    value = _plain_number(text)
    if isinstance(value, str):
        raise BadFix(f"{name} must be a number, not {text[:20]!r}")
    return value


def _plain_number(text: str | None) -> float | str | None:
    """The number that a text spells, or the text: a timestamp may be ISO-8601."""
    return float(text) if text is not None and _NUMBER.fullmatch(text) else text


def _flag(form: Mapping[str, str], name: str) -> bool | None:
    if name not in form:
        return None
    value = _WORDS.get(form[name].lower())
    if value is None:
        raise BadFix(f"{name} must be true or false, not {form[name][:20]!r}")
    return value


def _of_json(message: Message, report: Any, crs: Crs) -> PositionFix:
    location = mapping(mapping(report, "a report").get("location"), "location")
    coords = mapping(location.get("coords"), "coords")
    lat, lon = wgs84(required(coords, "latitude"), required(coords, "longitude"), crs)
    return PositionFix(
        device=message.device,
        fix_time=instant(location, "timestamp"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=scaled(known(number(coords, "speed")), kmh_of_mps),
        heading_deg=known(number(coords, "heading")),
        altitude_m=number(coords, "altitude"),
        accuracy_m=known(number(coords, "accuracy")),
        sensors=_json_sensors(location),
    )


def _json_sensors(location: Mapping[str, Any]) -> Sensors:
    battery = mapping(location.get("battery") or {}, "battery")
    return sensors(
        {
            "battery_pct": scaled(known(number(battery, "level")), percent_of_share),
            "charging": battery.get("is_charging"),
            "motion": location.get("is_moving"),
            "odometer_m": known(number(location, "odometer")),
            "event": location.get("event"),
        }
    )
