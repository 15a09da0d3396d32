"""Restriction relations of OpenStreetMap, and the banned turns of a network that they come to.

`no_...` bans the turn it names. `only_...` is stored as bans of all other ways out of its junction, the way
back included. Sources: the wiki's pages Relation:restriction and Conditional restrictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Protocol

from haoyun.maps.osm.conditions import Passing, Unreadable, parse_condition, split_clauses
from haoyun.maps.rules import Condition, TurnBan, Vehicles

Member = tuple[str, int, str]  # type "n", "w" or "r"; id; role

_KEYS = {
    "restriction": Vehicles.ALL, "restriction:motor_vehicle": Vehicles.ALL, "restriction:vehicle": Vehicles.ALL,
    "restriction:hgv": Vehicles.HGV, "restriction:hazmat": Vehicles.HAZMAT,
}  # fmt: skip
_EXEMPTS_ALL = frozenset({"motor_vehicle", "vehicle", "access"})


@dataclass(frozen=True, slots=True)
class Restriction:
    """One relation's word for one group of vehicles. `via_node` is 0 where it goes over `via_ways`."""

    word: str  # no_left_turn, only_straight_on, ...
    vehicles: Vehicles
    when: Condition
    from_ways: tuple[int, ...]
    via_node: int
    via_ways: tuple[int, ...]
    to_ways: tuple[int, ...]

    @property
    def only(self) -> bool:
        """Whether it names the one turn that is allowed."""
        return self.word.startswith("only_")


class Numbered(Protocol):
    """What turning relations into bans needs to know of a network that is being built."""

    def way_runs(self, way_id: int) -> range:
        """The runs of a way, in its order; empty if the network has none of it."""
        ...

    def vertex(self, node_id: int) -> int:
        """The vertex at a node, -1 where there is none or where it is severed."""
        ...

    def ends(self, run: int) -> tuple[int, int]:
        """(tail, head) vertices of a run, along its way."""
        ...

    def edge(self, run: int, forward: bool) -> int:
        """The edge along or against a run, -1 where it is not driven."""
        ...

    def turn_deg(self, from_edge: int, to_edge: int) -> float:
        """Change of heading from one edge to the next, -180 to 180, right is positive."""
        ...

    def leaving(self, vertex: int) -> Sequence[int]:
        """Edges that start at a vertex."""
        ...


def restrictions_of(tags: dict[str, str], members: Sequence[Member]) -> list[Restriction]:
    """What a relation asks of motor vehicles; empty if it binds none or lacks a member."""
    sides = {
        role: tuple(ref for kind, ref, r in members if r == role and kind == "w")
        for role in ("from", "via", "to")
    }
    via_nodes = [ref for kind, ref, role in members if role == "via" and kind == "n"]
    if not sides["from"] or not sides["to"] or len(via_nodes) > 1 or bool(via_nodes) == bool(sides["via"]):
        return []
    via_node = via_nodes[0] if via_nodes else 0
    return [
        Restriction(word, vehicles, when, sides["from"], via_node, sides["via"], sides["to"])
        for word, vehicles, when in _words(tags)
    ]


def _words(tags: dict[str, str]) -> Iterator[tuple[str, Vehicles, Condition]]:
    exempt = {word.strip() for word in tags.get("except", "").split(";")}
    if exempt & _EXEMPTS_ALL:
        return
    for key, vehicles in _KEYS.items():
        bound = Vehicles.LIGHT if vehicles is Vehicles.ALL and "hgv" in exempt else vehicles
        if bound is Vehicles.HGV and "hgv" in exempt:
            continue
        if key in tags:
            yield tags[key], bound, Condition()
        for word, when in _conditional_words(tags.get(f"{key}:conditional", "")):
            yield word, bound, when


def _conditional_words(text: str) -> Iterator[tuple[str, Condition]]:
    try:
        clauses = split_clauses(text)
    except Unreadable:
        return
    for word, condition in clauses:
        try:
            yield word, parse_condition(condition)
        except Passing:
            continue
        except Unreadable:
            yield word, Condition()  # a ban at unknown times is taken to be one at all times


def turn_bans(restrictions: Sequence[Restriction], network: Numbered) -> tuple[list[TurnBan], int]:
    """The banned turns, without repetition, and how many restrictions found no place in the network."""
    bans: dict[TurnBan, None] = {}
    lost = 0
    for restriction in restrictions:
        known = restriction.word.startswith(("no_", "only_"))
        found = list(_bans(restriction, network)) if known else []
        lost += not found
        bans |= dict.fromkeys(found)
    return list(bans), lost


