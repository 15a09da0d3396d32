"""From the parts of an EPC URI to bits, refusing what would not read back the same."""

from __future__ import annotations

from haoyun.rfid_ingest.epc.tables import (
    COUNTER_BITS,
    PREFIX_BITS,
    PREFIX_DIGITS,
    TEXT_UNIT_BITS,
    Field,
    Scheme,
    prefixed_digits,
)
from haoyun.rfid_ingest.epc.text import check_text, fixed_number, is_digits, whole_number
from haoyun.rfid_ingest.errors import MalformedEpc


def pack_classic(scheme: Scheme, filter_value: int | None, parts: tuple[str, ...]) -> str:
    """The hex of filter and unescaped URI parts. Raises MalformedEpc."""
    prefix, reference, *others = parts
    if len(prefix) not in PREFIX_DIGITS:
        raise MalformedEpc("a company prefix has 6 to 12 digits")
    partition = 12 - len(prefix)
    value, size = (scheme.header << 6) | ((filter_value or 0) << 3) | partition, 14
    fields = [(fixed_number(prefix, PREFIX_DIGITS[partition], "company prefix"), PREFIX_BITS[partition])]
    fields.append((_write_reference(scheme, partition, reference), scheme.reference_bits[partition]))
    if scheme.counters:
        fields += [
            (fixed_number(others[i], 2, what), COUNTER_BITS) for i, what in enumerate(("piece", "total"))
        ]
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
        return fixed_number(text, digits, "reference")
    return whole_number(text, "reference", min(10**digits, 1 << size))


def _write_serial(field: Field, text: str, size: int) -> int:
    if field is Field.TEXT:
        return _write_text(text, size)
    if field is Field.NUMBER:
        return whole_number(text, "serial", 1 << size)
    most = prefixed_digits(size)
    if not is_digits(text) or len(text) > most:
        raise MalformedEpc(f"this serial has 1 to {most} digits")
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
