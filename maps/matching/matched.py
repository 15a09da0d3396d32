"""What map matching answers: for each fix its place on the network, and the ways driven between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class MatchedPart:
    """A stretch driven without a break: each of its edges begins where the one before ends.

    The first edge is driven from from_m on, the last one up to to_m (metres from the edge's tail).
    entered_s and left_s are Unix times, interpolated between the fixes; on the first edge entered_s is the time
    of the first fix, on the last edge left_s that of the last one. edge_confidence is the probability
    (0..1, see docs/reference/maps.md) that the edge was driven.
    """

    first_fix: int
    last_fix: int
    edges: IntArray  # (k,)
    entered_s: FloatArray
    left_s: FloatArray
    edge_confidence: FloatArray
    from_m: float
    to_m: float
    length_m: float
    confidence: float  # mean of edge_confidence weighed by metres

    def coordinates(self, network: RoadNetwork) -> FloatArray:
        """(p, 2) lat, lon rows of the driven line, cut at both ends."""
        lines = [network.edge_line(int(edge)) for edge in self.edges]
        lengths = network.edge_length_m[self.edges]
        if len(lines) == 1:
            return cut_line(lines[0], self.from_m / max(lengths[0], 1e-9), self.to_m / max(lengths[0], 1e-9))
        lines[0] = cut_line(lines[0], self.from_m / max(lengths[0], 1e-9), 1.0)
        lines[-1] = cut_line(lines[-1], 0.0, self.to_m / max(lengths[-1], 1e-9))
        return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A matched trace. Fix columns have shape (n,); edge -1, part -1 and confidence 0 where nothing was found.

    distance_m is from the fix as it came to its place on the edge (inf where there is none).
    """

    edge: IntArray
    offset_m: FloatArray
    distance_m: FloatArray
    confidence: FloatArray
    part: IntArray
    parts: tuple[MatchedPart, ...]


def cut_line(line: FloatArray, start: float, end: float) -> FloatArray:
    """The stretch of a (k, 2) line between two shares (0..1) of its length in the plane of its middle."""
    scale = np.array([1.0, np.cos(np.radians(line[:, 0].mean()))])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*(np.diff(line, axis=0) * scale).T))])
    if along[-1] == 0:
        return line[[0, -1]]
    cuts = np.clip([start, max(start, end)], 0.0, 1.0) * along[-1]
    inner = (along > cuts[0]) & (along < cuts[1])
    ends = np.column_stack([np.interp(cuts, along, line[:, axis]) for axis in (0, 1)])
    return np.concatenate([ends[:1], line[inner], ends[1:]])
