"""The rules for the texts in EPC URIs: digits, numbers, the GS1 character set, escapes."""

from __future__ import annotations

import re

from haoyun.rfid_ingest.epc.tables import GS1_CHARACTERS
from haoyun.rfid_ingest.errors import MalformedEpc

_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in '"%&/<>?#'})
_ESCAPED, _STRAY_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})"), re.compile(r"%(?![0-9A-Fa-f]{2})")


def is_digits(text: str) -> bool:
    """Whether it is one or more of 0 to 9; other digits of Unicode are none here."""
    return text.isascii() and text.isdigit()


def fixed_number(text: str, digits: int, what: str) -> int:
    """The number that exactly so many digits write, zero where there are none. Raises MalformedEpc."""
    if len(text) != digits or (digits and not is_digits(text)):
        raise MalformedEpc(f"the {what} has {digits} digits here; {text!r} has not")
    return int(text or 0)


def whole_number(text: str, what: str, limit: int) -> int:
    """The number below `limit` that is written without leading zeros. Raises MalformedEpc."""
    if not is_digits(text) or (len(text) > 1 and text[0] == "0"):
        raise MalformedEpc(f"the {what} is a number without leading zeros; {text!r} is not")
    if len(text) > 40 or int(text) >= limit:  # int() refuses thousands of digits with an error of its own
        raise MalformedEpc(f"the {what} is below {limit}; {text[:40]} is not")
    return int(text)


def check_text(text: str) -> None:
    """Refuse an alphanumeric serial that GS1 does not allow. Raises MalformedEpc."""
    if not text:
        raise MalformedEpc("an alphanumeric serial has at least one character")
    wrong = next((c for c in text if c not in GS1_CHARACTERS), None)
    if wrong is not None:
        raise MalformedEpc(f"the character {wrong!r} is not in the GS1 set of 82")


def unescape(part: str) -> str:
    """A part of an EPC URI as it reads. Raises MalformedEpc for a percent sign that escapes nothing."""
    if _STRAY_PERCENT.search(part):
        raise MalformedEpc("a % in an EPC URI is followed by two hexadecimal digits")
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), part)


def dotted(parts: tuple[str, ...]) -> str:
    """Parts as an EPC URI writes them."""
    return ".".join(part.translate(_ESCAPES) for part in parts)
