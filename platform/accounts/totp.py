"""Codes that change with time: RFC 6238 (TOTP) with SHA-1, 30 seconds and 6 digits, as every app understands it.

Pure: the secret and the time go in, a code or a matching step comes out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1  # a telephone's clock may be half a minute off (RFC 6238, 5.2)
_SECRET_BYTES = 20  # as long as the hash (RFC 4226, 4: at least 128 bits, 160 recommended)


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step: RFC 4226's truncation of an HMAC over the step's number."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(at: datetime) -> int:
    """The number of the step that this instant lies in."""
    return int(at.timestamp()) // STEP_S


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The step whose code this is, at most DRIFT_STEPS away from now; None for a wrong code."""
    typed = "".join(code.split())
    now, found = step_of(at), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed.encode()):
            found = step  # no early return: a comparison takes as long whether it fits or not
    return found


def address(secret: str, account: str, issuer: str) -> str:
    """The otpauth:// address that a QR code carries (Key URI format)."""
    query = urlencode(
        {"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_S}, quote_via=quote
    )
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
