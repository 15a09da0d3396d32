"""From the parts of an EPC URI to bits, refusing what would not read back the same."""

from __future__ import annotations

import re

from haoyun.rfid_ingest.epc.tables import (
    COUNTER_BITS,
    GID_BITS,
    GID_FIELDS,
    GID_HEADER,
    PREFIX_BITS,
    PREFIX_DIGITS,
    TEXT_UNIT_BITS,
    Field,
    Scheme,
)
from haoyun.rfid_ingest.epc.unpack import check_text
from haoyun.rfid_ingest.errors import MalformedEpc

_ESCAPED, _STRAY_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})"), re.compile(r"%(?![0-9A-Fa-f]{2})")


def pack_classic(scheme: Scheme, rest: str) -> str:
    """The hex of `<filter>.<parts>` of a tag URI. Raises MalformedEpc."""
    filter_text, *raw = rest.split(".", scheme.part_count)
    if len(raw) != scheme.part_count:
        raise MalformedEpc(f"{scheme.name} has a filter and {scheme.part_count} parts")
    parts = [_unescape(part) for part in raw]
    filter_value = _number(filter_text, "filter", 8)
    prefix, reference, *others = parts
    if len(prefix) not in PREFIX_DIGITS:
        raise MalformedEpc("a company prefix has 6 to 12 digits")
    partition = 12 - len(prefix)
    value, size = (scheme.header << 6) | (filter_value << 3) | partition, 14
    fields = [(_fixed(prefix, PREFIX_DIGITS[partition], "company prefix"), PREFIX_BITS[partition])]
    fields.append((_write_reference(scheme, partition, reference), scheme.reference_bits[partition]))
    if scheme.counters:
        fields += [(_fixed(others[i], 2, what), COUNTER_BITS) for i, what in enumerate(("piece", "total"))]
    if scheme.serial is not None:
        fields.append((_write_serial(scheme.serial, others[-1], scheme.serial_bits), scheme.serial_bits))
    for field, bits in fields:
        value, size = (value << bits) | field, size + bits
    return f"{value << (scheme.hex_digits * 4 - size):0{scheme.hex_digits}X}"


def _write_reference(scheme: Scheme, partition: int, text: str) -> int:
    size = scheme.reference_bits[partition]
    if scheme.reference is Field.TEXT:
        return _write_text(text, size)
    digits = scheme.reference_digits + partition
    if scheme.reference is Field.FIXED:
        return _fixed(text, digits, "reference")
    return _number(text, "reference", min(10**digits, 1 << size))


def _write_serial(field: Field, text: str, size: int) -> int:
    if field is Field.TEXT:
        return _write_text(text, size)
    if field is Field.NUMBER:
        return _number(text, "serial", 1 << size)
    if not _is_digits(text) or len(text) > 12:
        raise MalformedEpc("a coupon serial has 1 to 12 digits")
    return int(f"1{text}")


def _write_text(text: str, size: int) -> int:
    check_text(text)
    room = size // TEXT_UNIT_BITS
    if len(text) > room:
        raise MalformedEpc(f"an alphanumeric serial of {size} bits has at most {room} characters")
    value = 0
    for character in text:
        value = (value << TEXT_UNIT_BITS) | ord(character)
    return value << (size - TEXT_UNIT_BITS * len(text))


def _fixed(text: str, digits: int, what: str) -> int:
    if len(text) != digits or (digits and not _is_digits(text)):
        raise MalformedEpc(f"the {what} has {digits} digits here; {text!r} has not")
    return int(text or 0)


def _number(text: str, what: str, limit: int) -> int:
    if not _is_digits(text) or (len(text) > 1 and text[0] == "0"):
        raise MalformedEpc(f"the {what} is a number without leading zeros; {text!r} is not")
    if int(text) >= limit:
        raise MalformedEpc(f"the {what} is below {limit}; {text} is not")
    return int(text)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _unescape(part: str) -> str:
    if _STRAY_PERCENT.search(part):
        raise MalformedEpc("a % in an EPC URI is followed by two hexadecimal digits")
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), part)


def pack_gid(rest: str) -> str:
    """The hex of the three parts of a GID-96. Raises MalformedEpc."""
    parts = rest.split(".")
    if len(parts) != len(GID_FIELDS):
        raise MalformedEpc("gid-96 has a manager, an object class and a serial")
    value = GID_HEADER
    for text, size in zip(parts, GID_FIELDS, strict=True):
        value = (value << size) | _number(text, "GID field", 1 << size)
    return f"{value:0{GID_BITS // 4}X}"
