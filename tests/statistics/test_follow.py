"""From deals and observations to facts: every step, again, late, and called off."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.emissions.factors import Factors
from haoyun.platform.emissions.store import find_transport, put_fuel, totals_of
from haoyun.platform.market.load import PriceMode, Visibility
from haoyun.platform.market.matches_store import match_load
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    SHIPPER,
    B,
    D,
    capacity_draft,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.facts_store import facts_of
from haoyun.platform.statistics.follow import Sources, note_first_matches
from haoyun.platform.statistics.journey_facts import driven_m
from haoyun.platform.statistics.keeper import take_in
from haoyun.platform.statistics.periods import week_of
from haoyun.platform.statistics.tables import FACT
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.store import cancel_order, consignment_of
from haoyun.platform.trading.testing import ready_order
from haoyun.tracking.instants import to_ms
from haoyun.tracking.steps.passage import Segment
from haoyun.tracking.store import append_milestones
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

LATER = NOW + timedelta(hours=3)
WEEK = week_of(to_ms(NOW))


def road_m(start: str, end: str) -> float:
    return road_context().road(start, end)[0]


SOURCES = Sources(road_m, Factors())


def facts(stores: Databases, now: object = LATER) -> dict[Measure, Fact]:
    take_in(stores, SOURCES, now)  # type: ignore[arg-type]
    with stores.platform.connect() as db:
        found = facts_of(db, list(Measure), range(WEEK - 1, WEEK + 3))
    return {fact.measure: fact for fact in found}


def observed(stores: Databases, order: Order, *, left_h: float, delivered_h: float) -> None:
    with stores.platform.connect() as db:
        journey = consignment_of(db, order.id).id
    codes = {MilestoneCode.DEPA: left_h, MilestoneCode.DROP: delivered_h}
    with stores.tracking.begin() as db:
        append_milestones(
            db,
            [
                Milestone(journey, code, Quality.ACTUAL, Source.DRIVER, NOW + timedelta(hours=h))
                for code, h in codes.items()
            ],
            LATER,
        )


@pytest.fixture
def order(stores: Databases) -> Order:
    with stores.platform.begin() as db:
        return ready_order(db)


def test_a_confirmed_order_is_a_price_and_a_time(stores: Databases, order: Order) -> None:
    found = facts(stores)
    price = found[Measure.PRICE]
    assert price.value == 150_000 / 200  # 1,500 yuan for the 200 km from B to D
    assert (price.shipper, price.carrier, price.kind) == (order.shipper_org, order.carrier_org, "dry/10t/0km")
    assert found[Measure.COVER_TIME].value == 0.0 and found[Measure.COVER_TIME].carrier == ""
    assert {Measure.PICKUP_ON_TIME, Measure.DELIVERY_ON_TIME} & set(found) == set()


def test_posts_are_counted_and_only_public_asking_prices_are_prices(stores: Databases) -> None:
    with stores.platform.begin() as db:
        context = road_context()
        fixed = {"price_mode": PriceMode.FIXED, "price_fen": 130_000}
        post_load(db, SHIPPER, load_draft(**fixed), NOW, context)
        post_load(db, SHIPPER, load_draft(), NOW, context)
        hidden = {"visibility": Visibility.DIRECT, "invited": frozenset({"org-carrier"})}
        post_load(db, SHIPPER, load_draft(**fixed, **hidden), NOW, context)
        vehicle = add_vehicle(db, CARRIER, vehicle_draft(), NOW)
        post_capacity(db, CARRIER, capacity_draft(vehicle.id), NOW, context)
    assert facts(stores, NOW) == {}  # younger than transactions may last
    take_in(stores, SOURCES, LATER)
    with stores.platform.connect() as db:
        found = facts_of(db, list(Measure), [WEEK])
    assert sorted(f.measure for f in found) == ["ask", "load", "load", "load", "truck"]
    assert [f.value for f in found if f.measure is Measure.ASK] == [650.0]


def test_the_first_match_is_noted_once(stores: Databases) -> None:
    with stores.platform.begin() as db:
        context = road_context()
        load = post_load(db, SHIPPER, load_draft(), NOW - timedelta(minutes=90), context)
        vehicle = add_vehicle(db, CARRIER, vehicle_draft(), NOW)
        post_capacity(db, CARRIER, capacity_draft(vehicle.id), NOW, context)
    assert note_first_matches(stores, LATER) == 1
    with stores.platform.begin() as db:
        match_load(db, load, LATER, road_context())
    assert note_first_matches(stores, LATER) == 0
    with stores.platform.connect() as db:
        (fact,) = facts_of(db, [Measure.MATCH_TIME], [WEEK])
    assert fact.value == 1.5


def test_the_empty_way_is_the_chain_of_the_vehicles_orders(stores: Databases, order: Order) -> None:
    """From A, where the carrier offered it, 100 km to B; then 200 km loaded."""
    empty = facts(stores)[Measure.EMPTY]
    assert (empty.value, empty.weight, empty.shipper) == (100.0, 300.0, "")


def test_a_second_order_on_the_same_trip_counts_no_kilometres_again(stores: Databases, order: Order) -> None:
    from haoyun.platform.trading.store import accept_quote, confirm_order, submit_quote

    with stores.platform.begin() as db:
        second = post_load(db, SHIPPER, load_draft(), NOW, road_context())
        quote = submit_quote(db, CARRIER, second.id, order.capacity_id, 100_000, NOW)
        other = accept_quote(db, SHIPPER, quote.id, NOW)
        confirm_order(db, CARRIER, other.id, NOW, order.vehicle_id)
    take_in(stores, SOURCES, LATER)
    with stores.platform.connect() as db:
        ways = facts_of(db, [Measure.EMPTY], range(WEEK - 1, WEEK + 3))
        prices = facts_of(db, [Measure.PRICE], [WEEK])
        shared = find_transport(db, other.id)
    assert [fact.subject for fact in ways] == [order.id] and len(prices) == 2
    assert shared is not None and shared.transport.empty_m == 100_000.0


def test_on_time_is_what_was_observed_against_what_was_agreed(stores: Databases, order: Order) -> None:
    observed(stores, order, left_h=9, delivered_h=20)  # pickup was until +8 h, delivery until +24 h
    found = facts(stores)
    assert (found[Measure.PICKUP_ON_TIME].value, found[Measure.DELIVERY_ON_TIME].value) == (0.0, 1.0)


def test_late_evidence_changes_the_facts_and_again_changes_nothing(stores: Databases, order: Order) -> None:
    facts(stores)
    observed(stores, order, left_h=2, delivered_h=30)
    found = facts(stores)
    assert (found[Measure.PICKUP_ON_TIME].value, found[Measure.DELIVERY_ON_TIME].value) == (1.0, 0.0)
    with stores.platform.begin() as db:
        db.execute(
            sa.text("DELETE FROM platform.trd_cursor" if not stores.sqlite else "DELETE FROM trd_cursor")
        )
    assert facts(stores) == found  # read from the start again


def test_a_called_off_order_is_no_fact_and_no_transport(stores: Databases, order: Order) -> None:
    assert Measure.PRICE in facts(stores)
    with stores.platform.begin() as db:
        cancel_order(db, SHIPPER, order.id, LATER)
    assert {Measure.PRICE, Measure.EMPTY, Measure.COVER_TIME} & set(facts(stores)) == set()
    with stores.platform.connect() as db:
        assert find_transport(db, order.id) is None
        assert db.scalar(sa.select(sa.func.count()).where(FACT.c.gone, FACT.c.measure == "price")) == 1


def test_a_transport_is_known_and_its_year_is_that_of_the_delivery(stores: Databases, order: Order) -> None:
    observed(stores, order, left_h=2, delivered_h=20)
    facts(stores)
    with stores.platform.begin() as db:
        one = find_transport(db, order.id)
        assert one is not None and one.delivered_year == 2026
        assert one.transport.feasible_m == 200_000.0 and one.transport.payload_kg == 30_000
        assert put_fuel(db, order.id, 90.0, Factors())
    observed(stores, order, left_h=2.5, delivered_h=21)
    facts(stores)
    with stores.platform.connect() as db:
        (total,) = totals_of(db, SHIPPER.org_id, "shipper")
        assert (total.year, total.quality, total.shipments) == (2026, "primary", 1)
        assert total.tonne_km == 10 * 200
        assert totals_of(db, "org-other", "shipper") == []


def test_the_driven_way_is_cut_where_the_time_is() -> None:
    def drive(start: int, end: int, metres: float, driving: bool = True) -> Segment:
        return Segment(driving, start, end, 0, 0, 0, 0, metres)

    way = [drive(0, 100, 1000), drive(100, 200, 5, driving=False), drive(200, 300, 2000)]
    assert driven_m(way, 0, 300) == 3000
    assert driven_m(way, 50, 250) == 500 + 1000
    assert driven_m(way, 100, 200) == 0


def test_lanes_of_the_test_map_have_ends() -> None:
    assert road_m(B.code, D.code) == 200_000.0
