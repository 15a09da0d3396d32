"""What is new in a plan for people who know the old one: stops that move, are new, later, or no longer served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from haoyun.routing.dynamic.cut import Cut, Told
from haoyun.routing.dynamic.notes import Note
from haoyun.routing.dynamic.stability import moved_stops
from haoyun.routing.plan import Plan
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.tasks import Id, Stop, StopKind
from haoyun.routing.underway import StopKey

# Nobody is called for less than this.
_NOTICED_S = 60


class MoveKind(StrEnum):
    """What is new about a stop."""

    MOVED = "moved"  # another vehicle comes
    REORDERED = "reordered"  # the same vehicle, in another order
    FORCED = "forced"  # another vehicle comes, since the one that was to come is out
    NEW = "new"  # nobody was to come
    DROPPED = "dropped"  # nobody comes any more
    RETIMED = "retimed"  # the same vehicle at another time, by a minute or more


@dataclass(frozen=True, slots=True)
class Move:
    """One stop; times are when service begins, None where there is none."""

    kind: MoveKind
    stop: StopKey
    from_vehicle: Id | None
    to_vehicle: Id | None
    old_s: int | None
    new_s: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """All moves, by time, and what had to be conceded or happened to goods."""

    moves: tuple[Move, ...]
    notes: tuple[Note, ...]

    @property
    def moved(self) -> int:
        """How many stops moved though they need not have."""
        return sum(move.kind in (MoveKind.MOVED, MoveKind.REORDERED) for move in self.moves)

    def of(self, kind: MoveKind) -> tuple[Move, ...]:
        """The moves of one kind."""
        return tuple(move for move in self.moves if move.kind is kind)


def difference(
    cut: Cut, problem: Problem, plan: Plan, tours: Tours, stops: tuple[Stop, ...], notes: Iterable[Note]
) -> Difference:
    """What people have to be told about the new plan."""
    names = [vehicle.id for vehicle in problem.vehicles]
    moved = set(moved_stops(cut.told, stops, names, tours, cut.broken))
    now: dict[StopKey, tuple[Id, int]] = {
        (StopKind(step.kind.value), step.id): (route.vehicle_id, step.start_service_s)
        for route in plan.routes
        for step in route.stops
        if step.id is not None
    }
    moves = [m for key, (name, time_s) in now.items() if (m := _move(cut, key, name, time_s, moved))]
    moves += _dropped(cut.told, now, {(stop.kind, stop.visit.id) for stop in stops})
    return Difference(tuple(sorted(moves, key=_when)), tuple(notes))


def _move(cut: Cut, key: StopKey, name: Id, time_s: int, moved: set[StopKey]) -> Move | None:
    before = cut.told.get(key)
    if before is None:
        return Move(MoveKind.NEW, key, None, name, None, time_s)
    kind = MoveKind.RETIMED
    if before.vehicle in cut.broken:
        kind = MoveKind.FORCED
    elif key in moved:
        kind = MoveKind.MOVED if before.vehicle != name else MoveKind.REORDERED
    elif abs(time_s - before.time_s) < _NOTICED_S:
        return None
    return Move(kind, key, before.vehicle, name, before.time_s, time_s)


def _dropped(
    told: Mapping[StopKey, Told], now: Mapping[StopKey, tuple[Id, int]], known: set[StopKey]
) -> list[Move]:
    """Stops that people count on and that nobody serves; what was cancelled they know themselves."""
    return [
        Move(MoveKind.DROPPED, key, before.vehicle, None, before.time_s, None)
        for key, before in told.items()
        if key not in now and key in known
    ]


def _when(move: Move) -> tuple[int, str]:
    times = [t for t in (move.new_s, move.old_s) if t is not None]
    return times[0], str(move.stop)
