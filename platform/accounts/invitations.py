"""Invitations: a link that lets somebody in once. The link carries a secret, the table its fingerprint.

Three purposes: to JOIN an organization with roles, to REGISTER a new organization where registration is by
invitation, and to set a NEW PASSWORD for a person who forgot theirs.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import AccountConflict, BadAccount, NoSuchAccountThing, NotPermitted
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.accounts.permissions import must_manage_people
from haoyun.platform.accounts.tables import invitation as t
from haoyun.platform.accounts.users import check_email, check_roles, find_user_by_email, get_user
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import find_instant, from_ms, to_ms

LIFETIME = timedelta(days=7)
NEW_PASSWORD_LIFETIME = timedelta(days=1)
MAX_DAYS = 30
MOST_OPEN = 200
_RANDOM_BYTES = 24  # 192 bits


class Purpose(StrEnum):
    """What a link lets its holder do."""

    JOIN = "join"
    REGISTER = "register"
    NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a purpose


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. `email` "" lets the invited person choose; `user_id` is whose password is set anew."""

    id: str
    purpose: Purpose
    org_id: str
    email: str
    roles: frozenset[str]
    user_id: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it still lets somebody in."""
        return self.used_at is None and self.withdrawn_at is None and now < self.expires_at


def invite_person(
    db: sa.Connection,
    actor: Actor,
    email: str,
    roles: frozenset[str],
    now: datetime,
    days: int = LIFETIME.days,
) -> tuple[Invitation, str]:
    """Invite somebody into the actor's organization; returns the invitation and the link's secret.

    Raises NotPermitted, BadAccount.
    """
    must_manage_people(actor)
    address = email.strip().lower()
    if address:
        check_email(address)
        if find_user_by_email(db, address):
            raise BadAccount("email", "email_taken", value=address)
    check_roles(roles, get_organization(db, actor.org_id).kinds)
    if not 1 <= days <= MAX_DAYS:
        raise BadAccount("days", "lifetime", low=1, high=MAX_DAYS)
    made = _make(db, actor, Purpose.JOIN, address, roles, None, now, timedelta(days=days))
    record(db, actor.org_id, Change.INVITED, actor.user_id, now, subject_id=made[0].id, detail=address)
    return made


def invite_organization(db: sa.Connection, actor: Actor, email: str, now: datetime) -> tuple[Invitation, str]:
    """Let somebody register an organization, where registration is by invitation. Raises NotPermitted, BadAccount."""
    if not actor.is_operator:
        raise NotPermitted("role")
    address = email.strip().lower()
    if address:
        check_email(address)
    return _make(db, actor, Purpose.REGISTER, address, frozenset(), None, now, LIFETIME)


def invite_new_password(
    db: sa.Connection, actor: Actor, user_id: str, now: datetime
) -> tuple[Invitation, str]:
    """Let a person of the organization set a new password. Raises NotPermitted, NoSuchAccountThing."""
    must_manage_people(actor)
    person = get_user(db, user_id)
    if person.org_id != actor.org_id or not person.active:
        raise NoSuchAccountThing
    return _make(
        db, actor, Purpose.NEW_PASSWORD, person.email, frozenset(), user_id, now, NEW_PASSWORD_LIFETIME
    )


def find_invitation(db: sa.Connection, secret: str, purpose: Purpose, now: datetime) -> Invitation | None:
    """The open invitation of a link, or None: a wrong, a used and an old one look the same."""
    row = db.execute(
        sa.select(t).where(t.c.sha256 == _digest(secret), t.c.purpose == purpose.value)
    ).one_or_none()
    found = None if row is None else _invitation(row)
    return found if found and found.is_open(now) else None


def take_invitation(db: sa.Connection, secret: str, purpose: Purpose, now: datetime) -> Invitation:
    """Use an invitation up: one winner, however many come with the same link. Raises AccountConflict."""
    fresh = (
        t.c.sha256 == _digest(secret),
        t.c.purpose == purpose.value,
        t.c.used_ms.is_(None),
        t.c.withdrawn_ms.is_(None),
        t.c.expires_ms > to_ms(now),
    )
    if db.execute(sa.update(t).where(*fresh).values(used_ms=to_ms(now))).rowcount != 1:
        raise AccountConflict("invitation_closed")
    return _invitation(db.execute(sa.select(t).where(t.c.sha256 == _digest(secret))).one())


def withdraw_invitation(db: sa.Connection, actor: Actor, invitation_id: str, now: datetime) -> None:
    """Let nobody in by it any more. Raises NotPermitted, NoSuchAccountThing."""
    must_manage_people(actor)
    own = (t.c.id == invitation_id, t.c.org_id == actor.org_id, t.c.used_ms.is_(None))
    still = (*own, t.c.withdrawn_ms.is_(None))
    if db.execute(sa.update(t).where(*still).values(withdrawn_ms=to_ms(now))).rowcount != 1:
        raise NoSuchAccountThing
    record(db, actor.org_id, Change.INVITATION_WITHDRAWN, actor.user_id, now, subject_id=invitation_id)


def open_invitations(db: sa.Connection, org_id: str, purpose: Purpose, now: datetime) -> list[Invitation]:
    """The open invitations that an organization gave out, the newest first."""
    wanted = (
        t.c.org_id == org_id,
        t.c.purpose == purpose.value,
        t.c.used_ms.is_(None),
        t.c.withdrawn_ms.is_(None),
        t.c.expires_ms > to_ms(now),
    )
    return [_invitation(row) for row in db.execute(sa.select(t).where(*wanted).order_by(t.c.id.desc()))]


def _make(
    db: sa.Connection,
    actor: Actor,
    purpose: Purpose,
    email: str,
    roles: frozenset[str],
    user_id: str | None,
    now: datetime,
    lifetime: timedelta,
) -> tuple[Invitation, str]:
    if len(open_invitations(db, actor.org_id, purpose, now)) >= MOST_OPEN:
        raise BadAccount("email", "invitations_many", most=MOST_OPEN)
    secret = secrets.token_urlsafe(_RANDOM_BYTES)
    made = Invitation(
        new_id("inv"), purpose, actor.org_id, email, roles, user_id, now, now + lifetime, None, None
    )
    db.execute(
        sa.insert(t).values(
            id=made.id,
            purpose=purpose.value,
            org_id=made.org_id,
            email=email,
            roles=",".join(sorted(roles)),
            user_id=user_id,
            sha256=_digest(secret),
            created_ms=to_ms(now),
            created_by=actor.user_id,
            expires_ms=to_ms(made.expires_at),
        )
    )
    return made, secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _invitation(row: Any) -> Invitation:
    return Invitation(
        id=row.id,
        purpose=Purpose(row.purpose),
        org_id=row.org_id,
        email=row.email,
        roles=frozenset(one for one in row.roles.split(",") if one),
        user_id=row.user_id,
        created_at=from_ms(row.created_ms),
        expires_at=from_ms(row.expires_ms),
        used_at=find_instant(row.used_ms),
        withdrawn_at=find_instant(row.withdrawn_ms),
    )
