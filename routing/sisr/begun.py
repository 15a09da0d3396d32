"""What vehicles under way have begun, as arrays: the judge drives their fixed stops as well (judge.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.onward import Onward
from haoyun.routing.problem import Problem, Vehicle

Ints = NDArray[np.int64]


class Begun(NamedTuple):
    """By kind of vehicle (k); rows of stops by number end with -1."""

    origin: Ints  # (k,) where it begins; the place after the last for an open start
    origin_time: Ints  # (k,)
    fixed_count: Ints  # (k,) how many stops are fixed
    fixed: Ints  # (k, f)
    has_left: Ints  # (k,) nothing more is loaded at its start
    aboard: Ints  # (k, a) pickups of the shipments on board, bottom first
    loaded: Ints  # (k, j) jobs whose goods are on board
    other_load: Ints  # (k,) whether anything else is


def begun_of(problem: Problem, kinds: Sequence[Vehicle], onward: Sequence[Onward]) -> Begun:
    """The arrays; for vehicles that are not under way their starts."""
    nowhere = len(problem.durations_s)
    pickups = {stop.visit.id: n for n, stop in enumerate(problem.stops) if stop.kind == "pickup"}
    of_shipment = {shipment.id: pickups[shipment.pickup.id] for shipment in problem.shipments}
    ways = [v.underway for v in kinds]
    starts = [v.begins_at for v in kinds]
    return Begun(
        origin=np.array([nowhere if at is None else at for at in starts], dtype=np.int64),
        origin_time=np.array([v.on_duty_s for v in kinds], dtype=np.int64),
        fixed_count=np.array([len(on.prefix) for on in onward], dtype=np.int64),
        fixed=_rows([on.prefix for on in onward]),
        has_left=np.array([on.has_left for on in onward], dtype=np.int64),
        aboard=_rows([[of_shipment[i] for i in way.on_board] if way else [] for way in ways]),
        loaded=_rows([sorted(on.loaded) for on in onward]),
        other_load=np.array([bool(way and any(way.load)) for way in ways], dtype=np.int64),
    )


def _rows(lists: Sequence[Sequence[int]]) -> Ints:
    width = max(map(len, lists), default=0)
    table = np.full((len(lists), width), -1, dtype=np.int64)
    for row, values in zip(table, lists, strict=True):
        row[: len(values)] = values
    return table
