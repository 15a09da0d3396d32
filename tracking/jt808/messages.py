"""What JT/T 808 frames say, in both directions: bodies of the messages that this platform knows. Pure.

`decode_*` raise BadFrame for a body that does not have the form; `encode_*` are the way back (the simulated terminal
uses the ones that a terminal sends).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from haoyun.tracking.errors import BadFrame
from haoyun.tracking.jt808.fields import bcd_bytes, bcd_digits


class MessageId(IntEnum):
    """The messages that are understood; any other is answered `NOT_SUPPORTED`."""

    TERMINAL_ANSWER = 0x0001
    HEARTBEAT = 0x0002
    LOGOUT = 0x0003
    REGISTRATION = 0x0100
    AUTHENTICATION = 0x0102
    POSITION = 0x0200
    BATCH = 0x0704
    ANSWER = 0x8001
    REGISTRATION_ANSWER = 0x8100


class Result(IntEnum):
    """Of a general answer."""

    SUCCESS = 0
    FAILURE = 1
    WRONG = 2  # the message is wrong
    NOT_SUPPORTED = 3


class Registered(IntEnum):
    """Of a registration's answer."""

    SUCCESS = 0
    VEHICLE_TAKEN = 1
    NO_VEHICLE = 2
    TERMINAL_TAKEN = 3
    NO_TERMINAL = 4


@dataclass(frozen=True, slots=True)
class Registration:
    """0x0100. Texts without their padding; the plate is GBK on the line."""

    province: int
    city: int
    manufacturer: str
    model: str
    terminal_id: str
    plate_colour: int
    plate: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """0x0102. IMEI and software version come with the 2019 edition only."""

    code: str
    imei: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """0x0200 as it counts: 1e-6 degrees without sign, metres, 0.1 km/h, YYMMDDhhmmss in UTC+8; extra: (id, bytes)."""

    alarm: int
    status: int
    latitude: int
    longitude: int
    altitude: int
    speed: int
    direction: int
    time: str
    extra: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """0x8001 (or 0x0001 from the terminal): the answer to the message of that serial."""

    serial: int
    message_id: int
    result: int


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """0x8100; the code comes with success only."""

    serial: int
    result: int
    code: str = ""


_POSITION = struct.Struct(">IIIIHHH6s")
_MAX_BATCH = 200
# Sizes of manufacturer, model and terminal id, by whether the frame is of the 2019 edition.
_TEXT_SIZES = {False: (5, 20, 7), True: (11, 30, 30)}
_SHORT_MODEL = 8  # the 2011 edition, still on the road, as frames of 2013
_IMEI, _SOFTWARE = 15, 20


def decode_position(body: bytes) -> Position:
    """The position and its additional items."""
    if len(body) < _POSITION.size:
        raise BadFrame(f"a position has at least {_POSITION.size} bytes, not {len(body)}")
    alarm, status, latitude, longitude, altitude, speed, direction, time = _POSITION.unpack_from(body)
    return Position(
        alarm,
        status,
        latitude,
        longitude,
        altitude,
        speed,
        direction,
        bcd_digits(time),
        _items(body[_POSITION.size :]),
    )


def encode_position(position: Position) -> bytes:
    """The body of 0x0200."""
    p = position
    fixed = _POSITION.pack(
        p.alarm, p.status, p.latitude, p.longitude, p.altitude, p.speed, p.direction, bcd_bytes(p.time, 6)
    )
    return fixed + b"".join(bytes([key, len(value)]) + value for key, value in p.extra)


def decode_batch(body: bytes) -> list[Position]:
    """The positions of 0x0704."""
    count, _kind = _unpack(">HB", body)
    if not 1 <= count <= _MAX_BATCH:
        raise BadFrame(f"{count} positions in a batch: 1 to {_MAX_BATCH} are allowed")
    positions, at = [], 3
    for _ in range(count):
        (size,) = _unpack(">H", body[at:])
        positions.append(decode_position(_take(body, at + 2, size)))
        at += 2 + size
    return positions


