"""Trucks with trailer and driver: whose papers count, and what happens when one is renewed or withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.users import create_user
from haoyun.platform.alerts.papers import PaperKeeper
from haoyun.platform.alerts.store import alerts_of
from haoyun.platform.database import Databases
from haoyun.platform.market.drivers import DriverDraft, add_driver
from haoyun.platform.market.errors import Conflict, FieldErrors, NotFound
from haoyun.platform.market.rules import standing_broken
from haoyun.platform.market.store import (
    add_vehicle,
    get_capacity,
    matches_of_capacity,
    post_capacity,
    post_load,
)
from haoyun.platform.market.testing import NOW, capacity_draft, load_draft, road_context, vehicle_draft
from haoyun.platform.market.units import (
    change_driver,
    change_vehicle,
    joined,
    retire_driver,
    retire_vehicle,
)
from haoyun.platform.market.values import Certificate
from haoyun.platform.market.vehicles import VehicleKind

papers = st.lists(
    st.builds(
        Certificate,
        st.sampled_from(["insurance", "inspection", "dg-3"]),
        st.none() | st.integers(0, 400).map(lambda days: NOW + timedelta(days=days)),
    ),
    unique_by=lambda one: one.name,
).map(tuple)


@given(st.lists(papers, min_size=1, max_size=3))
def test_of_papers_together_the_first_to_expire_counts_and_dangerous_goods_need_all(sets: list[Any]) -> None:
    found = {one.name: one for one in joined(sets)}
    for name in ("insurance", "inspection", "dg-3"):
        held = [one for papers in sets for one in papers if one.name == name]
        if not held or (name == "dg-3" and len(held) < len(sets)):
            assert name not in found
        else:
            dated = [one.valid_until for one in held if one.valid_until is not None]
            assert found[name].valid_until == (min(dated) if dated else None)


def test_a_driver_is_checked_field_by_field() -> None:
    with pytest.raises(FieldErrors) as refused:
        DriverDraft(name="", licence_class="lorry", phone="call me")
    assert set(refused.value.errors) == {"name", "licence_class", "phone"}
    assert "准驾车型" in refused.value.messages("zh")["licence_class"]


@pytest.fixture
def carrier(db: sa.Connection) -> Actor:
    home = create_organization(db, name="承运", name_en="Carrier", kinds={"carrier"}, now=NOW)
    user = create_user(
        db, email="c@example.com", password=None, org_id=home.id, display_name="C", roles={"owner"}, now=NOW
    )
    return Actor(user.id, home.id, frozenset({"owner"}), frozenset({"carrier"}))


def paper(name: str, days: float | None) -> Certificate:
    return Certificate(name, None if days is None else NOW + timedelta(days=days))


def test_a_trailer_gives_the_space_and_papers_of_all_three_keep_or_lose_the_match(
    db: sa.Connection, carrier: Actor
) -> None:
    context = road_context()
    shipper = Actor("u", "org-s", frozenset({"owner"}), frozenset({"shipper"}))
    load = post_load(db, shipper, load_draft(), NOW, context)
    truck = add_vehicle(db, carrier, vehicle_draft(certificates=(paper("insurance", 90),)), NOW)
    trailer_draft = vehicle_draft(plate="京A1挂", kind=VehicleKind.TRAILER, payload_kg=25_000)
    trailer = add_vehicle(db, carrier, trailer_draft, NOW)
    wang = DriverDraft(name="Wang", licence_class="A2", certificates=(paper("driver-licence", 60),))
    driver = add_driver(db, carrier, wang, NOW)
    draft = capacity_draft(truck.id, trailer_id=trailer.id, driver_id=driver.id)
    capacity = post_capacity(db, carrier, draft, NOW, context)
    assert capacity.weight_kg == 25_000
    assert {one.name for one in capacity.certificates} == {"insurance", "driver-licence"}

    def matched() -> list[str]:
        return [one.load.id for one in matches_of_capacity(db, capacity.id, carrier)]

    assert matched() == [load.id]
    late = replace(wang, certificates=(paper("driver-licence", 0.5),))
    change_driver(db, carrier, driver.id, late, NOW, context)
    assert matched() == []
    fresh = get_capacity(db, capacity.id, carrier)
    broken = standing_broken(load, fresh, NOW)
    assert broken is not None and broken[1]["name"] == "driver-licence"
    change_driver(db, carrier, driver.id, wang, NOW, context)
    assert matched() == [load.id]
    change_vehicle(
        db,
        carrier,
        trailer.id,
        replace(trailer_draft, certificates=(paper("inspection", 0.1),)),
        NOW,
        context,
    )
    assert matched() == []
    for work in (
        lambda: retire_driver(db, carrier, driver.id, NOW),
        lambda: retire_vehicle(db, carrier, trailer.id, NOW),
    ):
        with pytest.raises(Conflict):
            work()  # on offer
    other = add_vehicle(db, carrier, vehicle_draft(plate="京A22222"), NOW)
    with pytest.raises(FieldErrors) as refused:
        post_capacity(
            db, carrier, capacity_draft(other.id, trailer_id=trailer.id, driver_id=driver.id), NOW, context
        )
    assert set(refused.value.errors) == {"trailer_id", "driver_id"}  # they stand in another offer


def test_what_is_retired_foreign_or_no_trailer_is_not_offered(db: sa.Connection, carrier: Actor) -> None:
    context = road_context()
    truck = add_vehicle(db, carrier, vehicle_draft(), NOW)
    second = add_vehicle(db, carrier, vehicle_draft(plate="京A22222"), NOW)
    trailer = add_vehicle(db, carrier, vehicle_draft(plate="京A1挂", kind=VehicleKind.TRAILER), NOW)
    driver = add_driver(db, carrier, DriverDraft(name="Wang", licence_class="A2"), NOW)
    retire_driver(db, carrier, driver.id, NOW)
    retire_vehicle(db, carrier, second.id, NOW)
    wrong = (
        (capacity_draft(truck.id, driver_id=driver.id), "driver_id"),
        (capacity_draft(second.id), "vehicle_id"),
        (capacity_draft(trailer.id), "vehicle_id"),
        (capacity_draft(truck.id, trailer_id=truck.id), "trailer_id"),
    )
    for draft, field in wrong:
        with pytest.raises(FieldErrors) as refused:
            post_capacity(db, carrier, draft, NOW, context)
        assert set(refused.value.errors) == {field}
    stranger = replace(carrier, org_id="org-other")
    for work in (
        lambda: change_driver(
            db, stranger, driver.id, DriverDraft(name="X", licence_class="A2"), NOW, context
        ),
        lambda: retire_vehicle(db, stranger, truck.id, NOW),
        lambda: post_capacity(db, stranger, capacity_draft(truck.id), NOW, context),
    ):
        with pytest.raises(NotFound):
            work()
    retire_driver(db, carrier, driver.id, NOW, back=True)
    assert post_capacity(db, carrier, capacity_draft(truck.id, driver_id=driver.id), NOW, context).booked == 0
    with pytest.raises(FieldErrors) as taken:
        change_vehicle(db, carrier, truck.id, vehicle_draft(plate="京A22222"), NOW, context)
    assert set(taken.value.errors) == {"plate"}


def test_notices_come_thirty_seven_and_one_day_ahead_once_each(stores: Databases) -> None:
    with stores.platform.begin() as db:
        home = create_organization(db, name="承运", name_en="Carrier", kinds={"carrier"}, now=NOW)
        carrier = Actor("u", home.id, frozenset({"owner"}), frozenset({"carrier"}))
        add_vehicle(
            db, carrier, vehicle_draft(certificates=(paper("insurance", 31), paper("dg-3", None))), NOW
        )
        add_driver(
            db,
            carrier,
            DriverDraft(name="Wang", licence_class="A2", certificates=(paper("driver-licence", 7),)),
            NOW,
        )
    keeper, told = PaperKeeper(), []
    for day in (0, 0.01, 2, 24.5, 30.5, 31.5):
        now = NOW + timedelta(days=day)
        keeper(stores, now)
        with stores.platform.begin() as db:
            told.append(sorted((one.data["paper"], one.data["days"]) for one in alerts_of(db, carrier)))
    first = [("driver-licence", 7)]
    assert told[0] == told[1] == first
    assert told[2] == [*first, ("insurance", 30)]
    assert told[3] == [*first, ("insurance", 7), ("insurance", 30)]
    assert told[4] == told[5] == [*first, ("insurance", 1), ("insurance", 7), ("insurance", 30)]
