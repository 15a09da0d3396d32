"""What a vehicle may do where a sign stands, at which hour, and what the presets measure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from haoyun.maps.roads.profiles import PRESETS, UnknownProfile, VehicleProfile, Verdict, get_profile
from haoyun.maps.rules import (
    Access,
    Condition,
    Limit,
    Measure,
    RoadRules,
    Subject,
    Threshold,
    TimedRule,
    TimeWindow,
    TurnBan,
    Vehicles,
)

TRUCK, CAR = get_profile("truck-40t"), get_profile("car")
CHINA = timezone(timedelta(hours=8))
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=CHINA)  # a Monday
NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=CHINA)
DAY = TimeWindow(start_minute=7 * 60, end_minute=20 * 60)


def urban_ban(value: Access = Access.NO) -> RoadRules:
    return RoadRules(timed=(TimedRule(Subject.HGV, value, Condition(windows=(DAY,))),))


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        (RoadRules(), Verdict.THROUGH),
        (RoadRules(toll=True), Verdict.THROUGH),
        (RoadRules(max_height_m=4.0), Verdict.THROUGH),
        (RoadRules(max_height_m=3.99), Verdict.FORBIDDEN),
        (RoadRules(max_width_m=2.5), Verdict.FORBIDDEN),
        (RoadRules(max_length_m=16.0), Verdict.FORBIDDEN),
        (RoadRules(max_weight_t=39.9), Verdict.FORBIDDEN),
        (RoadRules(max_axle_load_t=10.0), Verdict.FORBIDDEN),
        (RoadRules(hgv=Access.NO), Verdict.FORBIDDEN),
        (RoadRules(hgv=Access.PRIVATE), Verdict.FORBIDDEN),
        (RoadRules(hgv=Access.DESTINATION), Verdict.ENDS_ONLY),
        (RoadRules(motor_vehicle=Access.NO, hgv=Access.DESIGNATED), Verdict.THROUGH),
        (RoadRules(hazmat=Access.NO), Verdict.THROUGH),
        (RoadRules(tunnel_category="E"), Verdict.THROUGH),
    ],
)
def test_the_strictest_of_limits_and_access_decides(rules: RoadRules, verdict: Verdict) -> None:
    assert TRUCK.judge(rules) is verdict
    assert TRUCK.allows(rules) is (verdict is not Verdict.FORBIDDEN)


def test_signs_for_goods_vehicles_do_not_bind_a_car_and_those_for_all_do() -> None:
    assert CAR.judge(RoadRules(hgv=Access.NO)) is Verdict.THROUGH
    assert CAR.judge(RoadRules(motor_vehicle=Access.NO, hgv=Access.DESIGNATED)) is Verdict.FORBIDDEN


def test_dangerous_goods_are_kept_off_where_they_are_banned_and_out_of_tunnels_by_their_code() -> None:
    loaded = replace(TRUCK, hazmat="3", tunnel_code="D")
    assert loaded.judge(RoadRules(hazmat=Access.NO)) is Verdict.FORBIDDEN
    assert [c for c in "ABCDE" if loaded.allows(RoadRules(tunnel_category=c))] == ["A", "B", "C"]
    assert [c for c in "ABCDE" if replace(loaded, tunnel_code="").allows(RoadRules(tunnel_category=c))] == [
        "A"
    ]
    water = replace(TRUCK, hazmat_water=True)
    assert water.judge(RoadRules(hazmat_water=Access.NO)) is Verdict.FORBIDDEN


def test_an_urban_ban_by_hour_holds_in_its_hours_on_the_clock_of_the_place() -> None:
    assert TRUCK.judge(urban_ban(), MORNING) is Verdict.FORBIDDEN
    assert TRUCK.judge(urban_ban(), NIGHT) is Verdict.THROUGH
    assert TRUCK.judge(urban_ban(Access.DESTINATION), MORNING) is Verdict.ENDS_ONLY
    assert TRUCK.judge(urban_ban(), NIGHT.astimezone(UTC)) is Verdict.FORBIDDEN  # 15:00 on that clock


def test_without_a_time_the_strictest_hour_of_the_week_holds() -> None:
    assert TRUCK.judge(urban_ban()) is Verdict.FORBIDDEN
    opened = RoadRules(hgv=Access.NO, timed=(TimedRule(Subject.HGV, Access.YES, Condition(windows=(DAY,))),))
    assert TRUCK.judge(opened) is Verdict.FORBIDDEN
    assert TRUCK.judge(opened, MORNING) is Verdict.THROUGH


def test_a_condition_on_the_vehicle_binds_those_it_names() -> None:
    heavy = Condition(thresholds=(Threshold(Measure.WEIGHT_T, above=7.5),))
    rules = RoadRules(timed=(TimedRule(Subject.HGV, Access.NO, heavy),))
    assert TRUCK.judge(rules) is Verdict.FORBIDDEN
    assert get_profile("truck-7t5").judge(rules) is Verdict.THROUGH


def test_a_limit_lifted_for_destination_traffic_leaves_the_road_for_the_ends_of_a_trip() -> None:
    lifted = TimedRule(Limit.WEIGHT, None, Condition(destination_only=True))
    assert TRUCK.judge(RoadRules(max_weight_t=7.5, timed=(lifted,))) is Verdict.ENDS_ONLY
    assert TRUCK.judge(RoadRules(max_weight_t=7.5, max_height_m=3.0, timed=(lifted,))) is Verdict.FORBIDDEN


def test_a_later_clause_wins_over_an_earlier_one() -> None:
    always, by_day = Condition(), Condition(windows=(DAY,))
    rules = RoadRules(
        timed=(TimedRule(Subject.HGV, Access.NO, always), TimedRule(Subject.HGV, Access.YES, by_day))
    )
    assert TRUCK.judge(rules, MORNING) is Verdict.THROUGH
    assert TRUCK.judge(rules, NIGHT) is Verdict.FORBIDDEN


@pytest.mark.parametrize(
    ("vehicles", "bound"),
    [
        (Vehicles.ALL, {"truck", "car", "loaded"}),
        (Vehicles.HGV, {"truck", "loaded"}),
        (Vehicles.LIGHT, {"car"}),
        (Vehicles.HAZMAT, {"loaded"}),
    ],
)
def test_a_turn_ban_binds_the_vehicles_it_names(vehicles: Vehicles, bound: set[str]) -> None:
    ban = TurnBan(0, (), 1, vehicles)
    fleet = {"truck": TRUCK, "car": CAR, "loaded": replace(TRUCK, hazmat="3")}
    assert {name for name, vehicle in fleet.items() if vehicle.is_bound(ban)} == bound


def test_a_turn_ban_by_hour_binds_in_its_hours_and_always_without_a_time() -> None:
    ban = TurnBan(0, (), 1, Vehicles.ALL, Condition(windows=(DAY,)))
    assert (TRUCK.is_bound(ban, MORNING), TRUCK.is_bound(ban, NIGHT), TRUCK.is_bound(ban)) == (
        True,
        False,
        True,
    )


def test_presets_keep_to_the_law_they_are_named_after() -> None:
    for name, vehicle in PRESETS.items():
        assert vehicle.name == name and vehicle.says
        assert vehicle.height_m <= 4.0 and vehicle.width_m <= 2.55  # GB 1589-2016 and 96/53/EC alike
    assert (PRESETS["cn-49t"].axles, PRESETS["cn-49t"].gross_weight_t) == (6, 49)
    assert (PRESETS["eu-40t"].length_m, PRESETS["eu-40t-train"].length_m) == (16.5, 18.75)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"height_m": 0}, "height_m is above 0"),
        ({"gross_weight_t": float("nan")}, "gross_weight_t is above 0"),
        ({"axle_load_t": 41}, "an axle cannot carry more"),
        ({"axles": 1}, "at least two axles"),
        ({"tunnel_code": "A"}, "B to E"),
        ({"speed_kmh": {"primary": 0}}, "at most 200"),
    ],
)
def test_a_vehicle_that_cannot_be_is_refused_with_the_rule(wrong: dict[str, object], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        replace(TRUCK, **wrong)  # type: ignore[arg-type]


def test_an_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(UnknownProfile, match="truck-40t, truck-18t"):
        get_profile("bicycle")
    assert isinstance(get_profile("van"), VehicleProfile)
