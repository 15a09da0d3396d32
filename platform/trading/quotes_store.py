"""Quotes in the database: submit, counter, reject, withdraw, expire. Accepting is in accept.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Conflict, NotAllowed, NotFound, Stale
from haoyun.platform.market.load import Load
from haoyun.platform.market.rules import standing_broken
from haoyun.platform.market.store import get_capacity, get_load
from haoyun.platform.trading.access import must_act_for, must_see, sides_of
from haoyun.platform.trading.quote import LIVE, Quote, QuoteState, Side, move
from haoyun.platform.trading.tables import QUOTE
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

VALID_FOR = timedelta(hours=24)


def submit_quote(
    db: sa.Connection, actor: Actor, load_id: str, capacity_id: str, price_fen: int, now: datetime
) -> Quote:
    """Name a price: a carrier on a load for its capacity, or a shipper on a capacity for its load.

    Raises NotFound, NotAllowed for somebody who owns neither, FieldErrors for the price, Conflict with the first
    standing constraint that the pair breaks, or `quote_exists`.
    """
    must_trade(actor)
    load, capacity = get_load(db, load_id, actor), get_capacity(db, capacity_id, actor)
    sides = sides_of(actor, load.org_id, capacity.org_id)
    if not sides:
        raise NotAllowed("other_side")
    broken = standing_broken(load, capacity, now)
    if broken is not None:
        raise Conflict(broken[0], **broken[1])
    side = Side.CARRIER if Side.CARRIER in sides else Side.SHIPPER
    return _store(db, _new(load, capacity, side, actor, price_fen, now))


def counter(db: sa.Connection, actor: Actor, quote_id: str, price_fen: int, now: datetime) -> Quote:
    """Answer a quote with another price; returns the new quote. Raises NotFound, NotAllowed, ForbiddenMove."""
    before = get_quote(db, quote_id, actor)
    must_act_for(actor, before.side.other, before.shipper_org, before.carrier_org)
    load, capacity = get_load(db, before.load_id, actor), get_capacity(db, before.capacity_id, actor)
    change_quote(db, before, QuoteState.COUNTERED, actor.user_id, now, "")
    return _store(db, _new(load, capacity, before.side.other, actor, price_fen, now, before.id))


def reject(db: sa.Connection, actor: Actor, quote_id: str, now: datetime, reason: str = "") -> Quote:
    """Say no to the other side's quote. Raises NotFound, NotAllowed, ForbiddenMove, Stale."""
    before = get_quote(db, quote_id, actor)
    must_act_for(actor, before.side.other, before.shipper_org, before.carrier_org)
    return change_quote(db, before, QuoteState.REJECTED, actor.user_id, now, reason)


def withdraw_quote(db: sa.Connection, actor: Actor, quote_id: str, now: datetime, reason: str = "") -> Quote:
    """Take the own quote back; the quote that it answered stands again if it is still valid.

    Raises NotFound, NotAllowed, ForbiddenMove, Stale.
    """
    before = get_quote(db, quote_id, actor)
    must_act_for(actor, before.side, before.shipper_org, before.carrier_org)
    withdrawn = change_quote(db, before, QuoteState.WITHDRAWN, actor.user_id, now, reason)
    answered = find_quote(db, before.answers) if before.answers else None
    if answered and answered.state is QuoteState.COUNTERED and now < answered.valid_until:
        change_quote(db, answered, QuoteState.SUBMITTED, None, now, "counter-offer withdrawn")
    return withdrawn


def expire_quotes(db: sa.Connection, now: datetime) -> int:
    """Close quotes that nobody answered in time. Returns how many."""
    over = (QUOTE.c.state.in_([state.value for state in LIVE]), QUOTE.c.valid_until_ms <= to_ms(now))
    closed = {"state": QuoteState.EXPIRED.value, "version": QUOTE.c.version + 1, "decided_ms": to_ms(now)}
    return db.execute(sa.update(QUOTE).where(*over).values(closed)).rowcount


def find_quote(db: sa.Connection, quote_id: str) -> Quote | None:
    """The quote, whoever asks: for the system's own work."""
    row = db.execute(sa.select(QUOTE).where(QUOTE.c.id == quote_id)).one_or_none()
    return _quote(row) if row else None


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
    """The viewer's quotes, made and received, the newest first."""
    query = sa.select(QUOTE).order_by(QUOTE.c.id.desc()).limit(limit)
    if not viewer.sees_all:
        query = query.where(
            sa.or_(QUOTE.c.shipper_org == viewer.org_id, QUOTE.c.carrier_org == viewer.org_id)
        )
    if load_id is not None:
        query = query.where(QUOTE.c.load_id == load_id)
    if live_only:
        query = query.where(QUOTE.c.state.in_([state.value for state in LIVE]))
    return [_quote(row) for row in db.execute(query)]


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
    return after


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


def _store(db: sa.Connection, quote: Quote) -> Quote:
    if not insert_new(db, QUOTE, _row(quote)):
        raise Conflict("quote_exists")
    return quote


_PLAIN = (
    *("id", "load_id", "capacity_id", "shipper_org", "carrier_org", "user_id"),
    *("price_fen", "currency", "terms", "answers", "version"),
)


def _row(quote: Quote) -> dict[str, Any]:
    return {
        **{name: getattr(quote, name) for name in _PLAIN},
        "side": quote.side.value,
        "state": quote.state.value,
        "valid_until_ms": to_ms(quote.valid_until),
        "created_ms": to_ms(quote.created_at),
        "reason": "",
    }


def _quote(row: Any) -> Quote:
    return Quote(
        **{name: getattr(row, name) for name in _PLAIN},
        side=Side(row.side),
        state=QuoteState(row.state),
        valid_until=from_ms(row.valid_until_ms),
        created_at=from_ms(row.created_ms),
        decided_at=find_instant(row.decided_ms),
    )
