"""A trip on the roads: its real length, and the speeds that it teaches, out of noisy fixes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import networkx as nx
import numpy as np
import pytest

from haoyun.maps.geodesy import destination
from haoyun.maps.matching.matcher import Matcher
from haoyun.maps.network import RoadNetwork
from haoyun.tracking import matched_trips
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.matched_trips import match_trip
from haoyun.tracking.testing import fix_at

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def road() -> RoadNetwork:
    """Twelve kilometres to the east in pieces of 500 m, both ways, and a road beside it 400 m to the north."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for row in (0, 1):
        lat, lon = destination(30.0, 120.0, 0, 400.0 * row)
        for i in range(25):
            y, x = destination(lat, lon, 90, 500.0 * i)
            graph.add_node(100 * row + i, y=y, x=x)
    pairs = [(100 * row + i, 100 * row + i + 1) for row in (0, 1) for i in range(24)] + [(0, 100), (24, 124)]
    for a, b in pairs:
        length = 400.0 if b - a == 100 else 500.0
        graph.add_edge(a, b, length=length, highway="primary")
        graph.add_edge(b, a, length=length, highway="primary")
    return RoadNetwork.from_graph(graph, name="road", kind="streets", attribution="test")


def drive(seconds: int = 600, kmh: float = 60, every_s: int = 10) -> list[PositionFix]:
    rng = random.Random(2)
    fixes = []
    for i in range(seconds // every_s):
        lat, lon = destination(30.0, 120.0, 90, 300 + kmh / 3.6 * every_s * i)
        lat, lon = destination(lat, lon, rng.uniform(0, 360), abs(rng.gauss(0, 6)))
        fixes.append(fix_at(NOW, every_s * i, lat, lon, speed_kmh=kmh, accuracy_m=9.0))
    return fixes


def test_the_length_by_road_is_that_of_the_way_and_not_of_the_noise(road: RoadNetwork) -> None:
    found = match_trip(road, Matcher(road), drive())
    assert found is not None
    assert found.distance_m == pytest.approx(590 / 3.6 * 60, rel=0.01)
    assert found.on_road == 1


def test_the_speeds_that_are_learned_are_those_that_were_driven(road: RoadNetwork) -> None:
    found = match_trip(road, Matcher(road), drive(kmh=45))
    assert found is not None and len(found.driven.edge) >= 10
    assert np.median(found.driven.speed_kmh) == pytest.approx(45, rel=0.05)


def test_doubtful_and_repeated_fixes_do_not_count_and_the_cost_is_bounded(
    road: RoadNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixes = drive()
    wild = replace(
        fixes[5], lat=31.0, flags=FixFlag.JUMP, fix_time=fixes[5].fix_time.replace(microsecond=5000)
    )
    found, plain = (match_trip(road, Matcher(road), one) for one in ([*fixes, *fixes, wild], fixes))
    assert found is not None and plain is not None and found.distance_m == plain.distance_m
    monkeypatch.setattr(matched_trips, "MOST_FIXES", 20)
    thinned = match_trip(road, Matcher(road), fixes)
    assert thinned is not None and thinned.distance_m == pytest.approx(plain.distance_m, rel=0.06)


def test_one_fix_is_no_trip(road: RoadNetwork) -> None:
    assert match_trip(road, Matcher(road), drive()[:1]) is None
