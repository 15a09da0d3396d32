"""Booking in the database: who may, what is refused with what would be right, and who sees what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from docks_world import NOW, WORKDAYS, at, dock_draft, registered, visit, warehouse_draft

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.docks.availability import (
    Around,
    SlotState,
    asker,
    choices,
    day_of_warehouse,
    find_warehouses,
    next_free,
)
from haoyun.platform.docks.book import Wish, at_the_gate, book, cancel, rebook
from haoyun.platform.docks.booking import Booking, BookingState
from haoyun.platform.docks.bookings_store import BookingFilter, get_booking, list_bookings
from haoyun.platform.docks.coming import Coming
from haoyun.platform.docks.dock import OpenTo, Purpose
from haoyun.platform.docks.docks_store import (
    add_dock,
    change_dock,
    close_dock,
    docks_of,
    end_dock,
    get_dock,
    open_again,
)
from haoyun.platform.docks.hours import read_week
from haoyun.platform.docks.warehouses_store import change_warehouse, end_warehouse, get_warehouse
from haoyun.platform.market.errors import Conflict, FieldErrors, ForbiddenMove, NotAllowed, NotFound, Stale
from haoyun.platform.market.store import add_vehicle
from haoyun.platform.market.tables import LOAD
from haoyun.platform.market.testing import (
    CARRIER,
    OPERATOR,
    OTHER_CARRIER,
    SHIPPER,
    VIEWER,
    actor,
    vehicle_draft,
)
from haoyun.platform.market.units import retire_vehicle
from haoyun.platform.market.values import Window
from haoyun.platform.publishing.partners import add_partner
from haoyun.platform.trading.testing import ready_order

KEEPER = actor("org-warehouse", "shipper")
GUARD = replace(KEEPER, roles=frozenset({"driver"}))
LOOKER = replace(KEEPER, roles=frozenset({"viewer"}))
NINE = at("2026-05-12 09:00")  # Tuesday


def wish(dock_id: str, start: datetime = NINE, **changes: Any) -> Wish:
    return Wish(dock_id=dock_id, start=start, **{"visit": visit(), **changes})


def booked(db: sa.Connection, who: Actor = CARRIER, **changes: Any) -> Booking:
    """A booking at a new warehouse of one dock."""
    _, (dock,) = registered(db, KEEPER)
    return book(db, who, wish(dock.id, **changes), NOW)


def test_a_booking_holds_its_slots_and_is_seen_by_both_sides(db: sa.Connection) -> None:
    made = booked(db, slots=2, note="two pallets")
    assert get_booking(db, made.id, CARRIER) == get_booking(db, made.id, KEEPER) == made
    assert (made.state, made.slot.end - made.slot.start) == (BookingState.BOOKED, timedelta(hours=2))
    assert get_booking(db, made.id, OPERATOR) == made
    with pytest.raises(NotFound):
        get_booking(db, made.id, OTHER_CARRIER)


def test_a_taken_slot_is_refused_with_the_next_free_one(db: sa.Connection) -> None:
    made = booked(db)
    with pytest.raises(Conflict, match="this time is taken; next free: 2026-05-12 10:00 at 1"):
        book(db, OTHER_CARRIER, wish(made.dock_id), NOW)
    with pytest.raises(Conflict) as refused:
        book(db, OTHER_CARRIER, wish(made.dock_id, NINE - timedelta(hours=1), slots=2), NOW)
    assert refused.value.params["next"] == "2026-05-12 10:00"
    assert book(db, OTHER_CARRIER, wish(made.dock_id, NINE + timedelta(hours=1)), NOW)


def test_a_refusal_says_the_rule_and_what_would_be_right(db: sa.Connection) -> None:
    warehouse, (short, long) = registered(
        db, KEEPER, dock_draft("A", max_length_cm=1300), dock_draft("B", purposes=frozenset({Purpose.UNLOAD}))
    )
    with pytest.raises(FieldErrors) as refused:
        book(db, CARRIER, wish(short.id, at("2026-05-17 08:00")), NOW)
    assert refused.value.messages("en") == {"start": "closed on Sunday; next free: 2026-05-18 08:00 at A"}
    assert refused.value.messages("zh") == {"start": "星期日不营业；最近空闲：2026-05-18 08:00（A）"}
    with pytest.raises(FieldErrors) as refused:
        book(db, CARRIER, wish(short.id, visit=visit(length_cm=1750)), NOW)
    assert refused.value.messages("en") == {
        "length_cm": "this dock takes up to 13 m; the vehicle has 17.5 m; next free: 2026-05-12 09:00 at B"
    }
    with pytest.raises(FieldErrors) as refused:  # and nothing would be right
        book(db, CARRIER, wish(short.id, visit=visit(length_cm=1750, purpose=Purpose.LOAD)), NOW)
    assert refused.value.messages("en") == {"length_cm": "this dock takes up to 13 m; the vehicle has 17.5 m"}
    assert long.warehouse_id == warehouse.id


@pytest.mark.parametrize(
    ("open_to", "partner", "stranger"),
    [(OpenTo.OWN, False, False), (OpenTo.PARTNERS, True, False), (OpenTo.VERIFIED, True, True)],
)
def test_a_dock_is_missing_for_whom_it_is_not_open(
    db: sa.Connection, open_to: OpenTo, partner: bool, stranger: bool
) -> None:
    friend_org = create_organization(db, name="友商", name_en="Friend", kinds={"carrier"}, now=NOW)
    friend = replace(CARRIER, org_id=friend_org.id)
    add_partner(db, KEEPER, friend_org.id, NOW)
    warehouse, (dock,) = registered(db, KEEPER, dock_draft(open_to=open_to))
    assert get_dock(db, dock.id, KEEPER) == dock
    for who, sees in ((friend, partner), (OTHER_CARRIER, stranger)):
        if sees:
            assert get_warehouse(db, warehouse.id, who) == warehouse
            assert book(db, who, wish(dock.id, NINE + timedelta(hours=who is friend)), NOW)
        else:
            with pytest.raises(NotFound):
                get_warehouse(db, warehouse.id, who)
            with pytest.raises(NotFound):
                book(db, who, wish(dock.id), NOW)
        assert [one.warehouse for one in find_warehouses(db, who, NOW)] == ([warehouse] if sees else [])


def test_only_traders_of_verified_organizations_book(db: sa.Connection) -> None:
    _, (dock,) = registered(db, KEEPER)
    with pytest.raises(NotAllowed, match="role"):
        book(db, VIEWER, wish(dock.id), NOW)
    with pytest.raises(NotAllowed, match="not verified"):
        book(db, replace(CARRIER, cleared=False), wish(dock.id), NOW)


def test_a_stranger_changes_nothing_and_learns_nothing(db: sa.Connection) -> None:
    made = booked(db)
    draft = dock_draft("2")
    for act in (
        lambda: change_warehouse(db, OTHER_CARRIER, made.warehouse_id, warehouse_draft(), 1, NOW),
        lambda: end_warehouse(db, CARRIER, made.warehouse_id, NOW),
        lambda: add_dock(db, CARRIER, made.warehouse_id, draft, NOW),
        lambda: change_dock(db, CARRIER, made.dock_id, draft, 1),
        lambda: end_dock(db, CARRIER, made.dock_id, NOW),
        lambda: close_dock(db, CARRIER, made.dock_id, Window(NINE, NINE + timedelta(days=1)), "", NOW),
        lambda: cancel(db, OTHER_CARRIER, made.id, NOW),
        lambda: at_the_gate(db, OTHER_CARRIER, made.id, BookingState.ARRIVED, NOW),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotAllowed):
        change_dock(db, LOOKER, made.dock_id, draft, 1)


def test_a_day_shows_others_that_a_slot_is_busy_and_not_by_whom(db: sa.Connection) -> None:
    made = booked(db)
    warehouse, docks = get_warehouse(db, made.warehouse_id, KEEPER), docks_of(db, [made.warehouse_id], KEEPER)
    closed = Window(at("2026-05-12 13:00"), at("2026-05-12 14:00"))
    close_dock(db, KEEPER, made.dock_id, closed, "floor", NOW)
    views = {}
    for who in (KEEPER, CARRIER, OTHER_CARRIER):
        (day,) = day_of_warehouse(db, warehouse, docks, date(2026, 5, 12), who, NOW)
        views[who] = day
        assert [view.state for view in day.slots].count(SlotState.BUSY) == 2
    assert [len(views[who].bookings) for who in views] == [1, 1, 0]
    assert [len(views[who].closures) for who in views] == [1, 0, 0]
    assert {view.booking_id for view in views[OTHER_CARRIER].slots} == {None}
    assert [view.booking_id for view in views[CARRIER].slots][1] == made.id


def test_a_booking_goes_through_the_gate_step_by_step(db: sa.Connection) -> None:
    made = booked(db)
    with pytest.raises(NotAllowed, match="gate"):
        at_the_gate(db, CARRIER, made.id, BookingState.ARRIVED, NOW)
    with pytest.raises(NotAllowed, match="role"):
        at_the_gate(db, LOOKER, made.id, BookingState.ARRIVED, NOW)
    with pytest.raises(ForbiddenMove):
        at_the_gate(db, GUARD, made.id, BookingState.FINISHED, NOW)
    steps = (BookingState.ARRIVED, BookingState.STARTED, BookingState.FINISHED)
    for i, step in enumerate(steps):
        at_the_gate(db, GUARD, made.id, step, NINE + timedelta(minutes=10 * i))
    done = get_booking(db, made.id, CARRIER)
    assert (done.state, done.version) == (BookingState.FINISHED, 4)
    assert done.arrived_at == NINE and done.finished_at == NINE + timedelta(minutes=20)
    with pytest.raises(ForbiddenMove):
        cancel(db, CARRIER, made.id, NINE)


def test_nobody_is_missing_before_the_slot_begins_and_then_the_slot_is_free(db: sa.Connection) -> None:
    made = booked(db)
    with pytest.raises(Conflict, match="before the slot begins at 2026-05-12 09:00"):
        at_the_gate(db, KEEPER, made.id, BookingState.NO_SHOW, NOW)
    at_the_gate(db, KEEPER, made.id, BookingState.NO_SHOW, NINE)
    assert book(db, KEEPER, wish(made.dock_id), NINE).slot == made.slot


@pytest.mark.parametrize("who", [CARRIER, KEEPER])
def test_either_side_calls_a_booking_off_and_the_slot_is_free(db: sa.Connection, who: Actor) -> None:
    made = booked(db)
    assert cancel(db, who, made.id, NOW, "no goods").state is BookingState.CANCELLED
    assert book(db, OTHER_CARRIER, wish(made.dock_id), NOW).slot == made.slot


def test_a_booking_moves_to_slots_that_overlap_its_own(db: sa.Connection) -> None:
    made = booked(db, slots=2)
    moved = rebook(db, CARRIER, made.id, made.dock_id, NINE + timedelta(hours=1), 2, NOW)
    assert get_booking(db, made.id, KEEPER) == moved
    assert (moved.slot.start, moved.version) == (NINE + timedelta(hours=1), 2)
    assert book(db, OTHER_CARRIER, wish(made.dock_id), NOW)  # what it let go


def test_a_move_that_fails_leaves_the_booking_where_it_is(stores: Any) -> None:
    with stores.platform.begin() as db:
        _, (dock, tank) = registered(db, KEEPER, dock_draft("1"), dock_draft("2", max_length_cm=900))
        other_house, _ = registered(db, KEEPER)
        made = book(db, CARRIER, wish(dock.id), NOW)
        book(db, OTHER_CARRIER, wish(dock.id, NINE + timedelta(hours=1)), NOW)
        far = docks_of(db, [other_house.id], CARRIER)[0]
    for dock_id, start, refusal in (
        (dock.id, NINE + timedelta(hours=1), Conflict),
        (dock.id, at("2026-05-17 08:00"), FieldErrors),
        (tank.id, NINE, FieldErrors),
        (far.id, NINE, FieldErrors),
        ("dock_none", NINE, NotFound),
    ):
        with pytest.raises(refusal), stores.platform.begin() as db:
            rebook(db, CARRIER, made.id, dock_id, start, 1, NOW)
    with stores.platform.begin() as db:
        assert get_booking(db, made.id, CARRIER) == made
        with pytest.raises(Conflict):
            book(db, OTHER_CARRIER, wish(dock.id), NOW)


def test_what_is_over_is_not_moved(db: sa.Connection) -> None:
    made = booked(db)
    cancel(db, CARRIER, made.id, NOW)
    with pytest.raises(Conflict, match="a booking that is CANCELLED cannot be moved"):
        rebook(db, CARRIER, made.id, made.dock_id, NINE + timedelta(hours=2), 1, NOW)


def test_a_closed_dock_is_not_booked_and_a_booked_one_is_not_closed(db: sa.Connection) -> None:
    made = booked(db)
    with pytest.raises(Conflict, match="1 bookings stand in the way, the first on 2026-05-12 09:00"):
        close_dock(db, KEEPER, made.dock_id, Window(NINE, NINE + timedelta(days=1)), "repair", NOW)
    ten = NINE + timedelta(hours=1)
    closure = close_dock(db, KEEPER, made.dock_id, Window(ten, ten + timedelta(hours=2)), "repair", NOW)
    with pytest.raises(Conflict, match="next free: 2026-05-12 13:00"):
        book(db, CARRIER, wish(made.dock_id, ten), NOW)
    open_again(db, KEEPER, made.dock_id, closure.id)
    assert book(db, CARRIER, wish(made.dock_id, ten), NOW)
    with pytest.raises(FieldErrors):
        close_dock(db, KEEPER, made.dock_id, Window(NINE, NINE + timedelta(days=40)), "", NOW)


def test_bookings_keep_their_day_their_dock_and_their_warehouse_from_being_taken_away(
    db: sa.Connection,
) -> None:
    made = booked(db)
    holiday = warehouse_draft(closed_days=frozenset({date(2026, 5, 12)}))
    for act in (
        lambda: end_dock(db, KEEPER, made.dock_id, NOW),
        lambda: end_warehouse(db, KEEPER, made.warehouse_id, NOW),
        lambda: change_warehouse(db, KEEPER, made.warehouse_id, holiday, 1, NOW),
    ):
        with pytest.raises(Conflict, match="1 bookings stand in the way"), db.begin_nested():
            act()
    cancel(db, KEEPER, made.id, NOW)
    assert change_warehouse(db, KEEPER, made.warehouse_id, holiday, 1, NOW).version == 2
    with pytest.raises(Stale):
        change_warehouse(db, KEEPER, made.warehouse_id, holiday, 1, NOW)
    end_warehouse(db, KEEPER, made.warehouse_id, NOW)
    with pytest.raises(NotFound):
        get_dock(db, made.dock_id, KEEPER)
    assert get_booking(db, made.id, CARRIER).state is BookingState.CANCELLED


def test_other_slots_later_do_not_overlap_bookings_that_stand(db: sa.Connection) -> None:
    made = booked(db)
    change_dock(db, KEEPER, made.dock_id, dock_draft(slot_min=90), 1)
    with pytest.raises(Conflict, match="next free: 2026-05-12 13:00"):  # 08:00 to 09:30 meets 09:00 to 10:00
        book(db, OTHER_CARRIER, wish(made.dock_id, NINE - timedelta(hours=1)), NOW)
    assert get_booking(db, made.id, CARRIER) == made


def test_a_dock_has_a_name_of_its_own(db: sa.Connection) -> None:
    warehouse, _ = registered(db, KEEPER, dock_draft("Gate A"))
    with pytest.raises(FieldErrors, match="another dock of this warehouse has this name"):
        add_dock(db, KEEPER, warehouse.id, dock_draft(" gate a"), NOW)


def test_a_booking_for_an_order_is_seen_by_its_sides_and_its_number_by_them_alone(db: sa.Connection) -> None:
    order = ready_order(db)
    made = booked(db, order_id=order.id)
    assert get_booking(db, made.id, SHIPPER).order_id == order.id
    assert get_booking(db, made.id, KEEPER).order_id is None
    only = BookingFilter(order_id=order.id)
    assert [one.id for one in list_bookings(db, SHIPPER, only).items] == [made.id]
    assert list_bookings(db, KEEPER, only).items == ()
    assert list_bookings(db, OTHER_CARRIER, only).items == ()
    with pytest.raises(NotAllowed):  # it looks on: neither booked nor keeps the warehouse
        cancel(db, SHIPPER, made.id, NOW)


def test_an_order_of_others_looks_as_one_that_is_not_there(db: sa.Connection) -> None:
    order = ready_order(db)
    _, (dock,) = registered(db, KEEPER)
    refusals = []
    for order_id in (order.id, "ord_none"):
        with pytest.raises(FieldErrors) as refused:
            book(db, OTHER_CARRIER, wish(dock.id, order_id=order_id), NOW)
        refusals.append(refused.value.errors)
    assert refusals[0] == refusals[1] == {"order_id": ("dock_order_unknown", {})}


@pytest.mark.parametrize(
    ("goods", "field"),
    [
        ({"dg_class": "3"}, "hazardous"),
        ({"temperature_min_c": -20, "temperature_max_c": -15}, "refrigerated"),
    ],
)
def test_the_goods_of_the_order_ask_a_dock_for_what_they_need(
    db: sa.Connection, goods: dict[str, Any], field: str
) -> None:
    order = ready_order(db)
    db.execute(sa.update(LOAD).where(LOAD.c.id == order.load_id).values(**goods))
    _, (plain, fit) = registered(
        db, KEEPER, dock_draft("plain"), dock_draft("fit", hazardous=True, refrigerated=True)
    )
    with pytest.raises(FieldErrors) as refused:
        book(db, CARRIER, wish(plain.id, order_id=order.id), NOW)
    assert set(refused.value.errors) == {field}
    assert refused.value.errors[field][1]["dock"] == "fit"
    assert getattr(book(db, CARRIER, wish(fit.id, order_id=order.id), NOW).visit, field)


def test_what_comes_is_an_own_vehicle_or_a_plate_with_what_a_dock_must_know(db: sa.Connection) -> None:
    vehicle = add_vehicle(db, CARRIER, vehicle_draft(length_cm=960), NOW)
    come = Coming(purpose=Purpose.LOAD, vehicle_id=vehicle.id, height_cm=380).visit(db, CARRIER)
    assert (come.plate, come.length_cm, come.body, come.height_cm) == (vehicle.plate, 960, vehicle.body, 380)
    with pytest.raises(NotFound):
        Coming(purpose=Purpose.LOAD, vehicle_id=vehicle.id).visit(db, OTHER_CARRIER)
    with pytest.raises(FieldErrors, match="choose a vehicle, or give plate"):
        Coming(purpose=Purpose.LOAD, plate="浙B12345").visit(db, CARRIER)
    retire_vehicle(db, CARRIER, vehicle.id, NOW)
    with pytest.raises(FieldErrors, match="retired"):
        Coming(purpose=Purpose.LOAD, vehicle_id=vehicle.id).visit(db, CARRIER)


def test_free_times_to_choose_from_name_every_dock(db: sa.Connection) -> None:
    warehouse, docks = registered(db, KEEPER, dock_draft("A"), dock_draft("B", slot_min=120))
    book(db, CARRIER, wish(docks[0].id, at("2026-05-11 09:00")), NOW)
    who = asker(CARRIER, warehouse, NOW)
    found = choices(db, warehouse, docks, visit(), 1, NOW, who, of_each=2)
    assert [(one.dock.name, one.slot.start) for one in found] == [
        ("A", at("2026-05-11 10:00")),
        ("B", at("2026-05-11 10:00")),
        ("A", at("2026-05-11 11:00")),
        ("B", at("2026-05-11 13:00")),
    ]
    assert next_free(db, warehouse, docks, visit(), 1, NOW, who) == found[0]
    assert next_free(db, warehouse, [], visit(), 1, NOW, who) is None


def test_warehouses_are_found_by_place_day_and_vehicle(db: sa.Connection) -> None:
    near, _ = registered(db, KEEPER, dock_draft("1", max_length_cm=900), lat=30.0, lon=121.0)
    far, _ = registered(db, KEEPER, dock_draft("1"), lat=30.4, lon=121.0)
    registered(db, KEEPER, dock_draft("1"), lat=36.0, lon=121.0)
    around = Around(30.0, 121.0, 100_000)
    found = find_warehouses(db, CARRIER, NOW, around=around)
    assert [one.warehouse.id for one in found] == [near.id, far.id]
    assert found[1].distance_m == pytest.approx(44_500, rel=0.01)
    assert [one.free_slots for one in found] == [8, 8]
    first = found[0].first
    assert first is not None and first.slot.start == at("2026-05-11 09:00")
    fitting = find_warehouses(db, CARRIER, NOW, around=around, visit=visit(), free_only=True)
    assert [one.warehouse.id for one in fitting] == [far.id]
    sunday = find_warehouses(db, CARRIER, NOW, around=around, day=date(2026, 5, 17))
    assert [(one.free_slots, one.first) for one in sunday] == [(0, None), (0, None)]


def test_a_list_goes_on_where_its_page_ended(db: sa.Connection) -> None:
    _, (dock,) = registered(db, KEEPER)
    made = [book(db, CARRIER, wish(dock.id, NINE + timedelta(hours=h)), NOW).id for h in (0, 1, 2)]
    first = list_bookings(db, KEEPER, BookingFilter(at_ours=True), limit=2)
    rest = list_bookings(db, KEEPER, BookingFilter(at_ours=True), limit=2, after=first.next)
    assert [one.id for one in (*first.items, *rest.items)] == made[::-1]
    assert list_bookings(db, KEEPER, BookingFilter(made_by_us=True)).items == ()
    on_one = BookingFilter(since=NINE, until=NINE + timedelta(hours=1), state=BookingState.BOOKED)
    assert [one.id for one in list_bookings(db, CARRIER, on_one).items] == made[:1]


def test_a_warehouse_that_never_opens_or_lies_nowhere_is_refused(db: sa.Connection) -> None:
    for changes, field in (
        ({"week": read_week([""] * 7)}, "hours"),
        ({"lat": 91.0}, "lat"),
        ({"zone": "Asia/Nowhere"}, "zone"),
        ({"name": " "}, "name"),
    ):
        with pytest.raises(FieldErrors) as refused:
            warehouse_draft(**changes)
        assert set(refused.value.errors) == {field}
    assert WORKDAYS[6] == ""
