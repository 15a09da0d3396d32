"""EPCs of an event as Digital Links or as URNs (GS1-EPC-Format).

A URN says where the company's prefix ends and a link does not: a link becomes a URN only when the owner's events
named that prefix in a URN before. Everything else stays as it was captured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from haoyun.rfid_ingest.epcis.identity import canonical, index_key

Json = Mapping[str, Any]
Spell = Callable[[str], str]


class EpcFormat(StrEnum):
    """How a client wants EPCs."""

    NO_PREFERENCE = "No_Preference"  # the server chooses: as captured
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    URN = "Always_EPC_URN"
    NEVER = "Never_Translates"


_URN_PREFIX = re.compile(r"urn:epc:(?:id|idpat|class):[a-z]+:(\d{4,12})\.")
_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_PARTS = {
    "quantityList": "epcClass",
    "childQuantityList": "epcClass",
    "inputQuantityList": "epcClass",
    "outputQuantityList": "epcClass",
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}


def company_prefixes(text: str) -> set[str]:
    """The company prefixes that the URNs in a text name."""
    return set(_URN_PREFIX.findall(text))


def translated(event: Json, spell: Spell) -> dict[str, Any]:
    """The event with its EPCs, classes, places, parties and documents spelled anew."""
    found = dict(event)
    for name in _EPC_LISTS:
        if isinstance(found.get(name), list):
            found[name] = [spell(uri) if isinstance(uri, str) else uri for uri in found[name]]
    for name, part in _PARTS.items():
        if isinstance(found.get(name), list):
            found[name] = [_spelled(entry, part, spell) for entry in found[name]]
    for name in ("readPoint", "bizLocation"):
        if name in found:
            found[name] = _spelled(found[name], "id", spell)
    anew: dict[str, Any] = _spelled(found, "parentID", spell)
    return anew


def _spelled(entry: Any, part: str, spell: Spell) -> Any:
    if not isinstance(entry, Mapping) or not isinstance(entry.get(part), str):
        return entry
    return {**entry, part: spell(entry[part])}


def to_link(uri: str) -> str:
    """An EPC URN as its Digital Link; links and what has none stay as they are."""
    return canonical(uri) if uri.startswith("urn:epc:") else uri


def to_urn(prefixes: Collection[str]) -> Spell:
    """Spells Digital Links as URNs, for companies with these prefixes."""

    def spell(uri: str) -> str:
        key = index_key(uri) if uri.startswith("http") else ""
        match = _LINK.match(key)
        if match is None:
            return uri
        ai, value, second, tail = match.groups()
        return _urn(ai, value, second, tail, prefixes) or uri

    return spell


_LINK = re.compile(r"/(\d+)/([^/]+)(?:/(\d+)/([^/]+))?\Z")
# First key -> family, digits before the company prefix (a GRAI's filling zero), its length when fixed by GS1.
_SIMPLE = {
    "414": ("sgln", 0, 12),
    "417": ("pgln", 0, 12),
    "8018": ("gsrn", 0, 17),
    "8017": ("gsrnp", 0, 17),
    "253": ("gdti", 0, 12),
    "255": ("sgcn", 0, 12),
    "8003": ("grai", 1, 12),
}
_OPEN = {"8004": "giai", "401": "ginc"}


def _urn(ai: str, value: str, second: str | None, tail: str | None, prefixes: Collection[str]) -> str | None:
    if ai in ("01", "00"):
        return _indicated(ai, value, second, tail, prefixes)
    if ai in _OPEN:
        prefix = _prefix(value, prefixes)
        return prefix and f"urn:epc:id:{_OPEN[ai]}:{prefix}.{_quoted(value[len(prefix) :])}"
    if ai not in _SIMPLE:
        return None
    family, filling, length = _SIMPLE[ai]
    digits, serial = value[filling : filling + length], value[filling + length + 1 :]
    prefix = _prefix(digits, prefixes)
    if prefix is None:
        return None
    body = f"urn:epc:id:{family}:{prefix}.{digits[len(prefix) :]}"
    if family == "sgln":
        return f"{body}.{_quoted(tail) if second == '254' and tail else '0'}"
    return body if family in ("pgln", "gsrn", "gsrnp") else f"{body}.{_quoted(serial)}"


def _indicated(
    ai: str, value: str, second: str | None, tail: str | None, prefixes: Collection[str]
) -> str | None:
    """GTIN and SSCC: the first digit stands before the company's prefix and after it in the URN."""
    prefix = _prefix(value[1:-1], prefixes)
    if prefix is None:
        return None
    reference = f"{prefix}.{value[0]}{value[1 + len(prefix) : -1]}"
    if ai == "00":
        return f"urn:epc:id:sscc:{reference}"
    kinds = {"21": "id:sgtin", "10": "class:lgtin", "235": "id:upui"}
    if second is None or tail is None:
        return f"urn:epc:idpat:sgtin:{reference}.*"
    return f"urn:epc:{kinds[second]}:{reference}.{_quoted(tail)}" if second in kinds else None


def _prefix(digits: str, prefixes: Collection[str]) -> str | None:
    return next((digits[:n] for n in range(12, 3, -1) if digits[:n] in prefixes), None)


def _quoted(text: str) -> str:
    return quote(unquote(text), safe="!'()*+,-.:;=_")
