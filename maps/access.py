"""From positions to the network and back: matrices and paths between points that are not nodes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from haoyun.maps.engine import FloatArray, Matrix, MatrixEngine, Path, join_paths
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.network import RoadNetwork

ACCESS_SPEED_KMH = 30.0  # between a yard's gate and the network, as the crow flies
_ACCESS_M_S = ACCESS_SPEED_KMH / 3.6

LatLon = tuple[float, float]


def point_matrix(network: RoadNetwork, engine: MatrixEngine, points: Sequence[LatLon]) -> Matrix:
    """Square matrix between (lat, lon) points: snap to the nearest node, add the access at both ends.

    Two points at the same node are a straight line apart. The diagonal is 0.
    """
    if not points:
        return Matrix(duration_s=np.zeros((0, 0)), distance_m=np.zeros((0, 0)))
    lat, lon = np.array(points, dtype=np.float64).T
    nodes, access_m = network.nearest_nodes(lat, lon)
    inner = engine.matrix(nodes, nodes)
    both_m = access_m[:, None] + access_m[None, :]
    same = nodes[:, None] == nodes[None, :]
    straight_m = haversine_m(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    off_road_m = np.where(same, straight_m, both_m)
    return Matrix(
        duration_s=_zero_diagonal(inner.duration_s + off_road_m / _ACCESS_M_S),
        distance_m=_zero_diagonal(inner.distance_m + off_road_m),
    )


def point_path(network: RoadNetwork, engine: MatrixEngine, points: Sequence[LatLon]) -> Path:
    """The fastest path through (lat, lon) points in the given order, with the access at every point.

    Raises NoPath if two neighbours cannot be joined and ValueError for fewer than two points.
    """
    if len(points) < 2:
        raise ValueError("a path needs at least two points")
    return join_paths([_leg(network, engine, a, b) for a, b in pairwise(points)])


def _leg(network: RoadNetwork, engine: MatrixEngine, start: LatLon, end: LatLon) -> Path:
    (from_node, from_m), (to_node, to_m) = network.nearest_node(*start), network.nearest_node(*end)
    if from_node == to_node:
        straight_m = haversine_m(*start, *end)
        return Path((from_node,), (), np.array([start, end]), straight_m, straight_m / _ACCESS_M_S)
    road = engine.path(from_node, to_node)
    return Path(
        nodes=road.nodes,
        edges=road.edges,
        coordinates=np.concatenate([[start], road.coordinates, [end]]),
        distance_m=road.distance_m + from_m + to_m,
        duration_s=road.duration_s + (from_m + to_m) / _ACCESS_M_S,
    )


def _zero_diagonal(square: FloatArray) -> FloatArray:
    np.fill_diagonal(square, 0.0)
    return square
