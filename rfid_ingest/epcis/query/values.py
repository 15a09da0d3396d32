"""Values of query parameters, from an address or from JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence

from haoyun.rfid_ingest.epcis.errors import InvalidQuery
from haoyun.rfid_ingest.epcis.instants import instant_ms

Raw = object
MOST_VALUES = 1000  # of one parameter; a database takes some tens of thousands in one statement
_MOST_COUNT = 2**31 - 1


def texts(name: str, raw: Raw) -> tuple[str, ...]:
    """A list of texts: JSON's, a parameter given several times, or one text parted by |."""
    items = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else [raw]
    found: list[str] = []
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int | float):
            raise InvalidQuery(f"{name}: {str(item)[:60]!r} is no text")
        found += str(item).split("|")
    found = [one for one in found if one]
    if not found:
        raise InvalidQuery(f"{name}: at least one value is needed")
    if len(found) > MOST_VALUES:
        raise InvalidQuery(f"{name}: at most {MOST_VALUES} values are taken, not {len(found)}")
    return tuple(found)


def one_text(name: str, raw: Raw) -> str:
    """Exactly one text."""
    found = texts(name, raw)
    if len(found) != 1:
        raise InvalidQuery(f"{name}: one value is taken, not {len(found)}")
    return found[0]


def uris(name: str, raw: Raw) -> tuple[str, ...]:
    """A list of URIs."""
    found = texts(name, raw)
    for uri in found:
        if ":" not in uri:
            raise InvalidQuery(f"{name}: {uri[:60]!r} is no URI")
    return found


def milliseconds(name: str, raw: Raw) -> int:
    """An instant as epoch milliseconds. A + that the address turned into a blank is taken as it was meant."""
    text = one_text(name, raw)
    try:
        return instant_ms(text.replace(" ", "+") if " " in text[10:] else text)
    except ValueError:
        raise InvalidQuery(
            f"{name}: {text[:60]!r} is no instant with an offset; write 2026-03-02T08:00:00Z"
        ) from None


def number(name: str, raw: Raw) -> float:
    """A finite number."""
    text = one_text(name, raw)
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise InvalidQuery(f"{name}: {text[:60]!r} is no number")
    return found


def numbers(name: str, raw: Raw) -> frozenset[float]:
    """A list of finite numbers."""
    return frozenset(number(name, text) for text in texts(name, raw))


def count(name: str, raw: Raw) -> int:
    """A count from 1 to 2**31 - 1."""
    text = one_text(name, raw)
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and 1 <= int(text) <= _MOST_COUNT):
        raise InvalidQuery(f"{name}: {text[:60]!r} is no count from 1 to {_MOST_COUNT}")
    return int(text)


def flag(name: str, raw: Raw) -> bool:
    """true or false; JSON may say it by a boolean, a number, or null for true."""
    if raw is None or isinstance(raw, bool | int):
        return raw is None or bool(raw)
    text = one_text(name, raw).lower()
    if text not in ("true", "false", "1", "0"):
        raise InvalidQuery(f"{name}: {text[:60]!r} is neither true nor false")
    return text in ("true", "1")
