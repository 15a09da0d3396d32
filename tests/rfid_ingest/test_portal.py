"""Direction, strays and company at a portal, in simulated worlds and in the shared recording."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.clean import Crossing, Earlier, Outcome, Side, group_crossings, judge, load_of, stays
from haoyun.rfid_ingest.clean.portal import PASSED
from haoyun.rfid_ingest.clean.portal_history import judge_in_order
from haoyun.rfid_ingest.clean.stays import SideRead
from haoyun.rfid_ingest.simulate_portal import Kind, PortalSim, Scene

START = datetime(2026, 1, 1, tzinfo=UTC)
WANTED = {Kind.IN: Outcome.IN, Kind.OUT: Outcome.OUT}


def _epcs(count: int, first: int = 0) -> tuple[str, ...]:
    return tuple(f"{first + n:024X}" for n in range(count))


def _reads(scenes: list[Scene], duration_s: float, seed: int = 1) -> list[SideRead]:
    return [
        (
            read.epc_hex,
            Side.INNER if read.antenna <= 2 else Side.OUTER,
            (read.read_at - START) // timedelta(milliseconds=1),
            read.rssi_dbm,
        )
        for read in PortalSim(seed).reads(scenes, START, duration_s)
    ]


def _outcomes(scenes: list[Scene], duration_s: float, seed: int = 1) -> dict[str, Outcome]:
    verdicts = judge_in_order(stays(_reads(scenes, duration_s, seed), "gate"))
    passed = {v.crossing.epc: v.outcome for v in verdicts if v.outcome in PASSED}
    return {**{v.crossing.epc: v.outcome for v in verdicts}, **passed}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("seed", range(3))
def test_a_load_is_judged_by_what_it_did(kind: Kind, seed: int) -> None:
    outcomes = _outcomes([Scene(kind, _epcs(8), 8.0, 1.0)], 16.0, seed)
    wanted = WANTED.get(kind)
    right = [o for o in outcomes.values() if (o is wanted if wanted else o not in PASSED)]
    assert len(right) == len(outcomes) == 8


@pytest.mark.parametrize("speed_ms", [0.4, 1.0, 2.5])
def test_the_speed_does_not_matter(speed_ms: float) -> None:
    assert set(_outcomes([Scene(Kind.OUT, _epcs(6), 15.0, speed_ms)], 40.0).values()) == {Outcome.OUT}


def test_a_single_tag_without_company_is_judged_by_itself() -> None:
    outcomes = [_outcomes([Scene(kind, _epcs(1), 8.0)], 16.0, seed) for kind in WANTED for seed in range(10)]
    right = sum(
        list(outcome.values()) == [WANTED[kind]]
        for outcome, kind in zip(outcomes, [k for k in WANTED for _ in range(10)], strict=True)
    )
    assert right >= 17
    assert Counter(next(iter(o.values())) for o in outcomes).keys() <= {
        Outcome.IN,
        Outcome.OUT,
        Outcome.FAINT,
    }


def test_two_loads_that_meet_in_the_door_keep_their_ways() -> None:
    scenes = [Scene(Kind.IN, _epcs(6), 8.0, 1.0, -0.4), Scene(Kind.OUT, _epcs(6, 100), 9.5, 1.0, 0.4)]
    outcomes = _outcomes(scenes, 20.0)
    assert {outcomes[epc] for epc in _epcs(6)} == {Outcome.IN}
    assert {outcomes[epc] for epc in _epcs(6, 100)} == {Outcome.OUT}


def test_a_tag_that_stands_nearby_is_not_taken_along_by_a_load() -> None:
    scenes = [Scene(Kind.STATIC, _epcs(3, 500), 0.0), Scene(Kind.IN, _epcs(10), 40.0)]
    outcomes = _outcomes(scenes, 80.0)
    assert not {outcomes[epc] for epc in _epcs(3, 500)} & set(PASSED)
    assert {outcomes[epc] for epc in _epcs(10)} == {Outcome.IN}


def _pass(
    epc: str, at_ms: int, *, inwards: bool = True, level_dbm: float = -50.0, reads: int = 12, slow: int = 1
) -> Crossing:
    """An ideal pass: the sides' humps are a second apart, or `slow` seconds."""
    crossing = Crossing.opened(epc, "gate", at_ms)
    for n in range(-reads, reads + 1):
        for side, peak in ((Side.OUTER, -500), (Side.INNER, 500)):
            time_ms = n * 100
            hump_ms = peak if inwards else -peak
            crossing = crossing.with_read(
                side, at_ms + slow * time_ms, level_dbm - ((time_ms - hump_ms) / 300) ** 2
            )
    return crossing


def test_the_shift_is_a_number_without_a_unit_that_turns_with_the_direction() -> None:
    inwards, outwards = _pass("a", 0), _pass("a", 0, inwards=False)
    assert inwards.shift == pytest.approx(-outwards.shift)
    assert 1.0 < inwards.shift < 2.0
    assert inwards.centre_ms == pytest.approx(0, abs=1)


