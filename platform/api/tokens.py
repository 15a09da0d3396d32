"""Signing in by program: a bearer token for e-mail and password; and who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.accounts.passwords import MAX_CHARS
from haoyun.platform.accounts.scopes import ALL
from haoyun.platform.accounts.security import bearer_token
from haoyun.platform.accounts.tokens import issue_token, revoke_token
from haoyun.platform.accounts.two_step import has_two_step, use_code
from haoyun.platform.accounts.users import get_user, sign_in
from haoyun.platform.accounts.words import sentence
from haoyun.platform.api.guard import signed_in
from haoyun.platform.api.language import language, text
from haoyun.platform.api.limits import SIGN_IN_BY_ADDRESS, SIGN_IN_BY_EMAIL, email_of_request, limiter
from haoyun.platform.api.problems import Problem
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services

blueprint = resource("tokens", "Sign-in")


class Credentials(Input):
    """What one signs in with."""

    email: Annotated[str, Field(max_length=255)]
    password: Annotated[str, Field(max_length=MAX_CHARS)]
    label: Annotated[str, Field(max_length=80)] = ""
    code: Annotated[str, Field(max_length=40, description="of the app, where two-step sign-in is on")] = ""


class Token(Output):
    """A bearer token; it is shown this once."""

    id: str
    token: str
    expires_at: datetime


class OrganizationOfMe(Output):
    """The caller's organization."""

    id: str
    name: str
    name_en: str
    kinds: list[str]
    verification: str


class Me(Output):
    """Who the caller is."""

    user_id: str
    email: str
    display_name: str
    locale: str
    roles: list[str]
    scopes: list[str]
    organization: OrganizationOfMe


@blueprint.post("/tokens")
@limiter.limit(SIGN_IN_BY_ADDRESS)
@limiter.limit(SIGN_IN_BY_EMAIL, key_func=email_of_request)
@blueprint.input(Credentials)
@blueprint.output(Token, 201)
@blueprint.doc(summary="Issue a bearer token", responses=[401, 422, 429])
def create_token(json_data: Credentials) -> object:
    """A bearer token for 30 days. A wrong password and an unknown address get the same answer."""
    found = services()
    with found.read() as db:
        actor = sign_in(db, json_data.email, json_data.password)
        needs_code = actor is not None and has_two_step(db, actor.user_id)
    if actor is None:
        raise Problem(401, text("bad_credentials"))
    with found.write() as db:
        if needs_code and not use_code(db, actor.user_id, json_data.code, found.now()):
            key = "code_wrong" if json_data.code else "code_needed"
            raise Problem(401, errors={"code": sentence(key, {}, language())})
        return issue_token(db, actor.user_id, found.now(), label=json_data.label)


@blueprint.delete("/tokens/current")
@signed_in
@blueprint.doc(summary="Revoke the token that this request carries", security="bearer", responses=[401])
@blueprint.output({}, 204)
def revoke_current_token(actor: Actor) -> object:
    """Sign a program out."""
    token = bearer_token()
    if token is None:
        raise Problem(400, text("unauthorized_detail"))
    with services().write() as db:
        revoke_token(db, token, services().now())
    return ""


@blueprint.get("/me")
@signed_in
@blueprint.output(Me)
@blueprint.doc(summary="Who I am", security="bearer", responses=[401])
def me(actor: Actor) -> object:
    """The caller, with roles and organization."""
    with services().read() as db:
        user = get_user(db, actor.user_id)
        organization = get_organization(db, actor.org_id)
    return {
        "user_id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "locale": user.locale,
        "roles": sorted(actor.roles),
        "scopes": sorted(ALL if actor.scopes is None else actor.scopes),
        "organization": {
            "id": organization.id,
            "name": organization.name,
            "name_en": organization.name_en,
            "kinds": sorted(organization.kinds),
            "verification": organization.verification,
        },
    }
