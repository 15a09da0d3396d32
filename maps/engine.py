"""Travel times, distances and paths on a RoadNetwork, behind one protocol.

Every engine answers for the *fastest* path; the distance it reports is the length of that same path, not of
the shortest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.errors import NoPath
from haoyun.maps.geodesy import point_along, polyline_length_m
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

_SHORTEST_STEP_S = 1e-6  # a sparse graph cannot hold an edge of weight 0
_NO_NODE = -9999  # scipy's mark for "no predecessor"
_CHUNK = 64  # sources per search: bounds memory to about 64 x nodes x 40 bytes


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Seconds and metres from each source (row) to each target (column), inf where there is no way.

    distance_m[i, j] is the length of the fastest path, the one that duration_s[i, j] belongs to.
    """

    duration_s: FloatArray
    distance_m: FloatArray

    def __post_init__(self) -> None:
        if self.duration_s.shape != self.distance_m.shape or self.duration_s.ndim != 2:
            raise ValueError("a matrix has durations and distances of the same two dimensions")


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The fastest way: nodes passed, edges used, (k, 2) lat, lon rows, metres and seconds."""

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    coordinates: FloatArray
    distance_m: float
    duration_s: float

    def at(self, distance_m: float) -> tuple[float, float, float]:
        """(lat, lon, bearing_deg) after driving `distance_m` metres of the path, clamped to its ends.

        On a schematic network the drawn line is shorter than the road; the share driven is what counts.
        """
        share = distance_m / self.distance_m if self.distance_m > 0 else 0.0
        return point_along(self.coordinates, share * polyline_length_m(self.coordinates))


class MatrixEngine(Protocol):
    """Anything that finds fastest ways on one network."""

    def matrix(self, sources: ArrayLike, targets: ArrayLike) -> Matrix:
        """Times and distances between two lists of nodes."""
        ...

    def path(self, source: int, target: int) -> Path:
        """The fastest path; NoPath if there is none."""
        ...


class ScipyEngine:
    """Dijkstra from scipy: always present, exact, one search for each source."""

    def __init__(self, network: RoadNetwork) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - takes a quarter of a second

        self._network = network
        n = network.node_count
        self._key, self._edge = _fastest_edges(network)
        weight_s = np.maximum(network.edge_duration_s[self._edge], _SHORTEST_STEP_S)
        self._graph = csr_array((weight_s, (self._key // n, self._key % n)), shape=(n, n))

    def matrix(self, sources: ArrayLike, targets: ArrayLike) -> Matrix:
        """Times and distances between two lists of nodes; inf where there is no way."""
        from_nodes, row = np.unique(np.asarray(sources, dtype=np.int64), return_inverse=True)
        to_nodes = np.asarray(targets, dtype=np.int64)
        _check_nodes(self._network, np.concatenate([from_nodes, to_nodes]))
        duration_s = np.empty((len(from_nodes), len(to_nodes)))
        distance_m = np.empty_like(duration_s)
        for start in range(0, len(from_nodes), _CHUNK):
            rows = slice(start, start + _CHUNK)
            seconds, before = self._search(from_nodes[rows])
            duration_s[rows] = seconds[:, to_nodes]
            distance_m[rows] = self._lengths(before)[:, to_nodes]
        distance_m[np.isinf(duration_s)] = np.inf
        return Matrix(duration_s=duration_s[row], distance_m=distance_m[row])

    def path(self, source: int, target: int) -> Path:
        """The fastest path between two nodes; NoPath if there is none."""
        _check_nodes(self._network, np.array([source, target]))
        _, before = self._search(np.array([source]))
        nodes = [target]
        while nodes[-1] != source:
            previous = int(before[0, nodes[-1]])
            if previous == _NO_NODE:
                raise NoPath(f"no drivable way from node {source} to node {target} of {self._network.name!r}")
            nodes.append(previous)
        nodes.reverse()
        return self._along(nodes)

    def _search(self, sources: NDArray[np.int64]) -> tuple[FloatArray, IntArray]:
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - takes a quarter of a second

        seconds, before = dijkstra(self._graph, indices=sources, return_predecessors=True)
        return seconds, before

    def _edges_between(self, tails: NDArray[np.int64], heads: NDArray[np.int64]) -> NDArray[np.int64]:
        keys = tails * self._network.node_count + heads
        return self._edge[np.searchsorted(self._key, keys)]

    def _lengths(self, before: IntArray) -> FloatArray:
        """Metres along each search tree: every node jumps to its predecessor's predecessor until all
        have reached the root, adding what it skips, so the work grows with the log of the depth."""
        rows, n = before.shape
        here = np.arange(rows * n)
        rooted = before.ravel() == _NO_NODE
        row_start = np.repeat(np.arange(rows) * n, n)
        jump = np.where(rooted, here, row_start + before.ravel())
        total = np.zeros(rows * n)
        moved = np.flatnonzero(~rooted)
        used = self._edges_between(before.ravel()[moved].astype(np.int64), moved % n)
        total[moved] = self._network.edge_length_m[used]
        while len(moved):
            skipped = jump[moved]
            total[moved] += total[skipped]
            jump[moved] = jump[skipped]
            moved = moved[jump[moved] != skipped]
        return total.reshape(rows, n)

    def _along(self, nodes: list[int]) -> Path:
        steps = np.array(nodes, dtype=np.int64)
        edges = self._edges_between(steps[:-1], steps[1:])
        lines = [np.array([self._network.position(nodes[0])])]
        lines += [self._network.edge_line(int(edge))[1:] for edge in edges]
        return Path(
            nodes=tuple(nodes),
            edges=tuple(int(edge) for edge in edges),
            coordinates=np.concatenate(lines),
            distance_m=float(self._network.edge_length_m[edges].sum()),
            duration_s=float(self._network.edge_duration_s[edges].sum()),
        )


def _fastest_edges(network: RoadNetwork) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sorted keys tail * n + head and, for each, the fastest of the parallel edges; loops are left out."""
    tail, head = network.edge_tail.astype(np.int64), network.edge_head.astype(np.int64)
    key = tail * network.node_count + head
    order = np.lexsort((network.edge_duration_s, key))
    order = order[tail[order] != head[order]]
    keys, first = np.unique(key[order], return_index=True)
    return keys, order[first]


def _check_nodes(network: RoadNetwork, nodes: NDArray[np.int64]) -> None:
    if len(nodes) and (nodes.min() < 0 or nodes.max() >= network.node_count):
        raise NoPath(f"the network {network.name!r} has nodes 0..{network.node_count - 1} only")


def join_paths(paths: Sequence[Path]) -> Path:
    """One path out of several that follow each other; a ValueError if the list is empty."""
    if not paths:
        raise ValueError("joining needs at least one path")
    return Path(
        nodes=tuple(paths[0].nodes) + tuple(n for path in paths[1:] for n in path.nodes[1:]),
        edges=tuple(edge for path in paths for edge in path.edges),
        coordinates=np.concatenate([paths[0].coordinates, *(path.coordinates[1:] for path in paths[1:])]),
        distance_m=sum(path.distance_m for path in paths),
        duration_s=sum(path.duration_s for path in paths),
    )
