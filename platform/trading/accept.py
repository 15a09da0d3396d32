"""Accepting a quote: one transaction, exactly one winner.

The order of the steps is the order of the locks: load, capacity, quotes, then the events. Whoever loses the
load loses before anything else is touched.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import find_organization
from haoyun.platform.idempotency import once
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared
from haoyun.platform.market.booking import book_space, reserve_load
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.errors import Conflict
from haoyun.platform.market.load import Load
from haoyun.platform.market.matches_store import drop_matches
from haoyun.platform.market.tables import CAPACITY, LOAD
from haoyun.platform.settings import Settings
from haoyun.platform.trading.access import must_act_for
from haoyun.platform.trading.bids import choose_bid
from haoyun.platform.trading.consignments_store import make_consignment
from haoyun.platform.trading.order import Order, OrderState
from haoyun.platform.trading.orders_store import find_order, insert_order
from haoyun.platform.trading.quote import LIVE, Quote, QuoteKind, QuoteState
from haoyun.platform.trading.quotes_store import change_quote, close_quotes, find_quote, get_quote
from haoyun.platform.trading.tables import QUOTE
from haoyun.tracking.instants import to_ms

_LIVE = [state.value for state in LIVE]


def accept_quote(
    db: sa.Connection, actor: Actor, quote_id: str, now: datetime, idempotency_key: str | None = None
) -> Order:
    """Make an order of the other side's quote.

    Competing quotes on the load are voided, quotes of the same vehicle that can no longer be kept are withdrawn,
    space is taken from the capacity, the consignment gets its tracking number and handling units. The same
    `idempotency_key` of the same user gives the same order again.

    Raises NotFound, NotAllowed, Conflict (`load_taken`, `load_changed`, `capacity_gone`, `quote_closed`; of a
    bid also `auction_running`, `auction_lowest`, `auction_closed`),
    KeyReused. On any of them the caller's transaction must be rolled back.
    """
    quote = get_quote(db, quote_id, actor)
    must_act_for(actor, quote.side.other, quote.shipper_org, quote.carrier_org)
    must_be_cleared(actor)
    scope = f"accept:{actor.user_id}"
    order_id = once(db, scope, idempotency_key, quote_id, now, lambda: _accept(db, actor.user_id, quote, now))
    order = find_order(db, order_id)
    assert order is not None  # it was stored in this transaction or in an earlier one
    return order


def _accept(db: sa.Connection, user_id: str, quote: Quote, now: datetime) -> str:
    if quote.kind is QuoteKind.BID:
        choose_bid(db, quote, now)
    return make_order(db, user_id, quote, now)


def make_order(db: sa.Connection, user_id: str | None, quote: Quote, now: datetime) -> str:
    """The order of a quote that is accepted: by a person, or by the system for an auction that closed.

    Returns its id. Raises Conflict, as `accept_quote`; whatever was done by then must be rolled back.
    """
    load = reserve_load(db, quote.load_id, quote.terms, user_id, now)
    capacity = book_space(db, quote.capacity_id, load, user_id, now)
    _settle_quotes(db, user_id, quote.id, load, capacity, now)
    order = _order(quote, load, now)
    insert_order(db, order, user_id, now)
    make_consignment(db, order, _company_prefix(db, load.org_id), now)
    drop_matches(db, load_ids=[load.id], capacity_ids=[] if capacity.state in MATCHABLE else [capacity.id])
    return order.id


def _settle_quotes(
    db: sa.Connection, user_id: str | None, quote_id: str, load: Load, capacity: Capacity, now: datetime
) -> None:
    """Accept the one, void its competitors, withdraw what the vehicle cannot keep."""
    # All rows that may change are locked in the order of their ids: two accepts never wait for each other.
    same_vehicle = sa.select(CAPACITY.c.id).where(CAPACITY.c.vehicle_id == capacity.vehicle_id)
    concerned = sa.or_(QUOTE.c.load_id == load.id, QUOTE.c.capacity_id.in_(same_vehicle))
    ids = (
        sa.select(QUOTE.c.id, QUOTE.c.load_id).where(concerned, QUOTE.c.state.in_(_LIVE)).order_by(QUOTE.c.id)
    )
    rows = db.execute(ids.with_for_update()).all()
    accepted = find_quote(db, quote_id)
    if accepted is None or accepted.state is not QuoteState.SUBMITTED or now >= accepted.valid_until:
        state = "gone" if accepted is None else accepted.state.value
        raise Conflict("quote_closed", state="EXPIRED" if state == QuoteState.SUBMITTED else state)
    change_quote(db, accepted, QuoteState.ACCEPTED, user_id, now, "")
    voided = [row.id for row in rows if row.load_id == load.id and row.id != quote_id]
    _close(db, voided, QuoteState.VOIDED, now, "another quote was accepted")
    others = {row.id: row.load_id for row in rows if row.load_id != load.id}
    clashing = _clashing(db, set(others.values()), load, capacity)
    withdrawn = [quote for quote, other in others.items() if other in clashing]
    _close(db, withdrawn, QuoteState.WITHDRAWN, now, "the vehicle was booked for this time")


def _clashing(db: sa.Connection, load_ids: set[str], load: Load, capacity: Capacity) -> set[str]:
    """Loads that the vehicle cannot carry beside this one: at the same time on another lane, or no room."""
    c = LOAD.c
    overlaps = sa.and_(
        c.pickup_start_ms < to_ms(load.delivery.end), c.delivery_end_ms > to_ms(load.pickup.start)
    )
    other_lane = sa.or_(c.origin_code != load.origin.code, c.destination_code != load.destination.code)
    no_room = sa.or_(
        c.weight_kg > capacity.weight_kg, c.volume_dm3 > capacity.volume_dm3, c.ldm_cm > capacity.ldm_cm
    )
    query = sa.select(c.id).where(c.id.in_(load_ids), overlaps, sa.or_(other_lane, no_room))
    return set(db.scalars(query))


def _close(db: sa.Connection, ids: list[str], state: QuoteState, now: datetime, reason: str) -> None:
    close_quotes(db, (QUOTE.c.id.in_(ids), QUOTE.c.state.in_(_LIVE)), state, now, reason)


def _order(quote: Quote, load: Load, now: datetime) -> Order:
    return Order(
        id=new_id("ord"),
        load_id=load.id,
        capacity_id=quote.capacity_id,
        quote_id=quote.id,
        shipper_org=load.org_id,
        carrier_org=quote.carrier_org,
        vehicle_id=None,
        price_fen=quote.price_fen,
        currency=quote.currency,
        goods=load.goods,
        weight_kg=load.weight_kg,
        pallets=load.pallets,
        origin=load.origin,
        destination=load.destination,
        pickup=load.pickup,
        delivery=load.delivery,
        distance_m=load.distance_m,
        duration_s=load.duration_s,
        state=OrderState.AWAITING_CONFIRMATION,
        version=1,
        flags=frozenset(),
        created_at=now,
        updated_at=now,
    )


def _company_prefix(db: sa.Connection, org_id: str) -> str:
    """The shipper's GS1 company prefix; who has none gets numbers of the platform's."""
    organization = find_organization(db, org_id)
    own = organization.company_prefix if organization else None
    return own or str(Settings.model_fields["company_prefix"].default)