def test_what_was_here_before_and_is_no_louder_does_not_pass() -> None:
    stay = _pass("a", 100_000)
    quiet, loud = Earlier(50_000, -50.0), Earlier(50_000, -60.0)
    assert [judge([stay], {"a": [e]})[0].outcome for e in (quiet, loud)] == [Outcome.RESIDENT, Outcome.IN]
    long_ago = Earlier(stay.first_ms - 600_001, -50.0)
    assert judge([stay], {"a": [long_ago]})[0].outcome is Outcome.IN


def test_what_stays_longer_than_a_pass_stands() -> None:
    stay = _pass("a", 0).with_read(Side.INNER, 61_500, -60.0)
    assert judge([stay])[0].outcome is Outcome.STANDS


def test_a_few_reads_without_company_are_faint_and_with_company_go_along() -> None:
    faint = _pass("f", 50, reads=1)
    assert judge([faint])[0].outcome is not Outcome.IN
    company = [_pass(name, at) for name, at in (("a", 0), ("b", 40), ("c", 80))]
    assert {v.outcome for v in judge([faint, *company]) if v.crossing.epc != "f"} == {Outcome.IN}


def test_one_side_alone_is_no_pass() -> None:
    stay = Crossing.opened("a", "gate", 0)
    for at_ms in range(0, 3000, 100):
        stay = stay.with_read(Side.INNER, at_ms, -50.0)
    assert judge([stay])[0].outcome is Outcome.STAYED


def test_without_strengths_the_reads_count_the_same() -> None:
    stay = Crossing.opened("a", "gate", 0)
    for n in range(20):
        stay = stay.with_read(Side.OUTER if n < 10 else Side.INNER, n * 100, None)
    assert judge([stay])[0].outcome is Outcome.IN


def test_groups_are_what_is_in_the_middle_together() -> None:
    near, later, faint = _pass("b", 60), _pass("c", 9_000), _pass("d", 20, level_dbm=-70.0)
    groups = group_crossings([later, near, _pass("a", 0), faint])
    assert [sorted(c.epc for c in group) for group in groups] == [["a", "b"], ["d"], ["c"]]


def test_what_goes_at_another_speed_is_no_company() -> None:
    groups = group_crossings([_pass("a", 0), _pass("b", 10), _pass("walker", 20, slow=4)])
    assert sorted(sorted(c.epc for c in group) for group in groups) == [["a", "b"], ["walker"]]


def test_a_load_is_one_logistic_unit_and_what_goes_with_it() -> None:
    unit, case = "urn:epc:id:sscc:6901234.0000000001", "urn:epc:id:sgtin:6901234.000001.1"
    load = load_of([case, unit, case])
    assert load is not None
    assert (load.parent, load.children) == (unit, (case,))
    assert load_of([unit]) is load_of([case]) is load_of([unit, unit[:-1] + "2", case]) is None


@given(st.permutations(list(range(24))), st.integers(0, 10**6))
def test_the_order_of_reads_changes_nothing(order: list[int], shift_ms: int) -> None:
    rng = random.Random(5)
    reads = [(rng.choice(list(Side)), shift_ms + n * 120, rng.uniform(-70, -40)) for n in range(24)]
    crossings = []
    for sequence in (range(24), order):
        crossing = Crossing.opened("a", "gate", shift_ms)
        for n in sequence:
            crossing = crossing.with_read(*reads[n])
        crossings.append(crossing)
    one, other = crossings
    assert other.shift == pytest.approx(one.shift, abs=1e-6)
    assert (other.first_ms, other.last_ms, other.peak_dbm) == (one.first_ms, one.last_ms, one.peak_dbm)


def test_a_quiet_tag_that_is_heard_again_has_come_again() -> None:
    reads = [("a", Side.INNER, at_ms, -50.0) for at_ms in (0, 4_000, 9_000, 14_001)]
    assert [(c.first_ms, c.last_ms) for c in stays(reads, "gate")] == [(0, 9_000), (14_001, 14_001)]


def test_the_shared_recording_is_judged_right(shared_data: Path) -> None:
    with (shared_data / "rfid" / "portal_truth.csv").open(encoding="utf-8") as file:
        truth = {row["tag"]: row["kind"] for row in csv.DictReader(file)}
    with (shared_data / "rfid" / "portal_reads.csv").open(encoding="utf-8") as file:
        reads = [
            (
                row["tag"],
                Side.INNER if int(row["antenna"]) <= 2 else Side.OUTER,
                int(row["t_ms"]),
                int(row["rssi_cdbm"]) / 100,
            )
            for row in csv.DictReader(file)
        ]
    verdicts = judge_in_order(stays(reads, "gate"))
    passed = {v.crossing.epc: v.outcome.value for v in verdicts if v.outcome in PASSED}
    strays = [tag for tag, kind in truth.items() if kind not in ("in", "out")]
    right = sum(passed.get(tag) == (kind if kind in ("in", "out") else None) for tag, kind in truth.items())
    assert right / len(truth) >= 0.97
    assert sum(tag in passed for tag in strays) / len(strays) <= 0.02
