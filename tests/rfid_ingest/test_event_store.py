"""Stored events: once each under their hash, found by id and by EPC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from haoyun.rfid_ingest import count_events, events_of_epc, get_event, list_events
from haoyun.rfid_ingest.epcis import Action, AggregationEvent, ObjectEvent, event_hash
from haoyun.rfid_ingest.epcis.store import append_events
from haoyun.rfid_ingest.errors import EventNotFound

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ORG = "org-1"
SSCC, CASE = "urn:epc:id:sscc:6901234.0000000042", "urn:epc:id:sgtin:6901234.012345.1"
SEEN = ObjectEvent(event_time=AT, action=Action.OBSERVE, epc_list=(SSCC,), biz_step="arriving")
PACKED = AggregationEvent(
    event_time=AT - timedelta(hours=1), action=Action.ADD, parent_id=SSCC, child_epcs=(CASE,)
)


def test_the_same_event_is_stored_once(yard: Any) -> None:
    first, second = append_events(yard.db, [SEEN, SEEN], [ORG, ORG], AT)
    assert first == second
    assert append_events(yard.db, [SEEN], [ORG], AT + timedelta(days=1)) == [first]
    assert count_events(yard.db) == 1


def test_an_event_is_found_by_its_hash_with_when_it_was_recorded(yard: Any) -> None:
    append_events(yard.db, [SEEN], [ORG], AT)
    event = get_event(yard.db, event_hash(SEEN.to_json()))
    assert event.document["recordTime"] == "2026-03-02T08:00:00.000Z"
    assert {name: event.document[name] for name in SEEN.to_json()} == SEEN.to_json()
    assert event_hash(event.document) == event.event_id
    with pytest.raises(EventNotFound, match="no event"):
        get_event(yard.db, "ni:///sha-256;0?ver=CBV2.0")


def test_an_epc_is_found_in_every_role_by_event_time(yard: Any) -> None:
    append_events(yard.db, [SEEN, PACKED], [ORG, ORG], AT)
    assert [event.document["type"] for event in events_of_epc(yard.db, SSCC)] == [
        "AggregationEvent",
        "ObjectEvent",
    ]
    assert len(events_of_epc(yard.db, CASE)) == 1
    assert len(events_of_epc(yard.db, SSCC, since=AT)) == 1


def test_the_list_of_recent_events_continues_where_it_ended(yard: Any) -> None:
    append_events(yard.db, [PACKED, SEEN], [ORG, ORG], AT)
    (newest,) = list_events(yard.db, limit=1)
    assert newest.document["type"] == "ObjectEvent"
    (older,) = list_events(yard.db, limit=1, before_seq=newest.seq)
    assert older.document["type"] == "AggregationEvent"
