"""Identifiers: sortable by time inside, unguessable outside."""

from __future__ import annotations

import secrets
import time

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_TIME_CHARS = 10  # 50 bits of milliseconds: beyond the year 30000
_RANDOM_CHARS = 12  # 60 bits: two ids of one millisecond collide once in 10^18
_TRACKING_CHARS = 20  # 100 bits, above the 96 that the reliability promises ask for


def new_id(prefix: str) -> str:
    """A new identifier such as ``load_01J9Z...``: text order is the order of making, to the millisecond."""
    milliseconds = time.time_ns() // 1_000_000
    stamp = "".join(CROCKFORD[(milliseconds >> shift) & 31] for shift in range(5 * (_TIME_CHARS - 1), -1, -5))
    return f"{prefix}_{stamp}{_random(_RANDOM_CHARS)}"


def new_tracking_number() -> str:
    """A public tracking number: ``HY`` and 20 characters that carry 100 random bits."""
    return f"HY{_random(_TRACKING_CHARS)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))
