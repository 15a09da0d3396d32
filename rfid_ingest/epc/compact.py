"""How the "+" schemes write texts in few bits (GS1 Tag Data Standard 2, sections 14.5.4 to 14.5.14).

A text of variable length says first how it is written (3 bits) and how long it is (5 bits); a writer takes the way
with the fewest bits, a reader takes any. Errors: MalformedEpc.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from haoyun.rfid_ingest.epc.bits import Bits, BitWriter
from haoyun.rfid_ingest.epc.links import check_digit
from haoyun.rfid_ingest.epc.tables import GS1_CHARACTERS
from haoyun.rfid_ingest.epc.text import is_digits
from haoyun.rfid_ingest.errors import MalformedEpc

_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
BASE64URL = _UPPER + _LOWER + _DIGITS + "-_"
CODE_40 = "\0" + _UPPER + "-.:" + _DIGITS  # table 14-8; the first is padding
_CODE_40_TRIPLE = 16
_NIBBLE = 4
_TEXT_FOLLOWS, _NUMBER_ENDS = 0b1110, 0b1111


class Way(IntEnum):
    """The 3-bit encoding indicator of a text (table 14-5)."""

    INTEGER = 0
    UPPER_HEX = 1
    LOWER_HEX = 2
    BASE64URL = 3
    ASCII = 4
    CODE_40 = 5


_ALPHABETS = {
    Way.UPPER_HEX: (_DIGITS + "ABCDEF", 4),
    Way.LOWER_HEX: (_DIGITS + "abcdef", 4),
    Way.BASE64URL: (BASE64URL, 6),
}


def integer_bits(digits: int) -> int:
    """The bits of the largest number of so many digits (table B)."""
    largest: int = 10**digits - 1
    return largest.bit_length()


def code_40_bits(characters: int) -> int:
    """Three characters take 16 bits; the last group is filled up."""
    return -(-characters // 3) * _CODE_40_TRIPLE


@dataclass(frozen=True, slots=True)
class Digits:
    """So many decimal digits of four bits each; the first `checked` of them end with their check digit."""

    count: int
    checked: int

    def read(self, bits: Bits, _ways: list[int]) -> str:
        """The digits. Raises MalformedEpc for a nibble above 9 and for a wrong check digit."""
        return self.check(f"{bits.take(_NIBBLE * self.count):0{self.count}X}", bits.name)

    def write(self, out: BitWriter, text: str, _way: int | None) -> None:
        """Append the digits. Raises MalformedEpc."""
        out.put(int(self.check(text, "this key"), 16), _NIBBLE * self.count)

    def check(self, text: str, name: str) -> str:
        """The text itself if it is such a key. Raises MalformedEpc."""
        if len(text) != self.count or not is_digits(text):
            raise MalformedEpc(f"{name} has {self.count} decimal digits here; {text[:40]} has not")
        right = check_digit(text[: self.checked - 1])
        if text[self.checked - 1] != right:
            raise MalformedEpc(f"the check digit of {text[: self.checked]} must be {right}")
        return text


@dataclass(frozen=True, slots=True)
class Number:
    """1 to `most` digits as an integer, leading zeros kept; the count of digits stands before, in 4 bits."""

    most: int

    def read(self, bits: Bits, _ways: list[int]) -> str:
        """The digits. Raises MalformedEpc."""
        length = bits.take(_NIBBLE)
        self._check_length(length)
        return _read_integer(bits, length)

    def write(self, out: BitWriter, text: str, _way: int | None) -> None:
        """Append count and digits. Raises MalformedEpc."""
        if not is_digits(text):
            raise MalformedEpc(f"this serial has decimal digits only; {text[:40]!r} has not")
        self._check_length(len(text))
        out.put(len(text), _NIBBLE)
        out.put(int(text), integer_bits(len(text)))

    def _check_length(self, length: int) -> None:
        if not 1 <= length <= self.most:
            raise MalformedEpc(f"this serial has 1 to {self.most} digits, not {length}")


@dataclass(frozen=True, slots=True)
class Text:
    """1 to `most` characters, of the GS1 set of 82 where no other is given."""

    most: int
    characters: frozenset[str] = GS1_CHARACTERS

    def read(self, bits: Bits, ways: list[int]) -> str:
        """The text; how it was written is appended to `ways`. Raises MalformedEpc."""
        way, length = bits.take(3), bits.take(5)
        if way not in _READ:
            raise MalformedEpc(f"encoding indicator {way} is not defined; 0 to 5 are")
        self._check_length(length)
        ways.append(way)
        return self._check_characters(_READ[Way(way)](bits, length))

    def write(self, out: BitWriter, text: str, way: int | None) -> None:
        """Append the text in the shortest way, or in the one asked for. Raises MalformedEpc."""
        self._check_length(len(text))
        self._check_characters(text)
        chosen = shortest_way(text) if way is None else Way(way)
        out.put(chosen, 3)
        out.put(len(text), 5)
        _put(out, text, chosen)

    def _check_length(self, length: int) -> None:
        if not 1 <= length <= self.most:
            raise MalformedEpc(f"this text has 1 to {self.most} characters, not {length}")

    def _check_characters(self, text: str) -> str:
        wrong = next((c for c in text if c not in self.characters), None)
        if wrong is not None:
            raise MalformedEpc(f"the character {wrong!r} may not stand in this text")
        return text


@dataclass(frozen=True, slots=True)
class DigitsThenText:
    """A key that begins with a company prefix: its leading digits as nibbles, then 1111, or 1110 and a text.

    `characters` is the set that it may hold, `most` how many of them.
    """

    most: int
    characters: frozenset[str]

    def read(self, bits: Bits, ways: list[int]) -> str:
        """The key. Raises MalformedEpc."""
        digits = ""
        while (nibble := bits.take(_NIBBLE)) < 10:
            digits += str(nibble)
            if len(digits) > self.most:
                raise MalformedEpc(f"this key has at most {self.most} characters")
        if nibble not in (_TEXT_FOLLOWS, _NUMBER_ENDS):
            raise MalformedEpc(
                f"after the digits stands 1111 (end) or 1110 (a text follows), not {nibble:04b}"
            )
        rest = Text(self.most, self.characters).read(bits, ways) if nibble == _TEXT_FOLLOWS else ""
        if is_digits(rest[:1]):
            raise MalformedEpc("the text after the digits begins with a character that is no digit")
        return self._check(digits + rest)

    def write(self, out: BitWriter, text: str, way: int | None) -> None:
        """Append the key. Raises MalformedEpc."""
        self._check(text)
        rest = text.lstrip(_DIGITS)
        for digit in text[: len(text) - len(rest)]:
            out.put(int(digit), _NIBBLE)
        out.put(_TEXT_FOLLOWS if rest else _NUMBER_ENDS, _NIBBLE)
        if rest:
            Text(self.most, self.characters).write(out, rest, way)

    def _check(self, text: str) -> str:
        if len(text) > self.most or not is_digits(text[:4]) or len(text) < 4:
            raise MalformedEpc(
                f"this key has a company prefix, so 4 digits at least, and {self.most} characters at most"
            )
        return text


Part = Digits | Number | Text | DigitsThenText


def shortest_way(text: str) -> Way:
    """The way with the fewest bits; of equal ones the first."""
    return min((way for way in Way if _fits(text, way)), key=lambda way: (_bits(way, len(text)), way))


def read_code_40(bits: Bits, length: int) -> str:
    """So many characters, three in 16 bits. Raises MalformedEpc for a group that stands for no characters."""
    text = ""
    for _ in range(-(-length // 3)):
        group = bits.take(_CODE_40_TRIPLE) - 1
        codes = divmod(group, 1600)[0], group // 40 % 40, group % 40
        if group < 0 or max(codes) >= len(CODE_40):
            raise MalformedEpc(f"{group + 1} is no group of three characters of URN Code 40")
        text += "".join(CODE_40[code] for code in codes)
    if "\0" in text[:length] or text[length:].strip("\0"):
        raise MalformedEpc("URN Code 40 fills up its last group with zeros, and nothing else")
    return text[:length]


def put_code_40(out: BitWriter, text: str) -> None:
    """Append characters that all stand in CODE_40."""
    for start in range(0, len(text), 3):
        first, second, third = (CODE_40.index(c) for c in text[start : start + 3].ljust(3, "\0"))
        out.put(1600 * first + 40 * second + third + 1, _CODE_40_TRIPLE)


def _fits(text: str, way: Way) -> bool:
    if way is Way.INTEGER:
        return is_digits(text)
    if way is Way.ASCII:
        return True
    alphabet = CODE_40[1:] if way is Way.CODE_40 else _ALPHABETS[way][0]
    return all(character in alphabet for character in text)


def _bits(way: Way, length: int) -> int:
    if way is Way.INTEGER:
        return integer_bits(length)
    if way is Way.CODE_40:
        return code_40_bits(length)
    return 7 * length if way is Way.ASCII else _ALPHABETS[way][1] * length


def _put(out: BitWriter, text: str, way: Way) -> None:
    if not _fits(text, way):
        raise MalformedEpc(f"{text!r} cannot be written as {way.name}")
    if way is Way.INTEGER:
        out.put(int(text), integer_bits(len(text)))
    elif way is Way.CODE_40:
        put_code_40(out, text)
    elif way is Way.ASCII:
        for character in text:
            out.put(ord(character), 7)
    else:
        alphabet, size = _ALPHABETS[way]
        for character in text:
            out.put(alphabet.index(character), size)


def _read_integer(bits: Bits, length: int) -> str:
    value = bits.take(integer_bits(length))
    if value >= 10**length:
        raise MalformedEpc(f"the number has {length} digits; {value} has more")
    return f"{value:0{length}d}"


def _read_ascii(bits: Bits, length: int) -> str:
    return "".join(chr(bits.take(7)) for _ in range(length))


def _reader_of(way: Way) -> Callable[[Bits, int], str]:
    alphabet, size = _ALPHABETS[way]
    return lambda bits, length: "".join(alphabet[bits.take(size)] for _ in range(length))


_READ: dict[Way, Callable[[Bits, int], str]] = {
    Way.INTEGER: _read_integer,
    Way.ASCII: _read_ascii,
    Way.CODE_40: read_code_40,
    **{way: _reader_of(way) for way in _ALPHABETS},
}
