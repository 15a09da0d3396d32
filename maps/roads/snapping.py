"""From positions, or nodes, to places on edges that a vehicle may use.

A position takes the nearest allowed edge. Every other allowed edge as near as that one is taken as well: the
other direction of the street, or all streets at a corner. A trip may leave and arrive by any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.roads.profiles import Verdict
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.road_metric import RoadMetric

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

WITHIN_M = 500.0  # a site farther from any allowed road is taken for a wrong position
SCHEMATIC_WITHIN_M = 100_000.0
_MOST = 8  # edges for a position: both directions of four streets
_AS_NEAR_M = 0.5  # two directions of a street differ by rounding


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Places on edges: those of position i are [first[i]:first[i + 1]], none if no allowed road is near."""

    first: LongArray  # (positions + 1,)
    edge: LongArray
    share: FloatArray  # of the edge driven when there, 0 at its tail to 1 at its head
    gap_m: FloatArray  # (positions,) straight line from the position to the road, inf without one

    @property
    def found(self) -> NDArray[np.bool_]:
        """(positions,) whether an allowed road is near."""
        return np.diff(self.first) > 0

    @property
    def position(self) -> LongArray:
        """(places,) the position that each place belongs to."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def only(self, position: int) -> Snapped:
        """The places of one position."""
        a, b = int(self.first[position]), int(self.first[position + 1])
        gap_m = self.gap_m[position : position + 1]
        return Snapped(np.array([0, b - a]), self.edge[a:b], self.share[a:b], gap_m)


def snap(
    graph: RoadGraph, metric: RoadMetric, lat: ArrayLike, lon: ArrayLike, within_m: float = WITHIN_M
) -> Snapped:
    """The places of positions (degrees) on edges where trips may start and end; BadCoordinate off the Earth."""
    near = graph.index.nearest(lat, lon, allowed=metric.usable, within_m=within_m, most=_MOST)
    kept = (near.edge >= 0) & (near.distance_m <= near.distance_m[:, :1] + _AS_NEAR_M)
    edge = near.edge[kept].astype(np.int64)
    length_m = graph.network.edge_length_m[edge]
    offset_m = near.offset_m[kept]
    share = np.divide(offset_m, length_m, out=np.zeros_like(offset_m), where=length_m > 0)
    return Snapped(
        first=np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64),
        edge=edge,
        share=np.clip(share, 0.0, 1.0),
        gap_m=near.distance_m[:, 0],
    )


def at_nodes(graph: RoadGraph, metric: RoadMetric, nodes: LongArray, *, leaving: bool) -> Snapped:
    """Nodes as places: at the tails of all allowed edges out of each, or at the heads of those into it."""
    network = graph.network
    ends = network.edge_tail if leaving else network.edge_head
    order = np.argsort(ends, kind="stable")
    first = np.searchsorted(ends[order], nodes, side="left")
    last = np.searchsorted(ends[order], nodes, side="right")
    at, owner = ranges(first, last - first)
    edge = order[at].astype(np.int64)
    open_ = metric.verdict[edge] != Verdict.FORBIDDEN
    return Snapped(
        first=first_of(owner[open_], len(nodes)),
        edge=edge[open_],
        share=np.full(int(open_.sum()), 0.0 if leaving else 1.0),
        gap_m=np.zeros(len(nodes)),
    )


def ranges(first: LongArray, count: LongArray) -> tuple[LongArray, LongArray]:
    """(all numbers of the ranges first..first + count end to end, the range that each belongs to)."""
    owner = np.repeat(np.arange(len(count)), count)
    start = np.cumsum(count) - count
    return np.arange(int(count.sum())) - start[owner] + first[owner], owner


def first_of(owner: LongArray, count: int) -> LongArray:
    """(count + 1,) where the members of each owner begin, for owners in ascending order."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64)
