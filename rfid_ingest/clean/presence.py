"""A tag in an area, as kept between batches: how often it answered in each epoch since it arrived. Pure.

What SMURF (smurf.py) makes of it does not depend on how the reads were cut into messages, nor on their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from haoyun.rfid_ingest.clean.smurf import EPOCH_MS, SmurfWindow

_KEPT_EPOCHS = 240  # as many as the longest window looks back


@dataclass(frozen=True, slots=True)
class Stay:
    """A tag that is there. `answers[n]` is how often it was heard in the nth epoch from `counted_from_ms` on."""

    arrived_ms: int
    last_ms: int
    counted_from_ms: int
    answers: tuple[int, ...] = ()

    @classmethod
    def opened(cls, at_ms: int) -> Stay:
        """The stay of a tag that was heard for the first time."""
        return cls(at_ms, at_ms, at_ms)

    def with_reads(self, times_ms: Iterable[int]) -> Stay:
        """The stay with more reads; one from before it was counted makes it begin earlier."""
        times = sorted(times_ms)
        if not times:
            return self
        lead = max(0, -((times[0] - self.counted_from_ms) // EPOCH_MS))
        counted_from_ms = self.counted_from_ms - lead * EPOCH_MS
        last_epoch = (max(times[-1], self.last_ms) - counted_from_ms) // EPOCH_MS
        answers = [*[0] * lead, *self.answers]
        answers += [0] * (last_epoch + 1 - len(answers))
        for at_ms in times:
            answers[(at_ms - counted_from_ms) // EPOCH_MS] += 1
        forgotten = max(0, len(answers) - _KEPT_EPOCHS)
        return Stay(
            min(self.arrived_ms, times[0]),
            max(self.last_ms, times[-1]),
            counted_from_ms + forgotten * EPOCH_MS,
            tuple(answers[forgotten:]),
        )

    def gone_ms(self, until_ms: int) -> int | None:
        """Since when silence up to the watermark `until_ms` has meant that the tag is gone; None: it is there."""
        window = SmurfWindow()
        for answered in self.answers:
            window.step(answered)
        heard_to_ms = self.counted_from_ms + len(self.answers) * EPOCH_MS
        for end_ms in range(heard_to_ms + EPOCH_MS, until_ms + 1, EPOCH_MS):
            if not window.step(0):
                return end_ms
        return None


def continued(stay: Stay | None, times_ms: Iterable[int]) -> Stay:
    """The tag's stay with these reads, which open it where there is none."""
    times = sorted(times_ms)
    return (stay or Stay.opened(times[0])).with_reads(times)
