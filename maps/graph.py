"""Between an osmnx-style MultiDiGraph and a RoadNetwork: numbering, truck speeds and rules, the connected core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import BadMapFile
from haoyun.maps.geojson import drawn_edges
from haoyun.maps.network import NodeName, RoadNetwork
from haoyun.maps.osm.tags import KEYS, rules_of
from haoyun.maps.rules import RuleBook
from haoyun.maps.speeds import TRUCK_SPEED_KMH, parse_maxspeed_kmh, way_speed_kmh

__all__ = [
    "TRUCK_SPEED_KMH",
    "graph_of_network",
    "network_from_graph",
    "parse_maxspeed_kmh",
    "truck_speed_kmh",
]

# The graph's edges have a direction already, and osmnx turns `oneway` into a truth value.
_DIRECTION_KEYS = frozenset(
    {"oneway", "oneway:hgv", "oneway:vehicle", "oneway:motor_vehicle", "junction", "highway"}
)


def network_from_graph(graph: Any, *, name: str, kind: str, attribution: str) -> RoadNetwork:
    """The largest strongly connected part of a MultiDiGraph as a RoadNetwork.

    Nodes need `x` and `y` in WGS-84 degrees and may carry `name` (a NodeName). Edges need `length` in metres
    and may carry `speed_kph` or `maxspeed`, `highway`, `ref`, `name`, `osmid`, `reversed`, truck tags such as
    `maxheight`, and `geometry` (a LineString or (lat, lon) rows). A graph knows no turn restrictions. Raises
    BadMapFile if nothing drivable is left.
    """
    nodes = list(graph.nodes)
    number = {node: i for i, node in enumerate(nodes)}
    edges = [(number[u], number[v], data) for u, v, data in graph.edges(data=True)]
    if not edges:
        raise BadMapFile(f"the map {name!r} has no drivable road")
    kept = _connected_core(len(nodes), edges)
    renumber = np.cumsum(kept) - 1
    edges = [(int(renumber[u]), int(renumber[v]), data) for u, v, data in edges if kept[u] and kept[v]]
    core = [graph.nodes[node] for node, keep in zip(nodes, kept, strict=True) if keep]
    book = RuleBook()
    return RoadNetwork(
        name=name,
        kind=kind,
        attribution=attribution,
        node_lat=np.array([data["y"] for data in core], dtype=np.float64),
        node_lon=np.array([data["x"] for data in core], dtype=np.float64),
        node_name=tuple(_node_name(data) for data in core),
        edge_tail=np.array([u for u, _, _ in edges], dtype=np.int32),
        edge_head=np.array([v for _, v, _ in edges], dtype=np.int32),
        edge_length_m=np.array([data["length"] for _, _, data in edges], dtype=np.float64),
        edge_speed_kmh=np.array([truck_speed_kmh(data) for _, _, data in edges], dtype=np.float64),
        edge_ref=tuple(_first(data.get("ref")) or _first(data.get("name")) for _, _, data in edges),
        edge_class=tuple(_first(data.get("highway")) for _, _, data in edges),
        edge_geometry=tuple(_line(data.get("geometry")) for _, _, data in edges),
        edge_way=np.array([int(_first(data.get("osmid")) or 0) for _, _, data in edges], dtype=np.int64),
        edge_rules=np.array([_rules_number(data, book) for _, _, data in edges], dtype=np.int32),
        rules=book.all(),
    )


def graph_of_network(network: RoadNetwork) -> Any:
    """The network as a MultiDiGraph that osmnx's functions take: crs epsg:4326, one edge for each edge.

    Nodes are numbered as in the network and have `x`, `y`, `street_count` (and `name`). Edges have `osmid`,
    `highway`, `ref`, `length`, `speed_kph`, `travel_time`, `oneway`, `geometry` and `edge`, their number there.
    Turn bans have no place in such a graph.
    """
    import networkx as nx  # noqa: PLC0415 - only for those who want a graph
    import shapely  # noqa: PLC0415

    graph = nx.MultiDiGraph(
        crs="epsg:4326", simplified=True, name=network.name, attribution=network.attribution
    )
    roads = drawn_edges(network)
    ends = np.concatenate([network.edge_tail[roads], network.edge_head[roads]])
    streets = np.bincount(ends, minlength=network.node_count).tolist()
    for i, name in enumerate(network.node_name):
        lat, lon = network.position(i)
        graph.add_node(i, x=lon, y=lat, street_count=streets[i], **({"name": name} if name else {}))
    lines = shapely.linestrings(
        network.lines.points[:, ::-1],
        indices=np.repeat(np.arange(network.edge_count), np.diff(network.lines.offsets)),
    )
    tails, heads = network.edge_tail.tolist(), network.edge_head.tolist()
    pairs = set(zip(tails, heads, strict=True))
    columns = (
        network.edge_length_m.tolist(), network.edge_speed_kmh.tolist(), network.edge_duration_s.tolist(),
        network.edge_way.tolist(), network.edge_ref, network.edge_class, lines,
    )  # fmt: skip
    for edge, (u, v, length, speed, seconds, way, ref, road, line) in enumerate(
        zip(tails, heads, *columns, strict=True)
    ):
        graph.add_edge(
            u, v, edge=edge, osmid=way, highway=road, ref=ref, length=length, speed_kph=speed, travel_time=seconds,
            oneway=(v, u) not in pairs, geometry=line,
        )  # fmt: skip
    return graph


def truck_speed_kmh(data: dict[str, Any]) -> float:
    """Speed of a truck on a graph's edge: `speed_kph` as given, else the class's speed capped by `maxspeed`."""
    given = data.get("speed_kph")
    if given:
        return float(given)
    tags = {key: _first(value) for key, value in data.items() if key in KEYS}
    return way_speed_kmh(tags, forward=data.get("reversed") is not True)


def _rules_number(data: dict[str, Any], book: RuleBook) -> int:
    tags = {key: _first(value) for key, value in data.items() if key in KEYS and key not in _DIRECTION_KEYS}
    return book.number(rules_of(tags, forward=data.get("reversed") is not True)) if tags else 0


def _connected_core(node_count: int, edges: list[tuple[int, int, dict[str, Any]]]) -> NDArray[np.bool_]:
    from scipy.sparse import coo_array  # noqa: PLC0415 - only where a network is built
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    tails, heads = [u for u, _, _ in edges], [v for _, v, _ in edges]
    links = coo_array((np.ones(len(edges)), (tails, heads)), shape=(node_count, node_count))
    _, label = connected_components(links, connection="strong")
    return np.asarray(label == np.bincount(label).argmax())


def _node_name(data: dict[str, Any]) -> NodeName | None:
    name = data.get("name")
    return name if isinstance(name, NodeName) else None


def _first(value: Any) -> str:
    """osmnx joins the values of merged ways into a list; the first stands for the whole edge."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = next(iter(value), "")
    return "" if value is None else str(value)


def _line(geometry: Any) -> NDArray[np.float64] | None:
    if geometry is None:
        return None
    if hasattr(geometry, "coords"):  # a shapely LineString has x (longitude) first
        return np.asarray(geometry.coords, dtype=np.float64)[:, 1::-1].copy()
    return np.asarray(geometry, dtype=np.float64)
