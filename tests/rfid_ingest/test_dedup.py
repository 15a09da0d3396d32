"""Visits: one arrival however many reads, whatever the messages they came in."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.clean import Session, Sighting, arrivals

WINDOW_MS = 30_000


def _sighting(at_ms: int, epc: str = "e", antenna: int = 1) -> Sighting:
    return Sighting(epc, "gate:departing", at_ms, 1, antenna)


def _starts(times: list[int]) -> list[int]:
    return [s.at_ms for s in arrivals(map(_sighting, times), {}, WINDOW_MS).arrivals]


def test_reads_of_several_antennas_within_the_window_are_one_arrival() -> None:
    seen = [_sighting(0, antenna=1), _sighting(40, antenna=2), _sighting(29_000, antenna=3)]
    assert [s.antenna for s in arrivals(seen, {}, WINDOW_MS).arrivals] == [1]


def test_a_tag_that_dwells_stays_one_visit() -> None:
    assert _starts(list(range(0, 600_000, 20_000))) == [0]


def test_a_tag_that_comes_back_after_the_window_arrives_again() -> None:
    assert _starts([0, 1000, 31_001]) == [0, 31_001]


def test_tags_and_read_points_are_apart() -> None:
    seen = [_sighting(0, "a"), _sighting(0, "b"), Sighting("a", "gate:arriving", 0, 1, 1)]
    assert len(arrivals(seen, {}, WINDOW_MS).arrivals) == 3


def test_a_message_that_comes_twice_changes_nothing() -> None:
    seen = [_sighting(t) for t in (0, 5000, 90_000)]
    first = arrivals(seen, {}, WINDOW_MS)
    again = arrivals(seen, first.changed, WINDOW_MS)
    assert again.arrivals == ()
    assert not again.changed


def test_a_late_read_before_a_known_visit_belongs_to_it_within_the_window() -> None:
    key = ("e", "gate:departing")
    cleaned = arrivals([_sighting(80_000)], {key: (Session(100_000, 100_000, 101_000),)}, WINDOW_MS)
    assert cleaned.arrivals == ()
    assert cleaned.changed[key] == (Session(100_000, 80_000, 101_000),)


def test_a_late_read_of_an_earlier_visit_is_an_arrival_of_its_own() -> None:
    key = ("e", "gate:departing")
    cleaned = arrivals([_sighting(10_000)], {key: (Session(100_000, 100_000, 101_000),)}, WINDOW_MS)
    assert [s.at_ms for s in cleaned.arrivals] == [10_000]


def test_a_visit_that_starts_outside_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="between its first and its last"):
        Session(1, 2, 3)


@given(st.lists(st.integers(0, 400_000), max_size=40), st.integers(1, 7))
def test_how_reads_are_cut_into_messages_does_not_matter(times: list[int], size: int) -> None:
    times.sort()
    known: dict[tuple[str, str], tuple[Session, ...]] = {}
    starts: list[int] = []
    for i in range(0, len(times), size):
        cleaned = arrivals([_sighting(t) for t in times[i : i + size]], known, WINDOW_MS)
        starts += [s.at_ms for s in cleaned.arrivals]
        for key, visits in cleaned.changed.items():
            kept = {visit.started_ms: visit for visit in (*known.get(key, ()), *visits)}
            known[key] = tuple(kept.values())
    assert starts == _starts(times)


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=40), st.integers(0, 2**32))
def test_every_read_lies_in_a_visit_and_visits_open_apart(times: list[int], seed: int) -> None:
    random.Random(seed).shuffle(times)
    cleaned = arrivals(map(_sighting, times), {}, WINDOW_MS)
    visits = next(iter(cleaned.changed.values()))
    assert all(any(v.first_ms <= t <= v.last_ms for v in visits) for t in times)
    starts = sorted(s.at_ms for s in cleaned.arrivals)
    assert all(b - a > WINDOW_MS for a, b in pairwise(starts))
