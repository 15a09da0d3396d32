"""Near misses say what is in the way and what would make it fit."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from market_offers import a_capacity, a_load

from haoyun.platform.market.balance import Balance
from haoyun.platform.market.errors import NotFound
from haoyun.platform.market.load import PriceMode, Visibility
from haoyun.platform.market.nearly import NearMiss, near_capacities, near_loads, near_miss
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OPERATOR,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    A,
    B,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.market.values import Body, Equipment
from haoyun.platform.market.words import CURES

HERE = road_context()


def judge(load: dict[str, object], capacity: dict[str, object]) -> NearMiss | None:
    return near_miss(a_load(**load), a_capacity(**capacity), HERE, Balance(), NOW)


@pytest.mark.parametrize(
    ("load", "capacity", "broken", "cure"),
    [
        (
            {"equipment": frozenset({Equipment.CRANE})},
            {},
            "lacks crane",
            "fits if the vehicle brings crane",
        ),
        ({"weight_kg": 31_000}, {}, "1000 kg too heavy", "fits with at most 30000 kg"),
        ({"volume_dm3": 91_000}, {}, "1000 dm³ too voluminous", "fits with at most 90000 dm³"),
        ({"ldm_cm": 1_320}, {}, "20 cm of floor too little", "fits with at most 1300 cm of floor"),
        ({"max_piece_cm": 1_302}, {}, "2 cm too long", "fits with pieces of at most 1300 cm"),
        (
            {},
            {"radius_km": 90},
            "pickup lies 11 km outside the area",
            "fits if the vehicle serves 101 km around",
        ),
        (
            {"pickup": hours(0, 2.5)},
            {},
            "30 min late at pickup",
            "fits if pickup is open 30 min longer",
        ),
        ({"delivery": hours(1, 7)}, {}, "30 min late at delivery", "fits if delivery may be 30 min later"),
        (
            {"price_mode": PriceMode.FIXED, "price_fen": 95_000},
            {"min_price_fen": 100_000},
            "pays 5000 fen less than the carrier asks",
            "fits at a price of 1000 yuan",
        ),
    ],
)
def test_a_near_miss_names_its_cure(
    load: dict[str, object], capacity: dict[str, object], broken: str, cure: str
) -> None:
    near = judge(load, capacity)
    assert near is not None and len(near.cures) == 1
    assert (near.cures[0].broken.message(), near.cures[0].message()) == (broken, cure)
    assert near.cures[0].message("zh") and near.match.score > 0


def test_what_is_ready_too_late_needs_a_longer_pickup() -> None:
    assert (
        judge({"pickup": hours(0, 0.5)}, {}) is None
    )  # 30 min, and then two hours to drive: too much together
    near = judge({"pickup": hours(0, 0.75), "origin": B}, {"origin": B, "ready": hours(1, 48)})
    assert near is not None and near.cures[0].params == {"late_min": 15}
    near = judge({"origin": A, "pickup": hours(0, 0.5)}, {})
    assert near is not None and near.cures[0].broken.key == "not_ready_in_time"
    assert near.cures[0].message() == "fits if pickup is open 30 min longer"


def test_several_cures_are_told_in_the_order_of_the_constraints() -> None:
    near = judge({"weight_kg": 30_100, "max_piece_cm": 1_310, "pickup": hours(0, 2)}, {})
    assert near is not None
    assert [one.broken.key for one in near.cures] == ["too_heavy", "piece_too_long", "late_at_pickup"]


@pytest.mark.parametrize(
    ("load", "capacity"),
    [
        ({}, {}),  # it fits
        ({"body": frozenset({Body.TANK})}, {}),  # nothing would cure that
        ({"weight_kg": 40_000}, {}),
        ({"max_piece_cm": 1_401}, {}),
        ({"pickup": hours(0, 0.5)}, {"origin": A, "ready": hours(4, 48)}),
        ({}, {"radius_km": 40}),
        ({"price_mode": PriceMode.FIXED, "price_fen": 50_000}, {"min_price_fen": 100_000}),
    ],
)
def test_what_fits_or_misses_by_far_is_no_near_miss(
    load: dict[str, object], capacity: dict[str, object]
) -> None:
    assert judge(load, capacity) is None


def test_near_misses_are_listed_from_both_sides_and_shown_to_those_concerned(db: sa.Connection) -> None:
    long = post_load(db, SHIPPER, load_draft(max_piece_cm=1_302), NOW, HERE)
    post_load(db, SHIPPER, load_draft(), NOW, HERE)  # fits: not near
    hidden = {"visibility": Visibility.DIRECT, "invited": frozenset({"org-x"})}
    post_load(db, SHIPPER, load_draft(max_piece_cm=1_302, **hidden), NOW, HERE)
    vehicle = add_vehicle(db, CARRIER, vehicle_draft(), NOW)
    capacity = post_capacity(db, CARRIER, capacity_draft(vehicle.id), NOW, HERE)
    for viewer in (CARRIER, OPERATOR, SHIPPER):
        near = near_loads(db, capacity.id, viewer, NOW, HERE)
        assert [(one.load.id, one.capacity.id) for one in near] == [(long.id, capacity.id)]
        assert near_capacities(db, long.id, viewer, NOW, HERE) == near
    assert near_loads(db, capacity.id, OTHER_SHIPPER, NOW, HERE) == []
    assert near_capacities(db, long.id, OTHER_CARRIER, NOW, HERE) == []
    with pytest.raises(NotFound):
        near_capacities(db, "load_missing", SHIPPER, NOW, HERE)


def test_every_cure_has_its_sentence_in_both_languages() -> None:
    assert all(english and chinese for english, chinese in CURES.values())
