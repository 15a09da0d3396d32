"""Ways cut into runs: the pieces between junctions, way ends and barriers, as arrays.

Every run lies within one way, so a run has one legal situation in each direction. Where a node of a way is
missing (an extract's edge, a box) the way is cut; what is left on both sides are runs of their own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import haversine_m
from haoyun.maps.osm.reader import Extract

BoolArray = NDArray[np.bool_]
LongArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Pieces of ways in the order of the ways; run i covers positions first[i]..last[i] of `node`.

    `tail` and `head` number vertices: a node's own number, or one above `len(nodes)` for the two sides of a
    barrier that nobody passes. `place[v]` is the node at which vertex v lies.
    """

    node: LongArray  # node number at each position of all ways, -1 where the file has none
    way: LongArray  # number of the way, shape (r,)
    first: LongArray
    last: LongArray
    tail: LongArray
    head: LongArray
    length_m: FloatArray
    place: LongArray  # shape (vertices,)

    def of_way(self, way: int) -> range:
        """The runs of a way, in its order."""
        low, high = np.searchsorted(self.way, [way, way + 1])
        return range(int(low), int(high))


def cut_ways(extract: Extract, *, split_at: Collection[int], blocked: Collection[int]) -> Runs:
    """Runs of all ways; also cut at the node ids of `split_at`, and severed at those of `blocked`."""
    ways, nodes = extract.ways, extract.nodes
    refs, way = _positions(ways.refs, ways.first)
    node = np.searchsorted(nodes.ids, refs)
    node[node == len(nodes.ids)] = 0
    node = np.where(nodes.ids[node] == refs, node, -1)
    joined = (way[:-1] == way[1:]) & (node[:-1] >= 0) & (node[1:] >= 0)  # position p and p + 1

    is_vertex = np.ones(len(refs), dtype=np.bool_)
    is_vertex[1:-1] = ~(joined[:-1] & joined[1:])
    uses = np.bincount(node[node >= 0], minlength=len(nodes.ids))
    severed = _marked(nodes.ids, blocked)
    cut_here = (uses > 1) | severed | _marked(nodes.ids, split_at)
    is_vertex |= (node >= 0) & cut_here[node]

    at = np.flatnonzero(is_vertex)
    starts = at[:-1][joined[at[:-1]]]
    ends = at[np.searchsorted(at, starts, side="right")]
    along = _distances(nodes.lat, nodes.lon, node, joined)
    tail, head, place = _vertices(node, starts, ends, severed)
    return Runs(node, way[starts], starts, ends, tail, head, along[ends] - along[starts], place)


def _positions(refs: LongArray, first: LongArray) -> tuple[LongArray, LongArray]:
    """Node ids and way numbers, without a node that follows itself in a way."""
    way = np.repeat(np.arange(len(first) - 1), np.diff(first))
    keep = np.ones(len(refs), dtype=np.bool_)
    keep[1:] = (refs[1:] != refs[:-1]) | (way[1:] != way[:-1])
    return refs[keep], way[keep]


def _marked(ids: LongArray, wanted: Collection[int]) -> BoolArray:
    return np.isin(ids, np.fromiter(wanted, dtype=np.int64, count=len(wanted)))


def _distances(lat: FloatArray, lon: FloatArray, node: LongArray, joined: BoolArray) -> FloatArray:
    """Metres driven from the first position of the file to each position, gaps counting nothing."""
    a, b = node[:-1], node[1:]
    step_m = np.where(joined, haversine_m(lat[a], lon[a], lat[b], lon[b]), 0.0)
    return np.concatenate([[0.0], np.cumsum(step_m)])


def _vertices(
    node: LongArray, starts: LongArray, ends: LongArray, severed: BoolArray
) -> tuple[LongArray, LongArray, LongArray]:
    tail, head = node[starts].copy(), node[ends].copy()
    place = [np.arange(len(severed), dtype=np.int64)]
    count = len(severed)
    for end in (tail, head):  # every run that touches a barrier gets an end of its own there
        touching = np.flatnonzero(severed[end])
        place.append(end[touching])
        end[touching] = count + np.arange(len(touching))
        count += len(touching)
    return tail, head, np.concatenate(place)
