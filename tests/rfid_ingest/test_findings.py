"""A passage without a gate read raises a finding after its window, and a late read withdraws it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from haoyun.rfid_ingest import bind_epcs, read_points_of, set_read_points, sscc_epc
from haoyun.rfid_ingest.findings import WINDOW, Finding, Kind, State
from haoyun.rfid_ingest.findings_store import findings_of, replace_findings, watch_gates
from haoyun.rfid_ingest.snap import SNAP, snapped
from haoyun.tracking.exceptions import exceptions_of
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.milestones_store import append_milestones
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEFT = NOW + timedelta(minutes=20)
AFTER = LEFT + WINDOW
PALLET = sscc_epc("6901234", 1)


def passed(yard: Any, code: MilestoneCode = MilestoneCode.DEPA, at: datetime = LEFT) -> None:
    """GPS says that the truck passed the fence of the journey's origin or destination."""
    lat, lon = (30.596, 114.3) if code is MilestoneCode.DEPA else (31.82, 117.23)
    milestone = Milestone("C-1", code, Quality.ACTUAL, Source.GPS, at, lat=lat, lon=lon, place="Wuhan")
    append_milestones(yard.db, [milestone], at)


def bound(yard: Any) -> None:
    yard.open_journey()
    bind_epcs(yard.db, [PALLET.uri], "C-1", NOW)


def raised(yard: Any) -> list[tuple[Kind, str]]:
    return [(found.kind, found.occurrence) for found in findings_of(yard.db, "C-1")]


def test_a_passage_without_a_read_is_raised_when_the_window_is_over(yard: Any) -> None:
    bound(yard)
    passed(yard)
    assert watch_gates(yard.db, AFTER - timedelta(seconds=1)) == 0
    assert raised(yard) == []
    assert watch_gates(yard.db, AFTER) == 1
    assert raised(yard) == [(Kind.MISSED_READ, "DEPA")]
    (found,) = findings_of(yard.db, "C-1")
    assert (found.at, found.detail["code"], found.detail["place"]) == (LEFT, "GTOT", "Wuhan")
    assert watch_gates(yard.db, AFTER + WINDOW) == 0  # once


def exceptions(yard: Any) -> list[tuple[str, str, str]]:
    return [
        (one.exception.kind.value, one.exception.subject, one.state.value)
        for one in exceptions_of(yard.db, ["C-1"])
    ]


def test_a_finding_stands_in_the_one_list_of_the_shipment_and_goes_with_its_evidence(yard: Any) -> None:
    bound(yard)
    passed(yard)
    watch_gates(yard.db, AFTER - timedelta(seconds=1))
    assert exceptions(yard) == []
    watch_gates(yard.db, AFTER)
    assert exceptions(yard) == [("missed_read", "DEPA", "standing")]
    yard.pass_gate(yard.read(PALLET, 15 * 60))
    watch_gates(yard.db, AFTER + timedelta(hours=3))
    assert exceptions(yard) == [("missed_read", "DEPA", "cleared")]


def test_an_excursion_that_is_no_more_is_cleared_and_one_that_grew_says_so(yard: Any) -> None:
    def warm(worst_c: float) -> Finding:
        detail = {"worst_c": worst_c, "out_by_c": worst_c - 8, "minutes": 5.0}
        return Finding("C-1", Kind.TEMPERATURE, "1", State.RAISED, LEFT, AFTER, detail)

    replace_findings(yard.db, "C-1", Kind.TEMPERATURE, [warm(9)], NOW)
    replace_findings(yard.db, "C-1", Kind.TEMPERATURE, [warm(12)], NOW)
    (one,) = exceptions_of(yard.db, ["C-1"])
    assert one.exception.evidence["worst_c"] == 12
    replace_findings(yard.db, "C-1", Kind.TEMPERATURE, [], NOW)
    assert exceptions(yard) == [("temperature", "1", "cleared")]


