"""Events of offers, quotes and matches, out of the rows that were written with the change itself.

What was told is marked on the row: whatever the order in which transactions commit, none is skipped, and a follower
that dies before its commit reads the same rows again. Of one subject rows come in the order of its changes, because
each change holds the subject's row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.market.capacity import MATCHABLE, Capacity, CapacityState
from haoyun.platform.market.disclosure import with_closed_books
from haoyun.platform.market.load import Load, LoadState, Visibility
from haoyun.platform.market.matches_store import match_of
from haoyun.platform.market.offers import read_capacities, read_loads
from haoyun.platform.market.tables import CAPACITY, LOAD, MATCH
from haoyun.platform.market.tables import EVENT as MARKET_EVENT
from haoyun.platform.trading.auction_events import AuctionEvent, auction_event
from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.quote import Quote, QuoteState
from haoyun.platform.trading.quotes_store import get_quotes
from haoyun.platform.trading.tables import AUCTION_EVENT, QUOTE_EVENT
from haoyun.platform.webhooks.event import Event, EventType
from haoyun.platform.webhooks.payloads import auction_data, capacity_data, load_data, match_data, quote_data
from haoyun.platform.webhooks.tables import DELIVERY
from haoyun.tracking.instants import from_ms, to_ms

BATCH = 500
MATCHES = "webhooks.match"
# A transaction that writes matches may commit after a later one: looked at again so long, told once.
_OVERLAP = timedelta(minutes=2)
Tell = Callable[[Event], object]

_LOAD_TYPES: Mapping[str, EventType] = {
    LoadState.OPEN.value: EventType.LOAD_CHANGED,
    LoadState.RESERVED.value: EventType.LOAD_RESERVED,
    LoadState.COVERED.value: EventType.LOAD_COVERED,
    LoadState.EXPIRED.value: EventType.LOAD_EXPIRED,
    LoadState.CANCELLED.value: EventType.LOAD_WITHDRAWN,
}
_CAPACITY_TYPES: Mapping[str, EventType] = {
    CapacityState.OPEN.value: EventType.CAPACITY_CHANGED,
    CapacityState.PART_BOOKED.value: EventType.CAPACITY_CHANGED,
    CapacityState.FULL.value: EventType.CAPACITY_FULL,
    CapacityState.EXPIRED.value: EventType.CAPACITY_EXPIRED,
    CapacityState.WITHDRAWN.value: EventType.CAPACITY_WITHDRAWN,
}
_QUOTE_TYPES: Mapping[str, EventType] = {
    QuoteState.ACCEPTED.value: EventType.QUOTE_ACCEPTED,
    QuoteState.REJECTED.value: EventType.QUOTE_REJECTED,
    QuoteState.WITHDRAWN.value: EventType.QUOTE_WITHDRAWN,
    QuoteState.EXPIRED.value: EventType.QUOTE_EXPIRED,
    QuoteState.VOIDED.value: EventType.QUOTE_VOIDED,
}


def untold(db: sa.Connection, table: sa.Table) -> list[Any]:
    """Rows of an event table that were not told yet, in their order."""
    query = sa.select(table).where(table.c.told_ms.is_(None)).order_by(table.c.seq).limit(BATCH)
    return list(db.execute(query))


def tell_offers(db: sa.Connection, tell: Tell, now: datetime) -> int:
    """Tell what happened to loads and capacities. Returns how many rows were read."""
    rows = untold(db, MARKET_EVENT)
    subjects = {row.subject_id for row in rows}
    loads, capacities = read_loads(db, subjects), read_capacities(db, subjects)
    for row in rows:
        if row.subject_id in loads:
            _told(tell, load_event(row, loads[row.subject_id]))
        elif row.subject_id in capacities:
            _told(tell, capacity_event(row, capacities[row.subject_id]))
    _mark(db, MARKET_EVENT, rows, now)
    return len(rows)


def tell_quotes(db: sa.Connection, tell: Tell, now: datetime) -> int:
    """Tell what happened to quotes. Returns how many rows were read."""
    rows = untold(db, QUOTE_EVENT)
    quotes = get_quotes(db, {row.quote_id for row in rows})
    for row in rows:
        if row.quote_id in quotes:
            _told(tell, quote_event(row, quotes[row.quote_id]))
    _mark(db, QUOTE_EVENT, rows, now)
    return len(rows)


def tell_auctions(db: sa.Connection, tell: Tell, now: datetime) -> int:
    """Tell what happened in auctions. Returns how many rows were read."""
    rows = untold(db, AUCTION_EVENT)
    for row in rows:
        tell(auction_told(auction_event(row)))
    _mark(db, AUCTION_EVENT, rows, now)
    return len(rows)


def auction_told(event: AuctionEvent) -> Event:
    """A step of an auction, for its publisher and all who bid: the lowest price, and nobody's name."""
    return Event(
        id=f"evt_auc_{event.seq}",
        type=EventType(f"auction.{event.kind.value}"),
        subject_id=event.load_id,
        version=event.seq,
        at=event.at,
        data={"auction": auction_data(event)},
        concerned=event.bidders | {event.publisher},
    )


