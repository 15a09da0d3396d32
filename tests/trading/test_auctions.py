"""Auctions: the lowest valid bid in time wins, once, whoever bids, chooses and closes at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.tables import organization as organization_table
from haoyun.platform.database import Databases
from haoyun.platform.market.auction import (
    AuctionState,
    AuctionTerms,
    Award,
    Unsold,
)
from haoyun.platform.market.auctions_store import auctions_due, find_auction
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Conflict, FieldErrors, MarketError, NotAllowed, NotFound
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.store import (
    add_vehicle,
    edit_load,
    get_load,
    post_capacity,
    post_load,
    withdraw_capacity,
    withdraw_load,
)
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    actor,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    seen_at,
    vehicle_draft,
)
from haoyun.platform.market.values import MAX_PRICE_FEN
from haoyun.platform.trading.auction_events import Happened, auction_event
from haoyun.platform.trading.closing import close_auction
from haoyun.platform.trading.quote import Quote, QuoteKind, QuoteState
from haoyun.platform.trading.store import (
    accept_quote,
    cancel_order,
    counter,
    get_quote,
    list_quotes,
    orders_of,
    place_bid,
    reject,
    standing_of,
    submit_quote,
    withdraw_quote,
)
from haoyun.platform.trading.tables import AUCTION_EVENT, ORDER

HERE = road_context()
CLOSES = NOW + timedelta(hours=2)
# The bidders of most tests are in no list of organizations.
close = partial(close_auction, verified_only=False)
MINUTE = timedelta(minutes=1)
THIRD = actor("org-carrier-3", "carrier")


def terms(**changes: Any) -> AuctionTerms:
    values: dict[str, Any] = {"closes_at": CLOSES, "latest_at": CLOSES + 30 * MINUTE, "soft_close_min": 10}
    return AuctionTerms(**{**values, **changes})


def auctioned(db: sa.Connection, load: dict[str, Any] | None = None, **changes: Any) -> Load:
    draft = load_draft(price_mode=PriceMode.AUCTION, auction=terms(**changes), **(load or {}))
    return post_load(db, SHIPPER, draft, NOW, HERE)


def truck(db: sa.Connection, carrier: Actor = CARRIER, plate: str = "京A12345", **changes: Any) -> Capacity:
    vehicle = add_vehicle(db, carrier, vehicle_draft(plate), NOW)
    draft = capacity_draft(vehicle.id, **{"ready": hours(3, 48), **changes})
    return post_capacity(db, carrier, draft, NOW, HERE)


def bid(
    db: sa.Connection,
    load: Load,
    capacity: Capacity,
    yuan: float,
    after: timedelta = MINUTE,
    by: Actor = CARRIER,
) -> Quote:
    return place_bid(db, by, load.id, capacity.id, round(yuan * 100), NOW + after, HERE)


def refused(what: Callable[[], object], kind: type[MarketError] = Conflict) -> str:
    with pytest.raises(kind) as caught:
        what()
    assert str(caught.value)
    if isinstance(caught.value, FieldErrors):
        return next(iter(caught.value.errors.values()))[0]
    return caught.value.key


def happened(db: sa.Connection) -> list[tuple[Happened, int | None]]:
    rows = db.execute(sa.select(AUCTION_EVENT).order_by(AUCTION_EVENT.c.seq))
    return [(event.kind, event.lowest_fen) for event in map(auction_event, rows)]


# What a publisher may set.


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


def enter(db: sa.Connection, org_id: str, verification: str) -> None:
    made = create_organization(
        db, name="承运", name_en="Carrier", kinds={"carrier"}, now=NOW, verification=verification
    )
    db.execute(sa.update(organization_table).where(organization_table.c.id == made.id).values(id=org_id))


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


def test_terms_change_only_before_the_first_bid(db: sa.Connection) -> None:
    load, capacity = auctioned(db), truck(db)
    later = load_draft(price_mode=PriceMode.AUCTION, auction=terms(ceiling_fen=100_000))
    edited = edit_load(db, SHIPPER, load.id, later, load.version, NOW, HERE)
    bid(db, edited, capacity, 1_000)
    assert refused(lambda: edit_load(db, SHIPPER, load.id, load_draft(), edited.version, NOW, HERE)) == (
        "auction_has_bids"
    )


def test_a_load_whose_awarded_order_is_cancelled_asks_for_quotes(db: sa.Connection) -> None:
    load = auctioned(db)
    bid(db, load, truck(db), 1_600)
    close(db, load.id, CLOSES, HERE)
    (order,) = orders_of(db, SHIPPER).items
    cancel_order(db, SHIPPER, order.id, CLOSES)
    after = get_load(db, load.id, SHIPPER)
    assert (after.state, after.price_mode) == (LoadState.OPEN, PriceMode.ASK)


# Who sees what.


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


def in_step(works: list[Callable[[], object]]) -> list[object]:
    """Run each in a thread, all let go together; what a refusal is, is its key."""
    gate, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(index: int) -> None:
        gate.wait(timeout=60)
        try:
            answers[index] = works[index]()  # type: ignore[call-overload]
        except MarketError as error:
            answers[index] = error.key  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a thread waits for ever"
    return answers


def test_many_who_bid_at_once_step_below_each_other(stores: Databases) -> None:
    with stores.platform.begin() as db:
        load = auctioned(db, ceiling_fen=100_000, step_fen=100)
        carriers = [actor(f"org-{i}", "carrier") for i in range(4)]
        trucks = [truck(db, one, f"京A{10_000 + i}") for i, one in enumerate(carriers)]

    def bidding(index: int) -> Callable[[], object]:
        def run() -> object:
            made = 0
            for step in range(5):
                price = 1_000 - 2 * step
                try:
                    with stores.platform.begin() as db:
                        bid(db, load, trucks[index], price, by=carriers[index])
                    made += 1
                except FieldErrors:
                    continue
            return made

        return run

    answers = in_step([bidding(index) for index in range(4)])
    made = sum(one for one in answers if isinstance(one, int))
    with stores.platform.connect() as db:
        steps = [price for _kind, price in happened(db)]
        auction = find_auction(db, load.id)
    assert auction is not None and auction.bids == made == len(steps)
    prices = [price for price in steps if price is not None]
    assert all(low <= high - 100 for high, low in pairwise(prices)), prices


def test_closers_choosers_and_bidders_at_once_make_one_order(stores: Databases) -> None:
    for award in Award:
        with stores.platform.begin() as db:
            load = auctioned(db, award=award)
            plates = [f"京{award.value[0].upper()}{10_000 + i}" for i in range(3)]
            carriers = [actor(f"org-{award.value}-{i}", "carrier") for i in range(3)]
            trucks = [truck(db, one, plate) for one, plate in zip(carriers, plates, strict=True)]
            bids = [
                bid(db, load, one, 1_500 - i, by=carrier)
                for i, (one, carrier) in enumerate(zip(trucks, carriers, strict=True))
            ]
        if award is Award.PUBLISHER:
            with stores.platform.begin() as db:
                close(db, load.id, CLOSES, HERE)

        def closing(load_id: str = load.id) -> object:
            with stores.platform.begin() as db:
                return close(db, load_id, CLOSES, HERE)

        def choosing(made: Quote) -> Callable[[], object]:
            def run() -> object:
                with stores.platform.begin() as db:
                    return accept_quote(db, SHIPPER, made.id, CLOSES).id

            return run

        def late(load: Load = load, one: Capacity = trucks[0], by: Actor = carriers[0]) -> object:
            with stores.platform.begin() as db:
                return bid(db, load, one, 1, CLOSES - NOW, by=by).id

        in_step([closing, closing, *(choosing(one) for one in bids), late])
        with stores.platform.connect() as db:
            made = db.scalars(sa.select(ORDER.c.quote_id).where(ORDER.c.load_id == load.id)).all()
        assert len(made) == 1
        if award is Award.LOWEST:
            assert made[0] == bids[-1].id


# Any course of an auction against a model of it in whole minutes and fen.


class Bidding(RuleBasedStateMachine):
    """Bids at any price and time, trucks that go, time that passes; the end is closed and compared."""

    def __init__(self, db: sa.Connection) -> None:
        super().__init__()
        self.db, self.inside = db, db.begin_nested()
        self.carriers = [actor(f"org-{i}", "carrier") for i in range(3)]
        self.trucks = [truck(db, one, f"京A{10_000 + i}") for i, one in enumerate(self.carriers)]
        self.gone: set[int] = set()
        self.bids: dict[int, tuple[int, int]] = {}  # by truck: its price in fen and the number of the bid
        self.minute = 90  # after NOW; the auction closes at 120

    @initialize(
        soft=st.integers(0, 10),
        step_fen=st.sampled_from([0, 0, 1, 500]),
        ceiling_fen=st.sampled_from([None, 3_000]),
        latest=st.integers(120, 150),
    )
    def begin(self, soft: int, step_fen: int, ceiling_fen: int | None, latest: int) -> None:
        self.soft, self.step_fen, self.latest, self.end = soft, step_fen, latest, 120
        self.ceiling_fen = MAX_PRICE_FEN if ceiling_fen is None else ceiling_fen
        self.load = auctioned(
            self.db,
            soft_close_min=soft,
            step_fen=step_fen,
            ceiling_fen=ceiling_fen,
            latest_at=NOW + latest * MINUTE,
        )

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes: int) -> None:
        self.minute += minutes

    @rule(who=st.integers(0, 2))
    def take_the_truck_away(self, who: int) -> None:
        if who not in self.gone:
            withdraw_capacity(self.db, self.carriers[who], self.trucks[who].id, NOW)
            self.gone.add(who)

    @rule(who=st.integers(0, 2), price_fen=st.integers(1, 4_000))
    def offer(self, who: int, price_fen: int) -> None:
        counting = {one: price for one, (price, _number) in self.bids.items() if one not in self.gone}
        high = [self.ceiling_fen]
        if self.step_fen and counting:
            high.append(min(counting.values()) - self.step_fen)
        if who in counting:
            high.append(counting[who] - 1)
        taken = self.minute < self.end and who not in self.gone and price_fen <= min(high)
        try:
            bid(
                self.db,
                self.load,
                self.trucks[who],
                price_fen / 100,
                self.minute * MINUTE,
                self.carriers[who],
            )
        except MarketError:
            assert not taken
            return
        assert taken
        if self.end - self.minute <= self.soft:
            self.end = min(self.end + self.soft, self.latest)
        number = max((number for _price, number in self.bids.values()), default=0) + 1
        self.bids[who] = (price_fen, number)

    @invariant()
    def the_end_is_as_reckoned(self) -> None:
        if hasattr(self, "load"):
            auction = find_auction(self.db, self.load.id)
            assert auction is not None and auction.ends_at == NOW + self.end * MINUTE

    def teardown(self) -> None:
        if hasattr(self, "load"):
            early = close(self.db, self.load.id, NOW + self.end * MINUTE - MINUTE, HERE)
            assert early is None
            close(self.db, self.load.id, NOW + self.end * MINUTE, HERE)
            counting = [(*one, who) for who, one in self.bids.items() if who not in self.gone]
            won = [(order.price_fen, order.carrier_org) for order in orders_of(self.db, SHIPPER).items]
            best = min(counting, default=None)
            assert won == ([] if best is None else [(best[0], f"org-{best[2]}")])
        self.inside.rollback()


def test_the_winner_of_any_course_is_the_lowest_valid_bid_in_time(db: sa.Connection) -> None:
    run_state_machine_as_test(
        lambda: Bidding(db),
        settings=settings(
            max_examples=20,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
