"""NodeEngine: the MatrixEngine of a network's nodes on a hierarchy, and which engine suits a network.

It answers the same as `ScipyEngine` - every turn is free and every edge open - in a fraction of the time. For
vehicles, turns and positions along edges there is `haoyun.maps.roads.road_engine`.
"""

from __future__ import annotations

from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.compiled import is_warm
from haoyun.maps.engine import Matrix, MatrixEngine, ScipyEngine
from haoyun.maps.engine import Path as RoadPath
from haoyun.maps.errors import NoPath
from haoyun.maps.network import RoadNetwork
from haoyun.maps.roads.profiles import VehicleProfile
from haoyun.maps.roads.road_engine import RoadEngine
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.road_line import line_along
from haoyun.maps.roads.road_metric import HourlySpeeds
from haoyun.maps.roads.turns import road_links
from haoyun.maps.search.dissection import dissect
from haoyun.maps.search.hierarchy import Customized, Hierarchy
from haoyun.maps.search.search import Ends
from haoyun.maps.search.weights import NO_WAY, pack, unpack

LongArray = NDArray[np.int64]

SMALL = 2000  # nodes: below, Dijkstra answers before the compiled search is even loaded


class NodeEngine:
    """Times, distances and paths between nodes on a contraction hierarchy; safe to use from several threads."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        tail, head = network.edge_tail.astype(np.int64), network.edge_head.astype(np.int64)
        weight = pack(network.edge_duration_s, network.edge_length_m)
        order = np.lexsort((weight, tail * network.node_count + head))
        self._key, best = np.unique((tail * network.node_count + head)[order], return_index=True)
        self._edge = order[best]  # the best of parallel edges
        _, a, b = road_links(network)
        squeeze = float(np.cos(np.radians(network.node_lat.mean())))
        _, rank = dissect(network.node_count, a, b, network.node_lon * squeeze, network.node_lat)
        hierarchy = Hierarchy.build(rank, tail[self._edge], head[self._edge])
        self._search: Customized = hierarchy.customized(weight[self._edge])

    def matrix(self, sources: ArrayLike, targets: ArrayLike) -> Matrix:
        """Times and distances between two lists of nodes; inf where there is no way."""
        duration_s, distance_m = self._search.matrix(self._ends(sources), self._ends(targets))
        return Matrix(duration_s=duration_s, distance_m=distance_m)

    def path(self, source: int, target: int) -> RoadPath:
        """The fastest path between two nodes; NoPath if there is none."""
        weight, nodes = self._search.path(self._ends([source]), self._ends([target]))
        if weight >= NO_WAY:
            raise NoPath(f"no drivable way from node {source} to node {target} of {self._network.name!r}")
        if len(nodes) == 1:
            return RoadPath((source,), (), np.array([self._network.position(source)]), 0.0, 0.0)
        keys = nodes[:-1] * self._network.node_count + nodes[1:]
        edges = self._edge[np.searchsorted(self._key, keys)]
        seconds, metres = unpack(weight)
        line = line_along(self._network, edges.tolist(), 0.0, 1.0)
        return RoadPath(tuple(nodes.tolist()), tuple(edges.tolist()), line, metres, seconds)

    def _ends(self, nodes: ArrayLike) -> Ends:
        found = np.atleast_1d(np.asarray(nodes, dtype=np.int64))
        n = self._network.node_count
        if len(found) and not (found.min() >= 0 and found.max() < n):
            raise NoPath(f"the network {self._network.name!r} has nodes 0..{n - 1} only")
        return Ends(np.arange(len(found) + 1), found, np.zeros(len(found), dtype=np.int64))


@overload
def engine_for(network: RoadNetwork) -> MatrixEngine: ...
@overload
def engine_for(
    network: RoadNetwork,
    profile: VehicleProfile,
    *,
    keep_in: Path | None = None,
    speeds: HourlySpeeds | None = None,
) -> RoadEngine: ...
def engine_for(
    network: RoadNetwork,
    profile: VehicleProfile | None = None,
    *,
    keep_in: Path | None = None,
    speeds: HourlySpeeds | None = None,
) -> MatrixEngine | RoadEngine:
    """The engine that suits: for a vehicle a RoadEngine, else one between nodes without limits and turns.

    `keep_in` is the map's folder (`catalog.map_folder`), where a RoadEngine's hierarchy is kept; `speeds` are those of
    each hour of the week (`maps.learning.LearnedSpeeds`), for a RoadEngine that is asked with a departure. Between
    nodes, small networks get Dijkstra, which answers at once; large ones the hierarchy, unless it would first
    have to be compiled (`haoyun.maps.warm`): no server should wait for that at its start.
    """
    if profile is not None:
        return RoadEngine(RoadGraph(network, keep_in=keep_in), profile, speeds)
    return NodeEngine(network) if network.node_count >= SMALL and is_warm() else ScipyEngine(network)
