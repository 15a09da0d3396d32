"""The demonstration's world: decided by its seed, plausible, and checked by the platform's own rules."""

from __future__ import annotations

import numpy as np
import pytest

from haoyun.maps.gazetteer.places import Gazetteer, Place, trunk_gazetteer
from haoyun.maps.network import NodeName, RoadNetwork
from haoyun.maps.trunk import trunk_network
from haoyun.platform.accounts.credit_code import check_credit_code
from haoyun.platform.demo.world import FEWEST_LANES, LONGEST_LANE_S, World, build_world
from haoyun.platform.market.values import Body
from haoyun.tracking.messages import check_device_name


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    again = build_world(trunk_network(), trunk_gazetteer(), seed=20, driving=60)
    other = build_world(trunk_network(), trunk_gazetteer(), seed=21, driving=60)
    assert (again.companies, again.trucks, again.lanes) == (world.companies, world.trucks, world.lanes)
    assert other.trucks != world.trucks


def test_more_trucks_leave_the_others_what_they_were(world: World) -> None:
    more = build_world(trunk_network(), trunk_gazetteer(), seed=20, driving=80)
    for old, new in zip(world.trucks[:60], more.trucks, strict=False):
        assert (old.key, old.plate, old.carrier, old.home, old.kind) == (
            new.key,
            new.plate,
            new.carrier,
            new.home,
            new.kind,
        )


def test_every_company_has_a_valid_credit_code_and_a_prefix_of_its_own(world: World) -> None:
    assert (len(world.shippers), len(world.carriers)) == (12, 14)
    for company in world.companies:
        assert check_credit_code(company.credit_code) == company.credit_code
        assert company.company_prefix.startswith("952")
    assert len({c.company_prefix for c in world.companies}) == len(world.companies)


def test_plates_and_devices_are_told_apart(world: World) -> None:
    assert len({truck.plate for truck in world.trucks}) == len(world.trucks) == 75
    devices = [check_device_name(truck.device) for truck in world.trucks]
    devices += [check_device_name(world.reader(site)) for site in world.sites]
    assert len(set(devices)) == len(devices)
    assert sum(not truck.parked for truck in world.trucks) == 60


def test_the_fleet_has_several_bodies_and_every_carrier_has_trucks(world: World) -> None:
    assert {Body.BOX, Body.CURTAIN, Body.REEFER} <= {truck.kind.body for truck in world.trucks}
    assert {truck.carrier for truck in world.trucks} == {carrier.key for carrier in world.carriers}


def test_no_site_traps_a_truck(world: World) -> None:
    assert len(world.sites) >= 30
    for lanes in world.lanes.values():
        assert len(lanes) >= FEWEST_LANES
        assert all(lane.destination in world.lanes for lane in lanes)
        assert all(0 < lane.duration_s <= LONGEST_LANE_S for lane in lanes)


def test_a_map_without_enough_places_is_refused() -> None:
    two = RoadNetwork(
        name="two",
        kind="streets",
        attribution="none",
        node_lat=np.array([0.0, 0.0]),
        node_lon=np.array([0.0, 0.1]),
        node_name=(NodeName("甲", "A", 1), NodeName("乙", "B", 1)),
        edge_tail=np.array([0, 1], dtype=np.int32),
        edge_head=np.array([1, 0], dtype=np.int32),
        edge_length_m=np.array([11_000.0, 11_000.0]),
        edge_speed_kmh=np.array([50.0, 50.0]),
        edge_ref=("", ""),
        edge_class=("", ""),
        edge_geometry=(None, None),
    )
    places = Gazetteer([Place("a", "甲", "A", 0.0, 0.0, 1), Place("b", "乙", "B", 0.0, 0.1, 1)])
    with pytest.raises(ValueError, match="too few places"):
        build_world(two, places, seed=1, driving=2)
