"""Loads in the database: post, edit, withdraw, read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from math import ceil, isinf

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared, must_own, must_ship
from haoyun.platform.market.auctions_store import must_be_without_bids, start_auction
from haoyun.platform.market.errors import Checks, FieldErrors, NotFound, Stale
from haoyun.platform.market.history import record
from haoyun.platform.market.load import Load, LoadDraft, LoadState, PriceMode, move, terms_of
from haoyun.platform.market.matches_store import drop_matches, match_load
from haoyun.platform.market.offers import loads_of_rows
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import load_row
from haoyun.platform.market.tables import LOAD, LOAD_INVITED
from haoyun.tracking.instants import to_ms


def post_load(
    db: sa.Connection, actor: Actor, draft: LoadDraft, now: datetime, context: MatchContext
) -> Load:
    """Publish a load of the actor's organization and match it with the open capacities.

    Raises NotAllowed, and FieldErrors for a window that is over or places without a road between them.
    """
    must_ship(actor)
    must_be_cleared(actor)
    written = written_load(new_id("load"), actor.org_id, draft, now, context)
    load = move(written, LoadState.OPEN)
    db.execute(sa.insert(LOAD).values(load_row(load)))
    _write_beside(db, load)
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

    Raises NotFound, NotAllowed, Stale unless `version` is the newest and the load is open, FieldErrors, Conflict
    `auction_has_bids`.
    """
    before = get_load(db, load_id, actor)
    must_own(actor, before.org_id)
    lock_load(db, load_id)
    must_be_without_bids(db, before)
    drawn = written_load(load_id, before.org_id, draft, now, context)
    load = replace(
        drawn, state=before.state, version=version + 1, terms=before.terms + 1, posted_at=before.posted_at
    )
    newest = (LOAD.c.id == load_id, LOAD.c.version == version, LOAD.c.state == LoadState.OPEN.value)
    if db.execute(sa.update(LOAD).where(*newest).values(load_row(load))).rowcount != 1:
        raise Stale
    db.execute(sa.delete(LOAD_INVITED).where(LOAD_INVITED.c.load_id == load_id))
    _write_beside(db, load)
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


def lock_load(db: sa.Connection, load_id: str) -> None:
    """Keep others from changing a load until this transaction ends: the first lock of whoever takes several."""
    db.execute(sa.select(LOAD.c.id).where(LOAD.c.id == load_id).with_for_update())


def ask_instead(db: sa.Connection, load_id: str, now: datetime, reason: str) -> None:
    """The auction of an open load is over: from now on carriers quote. The load is locked by the caller."""
    asked = {
        "price_mode": PriceMode.ASK.value,
        "terms": LOAD.c.terms + 1,
        "version": LOAD.c.version + 1,
    }
    changed = (
        sa.update(LOAD).where(LOAD.c.id == load_id).values(asked).returning(LOAD.c.version, LOAD.c.state)
    )
    row = db.execute(changed).one()
    record(db, load_id, row.version, LoadState(row.state), None, now, reason)


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


def open_loads(db: sa.Connection, now: datetime) -> list[Load]:
    """Every load that can be matched."""
    is_open = (LOAD.c.state == LoadState.OPEN.value, LOAD.c.expires_ms > to_ms(now))
    return loads_of_rows(db, list(db.execute(sa.select(LOAD).where(*is_open).order_by(LOAD.c.id))))


def _visible(load: Load, viewer: Actor | None) -> bool:
    if viewer is not None and (viewer.sees_all or viewer.org_id == load.org_id):
        return True
    return load.state is not LoadState.DRAFT and load.sees(viewer.org_id if viewer else "")


def written_load(load_id: str, org_id: str, draft: LoadDraft, now: datetime, context: MatchContext) -> Load:
    """A load that is not stored yet. Raises FieldErrors for what is over, and for places without a road."""
    distance_m, duration_s = context.road(draft.origin.code, draft.destination.code, draft.mode)
    if isinf(duration_s):
        names = {"origin": draft.origin.name_en, "destination": draft.destination.name_en}
        raise FieldErrors({"destination": ("no_road", names)})
    expires_at = draft.expires_at or draft.pickup.end
    checks = Checks()
    checks.require(draft.pickup.end > now, "pickup", "past")
    checks.require(expires_at > now, "expires_at", "past")
    checks.require(expires_at <= draft.pickup.end, "expires_at", "expires_late")
    checks.require(distance_m > 0, "destination", "same_place")
    if draft.public_at is not None:
        checks.require(draft.public_at < expires_at, "public_at", "public_late")
    if draft.auction is not None:
        checks.require(draft.auction.closes_at > now, "auction.closes_at", "past")
        over = draft.auction.load_needed_until - expires_at
        late_min = ceil(over.total_seconds() / 60)
        checks.require(late_min <= 0, "auction.closes_at", "auction_late", minutes=late_min)
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


def _write_beside(db: sa.Connection, load: Load) -> None:
    """What stands in tables of its own: whom a load is shown to, and its auction."""
    start_auction(db, load)
    if load.invited:
        db.execute(
            sa.insert(LOAD_INVITED), [{"load_id": load.id, "org_id": org} for org in sorted(load.invited)]
        )
