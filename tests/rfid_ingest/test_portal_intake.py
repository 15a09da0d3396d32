"""Portals in the intake: direction by two sides, no events for strays, late reads that amend, and time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from haoyun.rfid_ingest import (
    Direction,
    Epc,
    InvalidReadPoint,
    JsonMapping,
    Mode,
    ReadPoint,
    Side,
    TagRead,
    bind_epcs,
    count_events,
    events_of_epc,
    health_of,
    list_events,
    raw_reads,
    set_mapping,
    set_read_points,
    sscc_epc,
)
from haoyun.rfid_ingest.clean import Outcome
from haoyun.rfid_ingest.simulate_portal import Kind, PortalSim, Scene
from haoyun.rfid_ingest.tables import CROSSING
from haoyun.tracking.intake import Intake
from haoyun.tracking.testing import FakeInbox
from haoyun.tracking.timeline import MilestoneCode

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
READER = "reader-gate-01"
PALLET = sscc_epc("6901234", 1)
CASES = [Epc("sgtin-96", 2, ("6901234", "000001", str(n))) for n in range(5)]
OUT_GATE = ReadPoint(
    antenna=1,
    place="Wuhan yard, gate out",
    site_key="wuhan-yard",
    lat=30.59,
    lon=114.3,
    direction=Direction.OUT,
    biz_step="departing",
    milestone_code=MilestoneCode.GTOT,
)
PORTAL = [
    replace(
        OUT_GATE,
        antenna=antenna,
        mode=Mode.PORTAL,
        side=Side.INNER if antenna <= 2 else Side.OUTER,
        back_step="arriving",
        back_milestone=MilestoneCode.GTIN,
    )
    for antenna in (1, 2, 3, 4)
]


@pytest.fixture
def dock(yard: Any) -> Any:
    """The yard with a portal instead of its gates."""
    set_read_points(yard.db, READER, PORTAL, NOW)
    return yard


def _reads(kind: Kind, epcs: list[Epc], middle_s: float = 8.0, seed: int = 1) -> list[TagRead]:
    scene = Scene(kind, tuple(epc.hex for epc in epcs), middle_s)
    return PortalSim(seed).reads([scene], NOW, middle_s + 8.0)


def _report(dock: Any, reads: list[TagRead], size: int = 60) -> None:
    for start in range(0, len(reads), size):
        dock.handler.handle(dock.db, [dock.message(*reads[start : start + size])], LATER)


def _outcomes(dock: Any) -> set[str | None]:
    return set(dock.db.scalars(sa.select(CROSSING.c.outcome)))


def test_a_load_out_is_one_event_an_epc_and_one_of_the_whole(dock: Any) -> None:
    _report(dock, _reads(Kind.OUT, [PALLET, *CASES]))
    assert count_events(dock.db) == 0
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    events = list_events(dock.db)
    seen = {event.document["epcList"][0] for event in events if event.document["type"] == "ObjectEvent"}
    assert seen == {epc.uri for epc in (PALLET, *CASES)}
    assert {event.document["bizStep"] for event in events} == {"departing"}
    (load,) = [event.document for event in events if event.document["type"] == "AggregationEvent"]
    assert (load["parentID"], load["action"]) == (PALLET.uri, "OBSERVE")
    assert load["childEPCs"] == sorted(epc.uri for epc in CASES)
    assert abs((events[0].event_time - NOW).total_seconds() - 8.0) < 2.0


@pytest.mark.parametrize(("kind", "code"), [(Kind.OUT, MilestoneCode.GTOT), (Kind.IN, MilestoneCode.GTIN)])
def test_the_milestone_is_that_of_the_way(dock: Any, kind: Kind, code: MilestoneCode) -> None:
    dock.open_journey()
    bind_epcs(dock.db, [PALLET.uri], "C-1", NOW)
    _report(dock, _reads(kind, [PALLET, *CASES]))
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    assert [milestone.code for milestone in dock.milestones()] == [code]


def test_a_way_back_without_a_step_is_no_event(dock: Any) -> None:
    points = [replace(point, back_step=None, back_milestone=None) for point in PORTAL]
    set_read_points(dock.db, READER, points, NOW)
    _report(dock, _reads(Kind.IN, CASES))
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    assert (count_events(dock.db), _outcomes(dock)) == (0, {Outcome.IN})


@pytest.mark.parametrize("kind", [Kind.TURNBACK, Kind.WALKBY])
def test_strays_are_no_events(dock: Any, kind: Kind) -> None:
    _report(dock, _reads(kind, CASES))
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    assert (count_events(dock.db), _outcomes(dock)) == (0, {Outcome.STAYED})


def test_how_reads_are_cut_into_messages_does_not_matter(dock: Any) -> None:
    reads = _reads(Kind.OUT, CASES)
    _report(dock, reads, size=len(reads))
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    times = [event.event_time for event in list_events(dock.db)]
    dock.db.execute(CROSSING.delete())
    other = [replace(read, read_at=read.read_at + timedelta(minutes=30)) for read in reads]
    _report(dock, other, size=7)
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    again = [event.event_time - timedelta(minutes=30) for event in list_events(dock.db)[: len(times)]]
    assert again == times


def test_a_portal_that_goes_on_reading_judges_what_is_over(dock: Any) -> None:
    _report(dock, _reads(Kind.OUT, CASES))
    _report(dock, _reads(Kind.OUT, [PALLET], middle_s=60.0))
    passed = {event.document["epcList"][0] for event in list_events(dock.db)}
    assert passed == {epc.uri for epc in CASES}


def test_a_message_that_comes_twice_changes_nothing(dock: Any) -> None:
    messages = [dock.message(*_reads(Kind.OUT, CASES)[:300])]
    for _ in range(3):
        dock.handler.handle(dock.db, messages, LATER)
    before = dock.db.execute(sa.select(CROSSING.c.inner_reads, CROSSING.c.outer_reads)).all()
    assert sum(sum(row) for row in before) == 300


def test_late_reads_that_turn_a_verdict_declare_the_event_an_error(dock: Any) -> None:
    reads = _reads(Kind.OUT, CASES)
    _report(dock, reads)
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    before = count_events(dock.db)
    back = [
        replace(read, antenna=5 - read.antenna, rssi_dbm=(read.rssi_dbm or 0) + 12) for read in reads
    ]  # louder, and the other way
    _report(dock, back)
    dock.handler.tick(dock.db, LATER + timedelta(seconds=20))
    epc = CASES[0].uri
    documents = [event.document for event in events_of_epc(dock.db, epc)]
    assert count_events(dock.db) == 3 * before
    declared = [d for d in documents if "errorDeclaration" in d]
    assert len(declared) == 1
    (corrective,) = declared[0]["errorDeclaration"]["correctiveEventIDs"]
    assert [d["bizStep"] for d in documents if d["eventID"] == corrective] == ["arriving"]


def test_late_reads_that_change_nothing_leave_the_event_alone(dock: Any) -> None:
    reads = _reads(Kind.OUT, CASES)
    late, early = reads[::10], [read for n, read in enumerate(reads) if n % 10]
    _report(dock, early)
    dock.handler.tick(dock.db, LATER + timedelta(seconds=8))
    before = count_events(dock.db)
    _report(dock, late)
    dock.handler.tick(dock.db, LATER + timedelta(seconds=20))
    assert count_events(dock.db) == before == len(CASES)


def test_the_intake_ticks_while_stays_wait(
    engine: sa.Engine, committed_yard: Callable[[sa.Connection], Any]
) -> None:
    with engine.begin() as db:
        yard = committed_yard(db)
        set_read_points(db, READER, PORTAL, NOW)
        message = yard.message(*_reads(Kind.OUT, CASES))
    inbox = FakeInbox(LATER)
    clock = [LATER]
    intake = Intake(engine, inbox, {"reads": yard.handler}, lambda: clock[0])
    inbox.deliver(message.topic, message.payload)
    stopping = threading.Event()
    assert intake.step(stopping) == 1
    for seconds, events in ((1, 0), (8, len(CASES))):
        clock[0] = LATER + timedelta(seconds=seconds)
        intake.step(stopping)
        with engine.begin() as db:
            assert count_events(db) == events
    assert not yard.handler.is_waiting


def test_a_clock_that_runs_ahead_is_corrected(dock: Any) -> None:
    set_read_points(dock.db, READER, [OUT_GATE], NOW)
    ahead = dock.read(PALLET, 3600 + 240)
    dock.pass_gate(ahead)
    (event,) = list_events(dock.db)
    assert event.event_time == LATER
    (raw,) = raw_reads(dock.db, dock.device_id, NOW, LATER + timedelta(hours=1))
    assert raw == ahead  # the ring keeps what the reader said


def test_what_a_reader_says_of_itself_is_kept(dock: Any) -> None:
    for port, kind in ((1, "antennaConnected"), (2, "antennaConnected"), (1, "antennaConnected")):
        report = {"timestamp": NOW.isoformat(), "eventType": kind, f"{kind}Event": {"antennaPort": port}}
        dock.handler.handle(dock.db, [dock.message(kind="impinj", payload=orjson.dumps(report))], LATER)
    states = health_of(dock.db, dock.device_id)
    assert [(s.report.kind, s.report.antenna, s.report.at, s.received_at) for s in states] == [
        ("antennaConnected", 1, NOW, LATER),
        ("antennaConnected", 2, NOW, LATER),
    ]


def test_a_reader_of_any_json_needs_its_mapping(dock: Any) -> None:
    payload = orjson.dumps([{"id": PALLET.hex, "when": NOW.isoformat()}])
    message = dock.message(kind="mapped", payload=payload)
    (reject,) = dock.handler.handle(dock.db, [message], LATER).rejects
    assert (reject.code, "haoyun rfid mapping" in reject.reason) == ("no_mapping", True)
    set_read_points(dock.db, READER, [OUT_GATE], NOW)
    set_mapping(dock.db, READER, JsonMapping(epc="id", time="when"), NOW)
    assert dock.handler.handle(dock.db, [message], LATER).rejects == ()
    assert count_events(dock.db) == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"mode": Mode.PORTAL, "side": None, "back_step": None, "back_milestone": None}, "inner or outer"),
        ({"mode": Mode.GATE, "side": Side.INNER}, "no side"),
        ({"mode": Mode.GATE, "side": None, "back_milestone": None}, "only a portal"),
        ({"back_step": None}, "needs its business step"),
        ({"back_step": "nowhere"}, "not a business step"),
    ],
)
def test_a_portal_that_contradicts_itself_is_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(InvalidReadPoint, match=rule):
        replace(PORTAL[0], **changes)
