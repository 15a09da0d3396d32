"""Closing auctions: the worker's follower awards the lowest valid bid, or gives the publisher time to choose.

Each auction is one transaction that locks its load first; whichever worker comes second finds it closed.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
import structlog

from haoyun.platform.accounts.organizations import find_organization
from haoyun.platform.accounts.verification import Verification
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.auction import UNDER_WAY, Auction, AuctionState, Award, Unsold, move
from haoyun.platform.market.auctions_store import auctions_due, find_auction, save_auction
from haoyun.platform.market.capacities_store import find_capacity
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.errors import Conflict
from haoyun.platform.market.load import Load, LoadState, PriceMode
from haoyun.platform.market.load import move as move_load
from haoyun.platform.market.loads_store import ask_instead, change_load, find_load, lock_load
from haoyun.platform.market.matches_store import drop_matches
from haoyun.platform.market.matching import broken_rule
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rules import standing_broken
from haoyun.platform.market.way import Known, departure
from haoyun.platform.trading.accept import make_order
from haoyun.platform.trading.auction_events import Happened, record_auction
from haoyun.platform.trading.bids import award, valid_bids
from haoyun.platform.trading.quote import Quote, QuoteKind, QuoteState
from haoyun.platform.trading.quotes_store import close_quotes
from haoyun.platform.trading.tables import QUOTE

MOST = 100  # auctions in one turn of the worker

log = structlog.get_logger(__name__)


def close_due(
    databases: Databases, now: datetime, market: MarketContext, *, verified_only: bool = True
) -> int:
    """Close every auction whose time has come. Returns how many took a step.

    `verified_only`: the bid of an organization that is not verified any more does not win.
    """
    with reading(databases.platform).connect() as db:  # an idle worker takes no write lock
        due = auctions_due(db, now, MOST)
    if not due:
        return 0
    context, taken = market.snapshot(now), 0
    for load_id in due:
        with databases.platform.begin() as db:
            state = close_auction(db, load_id, now, context, verified_only=verified_only)
        if state is not None:
            taken += 1
            log.info("auction closed", load=load_id, state=state.value)
    return taken


def close_auction(
    db: sa.Connection, load_id: str, now: datetime, context: MatchContext, *, verified_only: bool = True
) -> AuctionState | None:
    """Take the step that is due, and return the state after it; None where none is due (a late bid moved the end)."""
    lock_load(db, load_id)
    load, auction = find_load(db, load_id), find_auction(db, load_id)
    if load is None or auction is None or auction.state not in UNDER_WAY:
        return None
    if load.price_mode is not PriceMode.AUCTION or not load.is_open(now):
        return _give_up(db, load, auction, now)
    due_at = auction.ends_at if auction.state is AuctionState.RUNNING else auction.decide_until
    if due_at is None or now < due_at:
        return None
    if auction.state is AuctionState.DECIDING:
        return _unsold(db, load, auction, now)
    bids = [bid for bid in valid_bids(db, load, now) if _still_fits(db, load, bid, now, context)]
    if verified_only:
        bids = [bid for bid in bids if _is_verified(db, bid.carrier_org)]
    return _award(db, load, auction, bids, now)


def _award(db: sa.Connection, load: Load, auction: Auction, bids: list[Quote], now: datetime) -> AuctionState:
    """To the publisher's choice, or to the lowest bid; `bids` are those that can be awarded."""
    if auction.terms.award is Award.PUBLISHER and bids:
        after = move(auction, AuctionState.DECIDING, now)
        save_auction(db, after)
        record_auction(db, Happened.CLOSED, load, after, bids, now)
        return after.state
    if any(_won(db, load, auction, bid, now) for bid in bids):
        return AuctionState.AWARDED
    return _unsold(db, load, auction, now)


def _still_fits(db: sa.Connection, load: Load, bid: Quote, now: datetime, context: MatchContext) -> bool:
    """Whether the vehicle can still do what was bid.

    It fitted when the bid was made. Where nobody knows by now where it is, that is not held against it.
    """
    capacity = find_capacity(db, bid.capacity_id)
    if capacity is None:
        return False
    if departure(capacity, context, now).known is Known.UNKNOWN:
        return standing_broken(load, capacity, now) is None
    return broken_rule(load, capacity, context, now) is None


def _is_verified(db: sa.Connection, org_id: str) -> bool:
    organization = find_organization(db, org_id)
    return organization is not None and organization.verification == Verification.VERIFIED


def _won(db: sa.Connection, load: Load, auction: Auction, bid: Quote, now: datetime) -> bool:
    """Award it; False where its vehicle was booked in this very moment, and the next bid has its turn."""
    try:
        with db.begin_nested():
            award(db, load, auction, bid, now)
            make_order(db, None, bid, now)
    except Conflict as error:
        log.info("bid passed over", load=load.id, bid=bid.id, reason=error.key)
        return False
    return True


def _unsold(db: sa.Connection, load: Load, auction: Auction, now: datetime) -> AuctionState:
    after = move(auction, AuctionState.UNSOLD, now)
    save_auction(db, after)
    record_auction(db, Happened.UNSOLD, load, after, valid_bids(db, load, now), now)
    _close_bids(db, load.id, QuoteState.EXPIRED, now, "the auction ended without an award")
    if auction.terms.unsold is Unsold.ASK:
        ask_instead(db, load.id, now, "the auction ended without an award")
    else:
        change_load(
            db, load, move_load(load, LoadState.EXPIRED), None, now, "the auction ended without an award"
        )
        drop_matches(db, load_ids=[load.id])
    return after.state


def _give_up(db: sa.Connection, load: Load, auction: Auction, now: datetime) -> AuctionState:
    after = move(auction, AuctionState.VOID, now)
    save_auction(db, after)
    record_auction(db, Happened.VOID, load, after, valid_bids(db, load, now), now)
    _close_bids(db, load.id, QuoteState.VOIDED, now, "the load was withdrawn or has expired")
    return after.state


def _close_bids(db: sa.Connection, load_id: str, state: QuoteState, now: datetime, reason: str) -> None:
    q = QUOTE.c
    bids = (q.load_id == load_id, q.kind == QuoteKind.BID.value, q.state == QuoteState.SUBMITTED.value)
    close_quotes(db, bids, state, now, reason)
