"""The index follows the database, whoever writes, and what it proposes is what is stored."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from market_offers import a_capacity, a_load

from haoyun.platform.database import Databases
from haoyun.platform.market.balance import BalanceBook, balance_of, per_km_of
from haoyun.platform.market.booking import book_space, reserve_load
from haoyun.platform.market.figures import lane_of
from haoyun.platform.market.history import record
from haoyun.platform.market.index import MarketIndex, index_of
from haoyun.platform.market.load import PriceMode
from haoyun.platform.market.matches_store import match_of, match_row, rematch
from haoyun.platform.market.ranking import best_capacities, best_loads
from haoyun.platform.market.refresher import STALE, Refresher
from haoyun.platform.market.replay import replay
from haoyun.platform.market.rows import load_row
from haoyun.platform.market.store import (
    add_vehicle,
    edit_load,
    expire,
    get_capacity,
    get_load,
    matches_of_capacity,
    matches_of_load,
    post_capacity,
    post_load,
    withdraw_load,
)
from haoyun.platform.market.tables import CAPACITY, EVENT, LOAD, MATCH
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    SHIPPER,
    SITES,
    A,
    B,
    D,
    E,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    seen_at,
    vehicle_draft,
)

HERE = road_context()


def offer(stores: Databases, plate: str = "京A12345", **changes: object) -> str:
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, CARRIER, vehicle_draft(plate), NOW)
        return post_capacity(db, CARRIER, capacity_draft(vehicle.id, **changes), NOW, HERE).id


def post(stores: Databases, **changes: object) -> str:
    with stores.platform.begin() as db:
        return post_load(db, SHIPPER, load_draft(**changes), NOW, HERE).id


def known(index: MarketIndex) -> tuple[set[str], set[str]]:
    index.sync(NOW)
    return set(index.market.loads.slot), set(index.market.capacities.slot)


def test_the_index_holds_what_is_open_and_nothing_else(stores: Databases) -> None:
    index = index_of(stores.platform)
    truck, first, second, third = offer(stores), post(stores), post(stores), post(stores)
    assert known(index) == ({first, second, third}, {truck})
    with stores.platform.begin() as db:
        withdraw_load(db, SHIPPER, first, NOW)
        load = reserve_load(db, second, 1, "user", NOW)
        book_space(db, truck, load, "user", NOW)
        edited = edit_load(db, SHIPPER, third, load_draft(origin=A), 1, NOW, HERE)
    assert known(index) == ({third}, {truck})
    row = index.market.loads.slot[third]
    assert index.market.places.codes[index.market.loads.one(row)["origin"]] == edited.origin.code == "A"
    assert index.market.capacities.one(index.market.capacities.slot[truck])["booked"]
    with stores.platform.begin() as db:
        expire(db, NOW + timedelta(days=9))
    assert known(index) == (set(), set())
    assert not +index.book.loads_from and not +index.book.vehicles_at


def test_what_is_rolled_back_was_never_there(stores: Databases) -> None:
    index, kept = index_of(stores.platform), post(stores)
    with stores.platform.connect() as db, db.begin() as transaction:
        gone = post_load(db, SHIPPER, load_draft(), NOW, HERE)
        vehicle = add_vehicle(db, CARRIER, vehicle_draft(), NOW)
        capacity = post_capacity(db, CARRIER, capacity_draft(vehicle.id), NOW, HERE)
        seen = {match.load_id for match in best_loads(db, capacity, NOW, HERE, 20)}
        assert seen == {kept, gone.id}  # a transaction sees its own offers
        transaction.rollback()
    assert known(index) == ({kept}, set())
    again = post(stores)  # SQLite gives the number of the event out anew
    assert known(index) == ({kept, again}, set())


def test_a_number_that_commits_late_is_not_passed_over(stores: Databases) -> None:
    if stores.platform.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer: numbers commit in their order")
    index = index_of(stores.platform)
    index.sync(NOW)
    with stores.platform.connect() as slow, slow.begin():
        slow.execute(sa.insert(LOAD).values(_row("load_slow")))
        record(slow, "load_slow", 1, "OPEN", None, NOW)
        fast = post(stores)  # a higher number, committed first
        assert known(index)[0] == {fast}
    assert known(index)[0] == {fast, "load_slow"}


def _row(key: str) -> dict[str, object]:

    return load_row(a_load(key))


OTHER_PROCESS = """
import sys
from pathlib import Path
from haoyun.platform.database import Databases
from haoyun.platform.market.store import post_load
from haoyun.platform.market.testing import NOW, SHIPPER, load_draft, road_context
stores = Databases.open(Path(sys.argv[1]), sys.argv[2] or None)
with stores.platform.begin() as db:
    print(post_load(db, SHIPPER, load_draft(), NOW, road_context()).id)
