"""Figures and access words of OpenStreetMap tags: metres, tonnes, km/h, minutes, who may drive.

What stands on a sign and in the wiki pages of maxheight, maxweight, maxspeed, duration and access is read;
anything else raises ValueError, so that the import can count what it left out.
"""

from __future__ import annotations

import re

from haoyun.maps.rules import Access

FOOT_M = 0.3048
INCH_M = 0.0254
MPH_KMH = 1.609344
KNOT_KMH = 1.852
# "below_default" says only that a passage is lower than the law's usual height (4.0 m in most countries).
BELOW_DEFAULT_M = 3.8

_NO_FIGURE = frozenset({
    "", "none", "default", "unlimited", "unsigned", "no_sign", "no_indications", "no", "unknown", "variable",
    "signals",
})  # fmt: skip
_TONNES = {
    "": 1.0, "t": 1.0, "mt": 1.0, "ton": 1.0, "tons": 1.0, "tonnes": 1.0, "kg": 0.001,
    "st": 0.90718474, "lt": 1.0160469088, "lbs": 0.00045359237, "lb": 0.00045359237, "cwt": 0.0508023454,
}  # fmt: skip
_METRES = {"": 1.0, "m": 1.0, "meter": 1.0, "metre": 1.0, "cm": 0.01, "mm": 0.001, "ft": FOOT_M, "in": INCH_M}
_KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": MPH_KMH, "knots": KNOT_KMH}
_ZONES_KMH = {"walk": 7.0, "urban": 50.0, "living_street": 10.0, "zone30": 30.0, "zone:30": 30.0}

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_FIGURE = re.compile(rf"{_NUMBER}\s*([a-z/]*)")
_FEET = re.compile(rf"{_NUMBER}\s*(?:'|ft|feet)\s*(?:{_NUMBER}\s*(?:\"|''|in|inch|inches)?)?")
_INCHES = re.compile(rf"{_NUMBER}\s*(?:\"|''|in|inch|inches)")
_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?")
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")

_ACCESS = {
    "yes": Access.YES, "permissive": Access.YES, "official": Access.YES, "unknown": Access.YES,
    "discouraged": Access.YES, "public": Access.YES, "allowed": Access.YES,
    "designated": Access.DESIGNATED,
    "destination": Access.DESTINATION, "delivery": Access.DESTINATION, "customers": Access.DESTINATION,
    "local": Access.DESTINATION, "loading": Access.DESTINATION,
    "private": Access.PRIVATE, "permit": Access.PRIVATE, "residents": Access.PRIVATE,
    "no": Access.NO, "agricultural": Access.NO, "forestry": Access.NO, "emergency": Access.NO,
    "military": Access.NO, "psv": Access.NO, "bus": Access.NO, "taxi": Access.NO, "unsuitable": Access.NO,
    "use_sidepath": Access.NO, "dismount": Access.NO, "service": Access.PRIVATE, "employees": Access.PRIVATE,
}  # fmt: skip
STRICTNESS = (Access.YES, Access.DESIGNATED, Access.DESTINATION, Access.PRIVATE, Access.NO)


def parse_metres(text: str) -> float | None:
    """'4.2', '4,2 m', '420 cm', '13'6"', '13 ft' in metres; None where there is no limit.

    Of several figures ('3.8;4.0') the smallest counts. Raises ValueError for anything else.
    """
    return _smallest([_metres(part) for part in _parts(text)])


def parse_tonnes(text: str) -> float | None:
    """'7.5', '7.5 t', '7500 kg', '8 st' (US short), '8 lt' (long), '16000 lbs' in tonnes; None = no limit.

    Of several figures the smallest counts. Raises ValueError for anything else, and for 100 or more without
    a unit: nobody signs that, it is kilograms or pounds whose unit was forgotten.
    """
    return _smallest([_tonnes(part) for part in _parts(text)])


def parse_speed_kmh(text: str) -> float | None:
    """'60', '60 km/h', '35 mph', 'walk', 'DE:urban' in km/h; None for 'none', 'signals' and 'DE:motorway'.

    Of several figures the smallest counts. Raises ValueError for anything else.
    """
    return _smallest([_speed_kmh(part) for part in _parts(text)])


def parse_duration_s(text: str) -> float:
    """'45' (minutes), '01:30' (hours:minutes), '1:30:00' or 'PT1H30M' in seconds; ValueError for anything else."""
    text = text.strip()
    if text.isdecimal() and int(text) > 0:
        return int(text) * 60.0
    match = _CLOCK.fullmatch(text) or _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration: {text!r}")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total_s = hours * 3600 + minutes * 60 + seconds
    if total_s == 0:
        raise ValueError(f"a duration is above zero: {text!r}")
    return float(total_s)


def parse_access(text: str) -> Access:
    """Who may drive. Of several words ('agricultural;destination') the most open counts; an unknown word is private."""
    words = [_ACCESS.get(part.strip(), Access.PRIVATE) for part in text.lower().split(";")]
    return min(words, key=STRICTNESS.index)


def stricter(a: Access, b: Access) -> Access:
    """The more closed of two; `yes` and `designated` are equally open and the first stays."""
    if a.is_through and b.is_through:
        return a
    return max(a, b, key=STRICTNESS.index)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.lower().split(";") if part.strip()] or [""]


def _smallest(figures: list[float | None]) -> float | None:
    return min((figure for figure in figures if figure is not None), default=None)


def _number(text: str | None) -> float:
    return float((text or "0").replace(",", "."))


def _metres(text: str) -> float | None:
    if text in _NO_FIGURE:
        return None
    if text == "below_default":
        return BELOW_DEFAULT_M
    if match := _FEET.fullmatch(text):
        metres = _number(match[1]) * FOOT_M + _number(match[2]) * INCH_M
    elif match := _INCHES.fullmatch(text):
        metres = _number(match[1]) * INCH_M
    else:
        metres = _figure(text, _METRES)
    return _sane(metres, text)


def _tonnes(text: str) -> float | None:
    if text in _NO_FIGURE:
        return None
    tonnes = _figure(text, _TONNES)
    if tonnes >= 100 and text.replace(".", "").replace(",", "").isdecimal():
        raise ValueError(f"a weight without a believable unit: {text!r}")
    return _sane(tonnes, text)


def _speed_kmh(text: str) -> float | None:
    zone = text.rpartition(":")[2] if not text.endswith("zone:30") else "zone:30"
    if text in _NO_FIGURE or zone in ("motorway", "rural", "trunk", "implicit"):
        return None
    if zone in _ZONES_KMH:
        return _ZONES_KMH[zone]
    if zone.isdecimal():  # DE:zone:20, DE:30
        text = zone
    return _sane(_figure(text, _KMH), text)


def _figure(text: str, units: dict[str, float]) -> float:
    match = _FIGURE.fullmatch(text)
    if match is None or match[2] not in units:
        raise ValueError(f"not a figure: {text!r}")
    return _number(match[1]) * units[match[2]]


def _sane(figure: float, text: str) -> float:
    if not 0 < figure < 1000:
        raise ValueError(f"not a figure a sign shows: {text!r}")
    return figure
