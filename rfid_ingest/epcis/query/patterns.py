"""MATCH: which index keys a URI or a pattern of EPCs stands for (EPCIS 2.0, 8.2.7.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from haoyun.rfid_ingest.epcis.identity import index_key

_PATTERN = "urn:epc:idpat:"
_ANY = "*"


@dataclass(frozen=True, slots=True)
class Keys:
    """Index keys: these exactly, and all that begin with these."""

    exact: frozenset[str]
    prefixes: frozenset[str] = frozenset()

    def holds(self, key: str) -> bool:
        """Whether the key is one of them."""
        return key in self.exact or any(key.startswith(prefix) for prefix in self.prefixes)


def keys_matching(uris: tuple[str, ...]) -> Keys:
    """The keys that any of these URIs or patterns stands for. Raises ValueError for a pattern that makes no sense."""
    exact: set[str] = set()
    prefixes: set[str] = set()
    for uri in uris:
        exact.add(index_key(uri))  # an EPC class may itself be written as a pattern
        if uri.startswith(_PATTERN):
            found = set(_prefixes(uri))
            exact |= {prefix for prefix in found if not prefix.endswith(("/", ":", ".")) and _is_whole(uri)}
            prefixes |= found
    return Keys(frozenset(exact), frozenset(prefixes))


def _is_whole(uri: str) -> bool:
    return _ANY not in uri


def _prefixes(pattern: str) -> Iterator[str]:
    """What the keys of a pattern begin with. A company's goods of all kinds begin in ten ways: with each indicator."""
    family, _colon, rest = pattern[len(_PATTERN) :].partition(":")
    parts = rest.split(".")
    known = parts[: parts.index(_ANY)] if _ANY in parts else parts
    if any(_ANY in part and part != _ANY for part in parts) or set(parts[len(known) :]) - {_ANY}:
        raise ValueError(
            f"{pattern[:80]!r} is no pattern: after the first * only * may follow, each for a whole part"
        )
    if not known:
        yield from _FAMILY.get(family, (f"urn:epc:id:{family}:",))
    elif family in _INDICATED and len(known) == 1:
        yield from (f"{_FAMILY[family][0]}{digit}{known[0]}" for digit in range(10))
    elif family in _LEADING and len(known) == 1:
        yield _FAMILY[family][0] + known[0]
    elif family in _FAMILY:
        yield _of_reference(family, known, len(parts))
    else:
        yield f"urn:epc:id:{family}:{'.'.join(known)}" + ("." if len(known) < len(parts) else "")


def _of_reference(family: str, known: list[str], length: int) -> str:
    """Company and reference are known, a serial may be: the key of the class, and what follows it."""
    if len(known) == length:
        return index_key(f"urn:epc:id:{family}:{'.'.join(known)}")
    head = index_key(f"{_PATTERN}{family}:{'.'.join([*known, *[_ANY] * (length - len(known))])}")
    return head + _SERIAL.get(family, "")


# What the keys of a family begin with; a GRAI's has a filling zero.
_FAMILY = {
    "sgtin": ("/01/",),
    "sscc": ("/00/",),
    "sgln": ("/414/",),
    "grai": ("/8003/0",),
    "giai": ("/8004/",),
    "gdti": ("/253/",),
    "gsrn": ("/8018/",),
    "gsrnp": ("/8017/",),
    "sgcn": ("/255/",),
    "cpi": ("/8010/",),
    "itip": ("/8006/",),
    "upui": ("/01/",),
    "pgln": ("/417/",),
}
_INDICATED = ("sgtin", "sscc", "itip", "upui")  # the first digit of the reference stands before the company
_LEADING = ("sgln", "grai", "giai", "gdti", "gsrn", "gsrnp", "sgcn", "cpi", "pgln")
_SERIAL = {"sgtin": "/21/", "itip": "/21/", "cpi": "/8011/", "upui": "/235/"}
