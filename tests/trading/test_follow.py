"""Orders go out to tracking, evidence comes back: in whatever order it comes, the end is the same."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.platform.database import Databases
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.store import count_market, get_load
from haoyun.platform.market.testing import CARRIER, NOW, SHIPPER, B, C, D, hours
from haoyun.platform.trading import follow
from haoyun.platform.trading.follow import LINGER, MarketKeeper, follow_timeline, hand_out
from haoyun.platform.trading.order import Order, OrderFlag, OrderState
from haoyun.platform.trading.progress import progress
from haoyun.platform.trading.store import (
    cancel_order,
    confirm_receipt,
    consignment_of,
    count_trading,
    get_order,
    order_events,
    quotes_of,
)
from haoyun.platform.trading.testing import open_deal, ready_order
from haoyun.rfid_ingest import epcs_of_journey
from haoyun.tracking.errors import UnknownJourney
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import (
    append_milestones,
    device_of_vehicle,
    get_journey,
    journeys_of_device,
    milestones_of,
    register_device,
)
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

LATER = NOW + timedelta(hours=1)
DEVICE = "tracker-0001"


def put_device(stores: Databases, order: Order) -> None:
    with stores.tracking.begin() as db:
        register_device(
            db,
            name=DEVICE,
            kind="tracker",
            org_id=CARRIER.org_id,
            vehicle_id=order.vehicle_id,
            shards=8,
            now=NOW,
        )


def an_order(stores: Databases, *, device: bool = True) -> Order:
    with stores.platform.begin() as db:
        order = ready_order(db)
    if device:
        put_device(stores, order)
    return order


def goods_of(stores: Databases, order: Order):  # type: ignore[no-untyped-def]
    with stores.platform.connect() as db:
        return consignment_of(db, order.id)


def now_of(stores: Databases, order: Order) -> Order:
    with stores.platform.connect() as db:
        return get_order(db, order.id, SHIPPER)


def seen(code: MilestoneCode, hour: float, journey: str = "con_1", source: Source = Source.GPS) -> Milestone:
    at = NOW + timedelta(hours=hour)
    return Milestone(journey, code, Quality.ACTUAL, source, at, place="Place B")


def report(stores: Databases, *milestones: Milestone, now: datetime = LATER) -> None:
    with stores.tracking.begin() as db:
        append_milestones(db, milestones, now)


def drive(stores: Databases, order: Order, *stops: tuple[float, float]) -> None:
    """Fixes at (hour, latitude), through the pipeline that the intake runs."""
    with stores.tracking.begin() as db:
        device = device_of_vehicle(db, str(order.vehicle_id))
        assert device is not None
        times = [NOW + timedelta(hours=hour) for hour, _ in stops]
        fixes = [
            PositionFix(DEVICE, at, at, lat, 115.0, accuracy_m=5)
            for at, (_, lat) in zip(times, stops, strict=True)
        ]
        store_batch(db, {DEVICE: device.id}, fixes, LATER)


def test_a_ready_order_is_followed_by_tracking_and_rfid(stores: Databases) -> None:
    order = an_order(stores)
    assert hand_out(stores, NOW, fence_m=3000) == 1
    goods = goods_of(stores, order)
    with stores.tracking.connect() as db:
        journey = get_journey(db, goods.id).journey
        assert set(epcs_of_journey(db, goods.id)) == set(goods.units)
        planned = [(m.code.value, m.place) for m in milestones_of(db, goods.id)]
    assert planned == [("DEPA", "Place B"), ("ARRI", "Place D")]
    assert (journey.origin.radius_m, journey.destination.lat, journey.distance_m) == (3000, D.lat, 200_000)
    assert goods.journey_opened_at == NOW
    assert hand_out(stores, LATER) == 0


def test_an_order_is_followed_as_soon_as_its_vehicle_has_a_device(stores: Databases) -> None:
    order = an_order(stores, device=False)
    assert hand_out(stores, NOW) == 0
    put_device(stores, order)
    assert hand_out(stores, LATER) == 1


def test_a_crash_between_the_databases_repeats_what_is_harmless(
    stores: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = an_order(stores)

    class Killed(BaseException):
        pass

    def killed(*_args: object, **_instants: object) -> None:
        raise Killed

    with monkeypatch.context() as crash:
        crash.setattr(follow, "mark", killed)
        with pytest.raises(Killed):
            hand_out(stores, NOW)
    assert hand_out(stores, LATER) == 1
    goods = goods_of(stores, order)
    with stores.tracking.connect() as db:
        assert len(journeys_of_device(db, 1, LATER)) <= 1
        assert len(milestones_of(db, goods.id)) == 2
        assert len(epcs_of_journey(db, goods.id)) == len(goods.units)


def test_evidence_takes_an_order_through_every_state_between(stores: Databases) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    goods = goods_of(stores, order)
    report(stores, seen(MilestoneCode.DEPA, 1, goods.id))
    assert follow_timeline(stores, LATER) == 3  # the two planned ones too
    assert now_of(stores, order).state is OrderState.IN_TRANSIT
    with stores.platform.connect() as db:
        moved = [event for event in order_events(db, order.id) if event.reason == "evidence"]
    assert [event.state.value for event in moved] == ["TO_LOADING", "LOADING", "IN_TRANSIT"]
    assert all(event.user_id is None for event in moved)
    assert moved[0].evidence == {
        "code": "DEPA",
        "source": "gps",
        "at": (NOW + timedelta(hours=1)).isoformat(),
        "place": "Place B",
    }
    assert follow_timeline(stores, LATER) == 0


def test_arrival_alone_does_not_deliver_but_unloading_does(stores: Databases) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    goods = goods_of(stores, order)
    report(stores, seen(MilestoneCode.DEPA, 1, goods.id), seen(MilestoneCode.ARRI, 5, goods.id))
    follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.IN_TRANSIT
    assert goods_of(stores, order).delivered_at is None
    report(stores, seen(MilestoneCode.DISC, 6, goods.id, Source.RFID))
    follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.TO_CONFIRM
    assert goods_of(stores, order).delivered_at == NOW + timedelta(hours=6)
    with stores.platform.connect() as db:
        assert count_trading(db) == {"orders_under_way": 1, "consignments_delivered": 1}


def test_evidence_that_came_before_the_journey_was_opened_ends_the_same(stores: Databases) -> None:
    order = an_order(stores)
    drive(stores, order, (0.1, B.lat), (0.5, B.lat), (1.5, 31.2), (2.0, C.lat), (4.5, D.lat))
    follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.READY
    hand_out(stores, LATER)
    follow_timeline(stores, LATER)
    late = now_of(stores, order)
    with stores.tracking.connect() as db:
        codes = {m.code for m in milestones_of(db, goods_of(stores, order).id) if m.quality is Quality.ACTUAL}
    assert codes == {MilestoneCode.DEPA, MilestoneCode.ARRI}
    assert (late.state, late.flags) == (OrderState.IN_TRANSIT, frozenset())


def test_a_vehicle_that_is_driven_after_the_opening_moves_its_order(stores: Databases) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    drive(stores, order, (0.1, B.lat), (0.5, B.lat), (1.5, 31.2), (2.0, C.lat), (4.5, D.lat))
    follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.IN_TRANSIT


def test_a_missing_departure_is_a_flag_beside_the_state(stores: Databases) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    goods = goods_of(stores, order)
    report(stores, seen(MilestoneCode.DROP, 30, goods.id, Source.DOCUMENT))
    follow_timeline(stores, LATER)
    found = now_of(stores, order)
    assert found.state is OrderState.TO_CONFIRM
    assert found.flags == {OrderFlag.NO_DEPARTURE, OrderFlag.NO_ARRIVAL, OrderFlag.LATE_DELIVERY}
    report(stores, seen(MilestoneCode.ARRI, 29, goods.id), seen(MilestoneCode.DEPA, 9, goods.id))
    follow_timeline(stores, LATER)
    assert now_of(stores, order).flags == {OrderFlag.LATE_PICKUP, OrderFlag.LATE_DELIVERY}


def test_a_cancelled_order_is_not_moved_by_evidence(stores: Databases) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    with stores.platform.begin() as db:
        cancel_order(db, CARRIER, order.id, NOW)
    goods = goods_of(stores, order)
    report(stores, seen(MilestoneCode.DISC, 1, goods.id, Source.RFID))
    follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.CANCELLED
    assert goods_of(stores, order).delivered_at is None


def test_a_journey_ends_with_its_order_or_some_time_after_the_delivery(stores: Databases) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    goods = goods_of(stores, order)
    report(stores, seen(MilestoneCode.DISC, 1, goods.id, Source.RFID))
    follow_timeline(stores, LATER)
    assert hand_out(stores, LATER + LINGER - timedelta(seconds=1)) == 0
    with stores.platform.begin() as db:
        confirm_receipt(db, SHIPPER, order.id, LATER, "ab" * 32)
    assert hand_out(stores, LATER) == 1
    assert hand_out(stores, LATER) == 0
    with stores.tracking.connect() as db:
        assert epcs_of_journey(db, goods.id) == []
    assert goods_of(stores, order).journey_closed_at == LATER


def test_an_order_that_was_never_followed_is_not_taken_back(stores: Databases) -> None:
    order = an_order(stores, device=False)
    with stores.platform.begin() as db:
        cancel_order(db, CARRIER, order.id, NOW)
    assert hand_out(stores, NOW) == 0
    with stores.tracking.connect() as db, pytest.raises(UnknownJourney):
        get_journey(db, goods_of(stores, order).id)


def test_the_cursor_is_saved_with_what_was_done(stores: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    order = an_order(stores)
    hand_out(stores, NOW)
    report(stores, seen(MilestoneCode.DEPA, 1, goods_of(stores, order).id))

    class Killed(BaseException):
        pass

    def killed(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as crash:
        crash.setattr(follow, "save_cursor", killed)
        with pytest.raises(Killed):
            follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.READY
    follow_timeline(stores, LATER)
    assert now_of(stores, order).state is OrderState.IN_TRANSIT


CODES = (MilestoneCode.LOAD, MilestoneCode.GTOT, MilestoneCode.DEPA, MilestoneCode.ARRI, MilestoneCode.DISC)


@pytest.fixture(scope="module")
def pure_order(sqlite_stores: Databases) -> Order:
    with sqlite_stores.platform.connect() as db, db.begin() as transaction:
        order = ready_order(db)
        transaction.rollback()
    return order


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(codes=st.permutations(CODES), cuts=st.sets(st.integers(1, 4)))
def test_however_evidence_is_split_and_shuffled_the_order_ends_the_same(
    pure_order: Order, codes: list[MilestoneCode], cuts: set[int]
) -> None:
    hour = {code: i + 1 for i, code in enumerate(CODES)}
    known: list[Milestone] = []
    order = pure_order
    flags: frozenset[OrderFlag] = frozenset()
    for start, end in itertools.pairwise([0, *sorted(cuts), len(codes)]):
        known += [seen(code, hour[code]) for code in codes[start:end]]
        found = progress(order, known)
        for state in found.states:
            order = follow.move(order, state, NOW)
        flags = found.flags
    assert (order.state, flags) == (OrderState.TO_CONFIRM, frozenset())


def test_the_keeper_expires_offers_and_matches_anew(stores: Databases) -> None:
    with stores.platform.begin() as db:
        deal = open_deal(db)
        gone = count_market(db)["matches"]
    from haoyun.maps.gazetteer.places import trunk_gazetteer
    from haoyun.maps.trunk import trunk_network

    keeper = MarketKeeper(MarketContext.of(trunk_network(), trunk_gazetteer(), stores.tracking))
    assert gone == 1
    assert keeper(stores, NOW) == 0
    with stores.platform.connect() as db:
        assert count_market(db)["matches"] == 0  # the trunk map does not know these places
    assert keeper(stores, NOW + timedelta(hours=8)) == 2  # the load and its quote
    with stores.platform.connect() as db:
        assert get_load(db, deal.load.id, SHIPPER).state == "EXPIRED"
        assert [quote.state for quote in quotes_of(db, SHIPPER)] == ["EXPIRED"]
    assert hours(0, 8).end == deal.load.expires_at


def test_the_tables_of_both_rooms_are_never_in_one_transaction(stores: Databases) -> None:
    """On SQLite they are two files: a wrong engine would not find the tables."""
    if stores.platform.dialect.name == "sqlite":
        assert "trk_device" not in sa.inspect(stores.platform).get_table_names()
        assert "mkt_load" not in sa.inspect(stores.tracking).get_table_names()
