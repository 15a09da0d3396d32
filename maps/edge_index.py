"""EdgeIndex: the nearest points on a network's edges, for many positions at once.

A uniform grid over the pieces of all edges, searched in rings outwards from each position until nothing
outside can be nearer: exact, whatever the size of the cells. Both directions of a street are two edges, and
both are found. Used for snapping and for map matching.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

# Pieces for each cell of the grid, on average over its box: more makes the rings coarse, fewer makes many
# empty cells to walk through. On a city 1 to 2 is the flat part of the curve.
_PIECES_PER_CELL = 1.0
_MOST_CELLS = 20_000_000  # bounds the memory of a sparse national network: 160 MB


@dataclass(frozen=True, slots=True, eq=False)
class EdgePoints:
    """Points on edges, shape (positions, most), nearest first; edge -1 and distance inf where none is left.

    distance_m is measured in the plane that is true to scale at the position (0.1 % off for 10 km at 50°).
    """

    edge: IntArray
    offset_m: FloatArray  # along the edge from its tail, 0..edge_length_m
    distance_m: FloatArray  # from the position to the point


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The straight pieces that all edges are made of, edge after edge; those of edge e are first[e]..first[e+1].

    A row of `line` is (x of its start, y of its start, x of its end, y of its end) in degrees, x counted from
    the index's own meridian; start_m is the piece's start along its edge.
    """

    line: FloatArray  # (pieces, 4)
    edge: IntArray  # (pieces,)
    first: NDArray[np.int64]  # (edges + 1,)
    start_m: FloatArray
    length_m: FloatArray


class EdgeIndex:
    """Finds the nearest points on the edges of one network; immutable once built, safe to share by threads."""

    def __init__(self, network: RoadNetwork) -> None:
        from haoyun.maps import edge_index_kernels as kernels  # noqa: PLC0415 - imports numba

        self._network = network
        # Longitudes count from the middle of the network, so that no road crosses the end of the scale.
        self._meridian = _middle_meridian(network.node_lon)
        self._pieces = pieces = _pieces(network, self._meridian)
        # One rising scale over all edges: metres of all edges before plus the piece's start on its own.
        self._edge_at_m = np.cumsum(network.edge_length_m) - network.edge_length_m
        self._scale_m = self._edge_at_m[pieces.edge] + pieces.start_m
        self._grid, self._columns, self._rows = _layout(pieces.line)
        self._cells = kernels.cells_of_segments(pieces.line, self._grid, self._columns, self._rows)

    @property
    def network(self) -> RoadNetwork:
        """The network whose edge numbers the answers use."""
        return self._network

    @property
    def pieces(self) -> Pieces:
        """The straight pieces of the edges, for loops that walk along them."""
        return self._pieces

    def x_of(self, lon: FloatArray) -> FloatArray:
        """Longitudes counted from the meridian that `pieces` counts from."""
        return _wrapped(lon - self._meridian)

    def nearest(
        self,
        lat: ArrayLike,
        lon: ArrayLike,
        *,
        allowed: BoolArray | None = None,
        within_m: float = math.inf,
        most: int = 1,
    ) -> EdgePoints:
        """The `most` nearest edges of each position, each with its nearest point.

        `allowed` (edges,) leaves out the edges where it is False; `within_m` leaves out what is farther away.
        An edge appears once for a position. At equal distance the lower edge number comes first. Raises
        BadCoordinate for positions that are not on Earth and ValueError for a mask of the wrong length.
        """
        return self.nearest_pieces(lat, lon, allowed=allowed, within_m=within_m, most=most)[0]

    def nearest_pieces(
        self,
        lat: ArrayLike,
        lon: ArrayLike,
        *,
        allowed: BoolArray | None = None,
        within_m: float = math.inf,
        most: int = 1,
    ) -> tuple[EdgePoints, IntArray]:
        """`nearest`, and the number in `pieces` that each point lies on (-1 where there is none)."""
        from haoyun.maps import edge_index_kernels as kernels  # noqa: PLC0415 - imports numba

        y, x = self._checked(lat, lon)
        if most < 1 or not within_m >= 0:
            raise ValueError("a search needs most >= 1 and within_m >= 0")
        pieces = self._pieces
        edge, piece, share, away = kernels.nearest_on_edges(
            x, y, pieces.line, pieces.edge, *self._cells, self._grid, self._columns, self._rows,
            self._mask(allowed), float(within_m), most,
        )  # fmt: skip
        offset_m = np.where(edge >= 0, pieces.start_m[piece] + share * pieces.length_m[piece], 0.0)
        return EdgePoints(edge=edge, offset_m=offset_m, distance_m=away), piece

    def positions(self, edge: ArrayLike, offset_m: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(lat, lon) of points on edges, given by edge and metres from its tail (clamped to the edge)."""
        wanted = np.asarray(edge, dtype=np.int64)
        along = np.clip(np.asarray(offset_m, dtype=np.float64), 0, self._network.edge_length_m[wanted])
        pieces = self._pieces
        piece = np.searchsorted(self._scale_m, self._edge_at_m[wanted] + along, side="right") - 1
        piece = np.clip(piece, pieces.first[wanted], pieces.first[wanted + 1] - 1)
        length = pieces.length_m[piece]
        share = np.divide(along - pieces.start_m[piece], length, out=np.zeros_like(along), where=length > 0)
        share = np.clip(share, 0.0, 1.0)
        x0, y0, x1, y1 = pieces.line[piece].T
        return y0 + share * (y1 - y0), _wrapped(x0 + share * (x1 - x0) + self._meridian)

    def _checked(self, lat: ArrayLike, lon: ArrayLike) -> tuple[FloatArray, FloatArray]:
        y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
        x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
        if y.shape != x.shape or y.ndim != 1:
            raise BadCoordinate(f"latitudes {y.shape} and longitudes {x.shape} must be lists of one length")
        if not (np.all(np.abs(y) <= 90) and np.all(np.abs(x) <= 180)):
            raise BadCoordinate("a latitude is outside -90..90 or a longitude outside -180..180")
        return y, _wrapped(x - self._meridian)

    def _mask(self, allowed: BoolArray | None) -> BoolArray:
        m = self._network.edge_count
        if allowed is None:
            return np.ones(m, dtype=np.bool_)
        mask = np.ascontiguousarray(allowed, dtype=np.bool_)
        if mask.shape != (m,):
            raise ValueError(f"a mask of allowed edges has {m} values, one an edge, not {mask.shape}")
        return mask


def flat_lines(network: RoadNetwork) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """(start of each edge's line and the end of all, lat, lon): the geometry of all edges end to end."""
    columns = getattr(network, "lines", None)  # a network that keeps its lines in one array already
    if columns is not None:
        return columns.offsets.astype(np.int64), columns.points[:, 0].copy(), columns.points[:, 1].copy()
    sizes = np.array([2 if line is None else len(line) for line in network.edge_geometry], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)])
    straight = np.array([line is None for line in network.edge_geometry])
    points = np.empty((first[-1], 2))
    lines = [line for line in network.edge_geometry if line is not None]
    if lines:
        points[np.repeat(~straight, sizes)] = np.concatenate(lines)
    for nodes, at in ((network.edge_tail, 0), (network.edge_head, 1)):
        ends = nodes[straight]
        points[first[:-1][straight] + at] = np.column_stack([network.node_lat[ends], network.node_lon[ends]])
    return first, points[:, 0].copy(), points[:, 1].copy()


