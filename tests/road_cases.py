"""Small networks with limits and turn bans, and a judge of routes that shares nothing with the engine.

`Judge` knows a route only as a list of edges. It searches ways by trying edge after edge with the whole list of
edges driven so far, and reads rules and bans from the network's values.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from haoyun.maps.network import RoadNetwork
from haoyun.maps.rules import Access, RoadRules, TurnBan

Edge = tuple[int, int, float, float]  # tail, head, metres, km/h


def network_of(
    edges: Sequence[Edge],
    *,
    rules: Sequence[RoadRules] = (RoadRules(),),
    edge_rules: Sequence[int] | None = None,
    bans: Sequence[TurnBan] = (),
    ways: Sequence[int] | None = None,
    columns: int = 3,
) -> RoadNetwork:
    """Nodes on a lattice of some 100 m, straight edges; the lengths are as given, whatever the lattice."""
    nodes = 1 + max(max(tail, head) for tail, head, _, _ in edges)
    return RoadNetwork(
        name="case",
        kind="streets",
        attribution="made by hand",
        node_lat=np.array([0.001 * (i // columns) for i in range(nodes)]),
        node_lon=np.array([0.001 * (i % columns) for i in range(nodes)]),
        node_name=(None,) * nodes,
        edge_tail=np.array([e[0] for e in edges], dtype=np.int32),
        edge_head=np.array([e[1] for e in edges], dtype=np.int32),
        edge_length_m=np.array([e[2] for e in edges], dtype=np.float64),
        edge_speed_kmh=np.array([e[3] for e in edges], dtype=np.float64),
        edge_ref=("",) * len(edges),
        edge_class=("primary",) * len(edges),
        edge_geometry=(None,) * len(edges),
        edge_way=np.array(ways if ways is not None else np.arange(1, len(edges) + 1), dtype=np.int64),
        edge_rules=np.array(edge_rules if edge_rules is not None else [0] * len(edges), dtype=np.int32),
        rules=tuple(rules),
        turn_bans=tuple(bans),
    )


def both_ways(roads: Sequence[Edge]) -> tuple[list[Edge], list[int]]:
    """Each road as two edges, 2 i there and 2 i + 1 back, and their way ids."""
    edges = [e for tail, head, m, kmh in roads for e in ((tail, head, m, kmh), (head, tail, m, kmh))]
    return edges, [1 + i // 2 for i in range(len(edges))]


class Judge:
    """Finds best ways and faults of routes for a truck of 4 m and 40 t, by trying."""

    def __init__(self, network: RoadNetwork, seconds: Callable[[int], float] | None = None) -> None:
        self.network = network
        self.seconds = seconds or (
            lambda e: float(network.edge_length_m[e]) / (float(network.edge_speed_kmh[e]) / 3.6)
        )
        self.bans = [(b.from_edge, *b.via_edges, b.to_edge) for b in network.turn_bans]
        self.memory = max((len(ban) for ban in self.bans), default=1)

    def kind(self, edge: int) -> str:
        """'through', 'local' or 'closed', read from the signs alone."""
        rules = self.network.rules[int(self.network.edge_rules[edge])]
        too_high = rules.max_height_m is not None and rules.max_height_m < 4.0
        too_heavy = rules.max_weight_t is not None and rules.max_weight_t < 40
        if rules.hgv in (Access.NO, Access.PRIVATE) or too_high or too_heavy:
            return "closed"
        return "local" if rules.hgv is Access.DESTINATION else "through"

    def onward(self, edge: int) -> list[int]:
        """Edges that follow an edge, turning back only where nothing else is left."""
        net = self.network
        every = [e for e in range(net.edge_count) if net.edge_tail[e] == net.edge_head[edge]]
        back = [e for e in every if self._is_back(edge, e)]
        return [e for e in every if e not in back] or back

    def faults(self, edges: Sequence[int]) -> list[str]:
        """What a drive along these edges breaks; empty if it is legal."""
        found = [f"edge {e} is closed" for e in edges if self.kind(e) == "closed"]
        found += [f"{b} does not follow {a}" for a, b in itertools.pairwise(edges) if b not in self.onward(a)]
        for ban in self.bans:
            n = len(ban)
            found += [f"ban {ban}" for i in range(len(edges) - n + 1) if tuple(edges[i : i + n]) == ban]
        kinds = "".join(self.kind(e)[0] for e in edges).strip("l")
        if "l" in kinds:
            found.append(f"passes through local roads: {kinds}")
        return found

    def best(self, start: tuple[int, float], end: tuple[int, float]) -> tuple[float, float]:
        """(seconds, metres) of the best legal way between (edge, share) places; inf where there is none."""
        (first, a), (last, b) = start, end
        if "closed" in (self.kind(first), self.kind(last)):
            return math.inf, math.inf
        best = (math.inf, math.inf)
        length = self.network.edge_length_m
        if first == last and b >= a:
            best = ((b - a) * self.seconds(first), float((b - a) * length[first]))
        queue = [
            (
                (1 - a) * self.seconds(first),
                float((1 - a) * length[first]),
                (first,),
                self._phase(None, first),
            )
        ]
        done: set[object] = set()
        while queue:
            s, m, past, phase = heapq.heappop(queue)
            if (past, phase) in done:
                continue
            done.add((past, phase))
            if past[-1] == last and len(past) > 1:
                best = min(best, (s - (1 - b) * self.seconds(last), m - float((1 - b) * length[last])))
            for e in self.onward(past[-1]):
                after = self._phase(phase, e)
                trace = (*past, e)
                if after is None or any(trace[-len(ban) :] == ban for ban in self.bans):
                    continue
                # Two edges at least, so that the first one is known not to be an arrival.
                kept = trace[-max(2, self.memory) :]
                heapq.heappush(queue, (s + self.seconds(e), m + float(length[e]), kept, after))
        return best

    def _phase(self, before: str | None, edge: int) -> str | None:
        """Where a trip is with local roads: 'leaving', 'between', 'arriving'; None where it may not go."""
        kind = self.kind(edge)
        if kind == "closed":
            return None
        if kind == "local":
            return "leaving" if before in (None, "leaving") else "arriving"
        return None if before == "arriving" else "between"

    def _is_back(self, a: int, b: int) -> bool:
        net = self.network
        return bool(
            net.edge_tail[a] != net.edge_head[a]
            and net.edge_head[b] == net.edge_tail[a]
            and net.edge_way[a] == net.edge_way[b]
            and abs(net.edge_length_m[a] - net.edge_length_m[b]) < 0.01
        )
