"""Loads in the database: post, edit, withdraw, read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from math import isinf
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_own, must_ship
from haoyun.platform.market.errors import Checks, FieldErrors, NotFound, Stale
from haoyun.platform.market.history import record
from haoyun.platform.market.load import Load, LoadDraft, LoadState, Visibility, move, terms_of
from haoyun.platform.market.matches_store import drop_matches, match_load
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import load_of, load_row
from haoyun.platform.market.tables import LOAD, LOAD_INVITED
from haoyun.tracking.instants import to_ms


def post_load(
    db: sa.Connection, actor: Actor, draft: LoadDraft, now: datetime, context: MatchContext
) -> Load:
    """Publish a load of the actor's organization and match it with the open capacities.

    Raises NotAllowed, and FieldErrors for a window that is over or places without a road between them.
    """
    must_ship(actor)
    written = _published(new_id("load"), actor.org_id, draft, now, context)
    load = move(written, LoadState.OPEN)
    db.execute(sa.insert(LOAD).values(load_row(load)))
    _invite(db, load)
    record(db, load.id, load.version, load.state, actor.user_id, now, "posted")
    match_load(db, load, now, context)
    return load


def edit_load(
    db: sa.Connection,
    actor: Actor,
    load_id: str,
    draft: LoadDraft,
    version: int,
    now: datetime,
    context: MatchContext,
) -> Load:
    """Give an open load new terms and match it again; quotes on the old terms can no longer be accepted.

    Raises NotFound, NotAllowed, Stale unless `version` is the newest and the load is open, FieldErrors.
    """
    before = get_load(db, load_id, actor)
    must_own(actor, before.org_id)
    drawn = _published(load_id, before.org_id, draft, now, context)
    load = replace(
        drawn, state=before.state, version=version + 1, terms=before.terms + 1, posted_at=before.posted_at
    )
    newest = (LOAD.c.id == load_id, LOAD.c.version == version, LOAD.c.state == LoadState.OPEN.value)
    if db.execute(sa.update(LOAD).where(*newest).values(load_row(load))).rowcount != 1:
        raise Stale
    db.execute(sa.delete(LOAD_INVITED).where(LOAD_INVITED.c.load_id == load_id))
    _invite(db, load)
    record(db, load.id, load.version, load.state, actor.user_id, now, "edited")
    drop_matches(db, load_ids=[load_id])
    match_load(db, load, now, context)
    return load


def withdraw_load(db: sa.Connection, actor: Actor, load_id: str, now: datetime, reason: str = "") -> Load:
    """Take an open load back. Raises NotFound, NotAllowed, ForbiddenMove once it is reserved or gone."""
    before = get_load(db, load_id, actor)
    must_own(actor, before.org_id)
    load = move(before, LoadState.CANCELLED)
    change_load(db, before, load, actor.user_id, now, reason or "withdrawn")
    drop_matches(db, load_ids=[load_id])
    return load


def change_load(
    db: sa.Connection, before: Load, after: Load, user_id: str | None, now: datetime, reason: str
) -> None:
    """Store a new state if nobody was faster. Raises Stale."""
    same = (LOAD.c.id == before.id, LOAD.c.version == before.version, LOAD.c.state == before.state.value)
    changed = db.execute(sa.update(LOAD).where(*same).values(state=after.state.value, version=after.version))
    if changed.rowcount != 1:
        raise Stale
    record(db, after.id, after.version, after.state, user_id, now, reason)


def find_load(db: sa.Connection, load_id: str) -> Load | None:
    """The load, whoever asks: for the system's own work."""
    row = db.execute(sa.select(LOAD).where(LOAD.c.id == load_id)).one_or_none()
    return loads_of_rows(db, [row])[0] if row else None


def get_load(db: sa.Connection, load_id: str, viewer: Actor | None) -> Load:
    """A load that the viewer may see. Raises NotFound, the same for a missing and for a foreign one."""
    load = find_load(db, load_id)
    if load is None or not _visible(load, viewer):
        raise NotFound
    return load


def get_loads(db: sa.Connection, load_ids: Iterable[str]) -> dict[str, Load]:
    """Loads by id; whoever calls knows that the viewer may see them."""
    rows = list(db.execute(sa.select(LOAD).where(LOAD.c.id.in_(set(load_ids)))))
    return {load.id: load for load in loads_of_rows(db, rows)}


def open_loads(db: sa.Connection, now: datetime) -> list[Load]:
    """Every load that can be matched."""
    is_open = (LOAD.c.state == LoadState.OPEN.value, LOAD.c.expires_ms > to_ms(now))
    return loads_of_rows(db, list(db.execute(sa.select(LOAD).where(*is_open).order_by(LOAD.c.id))))


def loads_of_rows(db: sa.Connection, rows: list[Any]) -> list[Load]:
    """The loads of rows of mkt_load, with the organizations they are shown to."""
    narrow = [row.id for row in rows if row.visibility != Visibility.PUBLIC.value]
    invited: dict[str, set[str]] = {}
    if narrow:
        for row in db.execute(sa.select(LOAD_INVITED).where(LOAD_INVITED.c.load_id.in_(narrow))):
            invited.setdefault(row.load_id, set()).add(row.org_id)
    return [load_of(row, frozenset(invited.get(row.id, ()))) for row in rows]


def _visible(load: Load, viewer: Actor | None) -> bool:
    if viewer is not None and (viewer.sees_all or viewer.org_id == load.org_id):
        return True
    return load.state is not LoadState.DRAFT and load.sees(viewer.org_id if viewer else "")


def _published(load_id: str, org_id: str, draft: LoadDraft, now: datetime, context: MatchContext) -> Load:
    distance_m, duration_s = context.road(draft.origin.code, draft.destination.code)
    if isinf(duration_s):
        names = {"origin": draft.origin.name_en, "destination": draft.destination.name_en}
        raise FieldErrors({"destination": ("no_road", names)})
    expires_at = draft.expires_at or draft.pickup.end
    checks = Checks()
    checks.require(draft.pickup.end > now, "pickup", "past")
    checks.require(expires_at > now, "expires_at", "past")
    checks.require(expires_at <= draft.pickup.end, "expires_at", "expires_late")
    checks.require(distance_m > 0, "destination", "same_place")
    checks.done()
    return Load(
        **{**terms_of(draft), "expires_at": expires_at},
        id=load_id,
        org_id=org_id,
        state=LoadState.DRAFT,
        version=0,
        terms=1,
        distance_m=distance_m,
        duration_s=duration_s,
        posted_at=now,
    )


def _invite(db: sa.Connection, load: Load) -> None:
    if load.invited:
        db.execute(
            sa.insert(LOAD_INVITED), [{"load_id": load.id, "org_id": org} for org in sorted(load.invited)]
        )
