"""Matching: hard constraints in their order, scores with reasons, and a sieve that loses nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from market_offers import a_capacity, a_load

from haoyun.platform.market.balance import Balance, balance_of
from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.driving import legal_duration_s
from haoyun.platform.market.figures import lane_of
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.match import Match, WhyNot, ranked
from haoyun.platform.market.matching import explain
from haoyun.platform.market.roads import FRESH
from haoyun.platform.market.score import WEIGHTS
from haoyun.platform.market.testing import NOW, SITES, A, B, D, E, hours, match_loads, road_context, seen_at
from haoyun.platform.market.values import Body, Certificate, Equipment, Mode, Window

HERE = road_context()


def judge(load: Load, capacity: Capacity, now: datetime = NOW, **positions: object) -> Match | WhyNot:
    return explain(load, capacity, road_context(positions), Balance(), now)  # type: ignore[arg-type]


def test_a_feasible_pair_is_a_match_with_its_figures() -> None:
    match = judge(a_load(), a_capacity())
    assert isinstance(match, Match)
    assert match.deadhead_m == 100_000
    assert match.pickup_at == NOW + timedelta(hours=3)  # ready in 1 h, 100 km at 50 km/h
    assert match.delivery_at == NOW + timedelta(hours=7.5)  # half an hour to load, 4 h to drive
    assert match.contribution_fen == 650 * 200 - 400 * 300


@pytest.mark.parametrize(
    ("load", "capacity", "key", "message"),
    [
        ({"state": LoadState.COVERED}, {}, "load_not_open", "the load is COVERED"),
        ({"expires_at": NOW}, {}, "load_expired", "the load has expired"),
        ({}, {"state": CapacityState.FULL}, "capacity_not_open", "the capacity is FULL"),
        ({}, {"ready": hours(-2, -1)}, "capacity_expired", "the capacity has expired"),
        (
            {"visibility": Visibility.PARTNERS, "invited": frozenset({"org-x"})},
            {},
            "not_visible",
            "the load is not offered to this carrier",
        ),
        ({"body": frozenset({Body.REEFER})}, {}, "wrong_body", "needs reefer, is box"),
        ({"mode": Mode.RAIL}, {}, "wrong_mode", "needs rail, moves by road"),
        (
            {"equipment": frozenset({Equipment.TAIL_LIFT, Equipment.STRAPS, Equipment.CRANE})},
            {"equipment": frozenset({Equipment.STRAPS})},
            "lacks_equipment",
            "lacks crane/tail_lift",
        ),
        ({"weight_kg": 30_001}, {}, "too_heavy", "1 kg too heavy"),
        ({"volume_dm3": 90_010}, {}, "too_voluminous", "10 dm³ too voluminous"),
        ({"ldm_cm": 1_320}, {}, "too_much_floor", "20 cm of floor too little"),
        ({"max_piece_cm": 1_302}, {}, "piece_too_long", "2 cm too long"),
        (
            {"temperature_min_c": 2, "temperature_max_c": 8},
            {},
            "no_temperature_control",
            "cannot keep a temperature",
        ),
        (
            {"temperature_min_c": 2, "temperature_max_c": 8},
            {"temperature_min_c": -25, "temperature_max_c": -18},
            "temperature",
            "keeps -25..-18, needs 2..8 °C",
        ),
        ({"dg_class": "3"}, {}, "no_certificate", "lacks the certificate dg-3"),
        (
            {"dg_class": "2.1"},
            {"certificates": (Certificate("dg-2", NOW + timedelta(hours=23)),)},
            "certificate_expires",
            "the certificate dg-2 expires on 2026-05-12, before delivery",
        ),
        (
            {},
            {"certificates": (Certificate("insurance", NOW),)},
            "certificate_expires",
            "the certificate insurance expires on 2026-05-11, before delivery",
        ),
        ({}, {"radius_km": 90}, "outside_origin_area", "pickup lies 11 km outside the area"),
        (
            {},
            {"destination": A, "radius_km": 250},
            "outside_destination_area",
            "delivery lies 51 km outside the area",
        ),
        ({"duration_s": float("inf")}, {}, "no_road", "there is no road from Place B to Place D"),
        ({}, {"ready": hours(8.5, 48)}, "not_ready_in_time", "is ready 30 min after the pickup window"),
        ({"pickup": hours(0, 2.5)}, {}, "late_at_pickup", "30 min late at pickup"),
        ({"delivery": hours(1, 7)}, {}, "late_at_delivery", "30 min late at delivery"),
        (
            {"price_mode": PriceMode.FIXED, "price_fen": 90_000},
            {"min_price_fen": 100_000},
            "price_below_floor",
            "pays 10000 fen less than the carrier asks",
        ),
    ],
)
def test_why_not_names_the_broken_rule(
    load: dict[str, object], capacity: dict[str, object], key: str, message: str
) -> None:
    answer = judge(a_load(**load), a_capacity(**capacity))
    assert isinstance(answer, WhyNot)
    assert (answer.key, answer.message()) == (key, message)
    assert answer.message("zh")


def test_the_first_broken_rule_in_the_domains_order_is_told() -> None:
    hopeless = a_load(
        mode=Mode.RAIL,
        equipment=frozenset({Equipment.CRANE}),
        weight_kg=50_000,
        body=frozenset({Body.TANK}),
        dg_class="3",
        pickup=hours(0, 0.1),
    )
    told = []
    capacity = a_capacity(ready=hours(1, 48))
    cures: tuple[dict[str, object], ...] = (
        {"mode": Mode.RAIL},
        {"body": Body.TANK},
        {"equipment": frozenset({Equipment.CRANE})},
        {"weight_kg": 60_000},
        {"certificates": (Certificate("dg-3"),)},
        {},
    )
    for cure in cures:
        answer = judge(hopeless, capacity)
        assert isinstance(answer, WhyNot)
        told.append(answer.key)
        capacity = replace(capacity, **cure)  # type: ignore[arg-type]
    assert told == [
        "wrong_mode",
        "wrong_body",
        "lacks_equipment",
        "too_heavy",
        "no_certificate",
        "not_ready_in_time",
    ]


def test_one_common_temperature_is_enough() -> None:
    match = judge(
        a_load(temperature_min_c=2, temperature_max_c=8),
        a_capacity(temperature_min_c=-25, temperature_max_c=2),
    )
    assert isinstance(match, Match)


def reason(match: Match | WhyNot, key: str):  # type: ignore[no-untyped-def]
    assert isinstance(match, Match)
    return next(r for r in match.reasons if r.key == key)


def test_a_fresh_position_is_the_start_of_a_vehicle_that_is_ready() -> None:
    ready = a_capacity(ready=hours(-1, 48))
    match = judge(a_load(), ready, veh_cap_1=seen_at(B.lat, NOW - timedelta(minutes=5)))
    found = reason(match, "deadhead")
    assert found.value == pytest.approx(0, abs=1)
    assert found.evidence["basis"] == "live" and found.evidence["seen_at"] == "2026-05-11T07:55:00Z"


def test_an_unknown_position_is_unknown_and_never_a_deadhead_of_zero() -> None:
    ready = a_capacity(ready=hours(-1, 48), origin=B, radius_km=100)
    for positions in ({}, {"veh_cap_1": seen_at(B.lat, NOW - FRESH - timedelta(seconds=1))}):
        match = judge(a_load(), ready, **positions)
        found = reason(match, "unknown_position")
        assert isinstance(match, Match) and match.deadhead_m is None
        assert (found.value, found.points, found.evidence["at_most_m"]) == (None, 0, 100_000)
        known = judge(a_load(), ready, veh_cap_1=seen_at(B.lat))
        assert isinstance(known, Match) and known.contribution_fen - match.contribution_fen == 100 * 400


def test_a_vehicle_that_is_ready_later_starts_from_where_its_carrier_says() -> None:
    match = judge(a_load(), a_capacity(), veh_cap_1=seen_at(E.lat))
    assert reason(match, "deadhead").evidence["basis"] == "declared"
    assert reason(match, "deadhead").value == 100_000


def test_every_match_has_all_reasons_and_their_points_make_the_score() -> None:
    match = judge(a_load(), a_capacity())
    assert isinstance(match, Match)
    assert {r.key for r in match.reasons} == set(WEIGHTS)
    assert match.score == pytest.approx(sum(r.points for r in match.reasons))
    assert all(0 <= r.points <= r.weight for r in match.reasons) and sum(WEIGHTS.values()) == 100


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (a_capacity(origin=B), a_capacity(origin=A)),  # less empty driving
        (a_capacity(cost_per_km_fen=300), a_capacity(cost_per_km_fen=500)),
        (a_capacity(weight_kg=12_000), a_capacity(weight_kg=30_000)),  # fuller
    ],
)
def test_what_is_better_scores_more(better: Capacity, worse: Capacity) -> None:
    load = a_load(volume_dm3=0, ldm_cm=0)
    good, bad = judge(load, better), judge(load, worse)
    assert isinstance(good, Match) and isinstance(bad, Match)
    assert good.score > bad.score


def test_loads_waiting_at_the_destination_are_worth_something() -> None:
    market = [a_load(f"load_{i}", origin=D, destination=A) for i in range(3)]
    alone = explain(a_load(), a_capacity(), HERE, Balance(), NOW)
    awaited = explain(a_load(), a_capacity(), HERE, balance_of(market, []), NOW)
    assert isinstance(alone, Match) and isinstance(awaited, Match)
    assert awaited.score > alone.score and awaited.contribution_fen > alone.contribution_fen
    assert reason(awaited, "backhaul").evidence["loads"] == 3


def test_prices_of_the_lane_come_before_those_of_the_market() -> None:
    fixed = {"price_mode": PriceMode.FIXED}
    lane = [a_load(f"l{i}", price_fen=price, **fixed) for i, price in enumerate((100_000, 120_000, 200_000))]
    other = [a_load(f"o{i}", origin=A, destination=E, price_fen=400_000, **fixed) for i in range(4)]
    basis = balance_of(lane + other, []).price_of_lane(lane_of(a_load()), 1.0)
    assert (basis.basis, basis.per_km_fen, basis.prices) == ("lane", 600, 3)
    basis = balance_of(lane[:1] + other, []).price_of_lane(lane_of(a_load()), 1.0)
    assert (basis.basis, basis.per_km_fen) == ("market", 1000)
    assert balance_of(lane[:1], []).price_of_lane(lane_of(a_load()), 650).basis == "reference"


def test_four_hours_at_the_wheel_need_no_rest_and_each_further_four_need_one() -> None:
    assert legal_duration_s(4 * 3600) == 4 * 3600
    assert legal_duration_s(4 * 3600 + 1) == 4 * 3600 + 1 + 1200
    assert legal_duration_s(8 * 3600) == 8 * 3600 + 1200
    assert legal_duration_s(float("inf")) == float("inf")


def random_market(rng: random.Random, loads: int, capacities: int) -> tuple[list[Load], list[Capacity]]:
    def a_window(early: float, late: float) -> Window:
        start = rng.uniform(early, late)
        return hours(start, start + rng.uniform(1, 12))

    def load(i: int) -> Load:
        origin, destination = rng.sample(SITES, 2)
        pickup = a_window(-2, 12)
        return a_load(
            f"load_{i}",
            origin=origin,
            destination=destination,
            pickup=pickup,
            delivery=Window(pickup.start, pickup.end + timedelta(hours=rng.uniform(1, 24))),
            weight_kg=rng.choice([1_000, 10_000, 20_000, 32_000]),
            ldm_cm=rng.choice([0, 600, 1_300]),
            body=frozenset(rng.sample(list(Body), rng.choice([0, 1, 3]))),
        )

    def capacity(i: int) -> Capacity:
        return a_capacity(
            f"cap_{i}",
            origin=rng.choice(SITES),
            body=rng.choice([Body.BOX, Body.CURTAIN, Body.REEFER]),
            radius_km=rng.choice([0, 100, 150, 400]),
            ready=a_window(-3, 12),
            weight_kg=rng.choice([5_000, 20_000, 32_000]),
        )

    return [load(i) for i in range(loads)], [capacity(i) for i in range(capacities)]


def test_the_sieve_loses_no_feasible_pair() -> None:
    found = 0
    for seed in range(60):
        rng = random.Random(seed)
        loads, capacities = random_market(rng, 12, 12)
        moving = rng.sample(capacities, 6)
        seen = {
            c.vehicle_id: seen_at(rng.uniform(30, 33.6), NOW - timedelta(minutes=rng.uniform(0, 40)))
            for c in moving
        }
        context, balance = road_context(seen), balance_of(loads, capacities)
        pairs = [explain(load, c, context, balance, NOW) for load in loads for c in capacities]
        exhaustive = ranked([pair for pair in pairs if isinstance(pair, Match)])
        assert match_loads(loads, capacities, context, NOW) == exhaustive
        found += len(exhaustive)
    assert found > 300  # the markets were not empty


def test_a_ranking_can_be_replayed_whatever_the_order_of_the_offers() -> None:
    loads, capacities = random_market(random.Random(7), 20, 20)
    first = match_loads(loads, capacities, HERE, NOW)
    assert first == match_loads(loads[::-1], capacities[::-1], HERE, NOW)
