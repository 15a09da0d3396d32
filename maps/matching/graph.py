"""What map matching needs of a network besides its geometry: which edge follows which, and at what price.

Searches run over edges, not nodes, so that a turn can have a price: a u-turn is possible but rarely driven,
and a sharp bend costs a little. Prices are in metres of detour that a driver would take to avoid them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.edge_index import flat_lines
from haoyun.maps.geodesy import bearing_deg
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

U_TURN_M = 200.0
DEAD_END_U_TURN_M = 40.0  # where there is no other way out
SHARP_TURN_M = 40.0  # a full reversal between different roads; less for smaller angles
BANNED_TURN_M = 150.0  # drivers break bans, and maps are wrong about them: dear, not impossible
# Drivers prefer fast roads: a metre at 40 km/h counts 1, at 80 km/h 0.8, at 20 km/h 1.4.
_USUAL_KMH, _TIME_SHARE = 40.0, 0.4


@dataclass(frozen=True, slots=True, eq=False)
class MatchGraph:
    """Edges that may follow each edge (CSR) with the price of the turn, and the price of driving each edge."""

    start: NDArray[np.int64]  # (edges + 1,)
    follower: IntArray
    turn_m: NDArray[np.float32]
    drive_m: NDArray[np.float32]  # (edges,) length weighed by the preference for fast roads
    length_m: FloatArray
    duration_s: FloatArray  # at the network's own speeds
    cheapest: FloatArray  # (1,) the least that a metre is priced at


def match_graph(network: RoadNetwork, allowed: BoolArray, banned: IntArray | None = None) -> MatchGraph:
    """The graph of the allowed edges; an edge that is not allowed neither follows nor is followed.

    `banned` (k, 2) are turns, from edge to edge, that signs forbid.
    """
    m = network.edge_count
    out_order = np.argsort(network.edge_tail, kind="stable")
    out_order = out_order[allowed[out_order]]
    degree = np.bincount(network.edge_tail[out_order], minlength=network.node_count)
    first_out = np.concatenate([[0], np.cumsum(degree)])
    count = np.where(allowed, degree[network.edge_head], 0)
    start = np.concatenate([[0], np.cumsum(count)])
    before = np.repeat(np.arange(m), count)
    rank = np.arange(start[-1]) - start[before]
    after = out_order[first_out[network.edge_head[before]] + rank].astype(np.int32)
    price_m = _turn_prices(network, before, after, count)
    if banned is not None and len(banned):
        forbidden = np.isin(before * m + after, banned[:, 0].astype(np.int64) * m + banned[:, 1])
        price_m[forbidden] += BANNED_TURN_M
    weight = 1 - _TIME_SHARE + _TIME_SHARE * _USUAL_KMH / network.edge_speed_kmh
    return MatchGraph(
        start=start,
        follower=after,
        turn_m=price_m.astype(np.float32),
        drive_m=(network.edge_length_m * weight).astype(np.float32),
        length_m=network.edge_length_m,
        duration_s=network.edge_duration_s,
        cheapest=np.array([weight.min()]),
    )


def _turn_prices(
    network: RoadNetwork, before: NDArray[np.int64], after: IntArray, count: NDArray[np.int64]
) -> FloatArray:
    arrives, leaves = end_bearings(network)
    angle = np.abs((leaves[after] - arrives[before] + 180.0) % 360.0 - 180.0)
    price = SHARP_TURN_M * np.clip((angle - 45.0) / 135.0, 0.0, 1.0)
    back = network.edge_tail[before] == network.edge_head[after]
    u_turn = back & (angle > 150.0)
    price[u_turn] = np.where(count[before[u_turn]] == 1, DEAD_END_U_TURN_M, U_TURN_M)
    return price


def end_bearings(network: RoadNetwork) -> tuple[FloatArray, FloatArray]:
    """(bearing on arriving at the head, bearing on leaving the tail) of each edge, in degrees."""
    first, lat, lon = flat_lines(network)
    tail, head = first[:-1], first[1:] - 1
    arrives = bearing_deg(lat[head - 1], lon[head - 1], lat[head], lon[head])
    leaves = bearing_deg(lat[tail], lon[tail], lat[tail + 1], lon[tail + 1])
    return arrives, leaves
