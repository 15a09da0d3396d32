"""Whatever happens in whatever order: bookings keep to their life cycle, and no two overlap on a dock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from docks_world import NOW, at, dock_draft, registered, visit
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from haoyun.platform.database import Databases
from haoyun.platform.docks import booking
from haoyun.platform.docks.book import Wish, at_the_gate, book, cancel, rebook
from haoyun.platform.docks.booking import HOLDING, NEXT, BookingState
from haoyun.platform.docks.bookings_store import get_booking
from haoyun.platform.docks.docks_store import change_dock, close_dock, get_dock, open_again
from haoyun.platform.docks.tables import BOOKING, CLAIM, CLOSURE, EVENT
from haoyun.platform.market.errors import Conflict, FieldErrors, ForbiddenMove, MarketError
from haoyun.platform.market.testing import CARRIER, OTHER_CARRIER, actor
from haoyun.platform.market.values import Window
from haoyun.platform.trading.lifecycles import table_of
from haoyun.tracking.instants import from_ms

KEEPER = actor("org-warehouse", "shipper")
DAY = at("2026-05-12 08:00")
QUARTERS = st.integers(0, 40).map(lambda n: DAY + timedelta(minutes=15 * n))
WHO = st.sampled_from([CARRIER, OTHER_CARRIER, KEEPER])


class Life(RuleBasedStateMachine):
    """A warehouse of two docks; what is stored is held against what the answers said."""

    databases: Databases
    bookings = Bundle("bookings")
    closures = Bundle("closures")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.states: dict[str, BookingState] = {}
        self.connection = self.databases.platform.connect()
        self.transaction = self.connection.begin()
        _, self.docks = registered(
            self.connection, KEEPER, dock_draft("1", slot_min=60), dock_draft("2", slot_min=30)
        )

    def teardown(self) -> None:
        self.transaction.rollback()
        self.connection.close()

    def attempt(self, act: object) -> object:
        """Do something in a transaction of its own; a refusal leaves nothing behind."""
        try:
            with self.connection.begin_nested():
                return act(self.connection)  # type: ignore[operator]
        except (Conflict, FieldErrors) as refused:
            return refused

    @rule(target=bookings, who=WHO, dock=st.integers(0, 1), start=QUARTERS, slots=st.integers(1, 4))
    def a_booking(self, who: object, dock: int, start: datetime, slots: int) -> object:
        wanted = Wish(dock_id=self.docks[dock].id, start=start, visit=visit(), slots=slots)
        made = self.attempt(lambda db: book(db, who, wanted, self.now))  # type: ignore[arg-type]
        if isinstance(made, MarketError):
            return multiple()
        self.states[made.id] = BookingState.BOOKED  # type: ignore[attr-defined]
        return made.id  # type: ignore[attr-defined]

    @rule(booking_id=bookings, dock=st.integers(0, 1), start=QUARTERS, slots=st.integers(1, 4))
    def a_move(self, booking_id: str, dock: int, start: datetime, slots: int) -> None:
        before = get_booking(self.connection, booking_id, KEEPER)
        moved = self.attempt(
            lambda db: rebook(db, KEEPER, booking_id, self.docks[dock].id, start, slots, self.now)
        )
        if isinstance(moved, MarketError):
            assert get_booking(self.connection, booking_id, KEEPER) == before
        else:
            assert before.state is BookingState.BOOKED

    @rule(booking_id=bookings, to=st.sampled_from(list(BookingState)))
    def a_step(self, booking_id: str, to: BookingState) -> None:
        before = self.states[booking_id]
        if to is BookingState.CANCELLED:
            answer = self.attempt(lambda db: cancel(db, KEEPER, booking_id, self.now))
        else:
            answer = self.attempt(lambda db: at_the_gate(db, KEEPER, booking_id, to, self.now))
        if isinstance(answer, MarketError):
            early = to is BookingState.NO_SHOW and before is BookingState.BOOKED
            assert to not in NEXT[before] or early
            assert isinstance(answer, ForbiddenMove) or early or to is BookingState.BOOKED
        else:
            assert to in NEXT[before]
            self.states[booking_id] = to

    @rule(target=closures, dock=st.integers(0, 1), start=QUARTERS, length=st.integers(1, 12))
    def a_closure(self, dock: int, start: datetime, length: int) -> object:
        window = Window(start, start + timedelta(minutes=15 * length))
        made = self.attempt(lambda db: close_dock(db, KEEPER, self.docks[dock].id, window, "", self.now))
        return multiple() if isinstance(made, MarketError) else (self.docks[dock].id, made.id)  # type: ignore[attr-defined]

    @rule(closure=closures)
    def an_opening(self, closure: tuple[str, str]) -> None:
        self.attempt(lambda db: open_again(db, KEEPER, *closure)) if self._stands(closure[1]) else None

    @rule(dock=st.integers(0, 1), slot_min=st.sampled_from([15, 30, 60, 90]))
    def other_slots(self, dock: int, slot_min: int) -> None:
        found = get_dock(self.connection, self.docks[dock].id, KEEPER)
        change_dock(
            self.connection, KEEPER, found.id, dock_draft(found.name, slot_min=slot_min), found.version
        )

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def _stands(self, closure_id: str) -> bool:
        return (
            self.connection.execute(sa.select(CLOSURE.c.id).where(CLOSURE.c.id == closure_id)).first()
            is not None
        )

    @invariant()
    def no_two_overlap_and_every_claim_has_its_holder(self) -> None:
        spans: dict[str, list[tuple[datetime, datetime]]] = {}
        holders = set()
        for row in self.connection.execute(sa.select(BOOKING)):
            assert row.state == self.states[row.id].value
            if BookingState(row.state) in HOLDING:
                spans.setdefault(row.dock_id, []).append((from_ms(row.start_ms), from_ms(row.end_ms)))
                holders.add(row.id)
        for row in self.connection.execute(sa.select(CLOSURE)):
            spans.setdefault(row.dock_id, []).append((from_ms(row.start_ms), from_ms(row.end_ms)))
            holders.add(row.id)
        for held in spans.values():
            held.sort()
            assert all(a[1] <= b[0] for a, b in pairwise(held))
        assert set(self.connection.scalars(sa.select(CLAIM.c.holder_id))) == holders

    @invariant()
    def every_step_has_its_event(self) -> None:
        for row in self.connection.execute(sa.select(BOOKING.c.id, BOOKING.c.version)):
            told = self.connection.scalars(
                sa.select(EVENT.c.version).where(EVENT.c.booking_id == row.id).order_by(EVENT.c.seq)
            )
            assert list(told) == list(range(1, row.version + 1))


def test_the_reference_shows_the_table_of_the_code() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "lifecycles.md"
    assert table_of(booking, BookingState) in page.read_text(encoding="utf-8")
    assert set(NEXT) == set(BookingState)


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest) -> Iterator[type[Life]]:
    databases = request.getfixturevalue(
        "postgres_stores" if request.param == "postgresql" else "sqlite_stores"
    )
    yield type("LifeHere", (Life,), {"databases": databases})


def test_bookings_keep_to_their_life_cycle_and_never_overlap(machine: type[Life]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
