"""What is told of bookings: webhooks of everybody concerned, the inbox of the side that did not act, once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from docks_world import NOW, at, registered, visit

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.rule import NoticeKind
from haoyun.platform.alerts.store import alerts_of
from haoyun.platform.database import Databases
from haoyun.platform.docks.book import Wish, at_the_gate, book, cancel, rebook
from haoyun.platform.docks.booking import Booking, BookingState
from haoyun.platform.docks.follow import follow_bookings
from haoyun.platform.market.testing import CARRIER, OPERATOR, OTHER_CARRIER, SHIPPER, actor
from haoyun.platform.trading.testing import ready_order
from haoyun.platform.webhooks.store import add_webhook
from haoyun.platform.webhooks.tables import DELIVERY
from haoyun.platform.webhooks.webhook import WebhookDraft

KEEPER = actor("org-warehouse", "shipper")
NINE = at("2026-05-12 09:00")


def made(stores: Databases, who: Actor = CARRIER, **changes: Any) -> Booking:
    with stores.platform.begin() as db:
        _, (dock,) = registered(db, KEEPER)
        return book(db, who, Wish(dock_id=dock.id, start=NINE, visit=visit(), **changes), NOW)


def inbox(stores: Databases, who: Actor) -> list[NoticeKind]:
    with stores.platform.begin() as db:
        return [one.kind for one in alerts_of(db, who)][::-1]  # type: ignore[misc]


def test_the_side_that_did_not_act_is_told_once(stores: Databases) -> None:
    booking = made(stores)
    with stores.platform.begin() as db:
        rebook(db, KEEPER, booking.id, booking.dock_id, at("2026-05-12 10:00"), 1, NOW)
        cancel(db, CARRIER, booking.id, NOW)
    assert [follow_bookings(stores, NOW) for _ in range(2)] == [3, 0]
    assert inbox(stores, KEEPER) == [NoticeKind.DOCK_BOOKED, NoticeKind.DOCK_CANCELLED]
    assert inbox(stores, CARRIER) == [NoticeKind.DOCK_REBOOKED]
    assert inbox(stores, OTHER_CARRIER) == []


def test_the_operator_acts_and_both_sides_are_told(stores: Databases) -> None:
    booking = made(stores)
    follow_bookings(stores, NOW)
    with stores.platform.begin() as db:
        cancel(db, OPERATOR, booking.id, NOW)
    follow_bookings(stores, NOW)
    assert inbox(stores, CARRIER) == [NoticeKind.DOCK_CANCELLED]
    assert inbox(stores, KEEPER)[-1] is NoticeKind.DOCK_CANCELLED


def test_a_warehouse_that_books_its_own_dock_tells_nobody(stores: Databases) -> None:
    made(stores, KEEPER)
    assert follow_bookings(stores, NOW) == 1
    assert inbox(stores, KEEPER) == []


def test_webhooks_of_everybody_concerned_are_told_each_step_and_strangers_nothing(stores: Databases) -> None:
    with stores.platform.begin() as db:
        order = ready_order(db)
        hooks = {}
        for who in (KEEPER, CARRIER, SHIPPER, OTHER_CARRIER):
            hook = add_webhook(db, who, WebhookDraft(url=f"https://{who.org_id}.example.com/hook"), NOW)
            hooks[hook.id] = who
    booking = made(stores, order_id=order.id)
    with stores.platform.begin() as db:
        at_the_gate(db, KEEPER, booking.id, BookingState.ARRIVED, NINE)
    follow_bookings(stores, NOW)
    with stores.platform.connect() as db:
        rows = list(db.execute(sa.select(DELIVERY).order_by(DELIVERY.c.id)))
    told = [(hooks[row.webhook_id], row.type) for row in rows if row.subject_id == booking.id]
    assert sorted(told, key=str) == sorted(
        [(who, kind) for who in (KEEPER, CARRIER, SHIPPER) for kind in ("dock.booked", "dock.arrived")],
        key=str,
    )
    bodies = [orjson.loads(row.body)["data"] for row in rows if row.subject_id == booking.id]
    assert {body["booking"]["order_id"] for body in bodies} == {None}, "the warehouse is no side of the order"
    assert {body["state"] for body in bodies} == {"BOOKED", "ARRIVED"}


def test_a_follower_that_dies_before_its_commit_tells_once_all_the_same(stores: Databases) -> None:
    made(stores)
    engine = stores.platform

    def die(_connection: sa.Connection) -> None:
        raise RuntimeError("killed")

    sa.event.listen(engine, "commit", die)
    try:
        with pytest.raises(RuntimeError):
            follow_bookings(stores, NOW)
    finally:
        sa.event.remove(engine, "commit", die)
    assert inbox(stores, KEEPER) == []
    assert follow_bookings(stores, NOW) == 1
    assert inbox(stores, KEEPER) == [NoticeKind.DOCK_BOOKED]
