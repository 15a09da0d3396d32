"""The field readers that decoders share. Each refuses with a BadFix that names the field and its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from haoyun.maps.crs import Crs, to_wgs84
from haoyun.tracking.decoders.result import BadItem
from haoyun.tracking.errors import BadFix, BadInstant, DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.instants import parse_instant


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """An object. Raises BadFix, calling it `what`."""
    if not isinstance(value, dict):
        raise BadFix(f"{what} must be an object, not {type(value).__name__}")
    return value


def required(item: Mapping[str, Any], key: str) -> float:
    """A number that must be there."""
    value = number(item, key)
    if value is None:
        raise BadFix(f"{key} is missing")
    return value


def number(item: Mapping[str, Any], key: str) -> float | None:
    """A number, or None where the field is absent or null."""
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFix(f"{key} must be a number, not {type(value).__name__}")
    try:
        return float(value)
    except OverflowError as error:
        raise BadFix(f"{key} is too large a number") from error


def whole(item: Mapping[str, Any], key: str) -> int:
    """A whole number that must be there."""
    value = item.get(key)
    if value is None:
        raise BadFix(f"{key} is missing")
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFix(f"{key} must be a whole number, not {type(value).__name__}")
    return value


def known(value: float | None) -> float | None:
    """The value, or None for a negative one: phones write -1 for a speed, heading or accuracy they do not know."""
    return None if value is None or value < 0 else value


def scaled(value: float | None, convert: Callable[[float], float]) -> float | None:
    """The value in our unit, or None."""
    return None if value is None else convert(value)


def heading(value: float | None) -> float | None:
    """A heading; -1 is unknown."""
    return known(value)


def instant(item: Mapping[str, Any], key: str) -> datetime:
    """An instant that must be there."""
    try:
        return parse_instant(item.get(key))
    except BadInstant as error:
        raise BadFix(f"{key}: {error}") from error


def crs_named(value: object) -> Crs:
    """The datum that a message names."""
    try:
        return Crs(value)  # type: ignore[arg-type]
    except ValueError as error:
        raise BadFix(f"crs {str(value)[:20]!r} is none of {', '.join(c.value for c in Crs)}") from error


def wgs84(lat: float, lon: float, crs: Crs) -> tuple[float, float]:
    """The position in WGS-84. One out of range is left as it is: PositionFix names the rule."""
    if crs is Crs.WGS84 or not (abs(lat) <= 90 and abs(lon) <= 180):
        return lat, lon
    converted_lat, converted_lon = to_wgs84(lat, lon, crs)
    return float(converted_lat), float(converted_lon)


def each(
    items: Iterable[Any], make: Callable[[Any], PositionFix]
) -> tuple[tuple[PositionFix, ...], tuple[BadItem, ...]]:
    """A fix of each item; a bad item is refused alone."""
    fixes: list[PositionFix] = []
    bad: list[BadItem] = []
    for index, item in enumerate(items):
        try:
            fixes.append(make(item))
        except DecodeError as error:
            bad.append(BadItem(index, error))
    return tuple(fixes), tuple(bad)
