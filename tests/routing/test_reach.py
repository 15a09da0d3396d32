"""Which stops are near: what the search tries first, and that it is not all that it tries."""

from __future__ import annotations

import numpy as np
import pytest
from small_problems import random_problem

from haoyun.routing import Job, Objective, Problem, Vehicle, Window
from haoyun.routing.sisr import search
from haoyun.routing.sisr.flat import TASK
from haoyun.routing.sisr.reach import reach_of
from haoyun.routing.sisr.search import Search


def on_a_line(jobs: list[Job], vehicles: int, room: int) -> Problem:
    """A place every kilometre, a kilometre a minute, all vehicles at 0."""
    places = np.arange(20)
    km = np.abs(places[:, None] - places[None, :])
    return Problem(
        vehicles=tuple(Vehicle(n, 0, 0, (room,), Window(0, 86400)) for n in range(vehicles)),
        durations_s=km * 60,
        distances_m=km * 1000,
        jobs=tuple(jobs),
        capacity_names=("pallets",),
        objective=Objective.DISTANCE,
    )


def test_the_nearest_stops_come_first() -> None:
    problem = on_a_line([Job(n, place, delivery=(1,)) for n, place in enumerate((5, 9, 6, 19))], 4, 1)
    assert reach_of(Search(problem, seed=1).flat, 2).tolist() == [[2, 1], [2, 0], [0, 1], [1, 2]]


def test_a_stop_at_the_same_place_at_another_time_is_far() -> None:
    morning, evening = (Window(0, 600),), (Window(80000, 80600),)
    problem = on_a_line(
        [
            Job("a", 5, windows=morning, delivery=(1,)),
            Job("b", 5, windows=evening, delivery=(1,)),
            Job("c", 9, windows=morning, delivery=(1,)),
            Job("d", 9, windows=evening, delivery=(1,)),
        ],
        4,
        1,
    )
    assert reach_of(Search(problem, seed=1).flat, 1)[:, 0].tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_no_stop_is_near_another_of_its_own_shipment(seed: int) -> None:
    flat = Search(random_problem(seed, Objective.DISTANCE, jobs=2, shipments=3), seed).flat
    near = reach_of(flat, 6)
    assert near.shape == (8, 6)
    assert (flat.stop[near, TASK] != flat.stop[:, TASK][:, None]).all()


def test_a_task_that_finds_no_place_beside_near_stops_is_tried_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_REACH", 1)
    jobs = [Job(n, place, delivery=(1,)) for n, place in enumerate((1, 1, 9, 1))]
    begun = Search(on_a_line(jobs, 2, 2), seed=1, start=((0, 1), (2,)))
    assert begun.worth[0] == 0, "the only room is on the route that passes far away"
