"""Frames of JT/T 808 on the line: 0x7e, escaped header, body and checksum, 0x7e. Pure, both ways.

The 2013 edition has a phone number of 12 digits; the 2019 edition says so in bit 14 of the attributes, adds a protocol
version and has 20 digits. A body is at most 1023 bytes; a longer message comes in numbered parts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

from haoyun.tracking.errors import BadFrame
from haoyun.tracking.jt808.fields import bcd_bytes, bcd_digits

MARK, ESCAPE = 0x7E, 0x7D
MAX_BODY = 0x3FF
_PARTED, _VERSIONED, _ENCRYPTION = 1 << 13, 1 << 14, 0b111 << 10
_PHONE_BYTES = {False: 6, True: 10}  # by whether the frame is of the 2019 edition
_LONGEST_HEADER = 2 + 2 + 1 + 10 + 2 + 4
MAX_ESCAPED = 2 * (_LONGEST_HEADER + MAX_BODY + 1)  # every byte escaped


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of how many; numbers begin at 1."""

    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `version` is None in the 2013 edition; `phone` has all its digits, leading zeros too."""

    message_id: int
    phone: str
    serial: int
    body: bytes = b""
    version: int | None = None
    part: Part | None = None
    encryption: int = 0

    @property
    def is_2019(self) -> bool:
        """Whether the frame is of the 2019 edition."""
        return self.version is not None


def encode_frame(frame: Frame) -> bytes:
    """The frame as it goes over the line. Raises ValueError where it does not fit the form."""
    if len(frame.body) > MAX_BODY:
        raise ValueError(f"a body has at most {MAX_BODY} bytes, not {len(frame.body)}")
    attributes = len(frame.body) | frame.encryption << 10
    attributes |= (_PARTED if frame.part else 0) | (_VERSIONED if frame.is_2019 else 0)
    head = struct.pack(">HH", frame.message_id, attributes)
    head += b"" if frame.version is None else bytes([frame.version])
    head += bcd_bytes(frame.phone, _PHONE_BYTES[frame.is_2019]) + struct.pack(">H", frame.serial)
    head += b"" if frame.part is None else struct.pack(">HH", frame.part.total, frame.part.number)
    content = head + frame.body
    return bytes([MARK]) + escaped(content + bytes([checksum(content)])) + bytes([MARK])


def decode_frame(line: bytes) -> Frame:
    """The frame between two marks, still escaped. Raises BadFrame naming what is wrong."""
    raw = unescaped(line)
    if len(raw) < 5:
        raise BadFrame(f"{len(raw)} bytes are no frame: a header alone has 12")
    content, said = raw[:-1], raw[-1]
    if checksum(content) != said:
        raise BadFrame(f"checksum {said:02x} should be {checksum(content):02x}")
    message_id, attributes = struct.unpack_from(">HH", content)
    is_2019, is_parted = bool(attributes & _VERSIONED), bool(attributes & _PARTED)
    size = _PHONE_BYTES[is_2019]
    phone_at = 5 if is_2019 else 4
    body_at = phone_at + size + 2 + (4 if is_parted else 0)
    if len(content) != body_at + (attributes & MAX_BODY):
        raise BadFrame(f"the header promises {attributes & MAX_BODY} bytes, {len(content) - body_at} came")
    (serial,) = struct.unpack_from(">H", content, phone_at + size)
    return Frame(
        message_id=message_id,
        phone=bcd_digits(content[phone_at : phone_at + size]),
        serial=serial,
        body=content[body_at:],
        version=content[4] if is_2019 else None,
        part=_part(content, body_at - 4) if is_parted else None,
        encryption=(attributes & _ENCRYPTION) >> 10,
    )


def escaped(raw: bytes) -> bytes:
    """0x7d becomes 0x7d 0x01, 0x7e becomes 0x7d 0x02, so that a mark is always a mark."""
    return raw.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescaped(line: bytes) -> bytes:
    """The way back. Raises BadFrame for an escape of anything else."""
    first, *others = line.split(b"\x7d")
    raw = [first]
    for piece in others:
        if piece[:1] not in (b"\x01", b"\x02"):
            raise BadFrame("0x7d must be followed by 0x01 or 0x02")
        raw.append((b"\x7d" if piece[0] == 1 else b"\x7e") + piece[1:])
    return b"".join(raw)


def checksum(content: bytes) -> int:
    """The exclusive or of all bytes."""
    return reduce(xor, content, 0)


class Splitter:
    """Cuts a stream at the marks. What lies between frames is dropped; an endless frame raises BadFrame."""

    def __init__(self) -> None:
        self._rest = b""
        self._inside = False

    def feed(self, data: bytes) -> list[bytes]:
        """The complete frames so far, without their marks, still escaped."""
        *complete, rest = (self._rest + data).split(b"\x7e")
        if complete and not self._inside:
            complete = complete[1:]  # noise before the first mark
            self._inside = True
        self._rest = rest if self._inside else b""
        if len(self._rest) > MAX_ESCAPED:
            raise BadFrame(f"a frame without an end after {MAX_ESCAPED} bytes")
        return [line for line in complete if line]  # two marks in a row are an end and a beginning


def _part(content: bytes, at: int) -> Part:
    total, number = struct.unpack_from(">HH", content, at)
    if not 1 <= number <= total:
        raise BadFrame(f"part {number} of {total} is none")
    return Part(total, number)
