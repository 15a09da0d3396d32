"""Organizations: the value, its rules and its store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind
from haoyun.platform.accounts.credit_code import check_credit_code
from haoyun.platform.accounts.errors import (
    AccountError,
    AccountExists,
    BadAccount,
    BadCreditCode,
    BadFields,
    BadIdentifier,
    UnknownOrganization,
)
from haoyun.platform.accounts.identifiers import (
    check_country,
    check_gln,
    check_locode,
    check_phone,
    check_vat,
)
from haoyun.platform.accounts.tables import organization as t
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import from_ms, to_ms

MAX_NAME_CHARS = 120
MAX_ADDRESS_CHARS = 200
HOME_COUNTRY = "CN"
_PROFILE = ("country", "address", "phone", "gln", "vat_id", "locode")
_COMPANY_PREFIX = re.compile(r"\d{6,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an organization says of itself beside its names; each identifier is checked when it is written."""

    country: str = HOME_COUNTRY
    address: str = ""
    phone: str = ""
    gln: str | None = None
    vat_id: str | None = None
    locode: str | None = None

    @classmethod
    def checked(cls, **fields: str) -> Profile:
        """A profile of typed fields. Raises BadFields that names each wrong one."""
        checks = {
            "country": check_country,
            "phone": check_phone,
            "gln": check_gln,
            "vat_id": check_vat,
            "locode": check_locode,
        }
        errors: dict[str, AccountError] = {}
        values: dict[str, str] = {}
        for name, typed in fields.items():
            text = typed.strip()
            try:
                values[name] = checks[name](text) if text and name in checks else text
            except BadIdentifier as error:
                errors[name] = error
        if len(values.get("address", "")) > MAX_ADDRESS_CHARS:
            errors["address"] = BadAccount("address", "length", low=0, high=MAX_ADDRESS_CHARS)
        if errors:
            raise BadFields(errors)
        return cls(
            country=values.get("country") or HOME_COUNTRY,
            address=values.get("address", ""),
            phone=values.get("phone", ""),
            gln=values.get("gln") or None,
            vat_id=values.get("vat_id") or None,
            locode=values.get("locode") or None,
        )


@dataclass(frozen=True, slots=True)
class Organization:
    """A legal entity. `company_prefix` is its GS1 company prefix, from which its SSCCs are numbered.

    `verification` is one of verification.Verification.
    """

    id: str
    name: str
    name_en: str
    kinds: frozenset[str]
    credit_code: str | None
    company_prefix: str | None
    created_at: datetime
    verification: str = "VERIFIED"
    profile: Profile = Profile()

    def __post_init__(self) -> None:
        _check_name("name", self.name)
        _check_name("name_en", self.name_en)
        _check_kinds(self.kinds)
        if self.company_prefix is not None and not _COMPANY_PREFIX.fullmatch(self.company_prefix):
            raise BadAccount("company_prefix", "company_prefix")


def _check_name(field: str, name: str) -> None:
    if not 1 <= len(name.strip()) <= MAX_NAME_CHARS:
        raise BadAccount(field, "length", low=1, high=MAX_NAME_CHARS)


def _check_kinds(kinds: frozenset[str]) -> None:
    known = ", ".join(OrgKind)
    if not kinds:
        raise BadAccount("kinds", "kinds_needed", known=known)
    if unknown := kinds - set(OrgKind):
        raise BadAccount("kinds", "unknown_value", value=min(unknown), known=known)


def create_organization(
    db: sa.Connection,
    *,
    name: str,
    name_en: str,
    kinds: frozenset[str] | set[str],
    now: datetime,
    credit_code: str | None = None,
    company_prefix: str | None = None,
    profile: Profile = Profile(),
    verification: str = "VERIFIED",
) -> Organization:
    """Store a new organization; one that the operator enters is verified by that.

    Raises BadAccount that names the field, AccountExists for a taken code.
    """
    try:
        code = check_credit_code(credit_code) if credit_code else None
    except BadCreditCode as error:
        raise BadAccount("credit_code", error.key, **error.params) from error
    made = Organization(
        id=new_id("org"),
        name=name.strip(),
        name_en=name_en.strip(),
        kinds=frozenset(str(kind) for kind in kinds),
        credit_code=code,
        company_prefix=company_prefix or None,
        created_at=now,
        verification=verification,
        profile=profile,
    )
    if code and db.execute(sa.select(t.c.id).where(t.c.credit_code == code)).first():
        raise AccountExists("credit_code", "taken", value=code)
    db.execute(sa.insert(t).values(_row(made)))
    return made


def set_profile(db: sa.Connection, org_id: str, name_en: str, profile: Profile) -> None:
    """Write what an organization says of itself. Its name, kinds and credit code are the operator's to change.

    Raises BadAccount, UnknownOrganization.
    """
    _check_name("name_en", name_en)
    values = {"name_en": name_en.strip(), **_profile_row(profile)}
    if db.execute(sa.update(t).where(t.c.id == org_id).values(values)).rowcount != 1:
        raise UnknownOrganization(org_id)


def find_organization(db: sa.Connection, org_id: str) -> Organization | None:
    """The organization, or None."""
    row = db.execute(sa.select(t).where(t.c.id == org_id)).one_or_none()
    return _organization(row) if row else None


def get_organization(db: sa.Connection, org_id: str) -> Organization:
    """The organization. Raises UnknownOrganization."""
    if found := find_organization(db, org_id):
        return found
    raise UnknownOrganization(org_id)


def list_organizations(
    db: sa.Connection, kind: OrgKind | None = None, *, verification: str | None = None
) -> list[Organization]:
    """All organizations in the order of their making, or those of one kind or one state of verification."""
    query = sa.select(t).order_by(t.c.id)
    if verification is not None:
        query = query.where(t.c.verification == verification)
    found = [_organization(row) for row in db.execute(query)]
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
        "verification": made.verification,
        "verification_ms": to_ms(made.created_at),
        **_profile_row(made.profile),
    }


def _profile_row(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in _PROFILE}


def _organization(row: sa.Row[Any]) -> Organization:
    return Organization(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        kinds=frozenset(row.kinds.split(",")),
        credit_code=row.credit_code,
        company_prefix=row.company_prefix,
        created_at=from_ms(row.created_ms),
        verification=row.verification,
        profile=Profile(**{name: getattr(row, name) for name in _PROFILE}),
    )
