"""What matching says: a match with its reasons, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from haoyun.platform.market.figures import Figures
from haoyun.platform.market.way import Trip
from haoyun.platform.market.words import Params, sentence

Evidence = Mapping[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Reason:
    """One component of a score. `value` is in `unit` (None: unknown); `points` of at most `weight`.

    `evidence` is what the value was taken from, such as when and how the position was known.
    """

    key: str
    value: float | None
    unit: str
    weight: float
    points: float
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a score was worked out from: versions of the two offers, the way, the figures of the moment."""

    load_version: int
    capacity_version: int
    way: Trip
    figures: Figures


@dataclass(frozen=True, slots=True)
class Match:
    """A feasible pair. `score` is the sum of the reasons' points, 0 to 100.

    `deadhead_m` is None while the vehicle's position is unknown; the contribution then assumes the far end of
    its area. Without `open_books` the carrier's money is left out (disclosure.py), and the contribution is 0.
    """

    load_id: str
    capacity_id: str
    score: float
    contribution_fen: int
    deadhead_m: float | None
    pickup_at: datetime
    delivery_at: datetime
    reasons: tuple[Reason, ...]
    inputs: Inputs
    open_books: bool = True


@dataclass(frozen=True, slots=True)
class WhyNot:
    """An infeasible pair and the first rule it breaks."""

    load_id: str
    capacity_id: str
    key: str
    params: Params

    def message(self, language: str = "en") -> str:
        """The rule as a sentence."""
        return sentence(self.key, self.params, language)


def ranked(matches: list[Match]) -> list[Match]:
    """Best first; ties by contribution, then by ids, so that the same inputs give the same order."""
    return sorted(matches, key=lambda m: (-m.score, -m.contribution_fen, m.load_id, m.capacity_id))
