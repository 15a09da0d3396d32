"""The market's view of the trunk map and of live positions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.maps.trunk import trunk_network
from haoyun.platform.database import Databases
from haoyun.platform.market.context import KEEP, MarketContext
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.testing import NOW
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import find_device, register_device


@pytest.fixture(scope="module")
def trunk(sqlite_stores: Databases) -> MarketContext:
    return MarketContext.of(trunk_network(), trunk_gazetteer(), sqlite_stores.tracking)


def test_places_are_found_by_code_and_by_name_and_misses_are_named(trunk: MarketContext) -> None:
    ningbo = trunk.site("宁波")
    assert trunk.site(ningbo.code) == trunk.site("Ningbo") == ningbo
    with pytest.raises(FieldErrors) as caught:
        trunk.site("Atlantis", "origin")
    assert caught.value.messages() == {"origin": "there is no place Atlantis on this map"}


def test_roads_between_places_are_known_both_ways(trunk: MarketContext) -> None:
    here, there = trunk.site("上海").code, trunk.site("南京").code
    distance_m, duration_s = trunk.snapshot(NOW).road(here, there)
    assert 270_000 < distance_m < 340_000
    assert 3 * 3600 < duration_s < 6 * 3600
    assert trunk.snapshot(NOW).road(here, "nowhere") == (float("inf"), float("inf"))


def test_an_area_is_all_places_within_a_radius(trunk: MarketContext) -> None:
    shanghai = trunk.site("上海")
    near = trunk.codes_near(shanghai, 120)
    assert {shanghai.code, trunk.site("苏州").code} <= near
    assert trunk.site("北京").code not in near


def test_live_positions_reach_every_place_by_road(trunk: MarketContext, sqlite_stores: Databases) -> None:
    nanjing, shanghai = trunk.site("南京"), trunk.site("上海")
    with sqlite_stores.tracking.begin() as db:
        register_device(
            db, name="tracker-9", kind="tracker", org_id="o", vehicle_id="veh_9", shards=8, now=NOW
        )
        device = find_device(db, "tracker-9")
        assert device is not None
        fix = PositionFix("tracker-9", NOW, NOW, nanjing.lat, nanjing.lon, accuracy_m=5)
        store_batch(db, {"tracker-9": device.id}, [fix], NOW)
    assert trunk.snapshot(NOW).positions == {}  # the snapshot of a moment ago still serves
    later = NOW + KEEP + timedelta(seconds=1)
    snapshot = trunk.snapshot(later)
    seen = snapshot.positions["veh_9"]
    place = snapshot.places[shanghai.code]
    assert seen.distance_m[place] == pytest.approx(snapshot.road(nanjing.code, shanghai.code)[0], abs=200)
    assert trunk.snapshot(later + timedelta(hours=1)).positions == {}  # too old to believe
