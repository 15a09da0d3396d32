"""Instants: aware UTC datetimes inside, epoch milliseconds (64 bits) in the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from haoyun.tracking.errors import BadInstant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SMALLEST_MS_NUMBER = 1e11  # an epoch number above is milliseconds: as seconds it would be the year 5138


def to_ms(instant: datetime) -> int:
    """Epoch milliseconds of an aware instant, rounded down. Raises BadInstant for a naive one."""
    if instant.tzinfo is None:
        raise BadInstant(f"instant {instant.isoformat()} has no time zone: an instant must be aware")
    return (instant - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC instant of epoch milliseconds."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def find_instant(milliseconds: int | None) -> datetime | None:
    """`from_ms` for a column that may be empty."""
    return None if milliseconds is None else from_ms(milliseconds)


def parse_instant(value: object) -> datetime:
    """An instant as devices write it: ISO-8601 with an offset, epoch seconds, or epoch milliseconds (> 1e11).

    Raises BadInstant, naming what was expected.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadInstant(f"time must be ISO-8601 or epoch seconds, not {type(value).__name__}")
    try:
        if isinstance(value, str):
            return _aware(datetime.fromisoformat(value))
        seconds = value / 1000 if abs(value) > SMALLEST_MS_NUMBER else value
        return EPOCH + timedelta(milliseconds=round(seconds * 1000))
    except (ValueError, OverflowError) as error:
        shown = str(value)[:40]
        raise BadInstant(f"time {shown!r} is neither ISO-8601 with an offset nor epoch seconds") from error


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("no offset")
    return instant.astimezone(UTC)
