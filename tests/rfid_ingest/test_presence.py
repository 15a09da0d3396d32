"""Areas: a tag arrives, dwells and departs once each, however its reads were cut into messages and whoever restarts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest import (
    Direction,
    InvalidReadPoint,
    Mode,
    ReadPoint,
    TagReadHandler,
    bind_epcs,
    list_events,
    set_read_points,
    sscc_epc,
)
from haoyun.rfid_ingest.clean.presence import continued
from haoyun.rfid_ingest.clean.smurf import presences
from haoyun.tracking.timeline import MilestoneCode

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
READER = "reader-gate-01"
PALLET, OTHER = sscc_epc("6901234", 1), sscc_epc("6901234", 2)
LANE = ReadPoint(
    antenna=7,
    place="Staging lane 3",
    site_key="wuhan-yard",
    lat=30.59,
    lon=114.3,
    direction=Direction.IN,
    biz_step="storing",
    back_step="departing",
    back_milestone=MilestoneCode.GTOT,
    mode=Mode.PRESENCE,
)


@pytest.fixture
def lane(yard: Any) -> Any:
    """The yard with an area on two antennas."""
    set_read_points(yard.db, READER, [LANE, replace(LANE, antenna=8)], NOW)
    return yard


def _steps(yard: Any, epc: Any = PALLET) -> list[tuple[str, float]]:
    """Business step and second of the tag's events, by time."""
    found = [e for e in list_events(yard.db, 100) if e.document["epcList"] == [epc.uri]]
    return sorted(
        ((str(e.document["bizStep"]), (e.event_time - NOW).total_seconds()) for e in found),
        key=lambda pair: pair[1],
    )


def test_a_tag_arrives_dwells_and_departs_with_its_last_read(lane: Any) -> None:
    for start in (0, 20):
        lane.pass_gate(*(lane.read(PALLET, start + n / 2, antenna=7 + n % 2) for n in range(40)))
    lane.pass_gate(lane.read(OTHER, 120, antenna=7))  # time goes on for the area
    lane.handler.tick(lane.db, LATER + timedelta(seconds=2))
    assert _steps(lane) == [("storing", 0.0), ("departing", 39.5)]
    assert _steps(lane, OTHER) == [("storing", 120.0)]


def test_a_tag_that_is_seldom_heard_is_one_stay(lane: Any) -> None:
    """Silences of up to a dozen seconds within it: SMURF has learned that it answers seldom."""
    draw = random.Random(7)
    heard = [float(n) for n in range(300) if draw.random() < 0.25]
    for at_s in heard:
        lane.pass_gate(lane.read(PALLET, at_s, antenna=7), lane.read(OTHER, at_s, antenna=7))
    lane.pass_gate(lane.read(OTHER, 500, antenna=7))
    lane.handler.tick(lane.db, LATER + timedelta(seconds=2))
    assert _steps(lane) == [("storing", heard[0]), ("departing", heard[-1])]


def test_who_leaves_and_comes_back_is_two_stays(lane: Any) -> None:
    for start in (0, 100):
        lane.pass_gate(*(lane.read(PALLET, start + n / 4, antenna=7) for n in range(40)))
        lane.handler.finish(lane.db, LATER)
    assert [step for step, _at in _steps(lane)] == ["storing", "departing"] * 2


def test_time_alone_ends_a_stay_but_not_the_time_before_anybody_listened(lane: Any) -> None:
    lane.pass_gate(*(lane.read(PALLET, n / 4, antenna=7) for n in range(40)))
    after_restart = TagReadHandler()
    assert after_restart.is_waiting
    minute = timedelta(minutes=1)
    after_restart.tick(lane.db, LATER + minute)  # it has just begun to listen
    assert _steps(lane) == [("storing", 0.0)]
    after_restart.tick(lane.db, LATER + 2 * minute)
    assert [step for step, _at in _steps(lane)] == ["storing", "departing"]
    assert not after_restart.is_waiting


def test_a_late_read_of_a_stay_that_is_over_makes_no_new_one(lane: Any) -> None:
    lane.pass_gate(*(lane.read(PALLET, n / 4, antenna=7) for n in range(40)))
    lane.handler.finish(lane.db, LATER)
    lane.pass_gate(lane.read(PALLET, 5.1, antenna=7))
    lane.handler.finish(lane.db, LATER)
    assert [step for step, _at in _steps(lane)] == ["storing", "departing"]


def test_a_departure_makes_its_milestone(lane: Any) -> None:
    lane.open_journey()
    bind_epcs(lane.db, [PALLET.uri], "C-1", NOW)
    lane.pass_gate(*(lane.read(PALLET, n / 4, antenna=7) for n in range(40)))
    assert lane.milestones() == []
    lane.handler.finish(lane.db, LATER)
    assert [m.code for m in lane.milestones()] == [MilestoneCode.GTOT]


def test_a_gate_tells_no_departure_and_an_area_has_no_sides() -> None:
    with pytest.raises(InvalidReadPoint, match="area departure"):
        replace(LANE, mode=Mode.GATE, back_milestone=None)
    with pytest.raises(InvalidReadPoint, match="side"):
        replace(LANE, side="inner")


_TIMES = st.lists(st.integers(0, 150_000), min_size=1, max_size=30)


@given(_TIMES, st.integers(0, 1000), st.integers(1, 7))
def test_a_stay_does_not_depend_on_how_its_reads_came(times: list[int], seed: int, at_once: int) -> None:
    first, *rest = sorted(times)
    random.Random(seed).shuffle(rest)
    stay = continued(None, [first])
    for start in range(0, len(rest), at_once):
        stay = continued(stay, rest[start : start + at_once])
    assert stay == continued(None, times)


@given(_TIMES)
def test_a_stay_ends_when_smurf_says_so_of_its_reads(times: list[int]) -> None:
    until_ms = max(times) + 600_000
    found = presences(times, until_ms)
    stay = continued(None, [t for t in times if t >= found[-1].arrived_ms])
    (last,) = presences([t for t in times if t >= found[-1].arrived_ms], until_ms)[-1:]
    assert (stay.last_ms, stay.gone_ms(until_ms)) == (last.last_read_ms, last.known_gone_ms)
    assert stay.gone_ms(last.last_read_ms) is None
