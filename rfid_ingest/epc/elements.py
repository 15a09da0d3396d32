"""GS1 keys as people and scanners write them: element strings and Digital Links, to EPCs and back.

An element string is a row of application identifiers (AI) and values: `(01)09506000134352(21)123` in print, or raw as
a scanner sends it, where the character FNC1 (GS, U+001D) ends a value of variable length. Errors: MalformedEpc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from haoyun.rfid_ingest.epc.links import dl_path, elements_of_path
from haoyun.rfid_ingest.epc.text import dotted, is_digits
from haoyun.rfid_ingest.errors import MalformedEpc

FNC1 = "\x1d"
_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1)")  # what a scanner may say of the barcode's kind
_PRINTED = re.compile(r"\((\d{2,4})\)([^(]*(?:\((?!\d{2,4}\))[^(]*)*)")
# The AIs of EPC keys, their qualifiers and dates: the length of their values, None where it varies.
Lengths = Mapping[str, int | None]
_LENGTHS: Lengths = {
    "00": 18, "01": 14, "10": None, "11": 6, "13": 6, "15": 6, "16": 6, "17": 6, "21": None, "22": None,
    "235": None, "253": None, "254": None, "255": None, "401": None, "402": 17, "414": 13, "417": 13,
    "7006": 6, "7007": None, "8003": None, "8004": None, "8006": 18, "8010": None, "8011": None, "8017": 18,
    "8018": 18,
}  # fmt: skip
# What else stands on a logistic label: contents and their count, weight.
ON_LABELS: Lengths = {**_LENGTHS, "02": 14, "37": None, **{f"310{n}": 6 for n in range(6)}}
# A value after one of these needs no FNC1 (GS1 General Specifications, figure 7.8.5-2).
_PREDEFINED = {
    "00",
    "01",
    "02",
    "03",
    "04",
    *(str(n) for n in range(11, 21)),
    *(str(n) for n in range(31, 37)),
    "41",
}

Elements = Mapping[str, str]
Pairs = Iterable[tuple[str, str]]


def printed(elements: Pairs) -> str:
    """The element string as it stands under a barcode: `(01)…(21)…`."""
    return "".join(f"({ai}){value}" for ai, value in elements)


def raw(elements: Pairs) -> str:
    """The element string as a barcode carries it, FNC1 only where a value of variable length is followed."""
    text, open_end = "", False
    for ai, value in elements:
        text += (FNC1 if open_end else "") + ai + value
        open_end = ai[:2] not in _PREDEFINED
    return text


def parse_elements(text: str, known: Lengths = _LENGTHS) -> dict[str, str]:
    """The values by AI of an element string in either form. Raises MalformedEpc, naming what is not understood."""
    plain = _SYMBOLOGY.sub("", text, count=1)
    return _checked(_printed_pairs(text) if text.startswith("(") else _raw_pairs(plain, known), known)


def parse_link(link: str) -> tuple[str, dict[str, str]]:
    """The host ("" for a bare path) and the values by AI of a Digital Link. Raises MalformedEpc."""
    try:
        address = urlsplit(link)
    except ValueError as error:
        raise MalformedEpc(f"{link[:60]!r} is no address: {error}") from error
    steps = address.path.split("/")
    start = next((i for i, step in enumerate(steps) if step in _LENGTHS), None)
    if start is None or not (len(steps) - start) % 2 == 0:
        raise MalformedEpc("a Digital Link has a path of application identifiers and values: /01/…/21/…")
    pairs = list(elements_of_path("/" + "/".join(steps[start:])))
    pairs += [(ai, value) for ai, value in parse_qsl(address.query) if ai in _LENGTHS]
    return address.netloc, _checked(pairs)


def identity_uri(elements: Elements, prefix_digits: int) -> str:
    """The pure identity URI of a key whose company prefix has so many digits (6 to 12). Raises MalformedEpc."""
    if not 6 <= prefix_digits <= 12:
        raise MalformedEpc(f"a company prefix has 6 to 12 digits, not {prefix_digits}")
    for family, key, qualifier in _FAMILIES:
        if key in elements and (qualifier in elements or family not in _QUALIFIED):
            parts = _parts(family, elements[key], elements.get(qualifier), prefix_digits)
            back = dict(elements_of_path(dl_path(family, parts) or ""))
            if any(elements.get(ai) != value for ai, value in back.items()):
                raise MalformedEpc(f"({key}){elements[key]} has a wrong length or check digit")
            return f"urn:epc:id:{family}:{dotted(parts)}"
    raise MalformedEpc(f"({')('.join(elements)}) is no key that an EPC identifies one thing by")


# Family, the AI of its key, the AI of what may stand beside it.
_FAMILIES = (
    ("sgtin", "01", "21"), ("itip", "8006", "21"), ("cpi", "8010", "8011"), ("sscc", "00", ""),
    ("sgln", "414", "254"), ("grai", "8003", ""), ("giai", "8004", ""), ("gdti", "253", ""),
    ("gsrn", "8018", ""), ("gsrnp", "8017", ""), ("sgcn", "255", ""),
)  # fmt: skip
_QUALIFIED = {"sgtin", "itip", "cpi"}  # without it these name a class, not one thing


def _parts(family: str, key: str, qualifier: str | None, n: int) -> tuple[str, ...]:
    """The parts of the URI; a key that is too short gives parts that do not lead back to it."""
    if family in ("sgtin", "itip", "sscc"):
        last = 17 if family == "sscc" else 13
        moved = key[1 : 1 + n], key[:1] + key[1 + n : last]
        counters = (key[14:16], key[16:18]) if family == "itip" else ()
        return (*moved, *counters, qualifier) if qualifier is not None else moved
    if family == "sgln":
        return key[:n], key[n:12], qualifier if qualifier is not None else "0"
    if family in ("gdti", "sgcn"):
        return key[:n], key[n:12], key[13:]
    if family == "grai":
        return key[1 : 1 + n], key[1 + n : 13], key[14:]
    if family in ("gsrn", "gsrnp"):
        return key[:n], key[n:17]
    return (key[:n], key[n:], qualifier) if qualifier is not None else (key[:n], key[n:])


def _printed_pairs(text: str) -> list[tuple[str, str]]:
    pairs, at = [], 0
    for match in _PRINTED.finditer(text):
        if match.start() != at:
            break
        pairs.append((match[1], match[2]))
        at = match.end()
    if at != len(text):
        raise MalformedEpc(f"after {text[:at][-20:]!r} no (application identifier) follows")
    return pairs


def _raw_pairs(text: str, known: Lengths) -> list[tuple[str, str]]:
    pairs, rest = [], text.lstrip(FNC1)
    while rest:
        ai = next((rest[:n] for n in (2, 3, 4) if rest[:n] in known), None)
        if ai is None:
            raise MalformedEpc(f"{rest[:4]!r} begins with no application identifier of an EPC key")
        rest = rest[len(ai) :]
        value = rest.partition(FNC1)[0] if (length := known[ai]) is None else rest[:length]
        pairs.append((ai, value))
        rest = rest[len(value) :].removeprefix(FNC1)
    return pairs


def _checked(pairs: Iterable[tuple[str, str]], known: Lengths = _LENGTHS) -> dict[str, str]:
    found: dict[str, str] = {}
    for ai, value in pairs:
        if ai not in known:
            raise MalformedEpc(f"({ai}) is no application identifier of an EPC key")
        if ai in found:
            raise MalformedEpc(f"({ai}) stands twice")
        length = known[ai]
        if not value or (length is not None and (len(value) != length or not is_digits(value))):
            what = f"{length} digits" if length else "at least one character"
            raise MalformedEpc(f"({ai}) has {what}; {value[:40]!r} has not")
        found[ai] = value
    if not found:
        raise MalformedEpc("an element string has an application identifier and a value: (01)…")
    return found