def test_a_read_before_or_within_the_window_is_nothing_odd(yard: Any) -> None:
    bound(yard)
    yard.pass_gate(yard.read(PALLET, 15 * 60))  # five minutes before the truck left the fence
    passed(yard)
    watch_gates(yard.db, AFTER)
    assert raised(yard) == []
    assert [found.state for found in findings_of(yard.db, "C-1", list(State))] == [State.MET]


def test_a_late_read_withdraws_the_finding(yard: Any) -> None:
    bound(yard)
    passed(yard)
    watch_gates(yard.db, AFTER)
    yard.pass_gate(yard.read(PALLET, 15 * 60))  # the reader was offline and tells it now
    assert watch_gates(yard.db, AFTER + timedelta(hours=3)) == 1
    assert raised(yard) == []
    assert [found.state for found in findings_of(yard.db, "C-1", list(State))] == [State.WITHDRAWN]


def test_a_read_long_before_or_at_another_gate_does_not_answer(yard: Any) -> None:
    bound(yard)
    passed(yard, at=NOW + timedelta(hours=2))
    yard.pass_gate(yard.read(PALLET, 60))  # two hours earlier
    yard.pass_gate(yard.read(PALLET, 7200, antenna=5))  # the gate in of the destination
    watch_gates(yard.db, NOW + timedelta(hours=2) + WINDOW)
    assert raised(yard) == [(Kind.MISSED_READ, "DEPA")]


def test_the_arrival_calls_for_the_gate_in(yard: Any) -> None:
    bound(yard)
    passed(yard, MilestoneCode.ARRI)
    watch_gates(yard.db, AFTER)
    assert raised(yard) == [(Kind.MISSED_READ, "ARRI")]


def test_where_no_gate_stands_none_is_missed(yard: Any) -> None:
    bound(yard)
    set_read_points(yard.db, "reader-gate-01", [], NOW)
    passed(yard)
    watch_gates(yard.db, AFTER)
    assert findings_of(yard.db, "C-1", list(State)) == []


def test_a_gate_outside_the_fence_is_another_sites(yard: Any) -> None:
    bound(yard)
    points = read_points_of(yard.db, [yard.device_id])
    moved = [replace(point, lat=30.60) for point in points.values()]
    set_read_points(yard.db, "reader-gate-01", moved, NOW)  # 1.1 km away, the fence has 500 m
    passed(yard)
    watch_gates(yard.db, AFTER)
    assert findings_of(yard.db, "C-1", list(State)) == []


def fix(seconds: float, lat: float = 30.0, flags: FixFlag = FixFlag(0)) -> PositionFix:  # noqa: B008 - a value
    at = NOW + timedelta(seconds=seconds)
    return PositionFix("truck-1", at, at, lat, 114.0, flags=flags)


def gate(seconds: float, source: Source = Source.RFID, lat: float | None = 30.5) -> Milestone:
    at = NOW + timedelta(seconds=seconds)
    return Milestone("C-1", MilestoneCode.GTOT, Quality.ACTUAL, source, at, lat=lat, lon=lat and 114.0)


def test_a_gate_read_takes_the_place_of_the_fixes_beside_it() -> None:
    near = SNAP.total_seconds()
    track = snapped([fix(0), fix(100 - near), fix(100 + near), fix(200)], [gate(100)])
    assert [(point.lat, point.by_gate) for point in track] == [(30.0, False), (30.5, True), (30.0, False)]


def test_a_gate_fills_a_silence_and_doubtful_fixes_stay_out() -> None:
    track = snapped([fix(0), fix(50, flags=FixFlag.JUMP)], [gate(5000)])
    assert [point.by_gate for point in track] == [False, True]


@pytest.mark.parametrize("other", [gate(100, Source.GPS), gate(100, lat=None)])
def test_only_a_gate_with_a_position_snaps(other: Milestone) -> None:
    assert [point.by_gate for point in snapped([fix(100)], [other])] == [False]
