"""Organizations, for the operator of the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor, OrgKind
from haoyun.platform.accounts.organizations import (
    MAX_NAME_CHARS,
    Organization,
    create_organization,
    get_organization,
    list_organizations,
)
from haoyun.platform.accounts.verification import MAX_REASON_CHARS, Verification, approve, refuse
from haoyun.platform.api.guard import operating
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services

blueprint = resource("organizations", "Organizations")
PROFILE_FIELDS = ("country", "address", "phone", "gln", "vat_id", "locode")
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]


class NewOrganization(Input):
    """A legal entity to be registered."""

    name: Name
    name_en: Name
    kinds: Annotated[list[OrgKind], Field(min_length=1, max_length=4)]
    credit_code: Annotated[str | None, Field(description="GB 32100, 18 characters")] = None
    company_prefix: Annotated[str | None, Field(description="GS1 company prefix, 6 to 12 digits")] = None


class OrganizationOut(Output):
    """A legal entity."""

    id: str
    name: str
    name_en: str
    kinds: list[str]
    credit_code: str | None
    company_prefix: str | None
    created_at: datetime
    verification: Verification
    country: str
    address: str
    phone: str
    gln: str | None
    vat_id: str | None
    locode: str | None

    @classmethod
    def of(cls, organization: Organization) -> OrganizationOut:
        """As the API shows it."""
        return cls(
            id=organization.id,
            name=organization.name,
            name_en=organization.name_en,
            kinds=sorted(organization.kinds),
            credit_code=organization.credit_code,
            company_prefix=organization.company_prefix,
            created_at=organization.created_at,
            verification=Verification(organization.verification),
            **{name: getattr(organization.profile, name) for name in PROFILE_FIELDS},
        )


class OrganizationPage(Output):
    """All organizations."""

    items: list[OrganizationOut]
    next: str | None


class OrganizationQuery(Input):
    """Which organizations."""

    verification: Verification | None = None


class Verdict(Input):
    """What the operator found."""

    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS)] = ""


@blueprint.get("/organizations")
@operating
@blueprint.input(OrganizationQuery, location="query")
@blueprint.output(OrganizationPage)
@blueprint.doc(summary="List organizations", security="bearer", responses=[401, 403, 422])
def list_all(actor: Actor, query_data: OrganizationQuery) -> object:
    """All organizations on the platform, or those of one state of verification."""
    with services().read() as db:
        found = list_organizations(db, verification=query_data.verification)
    return OrganizationPage(items=[OrganizationOut.of(one) for one in found], next=None)


@blueprint.post("/organizations")
@operating
@blueprint.input(NewOrganization)
@blueprint.output(OrganizationOut, 201)
@blueprint.doc(summary="Register an organization", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewOrganization) -> object:
    """Register a legal entity."""
    found = services()
    with found.write() as db:
        made = create_organization(
            db,
            name=json_data.name,
            name_en=json_data.name_en,
            kinds=set(json_data.kinds),
            credit_code=json_data.credit_code,
            company_prefix=json_data.company_prefix,
            now=found.now(),
        )
    return OrganizationOut.of(made)


@blueprint.post("/organizations/<org_id>/approve")
@operating
@blueprint.input(Verdict)
@blueprint.output(OrganizationOut)
@blueprint.doc(summary="Verify an organization", security="bearer", responses=[401, 403, 404, 409, 422])
def approve_one(actor: Actor, org_id: str, json_data: Verdict) -> object:
    """The operator has seen its papers."""
    with services().write() as db:
        get_organization(db, org_id)
        approve(db, actor, org_id, services().now(), json_data.reason)
        return OrganizationOut.of(get_organization(db, org_id))


@blueprint.post("/organizations/<org_id>/refuse")
@operating
@blueprint.input(Verdict)
@blueprint.output(OrganizationOut)
@blueprint.doc(
    summary="Refuse an organization, or take its verification back",
    security="bearer",
    responses=[401, 403, 404, 409, 422],
)
def refuse_one(actor: Actor, org_id: str, json_data: Verdict) -> object:
    """The operator says no, and why; the organization may ask again."""
    with services().write() as db:
        get_organization(db, org_id)
        refuse(db, actor, org_id, services().now(), json_data.reason)
        return OrganizationOut.of(get_organization(db, org_id))
