"""RoadMetric: the weights of a network's turns for one vehicle, one legal situation and one live version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.network import RoadNetwork
from haoyun.maps.roads.live import LiveChanges
from haoyun.maps.roads.profiles import VehicleProfile, Verdict
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.turns import THROUGH
from haoyun.maps.search.search import Search
from haoyun.maps.search.weights import NO_WAY, pack
from haoyun.maps.speeds import TRUCK_SPEED_KMH

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

_HEART_SHARE = 0.5  # of the states for through traffic; a smaller part says nothing about the rest
_HEARTS = 16  # states tried; all miss a part of half the network once in 65,536 networks


class HourlySpeeds(Protocol):
    """Anything that knows how fast trucks drive at an hour of the week, as `maps.learning.LearnedSpeeds` does."""

    def speeds_at(self, hour_of_week: int) -> FloatArray:
        """(edges,) km/h, hour 0 = Monday 00:00 to 01:00 local time."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What the law says to one vehicle at one time, edge by edge, and the hour whose speeds hold."""

    verdict: NDArray[np.int8]  # (edges,) of profiles.Verdict
    banned_set: BoolArray  # (ban sets,) whether one of its bans binds
    hour_of_week: int | None = None  # None: speeds do not depend on the hour

    @property
    def key(self) -> bytes:
        """Equal for equal situations."""
        hour = b"" if self.hour_of_week is None else self.hour_of_week.to_bytes(1, "big")
        return self.verdict.tobytes() + self.banned_set.tobytes() + hour


@dataclass(frozen=True, slots=True, eq=False)
class RoadMetric:
    """Weights, and the search that uses them. Immutable."""

    situation: Situation  # without live changes
    changes: LiveChanges
    speed_kmh: FloatArray  # (edges,)
    verdict: NDArray[np.int8]  # (edges,) with closed edges FORBIDDEN
    traverse: LongArray  # (edges,) weight of the whole edge
    weight: LongArray  # (turns,) turn and the whole edge after it
    search: Search
    usable: BoolArray  # (edges,) where trips may start and end: open, and joined to the rest


def situation_of(graph: RoadGraph, profile: VehicleProfile, at: datetime | None) -> Situation:
    """What a vehicle may do at a local time; None takes the strictest of the week."""
    network = graph.network
    by_rules = np.array([profile.judge(rules, at) for rules in network.rules], dtype=np.int8)
    bound = [profile.is_bound(ban, at) for ban in network.turn_bans]
    sets = [any(bound[i] for i in members) for members in graph.states.ban_sets]
    return Situation(by_rules[network.edge_rules], np.array(sets, dtype=np.bool_))


def base_metric(
    graph: RoadGraph, profile: VehicleProfile, situation: Situation, speeds: HourlySpeeds | None = None
) -> RoadMetric:
    """The metric of a situation without live changes; `speeds` count where the situation names an hour."""
    speed_kmh = speeds_of(graph.network, profile)
    if speeds is not None and situation.hour_of_week is not None:
        # What the hour does to trucks it does to all: the queue is the same for a van.
        slowed = speeds.speeds_at(situation.hour_of_week) / graph.network.edge_speed_kmh
        speed_kmh = np.minimum(speed_kmh * slowed, profile.top_speed_kmh)
    traverse = pack(graph.network.edge_length_m / (speed_kmh / 3.6), graph.network.edge_length_m)
    weight = _turn_weights(graph, profile, situation, situation.verdict, traverse)
    usable = _joined(graph, situation.verdict, weight)
    return RoadMetric(
        situation, LiveChanges(), speed_kmh, situation.verdict, traverse, weight, graph.search(weight), usable
    )


