"""The values of the law: windows, thresholds, rules and bans check themselves and survive JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.rules import (
    NO_LIMITS,
    Access,
    Condition,
    Limit,
    Measure,
    RoadRules,
    RuleBook,
    Subject,
    Threshold,
    TimedRule,
    TimeWindow,
    TurnBan,
    Vehicles,
)
from haoyun.maps.rules_json import condition_from_json, condition_to_json, rules_from_json, rules_to_json

windows = st.builds(
    lambda days, start, lasts, season: TimeWindow(days, start, start + lasts, season),
    st.integers(1, 127),
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.none() | st.tuples(st.integers(101, 1231), st.integers(101, 1231)),
)
thresholds = st.builds(
    lambda measure, low, more, a, b: Threshold(measure, low, low + more, a, b),
    st.sampled_from(Measure),
    st.floats(0, 50),
    st.floats(0, 50) | st.just(float("inf")),
    st.booleans(),
    st.booleans(),
)
conditions = st.builds(
    Condition,
    st.lists(windows, max_size=3).map(tuple),
    st.lists(thresholds, max_size=2).map(tuple),
    st.booleans(),
)
timed = st.builds(TimedRule, st.sampled_from(Limit), st.none() | st.floats(0, 99), conditions) | st.builds(
    TimedRule, st.sampled_from(Subject), st.sampled_from(Access), conditions
)
limits = st.none() | st.floats(0, 999)
rules = st.builds(
    RoadRules,
    *([limits] * 5),
    *([st.sampled_from(Access)] * 3),
    timed=st.lists(timed, max_size=3).map(tuple),
    toll=st.booleans(),
    tunnel_category=st.sampled_from(["", "A", "B", "C", "D", "E"]),
)


@given(rules)
def test_rules_come_back_from_json_as_they_were(one: RoadRules) -> None:
    assert rules_from_json(json.loads(json.dumps(rules_to_json(one)))) == one


@given(conditions)
def test_conditions_come_back_from_json_as_they_were(one: Condition) -> None:
    assert condition_from_json(json.loads(json.dumps(condition_to_json(one)))) == one


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: RoadRules(max_height_m=-1), "max_height_m is 0 to 1000"),
        (lambda: RoadRules(max_weight_t=2000), "max_weight_t is 0 to 1000"),
        (lambda: RoadRules(tunnel_category="F"), "A to E"),
        (lambda: TimeWindow(days=0), "1 to 127"),
        (lambda: TimeWindow(start_minute=1440), "0 to 1439"),
        (lambda: TimeWindow(start_minute=600, end_minute=600), "ends after it starts"),
        (lambda: TimeWindow(start_minute=600, end_minute=2041), "within a day"),
        (lambda: Threshold(Measure.WEIGHT_T, above=3, up_to=2), "between 0 and its upper end"),
        (lambda: TimedRule(Subject.HGV, 3.5, Condition()), "an access"),
        (lambda: TimedRule(Limit.WEIGHT, Access.NO, Condition()), "a figure"),
        (lambda: TurnBan(-1, (), 0), "0 or above"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused_with_the_rule(make, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        make()


def test_a_toll_binds_nobody_and_a_limit_does() -> None:
    assert RoadRules(toll=True).is_free
    assert NO_LIMITS.is_free
    assert not RoadRules(max_height_m=4.0).is_free
    assert not RoadRules(hgv=Access.DESTINATION).is_free


def test_a_rule_book_gives_equal_rules_one_number() -> None:
    book = RuleBook()
    low = RoadRules(max_height_m=3.5)
    assert [book.number(one) for one in (NO_LIMITS, low, RoadRules(), RoadRules(max_height_m=3.5))] == [
        0,
        1,
        0,
        1,
    ]
    assert book.all() == (NO_LIMITS, low)


def test_an_unknown_figure_of_a_vehicle_counts_as_meant() -> None:
    heavy = Condition(thresholds=(Threshold(Measure.WEIGHT_T, above=7.5),))
    assert heavy.holds({})
    assert not heavy.holds({Measure.WEIGHT_T: 7.5})


def test_a_ban_without_conditions_always_binds() -> None:
    ban = TurnBan(1, (), 2)
    assert (ban.vehicles, ban.windows, ban.when.covers(0, 0)) == (Vehicles.ALL, (), True)