"""


def test_what_another_process_posts_is_found(stores: Databases) -> None:
    truck, index = offer(stores), index_of(stores.platform)
    assert known(index) == (set(), {truck})
    url = stores.platform.url
    sqlite = stores.sqlite
    folder = str(url.database).rpartition("/")[0] if sqlite else "."
    address = "" if sqlite else url.render_as_string(hide_password=False)
    run = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, folder, address],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    with stores.platform.begin() as db:
        capacity = get_capacity(db, truck, CARRIER)
        found = best_loads(db, capacity, NOW, HERE, 20)
        assert [match.load_id for match in found] == [run.stdout.strip()]
        assert [one.load.id for one in matches_of_capacity(db, truck, CARRIER)] == [run.stdout.strip()]


def test_an_emptied_database_empties_the_index(stores: Databases) -> None:
    index = index_of(stores.platform)
    post(stores)
    assert len(known(index)[0]) == 1
    with stores.platform.begin() as db:
        for table in (LOAD, CAPACITY, EVENT, MATCH):
            db.execute(sa.delete(table))
    assert known(index) == (set(), set())


def test_the_best_of_the_market_are_those_of_every_pair(stores: Databases) -> None:
    rng = random.Random(3)
    with stores.platform.begin() as db:
        for i in range(12):
            vehicle = add_vehicle(db, CARRIER, vehicle_draft(f"京B{10_000 + i}"), NOW)
            ready = hours(rng.choice([-1, 1, 5]), 48)
            post_capacity(
                db, CARRIER, capacity_draft(vehicle.id, origin=rng.choice(SITES), ready=ready), NOW, HERE
            )
        for _ in range(15):
            origin, destination = rng.sample(SITES, 2)
            price = (
                {"price_mode": PriceMode.FIXED, "price_fen": rng.randint(50_000, 300_000)}
                if rng.random() < 0.5
                else {}
            )
            draft = load_draft(
                origin=origin, destination=destination, weight_kg=rng.randint(1, 30_000), **price
            )
            post_load(db, SHIPPER, draft, NOW, HERE)
    with stores.platform.begin() as db:
        rows = db.execute(sa.select(LOAD.c.id)).scalars()
        loads = [get_load(db, key, SHIPPER) for key in rows]
        every = {load.id: best_capacities(db, load, NOW, HERE, 1_000) for load in loads}
        for load in loads:
            assert best_capacities(db, load, NOW, HERE, 3) == every[load.id][:3]
        pairs = [match for found in every.values() for match in found]
        for key in db.execute(sa.select(CAPACITY.c.id)).scalars():
            capacity = get_capacity(db, key, CARRIER)
            mine = {(m.load_id, m.score) for m in pairs if m.capacity_id == key}
            assert {(m.load_id, m.score) for m in best_loads(db, capacity, NOW, HERE, 1_000)} == mine
    assert len(pairs) > 40


def test_a_stored_match_is_scored_again_to_the_same_bytes(stores: Databases) -> None:
    truck = offer(stores)
    load = post(stores, price_mode=PriceMode.FIXED, price_fen=200_001)
    with stores.platform.begin() as db:
        row = db.execute(sa.select(MATCH)).one()
        match, offers = match_of(row), (get_load(db, load, SHIPPER), get_capacity(db, truck, CARRIER))
        again = replay(*offers, match.inputs)
        assert again is not None
        assert match_row(again) == {name: row._mapping[name] for name in match_row(again)}
        assert replay(replace(offers[0], version=9), offers[1], match.inputs) is None


def test_the_figures_that_are_kept_offer_by_offer_are_those_of_counting_anew() -> None:
    rng, book, open_loads = random.Random(5), BalanceBook(), []
    for i in range(300):
        origin, destination = rng.sample(SITES, 2)
        fixed = {"price_mode": PriceMode.FIXED, "price_fen": rng.randint(1, 10**6)}
        load = a_load(
            f"load_{i}", origin=origin, destination=destination, **(fixed if rng.random() < 0.7 else {})
        )
        book.add_load(*lane_of(load), per_km_of(load.price_fen, load.distance_m))
        open_loads.append(load)
        if rng.random() < 0.4:
            gone = open_loads.pop(rng.randrange(len(open_loads)))
            book.drop_load(*lane_of(gone), per_km_of(gone.price_fen, gone.distance_m))
    anew = balance_of(open_loads, [a_capacity()])
    book.add_vehicle(a_capacity().mode, a_capacity().origin.code)
    assert {key: n for key, n in book.loads_from.items() if n} == anew.loads_from
    assert book.vehicles_at == anew.vehicles_at
    for load in open_loads:
        assert book.price_of_lane(lane_of(load), 1.0) == anew.price_of_lane(lane_of(load), 1.0)


def test_a_truck_that_moved_is_matched_again_and_one_that_stands_is_not(stores: Databases) -> None:
    truck = offer(stores, ready=hours(-1, 48), origin=B, radius_km=100)
    load, refresher = post(stores), Refresher()
    vehicle = _vehicle(stores, truck)

    def deadhead(now_min: float, lat: float) -> tuple[int, float | None]:
        now = NOW + timedelta(minutes=now_min)
        done = refresher(stores.platform, road_context({vehicle: seen_at(lat, now)}), now)
        with stores.platform.begin() as db:
            return done, matches_of_load(db, load, SHIPPER)[0].match.deadhead_m

    assert deadhead(0, A.lat) == (1, pytest.approx(100_000, rel=0.01))  # the first look
    assert deadhead(1, A.lat + 0.001)[0] == 0  # a hundred metres
    assert deadhead(2, A.lat + 0.45) == (1, pytest.approx(50_000, rel=0.01))
    assert deadhead(2 + STALE.total_seconds() / 60, A.lat + 0.45)[0] == 1  # the clock ran


def test_a_truck_that_can_no_longer_be_there_loses_its_match(stores: Databases) -> None:
    truck = offer(stores, ready=hours(-1, 48), origin=B, radius_km=100)
    load, refresher, vehicle = post(stores), Refresher(), _vehicle(stores, truck)
    refresher(stores.platform, road_context({vehicle: seen_at(A.lat)}), NOW)
    late = NOW + timedelta(hours=7)
    refresher(stores.platform, road_context({vehicle: seen_at(E.lat, late)}), late)
    with stores.platform.begin() as db:
        assert matches_of_load(db, load, SHIPPER) == []


def test_an_offer_that_changed_without_a_match_is_matched_by_the_worker(stores: Databases) -> None:
    truck, refresher = offer(stores), Refresher()
    first, second = post(stores, weight_kg=20_000), post(stores, weight_kg=20_000)
    refresher(stores.platform, HERE, NOW)
    with stores.platform.begin() as db:
        later = NOW + timedelta(seconds=1)
        book_space(db, truck, reserve_load(db, first, 1, "user", later), "user", later)
    refresher(stores.platform, HERE, NOW + timedelta(seconds=30))
    with stores.platform.begin() as db:
        assert (
            db.scalars(sa.select(MATCH.c.load_id)).all() == []
        )  # 10 t left: neither the taken nor the other
        small = post_load(db, SHIPPER, load_draft(weight_kg=9_000, ldm_cm=100, destination=D), NOW, HERE).id
    with stores.platform.begin() as db:
        assert [one.load.id for one in matches_of_capacity(db, truck, CARRIER)] == [small]
        assert second != small


def test_a_round_over_everything_finds_what_each_post_found(stores: Databases) -> None:
    offer(stores), post(stores), post(stores, origin=A)
    with stores.platform.begin() as db:
        before = sorted(tuple(row) for row in db.execute(sa.select(MATCH.c.load_id, MATCH.c.capacity_id)))
        db.execute(sa.delete(MATCH))
        assert rematch(db, NOW, HERE) == len(before) == 2
        after = sorted(tuple(row) for row in db.execute(sa.select(MATCH.c.load_id, MATCH.c.capacity_id)))
    assert after == before


def _vehicle(stores: Databases, capacity_id: str) -> str:
    with stores.platform.begin() as db:
        return get_capacity(db, capacity_id, CARRIER).vehicle_id
