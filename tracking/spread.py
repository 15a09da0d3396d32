"""How far estimates of arrival are off: the span between P10 and P90, learned from what became of earlier ones. Pure.

A look is one earlier estimate: how many seconds it said remained, before any span, and how many really did. What is
learned are quantiles of actual over estimated, by how much remained: whatever the error is made of, the share of future
arrivals between them is the share of past ones, as long as trips go on as they went.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log, log2

import numpy as np
import orjson
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

QUANTILES = (0.1, 0.5, 0.9)
BANDS_S = (900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, np.inf)  # upper ends of remaining time
PRIOR_LOOKS = 10  # that the assumed span weighs in a band: with so many looks it is half believed
LEAST_LOOKS = 20  # in a band, below which its quantiles say nothing
FLOOR_S = 60.0  # a fix every half minute cannot tell an arrival more exactly
FIRST_RUNG_S = 300.0
LAST_RUNG = 23
_LONGEST_S = 86_400.0


def rung(remaining_s: float) -> int | None:
    """Which step of a ladder of remaining time this is: two steps for each doubling from five minutes on.

    One look is kept for each step that a journey comes down, so that a trip of any length teaches about as much of its
    end as of its beginning. None in the last five minutes.
    """
    if remaining_s < FIRST_RUNG_S:
        return None
    return min(LAST_RUNG, int(2 * log2(remaining_s / FIRST_RUNG_S)))


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Quantiles of actual over estimated remaining time, by how much remained.

    `below_s` (b,) are upper ends of remaining time, rising, the last one infinite; `ratio` (b, 3) the quantiles,
    rising from left to right.
    """

    below_s: FloatArray
    ratio: FloatArray

    def __post_init__(self) -> None:
        if self.ratio.shape != (len(self.below_s), 3) or not len(self.below_s):
            raise ValueError("a spread needs three quantiles for each of its bands, and at least one band")
        if not (np.all(self.ratio > 0) and np.all(np.diff(self.ratio, axis=1) >= 0)):
            raise ValueError("quantiles are above zero and rise from left to right")

    @classmethod
    def unlearned(cls) -> Spread:
        """What is assumed before any trip was seen to its end."""
        ratio = [
            [0.75, 1.0, 1.55], [0.79, 1.0, 1.45], [0.84, 1.0, 1.36], [0.87, 1.0, 1.30], [0.89, 1.0, 1.24],
            [0.91, 1.0, 1.20], [0.92, 1.0, 1.18],
        ]  # fmt: skip
        return cls(np.array(BANDS_S), np.array(ratio))

    @classmethod
    def exact(cls) -> Spread:
        """No span at all: the plain estimate."""
        return cls(np.array([np.inf]), np.ones((1, 3)))

    @classmethod
    def learn(cls, estimated_s: FloatArray, actual_s: FloatArray) -> Spread:
        """From looks (n,) and what became of them, in seconds; looks with nothing estimated or left are passed over.

        The quantiles are conformal (the next look, not the past ones, lies between them in 80 of 100 cases); the
        assumed ones weigh as PRIOR_LOOKS looks do, and stay where a band has fewer than LEAST_LOOKS.
        """
        assumed = cls.unlearned()
        ratio = assumed.ratio.copy()
        use = (estimated_s > 0) & (actual_s > 0)
        which = np.searchsorted(assumed.below_s, estimated_s[use], side="right")
        found = np.log(actual_s[use] / estimated_s[use])
        for band in range(len(ratio)):
            errors = np.sort(found[which == band])
            if len(errors) < LEAST_LOOKS:
                continue
            trust = len(errors) / (len(errors) + PRIOR_LOOKS)
            ratio[band] = np.exp(trust * _conformal(errors) + (1 - trust) * np.log(ratio[band]))
        return cls(assumed.below_s, ratio)

    def of(self, remaining_s: float) -> tuple[float, float, float]:
        """The three quantiles for so much remaining time, between the middles of the bands, FLOOR_S apart at least.

        They rise from left to right; only an exact spread has no floor.
        """
        starts = np.concatenate([[FIRST_RUNG_S], self.below_s[:-1]])
        middles = np.sqrt(starts * np.where(np.isinf(self.below_s), 2 * _LONGEST_S, self.below_s))
        seconds = max(remaining_s, FLOOR_S)
        low, mid, high = (float(np.interp(log(seconds), np.log(middles), self.ratio[:, i])) for i in range(3))
        if low == mid == high:
            return low, mid, high
        least = FLOOR_S / seconds
        return max(0.0, min(low, mid - least)), mid, max(high, mid + least)

    def to_json(self) -> str:
        """As the table keeps it: the quantiles by band, those of BANDS_S."""
        return orjson.dumps(self.ratio.tolist()).decode()

    @classmethod
    def from_json(cls, text: str) -> Spread | None:
        """What `to_json` wrote; None where an earlier version divided the bands otherwise: it is learned anew."""
        ratio = np.array(orjson.loads(text), dtype=np.float64)
        return cls(np.array(BANDS_S), ratio) if ratio.shape == (len(BANDS_S), 3) else None


def _conformal(errors: Sequence[float] | FloatArray) -> FloatArray:
    """The quantiles of sorted errors (n,), the outer ones a rank further out, as for one more that is to come."""
    n = len(errors)
    low = max(0, floor((n + 1) * QUANTILES[0]) - 1)
    high = min(n - 1, ceil((n + 1) * QUANTILES[2]) - 1)
    return np.array([errors[low], float(np.median(errors)), errors[high]])
