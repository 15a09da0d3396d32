"""Passwords: argon2id with the parameters that RFC 9106 recommends where memory is short.

Flask-Security verifies the same hashes (its settings in `security.py` name the same parameters), so that a
person made on the command line signs in on the portal.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MIN_CHARS = 12
MAX_CHARS = 128  # longer ones cost the server, not the attacker
TIME_COST, MEMORY_KIB, LANES = 3, 65_536, 4  # RFC 9106, second recommended option
_HASHER = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=LANES)
NO_PASSWORD = ""  # kept for who signs in by token alone; Flask-Security refuses it too


@cache
def _nobody() -> str:
    """A hash to verify against when there is none, so that the answer takes equally long."""
    return _HASHER.hash("the password of nobody")


def hash_password(password: str) -> str:
    """The argon2id hash in its own text form."""
    return _HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits the stored hash; takes as long when there is none (None or NO_PASSWORD)."""
    nobody = _nobody()
    try:
        return _HASHER.verify(stored or nobody, password[:MAX_CHARS]) and bool(stored)
    except (VerifyMismatchError, InvalidHashError):
        return False
