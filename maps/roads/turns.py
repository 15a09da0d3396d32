"""The turn-expanded graph of a network: its nodes are states of driving, its arcs are turns.

A state says on which edge a vehicle is about to arrive at its head, what it passed before as far as a turn ban
asks for that, and whether it is still where only trips that start or end there may drive:

- Turn bans through ways are sequences of edges. All their beginnings form a trie, and a state remembers the
  longest one that its last edges match (Aho and Corasick, "Efficient String Matching", CACM 18 (1975)), so a
  ban holds for exactly its sequence.
- Roads for destination traffic have two more states: START while a trip has not yet left the destination roads
  around its origin, END once it has entered those around its destination. No arc leads from END to a
  road for through traffic or from THROUGH to START, so no trip passes through. Which edges count depends on the
  vehicle; the states exist wherever any vehicle could be bound, and a metric closes those that do not apply.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.network import RoadNetwork
from haoyun.maps.rules import Access, RoadRules, Subject, TurnBan

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

START, THROUGH, END = 0, 1, 2
_SAME_LENGTH_M = 0.01  # both directions of one road differ by rounding only


@dataclass(frozen=True, slots=True, eq=False)
class RoadStates:
    """States and turns of a network. State e is THROUGH on edge e for e < edge count; others follow."""

    edge: IntArray  # (states,) the edge of each state
    layer: NDArray[np.int8]  # (states,) START, THROUGH or END
    start: LongArray  # (edges,) the START state of an edge without a past, -1 where there is none
    first: LongArray  # (edges + 1,) the states of edge e are of_edge[first[e]:first[e + 1]]
    of_edge: LongArray
    tail: LongArray  # (turns,) states, ascending
    head: LongArray
    turn_first: LongArray  # (states + 1,) the turns out of state s are turn_first[s]..turn_first[s + 1]
    angle_deg: NDArray[np.float32]  # (turns,) right is positive
    is_junction: BoolArray  # (turns,) more than two ways meet
    is_u_turn: BoolArray
    ban_set: IntArray  # (turns,) index into ban_sets, -1 where no ban ends
    ban_sets: tuple[tuple[int, ...], ...]  # indices into network.turn_bans

    @property
    def count(self) -> int:
        """How many states there are."""
        return len(self.edge)


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """Turns between groups: a group is an edge with the past that a ban asks for (groups < m: no past)."""

    tail: LongArray
    head: LongArray
    pair: LongArray  # the turn between plain edges that this one is a copy of
    ban_set: IntArray


def expand(network: RoadNetwork) -> RoadStates:
    """The turn-expanded graph. U-turns are left out except at dead ends."""
    m = network.edge_count
    tail, head, is_u_turn = _plain_turns(network)
    bans = _Bans(network.turn_bans)
    group_edge = np.concatenate([np.arange(m), [seq[-1] for seq in bans.beginnings]]).astype(np.int64)
    moves = _moves(tail, head, m, bans)
    local = np.array([is_local_for_some(rules) for rules in network.rules])[network.edge_rules]
    angle_deg, is_junction = _angles(network, tail, head), _junctions(network)[network.edge_head[tail]]
    return _layered(group_edge, local, moves, angle_deg, is_junction, is_u_turn, m, bans.sets)


def is_local_for_some(rules: RoadRules) -> bool:
    """Whether a vehicle may exist that may only start or end where these rules hold."""
    fields = [getattr(rules, subject.value) for subject in Subject] + [rules.hazmat_water]
    return Access.DESTINATION in fields or any(
        rule.value is Access.DESTINATION or rule.when.destination_only for rule in rules.timed
    )


def road_links(network: RoadNetwork) -> tuple[LongArray, IntArray, IntArray]:
    """(link of each edge, one end of each link, other end): both directions of a road are one link."""
    a, b = network.edge_tail.astype(np.int64), network.edge_head.astype(np.int64)
    low, high = np.minimum(a, b), np.maximum(a, b)
    key = np.stack([low, high, np.rint(network.edge_length_m * 10).astype(np.int64)], axis=1)
    order = np.lexsort(key.T[::-1])
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = np.any(key[order[1:]] != key[order[:-1]], axis=1)
    link = np.empty(len(order), dtype=np.int64)
    link[order] = np.cumsum(new) - 1
    ends = key[order[new]]
    return link, ends[:, 0].astype(np.int32), ends[:, 1].astype(np.int32)


def _plain_turns(network: RoadNetwork) -> tuple[LongArray, LongArray, BoolArray]:
    """(from edge, to edge, whether it turns back) for all turns, by from edge."""
    n, m = network.node_count, network.edge_count
    first = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(network.edge_tail, minlength=n), out=first[1:])
    leaving = np.argsort(network.edge_tail, kind="stable")
    count = np.diff(first)[network.edge_head]
    tail = np.repeat(np.arange(m), count)
    within = np.arange(len(tail)) - np.repeat(np.cumsum(count) - count, count)
    head = leaving[np.repeat(first[network.edge_head], count) + within]
    back = (
        (network.edge_head[head] == network.edge_tail[tail])
        & (network.edge_way[head] == network.edge_way[tail])
        & (np.abs(network.edge_length_m[head] - network.edge_length_m[tail]) < _SAME_LENGTH_M)
        & (network.edge_tail[tail] != network.edge_head[tail])
    )
    others = np.bincount(tail[~back], minlength=m)
    kept = ~back | (others[tail] == 0)
    return tail[kept], head[kept], back[kept]


class _Bans:
    """The turn bans as sequences of edges, with what a state has to remember of them."""

    def __init__(self, bans: tuple[TurnBan, ...]) -> None:
        self.whole: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for i, ban in enumerate(bans):
            self.whole[(ban.from_edge, *ban.via_edges, ban.to_edge)].append(i)
        begun = {seq[:k] for seq in self.whole for k in range(2, len(seq))}
        self.beginnings = sorted(begun)
        self.number = {seq: i for i, seq in enumerate(self.beginnings)}
        self.longest = max((len(seq) for seq in self.whole), default=0)
        self._sets: dict[tuple[int, ...], int] = {}

    @property
    def sets(self) -> tuple[tuple[int, ...], ...]:
        """The sets of bans that end together, by the number that `ending` gave them."""
        return tuple(self._sets)

    def ending(self, seq: tuple[int, ...]) -> int:
        """The number of the set of bans that end with this sequence, -1 for none."""
        ends = [i for k in range(2, len(seq) + 1) for i in self.whole.get(seq[-k:], ())]
        return self._sets.setdefault(tuple(ends), len(self._sets)) if ends else -1

    def remembered(self, seq: tuple[int, ...]) -> int | None:
        """The number of the longest beginning that the sequence ends with; None for none."""
        for k in range(min(len(seq), self.longest - 1), 1, -1):
            if (found := self.number.get(seq[-k:])) is not None:
                return found
        return None


def _moves(tail: LongArray, head: LongArray, m: int, bans: _Bans) -> _Moves:
    """All turns between groups: plain ones, with their ends moved where a ban begins, and copies with a past."""
    to, ban_set = head.copy(), np.full(len(tail), -1, dtype=np.int32)
    first = np.searchsorted(tail, np.arange(m + 1))
    for a, b in {seq[:2] for seq in bans.whole}:
        for pair in _turns(first, head, a, b):
            ban_set[pair] = bans.ending((a, b))
            remembered = bans.remembered((a, b))
            to[pair] = b if remembered is None else m + remembered
    tails, heads, pairs, sets = [tail], [to], [np.arange(len(tail))], [ban_set]
    for i, seq in enumerate(bans.beginnings):
        for pair in range(int(first[seq[-1]]), int(first[seq[-1] + 1])):
            onward = (*seq, int(head[pair]))
            remembered = bans.remembered(onward)
            tails.append(np.array([m + i]))
            heads.append(np.array([onward[-1] if remembered is None else m + remembered]))
            pairs.append(np.array([pair]))
            sets.append(np.array([bans.ending(onward)], dtype=np.int32))
    return _Moves(np.concatenate(tails), np.concatenate(heads), np.concatenate(pairs), np.concatenate(sets))


def _turns(first: LongArray, head: LongArray, a: int, b: int) -> list[int]:
    return [i for i in range(int(first[a]), int(first[a + 1])) if head[i] == b]


def _layered(
    group_edge: LongArray,
    local: BoolArray,
    moves: _Moves,
    angle_deg: NDArray[np.float32],
    is_junction: BoolArray,
    is_u_turn: BoolArray,
    m: int,
    ban_sets: tuple[tuple[int, ...], ...],
) -> RoadStates:
    """States of every group in its layers, and the turns that each pair of layers permits."""
    groups = len(group_edge)
    group_local = local[group_edge]
    extra = np.flatnonzero(group_local)
    start, end = np.full(groups, -1, dtype=np.int64), np.full(groups, -1, dtype=np.int64)
    start[extra] = groups + np.arange(len(extra))
    end[extra] = groups + len(extra) + np.arange(len(extra))
    edge = np.concatenate([group_edge, group_edge[extra], group_edge[extra]]).astype(np.int32)
    layer = np.repeat(np.array([THROUGH, START, END], dtype=np.int8), [groups, len(extra), len(extra)])
    from_local, to_local = group_local[moves.tail], group_local[moves.head]
    every = np.ones(len(moves.tail), dtype=np.bool_)
    through = np.arange(groups)
    steps = (
        (every, through, through),
        (to_local, through, end),
        (from_local, start, through),
        (from_local & to_local, start, start),
        (from_local & to_local, end, end),
    )
    tail = np.concatenate([a[moves.tail[mask]] for mask, a, _ in steps])
    head = np.concatenate([b[moves.head[mask]] for mask, _, b in steps])
    move = np.concatenate([np.flatnonzero(mask) for mask, _, _ in steps])
    order = np.argsort(tail, kind="stable")
    tail, head, move = tail[order], head[order], move[order]
    pair = moves.pair[move]
    of_edge = np.argsort(edge, kind="stable").astype(np.int64)
    return RoadStates(
        edge=edge,
        layer=layer,
        start=start[:m],
        first=np.searchsorted(edge[of_edge], np.arange(m + 1)).astype(np.int64),
        of_edge=of_edge,
        tail=tail,
        head=head,
        turn_first=np.searchsorted(tail, np.arange(len(edge) + 1)).astype(np.int64),
        angle_deg=angle_deg[pair],
        is_junction=is_junction[pair],
        is_u_turn=is_u_turn[pair],
        ban_set=moves.ban_set[move],
        ban_sets=ban_sets,
    )


def _angles(network: RoadNetwork, tail: LongArray, head: LongArray) -> NDArray[np.float32]:
    """Degrees from the last piece of one edge to the first of the next, -180..180, right is positive."""
    points, offsets = network.lines.points, network.lines.offsets
    arriving = _bearing(points[offsets[1:] - 2], points[offsets[1:] - 1])
    leaving = _bearing(points[offsets[:-1]], points[offsets[:-1] + 1])
    turned = leaving[head] - arriving[tail]
    return np.asarray((turned + 180.0) % 360.0 - 180.0, dtype=np.float32)


def _bearing(a: FloatArray, b: FloatArray) -> FloatArray:
    """Degrees clockwise from north in the plane of each short piece."""
    east = (b[:, 1] - a[:, 1]) * np.cos(np.radians(a[:, 0]))
    return np.asarray(np.degrees(np.arctan2(east, b[:, 0] - a[:, 0])))


def _junctions(network: RoadNetwork) -> BoolArray:
    """(nodes,) whether more than two roads meet there."""
    _, a, b = road_links(network)
    return np.bincount(np.concatenate([a, b]), minlength=network.node_count) > 2
