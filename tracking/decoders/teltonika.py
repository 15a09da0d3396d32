"""Teltonika's JSON over MQTT (`<imei>/data`), kind `teltonika`: {state: {reported: {AVL id: value, ts, latlng, …}}}.

ts in ms, latlng "lat,lon", alt m, ang degrees, sat, sp km/h; numbers are AVL ids. A report without latlng (the device
has no position, or only a value changed) holds no fix and is taken quietly. WGS-84.
Ids: https://wiki.teltonika-gps.com/view/FMB_AVL_ID
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import instant, mapping, number, scaled, wgs84
from haoyun.tracking.decoders.result import Decoded
from haoyun.tracking.decoders.units import volts_of_millivolts
from haoyun.tracking.envelope import parse_json
from haoyun.tracking.errors import BadFix
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors

_GSM_BARS = 5
_NO_PROBE = 850  # Dallas probes: 850 and above are error codes, in 0.1 degrees


def _is_one(value: float) -> bool:
    return value == 1


def _probe_c(tenths: float) -> float | None:
    return None if tenths >= _NO_PROBE else tenths / 10


# Our name of a sensor value: Teltonika's AVL id, and how its number is to be read.
_AVL: Mapping[str, tuple[str, Callable[[float], object]]] = {
    "ignition": ("239", _is_one),
    "motion": ("240", _is_one),
    "power_v": ("66", volts_of_millivolts),
    "battery_v": ("67", volts_of_millivolts),
    "battery_pct": ("113", float),
    "odometer_m": ("16", float),
    "temperature_c": ("72", _probe_c),
    "temperature2_c": ("73", _probe_c),
    "temperature3_c": ("74", _probe_c),
    "temperature4_c": ("75", _probe_c),
    "hdop": ("182", lambda tenths: tenths / 10),
    "signal_pct": ("21", lambda bars: bars / _GSM_BARS * 100),
}


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The one position of a report, if it has one. Raises DecodeError."""
    state = mapping(mapping(parse_json(message.payload), "a report").get("state"), "state")
    reported = mapping(state.get("reported"), "reported")
    return Decoded((_fix(message, reported, crs),) if reported.get("latlng") else ())


def _fix(message: Message, reported: Mapping[str, Any], crs: Crs) -> PositionFix:
    lat, lon = wgs84(*_latlng(reported["latlng"]), crs)
    return PositionFix(
        device=message.device,
        fix_time=instant(reported, "ts"),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=_figure(reported, "sp"),
        heading_deg=_figure(reported, "ang"),
        altitude_m=_figure(reported, "alt"),
        sensors=_sensors(reported),
    )


def _latlng(text: Any) -> tuple[float, float]:
    parts = text.split(",") if isinstance(text, str) else []
    try:
        lat, lon = (float(part) for part in parts)
    except ValueError as error:
        raise BadFix(f'latlng must be "lat,lon", not {str(text)[:40]!r}') from error
    return lat, lon


def _figure(reported: Mapping[str, Any], key: str) -> float | None:
    """A number; some firmwares write it as text."""
    value = reported.get(key)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError as error:
            raise BadFix(f"{key} must be a number, not {value[:20]!r}") from error
    return number(reported, key)


def _sensors(reported: Mapping[str, Any]) -> Sensors:
    values: dict[str, object] = {
        ours: scaled(_figure(reported, avl), convert)  # type: ignore[arg-type]
        for ours, (avl, convert) in _AVL.items()
    }
    return sensors({**values, "satellites": _figure(reported, "sat")})
