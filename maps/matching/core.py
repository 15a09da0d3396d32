"""What matching keeps for a network between drives: index, graph, remembered searches; and its candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.geodesy import bearing_deg
from haoyun.maps.matching.graph import match_graph
from haoyun.maps.matching.settings import MatchSettings
from haoyun.maps.matching.tables import LABEL, Costs, Graph, Layers, Rows, Work
from haoyun.maps.matching.trace import Trace
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

_FIRST_POOL, _LARGEST_POOL = 400_000, 6_400_000  # rows of 24 bytes: 10 and 150 MB
_HEAP = 60_000
_STANDING_M_S = 1.5  # below it a heading is noise


class MatchCore:
    """Arrays of one network and one set of allowed edges in the shape that the kernels want. Not for threads."""

    def __init__(
        self,
        network: RoadNetwork,
        index: EdgeIndex | None,
        allowed: BoolArray | None,
        settings: MatchSettings,
        banned_turns: ArrayLike | None = None,
    ) -> None:
        self.network, self.settings = network, settings
        self.index = index or EdgeIndex(network)
        if self.index.network is not network:
            raise ValueError("the edge index belongs to another network")
        m = network.edge_count
        self.allowed = np.ones(m, dtype=np.bool_) if allowed is None else np.asarray(allowed, dtype=np.bool_)
        if self.allowed.shape != (m,):
            raise ValueError(f"a mask of allowed edges has {m} values, one an edge, not {self.allowed.shape}")
        banned = np.zeros((0, 2)) if banned_turns is None else np.asarray(banned_turns)
        graph = match_graph(network, self.allowed, banned.astype(np.int32).reshape(-1, 2))
        self.graph = Graph(
            graph.start, graph.follower, graph.turn_m, graph.drive_m, graph.length_m, graph.duration_s,
            network.node_lat[network.edge_tail], network.node_lon[network.edge_tail], graph.cheapest,
        )  # fmt: skip
        self.costs = Costs(
            settings.beta_m, settings.beta_share, settings.beta_sigma, settings.turn_m, settings.outlier,
            settings.longest_gap_s, settings.farthest_m,
        )  # fmt: skip
        self.work = Work(
            np.zeros(m, dtype=LABEL), np.zeros(m, dtype=np.int64), np.empty(_HEAP),
            np.empty(_HEAP, dtype=np.int32), np.zeros(1, dtype=np.int64),
        )  # fmt: skip
        self.rows = _empty_rows(m, _FIRST_POOL)
        pieces = self.index.pieces
        x0, y0, x1, y1 = pieces.line.T
        self._piece_bearing = bearing_deg(y0, x0, y1, x1)

    def make_room(self) -> None:
        """A larger pool for searches; at its largest size, forget them all and begin anew."""
        m, size = self.network.edge_count, len(self.rows.edge)
        if size >= _LARGEST_POOL:
            self.rows = _empty_rows(m, size)
            return
        old, used = self.rows, int(self.rows.used[0])
        self.rows = _empty_rows(m, 4 * size)
        for before, after in zip(old[:3], self.rows[:3], strict=True):
            after[:] = before
        for before, after in zip(old[3:8], self.rows[3:8], strict=True):
            after[:used] = before[:used]
        self.rows.used[0] = used

    def layers(self, trace: Trace, lat: FloatArray, lon: FloatArray, sigma_m: FloatArray, gap: Any) -> Any:
        """Candidates of fixes: positions smoothed, heading and speed as they came, the time without a fix."""
        reach_m = np.clip(4 * sigma_m + 15, 40, 200)
        points, piece = self.index.nearest_pieces(
            lat, lon, allowed=self.allowed, within_m=float(reach_m.max(initial=0.0)),
            most=self.settings.most_candidates,
        )  # fmt: skip
        edge = np.where(points.distance_m <= reach_m[:, None], points.edge, -1).astype(np.int32)
        spread_m = np.hypot(sigma_m, self.settings.map_sigma_m)[:, None]
        with np.errstate(invalid="ignore"):
            emission = -0.5 * (points.distance_m / spread_m) ** 2 - self._against_heading(trace, piece)
        emission = np.where(edge >= 0, emission, -np.inf)
        return Layers(
            trace.time_s.copy(), lat, lon, sigma_m, gap, edge, points.offset_m, points.distance_m, emission
        )

    def _against_heading(self, trace: Trace, piece: IntArray) -> FloatArray:
        """How much less likely each candidate is for the direction in which the vehicle says it moves."""
        known = np.isfinite(trace.heading_deg) & ~(trace.speed_m_s < _STANDING_M_S)
        turned = self._piece_bearing[piece] - np.where(known, trace.heading_deg, 0.0)[:, None]
        turned = np.abs((turned + 180.0) % 360.0 - 180.0)
        against = np.minimum(0.5 * (turned / self.settings.heading_sigma_deg) ** 2, 8.0)
        return np.where(known[:, None], against, 0.0)


def _empty_rows(edges: int, size: int) -> Any:
    return Rows(
        np.full(edges, -1, dtype=np.int64), np.zeros(edges, dtype=np.int32), np.zeros(edges),
        np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.float32),
        np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32), np.zeros(1, dtype=np.int64),
    )  # fmt: skip
