"""Small road graphs for the tests."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from haoyun.maps.geodesy import polyline_length_m
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


def town_graph(side: int, seed: int = 3) -> Any:
    """side x side crossings about 150 m apart at 60 degrees north; crooked streets, a third of them one-way."""
    random = np.random.default_rng(seed)
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for row in range(side):
        for column in range(side):
            north, east = np.array([row, column]) * 150.0 + random.normal(0, 18, 2)
            graph.add_node(row * side + column, y=60 + north / 111_195, x=east / 111_195 / 0.5)
    for row in range(side):
        for column in range(side):
            here = row * side + column
            for across, neighbour in ((row, here + 1), (column, here + side)):
                if (neighbour == here + 1 and column == side - 1) or neighbour >= side * side:
                    continue
                one_way = across % 3 == 1 and 0 < across < side - 1
                forward = not one_way or across % 2 == 0
                _add_street(graph, here, neighbour, random, forward, not (one_way and forward))
    return graph


def _add_street(graph: Any, a: int, b: int, random: Any, forward: bool, backward: bool) -> None:
    ends = np.array([[graph.nodes[v]["y"], graph.nodes[v]["x"]] for v in (a, b)])
    bend = ends.mean(axis=0) + random.normal(0, 6, 2) / 111_195
    line = np.array([ends[0], bend, ends[1]])
    data = {"length": polyline_length_m(line), "highway": "residential" if a % 3 else "secondary"}
    if forward:
        graph.add_edge(a, b, geometry=line, **data)
    if backward:
        graph.add_edge(b, a, geometry=line[::-1].copy(), **data)
