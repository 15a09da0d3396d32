"""Planning a carrier's own fleet: the problem that is built, the plan that comes out, and what is refused."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from haoyun.maps.engine import Matrix
from haoyun.platform.accounts import Actor
from haoyun.platform.database import Databases
from haoyun.platform.jobs import Job, JobState, enqueue, get_job
from haoyun.platform.jobs.worker import Worker
from haoyun.platform.market.capacity import CapacityDraft
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.load import LoadDraft
from haoyun.platform.market.store import post_capacity, post_load
from haoyun.platform.market.values import Body, Window
from haoyun.platform.market.vehicles import VehicleDraft, add_vehicle
from haoyun.platform.planning import OPTIMIZE
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.planning.fleet import read_fleet
from haoyun.platform.planning.problem import candidate_loads, fleet_problem
from haoyun.platform.planning.roads import MAX_LINE_POINTS, Roads
from haoyun.platform.settings import Settings

NOW = datetime.now(UTC).replace(microsecond=0)
SHIPPER = Actor("user_s", "org_s", frozenset({"owner"}), frozenset({"shipper"}))
CARRIER = Actor("user_c", "org_c", frozenset({"owner"}), frozenset({"carrier"}))
LANES = (("Ningbo", "Shanghai"), ("Hangzhou", "Nanjing"), ("Shaoxing", "Suzhou"))


@pytest.fixture
def market(databases: Databases, tmp_path: Path) -> MarketContext:
    return MarketContext.load(Settings(data=tmp_path / "data"), databases.tracking)


def _window(start_h: float, end_h: float) -> Window:
    return Window(NOW + timedelta(hours=start_h), NOW + timedelta(hours=end_h))


def _offer(databases: Databases, market: MarketContext, trucks: int = 2) -> None:
    context = market.snapshot(NOW)
    with databases.platform.begin() as db:
        for number in range(trucks):
            draft = VehicleDraft(
                plate=f"浙B1000{number}", body=Body.BOX, payload_kg=18_000, volume_dm3=80_000, length_cm=1360
            )
            vehicle = add_vehicle(db, CARRIER, draft, NOW)
            offer = CapacityDraft(
                vehicle_id=vehicle.id, origin=market.site("Hangzhou"), ready=_window(0, 24), radius_km=400
            )
            post_capacity(db, CARRIER, offer, NOW, context)


def _demand(databases: Databases, market: MarketContext) -> None:
    context = market.snapshot(NOW)
    with databases.platform.begin() as db:
        for origin, destination in LANES:
            load = LoadDraft(
                goods="轴承",
                weight_kg=5000,
                origin=market.site(origin),
                destination=market.site(destination),
                pickup=_window(3, 20),
                delivery=_window(5, 60),
            )
            post_load(db, SHIPPER, load, NOW, context)


def _run(databases: Databases, tmp_path: Path) -> Job:
    settings = Settings(data=tmp_path / "data")
    payload = {"plan": "my_fleet", "time_limit_s": 8, "seed": 1}
    with databases.platform.begin() as db:
        job = enqueue(db, kind=OPTIMIZE, org_id=CARRIER.org_id, payload=payload, now=NOW, max_tries=1)
    with planning(settings, databases, now=lambda: NOW) as handlers:
        assert Worker(databases, handlers, threading.Event(), 10, clock=lambda: NOW).run_next()
    with databases.platform.begin() as db:
        return get_job(db, job.id)


def test_the_fleets_plan_serves_what_fits_and_can_be_drawn(
    databases: Databases, market: MarketContext, tmp_path: Path
) -> None:
    _offer(databases, market)
    _demand(databases, market)
    job = _run(databases, tmp_path)
    assert job.state is JobState.SUCCEEDED, job.error
    plan = job.result or {}
    assert plan["feasible"] and plan["unassigned"] == []
    assert sum(len(route["stops"]) for route in plan["routes"]) == 2 * len(LANES)
    assert len(plan["labels"]["shipments"]) == len(LANES)
    for route in plan["steps"]:
        assert 2 <= len(route["line"]) <= MAX_LINE_POINTS + 1
        assert all(18 < lat < 54 and 73 < lon < 136 for lat, lon in route["line"])
        arrivals = [step["arrival_s"] for step in route["steps"]]
        assert arrivals == sorted(arrivals)


def test_a_fleet_without_offers_or_loads_is_refused_with_the_reason(
    databases: Databases, market: MarketContext, tmp_path: Path
) -> None:
    job = _run(databases, tmp_path)
    assert (job.state, job.error) == (JobState.FAILED, "the organization has no open capacity to plan")
    _offer(databases, market, trucks=1)
    job = _run(databases, tmp_path)
    assert (job.state, job.error) == (JobState.FAILED, "no open load fits the organization's open capacities")


def test_only_matched_vehicles_may_carry_a_load(databases: Databases, market: MarketContext) -> None:
    _offer(databases, market)
    _demand(databases, market)
    with databases.platform.begin() as db:
        fleet = read_fleet(db, CARRIER.org_id, NOW)
        assert not read_fleet(db, "org_other", NOW).capacities
    size = len(fleet.points)
    matrix = Matrix(np.full((size, size), 3600.4), np.where(np.eye(size) > 0, 0.0, np.inf))
    problem = fleet_problem(fleet, matrix, NOW, "cost")
    assert {v.id: v.skills for v in problem.vehicles} == dict(fleet.fits)
    assert all(shipment.skills == {shipment.id} for shipment in problem.shipments)
    assert problem.durations_s[0, 1] == 3600 and problem.distances_m[0, 1] == 30 * 86_400
    assert {s.pickup.windows[0].start_s for s in problem.shipments} == {3 * 3600}
    assert problem.capacity_names == ("weight_kg", "volume_dm3", "ldm_cm")


def test_candidates_are_the_best_of_each_capacity_in_turn() -> None:
    ranked = {"cap_1": ["a", "b", "c"], "cap_2": ["b", "d"], "cap_3": []}
    assert candidate_loads(ranked, 2) == ["a", "b", "d"]
    assert candidate_loads({}, 3) == []


def test_a_line_without_a_road_is_straight(tmp_path: Path) -> None:
    roads = Roads(Settings(data=tmp_path))
    assert roads.line([(29.868123456, 121.544)]) == [[29.86812, 121.544]]
    line = roads.line([(29.868, 121.544), (31.2304, 121.4737)])
    assert line[0] == [29.868, 121.544] and line[-1] == [31.2304, 121.4737] and len(line) > 2
