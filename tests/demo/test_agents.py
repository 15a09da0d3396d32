"""How the demonstration's companies decide, and that what they write is what the market accepts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from haoyun.platform.api.capacities import NewCapacity
from haoyun.platform.api.loads import NewLoad
from haoyun.platform.api.vehicles import NewVehicle
from haoyun.platform.demo import agents
from haoyun.platform.demo.world import World

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def load(load_id: str, site: str, **more: Any) -> dict[str, Any]:
    return {
        "id": load_id,
        "origin": {"code": site},
        "body": ["box"],
        "distance_m": 400_000.0,
        "price_fen": None,
    } | more


def match(load_id: str, score: float) -> dict[str, Any]:
    return {"load_id": load_id, "score": score}


@pytest.mark.parametrize("number", range(40))
def test_every_load_of_the_market_is_one_that_the_api_takes(world: World, number: int) -> None:
    plan = agents.market_load(world, number, NOW)
    body = NewLoad.model_validate(plan.body)
    assert plan.shipper in {shipper.key for shipper in world.shippers}
    assert at(plan.body["pickup"]["start"]) > NOW
    assert body.weight_kg <= 16_000 and body.ldm_cm <= 800
    assert agents.market_load(world, number, NOW) == plan


def test_a_truck_can_carry_the_load_that_is_made_for_it(world: World) -> None:
    for number, truck in enumerate(world.trucks):
        lane = world.lanes[truck.home][0]
        plan = agents.load_for(world, number, truck, lane, NOW - timedelta(hours=5), NOW)
        body = NewLoad.model_validate(plan.body)
        assert truck.kind.body in body.body
        assert body.weight_kg <= truck.kind.payload_kg
        assert body.volume_dm3 <= truck.kind.volume_dm3
        assert body.ldm_cm <= truck.kind.length_cm
        assert (body.temperature_min_c is None) or truck.kind.temperature_c


def test_the_day_so_far_lies_within_the_pickup_window(world: World) -> None:
    truck = world.trucks[0]
    departs_at = NOW - timedelta(hours=5)
    plan = agents.load_for(world, 1, truck, world.lanes[truck.home][0], departs_at, NOW)
    assert at(plan.body["pickup"]["start"]) < departs_at
    assert at(plan.body["pickup"]["end"]) > NOW


def test_vehicles_and_capacities_are_such_as_the_api_takes(world: World) -> None:
    for truck in world.trucks:
        NewVehicle.model_validate(agents.vehicle_of(truck, NOW))
        NewCapacity.model_validate(agents.capacity_of(world, truck, "veh_1", truck.home, NOW, 8))


def test_a_carrier_takes_the_load_that_was_meant_for_it_before_a_better_one() -> None:
    loads = {"a": load("a", "310100"), "b": load("b", "310100")}
    chosen = agents.choose_match([match("b", 90), match("a", 40)], loads, "310100", wanted="a")
    assert chosen is not None and chosen["load_id"] == "a"


def test_a_carrier_takes_the_best_load_from_where_it_stands() -> None:
    loads = {"a": load("a", "310100"), "b": load("b", "310100"), "far": load("far", "110100")}
    chosen = agents.choose_match(
        [match("far", 99), match("a", 40), match("b", 60), match("unknown", 100)],
        loads,
        "310100",
        wanted=None,
    )
    assert chosen is not None and chosen["load_id"] == "b"
    assert agents.choose_match([match("far", 99)], loads, "310100", wanted=None) is None


def test_a_fixed_price_is_not_bargained_over() -> None:
    fixed = load("a", "310100", price_fen=250_000)
    assert agents.carrier_price_fen(fixed, Random(1)) == 250_000
    assert agents.shipper_takes(fixed, 250_000)
    assert not agents.shipper_takes(fixed, 250_100)


def test_some_quotes_are_too_dear_and_the_usual_price_never_is() -> None:
    asked = load("a", "310100")
    prices = [agents.carrier_price_fen(asked, Random(seed)) for seed in range(200)]
    taken = sum(agents.shipper_takes(asked, price) for price in prices)
    assert 100 < taken < 200
    assert agents.shipper_takes(asked, agents.usual_price_fen(None, asked["body"], asked["distance_m"]))


def test_the_first_trucks_arrive_within_minutes_and_most_are_still_on_their_way() -> None:
    trip_s = 8 * 3600.0
    remaining = [agents.first_remaining_s(number, trip_s, Random(number)) for number in range(60)]
    assert [s for s in remaining if s < 240] == remaining[: len([s for s in remaining if s < 240])]
    assert remaining[0] <= 120
    assert sum(s > 600 for s in remaining) >= 40
    assert all(0 < s <= 0.9 * trip_s for s in remaining)


@pytest.mark.parametrize("trip_s", [300.0, 900.0, 40_000.0])
def test_no_truck_starts_before_its_trip_or_after_it(trip_s: float) -> None:
    for number in range(20):
        assert 0 < agents.first_remaining_s(number, trip_s, Random(number)) <= 0.9 * trip_s
