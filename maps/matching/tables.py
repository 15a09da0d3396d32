"""The arrays that the kernels of map matching work on, in named groups.

Compiled code is kept by the source file of its function: whoever changes the order of these fields touches
search_kernels.py as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

# One label an edge, all of it in one cache line.
LABEL = np.dtype(
    [
        ("stamp", np.int64), ("settled", np.int64), ("cost", np.float64), ("metres", np.float64),
        ("price", np.float64), ("seconds", np.float64), ("before", np.int32), ("spare", np.int32),
    ]
)  # fmt: skip


class Graph(NamedTuple):
    """Followers of each edge in CSR form; see graph.py."""

    start: Any
    follower: Any
    turn_m: Any
    drive_m: Any
    length_m: Any
    duration_s: Any
    lat: Any  # of each edge's tail
    lon: Any
    cheapest: Any  # (1,) least price of a metre


class Towards(NamedTuple):
    """Where a search is bound for; wanted 0: everywhere."""

    wanted: int  # how many edges
    lat: float
    lon: float
    near_m: float  # the wanted edges begin or pass at most so far from the point


class Rows(NamedTuple):
    """Where each edge's row lies in the pool, how far it reaches, and the pool's columns."""

    start: Any  # -1: not searched yet
    count: Any
    longest_m: Any
    edge: Any
    before: Any
    metres: Any
    price_m: Any
    seconds: Any
    used: Any  # (1,) how much of the pool is taken


class Work(NamedTuple):
    """Scratch space of the searches; `stamp` and `settled` say in which search (clock) a label was written."""

    label: Any  # records of LABEL
    wanted: Any
    heap_key: Any
    heap_edge: Any
    clock: Any  # (1,)


class Layers(NamedTuple):
    """The fixes to match and their candidates: (layers,) and (layers, width) arrays."""

    t: Any
    lat: Any
    lon: Any
    sigma_m: Any
    gap_s: Any  # longest time without any fix since the layer before
    edge: Any
    offset_m: Any
    away_m: Any
    emission: Any  # log-likelihood of the fix at the candidate; -inf where there is none


class Chain(NamedTuple):
    """What the Viterbi pass writes: scores and parents of states, and the arcs between them."""

    score: Any  # (states,)
    parent: Any  # (states,) -1: the drive begins here
    start: Any  # (states,) log-likelihood that the drive begins here
    best: Any  # (layers,) the layer's highest score
    begins: Any  # (layers,) 1 where a new part begins
    arc_from: Any
    arc_to: Any
    arc_log: Any  # log-likelihood of the step and of the fix it leads to
    at: Any  # (5,) next layer, begin of the part, arcs used, dead layers in a row, was the last step bad


class Costs(NamedTuple):
    """How unlikely things are; see MatchSettings."""

    beta_m: float
    beta_share: float
    beta_sigma: float
    turn_m: float
    outlier: float
    longest_gap_s: float
    farthest_m: float
