"""The people of the caller's organization: invitations, roles, who is kept out, who owns it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor, Role
from haoyun.platform.accounts.invitations import (
    MAX_DAYS,
    Purpose,
    invite_person,
    open_invitations,
    withdraw_invitation,
)
from haoyun.platform.accounts.people import activate, change_roles, deactivate, hand_over
from haoyun.platform.accounts.users import get_user, list_users
from haoyun.platform.api.guard import managing_people, signed_in
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services

blueprint = resource("people", "People")
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]


class PersonOut(Output):
    """A person of the organization."""

    id: str
    email: str
    display_name: str
    roles: list[str]
    active: bool


class PeoplePage(Output):
    """Everybody of the organization."""

    items: list[PersonOut]
    next: str | None


class NewInvitation(Input):
    """Whom to invite; without an address the link is for whoever has it."""

    email: Annotated[str, Field(max_length=255)] = ""
    roles: Roles
    days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 7


class InvitationOut(Output):
    """An open invitation."""

    id: str
    email: str
    roles: list[str]
    expires_at: datetime


class IssuedInvitation(InvitationOut):
    """A new invitation: `secret` is the end of the link ``/join/<secret>``, shown this once."""

    secret: str


class InvitationPage(Output):
    """Open invitations."""

    items: list[InvitationOut]
    next: str | None


class NewRoles(Input):
    """The roles in place of the old ones."""

    roles: Roles


@blueprint.get("/people")
@signed_in
@blueprint.output(PeoplePage)
@blueprint.doc(summary="List people", security="bearer", responses=[401])
def list_people(actor: Actor) -> object:
    """The people of the caller's organization."""
    with services().read() as db:
        found = list_users(db, actor.org_id)
    return {"items": [_shown(one) for one in found], "next": None}


@blueprint.get("/people/invitations")
@managing_people
@blueprint.output(InvitationPage)
@blueprint.doc(summary="List open invitations", security="bearer", responses=[401, 403])
def list_invitations(actor: Actor) -> object:
    """Invitations into the caller's organization that are still open."""
    with services().read() as db:
        found = open_invitations(db, actor.org_id, Purpose.JOIN, services().now())
    return {"items": [_invitation(one) for one in found], "next": None}


@blueprint.post("/people/invitations")
@managing_people
@blueprint.input(NewInvitation)
@blueprint.output(IssuedInvitation, 201)
@blueprint.doc(summary="Invite a person", security="bearer", responses=[401, 403, 422])
def invite(actor: Actor, json_data: NewInvitation) -> object:
    """A link that lets one person join, once."""
    found = services()
    with found.write() as db:
        made, secret = invite_person(
            db, actor, json_data.email, frozenset(json_data.roles), found.now(), json_data.days
        )
    return _invitation(made) | {"secret": secret}


@blueprint.delete("/people/invitations/<invitation_id>")
@managing_people
@blueprint.output({}, 204)
@blueprint.doc(summary="Withdraw an invitation", security="bearer", responses=[401, 403, 404])
def withdraw(actor: Actor, invitation_id: str) -> object:
    """Let nobody in by it any more."""
    with services().write() as db:
        withdraw_invitation(db, actor, invitation_id, services().now())
    return ""


@blueprint.put("/people/<user_id>/roles")
@managing_people
@blueprint.input(NewRoles)
@blueprint.output(PersonOut)
@blueprint.doc(summary="Change roles", security="bearer", responses=[401, 403, 404, 409, 422])
def roles(actor: Actor, user_id: str, json_data: NewRoles) -> object:
    """Give a person these roles in place of the old ones."""
    with services().write() as db:
        return _shown(change_roles(db, actor, user_id, frozenset(json_data.roles), services().now()))


@blueprint.post("/people/<user_id>/deactivate")
@managing_people
@blueprint.output(PersonOut)
@blueprint.doc(summary="Keep a person out", security="bearer", responses=[401, 403, 404, 409, 422])
def keep_out(actor: Actor, user_id: str) -> object:
    """End their sessions and keys, and let them in no more."""
    with services().write() as db:
        deactivate(db, actor, user_id, services().now())
        return _shown(get_user(db, user_id))


@blueprint.post("/people/<user_id>/activate")
@managing_people
@blueprint.output(PersonOut)
@blueprint.doc(summary="Let a person in again", security="bearer", responses=[401, 403, 404])
def let_in(actor: Actor, user_id: str) -> object:
    """They sign in with their old password; keys and sessions stay ended."""
    with services().write() as db:
        activate(db, actor, user_id, services().now())
        return _shown(get_user(db, user_id))


@blueprint.post("/people/<user_id>/hand-over")
@managing_people
@blueprint.output(PersonOut)
@blueprint.doc(summary="Hand the ownership over", security="bearer", responses=[401, 403, 404, 422])
def give_away(actor: Actor, user_id: str) -> object:
    """The person becomes the owner in the caller's place."""
    with services().write() as db:
        hand_over(db, actor, user_id, services().now())
        return _shown(get_user(db, user_id))


def _shown(person: object) -> dict[str, object]:
    found = {name: getattr(person, name) for name in PersonOut.model_fields}
    return found | {"roles": sorted(found["roles"])}


def _invitation(one: object) -> dict[str, object]:
    found = {name: getattr(one, name) for name in InvitationOut.model_fields}
    return found | {"roles": sorted(found["roles"])}
