"""Partners: whom an organization shows its offers to first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.publishing.partners import Partner, add_partner, list_partners, remove_partner
from haoyun.platform.services import services

blueprint = resource("partners", "Partners")


class NewPartner(Input):
    """An organization by its id, its credit code or its exact name."""

    partner: Annotated[str, Field(min_length=1, max_length=120)]


class PartnerOut(Output):
    """One entry of the list."""

    org_id: str
    name: str
    name_en: str
    since: datetime


class PartnerPage(Output):
    """The list, oldest first."""

    items: list[PartnerOut]
    next: str | None


@blueprint.get("/partners")
@signed_in
@blueprint.output(PartnerPage)
@blueprint.doc(summary="List partners", security="bearer", responses=[401])
def list_own(actor: Actor) -> object:
    """The organization's partners."""
    with services().read() as db:
        return {"items": list_partners(db, actor), "next": None}


@blueprint.post("/partners")
@trading
@blueprint.input(NewPartner)
@blueprint.output(PartnerOut, 201)
@blueprint.doc(summary="Add a partner", security="bearer", responses=[401, 403, 422])
def add(actor: Actor, json_data: NewPartner) -> Partner:
    """Put an organization on the list; one that is there already stays."""
    found = services()
    with found.write() as db:
        return add_partner(db, actor, json_data.partner, found.now())


@blueprint.delete("/partners/<partner_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Remove a partner", security="bearer", responses=[401, 403, 404])
def remove(actor: Actor, partner_id: str) -> tuple[str, int]:
    """Take an organization off the list."""
    with services().write() as db:
        remove_partner(db, actor, partner_id)
    return "", 204
