"""Of many who want the same slots at once exactly one gets them: real threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa
from docks_world import NOW, at, dock_draft, registered, visit

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.docks.book import Wish, book, cancel, rebook
from haoyun.platform.docks.bookings_store import BookingFilter, list_bookings
from haoyun.platform.docks.claims import claim
from haoyun.platform.docks.docks_store import close_dock
from haoyun.platform.docks.tables import CLAIM
from haoyun.platform.market.errors import Conflict, MarketError
from haoyun.platform.market.testing import OPERATOR, actor
from haoyun.platform.market.values import Window

KEEPER = actor("org-warehouse", "shipper")
RACERS = [actor(f"org-{i}", "carrier") for i in range(6)]
NINE = at("2026-05-12 09:00")
Act = Callable[[sa.Connection], object]


def race(stores: Databases, acts: list[Act]) -> list[object]:
    """Let every act run in a thread and a transaction of its own, all started at once; what each was answered."""
    start = threading.Barrier(len(acts))

    def run(act: Act) -> object:
        start.wait(timeout=60)
        try:
            with stores.platform.begin() as db:
                return act(db)
        except MarketError as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts, timeout=120))


def booking(who: Actor, dock_id: str, start: datetime = NINE, slots: int = 1) -> Act:
    return lambda db: book(db, who, Wish(dock_id=dock_id, start=start, visit=visit(), slots=slots), NOW)


def must_not_overlap(stores: Databases) -> int:
    """No quarter of an hour of a dock stands in two bookings that hold it; returns how many bookings hold something."""
    with stores.platform.connect() as db:
        held = list_bookings(db, OPERATOR, BookingFilter(), limit=200).items
        claims = {(row.dock_id, row.quarter): row.holder_id for row in db.execute(sa.select(CLAIM))}
    holding = [one for one in held if one.state.value not in ("CANCELLED", "NO_SHOW")]
    wanted = [(one.dock_id, quarter) for one in holding for quarter in one.slot.quarters()]
    assert len(wanted) == len(set(wanted)), "two bookings overlap"
    assert {claims[key] for key in wanted} == {one.id for one in holding}
    assert set(claims) == set(wanted)
    return len(holding)


def won(answers: list[object]) -> list[object]:
    return [one for one in answers if not isinstance(one, MarketError)]


def test_of_many_who_want_a_slot_exactly_one_gets_it(stores: Databases) -> None:
    with stores.platform.begin() as db:
        _, (dock,) = registered(db, KEEPER)
    for hour in range(3):
        start = NINE + timedelta(hours=hour)
        answers = race(stores, [booking(who, dock.id, start) for who in RACERS])
        assert len(won(answers)) == 1
        assert all(isinstance(one, Conflict) for one in answers if isinstance(one, MarketError))
        assert must_not_overlap(stores) == hour + 1


def test_runs_that_overlap_each_other_are_won_whole_or_not_at_all(stores: Databases) -> None:
    with stores.platform.begin() as db:
        _, (dock,) = registered(db, KEEPER, dock_draft(slot_min=15))
    starts = [NINE + timedelta(minutes=15 * i) for i in range(6)]
    answers = race(
        stores, [booking(who, dock.id, start, 4) for who, start in zip(RACERS, starts, strict=True)]
    )
    assert must_not_overlap(stores) == len(won(answers)) >= 1


def test_two_who_exchange_their_slots_at_once_neither_block_nor_overlap(stores: Databases) -> None:
    with stores.platform.begin() as db:
        _, docks = registered(db, KEEPER, dock_draft("1"), dock_draft("2"))
        first, second = (
            book(db, who, Wish(dock_id=dock.id, start=NINE, visit=visit()), NOW)
            for who, dock in zip(RACERS, docks, strict=False)
        )
    for _ in range(3):
        answers = race(
            stores,
            [
                lambda db: rebook(db, RACERS[0], first.id, docks[1].id, NINE, 1, NOW),
                lambda db: rebook(db, RACERS[1], second.id, docks[0].id, NINE, 1, NOW),
            ],
        )
        assert all(isinstance(one, Conflict) for one in answers), "each holds what the other wants"
        assert must_not_overlap(stores) == 2


def test_a_slot_that_is_let_go_is_won_by_one(stores: Databases) -> None:
    with stores.platform.begin() as db:
        _, (dock,) = registered(db, KEEPER)
        made = book(db, KEEPER, Wish(dock_id=dock.id, start=NINE, visit=visit()), NOW)
    answers = race(
        stores,
        [lambda db: cancel(db, KEEPER, made.id, NOW), *(booking(who, dock.id) for who in RACERS)],
    )
    assert len(won(answers[1:])) <= 1
    assert must_not_overlap(stores) == len(won(answers[1:]))


def test_a_closure_and_a_booking_never_hold_the_same_time(stores: Databases) -> None:
    with stores.platform.begin() as db:
        _, (dock,) = registered(db, KEEPER)
    window = Window(NINE, NINE + timedelta(hours=2))
    answers = race(
        stores,
        [lambda db: close_dock(db, KEEPER, dock.id, window, "", NOW), booking(RACERS[0], dock.id)],
    )
    assert len(won(answers)) == 1


def test_a_booking_is_moved_or_called_off_by_one_of_two(stores: Databases) -> None:
    with stores.platform.begin() as db:
        _, (dock,) = registered(db, KEEPER)
        made = book(db, RACERS[0], Wish(dock_id=dock.id, start=NINE, visit=visit()), NOW)
    later = NINE + timedelta(hours=4)
    race(
        stores,
        [
            lambda db: rebook(db, RACERS[0], made.id, dock.id, later, 1, NOW),
            lambda db: cancel(db, KEEPER, made.id, NOW),
        ],
    )
    must_not_overlap(stores)


def test_the_unique_key_alone_holds_where_nobody_locks(stores: Databases) -> None:
    """The locks make refusals right and keep moves from blocking each other; that one wins is the key's doing."""
    answers = race(
        stores,
        [
            (lambda db, i=i: claim(db, "dock_1", range(100 + i % 3, 110 + i % 3), f"holder-{i}"))
            for i in range(6)
        ],
    )
    assert answers.count(True) == 1
    with stores.platform.connect() as db:
        assert len(set(db.scalars(sa.select(CLAIM.c.holder_id)))) == 1
        assert db.scalar(sa.select(sa.func.count()).select_from(CLAIM)) == 10
