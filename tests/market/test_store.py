"""Posting, finding, matching and closing offers, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.market.capacity import CapacityState
from haoyun.platform.market.errors import FieldErrors, ForbiddenMove, NotAllowed, NotFound, Stale
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.match import Match, WhyNot
from haoyun.platform.market.matches_store import KEPT_PER_OFFER
from haoyun.platform.market.store import (
    CapacityFilter,
    LoadFilter,
    Sort,
    add_vehicle,
    count_market,
    edit_load,
    expire,
    get_capacity,
    get_load,
    get_vehicle,
    history_of,
    list_capacities,
    list_loads,
    list_vehicles,
    matches_of_capacity,
    matches_of_load,
    matches_of_viewer,
    post_capacity,
    post_load,
    rematch,
    why_not,
    withdraw_capacity,
    withdraw_load,
)
from haoyun.platform.market.tables import MATCH
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OPERATOR,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    A,
    C,
    D,
    E,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.market.values import Body, Certificate, Equipment, Mode

HERE = road_context()


def a_vehicle(db: sa.Connection, plate: str = "京A12345", **changes: object) -> str:
    return add_vehicle(db, CARRIER, vehicle_draft(plate, **changes), NOW).id


def fixed(price_fen: int, **changes: object) -> dict[str, object]:
    return {"price_mode": PriceMode.FIXED, "price_fen": price_fen, **changes}


def test_a_posted_load_is_read_back_as_it_was_written(db: sa.Connection) -> None:
    draft = load_draft(
        mode=Mode.RAIL,
        body=frozenset({Body.BOX, Body.REEFER}),
        equipment=frozenset({Equipment.CRANE, Equipment.STRAPS}),
        temperature_min_c=2,
        temperature_max_c=8,
        dg_class="3",
        visibility=Visibility.PARTNERS,
        invited=frozenset({"org-carrier", "org-x"}),
        note="易碎",
    )
    load = post_load(db, SHIPPER, draft, NOW, HERE)
    assert get_load(db, load.id, SHIPPER) == load
    assert (load.state, load.distance_m, load.expires_at) == (LoadState.OPEN, 200_000, draft.pickup.end)
    assert [(c.state, c.user_id) for c in history_of(db, load.id)] == [("OPEN", SHIPPER.user_id)]


def test_a_posted_capacity_takes_what_it_leaves_open_from_its_vehicle(db: sa.Connection) -> None:
    brought = {"mode": Mode.WATER, "equipment": frozenset({Equipment.FORKLIFT})}
    papers = (Certificate("dg-3", NOW + timedelta(days=9)), Certificate("insurance"))
    vehicle = a_vehicle(db, certificates=papers)
    capacity = post_capacity(
        db, CARRIER, capacity_draft(vehicle, weight_kg=5_000, destination=E, **brought), NOW, HERE
    )
    assert get_capacity(db, capacity.id, CARRIER) == capacity
    assert (capacity.weight_kg, capacity.volume_dm3, capacity.body) == (5_000, 90_000, Body.BOX)
    assert (capacity.mode, capacity.equipment) == (Mode.WATER, brought["equipment"])
    assert capacity.certificates == papers


def test_no_more_space_is_offered_than_the_vehicle_has(db: sa.Connection) -> None:
    with pytest.raises(FieldErrors) as caught:
        post_capacity(db, CARRIER, capacity_draft(a_vehicle(db), ldm_cm=1_301), NOW, HERE)
    assert caught.value.messages() == {"ldm_cm": "is more than the vehicle's 1300"}


def test_the_space_of_a_vehicle_is_offered_once(db: sa.Connection) -> None:
    vehicle = a_vehicle(db)
    first = post_capacity(db, CARRIER, capacity_draft(vehicle), NOW, HERE)
    with pytest.raises(FieldErrors, match="open offer already"):
        post_capacity(db, CARRIER, capacity_draft(vehicle), NOW, HERE)
    withdraw_capacity(db, CARRIER, first.id, NOW)
    post_capacity(db, CARRIER, capacity_draft(vehicle), NOW, HERE)


def test_a_plate_is_registered_once_in_an_organization(db: sa.Connection) -> None:
    vehicle = a_vehicle(db)
    with pytest.raises(FieldErrors, match="registered already"):
        a_vehicle(db)
    assert [v.id for v in list_vehicles(db, CARRIER)] == [vehicle]
    assert list_vehicles(db, OTHER_CARRIER) == []
    with pytest.raises(NotFound):
        get_vehicle(db, vehicle, OTHER_CARRIER)


def test_who_may_post_what(db: sa.Connection) -> None:
    with pytest.raises(NotAllowed, match="only shippers"):
        post_load(db, CARRIER, load_draft(), NOW, HERE)
    with pytest.raises(NotAllowed, match="role"):
        post_load(db, VIEWER, load_draft(), NOW, HERE)
    with pytest.raises(NotAllowed, match="only carriers"):
        add_vehicle(db, SHIPPER, vehicle_draft(), NOW)


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"pickup": hours(-9, -1)}, "pickup", "past"),
        ({"expires_at": NOW}, "expires_at", "past"),
        ({"expires_at": NOW + timedelta(hours=9)}, "expires_at", "expires_late"),
    ],
)
def test_a_load_that_is_over_cannot_be_posted(
    db: sa.Connection, changes: dict[str, object], field: str, rule: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        post_load(db, SHIPPER, load_draft(**changes), NOW, HERE)
    assert caught.value.errors[field][0] == rule


def test_a_foreign_thing_is_as_missing_as_a_missing_one(db: sa.Connection) -> None:
    hidden = {"visibility": Visibility.DIRECT, "invited": frozenset({"org-carrier"})}
    load = post_load(db, SHIPPER, load_draft(**hidden), NOW, HERE)
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    answers = set()
    for load_id in (load.id, "load_missing"):
        for ask in (
            lambda i: get_load(db, i, OTHER_CARRIER),
            lambda i: get_load(db, i, None),
            lambda i: matches_of_load(db, i, OTHER_CARRIER),
            lambda i: withdraw_load(db, OTHER_SHIPPER, i, NOW),
            lambda i: edit_load(db, OTHER_SHIPPER, i, load_draft(), 1, NOW, HERE),
            lambda i: why_not(db, i, capacity.id, OTHER_CARRIER, NOW, HERE),
        ):
            with pytest.raises(NotFound) as caught:
                ask(load_id)
            answers.add(str(caught.value))
    assert len(answers) == 1
    assert get_load(db, load.id, CARRIER) == get_load(db, load.id, OPERATOR) == load


def test_matches_are_found_from_both_sides(db: sa.Connection) -> None:
    first = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    second = post_load(db, SHIPPER, load_draft(origin=A), NOW, HERE)
    found = matches_of_capacity(db, capacity.id, CARRIER)
    assert {pair.load.id for pair in found} == {first.id, second.id}
    assert found[0].match.score >= found[1].match.score and len(found[0].match.reasons) >= 3
    assert [pair.capacity.id for pair in matches_of_load(db, first.id, SHIPPER)] == [capacity.id]
    assert count_market(db) == {"loads_open": 2, "capacities_open": 1, "matches": 2}


def test_strangers_do_not_see_who_else_matches(db: sa.Connection) -> None:
    load = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    assert len(matches_of_load(db, load.id, CARRIER)) == 1
    assert matches_of_load(db, load.id, OTHER_CARRIER) == []
    assert matches_of_viewer(db, OTHER_SHIPPER) == []
    assert len(matches_of_viewer(db, SHIPPER)) == len(matches_of_viewer(db, OPERATOR)) == 1


def test_why_not_answers_with_the_rule_or_with_the_match(db: sa.Connection) -> None:
    load = post_load(db, SHIPPER, load_draft(max_piece_cm=1_302), NOW, HERE)
    fits = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    answer = why_not(db, load.id, capacity.id, SHIPPER, NOW, HERE)
    assert isinstance(answer, WhyNot) and answer.message() == "2 cm too long"
    assert isinstance(why_not(db, fits.id, capacity.id, CARRIER, NOW, HERE), Match)


def test_an_edit_is_a_new_version_with_new_terms_and_matches(db: sa.Connection) -> None:
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    load = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    edited = edit_load(db, SHIPPER, load.id, load_draft(weight_kg=31_000), load.version, NOW, HERE)
    assert (edited.version, edited.terms, edited.weight_kg) == (load.version + 1, 2, 31_000)
    assert get_load(db, load.id, SHIPPER) == edited
    assert matches_of_capacity(db, capacity.id, CARRIER) == []
    with pytest.raises(Stale):
        edit_load(db, SHIPPER, load.id, load_draft(), load.version, NOW, HERE)


def test_a_withdrawn_load_is_gone_for_good(db: sa.Connection) -> None:
    load = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    assert withdraw_load(db, SHIPPER, load.id, NOW).state is LoadState.CANCELLED
    assert count_market(db)["matches"] == 0
    with pytest.raises(ForbiddenMove, match="CANCELLED"):
        withdraw_load(db, SHIPPER, load.id, NOW)


def test_offers_whose_time_is_over_expire(db: sa.Connection) -> None:
    load = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    assert expire(db, NOW + timedelta(hours=7)) == 0
    assert expire(db, NOW + timedelta(hours=49)) == 2
    assert get_load(db, load.id, SHIPPER).state is LoadState.EXPIRED
    assert get_capacity(db, capacity.id, CARRIER).state is CapacityState.EXPIRED
    assert count_market(db) == {"loads_open": 0, "capacities_open": 0, "matches": 0}
    assert history_of(db, load.id)[-1].user_id is None


def test_a_round_forgets_pairs_that_no_longer_fit_and_finds_new_ones(db: sa.Connection) -> None:
    load = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    post_capacity(db, CARRIER, capacity_draft(a_vehicle(db), ready=hours(1, 48)), NOW, HERE)
    assert rematch(db, NOW, HERE) == 1
    late = NOW + timedelta(hours=7.9)  # ready now, position unknown: no way to be there in time
    assert rematch(db, late, HERE) == 0
    assert matches_of_load(db, load.id, SHIPPER) == []
    assert rematch(db, NOW, HERE) == 1


def listed(db: sa.Connection, viewer: object = None, **filters: object) -> list[str]:
    return [load.goods for load in list_loads(db, LoadFilter(**filters), viewer).items]  # type: ignore[arg-type]


def test_loads_are_searched_by_place_body_weight_and_time(db: sa.Connection) -> None:
    post_load(db, SHIPPER, load_draft(goods="a", origin=A, weight_kg=1_000), NOW, HERE)
    post_load(db, SHIPPER, load_draft(goods="b", body=frozenset({Body.REEFER})), NOW, HERE)
    later = {"pickup": hours(30, 40), "delivery": hours(40, 60)}
    post_load(db, SHIPPER, load_draft(goods="c", origin=C, destination=E, **later), NOW, HERE)
    assert listed(db, origin_codes=frozenset("AB")) == ["b", "a"]
    assert listed(db, destination_codes=frozenset("E")) == ["c"]
    assert listed(db, origin_codes=frozenset()) == []
    assert set(listed(db, body=Body.BOX)) == {"a", "c"}
    assert listed(db, max_weight_kg=5_000) == ["a"]
    assert listed(db, pickup_from=NOW + timedelta(hours=20)) == ["c"]
    assert set(listed(db, pickup_to=NOW + timedelta(hours=20))) == {"a", "b"}


def test_lists_show_only_what_the_viewer_may_see(db: sa.Connection) -> None:
    partners = {"visibility": Visibility.PARTNERS, "invited": frozenset({"org-carrier"})}
    post_load(db, SHIPPER, load_draft(goods="public"), NOW, HERE)
    post_load(db, SHIPPER, load_draft(goods="partners", **partners), NOW, HERE)
    withdraw_load(db, SHIPPER, post_load(db, SHIPPER, load_draft(goods="withdrawn"), NOW, HERE).id, NOW)
    assert listed(db) == listed(db, OTHER_CARRIER) == listed(db, OTHER_SHIPPER) == ["public"]
    assert listed(db, CARRIER) == listed(db, OPERATOR) == ["partners", "public"]
    assert listed(db, SHIPPER, mine=True) == ["withdrawn", "partners", "public"]
    assert listed(db, CARRIER, mine=True) == listed(db, None, mine=True) == []


def test_loads_are_sorted_by_what_the_reader_asks_for(db: sa.Connection) -> None:
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    post_load(db, SHIPPER, load_draft(goods="far", origin=C, **fixed(100_000)), NOW, HERE)
    post_load(db, SHIPPER, load_draft(goods="near", origin=A, pickup=hours(2, 9)), NOW, HERE)
    post_load(db, SHIPPER, load_draft(goods="rich", pickup=hours(1, 9), **fixed(400_000)), NOW, HERE)
    assert listed(db, sort=Sort.PICKUP) == ["far", "rich", "near"]
    assert listed(db, sort=Sort.PRICE_KM) == ["rich", "far", "near"]
    assert listed(db, CARRIER, sort=Sort.DEADHEAD) == ["near", "rich", "far"]
    by_score = [pair.load.goods for pair in matches_of_capacity(db, capacity.id, CARRIER)]
    assert listed(db, CARRIER, sort=Sort.SCORE) == by_score
    with pytest.raises(FieldErrors, match="capacity"):
        listed(db, sort=Sort.SCORE)


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_show_every_load_once(db: sa.Connection, sort: Sort) -> None:
    post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    for i in range(7):
        price = fixed(100_000 * (i % 3 + 1)) if i % 4 else {}
        post_load(db, SHIPPER, load_draft(goods=f"g{i}", **price), NOW, HERE)
    seen: list[Load] = []
    after = None
    while True:
        page = list_loads(db, LoadFilter(sort=sort), CARRIER, limit=3, after=after)
        seen += page.items
        if page.next is None:
            break
        after = page.next
    assert sorted(load.goods for load in seen) == [f"g{i}" for i in range(7)]
    assert seen == list(list_loads(db, LoadFilter(sort=sort), CARRIER, limit=50).items)


@pytest.mark.parametrize("marker", ["x", "bm9wZQ==", "WzEsMl0=", "W3RydWUsImEiXQ=="])
def test_a_page_marker_that_is_not_ours_is_refused(db: sa.Connection, marker: str) -> None:
    with pytest.raises(FieldErrors, match="marker"):
        list_loads(db, LoadFilter(), None, after=marker)


def test_capacities_are_listed_while_they_are_open(db: sa.Connection) -> None:
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    assert list_capacities(db, CapacityFilter(origin_codes=frozenset("A")), None).items == (capacity,)
    assert list_capacities(db, CapacityFilter(body=Body.TANK), None).items == ()
    withdraw_capacity(db, CARRIER, capacity.id, NOW)
    assert list_capacities(db, CapacityFilter(), None).items == ()
    assert len(list_capacities(db, CapacityFilter(mine=True), CARRIER).items) == 1
    with pytest.raises(NotFound):
        get_capacity(db, capacity.id, OTHER_CARRIER)


def test_the_database_itself_refuses_an_oversold_capacity(db: sa.Connection) -> None:
    capacity = post_capacity(db, CARRIER, capacity_draft(a_vehicle(db)), NOW, HERE)
    schema = "platform." if db.dialect.name == "postgresql" else ""
    with pytest.raises(sa.exc.IntegrityError):
        db.execute(sa.text(f"UPDATE {schema}mkt_capacity SET weight_kg = -1 WHERE id = '{capacity.id}'"))


def test_each_offer_keeps_its_twenty_best_matches_and_no_more(stores: Databases) -> None:
    with stores.platform.begin() as db:
        for i in range(40):
            post_capacity(db, CARRIER, capacity_draft(a_vehicle(db, f"京A{10_000 + i}")), NOW, HERE)
        for i in range(60):
            post_load(db, SHIPPER, load_draft(weight_kg=1_000 + i, destination=(C, D, E)[i % 3]), NOW, HERE)
    with stores.platform.begin() as db:
        assert KEPT_PER_OFFER * 60 < rematch(db, NOW, HERE) <= KEPT_PER_OFFER * (60 + 40)
        for flag, own, other in (("of_load", "load_id", 60), ("of_capacity", "capacity_id", 40)):
            kept = sa.select(sa.func.count()).where(MATCH.c[flag]).group_by(MATCH.c[own])
            assert db.scalars(kept).all() == [KEPT_PER_OFFER] * other
