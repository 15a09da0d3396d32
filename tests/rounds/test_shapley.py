"""Fair shares: everything is shared out, equals get the same, who adds nothing gets nothing."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_markets import load, truck

from haoyun.platform.market.testing import NOW, road_context
from haoyun.platform.rounds.board import board_of
from haoyun.platform.rounds.shapley import Share, Value, shares
from haoyun.platform.rounds.sharing import VEHICLE, pool_shares
from haoyun.platform.rounds.solve import solve

NAMES = "abcdefghijkl"


def game(draw: st.DrawFn, players: str) -> dict[frozenset[str], int]:
    groups = [frozenset(g) for size in range(1, len(players) + 1) for g in combinations(players, size)]
    return {frozenset(): 0, **{group: draw(st.integers(-10_000, 1_000_000)) for group in groups}}


@st.composite
def games(draw: st.DrawFn) -> tuple[str, dict[frozenset[str], int]]:
    players = NAMES[: draw(st.integers(1, 5))]
    return players, game(draw, players)


def of(found: list[Share]) -> dict[str, int]:
    return {share.player: share.fen for share in found}


@given(games())
@settings(max_examples=100, deadline=None)
def test_the_shares_sum_to_the_saving_and_are_the_mean_over_all_orders(
    drawn: tuple[str, dict[frozenset[str], int]],
) -> None:
    players, value = drawn
    found = shares(players, value.__getitem__)
    assert sum(share.fen for share in found) == value[frozenset(players)]
    orders = list(permutations(players))
    for share in found:
        added = [
            value[frozenset(o[: o.index(share.player) + 1])] - value[frozenset(o[: o.index(share.player)])]
            for o in orders
        ]
        assert abs(share.fen - sum(added) / len(orders)) < 1
        assert sum(share.adds_fen) / len(share.adds_fen) == pytest.approx(sum(added) / len(orders))


@given(games())
@settings(max_examples=60, deadline=None)
def test_equal_players_get_the_same_to_a_fen(drawn: tuple[str, dict[frozenset[str], int]]) -> None:
    players, value = drawn
    swap = str.maketrans({"a": "b", "b": "a"})

    def even(group: frozenset[str]) -> int:
        other = frozenset("".join(group).translate(swap)) & frozenset(players)
        return value[group] + value[other] if len(other) == len(group) else value[group]

    found = of(shares(players, even))
    if len(players) > 1:
        assert abs(found["a"] - found["b"]) <= 1


@given(games())
@settings(max_examples=60, deadline=None)
def test_who_adds_nothing_gets_nothing(drawn: tuple[str, dict[frozenset[str], int]]) -> None:
    players, value = drawn
    found = of(shares([*players, "idle"], lambda group: value[group - {"idle"}]))
    assert found["idle"] in (0, 1) if sum(found.values()) else found["idle"] == 0
    assert sum(found.values()) == value[frozenset(players)]


def square(group: frozenset[str]) -> int:
    return len(group) ** 2 * 1000


def test_more_players_than_can_be_counted_are_sampled_and_say_so() -> None:
    found = shares(NAMES, square, seed=4)
    assert sum(share.fen for share in found) == square(frozenset(NAMES))
    for share in found:
        assert 0 < share.error_fen < 400
        assert abs(share.fen - 12_000) < 5 * share.error_fen
    assert found == shares(NAMES, square, seed=4) and found != shares(NAMES, square, seed=5)


def test_nobody_and_twice() -> None:
    assert shares([], square) == []
    with pytest.raises(ValueError, match="once"):
        shares(["a", "a"], square)


def test_two_equal_loads_and_their_vehicle_get_a_third_each() -> None:
    board = board_of(
        [load(1, price_fen=200_000), load(2, price_fen=200_000)], [truck(1)], road_context(), NOW
    )
    (route,) = solve(board)
    found = pool_shares(board, route, 0)
    # Alone each is 100 km empty and 200 km loaded at 4.20 a km; together the same way is driven once.
    assert found.saving_fen == 126_000
    assert {share.player: share.fen for share in found.by_player} == {
        "load_01": 42_000,
        "load_02": 42_000,
        VEHICLE: 42_000,
    }


def test_without_the_vehicle_nobody_saves() -> None:
    value: Value = lambda group: 900 if VEHICLE in group and len(group) == 4 else 0  # noqa: E731
    assert set(of(shares(["a", "b", "c", VEHICLE], value)).values()) == {225}
