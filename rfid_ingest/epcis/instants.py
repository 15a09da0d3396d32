"""Instants as EPCIS writes them (RFC 3339), as epoch milliseconds and as the event hash writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from haoyun.tracking.instants import EPOCH

_LEAP_SECOND = re.compile(r":60(?=[.Zz+-])")
_MILLISECOND = timedelta(milliseconds=1)
# As nearly everybody writes it: whole minutes are worked out once, seconds and milliseconds are put behind.
_PLAIN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}):([0-5][0-9])(?:\.([0-9]{3}))?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_LONGEST = 40  # characters that are worth remembering


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
    plain = _plain(text) if len(text) <= _LONGEST else None
    return plain[0] if plain else _milliseconds(instant(text))


def instant_text(text: str) -> str:
    """The instant in UTC with three digits of a second, rounded: as it is hashed. Raises ValueError."""
    plain = _plain(text) if len(text) <= _LONGEST else None
    return plain[1] if plain else _written(instant(text))


@lru_cache(maxsize=8192)  # asked for by the hash and by the index
def _plain(text: str) -> tuple[int, str] | None:
    match = _PLAIN.match(text)
    if match is None:
        return None
    minute, seconds, thousandths, offset = match.groups("000")
    start_ms, start = _minute(minute, offset)
    return start_ms + int(seconds + thousandths), f"{start}{seconds}.{thousandths}Z"


@lru_cache(maxsize=8192)
def _minute(minute: str, offset: str) -> tuple[int, str]:
    moment = instant(f"{minute}:00{offset}")
    return _milliseconds(moment), _written(moment)[: -len("00.000Z")]


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // _MILLISECOND


def _written(moment: datetime) -> str:
    if moment.microsecond % 1000:
        moment = datetime.fromtimestamp(round(moment.timestamp(), 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
