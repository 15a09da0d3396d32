"""The layouts of the classic EPC binary schemes, as tables (GS1 Tag Data Standard).

A classic scheme is: header 8 bits, filter 3, partition 3, company prefix, reference, perhaps piece and total,
perhaps a serial, zero bits to the end. The partition p says how the digits are shared: the company prefix has
12 - p of them, the reference `reference_digits + p`. Only GID-96 is built otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)
PREFIX_DIGITS = (12, 11, 10, 9, 8, 7, 6)
TEXT_UNIT_BITS = 7
COUNTER_BITS = 7
FILTERS = 8
WORD_BITS = 16  # tag memory is read in words; the hex of a 198-bit EPC has 208 bits

_ITEM_BITS = (4, 7, 10, 14, 17, 20, 24)
_LOCATION_BITS = (1, 4, 7, 11, 14, 17, 21)
_SHIPMENT_BITS = (18, 21, 24, 28, 31, 34, 38)


class Field(Enum):
    """How a part of an EPC is written in bits."""

    FIXED = "a number with a fixed count of digits, leading zeros kept"
    NUMBER = "a number without leading zeros"
    ONE_PREFIXED = "digits with leading zeros kept, stored as a number with a 1 in front"
    TEXT = "7-bit characters of the GS1 set, ended by the first NUL"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One row of the table: where the bits of a scheme are and what they mean."""

    name: str
    header: int
    bits: int
    reference_bits: tuple[int, ...]
    reference: Field = Field.FIXED
    reference_digits: int = 0  # at partition 0; one more for each step
    counters: bool = False  # ITIP: piece and total, 7 bits and two digits each
    serial: Field | None = None
    serial_bits: int = 0

    @property
    def family(self) -> str:
        """The name in pure identity URIs: `sgtin` for `sgtin-96` and `sgtin-198`."""
        return self.name.rpartition("-")[0]

    @property
    def hex_digits(self) -> int:
        """The digits of the whole words that hold the scheme's bits."""
        return -(-self.bits // WORD_BITS) * (WORD_BITS // 4)

    @property
    def part_count(self) -> int:
        """The dot-separated parts of the URI after the filter."""
        return 2 + 2 * self.counters + (self.serial is not None)


def _pair(
    family: str,
    numeric: tuple[int, int, int],
    text: tuple[int, int, int],
    reference_bits: tuple[int, ...],
    *,
    digits: int,
    counters: bool = False,
) -> tuple[Scheme, ...]:
    """Two schemes that differ in the serial alone; each is given as (header, bits, serial bits)."""
    return tuple(
        Scheme(
            f"{family}-{bits}",
            header,
            bits,
            reference_bits,
            reference_digits=digits,
            counters=counters,
            serial=serial,
            serial_bits=serial_bits,
        )
        for serial, (header, bits, serial_bits) in ((Field.NUMBER, numeric), (Field.TEXT, text))
    )


SCHEMES: tuple[Scheme, ...] = (
    *_pair("sgtin", (0x30, 96, 38), (0x36, 198, 140), _ITEM_BITS, digits=1),
    Scheme("sscc-96", 0x31, 96, _SHIPMENT_BITS, reference_digits=5),
    *_pair("sgln", (0x32, 96, 41), (0x39, 195, 140), _LOCATION_BITS, digits=0),
    *_pair("grai", (0x33, 96, 38), (0x37, 170, 112), _ITEM_BITS, digits=0),
    Scheme("giai-96", 0x34, 96, (42, 45, 48, 52, 55, 58, 62), Field.NUMBER, reference_digits=13),
    Scheme("giai-202", 0x38, 202, (148, 151, 154, 158, 161, 164, 168), Field.TEXT),
    *_pair("gdti", (0x2C, 96, 41), (0x3E, 174, 119), _LOCATION_BITS, digits=0),
    Scheme("gdti-113", 0x3A, 113, _LOCATION_BITS, serial=Field.ONE_PREFIXED, serial_bits=58),
    Scheme("gsrn-96", 0x2D, 96, _SHIPMENT_BITS, reference_digits=5),
    Scheme("gsrnp-96", 0x2E, 96, _SHIPMENT_BITS, reference_digits=5),
    Scheme("sgcn-96", 0x3F, 96, _LOCATION_BITS, serial=Field.ONE_PREFIXED, serial_bits=41),
    *_pair("itip", (0x40, 110, 38), (0x41, 212, 140), _ITEM_BITS, digits=1, counters=True),
    Scheme(
        "cpi-96",
        0x3C,
        96,
        (11, 14, 17, 21, 24, 27, 31),
        Field.NUMBER,
        reference_digits=3,
        serial=Field.NUMBER,
        serial_bits=31,
    ),
)

BY_HEADER = {scheme.header: scheme for scheme in SCHEMES}
BY_NAME = {scheme.name: scheme for scheme in SCHEMES}


def prefixed_digits(bits: int) -> int:
    """How many digits fit into `bits` behind the 1 that keeps their leading zeros."""
    return len(str((1 << bits) - 1)) - 1


# The characters that a serial may hold (GS1 AI encodable character set 82).
GS1_CHARACTERS = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
# The characters of a component or part (character set 39).
CPI_CHARACTERS = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
