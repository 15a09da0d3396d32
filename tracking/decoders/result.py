"""What a decoder returns, and the field readers that decoders share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haoyun.tracking.envelope import Envelope
from haoyun.tracking.errors import BadFix, DecodeError
from haoyun.tracking.fixes import PositionFix


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that was refused; the others of its message are stored."""

    index: int | None
    error: DecodeError


@dataclass(frozen=True, slots=True)
class Decoded:
    """Fixes, refused items, and the envelope whose numbers are to be acked (None for formats without)."""

    fixes: tuple[PositionFix, ...]
    bad: tuple[BadItem, ...] = ()
    envelope: Envelope | None = None


def required(item: Mapping[str, Any], key: str) -> float:
    """A number that must be there. Raises BadFix naming the field."""
    value = number(item, key)
    if value is None:
        raise BadFix(f"{key} is missing")
    return value


def number(item: Mapping[str, Any], key: str) -> float | None:
    """A number, or None where the field is absent or null. Raises BadFix for anything else."""
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFix(f"{key} must be a number, not {type(value).__name__}")
    return float(value)
