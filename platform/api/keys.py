"""API keys of the caller: a name, scopes, an expiry; the key itself is shown once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.scopes import Scope
from haoyun.platform.accounts.tokens import (
    MAX_KEY_DAYS,
    MAX_NAME_CHARS,
    IssuedToken,
    key_of,
    keys_of,
    make_key,
    revoke_key,
)
from haoyun.platform.api.guard import signed_in
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.services import services

blueprint = resource("keys", "Keys")


class NewKey(Input):
    """A key for a program."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    days: Annotated[int, Field(ge=1, le=MAX_KEY_DAYS)] = 365


class IssuedKey(Output):
    """A new key; `token` is shown this once, and null where the same request made it before."""

    id: str
    token: str | None
    expires_at: datetime


class KeyOut(Output):
    """A key or token in use; `prefix` is its beginning."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class KeyPage(Output):
    """Keys and tokens in use, the newest first."""

    items: list[KeyOut]
    next: str | None


@blueprint.get("/keys")
@signed_in
@blueprint.output(KeyPage)
@blueprint.doc(summary="List my keys", security="bearer", responses=[401])
def list_mine(actor: Actor) -> object:
    """The caller's own keys and tokens that still work."""
    with services().read() as db:
        found = keys_of(db, actor.user_id, services().now())
    items = [
        {name: getattr(one, name) for name in KeyOut.model_fields} | {"scopes": sorted(one.scopes)}
        for one in found
    ]
    return {"items": items, "next": None}


@blueprint.post("/keys")
@signed_in
@blueprint.input(NewKey)
@blueprint.output(IssuedKey, 201)
@blueprint.doc(summary="Make a key", security="bearer", responses=[401, 422])
def create(actor: Actor, json_data: NewKey) -> object:
    """A key of the caller's: never more than its scopes, nor than the caller may.

    A retry with the same `Idempotency-Key` makes no second one and is not shown the first one's token, which is kept
    nowhere: whoever lost it revokes that key and makes another.
    """
    found, now, new = services(), services().now(), json_data
    made: list[IssuedToken] = []

    def work() -> str:
        made.append(make_key(db, actor, new.name, new.scopes, new.days, now))
        return made[0].id

    with found.write() as db:
        key_id = once_for(db, actor, "key", now, work)
        if made:
            return made[0]
        return {"id": key_id, "token": None, "expires_at": key_of(db, actor.user_id, key_id).expires_at}


@blueprint.delete("/keys/<key_id>")
@signed_in
@blueprint.output({}, 204)
@blueprint.doc(summary="Revoke a key", security="bearer", responses=[401, 404])
def revoke(actor: Actor, key_id: str) -> object:
    """End one of the caller's keys now."""
    with services().write() as db:
        revoke_key(db, actor, key_id, services().now())
    return ""
