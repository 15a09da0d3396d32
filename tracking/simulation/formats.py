"""A reading in the words of each format: what the decoders read back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import orjson

from haoyun.tracking.decoders.nmea import checksum
from haoyun.tracking.jt808.fields import beijing_digits
from haoyun.tracking.jt808.words import Status
from haoyun.tracking.simulate import GpsReading

_KMH_PER_KNOT = 1.852


def fixes_item(reading: GpsReading) -> dict[str, Any]:
    """The own format: what a device with an outbox wraps."""
    return dict(reading.to_item())


def jt808_item(reading: GpsReading) -> dict[str, Any]:
    """A bridged JT/T 808 position; whole seconds, as the standard counts."""
    status = Status.ACC | Status.POSITIONED
    status |= (Status.SOUTH if reading.lat < 0 else Status(0)) | (
        Status.WEST if reading.lon < 0 else Status(0)
    )
    body = {
        "alarm": 0,
        "status": int(status),
        "latitude": round(abs(reading.lat) * 1e6),
        "longitude": round(abs(reading.lon) * 1e6),
        "altitude": 0,
        "speed": round(reading.speed_kmh * 10),
        "direction": round(reading.heading_deg) % 360,
        "time": beijing_digits(reading.at),
    }
    return {"header": {"msg_id": 0x0200, "phone": "0", "msg_sn": 0}, "body": body}


def _owntracks(reading: GpsReading) -> bytes:
    return orjson.dumps(
        {
            "_type": "location",
            "lat": round(reading.lat, 6),
            "lon": round(reading.lon, 6),
            "tst": int(reading.at.timestamp()),
            "vel": round(reading.speed_kmh),
            "cog": round(reading.heading_deg) % 360,
            "acc": round(reading.accuracy_m),
            "tid": "si",
        }
    )


def _traccar(reading: GpsReading) -> bytes:
    position = {
        "fixTime": reading.at.isoformat(timespec="milliseconds"),
        "valid": True,
        "latitude": round(reading.lat, 6),
        "longitude": round(reading.lon, 6),
        "speed": round(reading.speed_kmh / _KMH_PER_KNOT, 4),
        "course": round(reading.heading_deg, 1),
        "accuracy": round(reading.accuracy_m, 1),
        "attributes": {},
    }
    return orjson.dumps({"position": position, "device": {"uniqueId": "sim"}})


def _osmand(reading: GpsReading) -> bytes:
    form = {
        "timestamp": int(reading.at.timestamp()),
        "lat": f"{reading.lat:.6f}",
        "lon": f"{reading.lon:.6f}",
        "speed": f"{reading.speed_kmh / _KMH_PER_KNOT:.4f}",
        "bearing": f"{reading.heading_deg:.1f}",
        "accuracy": f"{reading.accuracy_m:.1f}",
    }
    return urlencode(form).encode()


def _teltonika(reading: GpsReading) -> bytes:
    reported = {
        "ts": int(reading.at.timestamp() * 1000),
        "latlng": f"{reading.lat:.6f},{reading.lon:.6f}",
        "ang": round(reading.heading_deg) % 360,
        "sp": round(reading.speed_kmh),
        "239": int(reading.speed_kmh > 0),
    }
    return orjson.dumps({"state": {"reported": reported}})


def _flespi(reading: GpsReading) -> bytes:
    return orjson.dumps(
        {
            "ident": "sim",
            "timestamp": reading.at.timestamp(),
            "position.latitude": round(reading.lat, 6),
            "position.longitude": round(reading.lon, 6),
            "position.speed": round(reading.speed_kmh, 1),
            "position.direction": round(reading.heading_deg, 1),
        }
    )


def _geojson(reading: GpsReading) -> bytes:
    item = reading.to_item()
    properties = {"time": item["t"], "spd": item["spd"], "hdg": item["hdg"], "acc": item["acc"]}
    geometry = {"type": "Point", "coordinates": [item["lon"], item["lat"]]}
    return orjson.dumps({"type": "Feature", "geometry": geometry, "properties": properties})


def _nmea(reading: GpsReading) -> bytes:
    lat, lon = _ddmm(reading.lat, 2, "NS"), _ddmm(reading.lon, 3, "EW")
    speed, course = reading.speed_kmh / _KMH_PER_KNOT, reading.heading_deg
    body = f"GPRMC,{reading.at:%H%M%S}.00,A,{lat},{lon},{speed:.4f},{course:.1f},{reading.at:%d%m%y},,,A"
    return f"${body}*{checksum(body):02X}\r\n".encode()


def _ddmm(degrees: float, width: int, sides: str) -> str:
    """NMEA's ddmm.mmmmm with its side; rounded as one number, so that no minute becomes 60."""
    whole, minutes = divmod(round(abs(degrees) * 60 * 1e5), 60 * 100_000)
    return f"{whole:0{width}d}{minutes / 1e5:08.5f},{sides[degrees < 0]}"


# Kinds whose message holds one reading and asks for no ack of ours.
PLAIN: Mapping[str, Callable[[GpsReading], bytes]] = MappingProxyType(
    {
        "owntracks": _owntracks,
        "traccar": _traccar,
        "osmand": _osmand,
        "teltonika": _teltonika,
        "flespi": _flespi,
        "geojson": _geojson,
        "nmea": _nmea,
    }
)
# Kinds with our numbered wrapper: the device keeps an outbox.
NUMBERED: Mapping[str, Callable[[GpsReading], dict[str, Any]]] = MappingProxyType(
    {"fixes": fixes_item, "jt808": jt808_item}
)
KINDS = (*NUMBERED, *PLAIN)
