"""What a portal's two sides saw of one tag, as sums: enough to say when each side saw it strongest.

Strength decides how much a read counts: a tag is read from far away again and again, but loudest right below an
antenna. Sums can be stored, continued and merged, and do not depend on the order of reads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_REFERENCE_DBM = -60.0  # keeps the sums near 1; it cancels out everywhere
_LEAST_SPREAD_S = 0.001
_FADING = 0.7  # the weights' standard deviation over their mean: fading by 3 dB


class Side(StrEnum):
    """Where an antenna of a portal looks: towards the site, or towards the road."""

    INNER = "inner"
    OUTER = "outer"


@dataclass(frozen=True, slots=True)
class SideSums:
    """Reads of one side: their count, and sums of weight, weight x time, weight x time², weight² (times in s)."""

    reads: int = 0
    weight: float = 0.0
    moment: float = 0.0
    square: float = 0.0
    weight2: float = 0.0

    def as_list(self) -> list[float]:
        """The sums in their order, to be added to."""
        return [float(self.reads), self.weight, self.moment, self.square, self.weight2]

    @property
    def centroid_s(self) -> float:
        """The mean time of the reads, by weight."""
        return self.moment / self.weight

    @property
    def variance(self) -> float:
        """The spread of the times around it, in s²."""
        return max(self.square / self.weight - self.centroid_s**2, _LEAST_SPREAD_S**2)

    @property
    def effective_reads(self) -> float:
        """How many equally strong reads would tell as much (Kish)."""
        return self.weight**2 / self.weight2


@dataclass(frozen=True, slots=True)
class Crossing:
    """One tag's stay in a portal. `started_ms` names it and is the zero of the sums' times."""

    epc: str
    point: str
    started_ms: int
    first_ms: int
    last_ms: int
    peak_dbm: float
    inner: SideSums = SideSums()
    outer: SideSums = SideSums()

    @classmethod
    def opened(cls, epc: str, point: str, at_ms: int) -> Crossing:
        """A stay of which no read is counted yet."""
        return cls(epc, point, at_ms, at_ms, at_ms, -math.inf)

    def with_read(self, side: Side, at_ms: int, rssi_dbm: float | None) -> Crossing:
        """The stay with one more read; without a strength all reads weigh the same."""
        return self.with_reads([(at_ms, side, rssi_dbm)])

    def with_reads(self, reads: Iterable[tuple[int, Side, float | None]]) -> Crossing:
        """The stay with more reads: epoch ms, side, dBm."""
        inner, outer = self.inner.as_list(), self.outer.as_list()
        first_ms, last_ms, peak_dbm, started_ms = self.first_ms, self.last_ms, self.peak_dbm, self.started_ms
        for at_ms, side, rssi_dbm in reads:
            level = _REFERENCE_DBM if rssi_dbm is None else rssi_dbm
            weight = 10.0 ** ((level - _REFERENCE_DBM) / 10.0)
            time_s = (at_ms - started_ms) / 1000.0
            sums = inner if side is Side.INNER else outer
            moment = weight * time_s
            sums[0] += 1.0
            sums[1] += weight
            sums[2] += moment
            sums[3] += moment * time_s
            sums[4] += weight * weight
            if at_ms < first_ms:
                first_ms = at_ms
            elif at_ms > last_ms:
                last_ms = at_ms
            peak_dbm = max(peak_dbm, level)
        return Crossing(
            self.epc, self.point, started_ms, first_ms, last_ms, peak_dbm,
            SideSums(int(inner[0]), *inner[1:]), SideSums(int(outer[0]), *outer[1:]),
        )  # fmt: skip

    @property
    def reads(self) -> int:
        """Reads of both sides."""
        return self.inner.reads + self.outer.reads

    @property
    def span_s(self) -> float:
        """From the first to the last read."""
        return (self.last_ms - self.first_ms) / 1000.0

    @property
    def both_sides(self) -> bool:
        """Whether each side saw the tag."""
        return self.inner.reads > 0 and self.outer.reads > 0

    @property
    def centre_ms(self) -> float:
        """When the tag was in the middle of the portal, in epoch ms: the mean time of all reads, by weight."""
        weight = self.inner.weight + self.outer.weight
        return self.started_ms + 1000.0 * (self.inner.moment + self.outer.moment) / weight

    @property
    def spread_s(self) -> float:
        """How long the tag was near, as the standard deviation of the times."""
        weight = self.inner.weight + self.outer.weight
        mean = (self.inner.moment + self.outer.moment) / weight
        return math.sqrt(max((self.inner.square + self.outer.square) / weight - mean**2, _LEAST_SPREAD_S**2))

    @property
    def shift(self) -> float:
        """How much later the inner side saw it than the outer one, in spreads: above 0 inwards. No unit.

        At any speed a thing that passes shifts by about 1.4 (two equal humps, each as wide as half their
        distance); one that turns back, walks by or stands shifts by about 0. Needs both sides.
        """
        return (self.inner.centroid_s - self.outer.centroid_s) / self.spread_s

    @property
    def doubt(self) -> float:
        """The standard error of the shift: reads come at known times, but their strengths fade by chance."""
        error2 = sum(
            side.variance / max(side.effective_reads - 1.0, 0.5) for side in (self.inner, self.outer)
        )
        return _FADING * math.sqrt(error2) / self.spread_s