def _bans(restriction: Restriction, network: Numbered) -> Iterator[TurnBan]:
    for from_way, to_way in product(restriction.from_ways, restriction.to_ways):
        chain = (from_way, *restriction.via_ways, to_way)
        if restriction.via_ways:
            corners = [_shared(a, b, network) for a, b in pairwise(chain)]
        else:
            corners = [network.vertex(restriction.via_node)]
        if min(corners) < 0:
            continue
        via = [
            _along(way, a, b, network)
            for way, (a, b) in zip(restriction.via_ways, pairwise(corners), strict=True)
        ]
        if any(not part for part in via):
            continue
        path = tuple(edge for part in via for edge in part)
        arriving = _edges_at(from_way, corners[0], network, towards=True)
        wanted = _edges_at(to_way, corners[-1], network, towards=False)
        for from_edge, to_edge in _meant(restriction.word, arriving, wanted, network):
            for banned in _banned_exits(restriction, to_edge, corners[-1], network):
                yield TurnBan(from_edge, path, banned, restriction.vehicles, restriction.when)


def _meant(word: str, arriving: list[int], wanted: list[int], network: Numbered) -> Iterator[tuple[int, int]]:
    """Pairs that a sign can mean. A way that runs on past the junction offers two; the turn's side decides."""
    pairs = list(product(arriving, wanted))
    if len(pairs) > 1:
        fitting = [pair for pair in pairs if _fits(word, network.turn_deg(*pair))]
        pairs = fitting or ([] if word.startswith("only_") else pairs)
    yield from pairs


def _fits(word: str, turn_deg: float) -> bool:
    """Whether a turn (degrees, right is positive) is what the word says."""
    if "u_turn" in word:
        return abs(turn_deg) > 150
    if "left" in word:
        return -170 < turn_deg < -10
    if "right" in word:
        return 10 < turn_deg < 170
    return abs(turn_deg) < 60 if "straight" in word else abs(turn_deg) < 170


def _banned_exits(restriction: Restriction, to_edge: int, corner: int, network: Numbered) -> list[int]:
    """The edges it bans. Where the one exit that `only_` allows is not in the map, it bans nothing."""
    if not restriction.only:
        return [to_edge]
    return [edge for edge in network.leaving(corner) if edge != to_edge]


def _edges_at(way: int, vertex: int, network: Numbered, *, towards: bool) -> list[int]:
    """Edges of a way that end at a vertex (`towards`) or start there."""
    found = []
    for run in network.way_runs(way):
        tail, head = network.ends(run)
        if head == vertex:
            found.append(network.edge(run, forward=towards))
        if tail == vertex:
            found.append(network.edge(run, forward=not towards))
    return [edge for edge in found if edge >= 0]


def _shared(a: int, b: int, network: Numbered) -> int:
    """The vertex at which two ways meet, their ends first; -1 if they do not."""
    ours, theirs = _vertices(a, network), _vertices(b, network)
    common = [vertex for vertex in ours if vertex in theirs]
    ends = [
        vertex for vertex in common if vertex in (ours[0], ours[-1]) and vertex in (theirs[0], theirs[-1])
    ]
    return (ends or common or [-1])[0]


def _vertices(way: int, network: Numbered) -> list[int]:
    runs = network.way_runs(way)
    if not runs:
        return []
    return [network.ends(runs[0])[0], *(network.ends(run)[1] for run in runs)]


def _along(way: int, start: int, end: int, network: Numbered) -> list[int]:
    """Edges of a way from one of its vertices to another; empty where it cannot be driven so."""
    runs, stops = list(network.way_runs(way)), _vertices(way, network)
    if start not in stops or end not in stops or start == end:
        return []
    a, b = stops.index(start), stops.index(end)
    closed = stops[0] == stops[-1]
    ways_round: list[list[tuple[int, bool]]] = []
    if a < b:
        ways_round.append([(run, True) for run in runs[a:b]])
        if closed:
            ways_round.append([(run, False) for run in runs[:a][::-1] + runs[b:][::-1]])
    else:
        ways_round.append([(run, False) for run in runs[b:a][::-1]])
        if closed:
            ways_round.append([(run, True) for run in runs[a:] + runs[:b]])
    for steps in ways_round:
        edges = [network.edge(run, forward=forward) for run, forward in steps]
        if min(edges) >= 0:
            return edges
    return []
