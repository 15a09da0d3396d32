"""A saved lane tells of each new offer once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from publishing_world import HERE, ZONE, People, inbox, keeper, post

from haoyun.platform.alerts.rule import NoticeKind
from haoyun.platform.alerts.store import deliveries_of
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import NotFound
from haoyun.platform.market.load import Visibility
from haoyun.platform.market.store import (
    add_vehicle,
    post_capacity,
)
from haoyun.platform.market.testing import NOW, A, B, D, E, capacity_draft, hours, vehicle_draft
from haoyun.platform.market.values import Body
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.saved_lane import Wish
from haoyun.platform.publishing.saved_lanes import end_lane, list_lanes, save_lane


def wish(**changes: Any) -> Wish:
    values: dict[str, Any] = {
        "name": "回程",
        "wants": Kind.LOAD,
        "origin": B,
        "destination": D,
        "radius_km": 30,
    }
    return Wish(**{**values, **changes})


def test_a_saved_lane_tells_of_a_new_load_once_by_every_channel(stores: Databases, people: People) -> None:
    post(stores, people.shipper, now=NOW - timedelta(minutes=1))  # before the lane was saved
    with stores.platform.begin() as db:
        save_lane(db, people.carrier, wish(), "a@example.com", "https://example.com/hook", NOW)
    load = post(stores, people.shipper)
    post(stores, people.shipper, origin=A)  # another lane
    for _ in range(3):
        keeper()(stores, NOW)
    (notice,) = inbox(stores, people.carrier, NoticeKind.LANE_MATCH)
    assert notice.data["load_id"] == load.id
    with stores.platform.begin() as db:
        assert [channel for channel, _, _ in deliveries_of(db, [notice.id])[notice.id]] == [
            "webhook",
            "email",
        ]


def test_a_worker_killed_while_telling_tells_once(stores: Databases, people: People) -> None:
    """What is told and that the post was looked at stand in one transaction; both are undone, both come back."""
    with stores.platform.begin() as db:
        save_lane(db, people.carrier, wish(), "", "", NOW)
    post(stores, people.shipper)
    engine = stores.platform

    def die(connection: sa.Connection) -> None:
        raise RuntimeError("killed")

    sa.event.listen(engine, "commit", die)
    try:
        with pytest.raises(RuntimeError):
            keeper()(stores, NOW)
    finally:
        sa.event.remove(engine, "commit", die)
    assert inbox(stores, people.carrier, NoticeKind.LANE_MATCH) == []
    keeper()(stores, NOW)
    keeper()(stores, NOW)
    assert len(inbox(stores, people.carrier, NoticeKind.LANE_MATCH)) == 1


def test_a_lane_tells_nothing_of_loads_that_are_hidden_until_they_become_public(
    stores: Databases, people: People
) -> None:
    with stores.platform.begin() as db:
        for carrier in (people.carrier, people.other_carrier):
            save_lane(db, carrier, wish(), "", "", NOW)
    hidden = {"visibility": Visibility.PARTNERS, "invited": frozenset({people.carrier.org_id})}
    post(stores, people.shipper, **hidden, public_at=NOW + timedelta(hours=1))
    keeper()(stores, NOW)
    told = [len(inbox(stores, who, NoticeKind.LANE_MATCH)) for who in (people.carrier, people.other_carrier)]
    assert told == [1, 0]
    keeper()(stores, NOW + timedelta(hours=1))
    told = [len(inbox(stores, who, NoticeKind.LANE_MATCH)) for who in (people.carrier, people.other_carrier)]
    assert told == [1, 1]


def test_a_lane_of_capacities_tells_of_trucks(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        save_lane(db, people.shipper, wish(wants=Kind.CAPACITY, origin=A, destination=E), "", "", NOW)
        vehicle = add_vehicle(db, people.carrier, vehicle_draft(), NOW)
        capacity = post_capacity(db, people.carrier, capacity_draft(vehicle.id), NOW, HERE)
    keeper()(stores, NOW)
    (notice,) = inbox(stores, people.shipper, NoticeKind.LANE_MATCH)
    assert notice.data["capacity_id"] == capacity.id


@pytest.mark.parametrize(
    ("changes", "takes"),
    [
        ({}, True),
        ({"body": Body.BOX}, True),  # the load takes any body
        ({"max_weight_kg": 9_999}, False),
        ({"min_weight_kg": 10_001}, False),
        ({"weekdays": frozenset({1})}, True),
        ({"weekdays": frozenset({2})}, False),
        ({"origin": A}, False),
        ({"origin": A, "radius_km": 101}, True),
        ({"destination": None}, True),
        ({"wants": Kind.CAPACITY}, False),
    ],
)
def test_a_wish_takes_what_it_says(
    stores: Databases, people: People, changes: dict[str, Any], takes: bool
) -> None:
    assert wish(**changes).takes_load(post(stores, people.shipper), ZONE) is takes


@pytest.mark.parametrize(
    ("zone", "weekday"), [("Asia/Shanghai", 1), ("Pacific/Auckland", 2), ("America/Lima", 1)]
)
def test_the_days_of_a_wish_are_those_of_the_installations_clocks(
    stores: Databases, people: People, zone: str, weekday: int
) -> None:
    load = post(stores, people.shipper, pickup=hours(6, 8))  # Monday, ten in the evening in China
    taken = [d for d in range(1, 8) if wish(weekdays=frozenset({d})).takes_load(load, ZoneInfo(zone))]
    assert taken == [weekday]


def test_an_ended_lane_is_silent_and_anothers_cannot_be_ended(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        lane, _ = save_lane(db, people.carrier, wish(), "", "", NOW)
        with pytest.raises(NotFound):
            end_lane(db, people.other_carrier, lane.id, NOW)
        end_lane(db, people.carrier, lane.id, NOW)
        assert list_lanes(db, people.carrier) == []
    post(stores, people.shipper)
    keeper()(stores, NOW)
    assert inbox(stores, people.carrier, NoticeKind.LANE_MATCH) == []
