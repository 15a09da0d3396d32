"""Flags: offers that look like duplicates, ghosts, resales, or are priced far off their lane."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, PageQuery, resource
from haoyun.platform.publishing.flags import Flag, close_flag, list_flags
from haoyun.platform.publishing.truth import FlagKind
from haoyun.platform.services import services

blueprint = resource("flags", "Flags")


class FlagQuery(PageQuery):
    """Which flags."""

    closed: Annotated[bool, Field(description="those that the operator looked into")] = False


class Closing(Input):
    """What the operator found."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class FlagOut(Output):
    """A suspicion and its evidence. `other_id`: the offer or order that it resembles, if the caller may see it."""

    id: str
    kind: FlagKind
    subject_id: str
    other_id: str
    org_id: str
    evidence: dict[str, str | float]
    raised_at: datetime
    closed_at: datetime | None
    closed_reason: str


class FlagPage(Output):
    """A page of flags, the newest first."""

    items: list[FlagOut]
    next: str | None


@blueprint.get("/flags")
@signed_in
@blueprint.input(FlagQuery, location="query")
@blueprint.output(FlagPage)
@blueprint.doc(summary="List flags", security="bearer", responses=[401, 422])
def list_own(actor: Actor, query_data: FlagQuery) -> object:
    """Flags of the organization's own offers; of all offers for the operator and supervisors."""
    with services().read() as db:
        return list_flags(db, actor, closed=query_data.closed, limit=query_data.limit, after=query_data.after)


@blueprint.post("/flags/<flag_id>/close")
@trading
@blueprint.input(Closing)
@blueprint.output(FlagOut)
@blueprint.doc(summary="Close a flag", security="bearer", responses=[401, 403, 404, 422])
def close(actor: Actor, flag_id: str, json_data: Closing) -> Flag:
    """The operator looked into it and says what was found."""
    found = services()
    with found.write() as db:
        return close_flag(db, actor, flag_id, json_data.reason, found.now())
