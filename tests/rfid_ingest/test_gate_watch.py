"""The live view of gates: only the owner's readers, unknown tags, and what is missing against the manifest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from haoyun.rfid_ingest import bind_epcs, sscc_epc
from haoyun.rfid_ingest.gate_watch import SILENT_AFTER, UnknownTag, gate_states
from haoyun.tracking.devices_store import mark_seen, revoke_device

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)  # when the yard's messages are received
FIRST, SECOND, THIRD, STRAY = (sscc_epc("6901234", n) for n in (1, 2, 3, 9))


def out_gate(yard: Any, now: datetime = LATER) -> Any:
    (gate,) = gate_states(yard.db, "org-1", now)
    return next(point for point in gate.points if point.biz_step == "departing")


def bound(yard: Any) -> None:
    yard.open_journey()
    bind_epcs(yard.db, [FIRST.uri, SECOND.uri, THIRD.uri], "C-1", NOW)


def test_only_the_owner_sees_its_readers(yard: Any) -> None:
    assert [gate.reader for gate in gate_states(yard.db, "org-1", LATER)] == ["reader-gate-01"]
    assert gate_states(yard.db, "org-2", LATER) == []
    revoke_device(yard.db, "reader-gate-01", NOW)
    assert gate_states(yard.db, "org-1", LATER) == []


def test_reads_a_second_are_those_of_the_last_minute_at_that_point(yard: Any) -> None:
    yard.pass_gate(*(yard.read(FIRST, 3600 - i, antenna=1 + i % 2) for i in range(30)))
    yard.pass_gate(yard.read(FIRST, 3600, antenna=5))
    assert out_gate(yard).reads_per_s == 30 / 60
    assert out_gate(yard, LATER + timedelta(minutes=2)).reads_per_s == 0
    assert out_gate(yard, LATER + timedelta(minutes=2)).tags == 1


def test_a_tag_that_is_bound_to_nothing_or_is_no_epc_is_unknown(yard: Any) -> None:
    bound(yard)
    garbage = replace(yard.read(FIRST, 3600), epc_hex="E2801160")
    yard.pass_gate(yard.read(FIRST, 3600), yard.read(STRAY, 3600), garbage)
    assert out_gate(yard).unknown == (UnknownTag(STRAY.uri, True), UnknownTag("E2801160", False))


def test_what_is_missing_is_told_once_the_first_of_its_journey_passes(yard: Any) -> None:
    bound(yard)
    assert out_gate(yard).missing == ()
    yard.pass_gate(yard.read(FIRST, 3590))
    (missing,) = out_gate(yard).missing
    assert (missing.journey_id, missing.passed, missing.units) == ("C-1", 1, (SECOND.uri, THIRD.uri))
    yard.pass_gate(yard.read(SECOND, 3591), yard.read(THIRD, 3592))
    assert out_gate(yard).missing == ()


def test_what_passed_at_another_point_is_still_missing_here(yard: Any) -> None:
    bound(yard)
    yard.pass_gate(yard.read(FIRST, 3590), yard.read(SECOND, 3590, antenna=5), yard.read(THIRD, 3591))
    (missing,) = out_gate(yard).missing
    assert missing.units == (SECOND.uri,)


def test_a_reader_that_says_nothing_for_long_is_silent(yard: Any) -> None:
    assert gate_states(yard.db, "org-1", LATER)[0].is_silent  # it never spoke
    mark_seen(yard.db, [yard.device_id], LATER)
    assert not gate_states(yard.db, "org-1", LATER)[0].is_silent
    assert gate_states(yard.db, "org-1", LATER + SILENT_AFTER + timedelta(seconds=1))[0].is_silent


def test_a_clock_that_runs_ahead_is_shown(yard: Any) -> None:
    yard.pass_gate(yard.read(FIRST, 3600 + 90))
    assert gate_states(yard.db, "org-1", LATER)[0].ahead_ms == 90_000
