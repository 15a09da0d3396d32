"""The past cut off a plan: what is done, on board and open, where vehicles go on, what stays fixed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running_days import HOUR_S, TWO_TOURS, on_a_line, planned, random_day, shipment, two_trucks
from small_problems import SHORT_DAYS, SHORT_SPANS

from haoyun.routing import BadProblem, DriverState, HoursRule, Job, Problem, Vehicle, Visit, Window
from haoyun.routing.audit_hours import Driver, spells
from haoyun.routing.build import plan_of
from haoyun.routing.check import violations
from haoyun.routing.dynamic import (
    Breakdown,
    Cancelled,
    Change,
    Cut,
    Delayed,
    NewTask,
    NoteCode,
    Seen,
    ServiceLonger,
    VehicleAdded,
    WindowChanged,
    cut_off,
)
from haoyun.routing.hours import CHINA
from haoyun.routing.tasks import StopKind
from haoyun.routing.vehicle import Reload

# Truck a: picks up 1 at 300 s..900 s, 2 at 1200..1800, delivers 1 at 2400..3000, 2 at 3300..3900.
DAY = two_trucks()
PLAN = planned(DAY, TWO_TOURS)
SPLIT = replace(SHORT_DAYS, name="split breaks", split_s=(100, 200))


def after(now_s: int, *changes: Change, problem: Problem = DAY, locked: int = 1) -> Cut:
    return cut_off(problem, planned(problem, TWO_TOURS), now_s, changes, locked=locked)


def truck(cut: Cut, name: object) -> Vehicle:
    return next(v for v in cut.problem.vehicles if v.id == name)


def test_a_vehicle_between_two_stops_goes_on_to_the_next_one() -> None:
    way = truck(after(1000), "a").underway
    assert way is not None
    assert (way.location, way.time_s) == (10, 1200)
    assert way.fixed == (("pickup", "2u"),)
    assert way.on_board == (1,)


def test_service_that_has_begun_is_done_when_it_ends() -> None:
    way = truck(after(1300, locked=0), "a").underway
    assert way is not None
    assert (way.location, way.time_s) == (10, 1800)
    assert way.fixed == ()
    assert way.on_board == (1, 2)


def test_what_is_delivered_is_no_part_of_the_new_problem() -> None:
    cut = after(3100)
    assert ("shipment", 1) in cut.done
    assert [s.id for s in cut.problem.shipments] == [2]


def test_locked_stops_are_fixed_in_their_order() -> None:
    way = truck(after(1300, locked=2), "a").underway
    assert way is not None
    assert way.fixed == (("delivery", "1d"), ("delivery", "2d"))


def test_what_was_fixed_before_stays_fixed_when_less_is_locked() -> None:
    first = after(1000, locked=3)
    plan = plan_of(first.problem, first.tours)
    assert plan is not None
    way = cut_off(first.problem, plan, 1300, locked=0).problem.vehicles[0].underway
    assert way is not None
    assert way.fixed == (("delivery", "1d"), ("delivery", "2d"))


def test_a_vehicle_that_has_not_left_may_leave_from_now_on() -> None:
    late = two_trucks(
        shipments=(
            shipment(1, 5, 20),
            shipment(2, 10, 25),
            replace(shipment(3, 28, 12), pickup=Visit("3u", 28, 600, (Window(7200, 9000),))),
        )
    )
    b = truck(after(1000, problem=late), "b")
    assert b.underway is None
    assert b.window == Window(1000, 10 * HOUR_S)


def test_a_fixed_cost_that_is_paid_counts_no_more() -> None:
    fleet = tuple(replace(v, fixed_cost=500, max_stops=6, max_distance_m=90_000) for v in DAY.vehicles)
    a = truck(after(1000, problem=replace(DAY, vehicles=fleet)), "a")
    assert (a.fixed_cost, a.max_stops, a.max_distance_m) == (0, 5, 80_000)


def test_a_longest_duration_becomes_an_end_of_the_shift() -> None:
    fleet = tuple(replace(v, max_duration_s=5000) for v in DAY.vehicles)
    a = truck(after(1000, problem=replace(DAY, vehicles=fleet)), "a")
    assert a.window == Window(0, 5000)
    assert a.max_duration_s is None


def test_a_delay_moves_the_arrival_at_the_next_stop() -> None:
    way = truck(after(1000, Delayed("a", 700)), "a").underway
    assert way is not None
    assert (way.location, way.time_s) == (5, 1600)  # still at its first stop, which it reached late
    assert way.on_board == (1,)


def test_longer_service_holds_the_vehicle_where_it_stands() -> None:
    way = truck(after(1300, ServiceLonger((StopKind.PICKUP, "2u"), 900)), "a").underway
    assert way is not None
    assert way.time_s == 2700


def test_a_position_counts_from_where_the_vehicle_was_seen() -> None:
    way = truck(after(1000, Seen("a", 950, 7)), "a").underway
    assert way is not None
    assert (way.location, way.time_s, way.fixed) == (7, 950, (("pickup", "2u"),))


def test_a_position_may_say_that_stops_are_not_done_yet() -> None:
    cut = after(1000, Seen("a", 1000, 3, next_stop=(StopKind.PICKUP, "1u")))
    way = truck(cut, "a").underway
    assert way is not None
    assert way.on_board == ()
    assert way.fixed == (("pickup", "1u"),)


def test_goods_of_a_cancelled_shipment_ride_along() -> None:
    cut = after(1000, Cancelled("shipment", 1))
    way = truck(cut, "a").underway
    assert way is not None
    assert (way.on_board, way.load) == ((), (1,))
    assert [note.code for note in cut.notes] == [NoteCode.RIDES_ALONG]
    assert ("shipment", 1) in cut.cancelled


def test_goods_of_a_cancelled_shipment_may_be_brought_elsewhere() -> None:
    cut = after(1000, Cancelled("shipment", 1, bring_to=0))
    back = next(s for s in cut.problem.shipments if s.id == 1)
    assert (back.delivery.location, back.delivery.windows) == (0, ())
    assert truck(cut, "a").underway.on_board == (1,)  # type: ignore[union-attr]
    assert 1 in {stop.task.id for n, stop in enumerate(cut.problem.stops) if n not in cut.tours[0]}


def test_a_vehicle_whose_next_stop_is_cancelled_goes_there_all_the_same() -> None:
    way = truck(after(1000, Cancelled("shipment", 2), locked=0), "a").underway
    assert way is not None
    assert (way.location, way.fixed) == (10, ())


def test_goods_on_board_of_a_broken_vehicle_wait_where_it_stands() -> None:
    cut = after(1000, Breakdown("a", location=7, transfer_s=60))
    waiting = next(s for s in cut.problem.shipments if s.id == 1)
    assert waiting.pickup.location == 7
    assert waiting.pickup.windows[0].start_s == 1000
    assert [v.id for v in cut.problem.vehicles] == ["b"]
    assert {("shipment", 1), ("shipment", 2)} <= cut.anew
    untouched = next(s for s in cut.problem.shipments if s.id == 2)
    assert untouched.pickup == DAY.shipments[1].pickup


def test_a_broken_vehicle_stands_at_the_stop_that_it_last_left() -> None:
    cut = after(1000, Breakdown("a"))
    assert next(s for s in cut.problem.shipments if s.id == 1).pickup.location == 5


def test_a_jobs_goods_on_a_broken_vehicle_become_a_shipment() -> None:
    problem = on_a_line(
        vehicles=(Vehicle("a", 0, 0, (9,)), Vehicle("b", 30, 30, (9,))),
        jobs=(Job(1, 5, 600, delivery=(2,), pickup=(1,)), Job(2, 9, 600, delivery=(3,))),
    )
    cut = cut_off(problem, planned(problem, ((0, 1), ())), 100, [Breakdown("a", location=2)])
    assert {s.id: s.amount for s in cut.problem.shipments} == {"job 1@a": (2,), "job 2@a": (3,)}
    assert [(job.id, job.delivery, job.pickup) for job in cut.problem.jobs] == [(1, (), (1,))]


def test_without_any_vehicle_left_there_still_is_a_problem() -> None:
    cut = after(1000, Breakdown("a"), Breakdown("b"))
    assert [v.max_stops for v in cut.problem.vehicles] == [0]


def test_a_stop_that_is_driven_to_keeps_its_setup() -> None:
    problem = two_trucks(
        shipments=(
            shipment(1, 5, 20),
            replace(shipment(2, 10, 25), pickup=Visit("2u", 10, 600, setup_s=120)),
            shipment(3, 28, 12),
        )
    )
    cut = after(1000, problem=problem)
    plan = plan_of(cut.problem, cut.tours)
    assert plan is not None
    assert plan.routes[0].stops[0].departure_s == 1200 + 720


def test_a_vehicle_past_a_reload_has_the_next_trips_goods_on_board() -> None:
    depot = Reload("depot", 0, 300)
    problem = on_a_line(
        vehicles=(Vehicle("a", 0, 0, (9,), reloads=(depot,), max_trips=3),),
        jobs=(Job(1, 1, 60, delivery=(2,), pickup=(4,)), Job(2, 20, 60, delivery=(3,))),
    )
    plan = planned(problem, ((0, -1, 1),))
    before, later = (cut_off(problem, plan, now_s).problem.vehicles[0] for now_s in (90, 600))
    assert before.underway is not None and later.underway is not None
    assert (before.underway.loaded, before.underway.load) == ((), (4,))
    assert (later.underway.loaded, later.underway.load, later.max_trips) == ((2,), (0,), 2)


def test_a_drivers_hours_so_far_are_behind_them() -> None:
    fleet = tuple(replace(v, hours=CHINA) for v in DAY.vehicles)
    a = truck(after(1000, problem=replace(DAY, vehicles=fleet)), "a")
    assert a.driver == DriverState(driven_s=600, driven_today_s=600, day_began_s=0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Cancelled("shipment", 9), "no shipment 9"),
        (Cancelled("job", 1), "no job 1"),
        (Delayed("c", 60), "no vehicle c"),
        (Breakdown("c"), "no vehicle c"),
        (Breakdown("a", time_s=1001), "later than now"),
        (Seen("a", 1001, 4), "later than now"),
        (Seen("a", 900, 4, (StopKind.DELIVERY, "3d")), "does not go to delivery 3d"),
        (NewTask(shipment(3, 1, 2)), "is a shipment 3 already"),
        (ServiceLonger((StopKind.JOB, 4), 60), "no vehicle goes to job 4"),
        (WindowChanged((StopKind.PICKUP, "1u"), ()), "is done already"),
        (WindowChanged((StopKind.PICKUP, "9u"), ()), "there is no pickup 9u"),
        (VehicleAdded(Vehicle("a", 0, 0, (1,))), "is a vehicle a already"),
    ],
)
def test_a_change_that_contradicts_the_plan_is_refused(change: Change, says: str) -> None:
    with pytest.raises(BadProblem, match=says):
        after(1000, change)


def test_what_is_done_cannot_be_cancelled() -> None:
    with pytest.raises(BadProblem, match="done already"):
        after(3100, Cancelled("shipment", 1))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: Delayed("a", 0), "a delay lasts"),
        (lambda: ServiceLonger((StopKind.JOB, 1), -5), "service takes"),
        (lambda: Seen("a", 0, -1), "negative location"),
        (lambda: Breakdown("a", transfer_s=-1), "a transfer takes"),
        (lambda: Cancelled("pickup", 1), "not a pickup"),  # type: ignore[arg-type]
        (lambda: Cancelled("job", 1, bring_to=3), "only a shipment's goods"),
        (lambda: WindowChanged((StopKind.JOB, 1), (Window(5, 9), Window(7, 8))), "must follow one another"),
    ],
)
def test_a_change_that_cannot_be_is_refused_on_construction(change: object, says: str) -> None:
    with pytest.raises(BadProblem, match=says):
        change()  # type: ignore[operator]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), now_s=st.integers(0, 9000), locked=st.integers(0, 3))
def test_every_task_is_exactly_once_done_on_board_or_open(seed: int, now_s: int, locked: int) -> None:
    problem, plan = random_day(seed)
    cut = cut_off(problem, plan, now_s, locked=locked)
    everything = [("job", j.id) for j in problem.jobs] + [("shipment", s.id) for s in problem.shipments]
    still = [("job", j.id) for j in cut.problem.jobs] + [("shipment", s.id) for s in cut.problem.shipments]
    assert sorted([*cut.done, *still]) == sorted(everything)
    ways = [v.underway for v in cut.problem.vehicles if v.underway]
    served = {
        (s.kind.value, s.id): r.vehicle_id for r in plan.routes for s in r.stops if s.start_service_s <= now_s
    }
    for one in cut.problem.shipments:
        picked_up = ("pickup", one.pickup.id) in served
        assert sum(one.id in way.on_board for way in ways) == picked_up
    for job in cut.problem.jobs:
        assert ("job", job.id) not in served


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), now_s=st.integers(0, 9000), locked=st.integers(0, 3))
def test_what_is_left_of_a_plan_goes_on_as_it_was_planned(seed: int, now_s: int, locked: int) -> None:
    """Nothing has happened but time: the rest keeps every rule, its order, its times and its loads."""
    problem, plan = random_day(seed)
    cut = cut_off(problem, plan, now_s, locked=locked)
    rest = plan_of(cut.problem, cut.tours)
    assert rest is not None
    assert violations(cut.problem, rest) == []
    before = {(s.kind, s.id): s for route in plan.routes for s in route.stops if s.start_service_s > now_s}
    later = {(s.kind, s.id): s for route in rest.routes for s in route.stops}
    assert later.keys() == before.keys()
    for key, step in later.items():
        assert (step.departure_s, step.load) == (before[key].departure_s, before[key].load)


@pytest.mark.parametrize("rule", [SHORT_DAYS, SHORT_SPANS, SPLIT], ids=lambda rule: rule.name)
@pytest.mark.parametrize("seed", range(12))
def test_a_driver_goes_on_with_what_the_auditor_counts(seed: int, rule: HoursRule) -> None:
    """Cut while service is going on, the driver has driven since the last break, and today, what the auditor says."""
    problem, _ = random_day(seed, setup_s=0)
    stops = range(len(problem.stops))
    one = replace(problem.vehicles[0], hours=rule)
    problem = replace(problem, vehicles=(one,))
    plan = plan_of(problem, (tuple(stops),))
    assert plan is not None
    route = plan.routes[0]
    for number, step in enumerate(route.steps[1:-1], start=1):
        lived = Driver(rule, one.driver, route.steps[0].departure_s)
        for spell in spells(route):
            if spell.step <= number:
                lived.live(spell)
        if step.departure_s == step.start_service_s:
            continue  # no service: the pause before it is not over
        cut = cut_off(problem, plan, step.start_service_s, locked=0)
        after_it = cut.problem.vehicles[0].driver
        assert (after_it.driven_s, after_it.driven_today_s) == (lived.driven_s, lived.driven_today_s)
        assert (after_it.day_began_s, after_it.first_part_taken) == (lived.day_began_s, lived.first_part)
        rest = plan_of(cut.problem, cut.tours)
        assert rest is not None
        assert violations(cut.problem, rest) == []
