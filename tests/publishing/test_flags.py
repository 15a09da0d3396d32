"""What looks false is flagged with its evidence and stays open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from publishing_world import HERE, People, inbox, keeper, post

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.rule import NoticeKind
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.load import Load, PriceMode, Visibility
from haoyun.platform.market.store import (
    add_vehicle,
    get_load,
    post_capacity,
    withdraw_load,
)
from haoyun.platform.market.tables import LOAD
from haoyun.platform.market.testing import NOW, A, capacity_draft, hours, vehicle_draft
from haoyun.platform.publishing.flags import close_flag, flags_of, list_flags
from haoyun.platform.publishing.renew import renew_load
from haoyun.platform.publishing.truth import FlagKind, Past, ghost, price_off, same_goods
from haoyun.platform.trading.store import accept_quote, submit_quote


def flags(stores: Databases, actor: Actor) -> list[tuple[FlagKind, str]]:
    with stores.platform.begin() as db:
        return [(flag.kind, flag.other_id) for flag in list_flags(db, actor).items]


def test_the_same_load_posted_twice_is_flagged_and_stays_open(stores: Databases, people: People) -> None:
    first = post(stores, people.shipper, goods="Steel coils")
    second = post(
        stores, people.shipper, now=NOW + timedelta(minutes=1), goods="steel  COILS", weight_kg=10_100
    )
    for _ in range(2):
        keeper()(stores, NOW + timedelta(minutes=2))
    assert (FlagKind.DUPLICATE, first.id) in flags(stores, people.shipper)
    assert flags(stores, people.operator) == flags(stores, people.shipper)
    assert flags(stores, people.other_shipper) == []
    with stores.platform.begin() as db:
        assert get_load(db, second.id, None).id == second.id
    assert len(inbox(stores, people.shipper, NoticeKind.FLAGGED)) == len(flags(stores, people.shipper))
    assert len(inbox(stores, people.operator, NoticeKind.FLAGGED)) == len(flags(stores, people.operator))


@pytest.mark.parametrize(
    "changes",
    [
        {"goods": "wood"},
        {"weight_kg": 12_000},
        {"origin": A},
        {"pickup": hours(9, 12), "delivery": hours(10, 30)},
    ],
)
def test_another_load_is_no_duplicate(stores: Databases, people: People, changes: dict[str, Any]) -> None:
    post(stores, people.shipper)
    post(stores, people.shipper, now=NOW + timedelta(minutes=1), **changes)
    keeper()(stores, NOW + timedelta(minutes=2))
    assert flags(stores, people.shipper) == []


def test_a_load_that_another_publisher_repeats_is_a_resale_of_the_later_one(
    stores: Databases, people: People
) -> None:
    hidden = {"visibility": Visibility.DIRECT, "invited": frozenset({people.carrier.org_id})}
    first = post(stores, people.shipper, **hidden)
    post(stores, people.other_shipper, now=NOW + timedelta(minutes=1))
    keeper()(stores, NOW + timedelta(minutes=2))
    assert flags(stores, people.operator) == [(FlagKind.RESALE, first.id)]
    assert flags(stores, people.other_shipper) == [
        (FlagKind.RESALE, "")
    ]  # the other load is not theirs to see
    assert flags(stores, people.shipper) == []


def test_a_carrier_that_posts_a_load_it_won_is_flagged_with_the_order(
    stores: Databases, people: People
) -> None:
    reseller = people.other_carrier
    load = post(stores, people.shipper)
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, reseller, vehicle_draft(), NOW)
        capacity = post_capacity(db, reseller, capacity_draft(vehicle.id), NOW, HERE)
        quote = submit_quote(db, reseller, load.id, capacity.id, 300_000, NOW)
        order = accept_quote(db, people.shipper, quote.id, NOW)
    post(stores, reseller, now=NOW + timedelta(minutes=1), goods="Paper", weight_kg=9_900)
    keeper()(stores, NOW + timedelta(minutes=2))
    assert flags(stores, reseller) == [(FlagKind.RESALE, order.id)]


def test_an_offer_renewed_again_and_again_without_an_answer_is_a_ghost(
    stores: Databases, people: People
) -> None:
    load = post(stores, people.shipper)
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, people.carrier, vehicle_draft(), NOW)
        capacity = post_capacity(db, people.carrier, capacity_draft(vehicle.id), NOW, HERE)
        submit_quote(db, people.carrier, load.id, capacity.id, 300_000, NOW)
        for _ in range(3):
            renew_load(db, people.shipper, load.id, NOW, HERE)
        (flag,) = flags_of(db, load.id, people.shipper)
        assert (flag.kind, flag.evidence) == (FlagKind.GHOST, {"closed": 0, "renewals": 3, "quotes": 1})
        assert flags_of(db, load.id, people.carrier) == flags_of(db, load.id, None) == []


@pytest.mark.parametrize(
    ("past", "is_ghost"),
    [
        (Past(closed=0, renewals=2, quotes=5, answered=0), False),
        (Past(closed=2, renewals=1, quotes=1, answered=0), True),
        (Past(closed=2, renewals=1, quotes=4, answered=1), False),
        (Past(closed=3, renewals=2, quotes=0, answered=0), False),
        (Past(closed=3, renewals=3, quotes=0, answered=0), True),
    ],
)
def test_what_a_ghost_is(past: Past, is_ghost: bool) -> None:
    assert (ghost(past) is not None) is is_ghost


def priced(load: Load, yuan: float, org_id: str) -> Load:
    return replace(
        load, price_mode=PriceMode.FIXED, price_fen=round(yuan * 100), org_id=org_id, id=f"l-{yuan}-{org_id}"
    )


def test_a_price_far_off_the_lane_is_flagged_only_against_enough_prices_of_several(
    stores: Databases, people: People
) -> None:
    load = post(stores, people.shipper)
    lane = [priced(load, 1_000 + i, f"org-{i % 3}") for i in range(5)]
    own = priced(load, 400, people.shipper.org_id)
    found = price_off(own, lane)
    assert found is not None and found.evidence["times"] == 0.4 and found.evidence["prices"] == 5
    assert price_off(priced(load, 2_100, "me"), lane) is not None
    assert price_off(priced(load, 600, "me"), lane) is None
    assert price_off(own, lane[:4]) is None
    assert price_off(own, [priced(load, 1_000 + i, "one") for i in range(5)]) is None
    assert price_off(load, lane) is None  # it asks for prices


def test_only_the_operator_closes_a_flag_and_says_why(stores: Databases, people: People) -> None:
    post(stores, people.shipper)
    again = post(stores, people.shipper, now=NOW + timedelta(minutes=1))
    keeper()(stores, NOW + timedelta(minutes=2))
    with stores.platform.begin() as db:
        flag = flags_of(db, again.id, people.operator)[0]
        with pytest.raises(NotFound):
            close_flag(db, people.other_shipper, flag.id, "x", NOW)
        with pytest.raises(NotAllowed):
            close_flag(db, people.shipper, flag.id, "x", NOW)
        with pytest.raises(FieldErrors):
            close_flag(db, people.operator, flag.id, " ", NOW)
        assert close_flag(db, people.operator, flag.id, "two trucks, two loads", NOW).closed_at == NOW
        assert flag.id not in {one.id for one in list_flags(db, people.operator).items}
        assert flag.id in {one.id for one in list_flags(db, people.shipper, closed=True).items}


def test_goods_are_the_same_by_their_letters() -> None:
    assert (
        same_goods("钢卷（28吨）", "钢卷 (28吨)")
        and not same_goods("钢卷", "钢板")
        and not same_goods("!", "?")
    )


def test_posts_that_are_gone_before_anybody_looked_are_passed_over(stores: Databases, people: People) -> None:
    load = post(stores, people.shipper)
    with stores.platform.begin() as db:
        withdraw_load(db, people.shipper, load.id, NOW)
    keeper()(stores, NOW)
    with stores.platform.begin() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(LOAD)) == 1
    assert flags(stores, people.shipper) == []
