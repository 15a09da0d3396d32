"""Loads taken along: the best order of stops agrees with brute force over every order."""

from __future__ import annotations

from itertools import permutations
from math import inf

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from market_offers import a_capacity, a_load

from haoyun.platform.market.balance import Balance
from haoyun.platform.market.booked import Booked, plan_json, plan_of
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.driving import CHINA_LAW, EU_LAW, DrivingLaw
from haoyun.platform.market.insertion import EXACT_PARTS, Part, Roads, Route, best_route
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Match, WhyNot
from haoyun.platform.market.matching import explain
from haoyun.platform.market.testing import NOW, SITES, A, B, C, D, E, hours, road_context
from haoyun.platform.market.values import Site, Window

HOUR = 3600.0
PLACES = 5


def _legal(order: tuple[tuple[int, bool], ...], parts: list[Part]) -> bool:
    return all(parts[i].aboard or order.index((i, True)) < order.index((i, False)) for i in range(len(parts)))


def _drive(law: DrivingLaw, since: float, today: float, seconds: float) -> tuple[float, float, float]:
    """Minute steps would do; this goes from limit to limit."""
    clock = 0.0
    while seconds > 0:
        if law.day_s is not None and today >= law.day_s:
            clock, since, today = clock + law.rest_s, 0.0, 0.0
        elif since >= law.drive_s:
            clock, since = clock + law.pause_s, 0.0
        step = min(seconds, law.drive_s - since, (law.day_s or inf) - today)
        clock, since, today, seconds = clock + step, since + step, today + step, seconds - step
    return clock, since, today


def _follow(
    order: tuple[tuple[int, bool], ...], parts: list[Part], roads: Roads
) -> tuple[float, float] | None:
    """Metres and end of an order; None where it breaks a rule."""
    at, clock, since, today, metres = -1, roads.leaves, 0.0, 0.0, 0.0
    aboard = [sum(part.amounts[k] for part in parts if part.aboard) for k in range(3)]
    for number, is_pickup in order:
        part = parts[number]
        goal = part.origin if is_pickup else part.destination
        metres += float(roads.start_m[goal] if at < 0 else roads.distance_m[at][goal])
        took, since, today = _drive(
            roads.law, since, today, float(roads.start_s[goal] if at < 0 else roads.duration_s[at][goal])
        )
        clock, at = clock + took, goal
        if clock > (part.pickup if is_pickup else part.delivery)[1]:
            return None
        arrived = clock
        if is_pickup:
            clock = max(clock, part.pickup[0])
        for k in range(3):
            aboard[k] += part.amounts[k] if is_pickup else -part.amounts[k]
            if is_pickup and aboard[k] > roads.room[k]:
                return None
        end, clock = clock, clock + roads.service_s
        if clock - arrived >= roads.law.pause_s:
            since = 0.0
        if roads.law.day_s is not None and clock - arrived >= roads.law.rest_s:
            today = 0.0
    return metres, end


def brute_force(parts: list[Part], roads: Roads) -> float | None:
    stops = [
        (i, kind) for i, part in enumerate(parts) for kind in ((False,) if part.aboard else (True, False))
    ]
    found = [_follow(order, parts, roads) for order in permutations(stops) if _legal(order, parts)]
    return min((one[0] for one in found if one is not None), default=None)


@st.composite
def ways(draw: st.DrawFn) -> tuple[list[Part], Roads]:
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 300_000, (PLACES + 1, 2))
    metres = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1)).round()
    seconds = (metres / rng.uniform(8, 20)).round()
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        origin, destination = rng.choice(PLACES, 2, replace=False).tolist()
        early = float(rng.uniform(-2, 15) * HOUR)
        pickup = (early, early + float(rng.uniform(2, 20) * HOUR))
        delivery = (early, pickup[1] + float(rng.uniform(2, 30) * HOUR))
        parts.append(
            Part(
                origin,
                destination,
                pickup,
                delivery,
                tuple(rng.integers(1, 8, 3).tolist()),
                bool(rng.random() < 0.2),
            )
        )
    law = draw(st.sampled_from([CHINA_LAW, EU_LAW]))
    roads = Roads(
        metres[:-1, :-1], seconds[:-1, :-1], metres[-1, :-1], seconds[-1, :-1], 0.0, (12, 12, 12), law, 1800.0
    )
    return parts, roads


@settings(max_examples=150, deadline=None)
@given(ways())
def test_the_best_order_of_stops_is_that_of_brute_force(way: tuple[list[Part], Roads]) -> None:
    parts, roads = way
    shortest, route = brute_force(parts, roads), best_route(parts, roads)
    assert (route.distance_m if route else None) == shortest
    if route is not None:
        order = tuple((visit.part, visit.is_pickup) for visit in route.visits)
        assert _legal(order, parts) and _follow(order, parts, roads) is not None


