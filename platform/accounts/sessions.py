"""Sessions of browsers: a row each, so that a person sees where they are signed in and ends what is not theirs.

The cookie carries a random id, the table its fingerprint. A cookie whose row is ended or over is nobody's.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.accounts.errors import NoSuchAccountThing
from haoyun.platform.accounts.tables import session as t
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import from_ms, to_ms

SESSION_LIFETIME = timedelta(hours=12)  # a working day
SEEN_EVERY = timedelta(minutes=10)  # how exactly "last seen" is kept: a write each request would cost more
_RANDOM_BYTES = 32
_OPEN = (t.c.ended_ms.is_(None),)
# Asked at each request, so built once.
_BY_DIGEST = sa.select(t.c.user_id, t.c.seen_ms).where(
    t.c.sha256 == sa.bindparam("digest"), *_OPEN, t.c.expires_ms > sa.bindparam("now_ms")
)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in."""

    id: str
    browser: str
    signed_in_by: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


def open_session(db: sa.Connection, user_id: str, browser: str, by: str, now: datetime) -> str:
    """A new session; returns what its cookie carries. `by`: password, code, passkey, invitation."""
    secret = secrets.token_urlsafe(_RANDOM_BYTES)
    db.execute(
        sa.insert(t).values(
            id=new_id("ses"),
            user_id=user_id,
            sha256=_digest(secret),
            browser=browser[:200],
            signed_in_by=by,
            created_ms=to_ms(now),
            seen_ms=to_ms(now),
            expires_ms=to_ms(now + SESSION_LIFETIME),
        )
    )
    return secret


def find_session(db: sa.Connection, secret: str, now: datetime) -> tuple[str, bool] | None:
    """(person, whether "last seen" is due) of an open session, or None."""
    row = db.execute(_BY_DIGEST, {"digest": _digest(secret), "now_ms": to_ms(now)}).one_or_none()
    return None if row is None else (row.user_id, row.seen_ms <= to_ms(now - SEEN_EVERY))


def note_seen(db: sa.Connection, secret: str, now: datetime) -> None:
    """Remember that the session is in use."""
    db.execute(sa.update(t).where(t.c.sha256 == _digest(secret)).values(seen_ms=to_ms(now)))


def sessions_of(db: sa.Connection, user_id: str, secret: str | None, now: datetime) -> list[Session]:
    """The open sessions of a person, the newest first; `secret` is that of the request."""
    own = _digest(secret) if secret else ""
    query = sa.select(t).where(t.c.user_id == user_id, *_OPEN, t.c.expires_ms > to_ms(now))
    return [
        Session(
            row.id,
            row.browser,
            row.signed_in_by,
            from_ms(row.created_ms),
            from_ms(row.seen_ms),
            row.sha256 == own,
        )
        for row in db.execute(query.order_by(t.c.id.desc()))
    ]


def end_session(db: sa.Connection, user_id: str, session_id: str, now: datetime) -> None:
    """Sign one browser out. Raises NoSuchAccountThing, also for somebody else's session."""
    own = (t.c.id == session_id, t.c.user_id == user_id, *_OPEN)
    if db.execute(sa.update(t).where(*own).values(ended_ms=to_ms(now))).rowcount != 1:
        raise NoSuchAccountThing


def end_this_session(db: sa.Connection, secret: str, now: datetime) -> None:
    """Sign this browser out; one that is out already stays so."""
    db.execute(sa.update(t).where(t.c.sha256 == _digest(secret), *_OPEN).values(ended_ms=to_ms(now)))


def end_sessions(db: sa.Connection, user_id: str, now: datetime, *, but: str | None = None) -> int:
    """Sign every browser of a person out, except the one whose cookie carries `but`. Returns how many."""
    wanted = [t.c.user_id == user_id, *_OPEN]
    if but:
        wanted.append(t.c.sha256 != _digest(but))
    return db.execute(sa.update(t).where(*wanted).values(ended_ms=to_ms(now))).rowcount


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
