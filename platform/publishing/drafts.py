"""Drafts: offers that somebody writes and has not published yet, seen by their own organization only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_offer, must_own, must_ship
from haoyun.platform.market.errors import Checks, Conflict, NotFound, Stale
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.store import post_capacity, post_load
from haoyun.platform.market.values import Page
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import Document, FindSite, capacity_draft, load_draft
from haoyun.platform.publishing.partners import partners_of
from haoyun.platform.publishing.tables import DRAFT
from haoyun.tracking.instants import from_ms, to_ms

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Draft:
    """An offer in the making. `message`: the chat message it was read from, or empty."""

    id: str
    org_id: str
    user_id: str
    kind: Kind
    fields: Document
    message: str
    version: int
    created_at: datetime
    updated_at: datetime
    published_id: str | None


def may_write(actor: Actor, kind: Kind) -> bool:
    """Whether the actor's organization publishes this kind of offer at all."""
    return (actor.is_shipper if kind is Kind.LOAD else actor.is_carrier) or actor.is_operator


def must_write(actor: Actor, kind: Kind) -> None:
    """Raise NotAllowed unless the actor may publish this kind of offer."""
    (must_ship if kind is Kind.LOAD else must_offer)(actor)


def save_draft(
    db: sa.Connection, actor: Actor, kind: Kind, fields: Document, now: datetime, message: str = ""
) -> Draft:
    """Keep a new draft, however incomplete. Raises NotAllowed, FieldErrors beyond MOST drafts."""
    must_write(actor, kind)
    mine = (DRAFT.c.org_id == actor.org_id, DRAFT.c.published_id.is_(None))
    kept = db.scalar(sa.select(sa.func.count()).select_from(DRAFT).where(*mine)) or 0
    checks = Checks()
    checks.require(kept < MOST, "kind", "too_many_drafts", most=MOST)
    checks.done()
    draft = Draft(new_id("dra"), actor.org_id, actor.user_id, kind, dict(fields), message, 1, now, now, None)
    db.execute(sa.insert(DRAFT).values(_row(draft)))
    return draft


def change_draft(
    db: sa.Connection, actor: Actor, draft_id: str, fields: Document, version: int, now: datetime
) -> Draft:
    """Write the draft anew.

    Raises NotFound, NotAllowed, Stale unless `version` is the newest, Conflict once published.
    """
    before = _own(db, actor, draft_id)
    if before.published_id is not None:
        raise Conflict("draft_published")
    same = (DRAFT.c.id == draft_id, DRAFT.c.version == version, DRAFT.c.published_id.is_(None))
    values = {"fields": _json(fields), "version": version + 1, "updated_ms": to_ms(now)}
    if db.execute(sa.update(DRAFT).where(*same).values(values)).rowcount != 1:
        raise Stale
    return get_draft(db, actor, draft_id)


def discard_draft(db: sa.Connection, actor: Actor, draft_id: str) -> None:
    """Throw a draft away. Raises NotFound, NotAllowed, Conflict once published."""
    _own(db, actor, draft_id)
    unpublished = (DRAFT.c.id == draft_id, DRAFT.c.published_id.is_(None))
    if db.execute(sa.delete(DRAFT).where(*unpublished)).rowcount != 1:
        raise Conflict("draft_published")


def publish_draft(
    db: sa.Connection,
    actor: Actor,
    draft_id: str,
    find_site: FindSite,
    now: datetime,
    context: MatchContext,
) -> str:
    """Make the offer; a draft that was published already gives the offer that it became.

    Raises NotFound, NotAllowed, FieldErrors with every field that is missing or wrong.
    """
    draft = _own(db, actor, draft_id)
    must_write(actor, draft.kind)
    # The draft is claimed before the offer is made: of two requests the second waits here, and finds it published.
    claimed = sa.update(DRAFT).where(DRAFT.c.id == draft_id, DRAFT.c.published_id.is_(None))
    if db.execute(claimed.values(published_id="", updated_ms=to_ms(now))).rowcount != 1:
        return str(get_draft(db, actor, draft_id).published_id)
    owner = replace(actor, org_id=draft.org_id)  # the operator posts in the name of the draft's organization
    offer_id = post_document(db, owner, draft.kind, draft.fields, find_site, now, context)
    db.execute(sa.update(DRAFT).where(DRAFT.c.id == draft_id).values(published_id=offer_id))
    return offer_id


def post_document(
    db: sa.Connection,
    actor: Actor,
    kind: Kind,
    fields: Document,
    find_site: FindSite,
    now: datetime,
    context: MatchContext,
) -> str:
    """Publish what a document says. Raises NotAllowed, NotFound for a foreign vehicle, FieldErrors."""
    if kind is Kind.LOAD:
        load = load_draft(fields, find_site, partners_of(db, actor.org_id))
        return post_load(db, actor, load, now, context).id
    return post_capacity(db, actor, capacity_draft(fields, find_site), now, context).id


def get_draft(db: sa.Connection, actor: Actor, draft_id: str) -> Draft:
    """A draft of the actor's organization (the operator and supervisors see all). Raises NotFound."""
    row = db.execute(sa.select(DRAFT).where(DRAFT.c.id == draft_id)).one_or_none()
    if row is None or (row.org_id != actor.org_id and not actor.sees_all):
        raise NotFound
    return _draft(row)


def list_drafts(
    db: sa.Connection, actor: Actor, kind: Kind | None = None, limit: int = 50, after: str | None = None
) -> Page[Draft]:
    """One page of the organization's unpublished drafts, the last changed first."""
    query = sa.select(DRAFT).where(DRAFT.c.org_id == actor.org_id, DRAFT.c.published_id.is_(None))
    if kind is not None:
        query = query.where(DRAFT.c.kind == kind.value)
    paged = keyset(query, DRAFT.c.updated_ms, DRAFT.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    return Page(tuple(_draft(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def _own(db: sa.Connection, actor: Actor, draft_id: str) -> Draft:
    draft = get_draft(db, actor, draft_id)
    must_own(actor, draft.org_id)
    return draft


def _json(fields: Document) -> str:
    return orjson.dumps(dict(fields)).decode()


def _row(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "org_id": draft.org_id,
        "user_id": draft.user_id,
        "kind": draft.kind.value,
        "fields": _json(draft.fields),
        "message": draft.message,
        "version": draft.version,
        "created_ms": to_ms(draft.created_at),
        "updated_ms": to_ms(draft.updated_at),
        "published_id": draft.published_id,
    }


def _draft(row: Any) -> Draft:
    return Draft(
        row.id, row.org_id, row.user_id, Kind(row.kind), orjson.loads(row.fields), row.message, row.version,
        from_ms(row.created_ms), from_ms(row.updated_ms), row.published_id or None,
    )  # fmt: skip
