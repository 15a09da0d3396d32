"""How often a caller may ask. Counted in this process's memory: the portal runs as one process."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

SIGN_IN_BY_ADDRESS = "120 per minute"
SIGN_IN_BY_EMAIL = "10 per minute"
DEVICE_GUESSES = "60 per minute"  # wrong credentials of devices, by address; whoever is let in is not counted
TRACKING = "60 per minute"  # a guess every second against 100 random bits

REGISTRATION = "20 per hour"  # organizations signed up from one address; refused forms count too
CODES = "10 per 10 minutes"  # wrong codes of one person: 3 of a million are right at a time

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", headers_enabled=True)


def email_of_request() -> str:
    """The address that somebody tries to sign in as, from a JSON body or a form."""
    body = request.get_json(silent=True) if request.is_json else request.form
    email = body.get("email") if isinstance(body, Mapping) else None
    return str(email or "nobody")[:255].strip().lower()
