"""Accepting: one winner, nothing oversold, a retry is safe. Races run in processes, on both databases."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.tables import organization as organization_table
from haoyun.platform.database import Databases
from haoyun.platform.idempotency import BadKey, KeyReused
from haoyun.platform.market.capacity import CapacityState
from haoyun.platform.market.errors import Conflict, MarketError
from haoyun.platform.market.load import LoadState
from haoyun.platform.market.store import (
    add_vehicle,
    count_market,
    get_capacity,
    get_load,
    post_capacity,
    post_load,
    withdraw_load,
)
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OTHER_CARRIER,
    SHIPPER,
    A,
    C,
    E,
    actor,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.trading.order import OrderState
from haoyun.platform.trading.quote import QuoteState
from haoyun.platform.trading.store import (
    accept_quote,
    consignment_of,
    count_trading,
    get_order,
    get_quote,
    order_by_tracking_number,
    order_events,
    orders_of,
    submit_quote,
)
from haoyun.platform.trading.tables import ORDER
from haoyun.platform.trading.testing import open_deal

HERE = road_context()
RACERS = 6


def test_an_accepted_quote_is_an_order_with_its_terms(db: sa.Connection) -> None:
    deal = open_deal(db)
    order = accept_quote(db, SHIPPER, deal.quote.id, NOW)
    assert get_order(db, order.id, CARRIER) == order
    assert (order.price_fen, order.origin, order.pickup) == (150_000, deal.load.origin, deal.load.pickup)
    assert (order.state, order.vehicle_id) == (OrderState.AWAITING_CONFIRMATION, None)
    assert get_load(db, deal.load.id, SHIPPER).state is LoadState.RESERVED
    assert get_quote(db, deal.quote.id, SHIPPER).state is QuoteState.ACCEPTED
    assert [event.state for event in order_events(db, order.id)] == [OrderState.AWAITING_CONFIRMATION]
    assert count_market(db)["matches"] == 0
    assert count_trading(db) == {"orders_under_way": 0, "consignments_delivered": 0}


def test_the_space_is_taken_from_the_capacity(db: sa.Connection) -> None:
    deal = open_deal(db)
    accept_quote(db, SHIPPER, deal.quote.id, NOW)
    left = get_capacity(db, deal.capacity.id, CARRIER)
    assert (left.weight_kg, left.volume_dm3, left.ldm_cm, left.booked) == (20_000, 60_000, 700, 1)
    assert left.state is CapacityState.PART_BOOKED
    assert [(one.load_id, one.origin, one.destination) for one in left.plan] == [(deal.load.id, "B", "D")]


def test_a_capacity_without_floor_left_is_full(db: sa.Connection) -> None:
    deal = open_deal(db, ldm_cm=1_300)
    accept_quote(db, SHIPPER, deal.quote.id, NOW)
    assert get_capacity(db, deal.capacity.id, CARRIER).state is CapacityState.FULL


def test_the_consignment_has_an_unguessable_number_and_a_unit_for_each_pallet(db: sa.Connection) -> None:
    deal = open_deal(db, pallets=3)
    order = accept_quote(db, SHIPPER, deal.quote.id, NOW)
    goods = consignment_of(db, order.id)
    assert re.fullmatch("HY[0-9A-Z]{20}", goods.tracking_number)
    assert goods.units == tuple(f"urn:epc:id:sscc:9521234.000000000{i}" for i in (1, 2, 3))
    spaced = f" {goods.tracking_number[:8].lower()} {goods.tracking_number[8:]} "
    assert order_by_tracking_number(db, spaced) == order


def test_units_are_numbered_on_from_the_shippers_own_prefix(db: sa.Connection) -> None:
    made = create_organization(
        db, name="货主", name_en="Shipper", kinds={"shipper"}, now=NOW, company_prefix="614141123"
    )
    rename = sa.update(organization_table).where(organization_table.c.id == made.id)
    db.execute(rename.values(id=SHIPPER.org_id))
    seen: list[str] = []
    for plate in ("京A10001", "京A10002"):
        deal = open_deal(db, plate=plate, pallets=0)
        seen += consignment_of(db, accept_quote(db, SHIPPER, deal.quote.id, NOW).id).units
    assert seen == ["urn:epc:id:sscc:614141123.00000001", "urn:epc:id:sscc:614141123.00000002"]


def test_competing_quotes_are_voided(db: sa.Connection) -> None:
    deal = open_deal(db)
    vehicle = add_vehicle(db, OTHER_CARRIER, vehicle_draft("京B00001"), NOW)
    rival = post_capacity(db, OTHER_CARRIER, capacity_draft(vehicle.id), NOW, HERE)
    other = submit_quote(db, OTHER_CARRIER, deal.load.id, rival.id, 140_000, NOW)
    accept_quote(db, SHIPPER, deal.quote.id, NOW)
    assert get_quote(db, other.id, OTHER_CARRIER).state is QuoteState.VOIDED
    with pytest.raises(Conflict, match="taken"):
        accept_quote(db, SHIPPER, other.id, NOW)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"origin": A, "destination": E}, QuoteState.WITHDRAWN),  # at the same time elsewhere
        ({"weight_kg": 25_000}, QuoteState.WITHDRAWN),  # the same way, but no room left
        ({"weight_kg": 20_000}, QuoteState.SUBMITTED),  # the same way, and it fits
        ({"origin": C, "pickup": hours(30, 40), "delivery": hours(32, 48)}, QuoteState.SUBMITTED),  # later
    ],
)
def test_the_vehicles_quotes_that_it_cannot_keep_are_withdrawn(
    db: sa.Connection, changes: dict[str, Any], state: QuoteState
) -> None:
    deal = open_deal(db)
    other = post_load(db, SHIPPER, load_draft(**changes), NOW, HERE)
    quote = submit_quote(db, CARRIER, other.id, deal.capacity.id, 100_000, NOW)
    accept_quote(db, SHIPPER, deal.quote.id, NOW)
    assert get_quote(db, quote.id, CARRIER).state is state


def test_an_expired_quote_or_load_cannot_be_accepted(db: sa.Connection) -> None:
    deal = open_deal(db)
    with pytest.raises(Conflict, match="taken"):
        accept_quote(db, SHIPPER, deal.quote.id, NOW + timedelta(hours=8))


def test_a_withdrawn_load_cannot_be_accepted_though_its_quote_stands(db: sa.Connection) -> None:
    deal = open_deal(db)
    withdraw_load(db, SHIPPER, deal.load.id, NOW)
    assert get_quote(db, deal.quote.id, SHIPPER).state is QuoteState.SUBMITTED
    with pytest.raises(Conflict, match="taken or withdrawn"):
        accept_quote(db, SHIPPER, deal.quote.id, NOW)


def test_orders_are_seen_by_their_two_sides_only(db: sa.Connection) -> None:
    deal = open_deal(db)
    order = accept_quote(db, SHIPPER, deal.quote.id, NOW)
    assert orders_of(db, SHIPPER).items == orders_of(db, CARRIER).items == (order,)
    assert orders_of(db, OTHER_CARRIER).items == ()


def test_the_same_key_gives_the_same_order_again(stores: Databases) -> None:
    with stores.platform.begin() as db:
        deal = open_deal(db)
    orders = []
    for _ in range(3):
        with stores.platform.begin() as db:
            orders.append(accept_quote(db, SHIPPER, deal.quote.id, NOW, idempotency_key="k"))
    assert len({order.id for order in orders}) == 1
    with stores.platform.begin() as db:
        other = open_deal(db, plate="京A99999")
    with stores.platform.begin() as db, pytest.raises(KeyReused):
        accept_quote(db, SHIPPER, other.quote.id, NOW, idempotency_key="k")
    with stores.platform.begin() as db, pytest.raises(BadKey):
        accept_quote(db, SHIPPER, other.quote.id, NOW, idempotency_key="")
    with stores.platform.begin() as db, pytest.raises(Conflict):
        accept_quote(db, SHIPPER, deal.quote.id, NOW, idempotency_key="another")


# Races: each racer is a process with its own connections; a barrier starts every heat together.

Accept = Callable[[Databases, str], str]


def our_accept(databases: Databases, quote_id: str, key: str | None = None) -> str:
    with databases.platform.begin() as db:
        return accept_quote(db, SHIPPER, quote_id, NOW, key).id


def naive_accept(databases: Databases, quote_id: str) -> str:
    """What one writes without thinking: look whether the load is open, then make the order."""
    with databases.platform.connect() as db:
        quote = get_quote(db, quote_id, SHIPPER)
        if get_load(db, quote.load_id, SHIPPER).state is not LoadState.OPEN:
            raise Conflict("load_taken")
        db.rollback()
    time.sleep(0.05)  # what a request does in between; on a busy machine the scheduler alone may not show it
    with databases.platform.begin() as db:
        schema = "platform." if db.dialect.name == "postgresql" else ""
        db.exec_driver_sql(f"INSERT INTO {schema}naive_order VALUES ('{quote.load_id}')")
        db.exec_driver_sql(f"UPDATE {schema}mkt_load SET state = 'RESERVED' WHERE id = '{quote.load_id}'")
    return quote_id


def _racer(
    place: tuple[Path | None, str | None], accept: Accept, heats: list[str], start: Any, results: Any
) -> None:
    databases = Databases.open(*place)  # type: ignore[arg-type]
    answers = []
    for quote_id in heats:
        start.wait(timeout=60)
        try:
            answers.append(accept(databases, quote_id))
        except MarketError as error:
            answers.append(f"refused: {error.key}")
        except sa.exc.DBAPIError as error:
            answers.append(f"broken: {error.orig}")
    databases.close()
    results.put(answers)


def race(stores: Databases, accept: Accept, tickets: list[list[str]]) -> list[list[str]]:
    """Let a process run through each list of quotes, all in step; returns what each was answered."""
    url = stores.platform.url
    sqlite = url.drivername.startswith("sqlite")
    folder = Path(str(url.database)).parent if sqlite else None
    place = (folder, None if sqlite else url.render_as_string(hide_password=False))
    methods = multiprocessing.get_context("fork")
    start, results = methods.Barrier(len(tickets)), methods.Queue()
    racers = [
        methods.Process(target=_racer, args=(place, accept, heats, start, results)) for heats in tickets
    ]
    stores.close()  # no connection crosses the fork
    for racer in racers:
        racer.start()
    answers = [results.get(timeout=90) for _ in racers]
    for racer in racers:
        racer.join(timeout=30)
        assert racer.exitcode == 0
    broken = [answer for heats in answers for answer in heats if answer.startswith("broken")]
    assert not broken, "only the net of constraints, or nothing at all, held: " + broken[0]
    return answers


def prepare(stores: Databases, loads: int, lanes: tuple[tuple[Any, Any], ...]) -> list[list[str]]:
    """`loads` loads on alternating lanes, and a quote on each from each of RACERS carriers."""
    with stores.platform.begin() as db:
        sites = [lanes[i % len(lanes)] for i in range(loads)]
        light = {"weight_kg": 1_000, "ldm_cm": 0, "volume_dm3": 0}
        posted = [
            post_load(db, SHIPPER, load_draft(origin=a, destination=b, **light), NOW, HERE) for a, b in sites
        ]
        tickets = []
        for i in range(RACERS):
            carrier = actor(f"org-{i}", "carrier")
            vehicle = add_vehicle(db, carrier, vehicle_draft(f"京A{10_000 + i}"), NOW)
            capacity = post_capacity(db, carrier, capacity_draft(vehicle.id), NOW, HERE)
            tickets.append(
                [submit_quote(db, carrier, load.id, capacity.id, 1_000, NOW).id for load in posted]
            )
        return tickets


def orders_by_load(stores: Databases) -> Counter[str]:
    with stores.platform.connect() as db:
        return Counter(db.scalars(sa.select(ORDER.c.load_id)))


ONE_LANE = ((A, E),)
CROSSING = ((A, E), (A, C), (C, E))


def test_of_many_who_accept_at_once_exactly_one_wins(stores: Databases) -> None:
    tickets = prepare(stores, 12, ONE_LANE)
    answers = race(stores, our_accept, tickets)
    assert sorted(orders_by_load(stores).values()) == [1] * 12
    won = [answer for heats in answers for answer in heats if not answer.startswith("refused")]
    assert len(won) == len(set(won)) == 12
    with stores.platform.connect() as db:
        assert {order.id for order in orders_of(db, SHIPPER).items} == set(won)


def test_the_naive_way_fails_the_same_race(stores: Databases) -> None:
    tickets = prepare(stores, 12, ONE_LANE)
    schema = "platform." if stores.platform.dialect.name == "postgresql" else ""
    with stores.platform.begin() as db:
        db.exec_driver_sql(f"CREATE TABLE {schema}naive_order (load_id TEXT)")
    race(stores, naive_accept, tickets)
    with stores.platform.begin() as db:
        rows = db.exec_driver_sql(f"SELECT load_id FROM {schema}naive_order").scalars().all()
        db.exec_driver_sql(f"DROP TABLE {schema}naive_order")
    assert max(Counter(rows).values()) > 1, "the race is too slow to catch anybody"


def test_accepts_that_touch_each_others_quotes_never_wait_for_each_other(stores: Databases) -> None:
    """Every winner withdraws quotes of other loads while their winners do the same."""
    tickets = prepare(stores, 12, CROSSING)
    turned = [heats[i:] + heats[:i] for i, heats in enumerate(tickets)]
    race(stores, our_accept, turned)
    counted = orders_by_load(stores)
    assert counted and max(counted.values()) == 1


def test_a_capacity_is_never_oversold(stores: Databases) -> None:
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, CARRIER, vehicle_draft(), NOW)
        capacity = post_capacity(db, CARRIER, capacity_draft(vehicle.id), NOW, HERE)
        loads = [
            post_load(db, SHIPPER, load_draft(weight_kg=8_000, ldm_cm=0, volume_dm3=0), NOW, HERE)
            for _ in range(RACERS)
        ]
        quotes = [submit_quote(db, CARRIER, load.id, capacity.id, 1_000, NOW) for load in loads]
    race(stores, our_accept, [[quote.id] for quote in quotes])
    with stores.platform.connect() as db:
        left = get_capacity(db, capacity.id, CARRIER)
    assert sum(orders_by_load(stores).values()) == left.booked == 3  # of 8 t each, in 30 t
    assert (left.weight_kg, left.state) == (6_000, CapacityState.PART_BOOKED)


def keyed_accept(databases: Databases, quote_id: str) -> str:
    return our_accept(databases, quote_id, key=f"retry-{quote_id}")


def test_the_same_key_at_the_same_time_has_one_effect_and_one_answer(stores: Databases) -> None:
    tickets = prepare(stores, 6, ONE_LANE)
    answers = race(stores, keyed_accept, [tickets[0]] * RACERS)
    assert all(heats == answers[0] for heats in answers)
    assert sorted(orders_by_load(stores).values()) == [1] * 6
