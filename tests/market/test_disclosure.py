"""What a shipper may know of a match: why the vehicle suits, never what it costs its carrier."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from market_offers import a_capacity, a_load

from haoyun.platform.accounts.actor import Actor, OrgKind, Role
from haoyun.platform.market.balance import Balance
from haoyun.platform.market.disclosure import seen_by, with_closed_books
from haoyun.platform.market.match import Match
from haoyun.platform.market.matching import explain
from haoyun.platform.market.testing import NOW, road_context

HERE = road_context()


def match_at(cost_per_km_fen: int) -> Match:
    found = explain(a_load(), a_capacity(cost_per_km_fen=cost_per_km_fen), HERE, Balance(), NOW)
    assert isinstance(found, Match)
    return found


def margin_points(match: Match) -> float:
    return next(reason.points for reason in match.reasons if reason.key == "margin")


@given(st.integers(100, 900), st.integers(100, 900))
def test_costs_within_a_third_of_the_points_look_the_same(one: int, other: int) -> None:
    first, second = with_closed_books(match_at(one)), with_closed_books(match_at(other))
    assume(margin_points(first) == margin_points(second))
    assert replace(first, inputs=second.inputs) == second


@given(st.integers(100, 900))
def test_the_margin_has_at_most_four_steps_and_the_score_is_the_sum_of_what_is_shown(cost: int) -> None:
    match = with_closed_books(match_at(cost))
    margin = next(reason for reason in match.reasons if reason.key == "margin")
    assert margin.points in {round(margin.weight * third / 3, 2) for third in range(4)}
    assert (margin.value, margin.evidence) == (None, {})
    assert match.score == round(sum(reason.points for reason in match.reasons), 2)
    assert match.contribution_fen == 0 and not match.open_books


@pytest.mark.parametrize(
    ("org_id", "kind", "role", "whole"),
    [
        ("org-carrier", OrgKind.CARRIER, Role.DISPATCHER, True),
        ("org-shipper", OrgKind.SHIPPER, Role.OWNER, False),
        ("org-operator", OrgKind.OPERATOR, Role.OPERATOR, True),
    ],
)
def test_the_carrier_and_who_sees_everything_see_it_whole(
    org_id: str, kind: OrgKind, role: Role, whole: bool
) -> None:
    viewer = Actor("usr-1", org_id, frozenset({role.value}), frozenset({kind.value}))
    match = match_at(400)
    assert (seen_by(match, viewer, "org-carrier") == match) is whole
