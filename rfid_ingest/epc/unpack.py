"""From bits to the parts of an EPC URI: every rule of the layout is checked on the way."""

from __future__ import annotations

from haoyun.rfid_ingest.epc.bits import Bits, fixed_size
from haoyun.rfid_ingest.epc.tables import (
    COUNTER_BITS,
    PREFIX_BITS,
    PREFIX_DIGITS,
    TEXT_UNIT_BITS,
    Field,
    Scheme,
    prefixed_digits,
)
from haoyun.rfid_ingest.epc.text import check_text
from haoyun.rfid_ingest.errors import MalformedEpc


def unpack_classic(scheme: Scheme, hex_text: str) -> tuple[int, tuple[str, ...]]:
    """The filter and the URI parts in tag memory of this scheme. Raises MalformedEpc."""
    bits = fixed_size(hex_text, scheme.bits, scheme.hex_digits, scheme.name)
    bits.take(8)
    filter_value, partition = bits.take(3), bits.take(3)
    if partition == 7:
        raise MalformedEpc("partition 7 is not defined; 0 to 6 are")
    parts = [_read_fixed(bits.take(PREFIX_BITS[partition]), PREFIX_DIGITS[partition], "company prefix")]
    parts.append(_read_reference(scheme, partition, bits))
    if scheme.counters:
        parts += [_read_fixed(bits.take(COUNTER_BITS), 2, what) for what in ("piece", "total")]
    if scheme.serial is not None:
        parts.append(_read_serial(scheme.serial, bits.take(scheme.serial_bits), scheme.serial_bits))
    if bits.rest():
        raise MalformedEpc(f"the reserved bits of {scheme.name} must be zero")
    return filter_value, tuple(parts)


def _read_reference(scheme: Scheme, partition: int, bits: Bits) -> str:
    size = scheme.reference_bits[partition]
    value = bits.take(size)
    if scheme.reference is Field.TEXT:
        return _read_text(value, size)
    digits = scheme.reference_digits + partition
    if scheme.reference is Field.FIXED:
        return _read_fixed(value, digits, "reference")
    if value >= 10**digits:
        raise MalformedEpc(f"the reference has at most {digits} digits")
    return str(value)


def _read_serial(field: Field, value: int, size: int) -> str:
    if field is Field.TEXT:
        return _read_text(value, size)
    if field is Field.NUMBER:
        return str(value)
    return _read_prefixed(value, size)


def _read_prefixed(value: int, size: int) -> str:
    digits = str(value)
    if not digits.startswith("1") or not 1 <= len(digits) - 1 <= prefixed_digits(size):
        raise MalformedEpc(
            f"this serial is stored with a 1 in front of 1 to {prefixed_digits(size)} digits; {value} is not"
        )
    return digits[1:]


def _read_fixed(value: int, digits: int, what: str) -> str:
    if value >= 10**digits:
        raise MalformedEpc(f"the {what} has {digits} digits; {value} has more")
    return f"{value:0{digits}d}" if digits else ""


def _read_text(value: int, size: int) -> str:
    codes = [(value >> shift) & 0x7F for shift in range(size - TEXT_UNIT_BITS, -1, -TEXT_UNIT_BITS)]
    spare = size % TEXT_UNIT_BITS
    if spare and value & ((1 << spare) - 1):
        raise MalformedEpc("the bits after the last character must be zero")
    text = "".join(map(chr, codes)).rstrip("\0")
    if "\0" in text:
        raise MalformedEpc("no character may follow the first NUL of a serial")
    check_text(text)
    return text
