"""The people of an organization: their roles, who is kept out, who owns it. An organization never loses its last owner.

Each change first writes the organization's row, so that two owners who take each other's role away at the same
moment come one after the other, on PostgreSQL as on SQLite.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import MANAGING_ROLES, Actor, Role
from haoyun.platform.accounts.errors import (
    AccountConflict,
    BadAccount,
    NoSuchAccountThing,
)
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.invitations import Invitation, Purpose, take_invitation
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.accounts.passwords import matches
from haoyun.platform.accounts.permissions import must_manage_people
from haoyun.platform.accounts.sessions import end_sessions
from haoyun.platform.accounts.tables import organization, user, user_role
from haoyun.platform.accounts.tokens import revoke_keys_of
from haoyun.platform.accounts.users import (
    User,
    check_roles,
    create_user,
    find_actor,
    get_user,
    give_roles,
    set_active,
    set_password,
)


def change_roles(db: sa.Connection, actor: Actor, user_id: str, roles: frozenset[str], now: datetime) -> User:
    """Give a person these roles in place of the old ones.

    Raises NotPermitted, NoSuchAccountThing, BadAccount for roles that do not go with the organization,
    AccountConflict where nobody would be left to manage people.
    """
    person = _of_own_organization(db, actor, user_id)
    check_roles(roles, get_organization(db, actor.org_id).kinds)
    _queue(db, actor.org_id)
    give_roles(db, user_id, roles)
    _keep_an_owner(db, actor.org_id)
    words = f"{', '.join(sorted(person.roles))} → {', '.join(sorted(roles))}"
    record(db, actor.org_id, Change.ROLES, actor.user_id, now, subject_id=user_id, detail=words)
    return get_user(db, user_id)


def deactivate(db: sa.Connection, actor: Actor, user_id: str, now: datetime) -> None:
    """Keep a person out: sessions end and keys are revoked, so that nothing comes back with a later activation.

    Raises NotPermitted, NoSuchAccountThing, BadAccount for oneself, AccountConflict for the last owner.
    """
    _of_own_organization(db, actor, user_id)
    if user_id == actor.user_id:
        raise BadAccount("user_id", "not_oneself")
    _queue(db, actor.org_id)
    set_active(db, user_id, False)
    _keep_an_owner(db, actor.org_id)
    end_sessions(db, user_id, now)
    revoke_keys_of(db, user_id, now)
    record(db, actor.org_id, Change.DEACTIVATED, actor.user_id, now, subject_id=user_id)


def activate(db: sa.Connection, actor: Actor, user_id: str, now: datetime) -> None:
    """Let a person in again. Raises NotPermitted, NoSuchAccountThing."""
    _of_own_organization(db, actor, user_id)
    set_active(db, user_id, True)
    record(db, actor.org_id, Change.ACTIVATED, actor.user_id, now, subject_id=user_id)


def hand_over(db: sa.Connection, actor: Actor, user_id: str, now: datetime) -> None:
    """Make another person the owner in one's own place; the one who hands over dispatches from then on.

    Raises NotPermitted unless the actor is an owner, NoSuchAccountThing, BadAccount.
    """
    heir = _of_own_organization(db, actor, user_id)
    if user_id == actor.user_id:
        raise BadAccount("user_id", "not_oneself")
    if not heir.active:
        raise BadAccount("user_id", "owner_needed")
    _queue(db, actor.org_id)
    give_roles(db, user_id, heir.roles | {Role.OWNER.value})
    own = get_user(db, actor.user_id).roles - {Role.OWNER.value}
    give_roles(db, actor.user_id, own or frozenset({Role.DISPATCHER.value}))
    record(db, actor.org_id, Change.HANDED_OVER, actor.user_id, now, subject_id=user_id, detail=heir.email)


def join(
    db: sa.Connection,
    secret: str,
    *,
    email: str,
    password: str,
    display_name: str,
    locale: str,
    now: datetime,
) -> User:
    """Become a person of the organization that invited. Raises AccountConflict for a closed link, BadAccount."""
    invitation = take_invitation(db, secret, Purpose.JOIN, now)
    address = email.strip().lower()
    if invitation.email and address != invitation.email:
        raise BadAccount("email", "email_of_invitation", value=invitation.email)
    made = create_user(
        db,
        email=address,
        password=password,
        org_id=invitation.org_id,
        display_name=display_name,
        roles=invitation.roles,
        locale=locale,
        now=now,
    )
    record(db, made.org_id, Change.JOINED, made.id, now, subject_id=made.id, detail=made.email)
    return made


def change_password(
    db: sa.Connection, user_id: str, present: str, wanted: str, now: datetime, *, keep: str | None
) -> None:
    """Set a new password; every other browser is signed out. `keep` is the secret of this one's session.

    Raises BadAccount for a wrong present password, or a new one that breaks its rule.
    """
    stored = db.scalar(sa.select(user.c.password).where(user.c.id == user_id))
    if not matches(present, stored):
        raise BadAccount("present", "password_wrong")
    if present == wanted:
        raise BadAccount("password", "password_same")
    _set_password(db, user_id, wanted, now, keep)


def set_forgotten_password(db: sa.Connection, secret: str, wanted: str, now: datetime) -> Invitation:
    """Set the password of the person whom the link is for. Raises AccountConflict, BadAccount."""
    invitation = take_invitation(db, secret, Purpose.NEW_PASSWORD, now)
    if invitation.user_id is None or find_actor(db, invitation.user_id) is None:
        raise AccountConflict("invitation_closed")
    _set_password(db, invitation.user_id, wanted, now, None)
    return invitation


def _set_password(db: sa.Connection, user_id: str, wanted: str, now: datetime, keep: str | None) -> None:
    set_password(db, user_id, wanted)
    end_sessions(db, user_id, now, but=keep)
    record(db, get_user(db, user_id).org_id, Change.PASSWORD, user_id, now, subject_id=user_id)


def _of_own_organization(db: sa.Connection, actor: Actor, user_id: str) -> User:
    must_manage_people(actor)
    person = get_user(db, user_id)
    if person.org_id != actor.org_id:
        raise NoSuchAccountThing
    return person


def _queue(db: sa.Connection, org_id: str) -> None:
    """Wait for whoever changes the people of this organization at the same moment."""
    db.execute(sa.update(organization).where(organization.c.id == org_id).values(name=organization.c.name))


def _keep_an_owner(db: sa.Connection, org_id: str) -> None:
    managing = (
        sa.select(user.c.id)
        .join(user_role, user_role.c.user_id == user.c.id)
        .where(user.c.org_id == org_id, user.c.active, user_role.c.role.in_(sorted(MANAGING_ROLES)))
    )
    if db.execute(managing.limit(1)).first() is None:
        raise AccountConflict("last_owner")
