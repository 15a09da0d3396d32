"""Container numbers of ISO 6346: owner code, category, serial number, check digit."""

from __future__ import annotations

import re

from haoyun.rfid_ingest.errors import MalformedEpc

PREFIX = "urn:epc:id:bic:"  # the EPC URI of a container: TDS 2, section 6.3.17
_SHAPE = re.compile(r"[A-Z]{3}[UJZ]\d{7}\Z")


def container_uri(typed: str) -> str:
    """The EPC URI of a container number, typed with spaces or a dash. Raises MalformedEpc, naming the right digit."""
    number = re.sub(r"[\s-]", "", typed).upper()
    if not _SHAPE.match(number):
        raise MalformedEpc(
            "a container number has three letters of its owner, U, J or Z, six digits and a check digit: CSQU3054383"
        )
    right = check_digit(number[:10])
    if number[10] != right:
        raise MalformedEpc(f"the check digit of container {number[:10]} is {right}, not {number[10]}")
    return PREFIX + number


def is_container(text: str) -> bool:
    """Whether the text has the shape of a container number, right or wrong."""
    return bool(re.match(r"[A-Za-z]{4}[\s-]?\d{6}[\s-]?\d\Z", text.strip()))


def check_digit(first_ten: str) -> str:
    """The check digit of ISO 6346: values weighted by powers of two, modulo 11, 10 counted as 0."""
    total = sum(_value(character) << place for place, character in enumerate(first_ten))
    return str(total % 11 % 10)


def _value(character: str) -> int:
    if character.isdigit():
        return int(character)
    number = ord(character) - ord("A") + 10
    return number + (number - 1) // 10  # 11, 22 and 33 are left out: they are multiples of the modulus
