"""Getting the compiled code ready: the first use on an installation compiles it, which takes some 20 seconds.

`warm_up` does that in one known place. `make install` calls it, and so do
`haoyun map import` and the commands before they read their first question; a server may call it at its start.
Afterwards the machine code lies beside the source (or in the user's cache folder) and is loaded in a fraction of
a second.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from haoyun.maps.network import RoadNetwork


def warm_up() -> float:
    """Load the compiled code, compiling what was never compiled here; seconds it took."""
    from haoyun.maps.node_engine import NodeEngine  # noqa: PLC0415 - this file is imported to be called
    from haoyun.maps.roads.profiles import get_profile  # noqa: PLC0415
    from haoyun.maps.roads.road_engine import RoadEngine  # noqa: PLC0415
    from haoyun.maps.roads.road_graph import RoadGraph  # noqa: PLC0415
    from haoyun.maps.roads.trips import starts_of  # noqa: PLC0415

    began = time.perf_counter()
    network = _crossroads()
    engine = RoadEngine(RoadGraph(network), get_profile("truck-40t"))
    ends = [(0.0, 0.002), (0.002, 0.0)]
    engine.route(ends[0], ends[1])
    engine.point_matrix(ends)
    engine.close_edges([0])
    metric = engine.metric()
    metric.search.reach(starts_of(engine.graph, metric, engine.snap(ends)))
    NodeEngine(network).matrix([0], [1])
    return time.perf_counter() - began


def prepare(network: RoadNetwork, keep_in: Path) -> tuple[int, int]:
    """Get everything ready for the first question on a map: compiled code, and the hierarchy kept in its folder.

    (turns, arcs of the hierarchy).
    """
    from haoyun.maps.roads.road_graph import RoadGraph  # noqa: PLC0415 - this file is imported to be called

    warm_up()
    graph = RoadGraph(network, keep_in=keep_in)
    return len(graph.states.tail), graph.hierarchy.arc_count


def _crossroads() -> RoadNetwork:
    """A lattice of 8 by 8 crossings: enough turns that closing one road is a small change."""
    side = 8
    node = np.arange(side * side)
    right, below = node[node % side < side - 1], node[node < side * (side - 1)]
    a = np.concatenate([right, below])
    b = np.concatenate([right + 1, below + side])
    tail, head = np.concatenate([a, b]).astype(np.int32), np.concatenate([b, a]).astype(np.int32)
    count = len(tail)
    return RoadNetwork(
        name="crossroads",
        kind="streets",
        attribution="none",
        node_lat=np.asarray((node // side) / 1000.0, dtype=np.float64),
        node_lon=np.asarray((node % side) / 1000.0, dtype=np.float64),
        node_name=(None,) * len(node),
        edge_tail=tail,
        edge_head=head,
        edge_length_m=np.full(count, 111.0),
        edge_speed_kmh=np.full(count, 50.0),
        edge_ref=("",) * count,
        edge_class=("primary",) * count,
        edge_geometry=(None,) * count,
    )
