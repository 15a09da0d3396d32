"""Orders: each step by whose step it is, and back before loading."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.market.capacity import CapacityState
from haoyun.platform.market.errors import Conflict, FieldErrors, ForbiddenMove, NotAllowed, NotFound
from haoyun.platform.market.load import LoadState
from haoyun.platform.market.store import add_vehicle, get_capacity, get_load, post_capacity
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OPERATOR,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    capacity_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.trading.order import BEFORE_LOADING, NEXT, OrderState, move, way_to
from haoyun.platform.trading.store import (
    accept_quote,
    bind_vehicle,
    cancel_order,
    confirm_order,
    confirm_receipt,
    events_after,
    get_order,
    move_order,
    order_events,
    vehicles_under_way,
)
from haoyun.platform.trading.testing import open_deal, ready_order

PROOF = "ab" * 32


@given(before=st.sampled_from(list(OrderState)), target=st.sampled_from(list(OrderState)))
def test_the_way_to_a_state_is_made_of_steps_of_the_table(before: OrderState, target: OrderState) -> None:
    if target is OrderState.CANCELLED:
        return
    state = before
    for step in way_to(before, target):
        assert step in NEXT[state]
        state = step
    assert state is target or not way_to(before, target)


def test_every_state_but_the_last_two_can_be_cancelled() -> None:
    final = {state for state in OrderState if not NEXT[state]}
    assert final == {OrderState.COMPLETED, OrderState.CANCELLED}
    assert all(OrderState.CANCELLED in NEXT[state] for state in set(OrderState) - final)


def test_a_confirmed_order_with_a_vehicle_is_ready(db: sa.Connection) -> None:
    order = ready_order(db)
    assert order.state is OrderState.READY
    assert get_load(db, order.load_id, SHIPPER).state is LoadState.COVERED
    assert [event.state.value for event in order_events(db, order.id)] == [
        "AWAITING_CONFIRMATION",
        "AWAITING_VEHICLE",
        "READY",
    ]
    assert vehicles_under_way(db, SHIPPER) == {order.vehicle_id: order.id}
    assert vehicles_under_way(db, OTHER_SHIPPER) == {}


def test_a_vehicle_can_be_bound_after_the_confirmation(db: sa.Connection) -> None:
    deal = open_deal(db)
    order = accept_quote(db, SHIPPER, deal.quote.id, NOW)
    assert confirm_order(db, CARRIER, order.id, NOW).state is OrderState.AWAITING_VEHICLE
    with pytest.raises(Conflict, match="bind a vehicle"):
        move_order(db, CARRIER, order.id, OrderState.READY, NOW)
    assert bind_vehicle(db, CARRIER, order.id, deal.capacity.vehicle_id, NOW).state is OrderState.READY


def test_a_vehicle_of_somebody_else_cannot_be_bound(db: sa.Connection) -> None:
    order = accept_quote(db, SHIPPER, open_deal(db).quote.id, NOW)
    foreign = add_vehicle(db, OTHER_CARRIER, vehicle_draft("京B00001"), NOW)
    with pytest.raises(NotFound):
        confirm_order(db, CARRIER, order.id, NOW, foreign.id)
    confirm_order(db, CARRIER, order.id, NOW)
    with pytest.raises(FieldErrors):
        bind_vehicle(db, OPERATOR, order.id, foreign.id, NOW)


def test_steps_belong_to_a_side(db: sa.Connection) -> None:
    order = ready_order(db)
    with pytest.raises(NotAllowed, match="other side"):
        move_order(db, SHIPPER, order.id, OrderState.TO_LOADING, NOW)
    with pytest.raises(NotFound):
        move_order(db, OTHER_CARRIER, order.id, OrderState.TO_LOADING, NOW)
    with pytest.raises(ForbiddenMove):
        move_order(db, CARRIER, order.id, OrderState.IN_TRANSIT, NOW)
    with pytest.raises(Conflict, match="still READY"):
        confirm_receipt(db, SHIPPER, order.id, NOW)


def at_state(db: sa.Connection, state: OrderState) -> str:
    order = ready_order(db)
    for step in way_to(OrderState.READY, state):
        move_order(db, CARRIER, order.id, step, NOW)
    return order.id


def test_receipt_and_its_document_complete_an_order(db: sa.Connection) -> None:
    order_id = at_state(db, OrderState.TO_CONFIRM)
    with pytest.raises(NotAllowed):
        confirm_receipt(db, CARRIER, order_id, NOW, PROOF)
    with pytest.raises(NotAllowed):
        confirm_receipt(db, VIEWER, order_id, NOW, PROOF)
    with pytest.raises(FieldErrors, match="SHA-256"):
        confirm_receipt(db, SHIPPER, order_id, NOW, "hash")
    assert confirm_receipt(db, SHIPPER, order_id, NOW).state is OrderState.AWAITING_DOCUMENTS
    assert confirm_receipt(db, SHIPPER, order_id, NOW, PROOF).state is OrderState.COMPLETED
    assert order_events(db, order_id)[-1].evidence == {"document_sha256": PROOF}
    with pytest.raises(Conflict):
        confirm_receipt(db, SHIPPER, order_id, NOW, PROOF)


@pytest.mark.parametrize("actor", [SHIPPER, CARRIER, OPERATOR])
def test_an_order_cancelled_before_loading_gives_everything_back(db: sa.Connection, actor: object) -> None:
    deal = open_deal(db)
    order = accept_quote(db, SHIPPER, deal.quote.id, NOW)
    cancel_order(db, actor, order.id, NOW, "truck broke down")  # type: ignore[arg-type]
    assert get_load(db, deal.load.id, SHIPPER).state is LoadState.OPEN
    back = get_capacity(db, deal.capacity.id, CARRIER)
    assert (back.weight_kg, back.ldm_cm, back.plan, back.booked) == (30_000, 1_300, (), 0)
    assert back.state is CapacityState.OPEN


def test_a_load_whose_order_was_cancelled_can_be_ordered_again(db: sa.Connection) -> None:
    order = ready_order(db)
    cancel_order(db, CARRIER, order.id, NOW)
    again = open_deal(db, plate="京A20000")
    assert accept_quote(db, SHIPPER, again.quote.id, NOW).id != order.id


def test_space_given_back_to_a_vehicle_that_is_offered_anew_is_nobodys(db: sa.Connection) -> None:
    deal = open_deal(db, ldm_cm=1_300)
    order = accept_quote(db, SHIPPER, deal.quote.id, NOW)
    post_capacity(db, CARRIER, capacity_draft(deal.capacity.vehicle_id), NOW, road_context())
    cancel_order(db, SHIPPER, order.id, NOW)
    assert get_capacity(db, deal.capacity.id, CARRIER).state is CapacityState.WITHDRAWN


def test_after_loading_only_the_operator_cancels_and_nothing_is_on_offer_again(db: sa.Connection) -> None:
    order_id = at_state(db, OrderState.LOADING)
    for actor in (SHIPPER, CARRIER):
        with pytest.raises(NotAllowed, match="operator"):
            cancel_order(db, actor, order_id, NOW)
    cancelled = cancel_order(db, OPERATOR, order_id, NOW)
    assert get_load(db, cancelled.load_id, SHIPPER).state is LoadState.COVERED
    assert OrderState.LOADING not in BEFORE_LOADING


def test_events_are_followed_behind_a_cursor(db: sa.Connection) -> None:
    order = ready_order(db)
    first, cursor = events_after(db, 0, limit=2)
    rest, end = events_after(db, cursor)
    assert [event.version for event in first + rest] == [1, 2, 3]
    assert events_after(db, end) == ([], end)
    assert rest[-1].order_id == order.id


def test_a_step_is_a_new_version(db: sa.Connection) -> None:
    order = ready_order(db)
    assert move(order, OrderState.TO_LOADING, NOW).version == order.version + 1
    assert get_order(db, order.id, SHIPPER) == order
