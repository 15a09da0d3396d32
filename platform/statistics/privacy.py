"""Nobody's figures can be read from what is published (pure; docs/reference/statistics.md explains it).

A pool says how much each organization contributes to a figure, on each side. It is *safe* if every side has enough
organizations and none, and no two of them, dominate it. Two facts carry the whole design:

1. The union of disjoint safe pools is safe: more organizations, and a share of a union is a mean of shares.
2. Whoever subtracts published figures from a published figure gets the figure of a *rest*.

So areas form a tree, an area is published only under a published one, and only if the rest beside its published
siblings is safe or empty: whatever is subtracted, what is left is a union of safe rests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

Pool = Mapping[str, Counter[str]]  # side -> organization -> contribution


@dataclass(frozen=True, slots=True)
class Rule:
    """At least `contributors` organizations on a side; one of them has at most `one_share`, two `two_share`."""

    contributors: int = 5
    one_share: float = 0.4
    two_share: float = 0.6

    def side_is_safe(self, side: Counter[str]) -> bool:
        """Whether the contributions of one side tell nothing of an organization. An empty side does not."""
        amounts = sorted((amount for amount in side.values() if amount > 0), reverse=True)
        total = sum(amounts)
        return not amounts or (
            len(amounts) >= self.contributors
            and amounts[0] <= self.one_share * total + 1e-9
            and sum(amounts[:2]) <= self.two_share * total + 1e-9
        )

    def is_safe(self, pool: Pool) -> bool:
        """Whether every side is safe or empty."""
        return all(self.side_is_safe(side) for side in pool.values())

    def may_publish(self, pool: Pool) -> bool:
        """Whether a figure of it may be published: safe, and no side empty."""
        return bool(pool) and all(pool.values()) and self.is_safe(pool)


@dataclass(slots=True)
class Node:
    """An area with its pool, under a parent ("" for the root)."""

    key: str
    parent: str
    pool: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, side: str, organization: str, amount: float) -> None:
        """Count a contribution in."""
        self.pool.setdefault(side, Counter())[organization] += exactly(amount)


def exactly(amount: float) -> int:
    """A contribution in thousandths: whole numbers, so that what is taken off again leaves nothing."""
    return max(1, round(amount * 1000))


def rest_of(whole: Pool, parts: Iterable[Pool]) -> dict[str, Counter[str]]:
    """What is left of a pool without these; organizations without a contribution are dropped."""
    left = {side: Counter(amounts) for side, amounts in whole.items()}
    for part in parts:
        for side, amounts in part.items():
            left.setdefault(side, Counter()).subtract(amounts)
    return {side: +amounts for side, amounts in left.items()}


def protect(nodes: Mapping[str, Node], rule: Rule, barred: Set[str] = frozenset()) -> set[str]:
    """The keys that may be published. `barred` are those that may not for another reason.

    Where a rest is not safe, the smallest sibling is withheld with it, until it is.
    """
    children: dict[str, list[Node]] = {}
    for node in nodes.values():
        children.setdefault(node.parent, []).append(node)
    published: set[str] = set()
    open_nodes = [n for n in children.get("", []) if n.key not in barred and rule.may_publish(n.pool)]
    while open_nodes:
        node = open_nodes.pop()
        published.add(node.key)
        open_nodes += _publishable(node, children.get(node.key, []), rule, barred)
    return published


def _publishable(parent: Node, below: list[Node], rule: Rule, barred: Set[str]) -> list[Node]:
    kept = sorted(
        (n for n in below if n.key not in barred and rule.may_publish(n.pool)),
        key=lambda n: (-_size(n.pool), n.key),
    )
    rest = rest_of(parent.pool, (n.pool for n in kept))
    while kept and not rule.is_safe(rest):
        for side, amounts in kept.pop().pool.items():
            rest[side].update(amounts)
    return kept


def _size(pool: Pool) -> int:
    return sum(side.total() for side in pool.values())


def band(count: int) -> int:
    """The lower end of the class that a count is published in: exact counts could be subtracted."""
    return next((least for least in _BANDS if count >= least), 0)


_BANDS = tuple(step * 10**power for power in range(7, -1, -1) for step in (5, 2, 1) if step * 10**power >= 5)
