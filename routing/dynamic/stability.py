"""How much a new plan may differ from what people have been told, and how much it does."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from haoyun.routing.dynamic.cut import Told
from haoyun.routing.errors import require
from haoyun.routing.problem import Objective, Problem, Tours
from haoyun.routing.tasks import Id, Stop
from haoyun.routing.underway import StopKey

# A stop may move for a gain of half an average leg: below that, calling drivers and customers costs more.
_USUAL_LEGS = 0.5


@dataclass(frozen=True, slots=True)
class Stability:
    """What moving a stop costs, in the objective's unit (metres, or money), and how many may move at most.

    A stop moves if another vehicle than told comes, or if it changes places with others of its vehicle. What has to
    move because its vehicle is out costs nothing and is not counted. `move_cost` None: half an average leg.
    `keeps_promises`: what people count on is never left out for something else, as if it were mandatory.
    """

    move_cost: float | None = None
    max_moved: int | None = None
    keeps_promises: bool = True

    def __post_init__(self) -> None:
        """Refuse negative figures."""
        require(
            self.move_cost is None or self.move_cost >= 0, f"a move costs at least 0, not {self.move_cost}"
        )
        require(
            self.max_moved is None or self.max_moved >= 0, f"at least 0 stops may move, not {self.max_moved}"
        )


FREE = Stability(move_cost=0.0, keeps_promises=False)


def usual_move_cost(problem: Problem, metres: int, cost: float, legs: int) -> float:
    """Half an average leg of a plan of so many metres, cost and legs."""
    by_cost = problem.objective in (Objective.COST, Objective.PROFIT)
    return _USUAL_LEGS * (cost if by_cost else metres) / max(legs, 1)


def moved_stops(
    told: Mapping[StopKey, Told],
    stops: Sequence[Stop],
    vehicles: Sequence[Id],
    tours: Tours,
    out: Iterable[Id],
) -> list[StopKey]:
    """The stops that move, but for those of vehicles that are out and those that no route serves any more."""
    gone = set(out)
    found: list[StopKey] = []
    for vehicle, tour in zip(vehicles, tours, strict=True):
        keys = [(stops[n].kind, stops[n].visit.id) for n in tour if n >= 0]
        known = [(key, told[key]) for key in keys if key in told and told[key].vehicle not in gone]
        found += [key for key, before in known if before.vehicle != vehicle]
        stayed = [(key, before.place) for key, before in known if before.vehicle == vehicle]
        kept = _longest_rise([place for _, place in stayed])
        found += [key for n, (key, _) in enumerate(stayed) if n not in kept]
    return found


def _longest_rise(places: Sequence[int]) -> set[int]:
    """Positions of a longest subsequence that rises: the most stops that kept their order."""
    ends: list[int] = []  # the smallest last value of a rise of each length
    at: list[int] = []  # its position
    before: list[int] = []
    for n, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(at[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            at.append(n)
        else:
            ends[length], at[length] = place, n
    kept: set[int] = set()
    n = at[-1] if at else -1
    while n >= 0:
        kept.add(n)
        n = before[n]
    return kept
