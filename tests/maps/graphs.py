"""Small road graphs for the tests."""

from __future__ import annotations

from typing import Any

import networkx as nx

from haoyun.maps.network import NodeName, RoadNetwork


def square_graph() -> Any:
    """Four corners about 1.1 km apart (south-west 0, south-east 1, north-east 2, north-west 3), two-way ring."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (lat, lon) in enumerate([(0.0, 0.0), (0.0, 0.01), (0.01, 0.01), (0.01, 0.0)]):
        graph.add_node(node, y=lat, x=lon)
    graph.nodes[0]["name"] = NodeName("起点", "Start & Go", 1)
    for a, b in ((0, 1), (1, 2), (2, 3), (3, 0)):
        graph.add_edge(a, b, length=1200.0, highway="primary", ref="S1")
        graph.add_edge(b, a, length=1200.0, highway="primary", ref="S1")
    return graph


def network(graph: Any, name: str = "test") -> RoadNetwork:
    return RoadNetwork.from_graph(graph, name=name, kind="streets", attribution="© test & co")
