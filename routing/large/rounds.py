"""The course of a large problem as a state and what comes next: pure, so that any engine can carry it out.

    state = begin(atlas, scheme, start)
    while there is time:
        outcomes = [carry out each item of items(atlas, scheme, state), in any order, on any machine]
        state = after(state, its items, outcomes)

Round 0 solves the parts of a first split from nothing. Every later round divides the plan anew into groups of
neighbouring routes and solves each from its present tours; groups of different rounds overlap. Items of a round
share no vehicle and no task, and no item ever makes its part worse: one that fails or never comes back leaves its
part as it was. The items of a state follow from problem, scheme and state alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from haoyun.routing.build import plan_of
from haoyun.routing.check import violations
from haoyun.routing.errors import require
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.large.groups import Group, Grouping
from haoyun.routing.large.item import Figures, Item, Outcome, figures_of
from haoyun.routing.large.split import split
from haoyun.routing.onward import least_tours
from haoyun.routing.problem import Problem, Tours

# Measured (tests/bench/routing_large.py; docs/decisions/0027).
FIRST_TASKS = 400
GROUP_TASKS = 200
_FIRST_SHARE = 0.25  # of the time of all processes, for the first split
_ROUNDS = 6  # how many rounds the rest is meant for
_LEAST_ITEM_S = 0.5
_WARMTH = 0.1


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a problem is cut up, and how long each piece is searched."""

    seed: int
    first_tasks: int
    group_tasks: int
    first_s_per_task: float
    group_s_per_task: float
    warmth: float = _WARMTH

    def __post_init__(self) -> None:
        """Refuse pieces without tasks or time."""
        require(min(self.first_tasks, self.group_tasks) >= 1, "pieces need at least one task")
        require(min(self.first_s_per_task, self.group_s_per_task) > 0, "pieces need time to be searched")

    @classmethod
    def within(cls, problem: Problem, *, limit_s: float, processes: int, seed: int) -> Scheme:
        """The scheme for a time limit and a number of processes that work side by side."""
        tasks = max(len(problem.jobs) + len(problem.shipments), 1)
        spent = limit_s * processes
        return cls(
            seed=seed,
            first_tasks=FIRST_TASKS,
            group_tasks=GROUP_TASKS,
            first_s_per_task=_FIRST_SHARE * spent / tasks,
            group_s_per_task=(1 - _FIRST_SHARE) / _ROUNDS * spent / tasks,
        )


@dataclass(frozen=True, slots=True)
class State:
    """How far a large problem is: what round comes next, and the best tours."""

    round: int
    tours: Tours
    figures: Figures


def begin(atlas: Atlas, start: Tours | None = None) -> State:
    """Before the first round: the tours to begin with if they can be driven, or what vehicles under way must do.

    Raises BadProblem where that cannot be done within the rules.
    """
    given = None if start is None else plan_of(atlas.problem, start)
    if start is not None and given is not None and not violations(atlas.problem, given):
        return State(1, start, figures_of(given))
    tours = least_tours(atlas.problem)
    plan = plan_of(atlas.problem, tours)
    require(plan is not None, "what vehicles under way have fixed cannot be done within the rules")
    assert plan is not None
    return State(0, tours, figures_of(plan))


def items(atlas: Atlas, scheme: Scheme, state: State) -> list[Item]:
    """What this round consists of, the largest first."""
    if state.round == 0 or not any(state.tours):
        parts = split(atlas, scheme.first_tasks, scheme.seed + state.round)
        groups = [Group(vehicles.tolist(), tasks.tolist()) for vehicles, tasks in parts]
        per_task, warmth = scheme.first_s_per_task, 1.0
    else:
        groups = Grouping(atlas, state.tours, (scheme.seed, state.round)).groups(scheme.group_tasks)
        per_task, warmth = scheme.group_s_per_task, scheme.warmth
    groups = sorted((g for g in groups if g.vehicles and g.tasks), key=lambda g: -len(g.tasks))
    return [
        Item(
            round=state.round,
            number=number,
            vehicles=tuple(sorted(group.vehicles)),
            tasks=tuple(sorted(group.tasks)),
            tours=tuple(state.tours[v] for v in sorted(group.vehicles)),
            seconds=max(per_task * len(group.tasks), _LEAST_ITEM_S),
            seed=(scheme.seed * 1_000_003 + state.round * 1_009 + number) % 2**31,
            warmth=warmth,
        )
        for number, group in enumerate(groups)
    ]


def take(state: State, item: Item, outcome: Outcome) -> State:
    """The state with what one of its items came to."""
    if outcome.tours is None:
        return state
    tours = list(state.tours)
    for vehicle, tour in zip(item.vehicles, outcome.tours, strict=True):
        tours[vehicle] = tour
    return replace(state, tours=tuple(tours), figures=state.figures + outcome.gain)


def after(state: State, work: Sequence[Item], outcomes: Iterable[Outcome]) -> State:
    """The state before the next round. Items without an outcome leave their part as it was."""
    by_number = {item.number: item for item in work}
    for outcome in outcomes:
        state = take(state, by_number[outcome.number], outcome)
    return replace(state, round=state.round + 1)
