"""One tag at a time, a million a second: memory to URI without building an Epc in between.

The first four hex digits hold header, filter and partition: they choose a row in which every shift, limit and text
that does not depend on the rest of the tag is ready. What no row answers (other schemes, refusals) goes to the codec.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable

from haoyun.rfid_ingest.epc.codec import ID_PREFIX, TAG_PREFIX, decode
from haoyun.rfid_ingest.epc.links import dl_path
from haoyun.rfid_ingest.epc.tables import FILTERS, PREFIX_BITS, PREFIX_DIGITS, SCHEMES, Field, Scheme

# What a row holds: the bits of header, filter and partition; bits after the reference; bits of the
# reference; mask of the reference; mask of the serial; limits of prefix, reference and serial; the text with places
# for the three numbers; its beginning; the least prefix and reference that need no leading zeros.
Row = tuple[int, int, int, int, int, int, int, int, str, str, int, int]

_BITS = 96
_HEAD_BITS = 14
_NOTHING = "%.0s"  # prints nothing for a part that this scheme has not


def is_plain(scheme: Scheme) -> bool:
    """Whether a scheme is 96 bits of numbers: prefix, reference, and a serial that is written as it counts."""
    numbers = (Field.FIXED, Field.NUMBER)
    return scheme.bits == _BITS and scheme.reference in numbers and scheme.serial in (None, Field.NUMBER)


def _rows(begin: str, *, filtered: bool) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for scheme in filter(is_plain, SCHEMES):
        for filter_value in range(FILTERS):
            start = f"{begin}{scheme.name if filtered else scheme.family}:"
            text = f"{start}{filter_value}." if filtered else start
            for partition in range(len(PREFIX_BITS)):
                row = _row(scheme, filter_value, partition, text)
                first = ((scheme.header << 6) | (filter_value << 3) | partition) << 2
                for key in range(first, first + 4):
                    rows[f"{key:04X}"] = rows[f"{key:04x}"] = row
    return rows


def _row(scheme: Scheme, filter_value: int, partition: int, text: str) -> Row:
    head = ((scheme.header << 6) | (filter_value << 3) | partition) << (_BITS - _HEAD_BITS)
    shift2 = _BITS - _HEAD_BITS - PREFIX_BITS[partition] - scheme.reference_bits[partition]
    digits = scheme.reference_digits + partition
    reference = _NOTHING if not digits else "%d" if scheme.reference is Field.NUMBER else f"%0{digits}d"
    serial = _NOTHING if scheme.serial is None else ".%d"
    zeros_below = 10 ** (digits - 1) if scheme.reference is Field.FIXED and digits > 1 else 0
    return (
        head,
        shift2,
        scheme.reference_bits[partition],
        (1 << scheme.reference_bits[partition]) - 1,
        (1 << shift2) - 1,
        10 ** PREFIX_DIGITS[partition],
        10**digits,
        1 if scheme.serial is None else 1 << shift2,  # no serial: these bits are reserved
        f"{text}%0{PREFIX_DIGITS[partition]}d.{reference}{serial}",
        text,
        10 ** (PREFIX_DIGITS[partition] - 1),
        zeros_below if digits else 1,  # no reference at all: its place stays empty
    )


def _reader(rows: dict[str, Row], otherwise: Callable[[str], str]) -> Callable[[str], str]:
    from_bytes = int.from_bytes  # a name of this function is found faster than a global one

    def read(hex_text: str, unhexlify: Callable[[str], bytes] = unhexlify) -> str:
        try:
            head, shift, size, mask2, mask3, limit1, limit2, limit3, text, begin, full1, full2 = rows[
                hex_text[:4]
            ]
            value = from_bytes(unhexlify(hex_text)) ^ head  # a wrong length leaves a prefix out of bounds
        except (KeyError, ValueError):
            return otherwise(hex_text)
        upper, serial = value >> shift, value & mask3
        prefix, reference = upper >> size, upper & mask2
        if prefix < limit1 and reference < limit2 and serial < limit3:
            if prefix < full1 or reference < full2:
                return text % (prefix, reference, serial)
            # numbers as they are print in half the time of padded ones
            return f"{begin}{prefix}.{reference}.{serial}" if limit3 > 1 else f"{begin}{prefix}.{reference}"
        return otherwise(hex_text)

    return read


_uri_of = _reader(_rows(ID_PREFIX, filtered=False), lambda hex_text: decode(hex_text).identity)
_tag_uri_of = _reader(_rows(TAG_PREFIX, filtered=True), lambda hex_text: decode(hex_text).tag_uri)

uri_of: Callable[[str], str] = _uri_of
"""The identity of a tag: its pure identity URI, or the link of a "+" tag. Raises EpcError with the rule."""
tag_uri_of: Callable[[str], str] = _tag_uri_of
"""The tag URI, "" for a "+" tag, which has none. Raises EpcError with the rule that is broken."""

_PLAIN_FAMILIES = {f"{scheme.header:02X}": scheme.family for scheme in filter(is_plain, SCHEMES)}


def describe(hex_text: str) -> tuple[str, str, str, str]:
    """Scheme, tag URI, pure identity URI and Digital Link path of a tag, "" for what it has not. Raises EpcError."""
    family = _PLAIN_FAMILIES.get(hex_text[:2].upper())
    if family is None:
        epc = decode(hex_text)
        return epc.scheme, epc.tag_uri, epc.uri, epc.dl_path
    tag_uri = tag_uri_of(hex_text)
    scheme, _, filtered = tag_uri.removeprefix(TAG_PREFIX).partition(":")
    parts = filtered.partition(".")[2]
    return scheme, tag_uri, f"{ID_PREFIX}{family}:{parts}", dl_path(family, tuple(parts.split("."))) or ""
