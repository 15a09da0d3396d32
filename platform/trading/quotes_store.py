"""Quotes in the database: submit, counter, reject, withdraw, expire. Accepting is in accept.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared, must_trade
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Conflict, NotAllowed, NotFound, Stale
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.rules import standing_broken
from haoyun.platform.market.store import get_capacity, get_load
from haoyun.platform.market.values import Page
from haoyun.platform.trading.access import must_act_for, must_see, sides_of
from haoyun.platform.trading.quote import LIVE, Quote, QuoteKind, QuoteState, Side, move
from haoyun.platform.trading.tables import QUOTE, QUOTE_EVENT
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

VALID_FOR = timedelta(hours=24)


def submit_quote(
    db: sa.Connection, actor: Actor, load_id: str, capacity_id: str, price_fen: int, now: datetime
) -> Quote:
    """Name a price: a carrier on a load for its capacity, or a shipper on a capacity for its load.

    Raises NotFound, NotAllowed for somebody who owns neither, FieldErrors for the price, Conflict with the first
    standing constraint that the pair breaks, `quote_exists`, or `auction_no_quotes`.
    """
    must_trade(actor)
    must_be_cleared(actor)
    load, capacity = get_load(db, load_id, actor), get_capacity(db, capacity_id, actor)
    sides = sides_of(actor, load.org_id, capacity.org_id)
    if not sides:
        raise NotAllowed("other_side")
    if load.price_mode is PriceMode.AUCTION:
        raise Conflict("auction_no_quotes")
    broken = standing_broken(load, capacity, now)
    if broken is not None:
        raise Conflict(broken[0], **broken[1])
    side = Side.CARRIER if Side.CARRIER in sides else Side.SHIPPER
    return store_quote(db, _new(load, capacity, side, actor, price_fen, now))


def counter(db: sa.Connection, actor: Actor, quote_id: str, price_fen: int, now: datetime) -> Quote:
    """Answer a quote with another price; returns the new quote. Raises NotFound, NotAllowed, ForbiddenMove."""
    before = get_quote(db, quote_id, actor)
    must_act_for(actor, before.side.other, before.shipper_org, before.carrier_org)
    must_be_cleared(actor)
    _must_be_free(before)
    load, capacity = get_load(db, before.load_id, actor), get_capacity(db, before.capacity_id, actor)
    change_quote(db, before, QuoteState.COUNTERED, actor.user_id, now, "")
    return store_quote(db, _new(load, capacity, before.side.other, actor, price_fen, now, before.id))


def reject(db: sa.Connection, actor: Actor, quote_id: str, now: datetime, reason: str = "") -> Quote:
    """Say no to the other side's quote. Raises NotFound, NotAllowed, ForbiddenMove, Stale."""
    before = get_quote(db, quote_id, actor)
    must_act_for(actor, before.side.other, before.shipper_org, before.carrier_org)
    _must_be_free(before)
    return change_quote(db, before, QuoteState.REJECTED, actor.user_id, now, reason)


def withdraw_quote(db: sa.Connection, actor: Actor, quote_id: str, now: datetime, reason: str = "") -> Quote:
    """Take the own quote back; the quote that it answered stands again if it is still valid.

    Raises NotFound, NotAllowed, ForbiddenMove, Stale.
    """
    before = get_quote(db, quote_id, actor)
    must_act_for(actor, before.side, before.shipper_org, before.carrier_org)
    _must_be_free(before)
    withdrawn = change_quote(db, before, QuoteState.WITHDRAWN, actor.user_id, now, reason)
    answered = find_quote(db, before.answers) if before.answers else None
    if answered and answered.state is QuoteState.COUNTERED and now < answered.valid_until:
        change_quote(db, answered, QuoteState.SUBMITTED, None, now, "counter-offer withdrawn")
    return withdrawn


def expire_quotes(db: sa.Connection, now: datetime) -> int:
    """Close quotes that nobody answered in time. Returns how many."""
    over = (QUOTE.c.state.in_([state.value for state in LIVE]), QUOTE.c.valid_until_ms <= to_ms(now))
    return close_quotes(db, over, QuoteState.EXPIRED, now, "expired")


def close_quotes(
    db: sa.Connection, which: Iterable[sa.ColumnElement[bool]], state: QuoteState, now: datetime, reason: str
) -> int:
    """Close quotes that the system closes. Returns how many."""
    closed = {
        "state": state.value,
        "version": QUOTE.c.version + 1,
        "decided_ms": to_ms(now),
        "reason": reason,
    }
    query = sa.update(QUOTE).where(*which).values(closed).returning(QUOTE.c.id, QUOTE.c.version)
    rows = db.execute(query).all()
    for row in sorted(rows):
        record_quote(db, row.id, row.version, state, now, reason)
    return len(rows)


def record_quote(
    db: sa.Connection, quote_id: str, version: int, state: QuoteState, now: datetime, reason: str
) -> None:
    """Append to the story of a quote, for webhooks."""
    values = {"quote_id": quote_id, "version": version, "state": state.value}
    db.execute(sa.insert(QUOTE_EVENT).values(**values, at_ms=to_ms(now), reason=reason[:200]))


