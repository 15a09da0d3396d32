"""Clocks of readers: how far one runs ahead, and up to where a stream of reads is complete.

A read cannot be received before it was made. A reader whose newest read is later than its receipt has a clock that
runs ahead by that much at least; the largest such lead is the estimate, and it fades in case the clock was set. A
clock that runs behind cannot be told from a reader that kept its reads while it was offline: it is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

LATENESS_MS = 2_000  # how much later than its neighbours a read may come
_FADE = 0.02  # of a lead that is not seen any more, per message


@dataclass(frozen=True, slots=True)
class ReaderClock:
    """`ahead_ms` is how far the reader's clock runs ahead, 0 if it does not."""

    ahead_ms: int = 0

    def __post_init__(self) -> None:
        if self.ahead_ms < 0:
            raise ValueError("a clock that runs behind is not corrected")

    def with_message(self, newest_read_ms: int, received_ms: int) -> ReaderClock:
        """The estimate after one more message."""
        lead_ms = newest_read_ms - received_ms
        if lead_ms >= self.ahead_ms:
            return ReaderClock(max(0, lead_ms))
        return ReaderClock(self.ahead_ms - int(_FADE * (self.ahead_ms - max(0, lead_ms))))

    def corrected(self, read_ms: int) -> int:
        """The time of a read by the platform's clock."""
        return read_ms - self.ahead_ms


def watermark(newest_read_ms: int, now_ms: int, lateness_ms: int = LATENESS_MS) -> int:
    """Up to when no more reads are expected: `lateness_ms` behind the newest read, and behind now if all is quiet."""
    return max(newest_read_ms, now_ms) - lateness_ms
