"""How every group of routes is made: one prefix, one tag, the same guards, the same way to answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from apiflask import APIBlueprint
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from haoyun.platform.accounts.security import csrf
from haoyun.platform.api.guard import check_csrf, refuse_zero_characters

PREFIX = "/api/v1"
MAX_PAGE = 200


class Input(BaseModel):
    """A body or query that takes the named fields and no other (nobody sets what was not offered)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Output(BaseModel):
    """An answer; its fields are read from attributes of the same name."""

    model_config = ConfigDict(from_attributes=True)


class PageQuery(Input):
    """Where a page of a list begins and how long it is."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    after: Annotated[str | None, Field(max_length=200, description="`next` of the page before")] = None


def _as_stored(instant: datetime) -> datetime:
    try:
        utc = instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


# What the tables keep: milliseconds. So an answer to a POST says what every later GET will say.
Instant = Annotated[AwareDatetime, AfterValidator(_as_stored)]


def resource(name: str, tag: str) -> APIBlueprint:
    """A group of routes under ``/api/v1``; `check_csrf` replaces the check of forms (a token needs none)."""
    blueprint = APIBlueprint(f"api_{name}", __name__, tag=tag, url_prefix=PREFIX)
    blueprint.before_request(refuse_zero_characters)
    blueprint.before_request(check_csrf)
    csrf.exempt(blueprint)
    return blueprint
