"""What a decoder returns."""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.tracking.envelope import Envelope
from haoyun.tracking.errors import DecodeError
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
