"""First come, first served: what the market does without a round, as the measure of what a round saves; pure.

Loads come in the order in which they were posted. Each takes, of all trucks that can still do it, the one with the
highest contribution, and only if that is above zero; the truck is then where and when the load is delivered, and
open for loads that come later. A part load may instead join the vehicle that did the last such load of its lane,
where that earns more. Nobody looks ahead and nothing is taken back: that is what a round may do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.platform.market.driving import FloatArray
from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.route import Route, drive
from haoyun.platform.rounds.unit import Unit


def first_come_first_served(board: Board) -> list[Route]:
    """The routes that come of it, one for each truck that got something."""
    ends = _Ends(board)
    for job in sorted(
        range(len(board.jobs)), key=lambda j: (board.jobs[j].load.posted_at, board.jobs[j].load.id)
    ):
        appended = _append(board, ends, job)
        joined = _join(board, ends, job)
        options = [option for option in (appended, joined) if option is not None]
        if options:
            gain, route = max(options, key=lambda option: option[0])
            if gain > 0:
                ends.put(route)
    return [route for route in ends.routes if route is not None]


@dataclass(slots=True, eq=False)
class _Ends:
    """Where and when each truck is free after what it took so far."""

    board: Board
    place: NDArray[np.int64]
    free_s: FloatArray
    may_go_on: NDArray[np.bool_]
    routes: list[Route | None]

    def __init__(self, board: Board) -> None:
        self.board = board
        self.place = np.full(len(board.trucks), -1, dtype=np.int64)
        self.free_s = board.leaves_s.copy()
        self.may_go_on = np.ones(len(board.trucks), dtype=np.bool_)
        self.routes = [None] * len(board.trucks)

    def put(self, route: Route) -> None:
        """The truck's new way."""
        truck, last = route.truck, route.legs[-1]
        self.routes[truck] = route
        self.place[truck], self.free_s[truck] = last.unit.exit, last.free_s
        most = self.board.rules.most_in_a_row if self.board.may_chain[truck] else 1
        self.may_go_on[truck] = len(route.legs) < most

    def way_to(self, place: int) -> tuple[FloatArray, FloatArray]:
        """Metres and legal seconds from where each truck is then."""
        roads, first = self.board.roads, self.place < 0
        metres = np.where(first, self.board.first_m[place], roads.distance_m[self.place, place])
        seconds = np.where(first, self.board.first_s[place], roads.legal_s[self.place, place])
        return metres, seconds


def _append(board: Board, ends: _Ends, job: int) -> tuple[float, Route] | None:
    unit = board.units[job]
    metres, seconds = ends.way_to(unit.entry)
    arrives_s = ends.free_s + seconds
    allowed = np.where(ends.place < 0, board.starts_with[job], board.takes[job])
    allowed &= ends.may_go_on & (arrives_s <= unit.latest_s)
    waits_s = np.maximum(0.0, unit.wait_floor_s - arrives_s)
    gain = unit.price_fen - (metres + unit.loaded_m) * board.cost_fen_m - waits_s * board.waiting_fen_s
    gain = np.where(allowed, gain, -np.inf)
    while len(gain):
        truck = int(np.argmax(gain))
        if gain[truck] <= 0:
            return None
        before = ends.routes[truck]
        route = drive(board, truck, (*(before.units if before else ()), unit))
        if route is not None:
            return float(gain[truck]), route
        gain[truck] = -np.inf
    return None


def _join(board: Board, ends: _Ends, job: int) -> tuple[float, Route] | None:
    """Into the vehicle whose last unit is on the lane of the load: the space that the market would offer."""
    if not board.rules.pools:
        return None
    lane = board.jobs[job].lane
    best: tuple[float, Route] | None = None
    for truck in np.flatnonzero((ends.place == lane[1]) & board.takes[job]):
        before = ends.routes[truck]
        assert before is not None  # it stands somewhere, so it has a way
        last = before.legs[-1].unit
        if last.entry != lane[0]:
            continue
        route = _with_last(board, before, last, job)
        if route is not None and (best is None or route.contribution_fen - before.contribution_fen > best[0]):
            best = route.contribution_fen - before.contribution_fen, route
    return best


def _with_last(board: Board, before: Route, last: Unit, job: int) -> Route | None:
    together = board.join(last, job)
    return None if together is None else drive(board, before.truck, (*before.units[:-1], together))
