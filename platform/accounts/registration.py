"""Signing up: an organization and its owner in one transaction, unverified until the operator has seen its papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import OrgKind, Role
from haoyun.platform.accounts.errors import AccountError, BadAccount, BadFields
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.invitations import Purpose, take_invitation
from haoyun.platform.accounts.organizations import (
    HOME_COUNTRY,
    Organization,
    Profile,
    create_organization,
)
from haoyun.platform.accounts.users import User, create_user
from haoyun.platform.accounts.verification import Verification

TRADERS = frozenset({OrgKind.SHIPPER.value, OrgKind.CARRIER.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody writes who signs an organization up."""

    name: str
    name_en: str
    kinds: frozenset[str]
    credit_code: str
    country: str
    address: str
    phone: str
    gln: str
    vat_id: str
    locode: str
    display_name: str
    email: str
    password: str
    locale: str


def register(
    db: sa.Connection, application: Application, now: datetime, invitation: str | None = None
) -> tuple[Organization, User]:
    """Store the organization and its owner. `invitation` is a link's secret, where one is needed.

    Raises BadFields or BadAccount that name what is wrong, AccountConflict for a closed invitation.
    """
    if invitation is not None:
        asked = take_invitation(db, invitation, Purpose.REGISTER, now)
        if asked.email and application.email.strip().lower() != asked.email:
            raise BadAccount("email", "email_of_invitation", value=asked.email)
    if not application.kinds or not application.kinds <= TRADERS:
        raise BadAccount("kinds", "kinds_of_traders")
    profile = _profile(application)
    organization = create_organization(
        db,
        name=application.name,
        name_en=application.name_en or application.name,
        kinds=application.kinds,
        credit_code=application.credit_code.strip() or None,
        profile=profile,
        verification=Verification.UNVERIFIED.value,
        now=now,
    )
    owner = create_user(
        db,
        email=application.email,
        password=application.password,
        org_id=organization.id,
        display_name=application.display_name,
        roles={Role.OWNER.value},
        locale=application.locale,
        now=now,
    )
    record(db, organization.id, Change.REGISTERED, owner.id, now, detail=organization.name)
    return organization, owner


def _profile(application: Application) -> Profile:
    errors: dict[str, AccountError] = {}
    profile = Profile()
    try:
        profile = Profile.checked(
            country=application.country,
            address=application.address,
            phone=application.phone,
            gln=application.gln,
            vat_id=application.vat_id,
            locode=application.locode,
        )
    except BadFields as error:
        errors.update(error.errors)
    country = application.country.strip().upper() or HOME_COUNTRY
    if country == HOME_COUNTRY and not application.credit_code.strip():
        errors["credit_code"] = BadAccount("credit_code", "credit_code_needed")
    if country != HOME_COUNTRY and not (application.vat_id.strip() or application.credit_code.strip()):
        errors["vat_id"] = BadAccount("vat_id", "registration_number_needed")
    if errors:
        raise BadFields(errors)
    return profile
