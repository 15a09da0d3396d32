"""Auctions under fire: one order, whoever bids, chooses and closes at the same time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import sqlalchemy as sa
from auction_world import CLOSES, HERE, MINUTE, auctioned, bid, close, happened, in_step, truck
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.market.auction import (
    Award,
)
from haoyun.platform.market.auctions_store import find_auction
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import FieldErrors, MarketError
from haoyun.platform.market.load import Load
from haoyun.platform.market.store import (
    withdraw_capacity,
)
from haoyun.platform.market.testing import (
    NOW,
    SHIPPER,
    actor,
)
from haoyun.platform.market.values import MAX_PRICE_FEN
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.store import (
    accept_quote,
    orders_of,
)
from haoyun.platform.trading.tables import ORDER


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