def _pieces(network: RoadNetwork, meridian: float) -> Pieces:
    """The pieces with their metres, scaled so that those of an edge add up to edge_length_m.

    Drawn lines are shorter than the road on a schematic network; shares of the line are shares of the road.
    """
    offsets, lat, lon = flat_lines(network)
    x = _wrapped(lon - meridian)
    begin = np.delete(np.arange(len(lat)), offsets[1:] - 1)  # every point but the last of each line
    line = np.column_stack([x[begin], lat[begin], x[begin + 1], lat[begin + 1]])
    counts = np.diff(offsets) - 1
    edge = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    first = offsets - np.arange(len(offsets))
    drawn_m = haversine_m(line[:, 1], line[:, 0], line[:, 3], line[:, 2])
    total_m = np.concatenate([[0.0], np.cumsum(drawn_m)])
    whole_m = total_m[first[1:]] - total_m[first[:-1]]
    scale = np.divide(network.edge_length_m, whole_m, out=np.zeros_like(whole_m), where=whole_m > 0)[edge]
    start_m = (total_m[:-1] - total_m[first[:-1]][edge]) * scale
    return Pieces(line=line, edge=edge, first=first, start_m=start_m, length_m=drawn_m * scale)


def _layout(segment: FloatArray) -> tuple[FloatArray, int, int]:
    """((west, south, cell width, cell height) in degrees, columns, rows) of a grid of square cells."""
    west, south = segment[:, [0, 2]].min(), segment[:, [1, 3]].min()
    east, north = segment[:, [0, 2]].max(), segment[:, [1, 3]].max()
    squeeze = max(0.01, math.cos(math.radians((south + north) / 2)))
    width, height = max((east - west) * squeeze, 1e-5), max(north - south, 1e-5)
    wanted = min(_MOST_CELLS, max(1.0, len(segment) / _PIECES_PER_CELL))
    side = max(math.sqrt(width * height / wanted), (width + height) / wanted)
    columns, rows = math.floor(width / side) + 1, math.floor(height / side) + 1
    return np.array([west, south, side / squeeze, side]), columns, rows


def _middle_meridian(lon: FloatArray) -> float:
    """The longitude opposite the widest gap between nodes."""
    sorted_lon = np.sort(lon)
    gaps = np.diff(sorted_lon, append=sorted_lon[0] + 360.0)
    widest = int(gaps.argmax())
    return float(_wrapped(np.array([sorted_lon[widest] + gaps[widest] / 2 + 180.0]))[0])


def _wrapped(degrees: FloatArray) -> FloatArray:
    """Degrees brought into -180 <= x < 180; values inside are left as they are, bit for bit."""
    return np.where(np.abs(degrees) <= 180.0, degrees, (degrees + 180.0) % 360.0 - 180.0)
