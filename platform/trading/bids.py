"""Bids: quotes in an auction. Making one, seeing how it stands, and the publisher's choice.

Whoever changes an auction locks its load first, so that bids, edits and the closing come one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared, must_trade
from haoyun.platform.market.auction import Auction, AuctionState, Award, highest_bid, move, with_bid
from haoyun.platform.market.auctions_store import find_auction, save_auction
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.loads_store import find_load, get_load, lock_load
from haoyun.platform.market.matching import broken_rule
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.store import get_capacity
from haoyun.platform.market.tables import CAPACITY
from haoyun.platform.trading.auction_events import Happened, record_auction
from haoyun.platform.trading.quote import Quote, QuoteKind, QuoteState, Side
from haoyun.platform.trading.quotes_store import close_quotes, quote_of, store_quote
from haoyun.platform.trading.tables import QUOTE
from haoyun.tracking.instants import to_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an auction stands for one viewer; prices in fen, None where there is none.

    Everybody who sees the load sees the lowest price and how many organizations bid. `bids` are all of them for the
    publisher, and the viewer's own for others, the lowest first; `rank` is the place of the viewer's best among the
    organizations. `most_fen` is the highest price that the viewer could bid now, None where it cannot.
    """

    auction: Auction
    lowest_fen: int | None
    bidders: int
    rank: int | None
    own_fen: int | None
    most_fen: int | None
    bids: tuple[Quote, ...]


def place_bid(
    db: sa.Connection,
    actor: Actor,
    load_id: str,
    capacity_id: str,
    price_fen: int,
    now: datetime,
    context: MatchContext,
) -> Quote:
    """Bid on a load for an own capacity; it takes the place of the capacity's bid before.

    Raises NotFound, NotAllowed, FieldErrors for the price, Conflict: `no_auction`, `auction_closed`, `load_taken`,
    or the first hard constraint that the pair breaks.
    """
    must_trade(actor)
    must_be_cleared(actor)
    get_load(db, load_id, actor)  # a foreign load is missing, and nobody waits for its lock
    capacity = get_capacity(db, capacity_id, actor)
    if not actor.is_operator and capacity.org_id != actor.org_id:
        raise NotAllowed("other_side")
    lock_load(db, load_id)
    load, auction = get_load(db, load_id, actor), find_auction(db, load_id)
    if load.org_id == capacity.org_id:
        raise NotAllowed("auction_own")
    if load.price_mode is not PriceMode.AUCTION or auction is None:
        raise Conflict("no_auction")
    if not auction.takes_bids(now):
        raise Conflict("auction_closed")
    if not load.is_open(now):
        raise Conflict("load_taken")
    broken = broken_rule(load, capacity, context, now)
    if broken is not None:
        raise Conflict(broken[0], **broken[1])
    before = valid_bids(db, load, now)
    _check_price(auction, before, capacity.org_id, price_fen)
    own = (QUOTE.c.load_id == load_id, QUOTE.c.capacity_id == capacity_id)
    replaced = (*own, QUOTE.c.state == QuoteState.SUBMITTED.value)
    close_quotes(db, replaced, QuoteState.WITHDRAWN, now, "replaced by a lower bid")
    bid = store_quote(db, _bid(load, capacity, actor, price_fen, now))
    after = with_bid(auction, now)
    save_auction(db, after)
    bids = valid_bids(db, load, now)
    passed = before[0].carrier_org if before and bids[0].id == bid.id else None
    outbid = passed if passed != bid.carrier_org else None
    record_auction(db, Happened.BID, load, after, bids, now, outbid)
    return bid


def valid_bids(db: sa.Connection, load: Load, now: datetime) -> list[Quote]:
    """The bids that count, on the load's terms and of vehicles on offer: the lowest first, of equals the earliest."""
    query = (
        sa.select(QUOTE)
        .join(CAPACITY, CAPACITY.c.id == QUOTE.c.capacity_id)
        .where(
            QUOTE.c.load_id == load.id,
            QUOTE.c.kind == QuoteKind.BID.value,
            QUOTE.c.terms == load.terms,
            QUOTE.c.state == QuoteState.SUBMITTED.value,
            CAPACITY.c.state.in_([state.value for state in MATCHABLE]),
            CAPACITY.c.ready_end_ms > to_ms(now),
        )
        .order_by(QUOTE.c.price_fen, QUOTE.c.created_ms, QUOTE.c.id)
    )
    return [quote_of(row) for row in db.execute(query)]


