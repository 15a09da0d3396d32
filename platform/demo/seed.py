"""The first people of a demonstration, made directly in the database: somebody has to be able to sign in.

Passwords are random, made once and kept in <data>/demo/credentials.json, readable by its owner only.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind, Role
from haoyun.platform.accounts.organizations import create_organization, list_organizations
from haoyun.platform.accounts.users import create_user, find_user_by_email
from haoyun.platform.demo.client import Login
from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.world import Company

PASSWORD_BYTES = 12  # 96 random bits: short enough to be typed from the terminal
OPERATOR, SUPERVISOR = "operator", "supervisor"
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


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may sign in with what: the visitor's sign-ins by part, and every agent's; `org_ids` by agent."""

    visitors: dict[str, Login]
    agents: dict[str, Login]
    org_ids: dict[str, str]

    def save(self, path: Path) -> None:
        """Write the file, for its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(self, option=orjson.OPT_INDENT_2))

    @classmethod
    def load(cls, path: Path) -> Credentials:
        """What `save` wrote."""
        value = orjson.loads(path.read_bytes())
        return cls(_logins(value["visitors"]), _logins(value["agents"]), value["org_ids"])


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
    org_ids = _organizations(db, companies, now)
    logins: dict[bool, dict[str, Login]] = {True: {}, False: {}}
    for person in people(companies):
        before = (known.visitors if person.visitor else known.agents).get(person.key) if known else None
        login = before or Login(person.email, secrets.token_urlsafe(PASSWORD_BYTES))
        if find_user_by_email(db, person.email) is not None:
            if before is None:
                raise NotADemo(f"the password of {person.email} is lost; start with --fresh")
        else:
            create_user(
                db,
                email=person.email,
                password=login.password,
                org_id=org_ids[person.company.key],
                display_name=person.name,
                roles={str(role) for role in _ROLES[person.company.kind]},
                now=now,
            )
        logins[person.visitor][person.key] = login
    return Credentials(logins[True], logins[False], org_ids)


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


def _logins(value: dict[str, Any]) -> dict[str, Login]:
    return {key: Login(**one) for key, one in value.items()}
