"""EPC identities as GS1 Digital Links: the same key under its application identifiers.

Used for the `dl_path` of a tag and for the event hash, which writes every identity as a link on id.gs1.org.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

ROOT = "https://id.gs1.org"
_ANY_SERIAL = "*"
_ZERO = ord("0")

Path = Callable[..., str]


def check_digit(digits: str) -> str:
    """The GS1 check digit (modulo 10, weights 3 and 1 from the right) of a number without one."""
    codes = digits.encode()
    threes, ones = codes[::-2], codes[-2::-2]
    return str(-(3 * (sum(threes) - _ZERO * len(threes)) + sum(ones) - _ZERO * len(ones)) % 10)


def dl_path(family: str, parts: tuple[str, ...]) -> str | None:
    """The Digital Link path of an identity given by the parts of its URI, or None where GS1 defines none."""
    build = PATHS.get(family)
    return build(*parts) if build else None


def elements_of_path(path: str) -> tuple[tuple[str, str], ...]:
    """(application identifier, value) of a Digital Link's path, in its order; the values unescaped."""
    steps = path.split("/")[1:]
    return tuple((ai, unquote(value)) for ai, value in zip(steps[::2], steps[1::2], strict=False))


def digital_link(uri: str) -> str:
    """The canonical Digital Link of an EPC URI or of a link on any host; anything else is unchanged."""
    if uri.startswith(("http://", "https://")):
        return _canonical(uri)
    match = _URN.match(uri)
    if not match:
        return uri
    kind, family, rest = match.groups()
    parts = tuple(unquote(part) for part in rest.split(".", _PARTS.get(family, 1) - 1))
    if kind == "idpat":
        parts = tuple(part for part in parts if part != _ANY_SERIAL)
    try:
        path = dl_path(family, parts)
    except (
        TypeError,
        ValueError,
        IndexError,
    ):  # not the parts that its family has: then it is no key that we know
        return uri
    return ROOT + path if path else uri


def _gtin(prefix: str, reference: str) -> str:
    digits = reference[0] + prefix + reference[1:]
    return digits + check_digit(digits)


def _checked(prefix: str, reference: str) -> str:
    return prefix + reference + check_digit(prefix + reference)


def _sgtin(prefix: str, reference: str, serial: str | None = None) -> str:
    return f"/01/{_gtin(prefix, reference)}" + (f"/21/{_quoted(serial)}" if serial is not None else "")


def _sscc(prefix: str, reference: str) -> str:
    digits = reference[0] + prefix + reference[1:]
    return f"/00/{digits}{check_digit(digits)}"


def _sgln(prefix: str, reference: str, extension: str = "0") -> str:
    tail = "" if extension == "0" else f"/254/{_quoted(extension)}"
    return f"/414/{_checked(prefix, reference)}{tail}"


def _itip(prefix: str, reference: str, piece: str, total: str, serial: str | None = None) -> str:
    head = f"/8006/{_gtin(prefix, reference)}{piece}{total}"
    return head + (f"/21/{_quoted(serial)}" if serial is not None else "")


def _cpi(prefix: str, reference: str, serial: str | None = None) -> str:
    return f"/8010/{prefix}{_quoted(reference)}" + (f"/8011/{serial}" if serial is not None else "")


def _quoted(text: str) -> str:
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


# Family -> what makes the path of the parts of its URI.
PATHS: dict[str, Path] = {
    "sgtin": _sgtin,
    "lgtin": lambda prefix, reference, lot: f"/01/{_gtin(prefix, reference)}/10/{_quoted(lot)}",
    "upui": lambda prefix, reference, tail: f"/01/{_gtin(prefix, reference)}/235/{_quoted(tail)}",
    "sscc": _sscc,
    "sgln": _sgln,
    "pgln": lambda prefix, reference: f"/417/{_checked(prefix, reference)}",
    "grai": lambda prefix, kind, serial="": f"/8003/0{_checked(prefix, kind)}{_quoted(serial)}",
    "giai": lambda prefix, asset: f"/8004/{prefix}{_quoted(asset)}",
    "gdti": lambda prefix, kind, serial="": f"/253/{_checked(prefix, kind)}{_quoted(serial)}",
    "gsrn": lambda prefix, reference: f"/8018/{_checked(prefix, reference)}",
    "gsrnp": lambda prefix, reference: f"/8017/{_checked(prefix, reference)}",
    "sgcn": lambda prefix, reference, serial="": f"/255/{_checked(prefix, reference)}{serial}",
    "itip": _itip,
    "cpi": _cpi,
    "ginc": lambda prefix, reference: f"/401/{prefix}{_quoted(reference)}",
    "gsin": lambda prefix, reference: f"/402/{_checked(prefix, reference)}",
}
_PARTS = {
    "sgtin": 3, "lgtin": 3, "upui": 3, "sscc": 2, "sgln": 3, "pgln": 2, "grai": 3, "giai": 2, "gdti": 3,
    "gsrn": 2, "gsrnp": 2, "sgcn": 3, "itip": 5, "cpi": 3, "ginc": 2, "gsin": 2,
}  # fmt: skip
_URN = re.compile(r"urn:epc:(id|idpat|class):([a-z]+):(.+)\Z")

# The keys that may stand first in a Digital Link, each with the qualifiers that the identity keeps.
_KEYS = {
    "00": (), "01": ("10", "21", "235"), "253": (), "255": (), "401": (), "402": (), "414": ("254",),
    "417": (), "8003": (), "8004": (), "8006": ("10", "21"), "8010": ("8011",), "8017": (), "8018": (),
}  # fmt: skip


def _canonical(url: str) -> str:
    """A Digital Link of any host as one on id.gs1.org without its query; other addresses are unchanged."""
    steps = urlsplit(url).path.strip("/").split("/")
    start = next(
        (i for i, step in enumerate(steps[:-1]) if step in _KEYS and steps[i + 1][:1].isdigit()), None
    )
    if start is None:
        return url
    kept = ["", *steps[start : start + 2]]
    qualifiers = steps[start + 2 :]
    for name, value in zip(qualifiers[::2], qualifiers[1::2], strict=False):
        if name in _KEYS[steps[start]]:
            kept += [name, value]
    return ROOT + "/".join(kept)
