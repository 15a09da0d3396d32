"""Seeded drives over a road network, with the truth: for tests and benchmarks of map matching.

A drive follows a fastest, a shortest or a habitual way (fastest by times that are off by a quarter, as a driver
knows them) between two random nodes, at the speed of each edge times the driver's own factor, brakes for bends,
stops at some junctions, and accelerates as a vehicle does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.matching.graph import end_bearings
from haoyun.maps.matching.trace import Trace, make_trace
from haoyun.maps.network import RoadNetwork

KINDS = ("fastest", "shortest", "habit")
STEP_M = 2.0
M_PER_DEG = 6371008.8 * np.pi / 180


@dataclass(frozen=True)
class Drive:
    """The truth: edges, and on a fine time scale where along them the vehicle was."""

    kind: str
    edges: np.ndarray
    along_m: np.ndarray  # from the tail of the first edge
    time_s: np.ndarray  # of each along_m


class Drives:
    """Makes drives on one network."""

    def __init__(self, network: RoadNetwork, index: EdgeIndex, speed_kmh: np.ndarray | None = None) -> None:
        self.network, self.index = network, index
        self.speed_kmh = network.edge_speed_kmh if speed_kmh is None else speed_kmh
        arrives, leaves = end_bearings(network)
        self.arrives, self.leaves = arrives, leaves

    def route(self, start: int, end: int, kind: str, random: np.random.Generator) -> np.ndarray:
        net = self.network
        weight = {"shortest": net.edge_length_m}.get(kind, net.edge_length_m / self.speed_kmh)
        if kind == "habit":
            weight = weight * random.lognormal(0, 0.25, len(weight))
        n = net.node_count
        key = net.edge_tail.astype(np.int64) * n + net.edge_head
        order = np.lexsort((weight, key))
        order = order[net.edge_tail[order] != net.edge_head[order]]
        keys, first = np.unique(key[order], return_index=True)
        edge = order[first]
        graph = csr_array((np.maximum(weight[edge], 1e-9), (keys // n, keys % n)), shape=(n, n))
        _, before = dijkstra(graph, indices=start, return_predecessors=True)
        nodes = [end]
        while nodes[-1] != start:
            if before[nodes[-1]] < 0:
                return np.zeros(0, dtype=np.int64)
            nodes.append(int(before[nodes[-1]]))
        path = np.array(nodes[::-1], dtype=np.int64)
        return edge[np.searchsorted(keys, path[:-1] * n + path[1:])]

    def drive(self, random: np.random.Generator, kind: str, least_m: float = 3000.0) -> Drive:
        while True:
            start, end = random.integers(0, self.network.node_count, 2)
            edges = self.route(int(start), int(end), kind, random)
            if self.network.edge_length_m[edges].sum() >= least_m:
                return self.driven(edges, kind, random)

    def driven(
        self, edges: np.ndarray, kind: str, random: np.random.Generator, begin_s: float = 1e9
    ) -> Drive:
        net = self.network
        length = net.edge_length_m[edges]
        ends = np.cumsum(length)
        first = random.uniform(0, 0.9) * length[0]
        last = ends[-1] - random.uniform(0, 0.9) * length[-1]
        along = np.append(np.arange(first, last, STEP_M), last)
        on = np.minimum(np.searchsorted(ends, along, side="right"), len(edges) - 1)
        limit = self.speed_kmh[edges][on] / 3.6 * random.uniform(0.85, 1.15)
        stop_s = np.zeros(len(along))
        turn = np.abs((self.leaves[edges[1:]] - self.arrives[edges[:-1]] + 180) % 360 - 180)
        for junction, angle in zip(ends[:-1], turn, strict=True):
            at = min(int(np.searchsorted(along, junction)), len(along) - 1)
            if angle > 30:
                limit[at] = min(limit[at], 4.0 + 8.0 * max(0.0, (120 - angle) / 90))
            if random.random() < 0.06:
                limit[at], stop_s[at] = 0.5, random.uniform(5, 45)
        for i in range(1, len(along)):  # 1 m/s2 up, 1.5 m/s2 down
            limit[i] = min(limit[i], np.sqrt(limit[i - 1] ** 2 + 2 * 1.0 * STEP_M))
        for i in range(len(along) - 2, -1, -1):
            limit[i] = min(limit[i], np.sqrt(limit[i + 1] ** 2 + 2 * 1.5 * STEP_M))
        seconds = np.diff(along) / ((limit[1:] + limit[:-1]) / 2) + stop_s[:-1]
        return Drive(kind, edges, along, begin_s + np.concatenate([[0.0], np.cumsum(seconds)]))

    def fixes(
        self,
        drive: Drive,
        interval_s: float,
        sigma_m: float,
        random: np.random.Generator,
        headings: bool = False,
    ) -> tuple[Trace, np.ndarray, np.ndarray]:
        """(noisy trace, true edge of each fix, true offset)."""
        times = np.arange(drive.time_s[0], drive.time_s[-1], interval_s)
        along = np.interp(times, drive.time_s, drive.along_m)
        ends = np.cumsum(self.network.edge_length_m[drive.edges])
        on = np.minimum(np.searchsorted(ends, along, side="right"), len(drive.edges) - 1)
        edge = drive.edges[on]
        offset = along - np.concatenate([[0.0], ends])[on]
        lat, lon = self.index.positions(edge, offset)
        noise = random.normal(0, sigma_m, (2, len(times)))
        extra = {}
        if headings:
            ahead = self.index.positions(edge, np.minimum(offset + 3, self.network.edge_length_m[edge]))
            behind = self.index.positions(edge, np.maximum(offset - 3, 0))
            north = ahead[0] - behind[0]
            east = (ahead[1] - behind[1]) * np.cos(np.radians(lat))
            speed = np.interp(times + 0.5, drive.time_s, drive.along_m) - np.interp(
                times - 0.5, drive.time_s, drive.along_m
            )
            heading = (np.degrees(np.arctan2(east, north)) + random.normal(0, 8, len(times))) % 360
            extra = {"heading_deg": heading, "speed_m_s": np.maximum(0, speed)}
        trace = make_trace(
            times,
            lat + noise[0] / M_PER_DEG,
            lon + noise[1] / M_PER_DEG / np.cos(np.radians(lat)),
            sigma_m=max(sigma_m, 0.5),
            **extra,
        )
        return trace, edge, offset


def intervals_of(
    edges: np.ndarray, length_m: np.ndarray, from_m: float, to_m: float
) -> list[tuple[int, float, float]]:
    """(edge, from, to) of each edge of a way that is cut at both ends."""
    rows = [[int(e), 0.0, float(length_m[e])] for e in edges]
    if rows:
        rows[0][1], rows[-1][2] = from_m, to_m
    return [(e, a, b) for e, a, b in rows]


def truth_intervals(drive: Drive, times: np.ndarray, length_m: np.ndarray) -> list[tuple[int, float, float]]:
    """What was driven between the first and the last fix."""
    first, last = np.interp([times[0], times[-1]], drive.time_s, drive.along_m)
    ends = np.cumsum(length_m[drive.edges])
    starts = ends - length_m[drive.edges]
    use = (ends > first) & (starts < last)
    return [
        (int(e), float(max(0, first - s)), float(min(length_m[e], last - s)))
        for e, s in zip(drive.edges[use], starts[use], strict=True)
    ]


def overlap(
    truth: list[tuple[int, float, float]], found: list[tuple[int, float, float]]
) -> tuple[float, float, float]:
    """(metres of the truth, of them found, metres found that are not in the truth); an edge counts once."""

    def union(rows: list[tuple[int, float, float]]) -> dict[int, list[tuple[float, float]]]:
        by_edge: dict[int, list[tuple[float, float]]] = {}
        for e, a, b in sorted(rows):
            spans = by_edge.setdefault(e, [])
            if spans and a <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], b))
            else:
                spans.append((a, b))
        return by_edge

    want, got = union(truth), union(found)
    both = sum(
        max(0.0, min(b, d) - max(a, c))
        for e, spans in want.items()
        for a, b in spans
        for c, d in got.get(e, [])
    )
    total = sum(b - a for spans in want.values() for a, b in spans)
    return total, both, sum(b - a for spans in got.values() for a, b in spans) - both
