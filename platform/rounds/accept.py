"""A line becomes a quote, the ordinary way: whoever takes it up names the proposed price, the other side answers.

What a truck takes first is quoted on its offer as it stands. What it takes later is quoted on a follow-up offer: the
carrier offers the vehicle where and when the load before it is delivered, once that load is booked; what is left of
the offer before is taken back, since a vehicle's space is offered once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.capacity import MATCHABLE, Capacity, CapacityDraft
from haoyun.platform.market.errors import Conflict, NotAllowed, NotFound
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.store import find_capacity, find_load, post_capacity, withdraw_capacity
from haoyun.platform.market.tables import CREW
from haoyun.platform.market.values import Window
from haoyun.platform.rounds.proposal import Line, LineState
from haoyun.platform.rounds.store import get_line, lines_at, mark_quoted
from haoyun.platform.rounds.tables import ROUND
from haoyun.platform.trading.orders_store import orders_where
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.store import submit_quote
from haoyun.platform.trading.tables import ORDER
from haoyun.tracking.instants import to_ms

_OPEN_FOR = timedelta(hours=12)  # at least so long a follow-up offer stands


def take_up(
    db: sa.Connection, actor: Actor, round_id: str, line_id: str, now: datetime, context: MatchContext
) -> Quote:
    """Turn a line into a quote of the actor's side at the proposed price.

    Raises NotFound, NotAllowed, Conflict (`line_taken`, `line_lapsed`, `line_waits`, `line_carrier_first`, and what
    quoting raises). On any of them the caller's transaction must be rolled back.
    """
    line = get_line(db, round_id, line_id, actor)
    must_trade(actor)
    if line.state is LineState.QUOTED:
        raise Conflict("line_taken")
    load = _still_open(db, line, now)
    capacity = _offer(db, actor, line, load, now, context)
    quote = submit_quote(db, actor, load.id, capacity.id, line.price_fen, now)
    if not mark_quoted(db, line, quote.id, actor.org_id, capacity.id):
        raise Conflict("line_taken")
    return quote


def _still_open(db: sa.Connection, line: Line, now: datetime) -> Load:
    load = find_load(db, line.load_id)
    expires_ms = db.scalar(sa.select(ROUND.c.expires_ms).where(ROUND.c.id == line.round_id))
    fresh = expires_ms is not None and to_ms(now) < expires_ms
    if line.state is LineState.LAPSED or load is None or not fresh:
        raise Conflict("line_lapsed")
    if not load.is_open(now) or load.terms != line.terms:
        raise Conflict("line_lapsed")
    return load


def _offer(
    db: sa.Connection, actor: Actor, line: Line, load: Load, now: datetime, context: MatchContext
) -> Capacity:
    """The offer that the line is quoted on, made now if it is a follow-up."""
    if line.position == 0:
        return _open_offer(db, line.capacity_id, now)
    siblings = [one for one in lines_at(db, line, line.position) if one.quote_id is not None]
    if siblings:  # another load of the pool brought the follow-up offer about
        return _open_offer(db, siblings[0].capacity_id, now)
    before = _booked_before(db, line)
    if not (actor.is_operator or actor.org_id == line.carrier_org):
        raise Conflict("line_carrier_first")
    return _follow_up(db, actor, line, before, load, now, context)


def _open_offer(db: sa.Connection, capacity_id: str, now: datetime) -> Capacity:
    capacity = find_capacity(db, capacity_id)
    if capacity is None or not capacity.is_open(now):
        raise Conflict("line_lapsed")
    return capacity


def _booked_before(db: sa.Connection, line: Line) -> Line:
    """A line of the position before that became an order. Raises Conflict `line_waits`."""
    for one in lines_at(db, line, line.position - 1):
        if one.quote_id is None:
            continue
        booked = sa.and_(ORDER.c.quote_id == one.quote_id, ORDER.c.state != "CANCELLED")
        if orders_where(db, booked):
            return one
    raise Conflict("line_waits")


def _follow_up(
    db: sa.Connection,
    actor: Actor,
    line: Line,
    before: Line,
    load: Load,
    now: datetime,
    context: MatchContext,
) -> Capacity:
    first = find_capacity(db, before.capacity_id)
    last = find_load(db, before.load_id)
    if first is None or last is None:
        raise NotFound
    if not actor.is_operator and actor.org_id != first.org_id:
        raise NotAllowed("other_side")
    if first.state in MATCHABLE:
        withdraw_capacity(db, actor, first.id, now, "offered on from the next place")
    crew = db.execute(sa.select(CREW).where(CREW.c.capacity_id == first.id)).one_or_none()
    start = max(before.free_at, now)
    draft = CapacityDraft(
        vehicle_id=first.vehicle_id,
        trailer_id=crew.trailer_id if crew else None,
        driver_id=crew.driver_id if crew else None,
        mode=first.mode,
        equipment=first.equipment,
        origin=last.destination,
        ready=Window(start, max(load.pickup.end, start + _OPEN_FOR)),
        radius_km=max(first.radius_km, min(3_000, ceil(last.destination.distance_m(load.origin) / 1000) + 1)),
        cost_per_km_fen=first.cost_per_km_fen,
        min_price_fen=first.min_price_fen,
    )
    return post_capacity(db, actor, draft, now, context)
