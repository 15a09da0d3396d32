"""An extract becomes a RoadNetwork: runs to directed edges, the part that vehicles reach, rules, turn bans.

One way for every size, in arrays; decision record 0011 says how it compares with osmnx's simplification.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.columns import Lines, Words
from haoyun.maps.errors import BadMapFile
from haoyun.maps.geodesy import bearing_deg
from haoyun.maps.network import Bounds, RoadNetwork
from haoyun.maps.osm import OSM_ATTRIBUTION
from haoyun.maps.osm.barriers import limited_runs, sort_barriers
from haoyun.maps.osm.reader import CLOSED, Extract, Progress, Ways, read_extract
from haoyun.maps.osm.split import Runs, cut_ways
from haoyun.maps.osm.tags import DEFAULT_CLASSES, combined
from haoyun.maps.osm.turns import turn_bans
from haoyun.maps.rules import Access, RoadRules, RuleBook, Subject

BoolArray = NDArray[np.bool_]
LongArray = NDArray[np.int64]
_FASTEST_FERRY_KMH = 70.0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import left out or could not use, for the person who ran it."""

    ways: int
    left_out_edges: int  # outside the largest part where some vehicle comes from everywhere to everywhere
    left_out_km: float
    ferries: int
    turn_bans: int
    unplaced_restrictions: int  # their roads are not in the map, or there is no other turn
    severed_nodes: int  # bollards and the like
    limited_nodes: int  # height bars and gates for some
    unread_tags: tuple[tuple[str, int], ...]  # "maxheight=low" and how often

    def sentences(self) -> list[str]:
        """The report in plain lines."""
        lines = [
            f"left out: {self.left_out_edges:,} edges ({self.left_out_km:,.0f} km) that no vehicle can both "
            "reach and leave",
            f"{self.turn_bans:,} banned turns; {self.unplaced_restrictions:,} turn restrictions ban nothing here "
            "(their roads are not in the map, or there is no other turn)",
            f"{self.severed_nodes:,} barriers that no truck passes, {self.limited_nodes:,} with a limit; "
            f"{self.ferries:,} ferry edges",
        ]
        if self.unread_tags:
            shown = ", ".join(f"{tag} ({count})" for tag, count in self.unread_tags[:5])
            lines.append(
                f"{len(self.unread_tags)} kinds of tags could not be read, the most frequent: {shown}"
            )
        return lines


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Directed edges that are kept: the run of each and whether it follows the way."""

    run: LongArray
    forward: BoolArray
    tail: LongArray
    head: LongArray
    rules: NDArray[np.int32]

    def only(self, kept: BoolArray) -> _Edges:
        return _Edges(self.run[kept], self.forward[kept], self.tail[kept], self.head[kept], self.rules[kept])


def build_network(
    path: Path,
    *,
    name: str,
    classes: tuple[str, ...] = DEFAULT_CLASSES,
    bbox: Bounds | None = None,
    progress: Progress | None = None,
) -> tuple[RoadNetwork, ImportReport]:
    """The roads of an extract as a network, and what was left out.

    `classes` bring their slip roads along. Raises BadMapFile, in one sentence, for a file that cannot be
    read and where no road is left.
    """
    extract = read_extract(path, classes=classes, bbox=bbox, progress=progress)
    if progress:
        progress("junctions", 0.86)
    return network_of(extract, name)


def network_of(extract: Extract, name: str) -> tuple[RoadNetwork, ImportReport]:
    """The same from an extract that was read."""
    blocked, limited = sort_barriers(extract.nodes.barriers)
    vias = {restriction.via_node for restriction in extract.restrictions} - {0}
    runs = cut_ways(extract, split_at=vias | set(limited), blocked=blocked)
    book = extract.ways.rules
    every = _all_edges(extract.ways, runs)
    _limit_at_nodes(every, runs, extract, limited, book)
    kept = _reached(every, len(runs.place), book.all())
    edges = every.only(kept)
    if len(edges.run) == 0:
        raise BadMapFile(f"{extract.name} holds no road that a vehicle can reach and leave again")
    network, lost = _network(extract, runs, edges, name)
    left_out_m = float(runs.length_m[every.run[~kept]].sum())
    report = ImportReport(
        ways=len(extract.ways.way_id),
        left_out_edges=int((~kept).sum()),
        left_out_km=left_out_m / 1000,
        ferries=int(network.classes.is_one_of(["ferry"]).sum()),
        turn_bans=len(network.turn_bans),
        unplaced_restrictions=lost,
        severed_nodes=len(blocked),
        limited_nodes=len(limited),
        unread_tags=tuple(extract.ways.unread.most_common()),
    )
    return network, report


def _all_edges(ways: Ways, runs: Runs) -> _Edges:
    """Both directions of every run where its way is driven; along the way first, then back, run by run."""
    rules = np.column_stack([ways.rules_forward[runs.way], ways.rules_backward[runs.way]])
    run, side = np.nonzero(rules != CLOSED)
    forward = side == 0
    tail = np.where(forward, runs.tail[run], runs.head[run])
    head = np.where(forward, runs.head[run], runs.tail[run])
    return _Edges(run, forward, tail, head, rules[run, side].astype(np.int32))


def _limit_at_nodes(
    edges: _Edges, runs: Runs, extract: Extract, limited: dict[int, RoadRules], book: RuleBook
) -> None:
    """Put the rules of height bars and gates on the edges that end there."""
    ids = extract.nodes.ids
    numbered = [(int(np.searchsorted(ids, node)), node, rules) for node, rules in limited.items()]
    present = [(at, rules) for at, node, rules in numbered if at < len(ids) and ids[at] == node]
    for run, more in limited_runs(runs, present):
        low, high = np.searchsorted(edges.run, [run, run + 1])
        for edge in range(int(low), int(high)):
            edges.rules[edge] = book.number(combined(book[int(edges.rules[edge])], more))


def _reached(edges: _Edges, vertices: int, rules: tuple[RoadRules, ...]) -> BoolArray:
    """Edges between the vertices of the largest part in which a car or a truck drives to and fro.

    What of it a given vehicle may use, and where it is shut in, its engine knows (`maps.roads.road_metric`).
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - only where a map is imported
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    is_open = np.array([_is_open(one) for one in rules])[edges.rules]
    tail, head = edges.tail[is_open], edges.head[is_open]
    links = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(vertices, vertices))
    _, part = connected_components(links, connection="strong")
    core = part == np.bincount(part).argmax()
    return np.asarray(core[edges.tail] & core[edges.head])


