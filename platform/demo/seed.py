"""The first people of a demonstration, made directly in the database: somebody has to be able to sign in.

Passwords are random and made once; credentials.py says where they are kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind, Role
from haoyun.platform.accounts.organizations import create_organization, list_organizations
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user, find_user_by_email
from haoyun.platform.demo.client import Login
from haoyun.platform.demo.credentials import OPERATOR, SUPERVISOR, Credentials
from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.world import Company

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
    """Make whoever is missing. Somebody whose password is in `known` keeps it; a second run changes nothing.

    Raises NotADemo for somebody who exists and whose password is not in `known`.
    """
    made = known or Credentials({}, {}, {}, {})
    made.org_ids.update(_organizations(db, companies, now))
    for person in people(companies):
        logins = made.visitors if person.visitor else made.agents
        user = find_user_by_email(db, person.email)
        if user is not None and person.key not in logins:
            raise NotADemo(f"the password of {person.email} is lost; start with --fresh")
        login = logins.setdefault(person.key, Login(person.email, secrets.token_urlsafe(PASSWORD_BYTES)))
        if user is None:
            user_id = _create(db, person, login, made.org_ids[person.company.key], now)
            if not person.visitor:
                made.tokens[person.key] = issue_token(db, user_id, now, label="demonstration").token
    return made


def _create(db: sa.Connection, person: Person, login: Login, org_id: str, now: datetime) -> str:
    made = create_user(
        db,
        email=login.email,
        password=login.password,
        org_id=org_id,
        display_name=person.name,
        roles={str(role) for role in _ROLES[person.company.kind]},
        now=now,
    )
    return made.id


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
                now=now,
            )
            known[made.name] = made.id
    return {company.key: known[company.name_zh] for company in (*companies, *_AUTHORITIES)}
