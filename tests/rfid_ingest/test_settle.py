"""When a stay is judged: over, and not before those that may have moved with it."""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.rfid_ingest.clean import Crossing, Side
from haoyun.rfid_ingest.clean.settle import ready

# 5 s of quiet and 2 s for late reads
WINDOW_MS = 7_000


@dataclass(frozen=True)
class Kept:
    crossing: Crossing
    received_ms: int = 0


def _stay(epc: str, first_ms: int, last_ms: int, point: str = "gate") -> Kept:
    crossing = Crossing.opened(epc, point, first_ms)
    for at_ms in (first_ms, last_ms):
        crossing = crossing.with_read(Side.INNER, at_ms, -50.0)
    return Kept(crossing, received_ms=last_ms)


def _ready(stays: list[Kept], newest_ms: int | None, now_ms: int = 0) -> set[str]:
    newest = {} if newest_ms is None else {"gate": newest_ms}
    return {stay.crossing.epc for stay in ready(stays, newest, now_ms)}


def test_a_stay_is_over_when_the_watermark_has_passed_its_quiet() -> None:
    stay = _stay("a", 0, 3_000)
    assert _ready([stay], 3_000 + WINDOW_MS) == set()
    assert _ready([stay], 3_001 + WINDOW_MS) == {"a"}


def test_another_portals_reads_say_nothing_of_it() -> None:
    assert not ready([_stay("a", 0, 3_000)], {"other": 1_000_000}, 0)


def test_a_stay_is_over_when_nothing_was_received_for_as_long() -> None:
    stay = _stay("a", 0, 3_000)
    assert _ready([stay], None, now_ms=3_000 + WINDOW_MS) == set()
    assert _ready([stay], None, now_ms=3_001 + WINDOW_MS) == {"a"}


def test_old_reads_that_come_in_a_burst_are_not_cut_by_the_clock_on_the_wall() -> None:
    hours_late = Kept(_stay("a", 0, 3_000).crossing, received_ms=10_000_000)
    assert _ready([hours_late], 3_000, now_ms=10_000_500) == set()


def test_it_waits_for_what_overlaps_it_and_is_still_going_on() -> None:
    over, going_on, later = _stay("a", 0, 3_000), _stay("b", 2_000, 9_000), _stay("c", 3_001, 9_000)
    assert _ready([over, going_on], 10_500) == set()
    assert _ready([over, later], 10_500) == {"a"}


def test_it_does_not_wait_for_what_stands_nearby() -> None:
    over, standing = _stay("a", 61_000, 62_000), _stay("s", 0, 69_500)
    assert _ready([over, standing], 70_000) == {"a"}
