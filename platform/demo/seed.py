"""The first people of a demonstration, made directly in the database: somebody has to be able to sign in.

Visitors get random passwords; agents are programs and get tokens. credentials.py says where both are kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind, Role
from haoyun.platform.accounts.organizations import create_organization, list_organizations
from haoyun.platform.accounts.tokens import find_token_actor, issue_token
from haoyun.platform.accounts.users import create_user, find_user_by_email
from haoyun.platform.accounts.verification import Verification
from haoyun.platform.demo.credentials import OPERATOR, SUPERVISOR, Credentials, Login
from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.world import Company

TOKEN_LIFETIME, TOKEN_LEFT = timedelta(days=365), timedelta(days=30)
PASSWORD_BYTES = 12  # 96 random bits: short enough to be typed from the terminal
_AUTHORITIES = (
    Company("operator", "好运物流公共信息平台", "Haoyun Platform", OrgKind.OPERATOR, "", ""),
    Company("supervisor", "示范市交通运输局", "Demo City Transport Bureau", OrgKind.SUPERVISOR, "", ""),
)
_ROLES = {
    OrgKind.OPERATOR: {Role.OPERATOR, Role.OWNER},
    OrgKind.SUPERVISOR: {Role.SUPERVISOR},
    OrgKind.SHIPPER: {Role.OWNER, Role.DISPATCHER},
    OrgKind.CARRIER: {Role.OWNER, Role.DISPATCHER},
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in; `key` is the company's for an agent, else what the visitor plays."""

    key: str
    company: Company
    name: str
    email: str
    visitor: bool


def people(companies: Sequence[Company]) -> list[Person]:
    """Everybody: four parts for the visitor, and an agent for each company that trades and for the operator."""
    first = {
        kind: next(c for c in companies if c.kind is kind) for kind in (OrgKind.SHIPPER, OrgKind.CARRIER)
    }
    operator, supervisor = _AUTHORITIES
    parts = (
        (OPERATOR, operator, "平台运营 Operator"),
        ("shipper", first[OrgKind.SHIPPER], "货主 Shipper"),
        ("carrier", first[OrgKind.CARRIER], "承运人 Carrier"),
        (SUPERVISOR, supervisor, "监管员 Supervisor"),
    )
    visitors = [Person(key, home, name, f"{key}@demo.example", visitor=True) for key, home, name in parts]
    agents = [Person(c.key, c, f"{c.name_en} agent", c.email, visitor=False) for c in (*companies, operator)]
    return visitors + agents


def seed(
    db: sa.Connection, companies: Sequence[Company], known: Credentials | None, now: datetime
) -> Credentials:
    """Make whoever is missing, and a token for each agent that has no valid one.

    A visitor whose password is in `known` keeps it. Raises NotADemo for one who exists and whose password
    is not there.
    """
    made = known or Credentials({}, {}, {})
    made.org_ids.update(_organizations(db, companies, now))
    for person in people(companies):
        user = find_user_by_email(db, person.email)
        if not person.visitor:
            user_id = user.id if user else _create(db, person, None, made, now)
            _keep_token(db, person.key, user_id, made, now)
        elif user is None:
            login = Login(person.email, secrets.token_urlsafe(PASSWORD_BYTES))
            made.visitors[person.key] = login
            _create(db, person, login.password, made, now)
        elif person.key not in made.visitors:
            raise NotADemo(f"the password of {person.email} is lost; start with --fresh")
    return made


def _create(db: sa.Connection, person: Person, password: str | None, made: Credentials, now: datetime) -> str:
    return create_user(
        db,
        email=person.email,
        password=password,
        org_id=made.org_ids[person.company.key],
        display_name=person.name,
        roles={str(role) for role in _ROLES[person.company.kind]},
        now=now,
    ).id


def _keep_token(db: sa.Connection, key: str, user_id: str, made: Credentials, now: datetime) -> None:
    known = made.tokens.get(key)
    if known is None or find_token_actor(db, known, now + TOKEN_LEFT) is None:
        issued = issue_token(db, user_id, now, label="demonstration", lifetime=TOKEN_LIFETIME)
        made.tokens[key] = issued.token


def _organizations(db: sa.Connection, companies: Sequence[Company], now: datetime) -> dict[str, str]:
    known = {one.name: one.id for one in list_organizations(db)}
    for company in (*companies, *_AUTHORITIES):
        if company.name_zh not in known:
            made = create_organization(
                db,
                name=company.name_zh,
                name_en=company.name_en,
                kinds={company.kind.value},
                credit_code=company.credit_code or None,
                company_prefix=company.company_prefix or None,
                verification=(Verification.VERIFIED if company.verified else Verification.UNVERIFIED).value,
                now=now,
            )
            known[made.name] = made.id
    return {company.key: known[company.name_zh] for company in (*companies, *_AUTHORITIES)}
