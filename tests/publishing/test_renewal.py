"""Loads become public in time, and publishers are asked once whether an offer still holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from publishing_world import HERE, People, inbox, keeper, post

from haoyun.platform.alerts.rule import NoticeKind
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import Conflict, FieldErrors, NotFound
from haoyun.platform.market.load import Visibility
from haoyun.platform.market.renewal import renew_capacity
from haoyun.platform.market.store import (
    add_vehicle,
    expire,
    get_load,
    post_capacity,
)
from haoyun.platform.market.testing import NOW, capacity_draft, hours, vehicle_draft
from haoyun.platform.publishing.renew import renew_load


def test_partners_see_a_load_first_and_everybody_later(stores: Databases, people: People) -> None:
    terms = {
        "visibility": Visibility.PARTNERS,
        "invited": frozenset({people.carrier.org_id}),
        "public_at": NOW + timedelta(hours=2),
    }
    load = post(stores, people.shipper, **terms)
    keeper()(stores, NOW + timedelta(hours=1))
    with stores.platform.begin() as db:
        assert get_load(db, load.id, people.carrier).public_at == NOW + timedelta(hours=2)
        for stranger in (people.other_carrier, None):
            with pytest.raises(NotFound):
                get_load(db, load.id, stranger)
    for _ in range(2):
        keeper()(stores, NOW + timedelta(hours=2))
    with stores.platform.begin() as db:
        opened = get_load(db, load.id, None)
    assert (opened.visibility, opened.public_at, opened.version) == (
        Visibility.PUBLIC,
        None,
        load.version + 1,
    )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"public_at": NOW + timedelta(hours=1)}, "public_at_unasked"),
        (
            {
                "visibility": Visibility.PARTNERS,
                "invited": frozenset({"x"}),
                "public_at": NOW + timedelta(days=9),
            },
            "public_late",
        ),
    ],
)
def test_only_an_offer_to_partners_becomes_public_and_before_it_expires(
    stores: Databases, people: People, changes: dict[str, Any], rule: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        post(stores, people.shipper, **changes)
    assert caught.value.errors["public_at"][0] == rule


def test_a_publisher_is_asked_once_an_expiry_whether_an_offer_is_still_valid(
    stores: Databases, people: People
) -> None:
    load = post(stores, people.shipper)  # expires in eight hours
    keeper()(stores, NOW + timedelta(hours=5))
    assert inbox(stores, people.shipper, NoticeKind.STILL_VALID) == []
    for _ in range(2):
        keeper()(stores, NOW + timedelta(hours=7))
    (notice,) = inbox(stores, people.shipper, NoticeKind.STILL_VALID)
    assert notice.data["load_id"] == load.id
    with stores.platform.begin() as db:
        renewed = renew_load(db, people.shipper, load.id, NOW + timedelta(hours=7), HERE)
    assert renewed.expires_at == load.expires_at + timedelta(days=1)
    assert (renewed.pickup.start - load.pickup.start, renewed.terms) == (timedelta(days=1), load.terms + 1)
    keeper()(stores, NOW + timedelta(hours=31))
    assert len(inbox(stores, people.shipper, NoticeKind.STILL_VALID)) == 2


def test_an_offer_that_expires_before_its_pickup_keeps_its_terms_when_it_is_renewed(
    stores: Databases, people: People
) -> None:
    load = post(
        stores,
        people.shipper,
        pickup=hours(0, 60),
        delivery=hours(4, 90),
        expires_at=NOW + timedelta(hours=6),
    )
    with stores.platform.begin() as db:
        once = renew_load(db, people.shipper, load.id, NOW, HERE)
        assert (once.terms, once.pickup, once.expires_at) == (
            load.terms,
            load.pickup,
            NOW + timedelta(hours=30),
        )
        again = renew_load(db, people.shipper, load.id, NOW, HERE)
        assert again.expires_at == NOW + timedelta(hours=54)
        assert renew_load(db, people.shipper, load.id, NOW, HERE).expires_at == load.pickup.end


def test_nobody_renews_what_is_over_or_anothers(stores: Databases, people: People) -> None:
    load = post(stores, people.shipper)
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, people.carrier, vehicle_draft(), NOW)
        capacity = post_capacity(db, people.carrier, capacity_draft(vehicle.id), NOW, HERE)
        later = renew_capacity(db, people.carrier, capacity.id, NOW, HERE)
        assert later.ready.end == capacity.ready.end + timedelta(days=1)
        with pytest.raises(NotFound):
            renew_load(db, people.other_shipper, load.id, NOW, HERE)
        expire(db, NOW + timedelta(hours=9))
        with pytest.raises(Conflict):
            renew_load(db, people.shipper, load.id, NOW + timedelta(hours=9), HERE)
