"""The line and the ways of a drive along edges that begins and ends part of the way along them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import segment_lengths_m
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]


def line_along(
    network: RoadNetwork, edges: Sequence[int], first_share: float, last_share: float
) -> FloatArray:
    """(k, 2) lat, lon rows along edges, from a share of the first one to a share of the last, k >= 2."""
    lines = [network.edge_line(edge) for edge in edges]
    if len(lines) == 1:
        return part_of_line(lines[0], first_share, last_share)
    lines[0] = part_of_line(lines[0], first_share, 1.0)
    lines[-1] = part_of_line(lines[-1], 0.0, last_share)
    return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])


def part_of_line(line: FloatArray, from_share: float, to_share: float) -> FloatArray:
    """The part of a line of (lat, lon) rows between two shares of its length, 0 <= from <= to <= 1."""
    if from_share <= 0 and to_share >= 1:
        return line
    along = np.concatenate([[0.0], np.cumsum(segment_lengths_m(line))])
    start, end = from_share * along[-1], to_share * along[-1]
    inside = (along > start) & (along < end)
    at = np.concatenate([[start], along[inside], [end]])
    return np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])])


def osm_ways(network: RoadNetwork, edges: Sequence[int]) -> tuple[int, ...]:
    """OpenStreetMap ways in driving order, repeats joined; edges that have none are left out."""
    ways = network.edge_way[list(edges)]
    ways = ways[ways != 0]
    return tuple(ways[np.append(True, ways[1:] != ways[:-1])].tolist()) if len(ways) else ()
