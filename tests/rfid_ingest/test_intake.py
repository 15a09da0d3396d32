"""Reader messages become reads, events and milestones in one transaction, once each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.rfid_ingest import (
    KINDS,
    GateSim,
    bind_epcs,
    count_events,
    count_reads,
    events_of_journey,
    list_events,
    prune_reads,
    read_item,
    sscc_epc,
)
from haoyun.rfid_ingest.readers import FORMATS
from haoyun.rfid_ingest.tables import PASSAGE, READ_BATCH, SESSION
from haoyun.tracking.envelope import seal
from haoyun.tracking.intake import write_batch
from haoyun.tracking.intake_store import list_dead_letters
from haoyun.tracking.mqtt import Incoming
from haoyun.tracking.timeline import MilestoneCode

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PALLET, OTHER = sscc_epc("6901234", 1), sscc_epc("6901234", 2)


def test_a_pallet_through_the_gate_is_one_event_however_many_antennas_see_it(yard: Any) -> None:
    yard.pass_gate(*(yard.read(PALLET, s / 2, antenna) for s in range(10) for antenna in (1, 2)))
    assert (count_reads(yard.db), count_events(yard.db)) == (20, 1)
    (event,) = list_events(yard.db)
    assert event.event_time == NOW
    assert event.document["epcList"] == [PALLET.uri]
    assert event.document["bizStep"] == "departing"
    assert event.document["readPoint"] == {"id": "geo:30.590000,114.300000"}
    assert event.document["eventID"] == event.event_id


def test_the_milestone_of_a_bound_pallet_comes_with_the_event(yard: Any) -> None:
    yard.open_journey()
    bind_epcs(yard.db, [PALLET.uri, OTHER.uri], "C-1", NOW)
    yard.pass_gate(yard.read(PALLET, 10), yard.read(OTHER, 12))
    yard.pass_gate(yard.read(PALLET, 3600, antenna=5))
    assert [(m.code, m.place) for m in yard.milestones()] == [
        (MilestoneCode.GTOT, "Wuhan yard, gate out"),
        (MilestoneCode.GTIN, "Hefei depot, gate in"),
    ]
    assert yard.milestones()[0].evidence["reader"] == "reader-gate-01"
    assert len(events_of_journey(yard.db, "C-1")) == 3


def test_a_message_that_comes_twice_changes_nothing(yard: Any) -> None:
    yard.open_journey()
    bind_epcs(yard.db, [PALLET.uri], "C-1", NOW)
    message = yard.message(yard.read(PALLET), yard.read(PALLET, 40))
    for _ in range(3):
        yard.handler.handle(yard.db, [message, message], LATER)
    assert (count_reads(yard.db), count_events(yard.db), len(yard.milestones())) == (2, 2, 1)


def test_a_gate_read_counts_even_where_its_event_was_recorded_from_elsewhere(yard: Any) -> None:
    yard.pass_gate(yard.read(PALLET))
    yard.db.execute(SESSION.delete())
    yard.db.execute(PASSAGE.delete())
    yard.open_journey()
    bind_epcs(yard.db, [PALLET.uri], "C-1", NOW)
    for _ in range(2):
        yard.db.execute(SESSION.delete())
        yard.db.execute(READ_BATCH.delete())
        yard.pass_gate(yard.read(PALLET))
    assert (count_events(yard.db), len(yard.milestones())) == (1, 1)


def test_an_epc_that_nobody_bound_is_an_event_without_a_milestone(yard: Any) -> None:
    yard.open_journey()
    yard.pass_gate(yard.read(PALLET))
    assert (count_events(yard.db), yard.milestones()) == (1, [])


def test_a_tag_that_is_no_epc_and_an_antenna_without_a_place_stay_raw_reads(yard: Any) -> None:
    foreign = replace(yard.read(PALLET), epc_hex="E2000000000000000000ABCD")
    result = yard.pass_gate(foreign, yard.read(PALLET, antenna=9))
    assert (result.rejects, count_reads(yard.db), count_events(yard.db)) == ((), 2, 0)


def test_bad_reads_are_rejected_with_their_place_and_the_rest_is_kept_and_acked(yard: Any) -> None:
    good = read_item(yard.read(PALLET))
    payload = seal("reads", [good, {**good, "epc": "31"}], seq=7, base=7, epoch="e1")
    result = yard.handler.handle(yard.db, [yard.message(payload=payload)], LATER)
    (reject,) = result.rejects
    assert (reject.code, reject.reason[:7]) == ("bad_read", "item 1:")
    assert [(ack.seqs, ack.base, ack.epoch) for ack in result.acks] == [((7,), 7, "e1")]
    assert count_events(yard.db) == 1


def test_a_read_from_the_future_is_rejected_and_makes_no_event(yard: Any) -> None:
    result = yard.pass_gate(yard.read(PALLET, 3600 + 599), yard.read(OTHER, 3600 + 601))
    assert [reject.code for reject in result.rejects] == ["future_read"]
    assert (count_reads(yard.db), count_events(yard.db)) == (1, 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_message_that_is_no_json_is_rejected_and_stops_nothing(kind: str, yard: Any) -> None:
    messages = [yard.message(kind=kind, payload=b"{"), yard.message(yard.read(PALLET))]
    result = yard.handler.handle(yard.db, messages, LATER)
    assert [reject.code for reject in result.rejects] == ["malformed"]
    assert count_events(yard.db) == 1


def test_all_reader_formats_lead_to_the_same_event(yard: Any) -> None:
    at = NOW.isoformat()
    tag = {"epcHex": PALLET.hex, "antennaPort": 1}
    impinj = {"timestamp": at, "eventType": "tagInventory", "tagInventoryEvent": tag}
    zebra = {"type": "SIMPLE", "timestamp": at, "data": {"idHex": PALLET.hex, "antenna": 2, "peakRssi": -60}}
    for kind, report in (("impinj", impinj), ("zebra", zebra)):
        message = yard.message(kind=kind, payload=json.dumps([report]).encode())
        assert yard.handler.handle(yard.db, [message], LATER).rejects == ()
    assert (count_reads(yard.db), count_events(yard.db)) == (2, 1)


def test_the_ring_forgets_old_reads_but_not_their_count(yard: Any) -> None:
    yard.pass_gate(yard.read(PALLET), yard.read(OTHER))
    assert prune_reads(yard.db, LATER) == 0
    assert prune_reads(yard.db, LATER + timedelta(seconds=1)) == 2
    yard.handler.handle(yard.db, [yard.message(yard.read(OTHER, 60))], LATER)
    assert prune_reads(yard.db, LATER + timedelta(seconds=1)) == 1
    assert count_reads(yard.db) == 3
    yard.pass_gate(yard.read(PALLET))  # comes once more after the ring forgot it
    assert count_events(yard.db) == 3


def test_the_handler_trims_the_ring_by_itself(yard: Any) -> None:
    yard.pass_gate(yard.read(PALLET))
    yard.handler.handle(yard.db, [], LATER + timedelta(days=8))
    assert prune_reads(yard.db, LATER + timedelta(days=1)) == 0
    assert count_reads(yard.db) == 1


def test_a_simulated_truck_through_the_gate_is_one_event_a_pallet(yard: Any) -> None:
    pallets = [sscc_epc("6901234", n) for n in range(20)]
    yard.open_journey()
    bind_epcs(yard.db, [pallet.uri for pallet in pallets], "C-1", NOW)
    gate = GateSim(seed=1, inner=(1,), outer=(2,), miss_rate=0)
    reads = gate.passing([pallet.hex for pallet in pallets], NOW + timedelta(minutes=1), outwards=True)
    for start in range(0, len(reads), 50):
        yard.pass_gate(*reads[start : start + 50])
    assert count_reads(yard.db) == len(reads)
    assert count_events(yard.db) == len(pallets)
    assert len(yard.milestones()) == 1


def test_read_event_and_milestone_are_rolled_back_together(
    engine: sa.Engine, committed_yard: Callable[[sa.Connection], Any]
) -> None:
    with engine.connect() as db, db.begin() as transaction:
        yard = committed_yard(db)
        yard.open_journey()
        bind_epcs(db, [PALLET.uri], "C-1", NOW)
        yard.pass_gate(yard.read(PALLET))
        assert len(yard.milestones()) == 1
        transaction.rollback()
    with engine.begin() as db:
        yard = committed_yard(db)
        assert (count_reads(db), count_events(db), yard.milestones()) == (0, 0, [])


def test_the_handler_fits_the_intake_of_tracking(yard: Any) -> None:
    """Through tracking's own batch writer: acks become replies, rejects become dead letters."""
    good = yard.message(yard.read(PALLET))
    bad = yard.message(payload=b"[1")
    batch = [Incoming(m.topic, m.payload, m.received_at, mid, 1, 1) for mid, m in enumerate((good, bad))]
    report = write_batch(yard.db, batch, dict.fromkeys(KINDS, yard.handler), LATER)
    assert (report.messages, report.rejects) == (2, 1)
    assert [json.loads(payload)["seq"] for _, payload in report.replies] == [1]
    assert [letter.reason_code for letter in list_dead_letters(yard.db, 10)] == ["malformed"]
    assert count_events(yard.db) == 1
