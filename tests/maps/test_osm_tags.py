"""What a way's tags say: road or not, which way, who may drive, limits, times, and how fast."""

from __future__ import annotations

from collections import Counter

import pytest

from haoyun.maps.osm.tags import combined, directions, is_open, road_class, rules_of
from haoyun.maps.rules import (
    NO_LIMITS,
    Access,
    Condition,
    Limit,
    Measure,
    RoadRules,
    Subject,
    Threshold,
    TimedRule,
    TimeWindow,
)
from haoyun.maps.speeds import way_speed_kmh

ROAD = {"highway": "primary"}


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"highway": "residential"}, "residential"),
        ({"highway": "motorway_link"}, "motorway_link"),
        ({"highway": "cycleway"}, ""),
        ({"highway": "track"}, ""),
        ({"highway": "service"}, "service"),
        ({"highway": "service", "service": "alley"}, "service"),
        ({"highway": "service", "service": "parking_aisle"}, ""),
        ({"highway": "service", "service": "driveway"}, ""),
        ({"highway": "unclassified", "area": "yes"}, ""),
        ({"highway": "construction"}, ""),
        ({"highway": "ferry"}, ""),
        ({"railway": "rail"}, ""),
        ({"route": "ferry", "motor_vehicle": "yes"}, "ferry"),
        ({"route": "ferry", "hgv": "no", "motorcar": "yes"}, ""),
        ({"route": "ferry", "foot": "yes"}, ""),
    ],
)
def test_roads_are_told_from_other_ways(tags: dict[str, str], name: str) -> None:
    assert road_class(tags) == name


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        (ROAD, (True, True)),
        ({**ROAD, "oneway": "yes"}, (True, False)),
        ({**ROAD, "oneway": "-1"}, (False, True)),
        ({**ROAD, "oneway": "reversible"}, (False, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"highway": "tertiary", "junction": "roundabout"}, (True, False)),
        ({**ROAD, "oneway": "yes", "oneway:hgv": "no"}, (True, True)),
        ({**ROAD, "oneway": "yes", "oneway:bicycle": "no"}, (True, False)),
    ],
)
def test_directions_follow_the_tags(tags: dict[str, str], ways: tuple[bool, bool]) -> None:
    assert directions(tags) == ways


def test_a_direction_that_only_trucks_have_is_closed_to_others() -> None:
    back = rules_of({**ROAD, "oneway": "yes", "oneway:hgv": "no"}, forward=False)
    assert (back.motor_vehicle, back.hgv) == (Access.NO, Access.YES)
    truck_one_way = rules_of({**ROAD, "oneway:hgv": "yes"}, forward=False)
    assert (truck_one_way.motor_vehicle, truck_one_way.hgv) == (Access.YES, Access.NO)


@pytest.mark.parametrize(
    ("tags", "motor_vehicle", "hgv"),
    [
        ({}, Access.YES, Access.YES),
        ({"hgv": "no"}, Access.YES, Access.NO),
        ({"access": "no", "motor_vehicle": "yes"}, Access.YES, Access.YES),
        ({"access": "no", "hgv": "designated"}, Access.NO, Access.DESIGNATED),
        ({"vehicle": "destination"}, Access.DESTINATION, Access.DESTINATION),
        ({"motor_vehicle": "private", "access": "yes"}, Access.PRIVATE, Access.PRIVATE),
        ({"hgv": "delivery"}, Access.YES, Access.DESTINATION),
    ],
)
def test_the_most_specific_access_tag_decides(
    tags: dict[str, str], motor_vehicle: Access, hgv: Access
) -> None:
    rules = rules_of({**ROAD, **tags}, forward=True)
    assert (rules.motor_vehicle, rules.hgv) == (motor_vehicle, hgv)


def test_a_rule_for_one_direction_leaves_the_other_alone() -> None:
    tags = {**ROAD, "hgv:backward": "no", "maxweight:forward": "7.5", "maxweight": "12"}
    assert rules_of(tags, forward=True) == RoadRules(max_weight_t=7.5)
    assert rules_of(tags, forward=False) == RoadRules(max_weight_t=12, hgv=Access.NO)


def test_of_several_signs_for_one_figure_the_smallest_counts() -> None:
    tags = {
        **ROAD,
        "maxheight": "4.5", "maxheight:physical": "4.3", "maxwidth": "3", "maxlength": "12",
        "maxweight": "40", "maxweightrating:hgv": "7.5", "maxaxleload": "10",
    }  # fmt: skip
    expected = RoadRules(
        max_height_m=4.3, max_width_m=3.0, max_length_m=12.0, max_weight_t=7.5, max_axle_load_t=10.0
    )
    assert rules_of(tags, forward=True) == expected


def test_signs_without_a_figure_limit_nothing_and_unreadable_ones_are_counted() -> None:
    unread: Counter[str] = Counter()
    tags = {**ROAD, "maxheight": "default", "maxweight": "unsigned", "maxwidth": "narrow"}
    assert rules_of(tags, forward=True, unread=unread) == NO_LIMITS
    assert unread == {"maxwidth=narrow": 1}