def find_quote(db: sa.Connection, quote_id: str) -> Quote | None:
    """The quote, whoever asks: for the system's own work."""
    row = db.execute(sa.select(QUOTE).where(QUOTE.c.id == quote_id)).one_or_none()
    return quote_of(row) if row else None


def get_quotes(db: sa.Connection, quote_ids: Iterable[str]) -> dict[str, Quote]:
    """Quotes by id; whoever calls knows that the viewer may see them."""
    rows = db.execute(sa.select(QUOTE).where(QUOTE.c.id.in_(set(quote_ids))))
    return {row.id: quote_of(row) for row in rows}


def get_quote(db: sa.Connection, quote_id: str, viewer: Actor) -> Quote:
    """A quote of one of the viewer's deals. Raises NotFound."""
    quote = find_quote(db, quote_id)
    if quote is None:
        raise NotFound
    must_see(viewer, quote.shipper_org, quote.carrier_org)
    return quote


def quotes_of(
    db: sa.Connection, viewer: Actor, *, load_id: str | None = None, live_only: bool = False, limit: int = 200
) -> list[Quote]:
    """The newest of the viewer's quotes, made and received."""
    return list(list_quotes(db, viewer, load_id=load_id, live_only=live_only, limit=limit).items)


def list_quotes(
    db: sa.Connection,
    viewer: Actor,
    *,
    load_id: str | None = None,
    capacity_id: str | None = None,
    live_only: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> Page[Quote]:
    """One page of the viewer's quotes, made and received, the newest first. Raises FieldErrors for a bad marker."""
    query = sa.select(QUOTE)
    if not viewer.sees_all:
        query = query.where(
            sa.or_(QUOTE.c.shipper_org == viewer.org_id, QUOTE.c.carrier_org == viewer.org_id)
        )
    if load_id is not None:
        query = query.where(QUOTE.c.load_id == load_id)
    if capacity_id is not None:
        query = query.where(QUOTE.c.capacity_id == capacity_id)
    if live_only:
        query = query.where(QUOTE.c.state.in_([state.value for state in LIVE]))
    paged = keyset(query, QUOTE.c.created_ms, QUOTE.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    return Page(tuple(quote_of(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def change_quote(
    db: sa.Connection, before: Quote, to: QuoteState, user_id: str | None, now: datetime, reason: str
) -> Quote:
    """Store a quote's next state if nobody was faster. Raises ForbiddenMove, Stale."""
    after = move(before, to, now)
    same = (QUOTE.c.id == before.id, QUOTE.c.version == before.version, QUOTE.c.state == before.state.value)
    values = {
        "state": after.state.value,
        "version": after.version,
        "decided_ms": to_ms(now),
        "decided_by": user_id,
        "reason": reason[:200],
    }
    if db.execute(sa.update(QUOTE).where(*same).values(values)).rowcount != 1:
        raise Stale
    record_quote(db, after.id, after.version, after.state, now, reason)
    return after


def _must_be_free(quote: Quote) -> None:
    """Raise Conflict for a bid: only an auction ends it."""
    if quote.kind is QuoteKind.BID:
        raise Conflict("bid_binding")


def _new(
    load: Load,
    capacity: Capacity,
    side: Side,
    actor: Actor,
    price_fen: int,
    now: datetime,
    answers: str | None = None,
) -> Quote:
    if not load.is_open(now):
        raise Conflict("load_taken")
    return Quote(
        id=new_id("quo"),
        load_id=load.id,
        capacity_id=capacity.id,
        shipper_org=load.org_id,
        carrier_org=capacity.org_id,
        side=side,
        user_id=actor.user_id,
        price_fen=price_fen,
        currency=load.currency,
        terms=load.terms,
        answers=answers,
        state=QuoteState.SUBMITTED,
        version=1,
        valid_until=min(now + VALID_FOR, load.expires_at),
        created_at=now,
    )


def store_quote(db: sa.Connection, quote: Quote) -> Quote:
    """Put a new quote on the table. Raises Conflict `quote_exists` where the pair has one."""
    if not insert_new(db, QUOTE, _row(quote)):
        raise Conflict("quote_exists")
    record_quote(db, quote.id, quote.version, quote.state, quote.created_at, "")
    return quote


_PLAIN = (
    *("id", "load_id", "capacity_id", "shipper_org", "carrier_org", "user_id"),
    *("price_fen", "currency", "terms", "answers", "version"),
)


def _row(quote: Quote) -> dict[str, Any]:
    return {
        **{name: getattr(quote, name) for name in _PLAIN},
        "side": quote.side.value,
        "kind": quote.kind.value,
        "state": quote.state.value,
        "valid_until_ms": to_ms(quote.valid_until),
        "created_ms": to_ms(quote.created_at),
        "reason": "",
    }


def quote_of(row: Any) -> Quote:
    """The quote of a row of trd_quote."""
    return Quote(
        **{name: getattr(row, name) for name in _PLAIN},
        side=Side(row.side),
        kind=QuoteKind(row.kind),
        state=QuoteState(row.state),
        valid_until=from_ms(row.valid_until_ms),
        created_at=from_ms(row.created_ms),
        decided_at=find_instant(row.decided_ms),
    )
