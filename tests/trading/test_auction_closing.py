"""The end of an auction: the lowest valid bid in time wins, or the publisher's choice, or nobody."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from auction_world import CLOSES, HERE, MINUTE, THIRD, auctioned, bid, close, enter, happened, refused, truck

from haoyun.platform.market.auction import (
    AuctionState,
    Award,
    Unsold,
)
from haoyun.platform.market.auctions_store import auctions_due, find_auction
from haoyun.platform.market.load import LoadState, PriceMode
from haoyun.platform.market.store import (
    get_load,
    post_load,
    withdraw_capacity,
    withdraw_load,
)
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OTHER_CARRIER,
    SHIPPER,
    hours,
    load_draft,
    road_context,
    seen_at,
)
from haoyun.platform.trading.auction_events import Happened
from haoyun.platform.trading.closing import close_auction
from haoyun.platform.trading.quote import QuoteKind, QuoteState
from haoyun.platform.trading.store import (
    accept_quote,
    cancel_order,
    get_quote,
    orders_of,
    standing_of,
    submit_quote,
)


def test_an_auction_that_a_late_bid_moved_is_not_closed_at_its_old_end(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    bid(db, load, capacity, 1_500, CLOSES - NOW - MINUTE)
    assert close(db, load.id, CLOSES, HERE) is None
    assert close(db, load.id, CLOSES + 10 * MINUTE, HERE) is AuctionState.AWARDED


def test_the_lowest_bid_wins_at_the_closing(db: sa.Connection) -> None:
    load = auctioned(db)
    high = bid(db, load, truck(db), 1_600)
    low = bid(db, load, truck(db, OTHER_CARRIER, "京B00001"), 1_500, by=OTHER_CARRIER)
    assert auctions_due(db, CLOSES - MINUTE, 10) == []
    assert auctions_due(db, CLOSES, 10) == [load.id]
    assert close(db, load.id, CLOSES, HERE) is AuctionState.AWARDED
    (order,) = orders_of(db, SHIPPER).items
    assert (order.quote_id, order.price_fen, order.carrier_org) == (low.id, 150_000, OTHER_CARRIER.org_id)
    assert get_load(db, load.id, SHIPPER).state is LoadState.RESERVED
    assert get_quote(db, high.id, CARRIER).state is QuoteState.VOIDED
    assert close(db, load.id, CLOSES, HERE) is None
    assert auctions_due(db, CLOSES, 10) == []
    assert happened(db) == [(Happened.BID, 160_000), (Happened.BID, 150_000), (Happened.AWARDED, 150_000)]


def test_of_equal_bids_the_earlier_wins(db: sa.Connection) -> None:
    load = auctioned(db)
    first = bid(db, load, truck(db), 1_500, MINUTE)
    bid(db, load, truck(db, OTHER_CARRIER, "京B00001"), 1_500, 2 * MINUTE, by=OTHER_CARRIER)
    close(db, load.id, CLOSES, HERE)
    assert [order.quote_id for order in orders_of(db, SHIPPER).items] == [first.id]


def test_a_bid_whose_vehicle_is_gone_or_booked_elsewhere_is_passed_over(db: sa.Connection) -> None:
    load, elsewhere = auctioned(db), post_load(db, SHIPPER, load_draft(weight_kg=25_000), NOW, HERE)
    gone, booked = truck(db), truck(db, OTHER_CARRIER, "京B00001")
    left = truck(db, THIRD, "京C00001")
    bid(db, load, gone, 1_000)
    bid(db, load, booked, 1_100, by=OTHER_CARRIER)
    last = bid(db, load, left, 1_200, by=THIRD)
    withdraw_capacity(db, CARRIER, gone.id, NOW)
    quote = submit_quote(db, OTHER_CARRIER, elsewhere.id, booked.id, 100_000, NOW)
    accept_quote(db, SHIPPER, quote.id, NOW)
    assert standing_of(db, load.id, THIRD, NOW).rank == 1
    close(db, load.id, CLOSES, HERE)
    assert {order.quote_id for order in orders_of(db, SHIPPER).items} == {last.id, quote.id}


def test_a_vehicle_that_is_seen_too_far_away_at_the_closing_is_passed_over(db: sa.Connection) -> None:
    load, ready = auctioned(db), hours(1, 48)
    away, unseen = truck(db, ready=ready), truck(db, OTHER_CARRIER, "京B00001", ready=ready)
    bid(db, load, away, 1_000)
    other = bid(db, load, unseen, 1_500, by=OTHER_CARRIER)
    seen = {away.vehicle_id: seen_at(33.6, CLOSES)}  # 300 km beyond the pickup
    close(db, load.id, CLOSES, road_context(seen))
    assert [order.quote_id for order in orders_of(db, SHIPPER).items] == [other.id]


def test_only_the_bid_of_a_verified_organization_wins(db: sa.Connection) -> None:
    enter(db, CARRIER.org_id, "REFUSED")
    enter(db, OTHER_CARRIER.org_id, "VERIFIED")
    load = auctioned(db)
    bid(db, load, truck(db), 1_000)
    other = bid(db, load, truck(db, OTHER_CARRIER, "京B00001"), 1_500, by=OTHER_CARRIER)
    close_auction(db, load.id, CLOSES, HERE)
    assert [order.quote_id for order in orders_of(db, SHIPPER).items] == [other.id]


def test_the_bid_of_an_organization_that_nobody_entered_does_not_win(db: sa.Connection) -> None:
    load = auctioned(db)
    bid(db, load, truck(db), 1_000)
    assert close_auction(db, load.id, CLOSES, HERE) is AuctionState.UNSOLD


def test_without_a_valid_bid_the_load_asks_for_quotes(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    assert close(db, load.id, CLOSES, HERE) is AuctionState.UNSOLD
    after = get_load(db, load.id, SHIPPER)
    assert (after.state, after.price_mode, after.auction) == (LoadState.OPEN, PriceMode.ASK, None)
    assert submit_quote(db, CARRIER, load.id, capacity.id, 100, CLOSES).kind is QuoteKind.QUOTE
    assert happened(db) == [(Happened.UNSOLD, None)]


def test_or_it_leaves_the_market_where_its_publisher_said_so(db: sa.Connection) -> None:
    load = auctioned(db, unsold=Unsold.EXPIRE)
    close(db, load.id, CLOSES, HERE)
    assert get_load(db, load.id, SHIPPER).state is LoadState.EXPIRED


def test_the_publisher_chooses_after_the_closing_where_it_said_so(db: sa.Connection) -> None:
    load = auctioned(db, award=Award.PUBLISHER)
    high = bid(db, load, truck(db), 1_600)
    low = bid(db, load, truck(db, OTHER_CARRIER, "京B00001"), 1_500, by=OTHER_CARRIER)
    assert refused(lambda: accept_quote(db, SHIPPER, high.id, NOW)) == "auction_running"
    assert close(db, load.id, CLOSES, HERE) is AuctionState.DECIDING
    assert refused(lambda: bid(db, load, truck(db, THIRD, "京C00001"), 1, CLOSES - NOW, by=THIRD)) == (
        "auction_closed"
    )
    assert close(db, load.id, CLOSES + MINUTE, HERE) is None
    accept_quote(db, SHIPPER, high.id, CLOSES + MINUTE)
    auction = find_auction(db, load.id)
    assert auction is not None and auction.state is AuctionState.AWARDED
    assert get_quote(db, low.id, OTHER_CARRIER).state is QuoteState.VOIDED


def test_a_publisher_who_chooses_nobody_in_time_gets_quotes_instead(db: sa.Connection) -> None:
    load = auctioned(db, award=Award.PUBLISHER, decide_min=60)
    made = bid(db, load, truck(db), 1_600)
    close(db, load.id, CLOSES, HERE)
    late = CLOSES + timedelta(minutes=60)
    assert refused(lambda: accept_quote(db, SHIPPER, made.id, late)) == "auction_closed"
    assert close(db, load.id, late, HERE) is AuctionState.UNSOLD
    assert get_quote(db, made.id, CARRIER).state is QuoteState.EXPIRED
    assert get_load(db, load.id, SHIPPER).price_mode is PriceMode.ASK


def test_bids_on_a_withdrawn_load_are_voided(db: sa.Connection) -> None:
    load = auctioned(db)
    made = bid(db, load, truck(db), 1_600)
    withdraw_load(db, SHIPPER, load.id, NOW + MINUTE)
    assert auctions_due(db, NOW + MINUTE, 10) == [load.id]
    assert close(db, load.id, NOW + MINUTE, HERE) is AuctionState.VOID
    assert get_quote(db, made.id, CARRIER).state is QuoteState.VOIDED


def test_a_load_whose_awarded_order_is_cancelled_asks_for_quotes(db: sa.Connection) -> None:
    load = auctioned(db)
    bid(db, load, truck(db), 1_600)
    close(db, load.id, CLOSES, HERE)
    (order,) = orders_of(db, SHIPPER).items
    cancel_order(db, SHIPPER, order.id, CLOSES)
    after = get_load(db, load.id, SHIPPER)
    assert (after.state, after.price_mode) == (LoadState.OPEN, PriceMode.ASK)


# Who sees what.