def test_dangerous_goods_have_rules_of_their_own() -> None:
    tags = {**ROAD, "hazmat": "no", "hazmat:water": "no", "hazmat:E": "no", "hazmat:adr_tunnel_cat": "C"}
    rules = rules_of(tags, forward=True)
    assert (rules.hazmat, rules.hazmat_water, rules.tunnel_category) == (Access.NO, Access.NO, "E")
    assert rules.hgv is Access.YES


@pytest.mark.parametrize(
    ("tags", "toll"),
    [
        ({"toll": "yes"}, True),
        ({"toll": "no"}, False),
        ({"toll": "no", "toll:hgv": "yes"}, True),
        ({}, False),
    ],
)
def test_the_toll_for_trucks_goes_before_the_general_one(tags: dict[str, str], toll: bool) -> None:
    assert rules_of({**ROAD, **tags}, forward=True).toll is toll


def test_a_ban_by_hours_is_kept_with_its_windows() -> None:
    rules = rules_of({**ROAD, "hgv:conditional": "no @ (Mo-Fr 07:00-09:00)"}, forward=True)
    assert rules.hgv is Access.YES
    when = Condition((TimeWindow(0b0011111, 420, 540),))
    assert rules.timed == (TimedRule(Subject.HGV, Access.NO, when),)


def test_a_condition_on_all_vehicles_binds_trucks_unless_they_have_a_word_of_their_own() -> None:
    text = "no @ (7:30-19:00 AND weight>7.5)"
    both = rules_of({**ROAD, "access:conditional": text}, forward=True)
    assert {rule.what for rule in both.timed} == {Subject.MOTOR_VEHICLE, Subject.HGV}
    own = rules_of({**ROAD, "access:conditional": text, "hgv": "yes"}, forward=True)
    assert {rule.what for rule in own.timed} == {Subject.MOTOR_VEHICLE}


def test_a_limit_that_deliveries_are_free_of_keeps_the_limit_and_the_exemption() -> None:
    rules = rules_of({**ROAD, "maxweight": "7.5", "maxweight:conditional": "none @ delivery"}, forward=True)
    assert rules.max_weight_t == 7.5
    assert rules.timed == (TimedRule(Limit.WEIGHT, None, Condition(destination_only=True)),)


def test_an_unreadable_condition_closes_at_all_times_and_never_opens() -> None:
    unread: Counter[str] = Counter()
    closed = rules_of({**ROAD, "hgv:conditional": "no @ (sunset-sunrise)"}, forward=True, unread=unread)
    assert closed.timed == (TimedRule(Subject.HGV, Access.NO, Condition()),)
    opened = rules_of({**ROAD, "hgv": "no", "hgv:conditional": "yes @ (sunset-sunrise)"}, forward=True)
    assert opened.timed == ()
    assert sum(unread.values()) == 1


def test_weather_and_dates_of_one_year_leave_no_rule() -> None:
    tags = {**ROAD, "access:conditional": "no @ (2016 Apr 25 - 2016 Sep 26)", "hgv:conditional": "no @ snow"}
    assert rules_of(tags, forward=True) == NO_LIMITS


def test_thresholds_on_the_vehicle_stay_figures() -> None:
    (rule,) = rules_of({**ROAD, "hgv:conditional": "no @ (weight>7.5)"}, forward=True).timed
    assert rule.when.thresholds == (Threshold(Measure.WEIGHT_T, above=7.5),)


def test_a_road_is_open_if_anyone_may_drive_it_at_any_time() -> None:
    assert not is_open(rules_of({**ROAD, "access": "private"}, forward=True))
    assert is_open(rules_of({**ROAD, "motor_vehicle": "no", "hgv": "destination"}, forward=True))
    by_night = {**ROAD, "access": "no", "motor_vehicle:conditional": "yes @ (22:00-06:00)"}
    assert is_open(rules_of(by_night, forward=True))


def test_two_sets_of_rules_at_once_take_the_stricter_of_each() -> None:
    low = RoadRules(max_height_m=2.1, hgv=Access.DESTINATION, tunnel_category="B")
    light = RoadRules(max_height_m=3.0, max_weight_t=3.5, motor_vehicle=Access.PRIVATE, toll=True)
    assert combined(low, light) == combined(light, low)
    assert combined(low, light) == RoadRules(
        max_height_m=2.1, max_weight_t=3.5, motor_vehicle=Access.PRIVATE, hgv=Access.DESTINATION,
        toll=True, tunnel_category="B",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "forward", "kmh"),
    [
        ({"highway": "motorway", "maxspeed": "120"}, True, 80),
        ({"highway": "motorway", "maxspeed": "120", "maxspeed:hgv": "60"}, True, 60),
        ({"highway": "primary", "maxspeed:forward": "30"}, True, 30),
        ({"highway": "primary", "maxspeed:forward": "30"}, False, 50),
        ({"highway": "residential", "maxspeed": "walk"}, True, 7),
        ({"highway": "unknown"}, True, 25),
    ],
)
def test_a_trucks_speed_is_its_classs_capped_by_the_signs_of_its_direction(
    tags: dict[str, str], forward: bool, kmh: float
) -> None:
    assert way_speed_kmh(tags, forward) == kmh
