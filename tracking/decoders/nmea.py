"""NMEA 0183, kind `nmea`: lines of RMC and GGA with their checksums; knots, ddmm.mmmm, UTC. WGS-84.

RMC carries date, speed and course; a GGA of the same second adds altitude, satellites and HDOP. A GGA alone has no
date: it is taken for the day that brings it nearest to its arrival. Other sentences are passed over. A sentence that
says that it has no fix (status V, quality 0) but carries a position is stored with the flag NO_FIX.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders.fields import scaled, wgs84
from haoyun.tracking.decoders.result import BadItem, Decoded
from haoyun.tracking.decoders.units import degrees_of_ddmm, kmh_of_knots
from haoyun.tracking.envelope import MAX_ITEMS
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix, validity
from haoyun.tracking.messages import Message
from haoyun.tracking.sensors import sensors

MAX_LINE = 200  # the standard says 82; some receivers write more digits
_SENTENCE = re.compile(r"\$([A-Z]{2})([A-Z]{3}),([^*$]*)\*([0-9A-Fa-f]{2})")
_TIME = re.compile(r"([0-1][0-9]|2[0-3])([0-5][0-9])([0-5][0-9](?:\.[0-9]{1,6})?)")
_DATE = re.compile(r"([0-3][0-9])([0-1][0-9])([0-9]{2})")
_HALF_DAY = timedelta(hours=12)
_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1}


@dataclass(slots=True)
class _Epoch:
    """What the sentences of one second say together."""

    clock: str
    lat: float
    lon: float
    day: str | None = None
    valid: bool = True
    figures: dict[str, float | None] = field(default_factory=dict)


def decode(message: Message, crs: Crs = Crs.WGS84) -> Decoded:
    """A fix of each second. A bad sentence is refused alone. Raises DecodeError where no line is a sentence."""
    epochs: dict[str, _Epoch] = {}
    bad: list[BadItem] = []
    fixes: list[PositionFix] = []
    for index, line in enumerate(_lines(message.payload)):
        try:
            _take(line, epochs)
        except DecodeError as error:
            bad.append(BadItem(index, error))
    for epoch in epochs.values():
        try:
            fixes.append(_fix(message, epoch, crs))
        except DecodeError as error:
            bad.append(BadItem(None, error))
    return Decoded(tuple(fixes), tuple(bad))


def checksum(body: str) -> int:
    """The exclusive or of a sentence's characters between $ and *."""
    total = 0
    for character in body:
        total ^= ord(character)
    return total


def _lines(payload: bytes) -> list[str]:
    try:
        lines = [line.strip() for line in payload.decode("ascii").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise DecodeError(f"NMEA is ASCII: {error}") from error
    if not 1 <= len(lines) <= MAX_ITEMS:
        raise DecodeError(f"{len(lines)} lines in a message: 1 to {MAX_ITEMS} are allowed")
    return lines


def _take(line: str, epochs: dict[str, _Epoch]) -> None:
    match = _SENTENCE.fullmatch(line) if len(line) <= MAX_LINE else None
    if match is None:
        raise DecodeError(f"{line[:40]!r} is not a sentence $GPRMC,…*hh")
    said, counted = int(match[4], 16), checksum(line[1 : line.rindex("*")])
    if said != counted:
        raise DecodeError(f"checksum {said:02X} of {line[:7]} should be {counted:02X}")
    reader = _READERS.get(match[2])
    if reader is not None:
        epoch = reader(match[3].split(","))
        _join(epochs.setdefault(epoch.clock, epoch), epoch)


def _join(known: _Epoch, new: _Epoch) -> None:
    known.day = known.day or new.day
    known.valid = known.valid and new.valid
    known.figures |= new.figures


def _rmc(parts: Sequence[str]) -> _Epoch:
    clock, status, lat, ns, lon, ew, knots, course, day = _exactly(parts, 9, "RMC")
    epoch = _Epoch(clock, _degrees(lat, ns, "NS"), _degrees(lon, ew, "EW"), day, status == "A")
    epoch.figures = {
        "speed_kmh": scaled(_figure("speed", knots), kmh_of_knots),
        "heading_deg": _figure("course", course),
    }
    return epoch


def _gga(parts: Sequence[str]) -> _Epoch:
    clock, lat, ns, lon, ew, quality, satellites, hdop, altitude = _exactly(parts, 9, "GGA")
    epoch = _Epoch(clock, _degrees(lat, ns, "NS"), _degrees(lon, ew, "EW"), None, quality not in ("", "0"))
    epoch.figures = {
        "satellites": _figure("satellites", satellites),
        "hdop": _figure("hdop", hdop),
        "altitude_m": _figure("altitude", altitude),
    }
    return epoch


_READERS = {"RMC": _rmc, "GGA": _gga}


def _exactly(parts: Sequence[str], count: int, name: str) -> Sequence[str]:
    if len(parts) < count:
        raise BadFix(f"{name} has {len(parts)} fields; at least {count} are needed")
    return parts[:count]


def _degrees(text: str, side: str, sides: str) -> float:
    if not text:
        raise BadFix("the sentence carries no position: the receiver has no fix yet")
    if side not in tuple(sides):
        raise BadFix(f"{side[:5]!r} is neither {sides[0]} nor {sides[1]}")
    value = _figure("position", text)
    try:
        return _SIGNS[side] * degrees_of_ddmm(value or 0.0)
    except ValueError as error:
        raise BadFix(f"position {error}: minutes stay below 60") from error


def _figure(name: str, text: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", text):
        raise BadFix(f"{name} must be a number, not {text[:20]!r}")
    return float(text)


def _fix(message: Message, epoch: _Epoch, crs: Crs) -> PositionFix:
    lat, lon = wgs84(epoch.lat, epoch.lon, crs)
    figures: Mapping[str, float | None] = epoch.figures
    return PositionFix(
        device=message.device,
        fix_time=_instant(epoch, message.received_at),
        received_at=message.received_at,
        lat=lat,
        lon=lon,
        speed_kmh=figures.get("speed_kmh"),
        heading_deg=figures.get("heading_deg"),
        altitude_m=figures.get("altitude_m"),
        flags=validity(epoch.valid),
        sensors=sensors({"satellites": figures.get("satellites"), "hdop": figures.get("hdop")}),
    )


def _instant(epoch: _Epoch, received_at: datetime) -> datetime:
    match = _TIME.fullmatch(epoch.clock)
    if match is None:
        raise BadFix(f"time {epoch.clock[:20]!r} is not hhmmss")
    since_midnight = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=float(match[3]))
    if epoch.day is not None:
        return _midnight(epoch.day) + since_midnight
    arrived = received_at.astimezone(UTC)
    instant = arrived.replace(hour=0, minute=0, second=0, microsecond=0) + since_midnight
    if instant - arrived > _HALF_DAY:
        return instant - timedelta(days=1)
    return instant + timedelta(days=1) if arrived - instant > _HALF_DAY else instant


def _midnight(day: str) -> datetime:
    match = _DATE.fullmatch(day)
    if match is None:
        raise BadFix(f"date {day[:20]!r} is not ddmmyy")
    try:
        return datetime(2000 + int(match[3]), int(match[2]), int(match[1]), tzinfo=UTC)
    except ValueError as error:
        raise BadFix(f"date {day} is none: {error}") from error
