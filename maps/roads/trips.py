"""Trips between places on edges: where searches start and stop, trips along one edge, matrices and best ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.engine import Matrix
from haoyun.maps.roads.profiles import Verdict
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.road_metric import RoadMetric
from haoyun.maps.roads.snapping import Snapped, first_of, ranges
from haoyun.maps.roads.turns import THROUGH
from haoyun.maps.search.search import Ends
from haoyun.maps.search.weights import NO_WAY, pack, unpack

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Way:
    """The best way between two places: edges driven, from a share of the first one to a share of the last."""

    edges: tuple[int, ...]
    first_share: float
    last_share: float
    distance_m: float
    duration_s: float


def matrix_between(graph: RoadGraph, metric: RoadMetric, sources: Snapped, targets: Snapped) -> Matrix:
    """Seconds and metres from each source to each target; inf where there is no way or no place."""
    starts, goals = starts_of(graph, metric, sources), goals_of(graph, metric, targets)
    duration_s, distance_m = metric.search.matrix(starts, goals)
    i, j, _, weight = same_edge(graph, metric, sources, targets)
    order = np.argsort(weight)[::-1]  # of several for one pair the best is written last
    i, j, (seconds, metres) = i[order], j[order], unpack(weight[order])
    better = (seconds < duration_s[i, j]) | ((seconds == duration_s[i, j]) & (metres < distance_m[i, j]))
    duration_s[i[better], j[better]] = seconds[better]
    distance_m[i[better], j[better]] = metres[better]
    return Matrix(duration_s=duration_s, distance_m=distance_m)


def best_way(graph: RoadGraph, metric: RoadMetric, source: Snapped, target: Snapped) -> Way | None:
    """The best way from the first source to the first target; None where there is none."""
    starts, goals = starts_of(graph, metric, source), goals_of(graph, metric, target)
    weight, states = metric.search.path(starts, goals)
    _, _, edge, direct = same_edge(graph, metric, source, target)
    if len(direct) and direct.min() <= weight:
        weight, edges = int(direct.min()), [int(edge[direct.argmin()])]
        first = int(np.flatnonzero(source.edge == edges[0])[0])
    elif weight >= NO_WAY:
        return None
    else:
        first = _first_place(graph, metric, source, int(states[0]), starts)
        edges = [int(source.edge[first]), *graph.states.edge[states].tolist()]
    last = int(np.flatnonzero(target.edge == edges[-1])[0])
    seconds, metres = unpack(weight)
    return Way(tuple(edges), float(source.share[first]), float(target.share[last]), metres, seconds)


def _first_place(graph: RoadGraph, metric: RoadMetric, source: Snapped, state: int, starts: Ends) -> int:
    """Which of the source's places the best way into its first state comes from."""
    wanted = starts.cost[starts.node == state].min()
    for place in range(len(source.edge)):
        own = Snapped(np.array([0, 1]), source.edge[[place]], source.share[[place]], source.gap_m[:1])
        ends = starts_of(graph, metric, own)
        if wanted in ends.cost[ends.node == state]:
            return place
    raise AssertionError("a start state comes from one of its places")


def rest_of(graph: RoadGraph, metric: RoadMetric, edge: LongArray, share: FloatArray) -> LongArray:
    """Weight of what lies ahead on each edge from a share of it to its head."""
    length_m = graph.network.edge_length_m[edge]
    return pack((1 - share) * length_m / (metric.speed_kmh[edge] / 3.6), (1 - share) * length_m)


def starts_of(graph: RoadGraph, metric: RoadMetric, places: Snapped) -> Ends:
    """Searches that begin after the first turn: each place drives off its edge and takes any turn there.

    To begin after the turn, rather than at the head of the edge, lets a trip come back to a place behind it on
    the same edge; a place ahead is `same_edge`'s business.
    """
    states = graph.states
    through = metric.verdict[places.edge] == Verdict.THROUGH
    state = np.where(through, places.edge, states.start[places.edge])
    first, last = states.turn_first[state], states.turn_first[state + 1]
    turn, of_place = ranges(first, last - first)
    cost = rest_of(graph, metric, places.edge, places.share)[of_place]
    open_ = metric.weight[turn] < NO_WAY
    turn, of_place, cost = turn[open_], of_place[open_], cost[open_]
    position = places.position[of_place]
    return Ends(first_of(position, len(places.first) - 1), states.head[turn], cost + metric.weight[turn])


def goals_of(graph: RoadGraph, metric: RoadMetric, places: Snapped) -> Ends:
    """Searches that end at a place: at the head of its edge, less what lies behind the place."""
    states = graph.states
    first, last = states.first[places.edge], states.first[places.edge + 1]
    at, of_place = ranges(first, last - first)
    state = states.of_edge[at]
    verdict = metric.verdict[places.edge][of_place]
    fits = np.where(states.layer[state] == THROUGH, Verdict.THROUGH, Verdict.ENDS_ONLY) == verdict
    state, of_place = state[fits], of_place[fits]
    cost = -rest_of(graph, metric, places.edge, places.share)[of_place]
    position = places.position[of_place]
    return Ends(first_of(position, len(places.first) - 1), state, cost)


def same_edge(
    graph: RoadGraph, metric: RoadMetric, sources: Snapped, targets: Snapped
) -> tuple[LongArray, LongArray, LongArray, LongArray]:
    """(source, target, edge, weight) of all pairs with the target ahead of the source on the same edge."""
    order = np.argsort(targets.edge, kind="stable")
    first = np.searchsorted(targets.edge[order], sources.edge, side="left")
    last = np.searchsorted(targets.edge[order], sources.edge, side="right")
    at, a = ranges(first, last - first)
    b = order[at]
    ahead = targets.share[b] >= sources.share[a]
    a, b = a[ahead], b[ahead]
    edge = sources.edge[a]
    weight = rest_of(graph, metric, edge, sources.share[a]) - rest_of(graph, metric, edge, targets.share[b])
    return sources.position[a], targets.position[b], edge, weight
