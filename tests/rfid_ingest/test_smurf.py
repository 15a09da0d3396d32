"""Adaptive smoothing: a window that grows for tags that are seldom heard and shrinks when one leaves."""

from __future__ import annotations

import random

import pytest

from haoyun.rfid_ingest.clean import Presence, ReaderClock, SmurfWindow, presences, watermark


def _answers(rate: float, epochs: int, seed: int, asked: int = 8) -> list[int]:
    draw = random.Random(seed)
    return [sum(draw.random() < rate for _ in range(asked)) for _ in range(epochs)]


def _silences(rate: float, size: int | None) -> int:
    """False silences in 400 epochs of a tag that is there: with SMURF's window, or one of a fixed size."""
    answers = _answers(rate, 400, seed=3)
    if size is None:
        window = SmurfWindow(asked=8)
        return sum(not window.step(n) for n in answers)
    return sum(not any(answers[max(0, at - size + 1) : at + 1]) for at in range(400))


def test_a_tag_that_is_seldom_heard_gets_a_window_long_enough_to_bridge_its_silence() -> None:
    assert _silences(0.05, size=1) > 200
    assert _silences(0.05, size=None) < 30


def test_a_tag_that_is_heard_always_keeps_a_short_window() -> None:
    window = SmurfWindow(asked=8)
    for answers in _answers(0.95, 50, seed=1):
        window.step(answers)
    assert window.size <= 4


def test_the_window_shrinks_when_the_answers_stop() -> None:
    window = SmurfWindow(asked=8)
    for answers in _answers(0.3, 100, seed=2):
        window.step(answers)
    grown = window.size
    gone = next(n for n in range(1, 200) if not window.step(0))
    assert grown > 4
    assert gone < 2 * grown


def test_a_tag_arrives_dwells_and_departs() -> None:
    draw = random.Random(4)
    first = [at for at in range(0, 10_000, 250) if draw.random() < 0.7]
    second = [at for at in range(60_000, 70_000, 250) if draw.random() < 0.7]
    found = presences([*second, *first], 100_000)
    assert [(p.arrived_ms, p.last_read_ms) for p in found] == [
        (first[0], first[-1]),
        (second[0], second[-1]),
    ]
    assert found[0].dwell_ms == first[-1] - first[0]
    assert all(p.known_gone_ms is not None and p.known_gone_ms - p.last_read_ms < 15_000 for p in found)


def test_a_tag_is_there_until_silence_says_otherwise() -> None:
    assert presences([0, 250, 500], 500) == [Presence(0, 500, None)]
    assert presences([0, 250, 500], 60_000)[0].known_gone_ms is not None
    assert presences([], 1_000) == []


@pytest.mark.parametrize(("asked", "missed"), [(0, 0.05), (1, 0.0), (1, 1.0)])
def test_parameters_that_mean_nothing_are_refused(asked: int, missed: float) -> None:
    with pytest.raises(ValueError, match="at least once"):
        SmurfWindow(asked, missed)


def test_a_read_from_the_future_tells_how_far_the_clock_runs_ahead() -> None:
    clock = ReaderClock().with_message(newest_read_ms=10_000, received_ms=4_000)
    assert clock == ReaderClock(6_000)
    assert clock.corrected(10_000) == 4_000
    assert clock.with_message(12_000, 5_000) == ReaderClock(7_000)


def test_a_clock_that_runs_behind_or_a_reader_that_was_offline_is_left_as_it_is() -> None:
    assert ReaderClock().with_message(newest_read_ms=0, received_ms=3_600_000) == ReaderClock(0)


def test_a_lead_that_is_not_seen_any_more_fades() -> None:
    clock = ReaderClock(6_000)
    for _ in range(400):
        clock = clock.with_message(newest_read_ms=0, received_ms=1_000)
    assert clock.ahead_ms < 100


def test_the_watermark_waits_for_late_reads_and_moves_on_when_all_is_quiet() -> None:
    assert watermark(10_000, 9_000) == 8_000
    assert watermark(10_000, 60_000) == 58_000
