"""Ways for trucks that stayed idle: several loads in a row at once, where the first alone would not pay; pure."""

from __future__ import annotations

import numpy as np

from haoyun.platform.rounds.flow import Columns
from haoyun.platform.rounds.plan import LEAST_GAIN_FEN, Plan
from haoyun.platform.rounds.route import Route

_BEAM = 8  # ways that are followed up at each length, the most earning first


def employ(plan: Plan, columns: Columns) -> int:
    """Give idle trucks the best row of loads that nobody carries. Returns how many found one."""
    board = plan.board
    free = np.array([job not in plan.where for job in range(len(board.jobs))], dtype=np.bool_)
    found = 0
    for truck in range(len(board.trucks)):
        if plan.count[truck] == 0 and free.any():
            route = _best_row(plan, columns, truck, np.flatnonzero(free & board.takes[:, truck]))
            if route is not None:
                plan.put(route)
                free[[job for unit in route.units for job in unit.jobs]] = False
                found += 1
    return found


def _best_row(plan: Plan, columns: Columns, truck: int, jobs: np.ndarray) -> Route | None:
    board, best = plan.board, None
    ways: list[tuple[float, tuple[int, ...], int, float]] = [(0.0, (), -1, float(board.leaves_s[truck]))]
    cost = board.cost_fen_m[truck]
    for _ in range(int(plan.most[truck])):
        longer: list[tuple[float, tuple[int, ...], int, float]] = []
        for worth, row, place, free_s in ways:
            metres, seconds = (
                (board.first_m[:, truck], board.first_s[:, truck])
                if place < 0
                else (board.roads.distance_m[place], board.roads.legal_s[place])
            )
            entry = columns.entry[jobs]
            arrives_s = free_s + seconds[entry]
            good = arrives_s <= columns.latest_s[jobs]
            if place < 0:
                good &= board.starts_with[jobs, truck]
            picked, arrives_s = jobs[good], arrives_s[good]
            gain = columns.price_fen[picked] - (metres[entry[good]] + columns.loaded_m[picked]) * cost
            gain -= np.maximum(0.0, columns.wait_floor_s[picked] - arrives_s) * board.waiting_fen_s
            ends_s = np.maximum(arrives_s + columns.span_s[picked], columns.earliest_free_s[picked])
            order = np.argsort(-gain, kind="stable")[: _BEAM + len(row)]
            longer += [
                (
                    worth + float(gain[k]),
                    (*row, int(picked[k])),
                    int(columns.exit[picked[k]]),
                    float(ends_s[k]),
                )
                for k in order
                if int(picked[k]) not in row
            ]
        ways = sorted(longer, key=lambda way: -way[0])[:_BEAM]
        for worth, row, _place, _free_s in ways:
            if worth > LEAST_GAIN_FEN and (best is None or worth > best.contribution_fen + LEAST_GAIN_FEN):
                route = plan.drive(truck, tuple(board.units[job] for job in row))
                if route is not None:
                    best = route
    return best
