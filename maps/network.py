"""RoadNetwork: a drivable directed graph as plain arrays, with names, geometry and attribution.

A network is built from an osmnx-style simplified MultiDiGraph (nodes with x, y; edges with length in metres
and speed or highway class) and is immutable afterwards. Nodes and edges are numbered 0..n-1 and 0..m-1;
those numbers are only meaningful for one network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.columns import Lines, Words
from haoyun.maps.errors import BadCoordinate, BadMapFile
from haoyun.maps.geodesy import EARTH_RADIUS_M, check_position
from haoyun.maps.rules import NO_LIMITS, RoadRules, TurnBan

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from scipy.spatial import cKDTree

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
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

    Words and lines may be given as plain tuples and are kept as columns (`haoyun.maps.columns`). What is left
    out is filled: no way ids, no limits, no banned turns.
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
    edge_ref: Sequence[str]  # road number or name, "" where unknown; kept as Words
    edge_class: Sequence[str]  # OpenStreetMap highway class; kept as Words
    edge_geometry: Sequence[
        FloatArray | None
    ]  # (k, 2) lat, lon, tail to head; None = straight; kept as Lines
    edge_way: LongArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # OSM way id, 0 = none
    edge_rules: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))  # index into `rules`
    rules: tuple[RoadRules, ...] = (NO_LIMITS,)  # the distinct legal situations; rules[0] is "no limits"
    turn_bans: tuple[TurnBan, ...] = ()
    _tree: cKDTree | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        _fill(self)
        _check(self)
        object.__setattr__(self, "edge_geometry", Lines.of(self.edge_geometry, _straight(self)))
        for name in _FROZEN:
            getattr(self, name).setflags(write=False)

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

    @property
    def lines(self) -> Lines:
        """Every edge's line in one array: `lines.points` (p, 2) lat, lon and `lines.offsets` (m + 1,)."""
        assert isinstance(self.edge_geometry, Lines)  # since __post_init__
        return self.edge_geometry

    @property
    def classes(self) -> Words:
        """`edge_class` as a table of words and codes, for masks over all edges."""
        assert isinstance(self.edge_class, Words)
        return self.edge_class

    def rules_of(self, edge: int) -> RoadRules:
        """The legal situation on an edge, in its direction."""
        return self.rules[int(self.edge_rules[edge])]

    def edge_line(self, edge: int) -> FloatArray:
        """(k, 2) lat, lon rows of an edge from tail to head, k >= 2."""
        return self.lines[edge]

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
        chord, nodes = self._search_tree().query(unit_vectors(y, x))
        return nodes.astype(np.int32), 2 * EARTH_RADIUS_M * np.arcsin(np.clip(chord / 2, 0, 1))

    def _search_tree(self) -> cKDTree:
        """Built when first asked for: a process that only reads a map should not pay for it."""
        if self._tree is None:
            from scipy.spatial import cKDTree  # noqa: PLC0415 - as above

            object.__setattr__(self, "_tree", cKDTree(unit_vectors(self.node_lat, self.node_lon)))
        return self._tree

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

    def to_graph(self) -> Any:
        """The network as a MultiDiGraph for osmnx and networkx; see `haoyun.maps.graph`."""
        from haoyun.maps.graph import graph_of_network  # noqa: PLC0415 - it needs this file

        return graph_of_network(self)

    def save(self, folder: FilePath) -> None:
        """Write the network into a map's folder; see `haoyun.maps.mapfile`."""
        from haoyun.maps.mapfile import save  # noqa: PLC0415 - it needs this file

        save(self, folder)

    @classmethod
    def load(cls, folder: FilePath) -> RoadNetwork:
        """Read a folder that `save` wrote; BadMapFile if it is anything else."""
        from haoyun.maps.mapfile import load  # noqa: PLC0415 - it needs this file

        return load(folder)


def unit_vectors(lat: ArrayLike, lon: ArrayLike) -> FloatArray:
    """Positions as points on the unit sphere, where straight chords order like great circles."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


_FROZEN = (
    "node_lat",
    "node_lon",
    "edge_tail",
    "edge_head",
    "edge_length_m",
    "edge_speed_kmh",
    "edge_way",
    "edge_rules",
)


def _fill(network: RoadNetwork) -> None:
    """Put columns in the place of plain sequences, and defaults in the place of what was left out."""
    m = len(network.edge_tail)
    columns: dict[str, Any] = {}
    if not len(network.edge_way):
        columns["edge_way"] = np.zeros(m, dtype=np.int64)
    if not len(network.edge_rules):
        columns["edge_rules"] = np.zeros(m, dtype=np.int32)
    columns["edge_ref"] = Words.of(network.edge_ref)
    columns["edge_class"] = Words.of(network.edge_class)
    for name, column in columns.items():
        object.__setattr__(network, name, column)


def _straight(network: RoadNetwork) -> FloatArray:
    """(m, 2, 2): the straight line of every edge."""
    at = np.column_stack([network.node_lat, network.node_lon])
    return np.stack([at[network.edge_tail], at[network.edge_head]], axis=1)


def _check(network: RoadNetwork) -> None:
    n, m = len(network.node_lat), len(network.edge_tail)
    per_edge: tuple[Any, ...] = (
        network.edge_head, network.edge_length_m, network.edge_speed_kmh, network.edge_ref,
    )  # fmt: skip
    if network.kind not in KINDS:
        raise BadMapFile(f"a network is one of {', '.join(KINDS)}, not {network.kind!r}")
    if n == 0 or m == 0:
        raise BadMapFile(f"the network {network.name!r} has no drivable road")
    if not len(network.node_lon) == len(network.node_name) == n:
        raise BadMapFile("every node needs a latitude, a longitude and a name slot")
    per_edge += (network.edge_class, network.edge_geometry, network.edge_way, network.edge_rules)
    if any(len(column) != m for column in per_edge):
        raise BadMapFile("every edge needs a head, length, speed, ref, class, geometry, way and rules slot")
    if not (np.all(np.abs(network.node_lat) <= 90) and np.all(np.abs(network.node_lon) <= 180)):
        raise BadMapFile("a node lies outside latitude -90..90 or longitude -180..180")
    ends = np.concatenate([network.edge_tail, network.edge_head])
    if ends.min() < 0 or ends.max() >= n:
        raise BadMapFile(f"an edge ends at a node outside 0..{n - 1}")
    if not (np.all(network.edge_length_m >= 0) and np.all(np.isfinite(network.edge_length_m))):
        raise BadMapFile("an edge's length is negative or not a number")
    if not np.all(network.edge_speed_kmh > 0):
        raise BadMapFile("an edge's speed is not above zero")
    _check_rules(network, m)


def _check_rules(network: RoadNetwork, m: int) -> None:
    if not network.rules or not network.rules[0].is_free:
        raise BadMapFile("the first of a network's rules is the one without limits")
    if network.edge_rules.min() < 0 or network.edge_rules.max() >= len(network.rules):
        raise BadMapFile(f"an edge's rules are outside 0..{len(network.rules) - 1}")
    if any(max(ban.from_edge, ban.to_edge, *ban.via_edges) >= m for ban in network.turn_bans):
        raise BadMapFile(f"a turn ban names an edge outside 0..{m - 1}")
