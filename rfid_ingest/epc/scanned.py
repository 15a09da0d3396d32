"""What a scanner or a person enters, as the identity that events name: barcode, QR code, tag memory, URI, number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from haoyun.rfid_ingest.epc.container import PREFIX as CONTAINER
from haoyun.rfid_ingest.epc.container import container_uri, is_container
from haoyun.rfid_ingest.epc.elements import FNC1, ON_LABELS, parse_elements, parse_link
from haoyun.rfid_ingest.epc.links import ROOT, check_digit, digital_link, elements_of_path
from haoyun.rfid_ingest.epc.quick import uri_of
from haoyun.rfid_ingest.epcis.identity import canonical
from haoyun.rfid_ingest.errors import MalformedEpc

_HEX = re.compile(r"[0-9A-Fa-f]{16,}\Z")
_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1|Q1)")


@dataclass(frozen=True, slots=True)
class Scanned:
    """One thing: an object by its EPC, or an amount of a class of goods where `quantity` says how many."""

    uri: str
    quantity: int | None = None

    @property
    def key(self) -> str:
        """The AI of its key: 00 SSCC, 01 GTIN, 8003 GRAI, 8004 GIAI, 414 place; bic for a container."""
        if self.uri.startswith(CONTAINER):
            return "bic"
        return next((ai for ai, _value in elements_of_path(canonical(self.uri).removeprefix(ROOT))), "")

    @property
    def is_object(self) -> bool:
        """Whether it names one thing, not a class of goods."""
        pairs = dict(elements_of_path(canonical(self.uri).removeprefix(ROOT)))
        return self.quantity is None and ("01" not in pairs or "21" in pairs)


def scanned(text: str) -> Scanned:
    """The identity behind what was entered. Raises MalformedEpc with what would be right."""
    typed = _SYMBOLOGY.sub("", text.strip(), count=1)
    if typed.startswith("urn:epc:id:"):
        return _known(typed)
    if typed.startswith(("http://", "https://")):
        return _of_elements(parse_link(typed)[1])
    if is_container(typed):
        return Scanned(container_uri(typed))
    digits = "".join(typed.split())
    if digits.isascii() and digits.isdigit() and len(digits) == 18:
        return _of_elements({"00": digits})
    if typed.startswith("(") or FNC1 in typed or re.match(r"(?:00\d{18}|0[12]\d{14}|800[34])", typed):
        return _of_content(typed)
    if _HEX.match(typed):
        return Scanned(uri_of(typed))
    raise MalformedEpc(
        f"{text.strip()[:40]!r} is no SSCC (18 digits), element string, Digital Link, EPC, tag memory "
        "or container number"
    )


def _known(uri: str) -> Scanned:
    if uri.startswith(CONTAINER):
        return Scanned(container_uri(uri.removeprefix(CONTAINER)))
    if digital_link(uri) == uri:
        raise MalformedEpc(f"{uri[:60]!r} is no EPC of a GS1 key")
    return Scanned(uri)


def _of_content(typed: str) -> Scanned:
    """An element string; (02) and (37) say what is inside and how many."""
    elements = parse_elements(typed, ON_LABELS)
    if "02" in elements:
        elements["01"] = elements.pop("02")
    count = elements.get("37", "1")
    if not (count.isascii() and count.isdigit() and int(count) > 0):
        raise MalformedEpc(f"(37) is a count of at least 1, not {count[:20]!r}")
    return _of_elements(elements, int(count))


def _of_elements(elements: dict[str, str], quantity: int = 1) -> Scanned:
    for ai, qualifiers in (
        ("00", ()), ("8003", ()), ("8004", ()), ("01", ("10", "21")), ("414", ("254",)), ("253", ()),
    ):  # fmt: skip
        if ai in elements:
            value = elements[ai]
            _check(ai, value)
            path = f"/{ai}/{value}" + "".join(
                f"/{name}/{elements[name]}" for name in qualifiers if name in elements
            )
            is_class = ai == "01" and "21" not in elements
            return Scanned(ROOT + path, quantity if is_class else None)
    raise MalformedEpc(f"({')('.join(elements)}) names no object and no goods")


def _check(ai: str, value: str) -> None:
    digits = {"00": 18, "01": 14, "8003": 14, "414": 13, "253": 13}.get(ai)
    if digits is None:
        return
    number = value[:digits]
    if len(number) == digits and number.isdigit() and check_digit(number[:-1]) != number[-1]:
        raise MalformedEpc(
            f"the check digit of ({ai}){number} is {check_digit(number[:-1])}, not {number[-1]}"
        )
