"""Adaptive smoothing of unreliable reads, one window for each tag (SMURF: Jeffery, Garofalakis and Franklin,
"Adaptive Cleaning for RFID Data Streams", VLDB 2006, section 4).

A fixed window is too short for a tag that is seldom heard, and too long for one that leaves. SMURF takes reads as a
sample of the rounds in which the reader asked: from how often a present tag answers follows how many rounds must
pass until its silence means that it is gone, and a window with too few answers shrinks at once.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

EPOCH_MS = 1_000
ASKED = 4  # times an epoch: less than any reader does with a few tags in its field
MISSED = 0.05  # the paper's delta: how likely a present tag may go unseen through a whole window
_DEVIATIONS = 2.0  # answers below the expected number by so many standard deviations are a tag that left
_GROWTH = 2
_LONGEST_EPOCHS = 240


class SmurfWindow:
    """The window of one tag. Feed it each epoch in turn; it says whether the tag is there."""

    __slots__ = ("_asked", "_missed", "_rates", "size")

    def __init__(self, asked: int = ASKED, missed: float = MISSED) -> None:
        """`asked` is how often the reader asks in an epoch. Raises ValueError for parameters that mean nothing."""
        if asked < 1 or not 0 < missed < 1:
            raise ValueError("a reader asks at least once an epoch, and a share missed lies between 0 and 1")
        self._asked, self._missed = asked, missed
        self._rates: deque[float] = deque(maxlen=_LONGEST_EPOCHS)
        self.size = 1

    def step(self, answers: int) -> bool:
        """The next epoch: how often the tag answered in it. True if the tag is there."""
        self._rates.append(min(1.0, answers / self._asked))
        seen = [rate for rate in list(self._rates)[-self.size :] if rate > 0]
        if not seen:
            self.size = 1
            return False
        rate = sum(seen) / len(seen)
        needed = min(_LONGEST_EPOCHS, math.ceil(math.log(1 / self._missed) / rate))
        expected = self.size * rate
        if len(seen) < expected - _DEVIATIONS * math.sqrt(expected * (1 - rate)):
            self.size = max(1, min(self.size // 2, needed))
        elif needed > self.size:
            self.size = min(self.size + _GROWTH, needed)
        return True


@dataclass(frozen=True, slots=True)
class Presence:
    """A tag was there from its first to its last read, and found gone at `known_gone_ms` (None: still there)."""

    arrived_ms: int
    last_read_ms: int
    known_gone_ms: int | None = None

    @property
    def dwell_ms(self) -> int:
        """How long it was there, by its reads."""
        return self.last_read_ms - self.arrived_ms


def presences(
    read_ms: Iterable[int],
    until_ms: int,
    *,
    epoch_ms: int = EPOCH_MS,
    asked: int = ASKED,
    missed: float = MISSED,
) -> list[Presence]:
    """When one tag arrived, how long it stayed and when it left, from its read times; the last may be open.

    `until_ms` is the watermark: up to there silence is silence.
    """
    times = sorted(read_ms)
    if not times:
        return []
    window = SmurfWindow(asked, missed)
    found: list[Presence] = []
    current: Presence | None = None
    at = 0
    for start in range(times[0], max(until_ms, times[-1]) + 1, epoch_ms):
        heard = at
        while heard < len(times) and times[heard] < start + epoch_ms:
            heard += 1
        there = window.step(heard - at)
        if heard > at:
            current = Presence(current.arrived_ms if current else times[at], times[heard - 1])
        elif current and not there:
            found.append(Presence(current.arrived_ms, current.last_read_ms, start + epoch_ms))
            current = None
        at = heard
        if current is None and at == len(times):
            break
    return [*found, current] if current else found
