"""A customizable contraction hierarchy: built once for a graph, given weights as often as one likes.

`Hierarchy` knows arcs but no weights. `customized(weight)` gives a `Customized` that answers (see
`haoyun.maps.search.search.Search`); `changed(weight, arcs)` gives another one for a few new weights without touching
the first, so that whoever still uses that is not disturbed.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.search.search import Ends

if TYPE_CHECKING:
    from haoyun.maps.search.hierarchy_kernels import Costs, Inputs, Shape

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FORMAT = 2  # of the kept file
_ROWS = 64  # sources a piece of work for one thread: four sweeps
_THREADS = min(4, os.cpu_count() or 1)
_PARTIAL_SHARE = 0.02  # of the arcs changed: beyond, customizing all of them is faster


class Hierarchy:
    """The arcs of the hierarchy of one directed graph in one order of its nodes; immutable."""

    def __init__(self, rank: LongArray, shape: Shape, inputs: Inputs) -> None:
        self.rank = rank  # of each node, 0 = contracted first
        self.shape = shape
        self.inputs = inputs
        self.slot = np.full(len(inputs.upward), -1, dtype=np.int64)  # arc of each input arc, -1 for loops
        self.slot[inputs.arc] = np.repeat(np.arange(len(inputs.first) - 1), np.diff(inputs.first))
        self.node = np.empty(len(rank), dtype=np.int64)  # of each rank
        self.node[rank] = np.arange(len(rank))

    @classmethod
    def build(cls, rank: LongArray, tail: LongArray, head: LongArray) -> Hierarchy:
        """The hierarchy of the arcs (tail, head) for the order `rank`, a permutation of the nodes."""
        from haoyun.maps.search import hierarchy_kernels as kernels  # noqa: PLC0415 - imports numba

        n = len(rank)
        from_rank, to_rank = rank[tail], rank[head]
        low, high = np.minimum(from_rank, to_rank), np.maximum(from_rank, to_rank)
        proper = low < high
        first, order = _grouped(low[proper], n)
        up_first, up_head = kernels.contract(first, high[proper][order].astype(np.int32))
        up_tail = np.repeat(np.arange(n, dtype=np.int32), np.diff(up_first))
        low_first, low_arc = _grouped(up_head, n)
        shape = kernels.Shape(up_first, up_head, up_tail, low_first, low_arc, up_tail[low_arc])
        slot, upward = kernels.place_arcs(up_first, up_head, from_rank, to_rank)
        used = np.flatnonzero(slot >= 0)
        first, order = _grouped(slot[used], len(up_head))
        return cls(rank, shape, kernels.Inputs(first, used[order], upward))

    @property
    def arc_count(self) -> int:
        """How many arcs the hierarchy has, shortcuts included."""
        return len(self.shape.up_head)

    def customized(self, weight: LongArray) -> Customized:
        """The hierarchy with a weight for each input arc (NO_WAY where it may not be used)."""
        from haoyun.maps.search import hierarchy_kernels as kernels  # noqa: PLC0415 - imports numba

        up, down = kernels.spread(self.inputs, weight)
        up_mid, down_mid = kernels.customize(self.shape, up, down)
        return Customized(self, kernels.Costs(up, down, up_mid, down_mid))

    def save(self, path: Path, fingerprint: str) -> None:
        """Keep the hierarchy in a file; it appears complete or not at all."""
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                stamp=np.array([_stamp(fingerprint)]),
                rank=self.rank,
                input_first=self.inputs.first,
                input_arc=self.inputs.arc,
                input_upward=self.inputs.upward,
                **self.shape._asdict(),
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Hierarchy | None:
        """What `save` kept for the same fingerprint; None if there is nothing, or something else."""
        from haoyun.maps.search.hierarchy_kernels import Inputs, Shape  # noqa: PLC0415 - imports numba

        try:
            with np.load(path, allow_pickle=False) as kept:
                if str(kept["stamp"][0]) != _stamp(fingerprint):
                    return None
                shape = Shape(*(kept[name] for name in Shape._fields))
                inputs = Inputs(*(kept[f"input_{name}"] for name in Inputs._fields))
                return cls(kept["rank"], shape, inputs)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None  # the cache is only that: it is made anew


class Customized:
    """A hierarchy with weights; immutable, and safe to use from several threads."""

    def __init__(self, hierarchy: Hierarchy, costs: Costs) -> None:
        self.hierarchy = hierarchy
        self.costs = costs

    def changed(self, weight: LongArray, arcs: LongArray) -> Customized:
        """The same hierarchy with the weights `weight`, which differ only for the input arcs `arcs`."""
        from haoyun.maps.search import hierarchy_kernels as kernels  # noqa: PLC0415 - imports numba

        own = self.hierarchy
        if len(arcs) > _PARTIAL_SHARE * len(weight):
            return own.customized(weight)
        old = self.costs
        costs = kernels.Costs(old.up.copy(), old.down.copy(), old.up_mid.copy(), old.down_mid.copy())
        slots = np.unique(own.slot[arcs])
        kernels.recustomize(slots[slots >= 0], own.shape, costs, own.inputs, weight)
        return Customized(own, costs)

    def matrix(self, starts: Ends, goals: Ends) -> tuple[FloatArray, FloatArray]:
        """(seconds, metres) of the best way from each start to each goal, inf where there is none."""
        from haoyun.maps.search import search_kernels as kernels  # noqa: PLC0415 - imports numba

        here, there = self._ranked(starts), self._ranked(goals)
        shape, up = self.hierarchy.shape, self.costs.up
        chosen = kernels.select(there.node, shape, self.costs.down)
        duration_s = np.empty((starts.searches, goals.searches))
        distance_m = np.empty_like(duration_s)

        def fill(begin: int) -> None:
            end = min(begin + _ROWS, starts.searches)
            kernels.sweep(begin, end, here, there, shape, up, chosen, duration_s, distance_m)

        begins = range(0, starts.searches, _ROWS)
        if len(begins) < 2:
            for begin in begins:
                fill(begin)
        else:
            with ThreadPoolExecutor(_THREADS) as threads:
                list(threads.map(fill, begins))
        return duration_s, distance_m

    def path(self, starts: Ends, goals: Ends) -> tuple[int, LongArray]:
        """(weight, nodes) of the best way from the first start to the first goal; (NO_WAY, none) without one."""
        from haoyun.maps.search import search_kernels as kernels  # noqa: PLC0415 - imports numba

        here, there = self._ranked(starts.only(0)), self._ranked(goals.only(0))
        weight, ranks = kernels.find_path(here, there, self.hierarchy.shape, self.costs)
        return int(weight), self.hierarchy.node[ranks]

    def reach(self, starts: Ends) -> LongArray:
        """Weights of the best ways from the first start to all nodes, NO_WAY where there is none."""
        from haoyun.maps.search import search_kernels as kernels  # noqa: PLC0415 - imports numba

        here = self._ranked(starts.only(0))
        by_rank = kernels.reach(here.node, here.cost, self.hierarchy.shape, self.costs)
        return by_rank[self.hierarchy.rank]

    def _ranked(self, ends: Ends) -> Ends:
        return Ends(ends.first, self.hierarchy.rank[ends.node], ends.cost)


def _grouped(key: NDArray[np.integer], groups: int) -> tuple[LongArray, LongArray]:
    """CSR of the places of each key: (first place of each group, places in order)."""
    first = np.zeros(groups + 1, dtype=np.int64)
    np.cumsum(np.bincount(key, minlength=groups), out=first[1:])
    return first, np.argsort(key, kind="stable").astype(np.int64)


def _stamp(fingerprint: str) -> str:
    return f"haoyun-hierarchy {FORMAT} {fingerprint}"