def test_more_parts_than_are_looked_at_in_every_order_keep_all_rules() -> None:
    line = np.abs(np.arange(8.0)[:, None] - np.arange(8.0)[None, :])
    roads = Roads(
        line * 50_000, line * HOUR, line[0] * 50_000, line[0] * HOUR, 0.0, (3, 3, 3), CHINA_LAW, 1800.0
    )
    parts = [Part(i, i + 2, (0.0, 40 * HOUR), (0.0, 60 * HOUR), (1, 1, 1)) for i in range(EXACT_PARTS + 2)]
    route = best_route(parts, roads)
    assert isinstance(route, Route) and route.distance_m == 7 * 50_000
    order = tuple((visit.part, visit.is_pickup) for visit in route.visits)
    assert _legal(order, parts) and _follow(order, parts, roads) is not None


def booked(load: Load) -> Booked:
    ends = (load.origin.code, load.destination.code)
    return Booked(load.id, *ends, load.pickup, load.delivery, load.weight_kg, load.volume_dm3, load.ldm_cm)


def a_truck(*loads: Load) -> Capacity:
    left = {name: 30_000 - sum(getattr(load, name) for load in loads) for name in ("weight_kg", "volume_dm3")}
    return a_capacity(plan=tuple(booked(load) for load in loads), booked=len(loads), **left)


def part_load(load_id: str, origin: Site, destination: Site, **changes: object) -> Load:
    values: dict[str, object] = {"weight_kg": 5_000, "volume_dm3": 1_000, "ldm_cm": 200, **changes}
    windows = {"pickup": hours(0, 20), "delivery": hours(1, 40)}
    return a_load(load_id, origin=origin, destination=destination, **{**windows, **values})


def judge(load: Load, truck: Capacity) -> Match | WhyNot:
    return explain(load, truck, road_context(), Balance(), NOW)


def test_a_load_on_the_way_adds_no_detour_and_costs_nothing_to_drive() -> None:
    answer = judge(part_load("new", B, C), a_truck(part_load("old", A, D)))
    assert isinstance(answer, Match)
    reason = next(one for one in answer.reasons if one.key == "detour")
    assert (reason.value, reason.points) == (0, reason.weight)
    assert answer.contribution_fen == 650 * 100


def test_a_load_off_the_way_is_priced_by_its_detour() -> None:
    answer = judge(part_load("new", C, E), a_truck(part_load("old", A, D)))
    assert isinstance(answer, Match)
    assert next(one for one in answer.reasons if one.key == "detour").value == 100_000
    assert answer.contribution_fen == 650 * 200 - 400 * 100


def test_a_load_that_would_make_a_booked_one_late_has_no_place() -> None:
    old = part_load("old", A, C, delivery=hours(1, 6))
    answer = judge(part_load("new", D, E, pickup=hours(0, 5)), a_truck(old))
    assert isinstance(answer, WhyNot)
    assert (
        answer.key == "late_at_pickup" and answer.params["late_min"] == 180
    )  # A, C and then D: there at 8:00
    tight = judge(part_load("new", E, A, pickup=hours(0, 9), delivery=hours(1, 10)), a_truck(old))
    assert isinstance(tight, WhyNot) and tight.key.startswith("late_at_")


def test_a_truck_that_cannot_keep_what_it_has_booked_takes_nothing_more() -> None:
    answer = judge(part_load("new", A, B), a_truck(part_load("old", A, E, delivery=hours(1, 4))))
    assert isinstance(answer, WhyNot) and answer.key == "plan_late"
    assert "已接" in answer.message("zh")


def test_goods_whose_pickup_is_over_are_aboard_and_those_delivered_are_forgotten() -> None:
    aboard = part_load("old", E, C, pickup=Window(hours(-9, -1).start, hours(-9, -1).end))
    done = part_load("done", E, D, pickup=hours(-9, -8), delivery=hours(-7, -1))
    answer = judge(part_load("new", A, B), a_truck(aboard, done))
    assert isinstance(answer, Match)  # no way back to E
    assert next(one for one in answer.reasons if one.key == "detour").value == 0


def test_a_place_without_a_road_is_told_as_such() -> None:
    nowhere = Site("X", "无", "Nowhere", 31.0, 115.0)
    answer = judge(
        part_load("new", nowhere, C, duration_s=HOUR, distance_m=1.0), a_truck(part_load("old", A, D))
    )
    assert isinstance(answer, WhyNot) and answer.key == "no_road"


@given(st.lists(st.sampled_from(SITES), min_size=2, max_size=2, unique=True), st.integers(0, 30_000))
def test_a_plan_is_read_back_as_it_was_written(ends: list[Site], kg: int) -> None:
    load = part_load("one", ends[0], ends[1], weight_kg=max(1, kg))
    plan = (booked(load), booked(part_load("two", ends[1], ends[0])))
    assert plan_of(plan_json(plan)) == plan
