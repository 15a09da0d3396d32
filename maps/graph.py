"""From an osmnx-style MultiDiGraph to a RoadNetwork: numbering, truck speeds, the connected core."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import NodeName, RoadNetwork

# Free-flow speeds of a loaded truck, km/h. Trucks are limited to 80 on expressways by most operators'
# settings and by the vehicle rules of many countries; town classes include the stops at junctions.
TRUCK_SPEED_KMH = {
    "motorway": 80.0, "motorway_link": 45.0, "trunk": 70.0, "trunk_link": 40.0,
    "primary": 50.0, "primary_link": 35.0, "secondary": 42.0, "secondary_link": 30.0,
    "tertiary": 35.0, "tertiary_link": 28.0, "unclassified": 30.0, "residential": 25.0,
    "living_street": 10.0, "service": 15.0, "ferry": 20.0,
}  # fmt: skip
DEFAULT_SPEED_KMH = 25.0
MPH_KMH = 1.609344


def network_from_graph(graph: Any, *, name: str, kind: str, attribution: str) -> RoadNetwork:
    """The largest strongly connected part of a MultiDiGraph as a RoadNetwork.

    Nodes need `x` and `y` in WGS-84 degrees and may carry `name` (a NodeName). Edges need `length` in metres
    and may carry `speed_kph` or `maxspeed`, `highway`, `ref`, `name` and `geometry` (a LineString or
    (lat, lon) rows). Raises BadMapFile if nothing drivable is left.
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
    lat = np.array([data["y"] for data in core], dtype=np.float64)
    lon = np.array([data["x"] for data in core], dtype=np.float64)
    return RoadNetwork(
        name=name,
        kind=kind,
        attribution=attribution,
        node_lat=lat,
        node_lon=lon,
        node_name=tuple(_node_name(data) for data in core),
        edge_tail=np.array([u for u, _, _ in edges], dtype=np.int32),
        edge_head=np.array([v for _, v, _ in edges], dtype=np.int32),
        edge_length_m=np.array([data["length"] for _, _, data in edges], dtype=np.float64),
        edge_speed_kmh=np.array([truck_speed_kmh(data) for _, _, data in edges], dtype=np.float64),
        edge_ref=tuple(_first(data.get("ref")) or _first(data.get("name")) for _, _, data in edges),
        edge_class=tuple(_first(data.get("highway")) for _, _, data in edges),
        edge_geometry=tuple(_line(data.get("geometry")) for _, _, data in edges),
    )


def truck_speed_kmh(data: dict[str, Any]) -> float:
    """Speed of a truck on an edge: `speed_kph` as given, else the class's speed capped by `maxspeed`."""
    given = data.get("speed_kph")
    if given:
        return float(given)
    usual = TRUCK_SPEED_KMH.get(_first(data.get("highway")), DEFAULT_SPEED_KMH)
    limit = parse_maxspeed_kmh(_first(data.get("maxspeed")))
    return min(usual, limit) if limit else usual


def parse_maxspeed_kmh(text: str) -> float | None:
    """'60', '60 km/h' or '35 mph' in km/h; None for 'none', 'signals' and anything else."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|mph)?\s*", text)
    if match is None or float(match[1]) == 0:
        return None
    return float(match[1]) * (MPH_KMH if match[2] == "mph" else 1.0)


def _connected_core(node_count: int, edges: list[tuple[int, int, dict[str, Any]]]) -> NDArray[np.bool_]:
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
