"""Auctions: what may be offered, who may bid how much, and what each side sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from auction_world import CLOSES, HERE, MINUTE, auctioned, bid, refused, terms, truck

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.auction import (
    Award,
    Unsold,
)
from haoyun.platform.market.auctions_store import find_auction
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.load import PriceMode, Visibility
from haoyun.platform.market.store import (
    edit_load,
    get_load,
    post_load,
)
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    actor,
    hours,
    load_draft,
)
from haoyun.platform.trading.quote import QuoteKind, QuoteState
from haoyun.platform.trading.store import (
    accept_quote,
    counter,
    get_quote,
    list_quotes,
    place_bid,
    reject,
    standing_of,
    submit_quote,
    withdraw_quote,
)


@pytest.mark.parametrize(
    ("changes", "field", "rule_key"),
    [
        ({"closes_at": CLOSES.replace(tzinfo=None)}, "closes_at", "naive"),
        ({"latest_at": CLOSES - MINUTE}, "latest_at", "auction_latest"),
        ({"soft_close_min": 61}, "soft_close_min", "between"),
        ({"decide_min": 14}, "decide_min", "between"),
        ({"ceiling_fen": 0}, "ceiling_fen", "price_positive"),
        ({"step_fen": -1}, "step_fen", "auction_step"),
        ({"step_fen": 100, "ceiling_fen": 100}, "step_fen", "auction_step_ceiling"),
    ],
)
def test_terms_that_break_a_rule_are_named(changes: dict[str, Any], field: str, rule_key: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        terms(**changes)
    assert caught.value.errors[field][0] == rule_key


def test_a_load_has_auction_terms_exactly_in_that_price_mode() -> None:
    for wrong in (
        {"price_mode": PriceMode.AUCTION},
        {"auction": terms()},
        {"price_mode": PriceMode.AUCTION, "auction": terms(), "price_fen": 100},
        {
            "price_mode": PriceMode.AUCTION,
            "auction": terms(),
            "visibility": Visibility.DIRECT,
            "invited": frozenset({"org-carrier"}),
        },
    ):
        with pytest.raises(FieldErrors):
            load_draft(**wrong)


def test_an_auction_closes_early_enough_to_be_awarded_before_the_load_expires(db: sa.Connection) -> None:
    late = {"closes_at": NOW + timedelta(hours=7, minutes=30), "latest_at": None, "soft_close_min": 5}
    with pytest.raises(FieldErrors) as caught:  # it expires at 8 h; 7:30 + 6 extensions of 5 min + 15 min
        auctioned(db, **late)
    assert caught.value.errors["auction.closes_at"] == ("auction_late", {"minutes": 15})
    with pytest.raises(FieldErrors, match="15 minutes too late"):
        auctioned(db, **late)
    with pytest.raises(FieldErrors, match="past"):
        auctioned(db, closes_at=NOW, latest_at=None)


def test_the_terms_come_back_with_the_load(db: sa.Connection) -> None:
    load = auctioned(db, ceiling_fen=200_000, step_fen=5_000, award=Award.PUBLISHER, unsold=Unsold.EXPIRE)
    assert get_load(db, load.id, CARRIER).auction == load.auction
    assert load.auction is not None and load.auction.award is Award.PUBLISHER


# Bids.


def test_a_bid_is_a_quote_that_only_an_auction_ends(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    made = bid(db, load, capacity, 1_500)
    assert (made.kind, made.state, made.price_fen) == (QuoteKind.BID, QuoteState.SUBMITTED, 150_000)
    assert get_quote(db, made.id, SHIPPER) == made
    assert refused(lambda: withdraw_quote(db, CARRIER, made.id, NOW)) == "bid_binding"
    assert refused(lambda: reject(db, SHIPPER, made.id, NOW)) == "bid_binding"
    assert refused(lambda: counter(db, SHIPPER, made.id, 1, NOW)) == "bid_binding"
    assert refused(lambda: accept_quote(db, SHIPPER, made.id, NOW)) == "auction_lowest"


def test_an_auctioned_load_is_bid_on_and_others_are_quoted_on(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    asked = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    assert refused(lambda: submit_quote(db, CARRIER, load.id, capacity.id, 100, NOW)) == "auction_no_quotes"
    assert refused(lambda: bid(db, asked, capacity, 1)) == "no_auction"


def test_a_bid_stays_below_the_ceiling_the_own_last_bid_and_a_step_below_the_lowest(
    db: sa.Connection,
) -> None:
    load = auctioned(db, ceiling_fen=200_000, step_fen=10_000)
    one, two = truck(db), truck(db, OTHER_CARRIER, "京B00001")
    with pytest.raises(FieldErrors, match=r"2000\.00 yuan at most"):
        bid(db, load, one, 2_000.01)
    bid(db, load, one, 2_000)
    with pytest.raises(FieldErrors, match=r"1900\.00 yuan at most"):
        bid(db, load, two, 1_900.01, by=OTHER_CARRIER)
    bid(db, load, two, 1_900, by=OTHER_CARRIER)
    assert standing_of(db, load.id, CARRIER, NOW).most_fen == 180_000
    with pytest.raises(FieldErrors):
        place_bid(db, CARRIER, load.id, one.id, 0, NOW, HERE)


def test_without_a_step_a_bid_need_not_be_the_lowest_but_below_the_own_last(db: sa.Connection) -> None:
    load = auctioned(db)
    one, two = truck(db), truck(db, OTHER_CARRIER, "京B00001")
    bid(db, load, one, 1_500)
    bid(db, load, two, 1_700, by=OTHER_CARRIER)
    assert refused(lambda: bid(db, load, two, 1_700, by=OTHER_CARRIER), FieldErrors) == "bid_high"
    second = bid(db, load, two, 1_600, by=OTHER_CARRIER)
    assert standing_of(db, load.id, OTHER_CARRIER, NOW).bids == (second,)  # the first one was replaced


def test_no_price_is_left_below_one_step(db: sa.Connection) -> None:
    load = auctioned(db, step_fen=100)
    bid(db, load, truck(db), 0.5)
    other = truck(db, OTHER_CARRIER, "京B00001")
    assert refused(lambda: bid(db, load, other, 0.01, by=OTHER_CARRIER), FieldErrors) == "bid_none_left"


def test_who_may_bid(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    viewer = actor("org-carrier", "carrier", role="viewer")
    unverified = Actor("u", "org-carrier", frozenset({"dispatcher"}), frozenset({"carrier"}), cleared=False)
    assert refused(lambda: bid(db, load, capacity, 1, by=viewer), NotAllowed) == "role"
    assert refused(lambda: bid(db, load, capacity, 1, by=unverified), NotAllowed) == "not_cleared"
    assert refused(lambda: bid(db, load, capacity, 1, by=OTHER_CARRIER), NotAllowed) == "other_side"
    both = actor("org-shipper", "shipper", "carrier")
    own = truck(db, both, "京C00001")
    assert refused(lambda: bid(db, load, own, 1, by=both), NotAllowed) == "auction_own"
    narrow = auctioned(
        db, {"visibility": Visibility.PARTNERS, "invited": frozenset({"org-carrier-2", "org-carrier-3"})}
    )
    assert refused(lambda: bid(db, narrow, capacity, 1), NotFound) == "not_found"


@pytest.mark.parametrize(
    ("load", "key"),
    [
        ({"weight_kg": 31_000}, "too_heavy"),  # from the two offers alone
        ({"pickup": hours(0, 4.5)}, "late_at_pickup"),  # on the way
    ],
)
def test_the_vehicle_of_a_bid_must_fit(db: sa.Connection, load: dict[str, Any], key: str) -> None:
    close = {"closes_at": NOW + timedelta(hours=1), "latest_at": None, "soft_close_min": 0}
    posted = auctioned(db, load, **close)
    assert refused(lambda: bid(db, posted, truck(db), 1_500)) == key


def test_a_bid_after_the_end_is_refused(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    assert refused(lambda: bid(db, load, capacity, 1_500, CLOSES - NOW)) == "auction_closed"


# The end.


def test_a_bid_in_the_last_minutes_moves_the_end_up_to_the_latest(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    ends = []
    for yuan, before_end in ((2_000, 11), (1_900, 10), (1_800, 9), (1_700, 8), (1_600, 7)):
        auction = find_auction(db, load.id)
        assert auction is not None
        bid(db, load, capacity, yuan, auction.ends_at - NOW - before_end * MINUTE)
        after = find_auction(db, load.id)
        assert after is not None
        ends.append((after.ends_at - CLOSES) // MINUTE)
    assert ends == [0, 10, 20, 30, 30]


def test_terms_change_only_before_the_first_bid(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    later = load_draft(price_mode=PriceMode.AUCTION, auction=terms(ceiling_fen=100_000))
    edited = edit_load(db, SHIPPER, load.id, later, load.version, NOW, HERE)
    bid(db, edited, capacity, 1_000)
    assert refused(lambda: edit_load(db, SHIPPER, load.id, load_draft(), edited.version, NOW, HERE)) == (
        "auction_has_bids"
    )


def test_carriers_see_the_lowest_price_and_their_rank_and_the_publisher_sees_all(db: sa.Connection) -> None:
    load = auctioned(db)
    mine = bid(db, load, truck(db), 1_600)
    low = bid(db, load, truck(db, OTHER_CARRIER, "京B00001"), 1_500, by=OTHER_CARRIER)
    seen = standing_of(db, load.id, CARRIER, NOW)
    assert (seen.lowest_fen, seen.bidders, seen.rank, seen.own_fen) == (150_000, 2, 2, 160_000)
    assert seen.bids == (mine,)
    assert standing_of(db, load.id, OTHER_CARRIER, NOW).rank == 1
    assert standing_of(db, load.id, VIEWER, NOW).bids == (low, mine)
    assert [one.id for one in list_quotes(db, CARRIER, load_id=load.id).items] == [mine.id]
    stranger = standing_of(db, load.id, OTHER_SHIPPER, NOW)
    assert (stranger.bids, stranger.rank, stranger.most_fen) == ((), None, None)


def test_a_load_that_was_never_auctioned_has_no_standing(db: sa.Connection) -> None:
    asked = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    with pytest.raises(NotFound):
        standing_of(db, asked.id, SHIPPER, NOW)


# One winner, whoever is there at the same time.
