"""Kinds of goods that may not share a truck, or only after cleaning.

Tasks name their kind (`goods`); one without a kind gets along with everything. What is *on board*: a shipment from its
pickup to its delivery, a job's delivery amounts from the beginning of its trip to the job, its pickup amounts from the
job to the end of the trip. A job without amounts brings nothing on board; a shipment always does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from haoyun.routing.errors import require
from haoyun.routing.tasks import LARGEST


@dataclass(frozen=True, slots=True)
class Cleaning:
    """After goods of kind `after`, goods of kind `before` may be loaded only into a body cleaned for so long."""

    after: str
    before: str
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a cleaning that takes no time."""
        require(
            0 < self.duration_s <= LARGEST,
            f"cleaning after {self.after} before {self.before} must take 1..{LARGEST} s, not {self.duration_s}",
        )


@dataclass(frozen=True, slots=True)
class GoodsRules:
    """`apart`: pairs of kinds never on board together. `cleanings`: what must be cleaned in between.

    A body remembers every kind that it has carried since the route began (or since it was last cleaned). Loading a
    kind that a remembered one asks a cleaning for takes the longest such cleaning at that stop, before its service
    (at a reload: before loading), and the truck must be empty for it (a job's own delivery is out by then).
    """

    apart: tuple[tuple[str, str], ...] = ()
    cleanings: tuple[Cleaning, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a kind that may not travel with itself and cleanings stated twice."""
        for one, other in self.apart:
            require(one != other, f"goods {one} cannot be kept apart from themselves")
        pairs = [(c.after, c.before) for c in self.cleanings]
        twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
        require(twice is None, f"two cleanings are given for {' before '.join(twice or ())}")

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind that a rule names."""
        named = {kind for pair in self.apart for kind in pair}
        return frozenset(named.union(*({c.after, c.before} for c in self.cleanings)))

    def cleaning_s(self, carried: Iterable[str], loaded: Iterable[str]) -> int:
        """How long cleaning takes between what was carried and what is to be loaded; 0: none is needed."""
        before, now = set(carried), set(loaded)
        return max((c.duration_s for c in self.cleanings if c.after in before and c.before in now), default=0)


NO_RULES = GoodsRules()
