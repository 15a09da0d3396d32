"""A round's plan: it holds, it is the best on markets small enough to try everything, it beats who came first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_markets import audit, load, market, truck

from haoyun.platform.market.auction import AuctionTerms
from haoyun.platform.market.balance import balance_of
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.driving import CHINA_LAW, EU_LAW, DrivingLaw
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.match import Match
from haoyun.platform.market.matching import assess
from haoyun.platform.market.testing import NOW, A, B, C, D, E, hours, road_context
from haoyun.platform.market.values import Certificate, Mode
from haoyun.platform.rounds.baseline import first_come_first_served
from haoyun.platform.rounds.board import Board, Rules, board_of
from haoyun.platform.rounds.bound import upper_bound_fen
from haoyun.platform.rounds.route import Route, drive
from haoyun.platform.rounds.solve import solve

ALONE = Rules(most_in_a_row=1, pools=False)
IN_A_ROW = Rules(most_in_a_row=3, pools=False)
seeds = st.integers(0, 10**6)


def total(routes: list[Route]) -> float:
    return sum(route.contribution_fen for route in routes)


def ids(board: Board, route: Route) -> list[list[str]]:
    return [[board.jobs[job].load.id for job in unit.jobs] for unit in route.units]


def best_by_trying(board: Board, most: int) -> float:
    """The best that trucks can do with every sequence of single loads of at most `most`."""
    values: list[dict[frozenset[int], float]] = []
    for number in range(len(board.trucks)):
        best = {frozenset(): 0.0}
        for size in range(1, most + 1):
            for chosen in combinations(range(len(board.jobs)), size):
                ways = [
                    drive(board, number, tuple(board.units[j] for j in order))
                    for order in permutations(chosen)
                ]
                worth = [way.contribution_fen for way in ways if way is not None]
                if worth:
                    best[frozenset(chosen)] = max(worth)
        values.append(best)

    def rest(number: int, taken: frozenset[int]) -> float:
        if number == len(values):
            return 0.0
        return max(
            worth + rest(number + 1, taken | chosen)
            for chosen, worth in values[number].items()
            if not chosen & taken
        )

    return rest(0, frozenset())


@given(seeds, st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_every_plan_can_be_driven_by_hand_and_comes_to_what_it_says(
    seed: int, pools: bool, lane_only: bool
) -> None:
    loads, trucks, roads = market(seed, 12, 4)
    board = board_of(loads, trucks, roads, NOW, Rules(pools=pools, lane_only=lane_only))
    for routes in (solve(board), first_come_first_served(board)):
        assert audit(board, routes, loads, trucks) == pytest.approx(total(routes), abs=1.0)
        assert len({route.truck for route in routes}) == len(routes)


@given(seeds, st.sampled_from((CHINA_LAW, EU_LAW)))
@settings(max_examples=25, deadline=None)
def test_the_first_line_of_every_truck_is_a_match_under_either_law(seed: int, law: DrivingLaw) -> None:
    loads, trucks, roads = market(seed, 10, 4)
    roads = replace(roads, law=law)
    board = board_of(loads, trucks, roads, NOW)
    balance = balance_of(loads, trucks)
    for route in solve(board):
        first = route.legs[0].unit
        for job in first.jobs:
            found = assess(
                board.jobs[job].load,
                board.trucks[route.truck],
                board.starts[route.truck],
                roads,
                balance,
                NOW,
            )
            assert isinstance(found, Match), found
            if len(first.jobs) == 1:
                backhaul = next(r for r in found.reasons if r.key == "margin").evidence["backhaul_fen"]
                leg = route.legs[0]
                worth = leg.unit.price_fen - (leg.empty_m + leg.unit.loaded_m) * board.cost_fen_m[route.truck]
                worth -= leg.waits_s * board.waiting_fen_s
                assert found.contribution_fen - float(backhaul or 0) == pytest.approx(worth, abs=2)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_one_load_a_truck_is_the_optimal_assignment(seed: int) -> None:
    loads, trucks, roads = market(seed, 5, 3)
    board = board_of(loads, trucks, roads, NOW, ALONE)
    assert total(solve(board)) == pytest.approx(best_by_trying(board, 1), abs=2)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_no_plan_in_a_row_beats_the_bound_or_trying_everything(seed: int) -> None:
    loads, trucks, roads = market(seed, 6, 2)
    board = board_of(loads, trucks, roads, NOW, IN_A_ROW)
    found, best = total(solve(board)), best_by_trying(board, 3)
    assert found <= best + 1
    assert best <= upper_bound_fen(board) + 1


def test_small_markets_are_nearly_always_solved_to_the_best() -> None:
    shares = []
    for seed in range(60):
        board = board_of(*market(seed, 6, 2), NOW, IN_A_ROW)
        best = best_by_trying(board, 3)
        if best > 0:
            shares.append(total(solve(board)) / best)
    assert len(shares) > 20
    assert sum(share > 0.9999 for share in shares) >= 0.9 * len(shares)
    assert sum(shares) >= 0.97 * len(shares)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_a_round_never_contributes_less_than_first_come_first_served(seed: int) -> None:
    loads, trucks, roads = market(seed, 14, 4)
    board = board_of(loads, trucks, roads, NOW)
    before = first_come_first_served(board)
    assert total(solve(board, before)) >= total(before) - 1


def test_the_same_offers_give_the_same_plan() -> None:
    loads, trucks, roads = market(3, 30, 8)
    plans = [
        [(route.truck, route.units) for route in solve(board_of(loads, trucks, roads, NOW))] for _ in range(2)
    ]
    assert plans[0] == plans[1] and plans[0]


def test_a_truck_takes_load_after_load_where_the_time_allows() -> None:
    there = load(1, origin=B, destination=D, pickup=hours(0, 8), delivery=hours(0, 24))
    back = load(2, origin=D, destination=B, pickup=hours(6, 20), delivery=hours(6, 40))
    board = board_of([there, back], [truck(1)], road_context(), NOW)
    (route,) = solve(board)
    assert ids(board, route) == [["load_01"], ["load_02"]]
    # Ready in 1 h, 100 km empty (2 h), loading, 200 km (4 h), unloading: free at 8 h, at the next load already.
    assert [leg.free_s / 3600 for leg in route.legs] == [8.0, 13.0]
    assert [leg.empty_m for leg in route.legs] == [100_000.0, 0.0]


def test_the_four_hours_at_the_wheel_decide_whether_a_load_follows() -> None:
    first = load(1, origin=A, destination=B, pickup=hours(0, 8), delivery=hours(0, 24))
    # B to E is 300 km, 6 h and one rest of 20 min: free at 4 h, at E at 10 h 20 min.
    for closes, follows in ((10 + 20 / 60, True), (10 + 19 / 60, False)):
        later = load(2, origin=E, destination=D, pickup=hours(5, closes), delivery=hours(5, 40))
        board = board_of([first, later], [truck(1)], road_context(), NOW)
        both = (board.units[0], board.units[1])
        assert (drive(board, 0, both) is not None) is follows


def test_in_the_eu_the_hours_at_the_wheel_go_along_from_load_to_load() -> None:
    """Half an hour of loading is no break there: 4.5 h are over in the middle of the second way."""
    first = load(1, origin=A, destination=C, pickup=hours(0, 8), delivery=hours(0, 24))
    second = load(2, origin=C, destination=E, pickup=hours(0, 20), delivery=hours(0, 40))
    roads = replace(road_context(), law=EU_LAW)
    board = board_of([first, second], [truck(1)], roads, NOW)
    route = drive(board, 0, (board.units[0], board.units[1]))
    assert route is not None
    # Ready at 1 h; 4 h of driving in all to C; then 4 h more, with 45 min of break after the first half an hour.
    assert [leg.free_s / 3600 for leg in route.legs] == [6.0, 6.0 + 0.5 + 4 + 0.75 + 0.5]


def test_two_part_loads_of_a_lane_share_a_vehicle() -> None:
    loads = [load(n, price_fen=120_000) for n in (1, 2)]  # alone, neither pays 3 x 100 km at 4.20 a km
    board = board_of(loads, [truck(1), truck(2)], road_context(), NOW)
    (route,) = solve(board)
    assert ids(board, route) == [["load_01", "load_02"]] or ids(board, route) == [["load_02", "load_01"]]
    assert solve(board_of(loads, [truck(1)], road_context(), NOW, Rules(pools=False))) == []


def test_pools_cross_lanes_only_where_the_rules_say_so() -> None:
    long = load(1, origin=A, destination=E, price_fen=260_000)
    short = load(2, origin=B, destination=D, price_fen=60_000)
    board = board_of([long, short], [truck(1)], road_context(), NOW, Rules(lane_only=False))
    (route,) = solve(board)
    assert sorted(ids(board, route)[0]) == ["load_01", "load_02"]
    assert [(stop.job, stop.pickup) for stop in route.units[0].stops] == [
        (0, True),
        (1, True),
        (1, False),
        (0, False),
    ]
    (route,) = solve(board_of([long, short], [truck(1)], road_context(), NOW))
    assert [len(unit.jobs) for unit in route.units] == [1]


def test_what_only_matching_knows_is_asked_of_it() -> None:
    frozen = load(1, temperature_min_c=-20, temperature_max_c=-15)
    dangerous = load(2, dg_class="3")
    hidden = replace(load(3), visibility="direct", invited=frozenset({"carrier_7"}))
    loads, trucks = [frozen, dangerous, hidden], [truck(1)]
    assert solve(board_of(loads, trucks, road_context(), NOW)) == []
    fitted = truck(1, temperature_min_c=-25, temperature_max_c=5, certificates=(Certificate("dg-3"),))
    board = board_of(loads, [fitted], road_context(), NOW)
    assert sorted(one for unit in ids(board, solve(board)[0]) for one in unit) == ["load_01"] or total(
        solve(board)
    ) == pytest.approx(best_by_trying(board, 2), abs=2)


def test_who_came_first_gets_the_truck_and_keeps_it() -> None:
    """The near truck goes to the first load, though the second needs it more: what a round mends."""
    first = load(9, origin=B, destination=C, price_fen=200_000)  # posted nine minutes ago
    second = load(1, origin=A, destination=C, price_fen=300_000, pickup=hours(0, 2))
    near, far = truck(1, origin=A), truck(2, origin=C, radius_km=150)
    board = board_of([first, second], [near, far], road_context(), NOW, ALONE)
    assert [ids(board, route) for route in first_come_first_served(board)] == [[["load_09"]]]
    assert sorted(ids(board, route)[0][0] for route in solve(board)) == ["load_01", "load_09"]


@pytest.mark.parametrize(("loads", "trucks"), [([], []), ([load(1)], []), ([], [truck(1)])])
def test_a_market_without_one_side_proposes_nothing(loads: list[Load], trucks: list[Capacity]) -> None:
    board = board_of(loads, trucks, road_context(), NOW)
    assert solve(board, first_come_first_served(board)) == []
    assert upper_bound_fen(board) == 0


def test_rail_and_water_are_not_planned() -> None:
    by_rail = replace(load(1), mode=Mode.RAIL)
    assert board_of([by_rail], [truck(1), truck(2, mode=Mode.RAIL)], road_context(), NOW).jobs == []
    assert len(board_of([load(1)], [truck(1), truck(2, mode=Mode.RAIL)], road_context(), NOW).trucks) == 1


def test_a_load_by_auction_is_left_to_its_bids() -> None:
    loads, trucks, roads = market(1, 12, 4)
    served = {job.load.id: job.load for job in board_of(loads, trucks, roads, NOW).jobs}
    chosen = next(iter(served.values()))
    terms = AuctionTerms(closes_at=NOW + timedelta(hours=1))
    auctioned = replace(chosen, price_mode=PriceMode.AUCTION, price_fen=None, auction=terms)
    others = [one for one in loads if one.id != chosen.id]
    board = board_of([auctioned, *others], trucks, roads, NOW)
    assert {job.load.id for job in board.jobs} == set(served) - {chosen.id}
