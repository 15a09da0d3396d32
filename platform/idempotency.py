"""A retry is safe: the first answer to a key is kept in the transaction that made it, and given again.

The row of a key is written before the work. A second request with the same key then waits for the first
(SQLite: for its transaction; PostgreSQL: on the unique key), and finds its answer or, if it was rolled back,
takes its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new

KEEP = timedelta(days=2)  # a client that retries later than that starts anew
MAX_KEY_CHARS = 200

KEY = sa.Table(
    "idempotency_key",
    METADATA,
    sa.Column("scope", sa.String(80), primary_key=True),
    sa.Column("key", sa.String(MAX_KEY_CHARS), primary_key=True),
    sa.Column("request_sha256", sa.String(64), nullable=False),
    sa.Column("response", sa.Text),
    sa.Column("created_ms", sa.BigInteger, nullable=False, index=True),
)


class IdempotencyError(ValueError):
    """Base of what can be wrong with a key."""


class KeyReused(IdempotencyError):
    """The key was used before, for another request."""

    def __init__(self) -> None:
        super().__init__("this idempotency key was used for another request")


class BadKey(IdempotencyError):
    """The key is empty or too long."""

    def __init__(self) -> None:
        super().__init__(f"an idempotency key has 1 to {MAX_KEY_CHARS} characters")


def once(
    db: sa.Connection, scope: str, key: str | None, request: str, now: datetime, work: Callable[[], str]
) -> str:
    """Do the work and keep its answer, or give the answer that was kept for the same key and request.

    `scope` names who asks for what, such as ``accept:<user>``, so that keys of different people never meet.
    Without a key the work is simply done. Raises KeyReused, BadKey.
    """
    if key is None:
        return work()
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise BadKey
    kept = _claim(db, scope, key, hashlib.sha256(request.encode()).hexdigest(), now)
    if kept is not None:
        return kept
    response = work()
    db.execute(sa.update(KEY).where(KEY.c.scope == scope, KEY.c.key == key).values(response=response))
    return response


def forget_old_keys(db: sa.Connection, now: datetime) -> int:
    """Drop keys older than KEEP. Returns how many."""
    return db.execute(sa.delete(KEY).where(KEY.c.created_ms < to_ms(now - KEEP))).rowcount


def _claim(db: sa.Connection, scope: str, key: str, digest: str, now: datetime) -> str | None:
    row = {"scope": scope, "key": key, "request_sha256": digest, "created_ms": to_ms(now)}
    if insert_new(db, KEY, row):
        return None
    known = db.execute(sa.select(KEY).where(KEY.c.scope == scope, KEY.c.key == key)).one()
    if known.request_sha256 != digest:
        raise KeyReused
    return str(known.response)
