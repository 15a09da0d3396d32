"""Who is signed in, and the way out."""

from __future__ import annotations

from flask import render_template

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.portal.page import page_group, person, signed_in
from haoyun.platform.services import services

blueprint = page_group("account")


@blueprint.get("/me")
@signed_in
def me(actor: Actor) -> str:
    """The person, the organization, the roles, and the sign-out button."""
    with services().read() as db:
        organization = get_organization(db, actor.org_id)
    return render_template("account.html", user=person(), organization=organization, actor=actor)
