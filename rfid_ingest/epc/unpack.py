"""From bits to the parts of an EPC URI: every rule of the layout is checked on the way."""

from __future__ import annotations

from haoyun.rfid_ingest.epc.tables import (
    COUNTER_BITS,
    GID_BITS,
    GID_FIELDS,
    GID_NAME,
    GS1_CHARACTERS,
    PREFIX_BITS,
    PREFIX_DIGITS,
    TEXT_UNIT_BITS,
    Field,
    Scheme,
)
from haoyun.rfid_ingest.errors import MalformedEpc


class _Bits:
    """A cursor over the bits of one EPC, from the most significant one."""

    __slots__ = ("_left", "_value")

    def __init__(self, value: int, bits: int) -> None:
        self._value, self._left = value, bits

    def take(self, bits: int) -> int:
        self._left -= bits
        return (self._value >> self._left) & ((1 << bits) - 1)

    def rest(self) -> int:
        return self.take(self._left)


def _bits_of(hex_text: str, bits: int, hex_digits: int, name: str) -> _Bits:
    if len(hex_text) * 4 < bits:
        raise MalformedEpc(f"{name} has {bits} bits; {len(hex_text) * 4} are here")
    if len(hex_text) > hex_digits:
        raise MalformedEpc(f"{name} fills {hex_digits} hex digits; {len(hex_text)} are here")
    spare = len(hex_text) * 4 - bits
    value = int(hex_text, 16)
    if value & ((1 << spare) - 1):
        raise MalformedEpc(f"the bits after the {bits} of {name} must be zero")
    return _Bits(value >> spare, bits)


def unpack_classic(scheme: Scheme, hex_text: str) -> tuple[int, tuple[str, ...]]:
    """The filter and the URI parts in tag memory of this scheme. Raises MalformedEpc."""
    bits = _bits_of(hex_text, scheme.bits, scheme.hex_digits, scheme.name)
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


def _read_reference(scheme: Scheme, partition: int, bits: _Bits) -> str:
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
    digits = str(value)
    if not digits.startswith("1") or len(digits) < 2:
        raise MalformedEpc("a coupon serial is stored with a 1 in front of at least one digit")
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


def check_text(text: str) -> None:
    """Refuse an alphanumeric serial that GS1 does not allow. Raises MalformedEpc."""
    if not text:
        raise MalformedEpc("an alphanumeric serial has at least one character")
    wrong = next((c for c in text if c not in GS1_CHARACTERS), None)
    if wrong is not None:
        raise MalformedEpc(f"the character {wrong!r} is not in the GS1 set of 82")


def unpack_gid(hex_text: str) -> tuple[str, ...]:
    """The URI parts of a GID-96, which has no filter and no partition. Raises MalformedEpc."""
    bits = _bits_of(hex_text, GID_BITS, GID_BITS // 4, GID_NAME)
    bits.take(8)
    return tuple(str(bits.take(size)) for size in GID_FIELDS)