def tell_matches(db: sa.Connection, org_ids: Iterable[str], tell: Tell, now: datetime) -> int:
    """Tell organizations which of their offers found a counterpart. Returns how many are new.

    A pair is told once: its event has the same id in every round that finds it again.
    """
    since = cursor(db, MATCHES)
    own = set(org_ids)
    query = (
        sa.select(MATCH, LOAD.c.org_id.label("shipper"), CAPACITY.c.org_id.label("carrier"))
        .join(LOAD, LOAD.c.id == MATCH.c.load_id)
        .join(CAPACITY, CAPACITY.c.id == MATCH.c.capacity_id)
        .where(
            MATCH.c.computed_ms > since - _OVERLAP // timedelta(milliseconds=1),
            sa.or_(LOAD.c.org_id.in_(own), CAPACITY.c.org_id.in_(own)),
            LOAD.c.state == LoadState.OPEN.value,
            CAPACITY.c.state.in_([state.value for state in MATCHABLE]),
        )
        .order_by(MATCH.c.score.desc(), MATCH.c.load_id, MATCH.c.capacity_id)
        .limit(BATCH * 10)
    )
    found = [match_event(row) for row in db.execute(query)] if own else []
    known = _known(db, {event.id for event in found})
    new = [event for event in found if event.id not in known]
    for event in new:
        tell(event)
    newest = db.scalar(sa.select(sa.func.max(MATCH.c.computed_ms))) or since
    if newest > since:
        save_cursor(db, MATCHES, newest)
    return len(new)


def _known(db: sa.Connection, event_ids: Iterable[str]) -> set[str]:
    """Which of these events were told before."""
    return set(db.scalars(sa.select(DELIVERY.c.event_id).where(DELIVERY.c.event_id.in_(sorted(event_ids)))))


def load_event(row: Any, load: Load) -> Event | None:
    """What a row of the market's history says of a load; None for a state that is told to nobody."""
    first = row.version == 1 and row.state == LoadState.OPEN.value
    kind = EventType.LOAD_POSTED if first else _LOAD_TYPES.get(row.state)
    if kind is None:
        return None
    public = load.visibility is Visibility.PUBLIC
    return Event(
        id=f"evt_mkt_{row.seq}",
        type=kind,
        subject_id=load.id,
        version=row.version,
        at=from_ms(row.at_ms),
        data={"load": load_data(load), "state": row.state},
        concerned=frozenset({load.org_id}),
        seen_by=None if public else load.invited,
    )


def capacity_event(row: Any, capacity: Capacity) -> Event | None:
    """What a row of the market's history says of a capacity; others see it only while it is on offer."""
    first = row.version == 1 and row.state == CapacityState.OPEN.value
    kind = EventType.CAPACITY_POSTED if first else _CAPACITY_TYPES.get(row.state)
    if kind is None:
        return None
    offered = capacity.state in MATCHABLE and CapacityState(row.state) in MATCHABLE
    return Event(
        id=f"evt_mkt_{row.seq}",
        type=kind,
        subject_id=capacity.id,
        version=row.version,
        at=from_ms(row.at_ms),
        data={"capacity": capacity_data(capacity, own=True), "state": row.state},
        shown={"capacity": capacity_data(capacity, own=False), "state": row.state},
        concerned=frozenset({capacity.org_id}),
        seen_by=None if offered else frozenset(),
    )


def quote_event(row: Any, quote: Quote) -> Event | None:
    """What a row of the quotes' history says; a quote that is countered is told by the one that counters it."""
    if row.state == QuoteState.SUBMITTED.value and row.version == 1:
        kind = EventType.QUOTE_COUNTERED if quote.answers else EventType.QUOTE_MADE
    elif row.state in _QUOTE_TYPES:
        kind = _QUOTE_TYPES[row.state]
    else:
        return None
    return Event(
        id=f"evt_quo_{row.seq}",
        type=kind,
        subject_id=quote.id,
        version=row.version,
        at=from_ms(row.at_ms),
        data={"quote": quote_data(quote), "state": row.state, "reason": row.reason},
        concerned=frozenset({quote.shipper_org, quote.carrier_org}),
    )


def match_event(row: Any) -> Event:
    """A pair that was found, for both its sides; what it earns the carrier is for the carrier alone."""
    match = match_of(row)
    return Event(
        id=f"evt_fit_{row.load_id}_{row.capacity_id}",
        type=EventType.MATCH_FOUND,
        subject_id=row.load_id,
        version=1,
        at=from_ms(row.computed_ms),
        data={"match": match_data(match)},
        shown={"match": match_data(with_closed_books(match))},
        concerned=frozenset({row.shipper, row.carrier}),
        whole_for=frozenset({row.carrier}),
    )


def _told(tell: Tell, event: Event | None) -> None:
    if event is not None:
        tell(event)


def _mark(db: sa.Connection, table: sa.Table, rows: list[Any], now: datetime) -> None:
    if rows:
        read = table.c.seq.in_([row.seq for row in rows])
        db.execute(sa.update(table).where(read).values(told_ms=to_ms(now)))
