"""How what is sent is signed and tried again: webhooks and alerts alike.

A message is signed over the time and the body with the receiver's secret: `Haoyun-Signature: t=<seconds>,v1=<hex
HMAC-SHA256 of "<seconds>.<body>">`. A receiver refuses what is altered or older than five minutes; `verify` is how.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

HEADER = "Haoyun-Signature"
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=4)
MOST_TRIES = 10
TOLERANCE_S = 300
MOST_URL_CHARACTERS = 500


def new_secret() -> str:
    """A secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def sign(secret: str, at_s: int, body: bytes) -> str:
    """What stands in Haoyun-Signature."""
    digest = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def verify(secret: str, header: str, body: bytes, now_s: float) -> bool:
    """Whether a message is ours, unaltered, and not older than five minutes: what a receiver does."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if not (parts.get("t", "").isascii() and parts.get("t", "").isdigit()):
        return False
    at_s = int(parts["t"])
    return abs(now_s - at_s) <= TOLERANCE_S and hmac.compare_digest(sign(secret, at_s, body), header)


def pause(tries: int) -> timedelta:
    """How long to wait after a failed try: 30 s, doubled each time, at most four hours."""
    doubled: timedelta = FIRST_PAUSE * (1 << min(tries, MOST_TRIES))
    return min(LONGEST_PAUSE, doubled)


def is_web_address(url: str) -> bool:
    """Whether it can be posted to: http or https, a host, no user name."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and len(url) <= MOST_URL_CHARACTERS
            and parts.username is None
            and parts.port != 0
        )
    except ValueError:
        return False
