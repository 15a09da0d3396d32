"""Re-planning a running day: always an answer that the checker passes, locked stops as they are, few moves."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running_days import HOUR_S, TWO_TOURS, on_a_line, planned, random_day, shipment, two_trucks
from small_problems import best_by_brute_force

from haoyun.routing import (
    BadProblem,
    Job,
    Objective,
    Plan,
    Problem,
    ReasonCode,
    Vehicle,
    Window,
    violations,
    worth,
)
from haoyun.routing.dynamic import (
    FREE,
    Breakdown,
    Cancelled,
    Change,
    Delayed,
    MoveKind,
    NewTask,
    NoteCode,
    Replan,
    ServiceLonger,
    Stability,
    VehicleAdded,
    WindowChanged,
    reoptimize,
    say_difference,
)
from haoyun.routing.sisr.flat import Homes
from haoyun.routing.sisr.search import Search
from haoyun.routing.tasks import StopKind

DAY = two_trucks()
PLAN = planned(DAY, TWO_TOURS)
QUICK_S = 0.3


def after(
    now_s: int,
    *changes: Change,
    problem: Problem = DAY,
    plan: Plan | None = None,
    stability: Stability | None = None,
    locked: int = 1,
    seed: int = 0,
) -> Replan:
    plan = planned(problem, TWO_TOURS) if plan is None else plan
    found = reoptimize(
        problem, plan, now_s, changes, time_limit_s=QUICK_S, stability=stability, locked=locked, seed=seed
    )
    assert violations(found.problem, found.plan) == []
    return found


def kinds(found: Replan) -> dict[str, MoveKind]:
    return {f"{move.stop[1]}": move.kind for move in found.difference.moves}


def test_nothing_moves_when_nothing_has_happened() -> None:
    found = after(1000)
    assert found.difference.moves == ()
    assert [[step.id for step in route.stops] for route in found.plan.routes] == [["2u", "1d", "2d"], ["3d"]]


def test_a_new_load_goes_where_it_adds_least() -> None:
    found = after(1000, NewTask(shipment(4, 21, 23)))
    assert kinds(found) == {"4u": MoveKind.NEW, "4d": MoveKind.NEW, "2d": MoveKind.RETIMED}
    assert next(m.to_vehicle for m in found.difference.moves if m.stop[1] == "4u") == "a"


def test_a_new_load_that_nobody_can_serve_is_unassigned_with_its_reason() -> None:
    heavy = shipment(4, 21, 23, kg=99)
    found = after(1000, NewTask(heavy))
    assert [(entry.id, entry.reasons[0].code) for entry in found.plan.unassigned] == [
        (4, ReasonCode.TOO_LARGE)
    ]


def test_a_cancelled_load_makes_room_for_one_that_stayed_behind() -> None:
    problem = two_trucks(
        vehicles=(replace(DAY.vehicles[0], capacity=(2,)),),
        shipments=(*DAY.shipments[:2], shipment(9, 11, 24)),
    )
    plan = planned(problem, (TWO_TOURS[0],))
    assert [entry.id for entry in plan.unassigned] == [9]
    found = after(100, Cancelled("shipment", 2), problem=problem, plan=plan)
    assert kinds(found)["9u"] is MoveKind.NEW
    assert found.plan.unassigned == ()


def test_goods_on_board_of_a_late_vehicle_that_miss_their_window_are_unassigned_with_the_reason() -> None:
    problem = two_trucks(shipments=(shipment(1, 5, 20, due_s=3000), *DAY.shipments[1:]))
    found = after(2000, Delayed("a", 1500), problem=problem)
    entry = found.plan.unassigned[0]
    assert (entry.id, entry.reasons[0].code) == (1, ReasonCode.OUT_OF_REACH)
    assert "on board vehicle a" in entry.reasons[0].text
    assert kinds(found)["1d"] is MoveKind.DROPPED


def test_a_window_that_is_changed_afterwards_brings_them_back() -> None:
    problem = two_trucks(shipments=(shipment(1, 5, 20, due_s=3000), *DAY.shipments[1:]))
    late = after(2000, Delayed("a", 1500), problem=problem)
    found = after(2000, WindowChanged((StopKind.DELIVERY, "1d"), ()), problem=late.problem, plan=late.plan)
    assert found.plan.unassigned == ()


def test_late_at_a_fixed_stop_breaks_no_rule() -> None:
    problem = two_trucks(shipments=(shipment(1, 5, 20, due_s=3000), *DAY.shipments[1:]))
    found = after(1900, Delayed("a", 1500), problem=problem, locked=2)
    assert found.plan.unassigned == ()
    begins = {step.id: step.start_service_s for route in found.plan.routes for step in route.stops}
    assert begins["1d"] > 3000


def test_a_delivery_that_a_fixed_pickup_makes_late_is_conceded_and_noted() -> None:
    problem = two_trucks(shipments=(DAY.shipments[0], shipment(2, 10, 25, due_s=3500), DAY.shipments[2]))
    found = after(1900, Delayed("a", 1200), problem=problem, locked=2)
    assert [(note.code, note.task) for note in found.difference.notes] == [(NoteCode.LATE_DELIVERY, 2)]
    assert found.plan.unassigned == ()


def test_a_shift_that_fixed_stops_outlast_is_extended_and_noted() -> None:
    fleet = (replace(DAY.vehicles[0], window=Window(0, 3950)), DAY.vehicles[1])
    found = after(3400, ServiceLonger((StopKind.DELIVERY, "2d"), 1200), problem=replace(DAY, vehicles=fleet))
    assert found.plan.unassigned == ()
    later = after(3250, ServiceLonger((StopKind.DELIVERY, "2d"), 1200), problem=replace(DAY, vehicles=fleet))
    assert [note.code for note in later.difference.notes] == [NoteCode.SHIFT_EXTENDED]


def test_another_vehicle_takes_over_what_a_broken_one_has_on_board() -> None:
    found = after(1000, Breakdown("a", location=7))
    assert found.plan.unassigned == ()
    route = found.plan.routes[0]
    assert route.vehicle_id == "b"
    assert [step.location for step in route.stops if step.id == "1u@a"] == [7]
    assert kinds(found)["1d"] is MoveKind.FORCED
    assert found.difference.moved == 0


def test_with_no_vehicle_left_everything_is_unassigned() -> None:
    found = after(1000, Breakdown("a"), Breakdown("b"))
    assert found.plan.routes == ()
    assert len(found.plan.unassigned) == 3


def test_a_hired_vehicle_takes_what_the_broken_one_leaves() -> None:
    spare = Vehicle("spare", 8, None, (10,), Window(0, 10 * HOUR_S), cost_per_km=1)
    found = after(1000, Breakdown("a", location=7), VehicleAdded(spare))
    assert {move.to_vehicle for move in found.difference.of(MoveKind.FORCED)} == {"spare"}


def test_what_is_cancelled_on_board_still_takes_room() -> None:
    tight = (replace(DAY.vehicles[0], capacity=(2,)), DAY.vehicles[1])
    found = after(
        1300,
        Cancelled("shipment", 1),
        NewTask(shipment(4, 12, 14, kg=2)),
        problem=replace(DAY, vehicles=tight),
    )
    assert next(m.to_vehicle for m in found.difference.moves if m.stop[1] == "4u") == "b"


def test_serving_more_comes_before_stability_but_moving_for_nothing_does_not() -> None:
    # b passes shipment 2's way later; moving it saves some metres, less than two moves cost.
    found = after(100, stability=Stability(move_cost=10**7), locked=0)
    assert found.difference.moved == 0


def test_what_people_count_on_is_not_left_out_for_more() -> None:
    """A truck with room for one large load or two small ones, and the large one is promised."""
    problem = on_a_line(
        vehicles=(Vehicle("a", 0, None, (2,), Window(100, 3300)),),
        shipments=(shipment(1, 10, 30, due_s=4000, kg=2), shipment(2, 1, 2), shipment(3, 2, 3)),
    )
    plan = planned(problem, ((0, 1),))
    kept = after(0, NewTask(shipment(4, 1, 3)), problem=problem, plan=plan, locked=0)
    assert kinds(kept) == {}
    free = after(0, NewTask(shipment(4, 1, 3)), problem=problem, plan=plan, locked=0, stability=FREE)
    assert kinds(free)["1d"] is MoveKind.DROPPED


@pytest.mark.parametrize("most", [0, 2])
def test_no_more_stops_move_than_allowed(most: int) -> None:
    problem, plan = _badly_planned()
    free = after(0, problem=problem, plan=plan, stability=FREE, locked=0)
    found = after(0, Delayed(0, 1), problem=problem, plan=plan, stability=Stability(0.0, most), locked=0)
    assert found.difference.moved <= most
    assert worth(found.problem, found.plan) <= worth(
        found.problem, planned(found.problem, _same(found.problem))
    )
    assert free.difference.moves == ()  # nothing was touched, so nothing was searched


def test_what_pays_for_its_moves_is_moved() -> None:
    problem, plan = _badly_planned()
    found = after(0, Delayed(0, 1), problem=problem, plan=plan, stability=FREE, locked=0)
    assert found.difference.moved > 2
    assert found.plan.distance_m < plan.distance_m


@pytest.mark.parametrize(("cost", "stay"), [(0.0, False), (1e6, True)])
def test_the_search_itself_weighs_what_a_move_costs(cost: float, stay: bool) -> None:
    problem, _ = _badly_planned()
    homes = Homes((0, 0, 1, 1), (cost,) * 4)
    search = Search(problem, 1, _same(problem), homes)
    search.anneal(300_000, 3000.0, 100.0)
    served = [{n // 2 for n in tour} for tour in search.whole_tours()]
    assert (served == [{0, 1}, {2, 3}]) is stay
    assert stay or served == [{0, 2}, {1, 3}]


def _badly_planned() -> tuple[Problem, Plan]:
    """Two vehicles that each do half of what lies near the other."""
    fleet = (Vehicle(0, 0, 0, (9,), Window(100, 10**6)), Vehicle(1, 30, 30, (9,), Window(100, 10**6)))
    loads = (shipment(0, 1, 3), shipment(1, 29, 27), shipment(2, 2, 4), shipment(3, 28, 26))
    problem = on_a_line(vehicles=fleet, shipments=loads)
    return problem, planned(problem, _same(problem))


def _same(problem: Problem) -> tuple[tuple[int, ...], ...]:
    return ((0, 2, 1, 3), (4, 6, 5, 7))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_whatever_happens_the_answer_keeps_the_rules_and_what_is_locked(seed: int) -> None:
    problem, plan = random_day(seed, setup_s=0)
    draw = random.Random(seed)
    now_s, most = draw.randrange(8000), draw.choice((None, 0, 1, 4))
    changes = _drawn_changes(draw, problem, plan, now_s)
    stability = Stability(max_moved=most)
    try:
        found = reoptimize(problem, plan, now_s, changes, time_limit_s=0.05, locked=2, stability=stability)
    except BadProblem as refused:
        assert "done already" in str(refused)
        return
    assert violations(found.problem, found.plan) == []
    served = {r.vehicle_id: [(s.kind.value, s.id) for s in r.stops] for r in found.plan.routes}
    for vehicle in found.problem.vehicles:
        fixed = [(kind.value, name) for kind, name in vehicle.underway.fixed] if vehicle.underway else []
        assert served.get(vehicle.id, [])[: len(fixed)] == fixed
    assert most is None or found.difference.moved <= most
    for language in ("en", "zh"):
        assert all("{" not in text for text in say_difference(found.difference, language))


def _drawn_changes(draw: random.Random, problem: Problem, plan: Plan, now_s: int) -> list[Change]:
    some = draw.choice(problem.vehicles).id
    options: list[Change] = [
        NewTask(shipment(77, draw.randrange(31), draw.randrange(31), draw.choice((None, now_s + 3000)))),
        Cancelled("shipment", draw.choice(problem.shipments).id),
        Delayed(some, draw.randrange(1, 9000)),
        Breakdown(some, location=draw.randrange(31)),
    ]
    return draw.sample(options[:3], draw.randrange(1, 3)) if draw.random() < 0.6 else [options[3]]


@pytest.mark.parametrize("seed", range(6))
def test_small_days_are_replanned_as_well_as_by_trying_everything(seed: int) -> None:
    """Free to move everything but what is locked, the quick search finds the best plan."""
    draw = random.Random(seed)
    fleet = tuple(Vehicle(n, draw.randrange(31), draw.choice((None, 3)), (9,)) for n in range(2))
    loads = tuple(
        shipment(n, draw.randrange(31), draw.randrange(31), draw.choice((None, 9000))) for n in range(2)
    )
    problem = on_a_line(vehicles=fleet, shipments=loads, objective=Objective.DISTANCE)
    plan = planned(problem, ((0, 1), ()) if draw.random() < 0.5 else ((), ()))
    new = Job(7, draw.randrange(31), 60)
    found = after(700, NewTask(new), problem=problem, plan=plan, stability=FREE, locked=0)
    assert worth(found.problem, found.plan) == best_by_brute_force(found.problem)


def test_the_only_vehicle_breaks_down_with_goods_on_board_and_everything_waits_with_a_reason() -> None:
    lone = Vehicle(0, 0, 0, (9,))
    loaded = Job(1, 9, 60, delivery=(2,))
    problem = on_a_line(vehicles=(lone,), jobs=(loaded,), shipments=(shipment(1, 3, 12, None),))
    plan = planned(problem, ((1, 0, 2),))
    found = after(500, Breakdown(0), problem=problem, plan=plan)
    assert not found.plan.routes
    assert all(entry.reasons for entry in found.plan.unassigned)
    assert found.plan.unassigned


def test_the_same_seed_gives_the_same_plan() -> None:
    problem, plan = _badly_planned()
    one, other = (
        after(0, Delayed(0, 1), problem=problem, plan=plan, stability=FREE, locked=0, seed=3)
        for _ in range(2)
    )
    assert one.plan.routes == other.plan.routes


def test_a_limit_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadProblem, match="must be positive"):
        reoptimize(DAY, PLAN, 0, time_limit_s=0)
    with pytest.raises(BadProblem, match="at least 0 stops may move"):
        Stability(max_moved=-1)
