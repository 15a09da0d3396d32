"""How a figure is worked out of its facts (pure; docs/reference/statistics.md is its text for people)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.privacy import Rule
from haoyun.platform.statistics.series import SHAPES, Series, pool_of

LEAST_KM, PRICE_BOUNDS_FEN = 10.0, (20.0, 20_000.0)  # beyond, a way or a price was mistyped
_DEVIATIONS = 3.5  # Iglewicz and Hoaglin's bound on a modified z-score
_TO_SIGMA = 1.4826  # of a median absolute deviation, if errors were normal


def midmean(values: Sequence[float]) -> float:
    """The mean of the middle half (25 % trimmed from either end, parts of values counted as parts).

    As deaf to outliers as a median nearly, and of five values or more never anybody's own.
    """
    ordered, n = sorted(values), len(values)
    low, high = n / 4, 3 * n / 4
    shares = [max(0.0, min(i + 1, high) - max(i, low)) for i in range(n)]
    return math.fsum(share * value for share, value in zip(shares, ordered, strict=True)) / (n / 2)


@dataclass(frozen=True, slots=True)
class Reference:
    """How far prices of a class lie from the middle of all prices, as logarithms: one table a year."""

    year: int
    factors: Mapping[str, float]

    def adjusted(self, fact: Fact) -> float:
        """The logarithm of a price, as if the order were of average kind."""
        return math.log(fact.value) - self.factor(fact.kind)

    def factor(self, kind: str) -> float:
        """Of the class, or the coarser one that the table knows, such as ``cold/20t`` or ``cold``."""
        while kind:
            if kind in self.factors:
                return self.factors[kind]
            kind = kind.rpartition("/")[0]
        return 0.0


def reference_of(series: Series, year: int, facts: Sequence[Fact], rule: Rule) -> Reference:
    """The table of a year from prices of the 52 weeks before; only classes that pass the rule are in it."""
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        kind = fact.kind
        while kind:
            by_kind.setdefault(kind, []).append(fact)
            kind = kind.rpartition("/")[0]
    if not by_kind:
        return Reference(year, {})
    middle = midmean([math.log(fact.value) for fact in facts])
    return Reference(
        year,
        {
            kind: midmean([math.log(fact.value) for fact in members]) - middle
            for kind, members in sorted(by_kind.items())
            if rule.may_publish(pool_of(series, members))
        },
    )


def without_outliers(facts: Sequence[Fact], reference: Reference) -> list[Fact]:
    """Prices whose adjusted logarithm lies within 3.5 robust deviations of the median of all of them."""
    if not facts:
        return []
    adjusted = [reference.adjusted(fact) for fact in facts]
    middle = median(adjusted)
    spread = _TO_SIGMA * median(abs(a - middle) for a in adjusted)
    if spread == 0:
        return list(facts)
    return [fact for fact, a in zip(facts, adjusted, strict=True) if abs(a - middle) <= _DEVIATIONS * spread]


def level(facts: Sequence[Fact], reference: Reference) -> float:
    """The logarithm of a lane's price for a kilometre in fen, of average kind."""
    return midmean([reference.adjusted(fact) for fact in facts])


def figure(series: Series, facts: Sequence[Fact]) -> float:
    """The value of a series other than a price, in its unit, not yet rounded."""
    if series is Series.RATIO:
        loads = sum(1 for fact in facts if fact.measure is Measure.LOAD)
        return loads / (len(facts) - loads)
    if series in (Series.MATCH_TIME, Series.COVER_TIME):
        return midmean([fact.value for fact in facts])
    if series in (Series.EMPTY, Series.EMPTY_TRACKED):
        return 100 * math.fsum(f.value for f in facts) / math.fsum(f.weight for f in facts)
    return 100 * math.fsum(fact.value for fact in facts) / len(facts)


def rounded(series: Series, value: float) -> float:
    """A value in the coarse steps it is published in."""
    step = SHAPES[series].step
    return round(round(value / step) * step, 6)


def yuan_per_km(log_fen: float) -> float:
    """What a level says, rounded as it is published."""
    return rounded(Series.PRICE, math.exp(log_fen) / 100)


def is_sound(fact: Fact) -> bool:
    """Whether a price may enter at all."""
    low, high = PRICE_BOUNDS_FEN
    return low <= fact.value <= high