def encode_batch(positions: list[Position], *, blind: bool = True) -> bytes:
    """The body of 0x0704; `blind`: kept from an area without network."""
    bodies = [encode_position(position) for position in positions]
    head = struct.pack(">HB", len(bodies), int(blind))
    return head + b"".join(struct.pack(">H", len(body)) + body for body in bodies)


def decode_registration(body: bytes, is_2019: bool) -> Registration:
    """The body of 0x0100."""
    province, city = _unpack(">HH", body)
    sizes = _TEXT_SIZES[is_2019]
    if not is_2019 and len(body) < 4 + sum(sizes) + 1:
        sizes = (sizes[0], _SHORT_MODEL, sizes[2])
    texts, at = [], 4
    for size in sizes:
        texts.append(_text(_take(body, at, size)))
        at += size
    colour = _take(body, at, 1)[0]
    return Registration(province, city, texts[0], texts[1], texts[2], colour, _text(body[at + 1 :]))


def encode_registration(registration: Registration, is_2019: bool) -> bytes:
    """The body of 0x0100."""
    r = registration
    texts = zip((r.manufacturer, r.model, r.terminal_id), _TEXT_SIZES[is_2019], strict=True)
    padded = b"".join(text.encode("gbk").ljust(size, b"\0") for text, size in texts)
    return struct.pack(">HH", r.province, r.city) + padded + bytes([r.plate_colour]) + r.plate.encode("gbk")


def decode_authentication(body: bytes, is_2019: bool) -> Authentication:
    """The body of 0x0102."""
    if not is_2019:
        return Authentication(_text(body))
    size = _take(body, 0, 1)[0]
    rest = body[1 + size :]
    return Authentication(
        _text(_take(body, 1, size)), _text(rest[:_IMEI]), _text(rest[_IMEI : _IMEI + _SOFTWARE])
    )


def encode_authentication(authentication: Authentication, is_2019: bool) -> bytes:
    """The body of 0x0102."""
    code = authentication.code.encode("gbk")
    if not is_2019:
        return code
    imei, software = authentication.imei.encode(), authentication.software.encode()
    return bytes([len(code)]) + code + imei.ljust(_IMEI, b"\0") + software.ljust(_SOFTWARE, b"\0")


def encode_answer(answer: Answer) -> bytes:
    """The body of 0x8001 and 0x0001."""
    return struct.pack(">HHB", answer.serial, answer.message_id, answer.result)


def decode_answer(body: bytes) -> Answer:
    """The body of 0x8001 and 0x0001."""
    return Answer(*_unpack(">HHB", body))


def encode_registration_answer(answer: RegistrationAnswer) -> bytes:
    """The body of 0x8100."""
    return struct.pack(">HB", answer.serial, answer.result) + answer.code.encode("gbk")


def decode_registration_answer(body: bytes) -> RegistrationAnswer:
    """The body of 0x8100."""
    serial, result = _unpack(">HB", body)
    return RegistrationAnswer(serial, result, _text(body[3:]))


def _items(raw: bytes) -> tuple[tuple[int, bytes], ...]:
    items, at = [], 0
    while at < len(raw):
        key, size = _unpack(">BB", raw[at:])
        items.append((key, _take(raw, at + 2, size)))
        at += 2 + size
    return tuple(items)


def _unpack(form: str, raw: bytes) -> tuple[int, ...]:
    if len(raw) < struct.calcsize(form):
        raise BadFrame(f"the body ends after {len(raw)} bytes where {struct.calcsize(form)} are needed")
    return struct.unpack_from(form, raw)


def _take(raw: bytes, at: int, size: int) -> bytes:
    piece = raw[at : at + size]
    if len(piece) < size:
        raise BadFrame(f"the body ends at {len(raw)} where {at + size} bytes are needed")
    return piece


def _text(raw: bytes) -> str:
    try:
        return raw.strip(b"\0 ").decode("gbk")
    except UnicodeDecodeError as error:
        raise BadFrame(f"a text is not GBK: {error.reason}") from error
