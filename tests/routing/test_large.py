"""Large problems in parts: every round divides everything, nothing gets worse, and a killed process costs one part."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from haoyun.routing import (
    BadProblem,
    Job,
    Objective,
    Plan,
    Problem,
    Shipment,
    Underway,
    Vehicle,
    Visit,
    Window,
    solve,
    tours_of,
    violations,
    worth,
)
from haoyun.routing.build import plan_of
from haoyun.routing.extract import extract
from haoyun.routing.formats import estimate
from haoyun.routing.formats.estimate import GreatCircles, estimated_matrices
from haoyun.routing.large import rounds
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.large.course import finished, solve_large
from haoyun.routing.large.engine import Processes
from haoyun.routing.large.groups import Grouping
from haoyun.routing.large.item import Outcome, Part
from haoyun.routing.large.rounds import Scheme, after, begin, items, take
from haoyun.routing.large.split import split
from haoyun.routing.recipes import is_large
from haoyun.routing.sisr.search import Search

SCHEME = Scheme(seed=3, first_tasks=20, group_tasks=15, first_s_per_task=0.02, group_s_per_task=0.02)


def country(loads: int, trucks: int, seed: int = 0) -> Problem:
    """Loads and trucks in a rectangle of 900 by 900 km; every load and truck with a place of its own."""
    draw = random.Random(seed)
    points = [(draw.uniform(100, 110), draw.uniform(28, 36)) for _ in range(2 * loads + trucks)]
    travel = estimated_matrices(points)
    shipments = []
    for n in range(loads):
        ready = draw.randrange(0, 20) * 3600
        up = Visit(f"up {n}", 2 * n, 600, (Window(ready, ready + 12 * 3600),))
        shipments.append(Shipment(n, up, Visit(f"down {n}", 2 * n + 1, 600), (draw.randrange(1, 5),)))
    fleet = tuple(Vehicle(n, 2 * loads + n, None, (10,), Window(0, 72 * 3600)) for n in range(trucks))
    return Problem(
        fleet, travel.durations_s, travel.distances_m, shipments=tuple(shipments), capacity_names=("t",)
    )


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas(country(80, 16))


@pytest.fixture(scope="module")
def planned(atlas: Atlas) -> Plan:
    """A plan of the search that does not split, by its work alone."""
    return _searched(atlas.problem)


def _searched(problem: Problem) -> Plan:
    search = Search(problem, 1)
    search.anneal(300_000, search.average_leg, search.average_leg / 10)
    plan = plan_of(problem, search.whole_tours(), "search")
    assert plan is not None
    return plan


def test_a_table_worked_out_on_demand_is_the_matrix() -> None:
    points = np.array([(104.0, 30.6), (121.5, 31.2), (116.4, 39.9), (113.3, 23.1)])
    for in_seconds in (True, False):
        table = GreatCircles(points, in_seconds=in_seconds)
        whole = np.asarray(table)
        assert len(table) == 4 and table.shape == whole.shape and table.max() == whole.max()
        assert table[1, 2] == whole[1, 2] and isinstance(table[1, 2], int)
        grid = np.ix_([3, 0], [1, 2, 3])
        assert (table[grid] == whole[grid]).all()


def test_many_places_get_no_matrix_and_the_same_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(104.0, 30.6), (121.5, 31.2), (116.4, 39.9)]
    few = estimated_matrices(places)
    monkeypatch.setattr(estimate, "_MOST_IN_ARRAYS", 2)
    many = estimated_matrices(places)
    assert isinstance(few.durations_s, np.ndarray) and isinstance(many.durations_s, GreatCircles)
    assert (np.asarray(many.durations_s) == few.durations_s).all()
    assert (np.asarray(many.distances_m) == few.distances_m).all()


def test_a_part_of_a_problem_without_a_matrix_has_one() -> None:
    problem = country(6, 2)
    points = np.array([(n % 7, n % 5) for n in range(len(problem.durations_s))], dtype=np.float64)
    lazy = replace(
        problem,
        durations_s=GreatCircles(points, in_seconds=True),
        distances_m=GreatCircles(points, in_seconds=False),
    )
    part = extract(lazy, lazy.vehicles[:1], lazy.shipments[:2])
    assert isinstance(part.durations_s, np.ndarray) and part.durations_s.shape == (5, 5)
    assert part.durations_s[0, 1] == lazy.durations_s[0, 1]


def test_landmarks_keep_what_is_near_apart_from_what_is_far(atlas: Atlas) -> None:
    durations = np.asarray(atlas.problem.durations_s)
    between = np.linalg.norm(atlas.places[:, None] - atlas.places[None, :], axis=2)
    above = np.triu_indices(len(durations), 1)
    assert np.corrcoef(between[above], durations[above])[0, 1] > 0.9


@pytest.mark.parametrize("size", [1, 7, 20, 1000])
def test_a_split_has_every_vehicle_and_task_in_exactly_one_part(atlas: Atlas, size: int) -> None:
    parts = split(atlas, size, seed=1)
    vehicles = np.concatenate([v for v, _ in parts])
    tasks = np.concatenate([t for _, t in parts])
    assert sorted(vehicles) == list(range(16)) and sorted(tasks) == list(range(80))
    assert all(len(v) for v, _ in parts)
    if size >= 5:  # as many parts as needed have vehicles for them
        assert max(len(t) for _, t in parts) <= size


@pytest.mark.parametrize("size", [5, 15, 200])
def test_a_grouping_has_every_vehicle_and_task_in_exactly_one_group(
    atlas: Atlas, planned: Plan, size: int
) -> None:
    tours = tours_of(atlas.problem, planned)
    tours = (tours[0], *((),) * 3, *tours[4:])  # three idle vehicles, and loads that are left
    groups = Grouping(atlas, tours, (1, 2)).groups(size)
    assert sorted(v for group in groups for v in group.vehicles) == list(range(16))
    assert sorted(t for group in groups for t in group.tasks) == list(range(80))


def test_another_round_divides_the_plan_another_way(atlas: Atlas, planned: Plan) -> None:
    state = begin(atlas, tours_of(atlas.problem, planned))
    scheme = replace(SCHEME, group_tasks=6)
    first, second = items(atlas, scheme, state), items(atlas, scheme, replace(state, round=2))
    assert {item.vehicles for item in first} != {item.vehicles for item in second}
    assert {item.seed for item in first}.isdisjoint({item.seed for item in second})


def test_what_comes_next_follows_from_problem_scheme_and_state_alone(planned: Plan) -> None:
    problem = country(80, 16)
    for start in (None, tours_of(problem, planned)):
        one, other = Atlas(problem), Atlas(country(80, 16))
        assert items(one, SCHEME, begin(one, start)) == items(other, SCHEME, begin(other, start))


def test_an_item_never_makes_its_part_worse(atlas: Atlas, planned: Plan) -> None:
    state = begin(atlas, tours_of(atlas.problem, planned))
    for item in items(atlas, SCHEME, state):
        part = Part.of(atlas, item)
        nothing: tuple[tuple[int, ...], ...] = ((),) * len(item.vehicles)
        late = tuple(tuple(reversed(tour)) for tour in part.start)  # deliveries before pickups
        for tours in (None, part.start, nothing, late):
            assert part.outcome(tours) == Outcome(item.number)


def test_a_better_outcome_is_taken_with_what_it_changes(atlas: Atlas) -> None:
    state = begin(atlas)
    item = items(atlas, SCHEME, state)[0]
    part = Part.of(atlas, item)
    found = _searched(part.problem)
    taken = take(state, item, part.outcome(tours_of(part.problem, found)))
    plan = plan_of(atlas.problem, taken.tours)
    assert plan and violations(atlas.problem, plan) == []
    assert taken.figures.unassigned == len(plan.unassigned) == 80 - len(item.tasks) + len(found.unassigned)
    assert taken.figures.cost == pytest.approx(plan.cost) and taken.figures.vehicles == plan.vehicles


def test_items_that_never_come_back_leave_their_part_as_it_was(atlas: Atlas, planned: Plan) -> None:
    state = begin(atlas, tours_of(atlas.problem, planned))
    following = after(state, items(atlas, SCHEME, state), [])
    assert (following.tours, following.round) == (state.tours, state.round + 1)
    assert worth(atlas.problem, finished(atlas, following)) == worth(atlas.problem, planned)


def test_what_a_vehicle_under_way_has_on_board_stays_with_it() -> None:
    problem = country(30, 6)
    way = Underway(location=60, time_s=3600, on_board=(4,), load=(0,), fixed=(("delivery", "down 4"),))
    vehicles = (replace(problem.vehicles[0], underway=way), *problem.vehicles[1:])
    atlas = Atlas(replace(problem, vehicles=vehicles))
    assert atlas.bound == {4: 0}
    state = begin(atlas)
    for number in (0, 1):
        work = items(atlas, SCHEME, replace(state, round=number))
        (home,) = [item for item in work if 0 in item.vehicles]
        assert 4 in home.tasks


def _rounds(problem: Problem, count: int) -> Plan:
    """So many rounds without a limit of time."""
    atlas = Atlas(problem)
    state = begin(atlas)
    with Processes(2) as engine:
        for _ in range(count):
            work = items(atlas, SCHEME, state)
            deadline = time.monotonic() + 120
            found = list(engine.outcomes(atlas, work, deadline=deadline, cancelled=lambda: False))
            state = after(state, work, [outcome for _, outcome in found])
    plan = finished(atlas, state)
    assert (plan.cost, len(plan.unassigned)) == (pytest.approx(state.figures.cost), state.figures.unassigned)
    return plan


def test_rounds_serve_what_fits_and_later_ones_find_what_the_split_left() -> None:
    problem = country(60, 20)
    split_alone, improved = _rounds(problem, 1), _rounds(problem, 3)
    assert violations(problem, improved) == [] and not improved.unassigned
    assert worth(problem, improved) < worth(problem, split_alone)


def test_tours_to_begin_with_are_never_made_worse(atlas: Atlas, planned: Plan) -> None:
    start = tours_of(atlas.problem, planned)
    plan = solve_large(atlas.problem, time_limit_s=1.5, processes=1, start=start, scheme=SCHEME)
    assert worth(atlas.problem, plan) <= worth(atlas.problem, planned)


def test_a_killed_search_process_costs_one_part_and_never_the_plan(atlas: Atlas) -> None:
    killed = threading.Event()

    def kill_one() -> None:
        while not killed.is_set():
            for child in psutil.Process().children():
                if "haoyun.routing.worker" in " ".join(child.cmdline()):
                    child.send_signal(signal.SIGKILL)
                    killed.set()
                    return
            time.sleep(0.01)

    state = begin(atlas)
    work = items(atlas, SCHEME, state)
    threading.Thread(target=kill_one, daemon=True).start()
    with Processes(1) as engine:
        deadline = time.monotonic() + 60
        found = list(engine.outcomes(atlas, work, deadline=deadline, cancelled=lambda: False))
    assert killed.is_set()
    assert [item.number for item, _ in found] == [item.number for item in work]
    assert all(outcome.tours is not None for _, outcome in found)


def test_a_part_whose_process_always_dies_stays_as_it_was(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _command, **pipes: dead(["false"], **pipes))
    work = items(atlas, SCHEME, begin(atlas))[:2]
    with Processes(1) as engine:
        deadline = time.monotonic() + 30
        found = list(engine.outcomes(atlas, work, deadline=deadline, cancelled=lambda: False))
    assert [outcome for _, outcome in found] == [Outcome(0), Outcome(1)]


def test_a_cancelled_plan_is_the_best_so_far_at_once(atlas: Atlas) -> None:
    begun = time.monotonic()
    plan = solve_large(atlas.problem, time_limit_s=120, cancelled=lambda: True, scheme=SCHEME)
    assert time.monotonic() - begun < 60 and len(plan.unassigned) == 80


def test_solve_takes_a_large_problem_apart_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = country(40, 8)
    assert not is_large(problem)
    monkeypatch.setattr("haoyun.routing.recipes._MANY_TASKS", 40)
    monkeypatch.setattr(rounds, "FIRST_TASKS", 20)
    assert is_large(problem)
    plan = solve(problem, time_limit_s=2)
    assert plan.method == "ruin and recreate, in parts" and violations(problem, plan) == []
    assert all(entry.reasons for entry in plan.unassigned)


def test_jobs_and_a_depot_are_divided_too() -> None:
    travel = estimated_matrices([(104 + n % 7 / 10, 30 + n // 7 / 10) for n in range(41)])
    jobs = tuple(Job(n, n, delivery=(1,)) for n in range(1, 41))
    fleet = tuple(Vehicle(n, 0, 0, (6,)) for n in range(12))
    problem = Problem(
        fleet,
        travel.durations_s,
        travel.distances_m,
        jobs=jobs,
        capacity_names=("t",),
        objective=Objective.VEHICLES,
    )
    plan = _rounds(problem, 2)
    assert violations(problem, plan) == [] and not plan.unassigned


@pytest.mark.parametrize("changes", [{"first_tasks": 0}, {"group_tasks": 0}, {"first_s_per_task": 0.0}])
def test_pieces_need_tasks_and_time(changes: dict[str, int]) -> None:
    with pytest.raises(BadProblem, match="need"):
        replace(SCHEME, **changes)
