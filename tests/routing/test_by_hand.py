"""The auditor against a second reading of the rules: what is driven by hand it judges exactly the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from by_hand import ByHand
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_problems import every_tour, random_freight

from haoyun.routing import Problem, Rule, violations
from haoyun.routing.build import calls_of, plan_with
from haoyun.routing.plan import Plan, Unassigned

FAMILIES = ("freight", "limits", "under way", "reloads")  # hours: test_shifts.py
# A plan says nothing wrong about itself when it is put together by hand: only its tours break rules.
HONEST = frozenset(Rule) - {Rule.UNASSIGNED}


def by_hand(problem: Problem, tours: tuple[tuple[int, ...], ...]) -> tuple[Plan, set[Rule]]:
    """The plan of these tours, and the rules that it breaks, without the timetable."""
    stops, routes = problem.stops, []
    broken: set[Rule] = set()
    for vehicle, tour in zip(problem.vehicles, tours, strict=True):
        hand = ByHand(problem, vehicle, calls_of(stops, vehicle, tour))
        if tour:
            routes.append(hand.drive())
            broken |= hand.broken
        elif vehicle.underway and vehicle.underway.fixed:
            broken.add(Rule.FIXED)
    served = {(type(stops[n].task), stops[n].task.id) for tour in tours for n in tour if n >= 0}
    left = [task for task in problem.tasks if (type(task), task.id) not in served]
    return plan_with(problem, tuple(routes), tuple(Unassigned.of(task) for task in left)), broken


def random_tours(problem: Problem, draw: random.Random) -> tuple[tuple[int, ...], ...]:
    """Stops shared out and ordered by chance, most shipments whole, some reloads."""
    tours: list[list[int]] = [[] for _ in problem.vehicles]
    first = 0
    for task in problem.tasks:
        stops = list(range(first, first + len(task.visits)))
        first += len(task.visits)
        tour = draw.choice([*tours, []])
        for stop in stops[: 1 if draw.random() < 0.1 else 2]:
            tour.insert(draw.randrange(len(tour) + 1) if draw.random() < 0.5 else len(tour), stop)
    for vehicle, tour in zip(problem.vehicles, tours, strict=True):
        if vehicle.reloads and tour and draw.random() < 0.6:
            tour.insert(draw.randrange(len(tour) + 1), -1)
    return tuple(map(tuple, tours))


@given(
    seed=st.integers(0, 100_000),
    families=st.frozensets(st.sampled_from(FAMILIES)),
    chance=st.integers(0, 1000),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_auditor_names_exactly_the_rules_that_driving_by_hand_breaks(
    seed: int, families: frozenset[str], chance: int
) -> None:
    problem = random_freight(seed, families)
    for number in range(5):
        tours = random_tours(problem, random.Random(chance + number))
        plan, broken = by_hand(problem, tours)
        found = {violation.rule for violation in violations(problem, plan)}
        assert found & HONEST == broken, (tours, found, broken)


def sound_ones(problem: Problem) -> Iterator[Plan]:
    for tours in every_tour(problem):
        plan, broken = by_hand(problem, tours)
        if not broken:
            yield plan


@pytest.mark.parametrize("family", ["freight", "limits"])
@pytest.mark.parametrize("seed", range(3))
def test_every_plan_that_is_sound_by_hand_is_accepted(seed: int, family: str) -> None:
    problem = random_freight(seed, {family})
    count = 0
    for plan in sound_ones(problem):
        assert violations(problem, plan) == []
        count += 1
    assert count > 1, "serving nothing, and something"
