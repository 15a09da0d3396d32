"""Bearer tokens of the API: shown once, kept as a fingerprint.

Two ways to one: for a password (`issue_token`, everything that the person may do, 30 days), and as a key made on
purpose (`make_key`: a name, scopes, an expiry), which people hand to their programs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import BadAccount, NoSuchAccountThing
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.scopes import ALL, Scope, check_scopes, scopes_of, scopes_text
from haoyun.platform.accounts.tables import api_token as t
from haoyun.platform.accounts.users import find_actor
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import find_instant, from_ms, to_ms

LIFETIME = timedelta(days=30)
MAX_KEY_DAYS = 730
MOST_KEYS = 50
MAX_NAME_CHARS = 80
USED_EVERY = timedelta(minutes=10)  # how exactly "last used" is kept: a write each request would cost more
_RANDOM_BYTES = 32  # 256 bits: a plain fast hash is enough, there is nothing to guess
_MARK = "hy_"  # lets secret scanners recognise a leaked one
_SHOWN = 8
# Asked at each request: to build a statement costs several times what SQLite needs for it.
_BY_DIGEST = sa.select(t.c.user_id, t.c.scopes, t.c.used_ms).where(
    t.c.sha256 == sa.bindparam("digest"), t.c.revoked_ms.is_(None), t.c.expires_ms > sa.bindparam("now_ms")
)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `token` exists here and nowhere else."""

    id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """A token in use as its owner sees it; `prefix` is its beginning, by which people tell theirs apart."""

    id: str
    name: str
    prefix: str
    scopes: frozenset[Scope]
    is_key: bool
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


def issue_token(
    db: sa.Connection, user_id: str, now: datetime, *, label: str = "", lifetime: timedelta = LIFETIME
) -> IssuedToken:
    """Make a token for this person that does all they may do."""
    return _insert(db, user_id, label, ALL, now + lifetime, now, is_key=False)


def make_key(
    db: sa.Connection, actor: Actor, name: str, scopes: Iterable[str], days: int, now: datetime
) -> IssuedToken:
    """A key for the actor's own programs; one made with another key holds at most that one's scopes.

    Raises BadAccount that names the field.
    """
    if not 1 <= len(name.strip()) <= MAX_NAME_CHARS:
        raise BadAccount("name", "length", low=1, high=MAX_NAME_CHARS)
    if not 1 <= days <= MAX_KEY_DAYS:
        raise BadAccount("days", "lifetime", low=1, high=MAX_KEY_DAYS)
    wanted = check_scopes(scopes, ALL if actor.scopes is None else actor.scopes)
    if sum(one.is_key for one in keys_of(db, actor.user_id, now)) >= MOST_KEYS:
        raise BadAccount("name", "keys_many", most=MOST_KEYS)
    made = _insert(db, actor.user_id, name.strip(), wanted, now + timedelta(days=days), now, is_key=True)
    words = f"{name.strip()}: {', '.join(sorted(wanted))}"
    record(db, actor.org_id, Change.KEY_ADDED, actor.user_id, now, subject_id=made.id, detail=words)
    return made


def _insert(
    db: sa.Connection,
    user_id: str,
    label: str,
    scopes: frozenset[Scope],
    expires_at: datetime,
    now: datetime,
    *,
    is_key: bool,
) -> IssuedToken:
    token = _MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    issued = IssuedToken(new_id("token"), token, expires_at)
    db.execute(
        sa.insert(t).values(
            id=issued.id,
            user_id=user_id,
            sha256=_digest(token),
            prefix=token[:_SHOWN],
            label=label[:MAX_NAME_CHARS],
            created_ms=to_ms(now),
            expires_ms=to_ms(issued.expires_at),
            scopes=scopes_text(scopes),
            is_key=is_key,
        )
    )
    return issued


def find_token_actor(db: sa.Connection, token: str, now: datetime) -> Actor | None:
    """Who acts with this token; None when unknown, revoked, expired or the person is deactivated."""
    found = find_token(db, token, now)
    return None if found is None else found[0]


def find_token(db: sa.Connection, token: str, now: datetime) -> tuple[Actor, bool] | None:
    """(who acts with this token, whether "last used" is due); None as for `find_token_actor`."""
    row = db.execute(_BY_DIGEST, {"digest": _digest(token), "now_ms": to_ms(now)}).one_or_none()
    actor = None if row is None else find_actor(db, row.user_id)
    if row is None or actor is None:
        return None
    due = row.used_ms is None or row.used_ms <= to_ms(now - USED_EVERY)
    return replace(actor, scopes=scopes_of(row.scopes)), due


def note_used(db: sa.Connection, token: str, now: datetime) -> None:
    """Remember that the token is in use."""
    db.execute(sa.update(t).where(t.c.sha256 == _digest(token)).values(used_ms=to_ms(now)))


def keys_of(db: sa.Connection, user_id: str, now: datetime) -> list[Key]:
    """The keys and tokens of a person that still work, the newest first."""
    usable = (t.c.user_id == user_id, t.c.revoked_ms.is_(None), t.c.expires_ms > to_ms(now))
    return [_key(row) for row in db.execute(sa.select(t).where(*usable).order_by(t.c.id.desc()))]


def key_of(db: sa.Connection, user_id: str, key_id: str) -> Key:
    """A key of a person, also one that works no more. Raises NoSuchAccountThing."""
    row = db.execute(sa.select(t).where(t.c.id == key_id, t.c.user_id == user_id)).one_or_none()
    if row is None:
        raise NoSuchAccountThing
    return _key(row)


def revoke_key(db: sa.Connection, actor: Actor, key_id: str, now: datetime) -> None:
    """End one of the actor's keys now. Raises NoSuchAccountThing, also for somebody else's."""
    own = (t.c.id == key_id, t.c.user_id == actor.user_id, t.c.revoked_ms.is_(None))
    if db.execute(sa.update(t).where(*own).values(revoked_ms=to_ms(now))).rowcount != 1:
        raise NoSuchAccountThing
    record(db, actor.org_id, Change.KEY_REVOKED, actor.user_id, now, subject_id=key_id)


def revoke_keys_of(db: sa.Connection, user_id: str, now: datetime) -> int:
    """End every key and token of a person. Returns how many."""
    usable = (t.c.user_id == user_id, t.c.revoked_ms.is_(None))
    return db.execute(sa.update(t).where(*usable).values(revoked_ms=to_ms(now))).rowcount


def revoke_token(db: sa.Connection, token: str, now: datetime) -> None:
    """End a token now; one that has ended stays as it is."""
    db.execute(
        sa.update(t)
        .where(t.c.sha256 == _digest(token), t.c.revoked_ms.is_(None))
        .values(revoked_ms=to_ms(now))
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _key(row: Any) -> Key:
    return Key(
        id=row.id,
        name=row.label,
        prefix=row.prefix,
        scopes=scopes_of(row.scopes),
        is_key=row.is_key,
        created_at=from_ms(row.created_ms),
        expires_at=from_ms(row.expires_ms),
        used_at=find_instant(row.used_ms),
    )
