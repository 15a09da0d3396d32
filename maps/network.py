"""RoadNetwork: a drivable directed graph as plain arrays, with names, geometry and attribution.

A network is built from an osmnx-style simplified MultiDiGraph (nodes with x, y; edges with length in metres
and speed or highway class) and is immutable afterwards. Nodes and edges are numbered 0..n-1 and 0..m-1;
those numbers are only meaningful for one network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from haoyun.maps.errors import BadCoordinate, BadMapFile
from haoyun.maps.geodesy import EARTH_RADIUS_M, check_position

if TYPE_CHECKING:
    from pathlib import Path as FilePath

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
KINDS = ("schematic", "streets")


@dataclass(frozen=True, slots=True)
class NodeName:
    """What a node is called; rank 1 is shown first (capitals), 5 last (street corners)."""

    zh: str
    en: str
    rank: int = 3
    code: str = ""  # GB/T 2260 division where there is one

    def __post_init__(self) -> None:
        if not (self.zh or self.en):
            raise ValueError("a node's name needs a Chinese or a Latin form")
        if not 1 <= self.rank <= 5:
            raise ValueError(f"a rank is 1 (most important) to 5, not {self.rank}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """South-west and north-east corner in degrees."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a position lies inside or on the edge."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """Directed roads between nodes. Edge i goes from edge_tail[i] to edge_head[i].

    kind "streets": real geometry. kind "schematic": right connections, lengths and times, but lines that
    only suggest the road; the length of a drawn line is then not the length of the road.
    """

    name: str
    kind: str
    attribution: str
    node_lat: FloatArray  # degrees WGS-84, shape (n,)
    node_lon: FloatArray
    node_name: tuple[NodeName | None, ...]
    edge_tail: IntArray  # shape (m,)
    edge_head: IntArray
    edge_length_m: FloatArray
    edge_speed_kmh: FloatArray  # of a truck
    edge_ref: tuple[str, ...]  # road number or name, "" where unknown
    edge_class: tuple[str, ...]  # OpenStreetMap highway class
    edge_geometry: tuple[FloatArray | None, ...]  # (k, 2) lat, lon rows from tail to head; None = straight
    _tree: cKDTree = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check(self)
        for array in (self.node_lat, self.node_lon, self.edge_tail, self.edge_head, self.edge_length_m):
            array.setflags(write=False)
        self.edge_speed_kmh.setflags(write=False)
        object.__setattr__(self, "_tree", cKDTree(unit_vectors(self.node_lat, self.node_lon)))

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.node_lat)

    @property
    def edge_count(self) -> int:
        """How many directed edges there are."""
        return len(self.edge_tail)

    @property
    def edge_duration_s(self) -> FloatArray:
        """Free-flow seconds a truck needs for each edge."""
        return self.edge_length_m / (self.edge_speed_kmh / 3.6)

    @property
    def bounds(self) -> Bounds:
        """The smallest box around all nodes."""
        lat, lon = self.node_lat, self.node_lon
        return Bounds(float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max()))

    def position(self, node: int) -> tuple[float, float]:
        """(lat, lon) of a node."""
        return float(self.node_lat[node]), float(self.node_lon[node])

    def edge_line(self, edge: int) -> FloatArray:
        """(k, 2) lat, lon rows of an edge from tail to head, k >= 2."""
        line = self.edge_geometry[edge]
        if line is not None:
            return line
        ends = [self.edge_tail[edge], self.edge_head[edge]]
        return np.column_stack([self.node_lat[ends], self.node_lon[ends]])

    def nearest_node(self, lat: float, lon: float) -> tuple[int, float]:
        """(node, straight-line distance in metres) of the node closest to a position."""
        check_position(lat, lon)
        nodes, distances_m = self.nearest_nodes([lat], [lon])
        return int(nodes[0]), float(distances_m[0])

    def nearest_nodes(self, lat: ArrayLike, lon: ArrayLike) -> tuple[IntArray, FloatArray]:
        """Nearest nodes and distances in metres for arrays of positions."""
        y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
        if not (np.all(np.abs(y) <= 90) and np.all(np.abs(x) <= 180)):
            raise BadCoordinate("a latitude is outside -90..90 or a longitude outside -180..180")
        chord, nodes = self._tree.query(unit_vectors(y, x))
        return nodes.astype(np.int32), 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2, 0, 1))

    def to_geojson(self, simplify_deg: float = 0.0) -> dict[str, Any]:
        """The roads as a GeoJSON FeatureCollection for drawing; see `haoyun.maps.geojson`."""
        from haoyun.maps.geojson import roads_geojson  # noqa: PLC0415 - it needs this file

        return roads_geojson(self, simplify_deg)

    def places_geojson(self) -> dict[str, Any]:
        """The named nodes as GeoJSON points with name_zh, name_en, rank and code."""
        from haoyun.maps.geojson import places_geojson  # noqa: PLC0415 - it needs this file

        return places_geojson(self)

    @classmethod
    def from_graph(cls, graph: Any, *, name: str, kind: str, attribution: str) -> RoadNetwork:
        """Build from an osmnx-style MultiDiGraph; see `haoyun.maps.graph`."""
        from haoyun.maps.graph import network_from_graph  # noqa: PLC0415 - it needs this file

        return network_from_graph(graph, name=name, kind=kind, attribution=attribution)

    def save(self, path: FilePath) -> None:
        """Write the network to one file; see `haoyun.maps.mapfile`."""
        from haoyun.maps.mapfile import save  # noqa: PLC0415 - it needs this file

        save(self, path)

    @classmethod
    def load(cls, path: FilePath) -> RoadNetwork:
        """Read a file that `save` wrote; BadMapFile if it is anything else."""
        from haoyun.maps.mapfile import load  # noqa: PLC0415 - it needs this file

        return load(path)


def unit_vectors(lat: ArrayLike, lon: ArrayLike) -> FloatArray:
    """Positions as points on the unit sphere, where straight chords order like great circles."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def _check(network: RoadNetwork) -> None:
    n, m = len(network.node_lat), len(network.edge_tail)
    per_edge = (network.edge_head, network.edge_length_m, network.edge_speed_kmh, network.edge_ref)
    if network.kind not in KINDS:
        raise BadMapFile(f"a network is one of {', '.join(KINDS)}, not {network.kind!r}")
    if n == 0 or m == 0:
        raise BadMapFile(f"the network {network.name!r} has no drivable road")
    if not len(network.node_lon) == len(network.node_name) == n:
        raise BadMapFile("every node needs a latitude, a longitude and a name slot")
    if any(len(column) != m for column in (*per_edge, network.edge_class, network.edge_geometry)):
        raise BadMapFile("every edge needs a head, a length, a speed, a ref, a class and a geometry slot")
    if not (np.all(np.abs(network.node_lat) <= 90) and np.all(np.abs(network.node_lon) <= 180)):
        raise BadMapFile("a node lies outside latitude -90..90 or longitude -180..180")
    ends = np.concatenate([network.edge_tail, network.edge_head])
    if ends.min() < 0 or ends.max() >= n:
        raise BadMapFile(f"an edge ends at a node outside 0..{n - 1}")
    if not (np.all(network.edge_length_m >= 0) and np.all(np.isfinite(network.edge_length_m))):
        raise BadMapFile("an edge's length is negative or not a number")
    if not np.all(network.edge_speed_kmh > 0):
        raise BadMapFile("an edge's speed is not above zero")
