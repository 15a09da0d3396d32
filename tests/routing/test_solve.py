"""Solving as callers see it: within the time, beside other work, with reasons, and never an unchecked plan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from haoyun.routing import (
    BadProblem,
    Job,
    Objective,
    Problem,
    Progress,
    ReasonCode,
    Shipment,
    SolverFailed,
    Vehicle,
    Visit,
    Window,
    read_problem,
    solve,
    violations,
)
from haoyun.routing.portfolio import Crew
from haoyun.routing.recipes import Engine
from haoyun.routing.solve import tours_of, worth


@pytest.fixture
def r101(shared_data: Path) -> Problem:
    return read_problem(shared_data / "routing" / "solomon" / "R101.txt").problem


@pytest.fixture(autouse=True)
def no_process_is_left_behind() -> Iterator[None]:
    before = set(psutil.Process().children())
    yield
    assert not set(psutil.Process().children()) - before


def test_a_small_freight_problem_is_served_completely(freight: Problem) -> None:
    plan = solve(freight, time_limit_s=1)
    assert plan.unassigned == ()
    assert violations(replace(freight, objective=plan.objective), plan) == []


def test_what_nobody_can_serve_is_unassigned_with_its_reasons(line: Callable[..., Problem]) -> None:
    problem = line(
        vehicles=(
            Vehicle(1, 0, 0, (5,), Window(0, 3600), frozenset({"cold"})),
            Vehicle(2, 0, 0, (9,), Window(0, 3600)),
        ),
        jobs=(
            Job("frozen", 1, skills=frozenset({"frozen"})),
            Job("heavy", 1, delivery=(10,)),
            Job("late", 1, windows=(Window(3590, 4000),)),
            Job("both", 1, delivery=(9,), skills=frozenset({"cold"})),
            Job("fine", 1, 600, delivery=(9,), priority=1),
        ),
        shipments=(Shipment("full", Visit("f", 1, 3000), Visit("f", 1, 400), amount=(9,)),),
        capacity_names=("kg",),
    )
    plan = solve(problem, time_limit_s=1)
    assert {task.id: task.reasons[0].code for task in plan.unassigned} == {
        "frozen": ReasonCode.NO_SKILL,
        "heavy": ReasonCode.TOO_LARGE,
        "late": ReasonCode.OUT_OF_REACH,
        "both": ReasonCode.NO_SINGLE_VEHICLE,
        "full": ReasonCode.NOT_ENOUGH_ROOM,
    }
    texts = {task.id: task.reasons[0].text for task in plan.unassigned}
    assert texts["frozen"] == "needs frozen, which no vehicle has"
    assert texts["heavy"] == "needs 10 of kg; the largest vehicle carries 9"


def test_the_caller_keeps_working_while_the_search_runs(r101: Problem) -> None:
    ticks: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.05):
            ticks.append(time.monotonic())

    heart = threading.Thread(target=tick)
    heart.start()
    solve(r101, time_limit_s=2)
    done.set()
    heart.join()
    # The engine would hold Python's lock for two seconds if it ran in this process.
    assert max(b - a for a, b in pairwise(ticks)) < 1


def test_progress_only_ever_improves_and_ends_with_the_plan(r101: Problem) -> None:
    heard: list[Progress] = []
    plan = solve(r101, time_limit_s=2, threads=2, progress=heard.append)
    assert heard[-1].cost == plan.cost
    assert [(p.unassigned, p.cost) for p in heard] == sorted(
        ((p.unassigned, p.cost) for p in heard), reverse=True
    )


@pytest.mark.parametrize("seconds", [3])
def test_the_time_limit_is_kept(r101: Problem, seconds: float) -> None:
    begun = time.monotonic()
    plan = solve(r101, time_limit_s=seconds)
    took = time.monotonic() - begun
    assert plan.seconds <= took < seconds * 1.03 + 2, (
        "a busy machine may add a little to the end of a process"
    )


def test_a_cancelled_search_answers_at_once_with_the_best_so_far(r101: Problem) -> None:
    heard: list[float] = []
    plan = solve(
        r101,
        time_limit_s=60,
        progress=lambda _: heard.append(time.monotonic()),
        cancelled=lambda: bool(heard),
    )
    assert time.monotonic() - heard[0] < 10, "long before the limit, on a busy machine too"
    assert plan.routes


def test_a_search_that_is_cancelled_before_it_found_anything_says_so(freight: Problem) -> None:
    plan = solve(freight, time_limit_s=60, cancelled=lambda: True)
    assert {task.reasons[0].code for task in plan.unassigned} == {ReasonCode.NOT_ENOUGH_TIME}


def test_searches_that_die_are_a_failure_not_an_empty_plan(r101: Problem) -> None:
    def kill_children() -> bool:
        for child in psutil.Process().children():
            os.kill(child.pid, signal.SIGKILL)
        return False

    with pytest.raises(SolverFailed, match="no search process could work"):
        solve(r101, time_limit_s=60, cancelled=kill_children)


def test_one_dead_search_of_two_does_not_hurt(r101: Problem) -> None:
    killed: list[int] = []

    def kill_one() -> bool:
        children = psutil.Process().children()
        if not killed and len(children) == 2:
            killed.append(children[0].pid)
            os.kill(children[0].pid, signal.SIGKILL)
        return False

    assert solve(r101, time_limit_s=2, threads=2, cancelled=kill_one).routes
    assert killed


def test_the_objective_of_the_call_wins_over_the_problems(freight: Problem) -> None:
    assert solve(freight, time_limit_s=0.5, objective="cost").objective is Objective.COST


@pytest.mark.parametrize("wrong", [{"time_limit_s": 0}, {"time_limit_s": 1, "threads": 0}])
def test_a_limit_that_cannot_be_is_refused(freight: Problem, wrong: dict[str, int]) -> None:
    with pytest.raises(BadProblem, match="must be positive"):
        solve(freight, **wrong)


def test_it_works_from_a_script_without_a_main_guard_and_from_a_folder_with_a_platform_in_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "__init__.py").write_text("raise SystemExit('the wrong platform')")
    script = (
        "from haoyun.routing import *\nimport numpy as np\n"
        "m = np.ones((2, 2), int)\n"
        "p = Problem((Vehicle(1, 0, 0),), m, m, (Job(1, 1),))\n"
        "print(solve(p, time_limit_s=0.5).vehicles)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_start_is_never_answered_with_a_worse_plan(r101: Problem) -> None:
    good = solve(r101, time_limit_s=3, threads=2)
    again = solve(r101, time_limit_s=0.6, seed=1, start=tours_of(r101, good))
    assert worth(r101, again) <= worth(r101, good)


def test_a_start_is_the_answer_where_the_search_is_cancelled_at_once(freight: Problem) -> None:
    plan = solve(freight, time_limit_s=60, start=((0, 1, 2, 3), (4, 5)), cancelled=lambda: True)
    assert (plan.distance_m, plan.unassigned) == (13000, ())


def test_a_crew_stays_warm_and_serves_one_problem_after_the_other(freight: Problem, r101: Problem) -> None:
    with Crew(2) as crew:
        assert solve(freight, time_limit_s=6, threads=2, crew=crew).unassigned == ()
        first = {child.pid for child in psutil.Process().children()}
        assert solve(r101, time_limit_s=1.5, threads=2, crew=crew).vehicles < 25
        assert first & {child.pid for child in psutil.Process().children()}, "a busy machine may lose one"


def test_a_crew_replaces_what_had_to_be_ended(freight: Problem) -> None:
    with Crew(1) as crew:
        (first,) = {child.pid for child in psutil.Process().children()}
        solve(freight, time_limit_s=60, crew=crew, cancelled=lambda: True)
        assert solve(freight, time_limit_s=2, crew=crew).unassigned == ()
        assert first not in {child.pid for child in psutil.Process().children()}


def test_or_tools_can_be_asked_for(freight: Problem) -> None:
    plan = solve(freight, time_limit_s=1, engine=Engine.OR_TOOLS)
    assert plan.method.startswith("OR-Tools")
    assert plan.unassigned == ()
