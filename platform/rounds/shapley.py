"""Fair shares of what several save together: the Shapley value, in whole fen; pure.

Everybody gets the average of what they add when the group comes together one by one, over all orders in which it
may come together (L. S. Shapley, A Value for n-Person Games, 1953). Up to MOST_EXACT players all orders count; beyond,
SAMPLES orders drawn from a seed, and each share tells its standard error.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb, floor, sqrt

MOST_EXACT = 8
SAMPLES = 2_000
Value = Callable[[frozenset[str]], int]


@dataclass(frozen=True, slots=True)
class Share:
    """A player's share. `adds_fen[k]`: what the player adds on average to k others who are there before.

    The share is the mean of `adds_fen`, rounded so that all shares sum to the saving. `error_fen`: the standard
    error of a sampled share, 0 where all orders were counted.
    """

    player: str
    fen: int
    adds_fen: tuple[float, ...]
    error_fen: float = 0.0


def shares(players: Sequence[str], value: Value, seed: int = 0) -> list[Share]:
    """The share of each player of ``value(all)``; `value` of a group is what it saves in fen, 0 for nobody.

    The shares sum to ``value(all)`` exactly. Equal players get the same, to a fen: odd ones go to the first.
    """
    if len(set(players)) != len(players):
        raise ValueError("each player takes part once")
    if not players:
        return []
    known: dict[frozenset[str], int] = {}

    def kept(group: frozenset[str]) -> int:
        if group not in known:
            known[group] = value(group)
        return known[group]

    found = _exact(players, kept) if len(players) <= MOST_EXACT else _sampled(players, kept, seed)
    whole = _whole([one[0] for one in found], kept(frozenset(players)))
    return [
        Share(player, fen, adds, error)
        for player, fen, (_mean, adds, error) in zip(players, whole, found, strict=True)
    ]


_Found = tuple[Fraction, tuple[float, ...], float]


def _exact(players: Sequence[str], value: Value) -> list[_Found]:
    found: list[_Found] = []
    for player in players:
        others = [one for one in players if one != player]
        adds = [
            Fraction(
                sum(
                    value(frozenset((*group, player))) - value(frozenset(group))
                    for group in combinations(others, size)
                ),
                comb(len(others), size),
            )
            for size in range(len(players))
        ]
        found.append((sum(adds, Fraction(0)) / len(players), tuple(float(a) for a in adds), 0.0))
    return found


def _sampled(players: Sequence[str], value: Value, seed: int) -> list[_Found]:
    rng, order = random.Random(seed), list(players)
    added: dict[str, list[list[int]]] = {player: [[] for _ in players] for player in players}
    for _ in range(SAMPLES):
        rng.shuffle(order)
        before = 0
        for size, player in enumerate(order):
            now = value(frozenset(order[: size + 1]))
            added[player][size].append(now - before)
            before = now
    found: list[_Found] = []
    for player in players:
        every = [one for at_size in added[player] for one in at_size]
        mean = Fraction(sum(every), len(every))
        spread = sum((one - float(mean)) ** 2 for one in every) / (len(every) - 1)
        adds = tuple(sum(some) / len(some) if some else 0.0 for some in added[player])
        found.append((mean, adds, sqrt(spread / len(every))))
    return found


def _whole(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole fen that sum to the total: the largest remainders are rounded up, among equals the first."""
    down = [floor(one) for one in exact]
    left = total - sum(down)
    by_rest = sorted(range(len(exact)), key=lambda i: (down[i] - exact[i], i))
    up = set(by_rest[:left])
    return [one + (i in up) for i, one in enumerate(down)]
