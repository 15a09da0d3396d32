"""Bearer tokens of the API: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.tables import api_token as t
from haoyun.platform.accounts.users import find_actor
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import to_ms

LIFETIME = timedelta(days=30)
_RANDOM_BYTES = 32  # 256 bits: a plain fast hash is enough, there is nothing to guess
_MARK = "hy_"  # lets secret scanners recognise a leaked one
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `token` exists here and nowhere else."""

    id: str
    token: str
    expires_at: datetime


def issue_token(
    db: sa.Connection, user_id: str, now: datetime, *, label: str = "", lifetime: timedelta = LIFETIME
) -> IssuedToken:
    """Make a token for this person."""
    token = _MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    issued = IssuedToken(new_id("token"), token, now + lifetime)
    db.execute(
        sa.insert(t).values(
            id=issued.id,
            user_id=user_id,
            sha256=_digest(token),
            prefix=token[:_SHOWN],
            label=label[:80],
            created_ms=to_ms(now),
            expires_ms=to_ms(issued.expires_at),
        )
    )
    return issued


def find_token_actor(db: sa.Connection, token: str, now: datetime) -> Actor | None:
    """Who acts with this token; None when unknown, revoked, expired or the person is deactivated."""
    user_id = db.execute(
        sa.select(t.c.user_id).where(
            t.c.sha256 == _digest(token), t.c.revoked_ms.is_(None), t.c.expires_ms > to_ms(now)
        )
    ).scalar_one_or_none()
    return find_actor(db, user_id) if user_id else None


def revoke_token(db: sa.Connection, token: str, now: datetime) -> None:
    """End a token now; one that has ended stays as it is."""
    db.execute(
        sa.update(t)
        .where(t.c.sha256 == _digest(token), t.c.revoked_ms.is_(None))
        .values(revoked_ms=to_ms(now))
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
