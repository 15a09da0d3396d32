"""MatchSettings: how unlikely the things are that fixes do, in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields

# Found by trying half and double of each on 90 simulated drives over Columbus, with a seed other than that of
# tests/bench/maps_match.py. The optimum is flat: none of these steps moved the sum of errors by more than a tenth.


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """Figures of the hidden Markov model (Newson and Krumm 2009, sections 4 and 5) and what was added to it.

    A step from fix to fix whose way is x metres longer or shorter than the straight line costs x / beta, with
    beta = beta_m + beta_share * straight line + beta_sigma * (sigma of both fixes).
    """

    map_sigma_m: float = 3.0  # how far roads are drawn from where they are driven
    beta_m: float = 4.0
    beta_share: float = 0.06
    beta_sigma: float = 0.35
    turn_m: float = 18.0  # metres of turn price (graph.py) that make a way e times less likely
    outlier: float = 10.0  # natural logarithm of how unlikely it is that a fix says nothing
    heading_sigma_deg: float = 25.0
    thin_sigmas: float = 1.2  # a fix counts once it moved on by so many sigmas
    most_candidates: int = 16
    longest_gap_s: float = 180.0  # without any fix; a longer one ends a part
    farthest_m: float = 6000.0  # between two matched fixes; farther apart ends a part

    def __post_init__(self) -> None:
        for item in fields(self):
            if not getattr(self, item.name) > 0:
                raise ValueError(f"{item.name} is above zero, not {getattr(self, item.name)}")
