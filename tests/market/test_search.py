"""Searches: what each filter finds, in every order, page by page, on both databases; and what ways and areas are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.areas import (
    Bounds,
    codes_around,
    codes_in_division,
    codes_in_window,
    division_prefix,
    lanes_on_the_way,
    lanes_passing,
    within_all,
)
from haoyun.platform.market.capacity_search import (
    CapacityFilter,
    CapacitySort,
    capacities_by_origin,
    count_capacities,
    list_capacities,
)
from haoyun.platform.market.context import site_of_place
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.search import LoadFilter, Sort, count_loads, list_loads, loads_by_origin
from haoyun.platform.market.searching import folded
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load, withdraw_load
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OPERATOR,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    STEP_M,
    A,
    B,
    C,
    D,
    E,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.market.values import Body

CONTEXT = road_context()
FIXED: dict[str, Any] = {"price_mode": PriceMode.FIXED}


def post(db: sa.Connection, actor: Actor = SHIPPER, **changes: Any) -> Load:
    return post_load(db, actor, load_draft(**changes), NOW, CONTEXT)


def goods(db: sa.Connection, viewer: Actor | None = CARRIER, **filters: Any) -> list[str]:
    """What is found, the newest first; and the other ways to ask say the same."""
    wanted = LoadFilter(**filters)
    found = list_loads(db, wanted, viewer, 200).items
    if wanted.sort not in (Sort.SCORE, Sort.DEADHEAD):
        assert count_loads(db, wanted, viewer) == len(found)
        assert list_loads(db, wanted, viewer, 1, count_to=1000).whole == len(found)
        assert sum(loads_by_origin(db, wanted, viewer).values()) == len(found)
    return [load.goods for load in found]


@pytest.fixture
def market(db: sa.Connection) -> sa.Connection:
    post(db, goods="coils", weight_kg=28_000, body=frozenset({Body.FLATBED, Body.STAKE}), ldm_cm=1_200)
    post(
        db, goods="fish", weight_kg=9_000, body=frozenset({Body.REEFER}), ldm_cm=480, origin=A, destination=E
    )
    post(
        db,
        goods="paper",
        weight_kg=15_000,
        max_piece_cm=700,
        ldm_cm=0,
        pickup=hours(30, 40),
        delivery=hours(40, 60),
    )
    post(db, goods="glass", weight_kg=20_000, price_fen=200_000, origin=C, destination=B, **FIXED)
    post(db, goods="tyres", weight_kg=12_000, price_fen=90_000, **FIXED)
    return db


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"body": Body.STAKE}, {"coils", "paper", "glass", "tyres"}),
        ({"min_weight_kg": 15_000}, {"coils", "paper", "glass"}),
        ({"min_weight_kg": 12_000, "max_weight_kg": 20_000}, {"paper", "glass", "tyres"}),
        ({"max_length_cm": 600}, {"fish", "glass", "tyres"}),
        ({"min_length_cm": 700}, {"coils", "paper"}),
        ({"origin_codes": frozenset("AC")}, {"fish", "glass"}),
        ({"destination_codes": frozenset("B")}, {"glass"}),
        ({"origin_codes": frozenset()}, set()),
        ({"lanes": frozenset({("A", "E"), ("C", "B"), ("B", "A")})}, {"fish", "glass"}),
        ({"pickup_from": NOW + timedelta(hours=20)}, {"paper"}),
        ({"pickup_to": NOW + timedelta(hours=20)}, {"coils", "fish", "glass", "tyres"}),
        ({"delivery_from": NOW + timedelta(hours=30)}, {"paper"}),
        ({"min_price_fen": 100_000}, {"glass"}),
        ({"max_price_fen": 100_000}, {"tyres"}),
        ({"min_per_km_fen": 450, "max_per_km_fen": 450}, {"tyres"}),
        ({"max_per_km_fen": 10**9}, {"glass", "tyres"}),
    ],
)
def test_each_filter_finds_what_it_says(
    market: sa.Connection, filters: dict[str, Any], found: set[str]
) -> None:
    assert set(goods(market, **filters)) == found


def test_words_are_found_inside_goods_whatever_their_width_and_case(db: sa.Connection) -> None:
    post(db, goods="热轧钢卷 Steel Coils 100% new")
    post(db, goods="ＡＢＳ塑料粒子")
    post(db, goods="under_score")
    assert goods(db, words="钢卷 coil") == ["热轧钢卷 Steel Coils 100% new"]
    assert goods(db, words="abs") == ["ＡＢＳ塑料粒子"]
    assert goods(db, words="100%") == ["热轧钢卷 Steel Coils 100% new"]
    assert goods(db, words="r_s") == ["under_score"]
    assert goods(db, words="t_l") == []  # no wildcard
    assert goods(db, words="   ") == goods(db)
    with pytest.raises(FieldErrors) as refused:
        goods(db, words="a " * 20)
    assert set(refused.value.errors) == {"q"}


def test_the_same_loads_stand_in_every_order_and_no_page_repeats_or_skips(db: sa.Connection) -> None:
    for number in range(12):
        price = None if number % 3 else 100_000 + 1000 * (number // 6)
        changes = {"price_fen": price, **FIXED} if price else {}
        post_load(
            db, SHIPPER, load_draft(goods=f"g{number}", pickup=hours(1 + number % 4, 9 + number % 4), **changes),
            NOW + timedelta(seconds=number // 2), CONTEXT,
        )  # fmt: skip
    everything = {f"g{number}" for number in range(12)}
    for sort in (Sort.POSTED, Sort.PICKUP, Sort.PRICE_KM):
        seen, after = [], None
        while True:
            page = list_loads(db, LoadFilter(sort=sort), CARRIER, limit=5, after=after)
            seen += page.items
            after = page.next
            if after is None:
                break
        assert {load.goods for load in seen} == everything and len(seen) == 12, sort
        whole = list_loads(db, LoadFilter(sort=sort), CARRIER, limit=50).items
        assert list(whole) == seen, sort
        key: Callable[[Load], Any] = {
            Sort.POSTED: lambda load: -load.posted_at.timestamp(),
            Sort.PICKUP: lambda load: load.pickup.start.timestamp(),
            Sort.PRICE_KM: lambda load: -(load.price_fen or -1),
        }[sort]
        assert [key(load) for load in seen] == sorted(key(load) for load in seen), sort


@pytest.mark.parametrize(
    "text", ["", "x", "WzFd", "W10=", "WyJhIiwiYiJd", "WzEuNSwieCJd", "WzFlMzAsIngiXQ==", "WzEsMl0="]
)
def test_a_forged_page_marker_is_refused_by_name(db: sa.Connection, text: str) -> None:
    for lists in (list_loads, list_capacities):
        filters: Any = LoadFilter() if lists is list_loads else CapacityFilter()
        with pytest.raises(FieldErrors) as refused:
            lists(db, filters, None, after=text)  # type: ignore[operator]
        assert set(refused.value.errors) == {"after"}


def test_a_search_shows_nobody_what_is_not_shared_with_them(db: sa.Connection) -> None:
    post(db, goods="public")
    invited = {"visibility": Visibility.PARTNERS, "invited": frozenset({CARRIER.org_id})}
    post(db, goods="narrow", **invited)
    gone = post(db, goods="withdrawn")
    withdraw_load(db, SHIPPER, gone.id, NOW)
    assert (
        set(goods(db, None)) == set(goods(db, OTHER_CARRIER)) == set(goods(db, OTHER_SHIPPER)) == {"public"}
    )
    assert (
        set(goods(db, CARRIER)) == set(goods(db, SHIPPER)) == set(goods(db, OPERATOR)) == {"public", "narrow"}
    )
    closed = frozenset({LoadState.CANCELLED})
    assert goods(db, OTHER_CARRIER, states=closed) == ["withdrawn"]
    assert set(goods(db, SHIPPER, mine=True)) == {"public", "narrow", "withdrawn"}
    assert goods(db, OTHER_SHIPPER, mine=True) == goods(db, None, mine=True) == []


def test_a_count_stops_where_nobody_reads_on(db: sa.Connection) -> None:
    for number in range(4):
        post(db, goods=f"g{number}")
    assert [count_loads(db, LoadFilter(), CARRIER, most) for most in (2, 3, 4, 5)] == [3, 4, 4, 4]
    for limit in (1, 3, 50):
        first = [list_loads(db, LoadFilter(), CARRIER, limit, count_to=most) for most in (2, 3, 4, 5)]
        assert [page.whole for page in first] == [3, 4, 4, 4]


@pytest.mark.parametrize("sort", [Sort.POSTED, Sort.PICKUP, Sort.PRICE_KM])
def test_a_page_that_counts_is_the_page_that_does_not(db: sa.Connection, sort: Sort) -> None:
    for number in range(7):
        post(db, goods=f"g{number}", price_fen=100_000 + 7 * number % 5, **FIXED)
    wanted = LoadFilter(sort=sort)
    plain = list_loads(db, wanted, CARRIER, 3)
    counted = list_loads(db, wanted, CARRIER, 3, count_to=100)
    assert (counted.items, counted.next, counted.whole) == (plain.items, plain.next, 7)
    assert plain.whole is None
    later = list_loads(db, wanted, CARRIER, 3, counted.next, count_to=100)
    assert later.whole is None and later.items == list_loads(db, wanted, CARRIER, 3, plain.next).items


def offer(db: sa.Connection, plate: str, actor: Actor = CARRIER, **changes: Any) -> str:
    body = changes.pop("body", Body.BOX)
    vehicle = add_vehicle(
        db, actor, vehicle_draft(plate, body=body, length_cm=changes.pop("length_cm", 1300)), NOW
    )
    return post_capacity(db, actor, capacity_draft(vehicle.id, **changes), NOW, CONTEXT).id


def test_capacities_are_found_by_place_time_room_and_cost(db: sa.Connection) -> None:
    box = offer(db, "京A00001", cost_per_km_fen=500)
    cold = offer(
        db, "京A00002", body=Body.REEFER, origin=C, destination=E, cost_per_km_fen=300, min_price_fen=90_000
    )
    small = offer(db, "京A00003", length_cm=420, weight_kg=2_000, ready=hours(20, 40), destination=B)
    trucks = {"box": box, "cold": cold, "small": small}

    def found(sort: CapacitySort = CapacitySort.POSTED, **filters: Any) -> list[str]:
        wanted = CapacityFilter(sort=sort, **filters)
        items = list_capacities(db, wanted, None).items
        assert count_capacities(db, wanted, None) == len(items)
        assert list_capacities(db, wanted, None, 1, count_to=1000).whole == len(items)
        assert sum(capacities_by_origin(db, wanted, None).values()) == len(items)
        return [name for one in items for name, truck in trucks.items() if truck == one.id]

    assert set(found(origin_codes=frozenset("A"))) == {"box", "small"}
    assert set(found(destination_codes=frozenset("E"))) == {"box", "cold"}, (
        "who names no destination goes anywhere"
    )
    assert found(lanes=frozenset({("C", "E")})) == ["cold"]
    assert found(body=Body.REEFER) == ["cold"]
    assert found(max_length_cm=500) == found(max_weight_kg=5_000) == ["small"]
    assert set(found(min_length_cm=1_000)) == {"box", "cold"}
    assert set(found(ready_to=NOW + timedelta(hours=10))) == {"box", "cold"}
    assert found(max_cost_per_km_fen=400) == ["cold"]
    assert set(found(max_price_fen=80_000)) == {"box", "small"}
    assert found(CapacitySort.COST_KM)[0] == "cold"
    assert found(CapacitySort.READY)[-1] == "small"
    with pytest.raises(FieldErrors):
        found(CapacitySort.SCORE)
    post(db)
    best = list_capacities(db, CapacityFilter(sort=CapacitySort.SCORE), SHIPPER).items
    assert box in {one.id for one in best} and small not in {one.id for one in best}


def test_on_the_way_home_adds_what_the_roads_say() -> None:
    """Five places on a line, 100 km apart: from A to C, everything forward is free, C to D and back costs 200 km."""
    assert lanes_on_the_way(CONTEXT, "A", "C", 0) == {("A", "B"), ("A", "C"), ("B", "C")}
    with_200 = lanes_on_the_way(CONTEXT, "A", "C", 200)
    assert ("C", "D") in with_200 and ("B", "A") in with_200 and ("D", "E") not in with_200
    assert lanes_passing(CONTEXT, "B", "C", 0) == {(o, d) for o in "AB" for d in "CDE"}
    for bad in (-1, 501, float("nan")):
        with pytest.raises(FieldErrors) as refused:
            lanes_on_the_way(CONTEXT, "A", "C", bad)
        assert set(refused.value.errors) == {"detour_km"}


@given(st.data())
def test_ways_agree_with_adding_up_roads_one_by_one(data: st.DataObject) -> None:
    cell = st.one_of(st.floats(1_000, 400_000), st.just(float("inf")))
    road = np.array(data.draw(st.lists(st.lists(cell, min_size=5, max_size=5), min_size=5, max_size=5)))
    np.fill_diagonal(road, 0)
    road[0, 4] = 300_000  # the way itself
    context = replace(CONTEXT, distance_m=road, duration_s=road / 20)
    detour_km = data.draw(st.integers(0, 500))
    with np.errstate(invalid="ignore"):
        _agree(context, road, detour_km)


def _agree(context: Any, road: Any, detour_km: int) -> None:
    places = "ABCDE"
    for lanes, added in (
        (lanes_on_the_way, lambda o, d: road[0, o] + road[o, d] + road[d, 4] - road[0, 4]),
        (lanes_passing, lambda o, d: road[o, 0] + road[0, 4] + road[4, d] - road[o, d]),
    ):
        expected = {
            (places[o], places[d])
            for o in range(5)
            for d in range(5)
            if o != d and not np.isnan(added(o, d)) and added(o, d) <= detour_km * 1000 + 0.5
        }
        assert lanes(context, "A", "E", detour_km) == expected


def test_a_division_holds_its_prefectures_and_a_stranger_code_is_named() -> None:
    known = trunk_gazetteer()
    sichuan = codes_in_division(known, "51")
    assert "510100" in sichuan and all(code.startswith("51") for code in sichuan)
    assert codes_in_division(known, "510000") == sichuan
    assert codes_in_division(known, "5101") == {"510100"} == codes_in_division(known, "510100")
    for bad in ("99", "5", "511", "abc", "", "５１"):
        with pytest.raises(FieldErrors) as refused:
            codes_in_division(known, bad, "origin_division")
        assert set(refused.value.errors) == {"origin_division"}
    assert [division_prefix(code) for code in ("51", "5100", "510000", "510104")] == [
        "51",
        "51",
        "51",
        "510104",
    ]


def test_a_window_holds_what_lies_in_it_also_across_the_date_line() -> None:
    known = trunk_gazetteer()
    shanghai = known.find("上海")
    assert shanghai is not None
    around = codes_in_window(known, Bounds.parse("121,31,122,31.5"))
    assert shanghai.code in around and len(around) < 10
    assert codes_in_window(known, Bounds(170, -10, -170, 10)) == frozenset()
    assert codes_in_window(known, Bounds(100, -90, 99, 90)) != frozenset()
    assert str(Bounds(121, 31.25, 122, 31.5)) == "121,31.25,122,31.5"
    for bad in ("", "1,2,3", "a,b,c,d", "0,10,1,5", "-190,0,1,1", "nan,0,1,1", "1,2,3,4,5"):
        with pytest.raises(FieldErrors) as refused:
            Bounds.parse(bad)
        assert set(refused.value.errors) == {"bbox"}


def test_a_radius_always_holds_the_place_itself_and_areas_limit_together() -> None:
    known = trunk_gazetteer()
    place = known.find("成都")
    assert place is not None
    site = site_of_place(place)
    assert codes_around(known, site, 0) == {site.code}
    near = codes_around(known, site, 120)
    assert near == {p.code for p in known.list() if site.distance_m(site_of_place(p)) <= 120_000}
    assert within_all([None, None]) is None
    assert within_all([near, None, frozenset({site.code})]) == {site.code}


def test_what_is_derived_for_searches_follows_the_load(db: sa.Connection) -> None:
    load = post(db, goods="Größe Ｎ", price_fen=100_000, origin=B, destination=D, **FIXED)
    assert load.distance_m == 2 * STEP_M
    assert goods(db, words="GRÖSSE n") == [load.goods]
    assert goods(db, min_per_km_fen=500, max_per_km_fen=500) == [load.goods]
    assert folded("ß" * 200) == "s" * 240
