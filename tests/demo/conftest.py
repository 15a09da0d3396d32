"""The demonstration's world on the trunk network, once for all tests."""

from __future__ import annotations

import pytest

from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.maps.trunk import trunk_network
from haoyun.platform.demo.world import World, build_world


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(trunk_network(), trunk_gazetteer(), seed=20, driving=60)
