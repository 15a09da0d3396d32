"""Instants as EPCIS writes them (RFC 3339), as epoch milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from haoyun.tracking.instants import EPOCH

_LEAP_SECOND = re.compile(r":60(?=[.Zz+-])")
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=8192)  # asked for by the hash and by the index
def instant(text: str) -> datetime:
    """The aware UTC instant. A leap second is taken as the second before it. Raises ValueError."""
    upper = text.strip().upper()
    if ":60" in upper:
        upper = _LEAP_SECOND.sub(":59", upper)
    moment = datetime.fromisoformat(upper)
    if moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text[:40]!r} lies outside the calendar") from None


def instant_ms(text: str) -> int:
    """Epoch milliseconds, rounded down. Raises ValueError."""
    return (instant(text) - EPOCH) // _MILLISECOND
