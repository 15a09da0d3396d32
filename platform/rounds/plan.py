"""The plan of a round while it is being improved: every truck's route, and the same as columns; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.platform.market.driving import FloatArray
from haoyun.platform.rounds.board import Board, Mask
from haoyun.platform.rounds.route import Route, drive
from haoyun.platform.rounds.unit import Unit

Ints = NDArray[np.int64]
LEAST_GAIN_FEN = 1.0  # what earns less is no improvement: rounding must not turn in circles


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change would be made, and what it is guessed to earn."""

    gain_fen: float
    truck: int
    position: int


class Plan:
    """Routes by truck. Position p is before the truck's unit p; columns are trucks x positions."""

    def __init__(self, board: Board) -> None:
        trucks, most = len(board.trucks), board.rules.most_in_a_row
        self.board = board
        self.routes: list[Route | None] = [None] * trucks
        self.most: Ints = np.where(board.may_chain, most, 1).astype(np.int64)
        self.count: Ints = np.zeros(trucks, dtype=np.int64)
        self.at: Ints = np.zeros((trucks, most + 1), dtype=np.int64)  # where it is free; meaningless at 0
        self.free_s: FloatArray = np.zeros((trucks, most + 1), dtype=np.float64)
        self.free_s[:, 0] = board.leaves_s
        self.entry: Ints = np.zeros((trucks, most + 1), dtype=np.int64)  # of the unit there
        self.late_s: FloatArray = np.full(
            (trucks, most + 1), np.inf
        )  # latest arrival that spoils nothing after
        self.floor_s: FloatArray = np.full((trucks, most + 1), -np.inf)
        self.empty_m: FloatArray = np.zeros((trucks, most + 1), dtype=np.float64)
        self.worth_fen: FloatArray = np.zeros((trucks, most + 1), dtype=np.float64)  # price less loaded way
        self.arrives_s: FloatArray = np.zeros((trucks, most + 1), dtype=np.float64)
        self._width = most + 1
        self._open: Mask = np.zeros((trucks, most + 1), dtype=np.bool_)  # a further unit may come in here
        self._open[:, 0] = True
        self._taken: Mask = np.zeros((trucks, most + 1), dtype=np.bool_)
        self.where: dict[int, tuple[int, int]] = {}
        self.lanes: dict[tuple[int, int], set[tuple[int, int]]] = {}

    def contribution_fen(self) -> float:
        """What the whole plan comes to."""
        return sum(route.contribution_fen for route in self.routes if route is not None)

    def units(self, truck: int) -> tuple[Unit, ...]:
        """The truck's units in order."""
        route = self.routes[truck]
        return route.units if route is not None else ()

    def value(self, truck: int) -> float:
        """What the truck's route contributes."""
        route = self.routes[truck]
        return route.contribution_fen if route is not None else 0.0

    def drive(self, truck: int, units: tuple[Unit, ...]) -> Route | None:
        """The truck's way through other units; an empty one is possible too."""
        return drive(self.board, truck, units)

    def put(self, route: Route) -> None:
        """Give a truck a new route; its former units are free."""
        board, truck = self.board, route.truck
        for position, unit in enumerate(self.units(truck)):
            for job in unit.jobs:
                if self.where.get(job) == (truck, position):
                    del self.where[job]
            self.lanes[unit.entry, unit.exit].discard((truck, position))
        self.routes[truck] = route if route.legs else None
        self.count[truck] = count = len(route.legs)
        self._taken[truck] = np.arange(self._width) < count
        self._open[truck] = (np.arange(self._width) <= count) & (count < self.most[truck])
        cost = board.cost_fen_m[truck]
        self.late_s[truck], self.floor_s[truck] = np.inf, -np.inf
        for position, leg in enumerate(route.legs):
            unit = leg.unit
            for job in unit.jobs:
                self.where[job] = (truck, position)
            self.lanes.setdefault((unit.entry, unit.exit), set()).add((truck, position))
            self.entry[truck, position] = unit.entry
            self.floor_s[truck, position] = unit.wait_floor_s
            self.empty_m[truck, position] = leg.empty_m
            self.worth_fen[truck, position] = unit.price_fen - unit.loaded_m * cost
            self.arrives_s[truck, position] = leg.arrives_s
            self.at[truck, position + 1] = unit.exit
            self.free_s[truck, position + 1] = leg.free_s
        self._look_back(route)

    def _look_back(self, route: Route) -> None:
        truck, late_s, entry = route.truck, np.inf, -1
        for position in range(len(route.legs) - 1, -1, -1):
            unit = route.legs[position].unit
            if entry >= 0:
                late_s -= unit.span_s + self.board.roads.legal_s[unit.exit, entry]
            late_s, entry = min(unit.latest_s, late_s), unit.entry
            self.late_s[truck, position] = late_s

    def insertions(self, unit: Unit, limit: int) -> list[Place]:
        """Where a load is guessed to earn the most as a further unit, the best first."""
        slots, gain, ends_s = self._reach(unit, self._width, self._open)
        kept = np.isfinite(self.late_s.ravel()[slots])  # something follows
        gain -= self._next(unit, slots, ends_s)
        gain += np.where(kept, self._cost_of(slots), 0.0)
        return self._best(gain, slots, self._width, limit)

    def replacements(self, unit: Unit, limit: int) -> list[Place]:
        """Where a load is guessed to earn the most in the place of another unit, the best first."""
        slots, gain, ends_s = self._reach(unit, self._width, self._taken)
        follows = slots + 1  # never past the row: the last column is never taken
        gain -= self._next(unit, follows, ends_s)
        gain -= self.worth_fen.ravel()[slots] - self._cost_of(slots)
        gain += np.where(np.isfinite(self.late_s.ravel()[follows]), self._cost_of(follows), 0.0)
        return self._best(gain, slots, self._width, limit)

    def near(self, unit: Unit, limit: int = 12) -> list[tuple[int, int]]:
        """Units that pass near a load's way: (truck, position), the least detour for its price first."""
        board, roads = self.board, self.board.roads
        slots = np.flatnonzero((self._taken & board.takes[unit.jobs[0]][:, None]).ravel())
        entry, leave = self.entry.ravel()[slots], self.at.ravel()[slots + 1]
        detour_m = roads.to_m[unit.entry][entry] + roads.distance_m[unit.entry, unit.exit]
        detour_m += roads.distance_m[unit.exit][leave] - roads.distance_m[entry, leave]
        gain = unit.price_fen - detour_m * board.cost_fen_m[slots // self._width]
        return [(place.truck, place.position) for place in self._best(gain, slots, self._width, limit)]

    def _reach(self, unit: Unit, width: int, mask: Mask) -> tuple[Ints, FloatArray, FloatArray]:
        """Slots in which the load is in time; what it earns there before what follows, and when it ends."""
        board, job = self.board, unit.jobs[0]
        usable = mask & board.takes[job][:, None]
        usable[:, 0] &= board.starts_with[job]
        slots = np.flatnonzero(usable.ravel())
        trucks, first, place = slots // width, slots % width == 0, self.at.ravel()[slots]
        seconds = np.where(first, board.first_s[unit.entry][trucks], board.roads.to_s[unit.entry][place])
        arrives_s = self.free_s.ravel()[slots] + seconds
        in_time = arrives_s <= unit.latest_s
        slots, trucks, first, place = slots[in_time], trucks[in_time], first[in_time], place[in_time]
        arrives_s = arrives_s[in_time]
        metres = np.where(first, board.first_m[unit.entry][trucks], board.roads.to_m[unit.entry][place])
        gain = unit.price_fen - (metres + unit.loaded_m) * board.cost_fen_m[trucks]
        gain -= np.maximum(0.0, unit.wait_floor_s - arrives_s) * board.waiting_fen_s
        return slots, gain, np.maximum(arrives_s + unit.span_s, unit.earliest_free_s)

    def _next(self, unit: Unit, slots: Ints, ends_s: FloatArray) -> FloatArray:
        """What the way to the unit of each slot costs after this one, with its waiting; inf where it is spoilt."""
        entry, late_s = self.entry.ravel()[slots], self.late_s.ravel()[slots]
        arrives_s = ends_s + self.board.roads.legal_s[unit.exit][entry]
        cost = self.board.roads.distance_m[unit.exit][entry] * self.board.cost_fen_m[slots // self._width]
        cost += np.maximum(0.0, self.floor_s.ravel()[slots] - arrives_s) * self.board.waiting_fen_s
        return np.where(np.isfinite(late_s), np.where(arrives_s <= late_s, cost, np.inf), 0.0)

    def _cost_of(self, slots: Ints) -> FloatArray:
        """What the empty way to the unit of each slot and its waiting cost now."""
        waits_s = np.maximum(0.0, self.floor_s.ravel()[slots] - self.arrives_s.ravel()[slots])
        cost = self.empty_m.ravel()[slots] * self.board.cost_fen_m[slots // self._width]
        return np.asarray(cost + waits_s * self.board.waiting_fen_s)

    @staticmethod
    def _best(gain: FloatArray, slots: Ints, width: int, limit: int) -> list[Place]:
        good = np.flatnonzero(gain > LEAST_GAIN_FEN)
        if len(good) > limit:
            good = good[np.argpartition(-gain[good], limit)[:limit]]
        good = good[np.lexsort((slots[good], -gain[good]))]
        return [Place(float(gain[one]), int(slots[one] // width), int(slots[one] % width)) for one in good]