def standing_of(db: sa.Connection, load_id: str, viewer: Actor, now: datetime) -> Standing:
    """How the auction of a load stands for a viewer. Raises NotFound where it has or had none."""
    load, auction = get_load(db, load_id, viewer), find_auction(db, load_id)
    if auction is None:
        raise NotFound
    bids = valid_bids(db, load, now) if load.price_mode is PriceMode.AUCTION else []
    publisher = viewer.sees_all or viewer.org_id == load.org_id
    orgs = ranked_orgs(bids)
    own = [bid for bid in bids if bid.carrier_org == viewer.org_id]
    may_bid = viewer.is_carrier and viewer.org_id != load.org_id and auction.takes_bids(now)
    lowest_fen, own_fen = _lowest(bids), _lowest(own)
    most_fen = highest_bid(auction.terms, lowest_fen, own_fen) if may_bid else 0
    return Standing(
        auction=auction,
        lowest_fen=lowest_fen,
        bidders=len(orgs),
        rank=orgs.index(viewer.org_id) + 1 if own else None,
        own_fen=own_fen,
        most_fen=most_fen if most_fen > 0 else None,
        bids=tuple(bids if publisher else own),
    )


def ranked_orgs(bids: Sequence[Quote]) -> list[str]:
    """The organizations that bid, in the order of their best bids; `bids` are the lowest first. Pure."""
    return list(dict.fromkeys(bid.carrier_org for bid in bids))


def choose_bid(db: sa.Connection, bid: Quote, now: datetime) -> None:
    """The publisher takes this bid: the auction is over. The order is made by the caller.

    Raises Conflict: `auction_running`, `auction_lowest`, `auction_closed`, `load_taken`.
    """
    lock_load(db, bid.load_id)
    load, auction = find_load(db, bid.load_id), find_auction(db, bid.load_id)
    if load is None or auction is None or not load.is_open(now):
        raise Conflict("load_taken")
    if auction.terms.award is Award.LOWEST:
        raise Conflict("auction_lowest")
    if auction.state is AuctionState.RUNNING:
        raise Conflict("auction_running")
    if not auction.is_decided_by_publisher(now):
        raise Conflict("auction_closed")
    award(db, load, auction, bid, now)


def award(db: sa.Connection, load: Load, auction: Auction, bid: Quote, now: datetime) -> None:
    """Close an auction with a winner, and tell those who bid."""
    after = move(auction, AuctionState.AWARDED, now)
    save_auction(db, after)
    others = [one for one in valid_bids(db, load, now) if one.id != bid.id]
    record_auction(db, Happened.AWARDED, load, after, [bid, *others], now)


def _check_price(auction: Auction, bids: Sequence[Quote], org_id: str, price_fen: int) -> None:
    own = _lowest([bid for bid in bids if bid.carrier_org == org_id])
    most = highest_bid(auction.terms, _lowest(bids), own)
    if most < 1:
        raise FieldErrors({"price_fen": ("bid_none_left", {})})
    if price_fen > most:
        raise FieldErrors({"price_fen": ("bid_high", {"yuan": f"{most // 100}.{most % 100:02d}"})})


def _lowest(bids: Sequence[Quote]) -> int | None:
    return bids[0].price_fen if bids else None


def _bid(load: Load, capacity: Capacity, actor: Actor, price_fen: int, now: datetime) -> Quote:
    return Quote(
        id=new_id("quo"),
        load_id=load.id,
        capacity_id=capacity.id,
        shipper_org=load.org_id,
        carrier_org=capacity.org_id,
        side=Side.CARRIER,
        user_id=actor.user_id,
        price_fen=price_fen,
        currency=load.currency,
        terms=load.terms,
        answers=None,
        state=QuoteState.SUBMITTED,
        version=1,
        valid_until=load.expires_at,
        created_at=now,
        kind=QuoteKind.BID,
    )