def _is_open(rules: RoadRules) -> bool:
    """Whether cars or trucks may drive there at some time."""
    opens = [rule.value for rule in rules.timed if rule.what in (Subject.HGV, Subject.MOTOR_VEHICLE)]
    found = (rules.hgv, rules.motor_vehicle, *opens)
    return any(access not in (Access.NO, Access.PRIVATE) for access in found)


def _network(extract: Extract, runs: Runs, edges: _Edges, name: str) -> tuple[RoadNetwork, int]:
    ways, nodes = extract.ways, extract.nodes
    used, ends = np.unique(np.concatenate([edges.tail, edges.head]), return_inverse=True)
    place = runs.place[used]
    way = runs.way[edges.run]
    numbered = _Numbered(extract, runs, edges)
    bans, lost = turn_bans(extract.restrictions, numbered)
    rules_used, edge_rules = np.unique(np.concatenate([[0], edges.rules]), return_inverse=True)
    network = RoadNetwork(
        name=name,
        kind="streets",
        attribution=OSM_ATTRIBUTION,
        node_lat=nodes.lat[place],
        node_lon=nodes.lon[place],
        node_name=(None,) * len(used),
        edge_tail=ends[: len(edges.run)].astype(np.int32),
        edge_head=ends[len(edges.run) :].astype(np.int32),
        edge_length_m=runs.length_m[edges.run],
        edge_speed_kmh=_speeds(ways, runs, edges),
        edge_ref=Words(tuple(ways.ref_words), ways.ref_code[way].astype(np.int32)),
        edge_class=Words(tuple(ways.class_words), ways.class_code[way].astype(np.int32)),
        edge_geometry=_lines(extract, runs, edges),
        edge_way=ways.way_id[way].astype(np.int64),
        edge_rules=edge_rules[1:].astype(np.int32),
        rules=tuple(ways.rules[int(number)] for number in rules_used),
        turn_bans=tuple(bans),
    )
    return network, lost


