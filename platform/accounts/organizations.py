"""Organizations: the value, its rules and its store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind
from haoyun.platform.accounts.credit_code import check_credit_code
from haoyun.platform.accounts.errors import AccountExists, BadAccount, BadCreditCode, UnknownOrganization
from haoyun.platform.accounts.tables import organization as t
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import from_ms, to_ms

MAX_NAME_CHARS = 120
_COMPANY_PREFIX = re.compile(r"\d{6,12}")


@dataclass(frozen=True, slots=True)
class Organization:
    """A legal entity. `company_prefix` is its GS1 company prefix, from which its SSCCs are numbered."""

    id: str
    name: str
    name_en: str
    kinds: frozenset[str]
    credit_code: str | None
    company_prefix: str | None
    created_at: datetime

    def __post_init__(self) -> None:
        _check_name("name", self.name)
        _check_name("name_en", self.name_en)
        _check_kinds(self.kinds)
        if self.company_prefix is not None and not _COMPANY_PREFIX.fullmatch(self.company_prefix):
            raise BadAccount("company_prefix", "a GS1 company prefix has 6 to 12 digits")


def _check_name(field: str, name: str) -> None:
    if not 1 <= len(name.strip()) <= MAX_NAME_CHARS:
        raise BadAccount(field, f"has 1 to {MAX_NAME_CHARS} characters")


def _check_kinds(kinds: frozenset[str]) -> None:
    if not kinds:
        raise BadAccount("kinds", "needs at least one of " + ", ".join(OrgKind))
    if unknown := kinds - set(OrgKind):
        raise BadAccount("kinds", f"{min(unknown)} is none of {', '.join(OrgKind)}")


def create_organization(
    db: sa.Connection,
    *,
    name: str,
    name_en: str,
    kinds: frozenset[str] | set[str],
    now: datetime,
    credit_code: str | None = None,
    company_prefix: str | None = None,
) -> Organization:
    """Store a new organization. Raises BadAccount that names the field, AccountExists for a taken code."""
    try:
        code = check_credit_code(credit_code) if credit_code else None
    except BadCreditCode as error:
        raise BadAccount("credit_code", str(error)) from error
    made = Organization(
        id=new_id("org"),
        name=name.strip(),
        name_en=name_en.strip(),
        kinds=frozenset(str(kind) for kind in kinds),
        credit_code=code,
        company_prefix=company_prefix or None,
        created_at=now,
    )
    if code and db.execute(sa.select(t.c.id).where(t.c.credit_code == code)).first():
        raise AccountExists("credit_code", f"{code} belongs to another organization already")
    db.execute(sa.insert(t).values(_row(made)))
    return made


def find_organization(db: sa.Connection, org_id: str) -> Organization | None:
    """The organization, or None."""
    row = db.execute(sa.select(t).where(t.c.id == org_id)).one_or_none()
    return _organization(row) if row else None


def get_organization(db: sa.Connection, org_id: str) -> Organization:
    """The organization. Raises UnknownOrganization."""
    if found := find_organization(db, org_id):
        return found
    raise UnknownOrganization(org_id)


def list_organizations(db: sa.Connection, kind: OrgKind | None = None) -> list[Organization]:
    """All organizations in the order of their making, or those of one kind."""
    found = [_organization(row) for row in db.execute(sa.select(t).order_by(t.c.id))]
    return [one for one in found if kind is None or kind in one.kinds]


def organization_names(db: sa.Connection, org_ids: set[str]) -> dict[str, tuple[str, str]]:
    """Names (Chinese, English) by id, for lists that show who offers."""
    rows = db.execute(sa.select(t.c.id, t.c.name, t.c.name_en).where(t.c.id.in_(org_ids)))
    return {row.id: (row.name, row.name_en) for row in rows}


def _row(made: Organization) -> dict[str, Any]:
    return {
        "id": made.id,
        "name": made.name,
        "name_en": made.name_en,
        "kinds": ",".join(sorted(made.kinds)),
        "credit_code": made.credit_code,
        "company_prefix": made.company_prefix,
        "created_ms": to_ms(made.created_at),
    }


def _organization(row: sa.Row[Any]) -> Organization:
    return Organization(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        kinds=frozenset(row.kinds.split(",")),
        credit_code=row.credit_code,
        company_prefix=row.company_prefix,
        created_at=from_ms(row.created_ms),
    )
