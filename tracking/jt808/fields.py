"""Fields of JT/T 808: BCD digits and Beijing time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from haoyun.tracking.errors import BadFix, BadFrame

_AHEAD = timedelta(hours=8)  # the standard counts in UTC+8, wherever the truck is
BEIJING = timezone(_AHEAD)
_TIME_FORM = "%y%m%d%H%M%S"
_TIME_DIGITS = 12


def bcd_digits(raw: bytes) -> str:
    """The decimal digits of 8421 BCD. Raises BadFrame for a half byte above nine."""
    digits = raw.hex()
    if not digits.isdecimal():
        raise BadFrame(f"{digits} is not BCD: a half byte is above nine")
    return digits


def bcd_bytes(digits: str, size: int) -> bytes:
    """Digits as `size` bytes of BCD, zeros in front. Raises ValueError where they do not fit."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 2 * size):
        raise ValueError(f"{digits[:40]!r} must be at most {2 * size} decimal digits")
    return bytes.fromhex(digits.zfill(2 * size))


def beijing_instant(digits: str) -> datetime:
    """The instant of YYMMDDhhmmss in UTC+8. Raises BadFix."""
    if len(digits) != _TIME_DIGITS or not (digits.isascii() and digits.isdecimal()):
        raise BadFix(f"time {digits[:20]!r} must be twelve digits YYMMDDhhmmss (UTC+8)")
    year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, _TIME_DIGITS, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC) - _AHEAD
    except ValueError as error:
        raise BadFix(f"time {digits} is none: YYMMDDhhmmss (UTC+8)") from error


def beijing_digits(instant: datetime) -> str:
    """YYMMDDhhmmss of an aware instant, to the second below."""
    return instant.astimezone(BEIJING).strftime(_TIME_FORM)