def _speeds(ways: Ways, runs: Runs, edges: _Edges) -> NDArray[np.float64]:
    """km/h of each edge; a ferry's from its whole length and its `duration`."""
    way = runs.way[edges.run]
    speed = np.where(edges.forward, ways.speed_forward[way], ways.speed_backward[way])
    crossing_s = ways.crossing_s[way]
    if not crossing_s.any():
        return np.asarray(speed)
    whole_m = np.bincount(runs.way, weights=runs.length_m, minlength=len(ways.way_id))[way]
    timed = crossing_s > 0
    speed[timed] = np.clip(whole_m[timed] / crossing_s[timed] * 3.6, 0.5, _FASTEST_FERRY_KMH)
    return np.asarray(speed)


def _lines(extract: Extract, runs: Runs, edges: _Edges) -> Lines:
    """The geometry of every edge from tail to head, without a loop over edges."""
    size = runs.last[edges.run] - runs.first[edges.run] + 1
    offsets = np.concatenate([[0], np.cumsum(size)])
    inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], size)
    start = np.where(edges.forward, runs.first[edges.run], runs.last[edges.run])
    step = np.where(edges.forward, 1, -1)
    node = runs.node[np.repeat(start, size) + np.repeat(step, size) * inside]
    points = np.column_stack([extract.nodes.lat[node], extract.nodes.lon[node]])
    return Lines(points, offsets.astype(np.int64))


class _Numbered:
    """The view that `turns` needs, over the arrays of one import."""

    def __init__(self, extract: Extract, runs: Runs, edges: _Edges) -> None:
        self._extract, self._runs, self._edges = extract, runs, edges
        self._way_order = np.argsort(extract.ways.way_id, kind="stable")
        self._way_ids = extract.ways.way_id[self._way_order]
        self._of_run = np.full((len(runs.way), 2), -1, dtype=np.int64)
        self._of_run[edges.run, np.where(edges.forward, 0, 1)] = np.arange(len(edges.run))
        self._by_tail = np.argsort(edges.tail, kind="stable")
        self._tails = edges.tail[self._by_tail]

    def way_runs(self, way_id: int) -> range:
        at = int(np.searchsorted(self._way_ids, way_id))
        if at == len(self._way_ids) or self._way_ids[at] != way_id:
            return range(0)
        return self._runs.of_way(int(self._way_order[at]))

    def vertex(self, node_id: int) -> int:
        ids = self._extract.nodes.ids
        at = int(np.searchsorted(ids, node_id))
        return at if at < len(ids) and ids[at] == node_id else -1

    def ends(self, run: int) -> tuple[int, int]:
        return int(self._runs.tail[run]), int(self._runs.head[run])

    def edge(self, run: int, forward: bool) -> int:
        return int(self._of_run[run, 0 if forward else 1])

    def leaving(self, vertex: int) -> Sequence[int]:
        low, high = np.searchsorted(self._tails, [vertex, vertex + 1])
        return [int(edge) for edge in self._by_tail[low:high]]

    def turn_deg(self, from_edge: int, to_edge: int) -> float:
        change = self._heading(to_edge, at_start=True) - self._heading(from_edge, at_start=False)
        return (change + 180) % 360 - 180

    def _heading(self, edge: int, *, at_start: bool) -> float:
        run, forward = int(self._edges.run[edge]), bool(self._edges.forward[edge])
        first, last = int(self._runs.first[run]), int(self._runs.last[run])
        a, b = (first, first + 1) if forward == at_start else (last - 1, last)
        if not forward:
            a, b = b, a
        nodes, at = self._extract.nodes, self._runs.node
        (lat_a, lat_b), (lon_a, lon_b) = nodes.lat[at[[a, b]]].tolist(), nodes.lon[at[[a, b]]].tolist()
        return float(bearing_deg(lat_a, lon_a, lat_b, lon_b))
