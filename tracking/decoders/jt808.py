"""JT/T 808 as JSON, kind `jt808`: what our gateway and other bridges publish, and CTWing's push.

- bridged: {header: {msg_id 512, phone, msg_sn}, body: {alarm, status, latitude, longitude 1e-6 degrees, altitude m,
  speed 0.1 km/h, direction, time "YYMMDDhhmmss" UTC+8, extra: {item id: number}}}; msg_id 1796 (0x0704) has body.items.
- our gateway wraps them: {epoch, seq, base, jt808: [bridged, …]}, so that the application-level ack works.
- CTWing: {msgid 512, latitude, longitude, elevation, speed, direction, time}; msgid 1796 has `datalist`, a JSON
  *string* that holds the array.

WGS-84, or GCJ-02 where status bit 5 says that the terminal's plug-in shifted the position.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import each, mapping, number, scaled, wgs84, whole
from haoyun.tracking.decoders.result import BadItem, Decoded
from haoyun.tracking.decoders.units import degrees_of_micro, kmh_of_decikmh, metres_of_hectometres
from haoyun.tracking.envelope import MAX_ITEMS, open_envelope, parse_json
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix, validity
from haoyun.tracking.jt808.fields import beijing_instant
from haoyun.tracking.jt808.words import Status, alarm_words
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import Sensors, sensors

POSITION, BATCH = 0x0200, 0x0704
ITEMS_KEY = "jt808"
_MILEAGE, _FUEL, _NETWORK, _SATELLITES = "1", "2", "48", "49"  # additional items, by decimal id
_MAX_U32 = 2**32 - 1
# Plain numbers: a fleet's every position is tested against them, and flags are ten times as slow.
_ACC, _POSITIONED, _SHIFTED = int(Status.ACC), int(Status.POSITIONED), int(Status.SHIFTED)
_SOUTH, _WEST, _DOORS, _LOAD = int(Status.SOUTH), int(Status.WEST), int(Status.DOORS), int(Status.LOAD)
_MAX_SIGNAL = 31  # 0x30 counts as AT+CSQ does


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """The positions of a report, a batch or an array of them. A bad one is refused alone. Raises DecodeError."""
    envelope = open_envelope(message.payload, ITEMS_KEY)
    positions: list[Any] = []
    unread: list[BadItem] = []
    for index, report in enumerate(envelope.items):
        try:
            positions += _positions(report)
        except DecodeError as error:
            unread.append(BadItem(index, error))
    if unread and not positions and not envelope.seqs:
        raise unread[0].error  # of a numbered message each report is refused alone: the number must be acked
    if len(positions) > MAX_ITEMS:
        raise DecodeError(f"{len(positions)} positions in a message: up to {MAX_ITEMS} are allowed")
    fixes, bad = each(positions, lambda position: _fix(message, position, crs))
    return Decoded(fixes, (*unread, *bad), envelope)


def _positions(report: Any) -> list[Any]:
    """The raw positions in a bridged or a pushed report. Raises DecodeError for a report that holds none."""
    given = mapping(report, "a report")
    if "msgid" in given:
        kind, body = given["msgid"], given
        items = _datalist(given.get("datalist")) if kind == BATCH else None
    else:
        kind = mapping(given.get("header"), "header").get("msg_id")
        body = mapping(given.get("body"), "body")
        items = body.get("items") if kind == BATCH else None
    if kind == POSITION:
        return [body]
    if kind != BATCH:
        raise DecodeError(f"message id {str(kind)[:20]} is neither 512 (position) nor 1796 (batch)")
    if not isinstance(items, list):
        raise DecodeError("a batch (1796) needs an array of positions")
    return items


def _datalist(text: Any) -> Any:
    if not isinstance(text, str):
        raise DecodeError(f"datalist must be a JSON string, not {type(text).__name__}")
    return parse_json(text.encode("utf-8", "replace"))


def _fix(message: Message, raw: Any, crs: Crs) -> PositionFix:
    position = mapping(raw, "a position")
    status = _word(position, "status", default=_POSITIONED)
    lat = _signed(degrees_of_micro(whole(position, "latitude")), status & _SOUTH)
    lon = _signed(degrees_of_micro(whole(position, "longitude")), status & _WEST)
    lat, lon = wgs84(lat, lon, Crs.GCJ02 if status & _SHIFTED else crs)
    height = "altitude" if "altitude" in position else "elevation"
    return PositionFix(
        device=message.device,
        fix_time=beijing_instant(_text(position, "time")),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=scaled(number(position, "speed"), kmh_of_decikmh),
        heading_deg=number(position, "direction"),
        altitude_m=number(position, height),
        flags=validity(bool(status & _POSITIONED)),
        sensors=_sensors(position, status),
    )


def _signed(degrees: float, negative: int) -> float:
    return -degrees if negative else degrees


def _sensors(position: Mapping[str, Any], status: int) -> Sensors:
    extra = mapping(position.get("extra") or {}, "extra")
    values: dict[str, object] = {
        "alarm": ",".join(alarm_words(_word(position, "alarm", default=0))) or None,
        "odometer_m": scaled(number(extra, _MILEAGE), metres_of_hectometres),
        "fuel_l": scaled(number(extra, _FUEL), lambda tenths: tenths / 10),
        "signal_pct": scaled(number(extra, _NETWORK), lambda bars: min(100.0, bars / _MAX_SIGNAL * 100)),
        "satellites": number(extra, _SATELLITES),
    }
    if "status" in position:
        values |= {
            "ignition": bool(status & _ACC),
            "door_open": bool(status & _DOORS),
            "loaded": bool(status & _LOAD),
        }
    return sensors(values)


def _word(position: Mapping[str, Any], key: str, *, default: int) -> int:
    """An unsigned 32-bit word."""
    if position.get(key) is None:
        return int(default)
    value = whole(position, key)
    if not 0 <= value <= _MAX_U32:
        raise BadFix(f"{key} {value} is outside 0..2^32-1")
    return value


def _text(position: Mapping[str, Any], key: str) -> str:
    value = position.get(key)
    if not isinstance(value, str):
        raise BadFix(f"{key} must be text YYMMDDhhmmss, not {type(value).__name__}")
    return value
