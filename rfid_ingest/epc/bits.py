"""A cursor over the bits of one EPC, and its counterpart that writes them."""

from __future__ import annotations

from haoyun.rfid_ingest.epc.tables import WORD_BITS
from haoyun.rfid_ingest.errors import MalformedEpc

NIBBLE = 4
_WORD_DIGITS = WORD_BITS // NIBBLE


class Bits:
    """Reads from the most significant bit on; `name` is the scheme, for refusals."""

    __slots__ = ("_left", "_size", "_value", "name")

    def __init__(self, value: int, bits: int, name: str) -> None:
        self._value, self._left, self._size, self.name = value, bits, bits, name

    @classmethod
    def of_hex(cls, hex_text: str, name: str) -> Bits:
        """All bits of a hex text."""
        return cls(int(hex_text, 16), len(hex_text) * NIBBLE, name)

    @property
    def taken(self) -> int:
        """How many bits were read."""
        return self._size - self._left

    def take(self, bits: int) -> int:
        """The next bits as a number. Raises MalformedEpc where the memory ends before."""
        if bits > self._left:
            raise MalformedEpc(
                f"{self.name} needs at least {self.taken + bits} bits here; {self._size} are here"
            )
        self._left -= bits
        return (self._value >> self._left) & ((1 << bits) - 1)

    def rest(self) -> int:
        """All bits that are left, as a number."""
        return self.take(self._left)

    def rest_text(self) -> str:
        """All bits that are left, as a text of 0 and 1."""
        left = self._left
        return f"{self.rest():0{left}b}" if left else ""

    def finish(self) -> None:
        """Refuse what follows the EPC: only zero bits up to the end of its last word."""
        if self._left >= WORD_BITS:
            raise MalformedEpc(
                f"this {self.name} ends after {self.taken} bits; whole words after it do not belong to it"
            )
        if self.rest():
            raise MalformedEpc(f"the bits after the end of {self.name} must be zero")


def fixed_size(hex_text: str, bits: int, hex_digits: int, name: str) -> Bits:
    """The bits of a scheme of fixed size. Raises MalformedEpc for too few, too many and for spare ones."""
    if len(hex_text) * NIBBLE < bits:
        raise MalformedEpc(f"{name} has {bits} bits; {len(hex_text) * NIBBLE} are here")
    if len(hex_text) > hex_digits:
        raise MalformedEpc(f"{name} fills {hex_digits} hex digits; {len(hex_text)} are here")
    spare = len(hex_text) * NIBBLE - bits
    value = int(hex_text, 16)
    if value & ((1 << spare) - 1):
        raise MalformedEpc(f"the bits after the {bits} of {name} must be zero")
    return Bits(value >> spare, bits, name)


class BitWriter:
    """Collects numbers of known sizes, most significant first."""

    __slots__ = ("size", "value")

    def __init__(self) -> None:
        self.value, self.size = 0, 0

    def put(self, value: int, bits: int) -> None:
        """Append a number of that many bits."""
        self.value, self.size = (self.value << bits) | value, self.size + bits

    def hex(self, digits: int | None = None) -> str:
        """Upper-case hex in whole words, or of that many digits where they suffice."""
        least = -(-self.size // NIBBLE)
        words = -(-least // _WORD_DIGITS) * _WORD_DIGITS
        shown = digits if digits is not None and least <= digits <= words else words
        return f"{self.value << (shown * NIBBLE - self.size):0{shown}X}"
