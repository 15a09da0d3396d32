"""When a stay in a portal can be judged: it is over, and so is everything that may have moved with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from haoyun.rfid_ingest.clean.clock import LATENESS_MS
from haoyun.rfid_ingest.clean.crossing import Crossing
from haoyun.rfid_ingest.clean.portal import LONGEST_PASS_S
from haoyun.rfid_ingest.clean.stays import QUIET_MS


class Waiting(Protocol):
    """A stay without a verdict, and when its last read was received."""

    @property
    def crossing(self) -> Crossing:
        """The stay."""
        ...

    @property
    def received_ms(self) -> int:
        """Epoch ms by the platform's clock."""
        ...


Stay = TypeVar("Stay", bound=Waiting)


def ready(
    stays: Sequence[Stay], newest_ms: Mapping[str, int], now_ms: int, heard_since_ms: int = 0
) -> list[Stay]:
    """The stays to judge now. `newest_ms` is the time of the newest read of each portal, by its point.

    A stay is over when its portal's watermark has passed the quiet after it, or when nothing was received for as
    long: readers that were offline report old reads in a burst, which are not cut by the clock on the wall. A silence
    counts from `heard_since_ms` on: before that nobody listened.
    """
    over = [stay for stay in stays if _is_over(stay, newest_ms, now_ms, heard_since_ms)]
    open_stays = [
        stay.crossing
        for stay in stays
        if not _is_over(stay, newest_ms, now_ms, heard_since_ms) and stay.crossing.span_s <= LONGEST_PASS_S
    ]
    return [stay for stay in over if not any(_touch(stay.crossing, other) for other in open_stays)]


def _is_over(stay: Waiting, newest_ms: Mapping[str, int], now_ms: int, heard_since_ms: int) -> bool:
    newest = newest_ms.get(stay.crossing.point)
    return (newest is not None and newest - LATENESS_MS > stay.crossing.last_ms + QUIET_MS) or (
        now_ms - max(stay.received_ms, heard_since_ms) > LATENESS_MS + QUIET_MS
    )


def _touch(one: Crossing, other: Crossing) -> bool:
    return (
        one.point == other.point
        and one is not other
        and one.first_ms <= other.last_ms
        and other.first_ms <= one.last_ms
    )