def changed_metric(
    graph: RoadGraph, profile: VehicleProfile, base: RoadMetric, before: RoadMetric, changes: LiveChanges
) -> RoadMetric:
    """The metric of another live version; `before` is any metric of the same situation, the nearer the faster."""
    edges = changes.differing(before.changes)
    speed_kmh, verdict, usable = before.speed_kmh.copy(), before.verdict.copy(), before.usable.copy()
    closed = np.isin(edges, np.array(sorted(changes.closed), dtype=np.int64))
    verdict[edges] = np.where(closed, Verdict.FORBIDDEN, base.verdict[edges])
    usable[edges] = base.usable[edges] & ~closed
    speed_kmh[edges] = base.speed_kmh[edges]
    live = [(int(edge), changes.speed_kmh[int(edge)]) for edge in edges if int(edge) in changes.speed_kmh]
    for edge, speed in live:
        speed_kmh[edge] = min(speed, profile.top_speed_kmh)
    length_m = graph.network.edge_length_m[edges]
    traverse = before.traverse.copy()
    traverse[edges] = pack(length_m / (speed_kmh[edges] / 3.6), length_m)
    touched = np.zeros(graph.network.edge_count, dtype=np.bool_)
    touched[edges] = True
    turns = np.flatnonzero(touched[graph.states.edge[graph.states.head]])
    weight = before.weight.copy()
    weight[turns] = _turn_weights(graph, profile, base.situation, verdict, traverse, turns)
    search = graph.search(weight, (before.search, turns))
    return RoadMetric(base.situation, changes, speed_kmh, verdict, traverse, weight, search, usable)


def speeds_of(network: RoadNetwork, profile: VehicleProfile) -> FloatArray:
    """(edges,) km/h. The network's speeds are those of trucks; a profile's own table replaces them by class,
    except where a sign made the network's speed lower than its class has."""
    speed_kmh = network.edge_speed_kmh.astype(np.float64)
    classes = network.classes
    usual = np.array([TRUCK_SPEED_KMH.get(word, np.inf) for word in classes.table] or [np.inf])
    own = np.array([profile.speed_kmh.get(word, np.nan) for word in classes.table] or [np.nan])
    usual, own = usual[classes.codes], own[classes.codes]
    signed = speed_kmh < usual - 0.01
    given = np.where(signed, np.minimum(own, speed_kmh), own)
    return np.minimum(np.where(np.isnan(own), speed_kmh, given), profile.top_speed_kmh)


def _turn_weights(
    graph: RoadGraph,
    profile: VehicleProfile,
    situation: Situation,
    verdict: NDArray[np.int8],
    traverse: LongArray,
    turns: LongArray | slice = slice(None),
) -> LongArray:
    """Weight of each turn with the edge behind it; NO_WAY where the law or a closure forbids it."""
    states = graph.states
    head, ban_set = states.head[turns], states.ban_set[turns]
    edge = states.edge[head]
    turn_s = profile.turns.seconds(
        states.angle_deg[turns], states.is_junction[turns], states.is_u_turn[turns]
    )
    wanted = np.where(states.layer[head] == THROUGH, Verdict.THROUGH, Verdict.ENDS_ONLY)
    open_ = verdict[edge] == wanted
    if len(situation.banned_set):
        open_ &= (ban_set < 0) | ~situation.banned_set[ban_set]
    return np.asarray(np.where(open_, traverse[edge] + pack(turn_s, np.zeros(len(turn_s))), NO_WAY))


def _joined(graph: RoadGraph, verdict: NDArray[np.int8], weight: LongArray) -> BoolArray:
    """(edges,) allowed ones from which the connected heart can be reached and which it can reach.

    The heart is what a state reaches and is reached from, if that is more than half of all; of some states spread over
    the network one lies in it, where there is one. Without one all allowed edges count.
    """
    from haoyun.maps.search.core_kernels import reached_from  # noqa: PLC0415 - imports numba

    states, allowed = graph.states, np.asarray(verdict != Verdict.FORBIDDEN)
    wanted = np.where(states.layer == THROUGH, Verdict.THROUGH, Verdict.ENDS_ONLY)
    passable = verdict[states.edge] == wanted
    is_open = (weight < NO_WAY) & passable[states.tail]
    back = np.argsort(states.head, kind="stable")
    back_first = np.concatenate([[0], np.cumsum(np.bincount(states.head, minlength=states.count))])
    through = np.flatnonzero(passable & (states.layer == THROUGH))
    tried = through[np.linspace(0, max(len(through) - 1, 0), min(_HEARTS, len(through))).astype(np.int64)]
    for heart in tried:
        arrives = reached_from(heart, states.turn_first, states.head, is_open)
        leaves = reached_from(heart, back_first.astype(np.int64), states.tail[back], is_open[back])
        if (arrives & leaves & passable).sum() > _HEART_SHARE * len(through):
            m = graph.network.edge_count
            can_arrive = np.bincount(states.edge[arrives & passable], minlength=m) > 0
            can_leave = np.bincount(states.edge[leaves & passable], minlength=m) > 0
            return np.asarray(allowed & can_arrive & can_leave)
    return allowed
