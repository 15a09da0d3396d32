"""People: the value, its rules and its store."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor, OrgKind, Role
from haoyun.platform.accounts.errors import AccountExists, BadAccount, UnknownUser
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.accounts.passwords import MAX_CHARS, MIN_CHARS, NO_PASSWORD, hash_password, matches
from haoyun.platform.accounts.tables import organization, role, user_role
from haoyun.platform.accounts.tables import user as t
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new

LOCALES = ("zh", "en")
MAX_DISPLAY_CHARS = 80
_VERIFIED = "VERIFIED"  # verification.Verification, which stands above people
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}")
# These two see every organization, so that only people of such an organization may have them.
_BOUND_ROLES = {Role.OPERATOR: OrgKind.OPERATOR, Role.SUPERVISOR: OrgKind.SUPERVISOR}


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in. The password never leaves the store."""

    id: str
    email: str
    org_id: str
    display_name: str
    locale: str
    active: bool
    roles: frozenset[str]


def create_user(
    db: sa.Connection,
    *,
    email: str,
    password: str | None,
    org_id: str,
    display_name: str,
    roles: frozenset[str] | set[str],
    now: datetime,
    locale: str = "zh",
) -> User:
    """Store a new person; without a password it is a program, which signs in by token alone.

    Raises BadAccount that names the field, AccountExists for a taken address.
    """
    made = User(
        id=new_id("user"),
        email=email.strip().lower(),
        org_id=org_id,
        display_name=display_name.strip(),
        locale=locale,
        active=True,
        roles=frozenset(str(one) for one in roles),
    )
    _check(made, password, get_organization(db, org_id).kinds)
    if find_user_by_email(db, made.email):
        raise AccountExists("email", "email_taken", value=made.email)
    db.execute(sa.insert(t).values(_row(made, password, now)))
    give_roles(db, made.id, made.roles)
    return made


def _check(made: User, password: str | None, org_kinds: frozenset[str]) -> None:
    check_email(made.email)
    if not 1 <= len(made.display_name) <= MAX_DISPLAY_CHARS:
        raise BadAccount("display_name", "length", low=1, high=MAX_DISPLAY_CHARS)
    _check_locale(made.locale)
    if password is not None:
        check_password(password)
    check_roles(made.roles, org_kinds)


def check_email(email: str) -> None:
    """Raises BadAccount for what is no address."""
    if not _EMAIL.fullmatch(email):
        raise BadAccount("email", "email")


def check_password(password: str) -> None:
    """Raises BadAccount for a password that is too short or too long."""
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise BadAccount("password", "length", low=MIN_CHARS, high=MAX_CHARS)


def _check_locale(locale: str) -> None:
    if locale not in LOCALES:
        raise BadAccount("locale", "locale", known=", ".join(LOCALES))


def check_roles(roles: frozenset[str], org_kinds: frozenset[str]) -> None:
    """Raises BadAccount for no role, an unknown one, or one that does not go with the organization's kinds."""
    known = ", ".join(Role)
    if not roles:
        raise BadAccount("roles", "roles_needed", known=known)
    if unknown := roles - set(Role):
        raise BadAccount("roles", "unknown_value", value=min(unknown), known=known)
    for bound, kind in _BOUND_ROLES.items():
        if bound in roles and kind not in org_kinds:
            raise BadAccount("roles", "role_bound", role=bound, kind=kind)


def give_roles(db: sa.Connection, user_id: str, roles: frozenset[str]) -> None:
    """Write the roles of a person in place of those they had; whoever calls has checked them."""
    for name in sorted(roles):
        insert_new(db, role, {"name": name})
    db.execute(sa.delete(user_role).where(user_role.c.user_id == user_id))
    db.execute(sa.insert(user_role), [{"user_id": user_id, "role": one} for one in sorted(roles)])


def find_user_by_email(db: sa.Connection, email: str) -> User | None:
    """The person with this address in any case of letters, or None."""
    row = db.execute(sa.select(t).where(t.c.email == email.strip().lower())).one_or_none()
    return _user(db, row) if row else None


def get_user(db: sa.Connection, user_id: str) -> User:
    """The person. Raises UnknownUser."""
    row = db.execute(sa.select(t).where(t.c.id == user_id)).one_or_none()
    if row is None:
        raise UnknownUser(user_id)
    return _user(db, row)


def list_users(db: sa.Connection, org_id: str | None = None) -> list[User]:
    """All people, or those of one organization."""
    query = sa.select(t).order_by(t.c.id)
    rows = db.execute(query if org_id is None else query.where(t.c.org_id == org_id)).all()
    return [_user(db, row) for row in rows]


def find_actor(db: sa.Connection, user_id: str) -> Actor | None:
    """Who this person acts as, with today's roles; None when missing or deactivated."""
    row = db.execute(_ACTS_AS, {"person": user_id}).one_or_none()
    if row is None:
        return None
    return Actor(
        user_id,
        row.org_id,
        _roles(db, user_id),
        frozenset(row.kinds.split(",")),
        cleared=row.verification == _VERIFIED,
    )


def sign_in(db: sa.Connection, email: str, password: str) -> Actor | None:
    """The actor with this address and password, or None; an unknown address takes equally long."""
    row = db.execute(sa.select(t.c.id, t.c.password).where(t.c.email == email.strip().lower())).one_or_none()
    fits = matches(password, row.password if row else None)
    return find_actor(db, row.id) if row and fits else None


def set_locale(db: sa.Connection, user_id: str, locale: str) -> None:
    """Remember the language that this person chose. Raises BadAccount, UnknownUser."""
    _check_locale(locale)
    _must_change(db, user_id, locale=locale)


def set_password(db: sa.Connection, user_id: str, password: str) -> None:
    """Store a new password. Raises BadAccount, UnknownUser."""
    check_password(password)
    _must_change(db, user_id, password=hash_password(password))


def set_active(db: sa.Connection, user_id: str, active: bool) -> None:
    """Let a person in or keep them out; sessions and tokens stop at the next request. Raises UnknownUser."""
    _must_change(db, user_id, active=active)


def _must_change(db: sa.Connection, user_id: str, **values: Any) -> None:
    if db.execute(sa.update(t).where(t.c.id == user_id).values(values)).rowcount != 1:
        raise UnknownUser(user_id)


def _roles(db: sa.Connection, user_id: str) -> frozenset[str]:
    return frozenset(db.scalars(_ROLES, {"person": user_id}))


# Asked at each request, so built once.
_ACTS_AS = (
    sa.select(t.c.org_id, organization.c.kinds, organization.c.verification)
    .join(organization, organization.c.id == t.c.org_id)
    .where(t.c.id == sa.bindparam("person"), t.c.active)
)
_ROLES = sa.select(user_role.c.role).where(user_role.c.user_id == sa.bindparam("person"))


def _row(made: User, password: str | None, now: datetime) -> dict[str, Any]:
    return {
        "id": made.id,
        "email": made.email,
        "password": NO_PASSWORD if password is None else hash_password(password),
        "active": made.active,
        "fs_uniquifier": uuid.uuid4().hex,
        "org_id": made.org_id,
        "display_name": made.display_name,
        "locale": made.locale,
        "created_ms": to_ms(now),
    }


def _user(db: sa.Connection, row: sa.Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        org_id=row.org_id,
        display_name=row.display_name,
        locale=row.locale,
        active=row.active,
        roles=_roles(db, row.id),
    )
