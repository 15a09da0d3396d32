"""Capture: every document once, all of it or what is right of it, and each organization for itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from epcis_documents import example_paths

from haoyun.rfid_ingest import count_events
from haoyun.rfid_ingest.epcis import filing
from haoyun.rfid_ingest.epcis.documents.capture import Capture, read_json, read_value
from haoyun.rfid_ingest.epcis.errors import NotFound
from haoyun.rfid_ingest.epcis.repository import capture as capture_module
from haoyun.rfid_ingest.epcis.repository.capture import Behaviour, Outcome, prepare, store
from haoyun.rfid_ingest.epcis.repository.jobs import get_job, keep_job, list_jobs
from haoyun.rfid_ingest.epcis.repository.master_data import attributes_of, with_descendants
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY, TERM

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EVENT_ID = "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"
SEEN: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T08:00:00.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["urn:epc:id:sscc:6901234.0000000042"],
    "action": "OBSERVE",
    "bizStep": "shipping",
}
WRONG = {**SEEN, "action": "SEEN"}


def _document(*events: dict[str, Any], **more: Any) -> Capture:
    return read_value(
        {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-03-02T08:00:00Z",
            "epcisBody": {"eventList": list(events)},
            **more,
        }
    )


def _store(db: sa.Connection, *events: dict[str, Any], org: str = "org-1", how: str = "rollback") -> Outcome:
    return store(db, org, prepare(_document(*events)), Behaviour(how), AT)


@pytest.fixture
def db(engine: sa.Engine) -> Any:
    with engine.begin() as connection:
        yield connection


def test_a_document_captured_twice_is_stored_once(db: sa.Connection) -> None:
    first = _store(db, SEEN, {**SEEN, "action": "ADD"})
    again = _store(db, {**SEEN, "action": "ADD"}, SEEN)
    assert (first.new, again.new, count_events(db)) == (2, 0, 2)
    assert set(first.seqs) == set(again.seqs)
    assert first.event_ids[0].startswith("ni:///sha-256;")


def test_an_event_twice_in_one_document_is_stored_once(db: sa.Connection) -> None:
    assert (_store(db, SEEN, SEEN).new, count_events(db)) == (1, 1)


def test_two_organizations_store_the_same_event_each_for_itself(db: sa.Connection) -> None:
    assert (_store(db, SEEN).new, _store(db, SEEN, org="org-2").new, count_events(db)) == (1, 1, 2)


def test_rollback_stores_nothing_of_a_document_with_a_wrong_event(db: sa.Connection) -> None:
    outcome = _store(db, SEEN, WRONG)
    assert (outcome.new, count_events(db)) == (0, 0)
    assert [fault.pointer for fault in outcome.faults] == ["/epcisBody/eventList/1/action"]


def test_proceed_stores_what_is_right(db: sa.Connection) -> None:
    outcome = _store(db, WRONG, SEEN, how="proceed")
    assert (outcome.new, count_events(db), len(outcome.faults)) == (1, 1, 1)


def test_two_events_that_were_given_one_id_are_both_kept(db: sa.Connection) -> None:
    """GS1's own examples do so; refusing the second would lose what it says."""
    event = {**SEEN, "eventID": EVENT_ID}
    assert [_store(db, one).new for one in (event, {**event, "bizStep": "receiving"}, event)] == [1, 1, 0]
    assert count_events(db) == 2


def test_an_error_declaration_stands_beside_the_event_that_it_declares_wrong(db: sa.Connection) -> None:
    event = {**SEEN, "eventID": EVENT_ID}
    declared = {
        **event,
        "errorDeclaration": {"declarationTime": "2026-03-03T08:00:00Z", "reason": "did_not_occur"},
    }
    assert [_store(db, one).new for one in (event, declared, declared, event)] == [1, 1, 0, 0]
    assert set(db.scalars(sa.select(EVENT.c.event_id))) == {EVENT_ID}


def test_every_identity_is_filed_in_its_role_whichever_way_it_is_written(db: sa.Connection) -> None:
    packed = {
        **SEEN,
        "type": "AggregationEvent",
        "action": "ADD",
        "parentID": "https://example.org/00/069012340000000422",
        "childEPCs": ["urn:epc:id:sgtin:6901234.012345.1"],
        "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:6901234.012345.A", "quantity": 3}],
        "bizTransactionList": [{"type": "bol", "bizTransaction": "urn:x:bol-1"}],
        "readPoint": {"id": "urn:epc:id:sgln:6901234.00001.0"},
    }
    del packed["epcList"]
    _store(db, packed)
    rows = db.execute(sa.select(EVENT_KEY.c.value, EVENT_KEY.c.role))
    assert {tuple(row) for row in rows} == {
        ("/00/069012340000000422", "parent"),
        ("/01/06901234123456/21/1", "child"),
        ("/01/06901234123456/10/A", "class"),
        ("urn:x:bol-1", "txn"),
    }
    terms = {(row.kind, row.value) for row in db.execute(sa.select(TERM))}
    assert terms == {
        ("eventTypes", "AggregationEvent"),
        ("bizSteps", "shipping"),
        ("readPoints", "/414/6901234000016"),
        ("prefixes", "6901234"),
    }


def test_an_identifier_that_the_index_cannot_hold_is_refused(db: sa.Connection) -> None:
    outcome = _store(db, {**SEEN, "epcList": ["urn:x:" + "a" * filing.LONGEST_IDENTIFIER]})
    assert outcome.new == 0 and "at most 500 are kept" in outcome.faults[0].en


def test_text_that_postgresql_cannot_keep_is_refused_everywhere(db: sa.Connection) -> None:
    assert _store(db, {**SEEN, "ex:note": "a\0b"}).faults[0].rule == "zero"


@pytest.mark.parametrize(
    ("time", "stored"),
    [("2026-12-31T23:59:60Z", 1), ("2026-03-02t08:00:00.5z", 1), ("0000-01-01T00:00:00Z", 0)],
)
def test_instants_are_taken_as_far_as_the_calendar_goes(db: sa.Connection, time: str, stored: int) -> None:
    outcome = _store(db, {**SEEN, "eventTime": time})
    assert outcome.new == stored and bool(outcome.faults) != bool(stored)


def test_too_many_events_are_refused_at_once(monkeypatch: pytest.MonkeyPatch, db: sa.Connection) -> None:
    monkeypatch.setattr(capture_module, "MOST_EVENTS", 1)
    outcome = _store(db, SEEN, {**SEEN, "action": "ADD"}, how="proceed")
    assert (outcome.new, outcome.faults[0].rule) == (0, "too_many")


def test_the_examples_are_all_stored(db: sa.Connection, shared_data: Path) -> None:
    events = 0
    for path in example_paths(shared_data):
        prepared = prepare(read_json(path.read_bytes()))
        outcome = store(db, "org-1", prepared, Behaviour.ROLLBACK, AT)
        events += len(prepared.capture.events)
        assert not outcome.faults, (path.name, [fault.text("en") for fault in outcome.faults])
    assert events == 56
    assert count_events(db) == len(set(db.execute(sa.select(EVENT.c.id_key, EVENT.c.version))))


def test_master_data_says_what_lies_in_what(db: sa.Connection) -> None:
    site, dock = "urn:epc:id:sgln:0037000.00729.0", "urn:epc:id:sgln:0037000.00729.8201"
    shelf = "urn:epc:id:sgln:0037000.00729.8202"
    elements = [
        {"id": site, "children": [dock], "attributes": [{"id": "cbv:name", "attribute": "Depot"}]},
        {"id": dock, "children": [shelf]},
        {"id": shelf, "children": [site]},  # a circle, which must not be followed for ever
    ]
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": elements}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    for _time in range(2):
        store(db, "org-1", prepare(_document(epcisHeader=header)), Behaviour.ROLLBACK, AT)
    owner = find_owner(db, "org-1")
    key = "/414/0037000007296"
    assert with_descendants(db, owner, [key]) == {key, key + "/254/8201", key + "/254/8202"}
    assert with_descendants(db, owner + 1, [key]) == {key}
    assert attributes_of(db, owner, [key]) == {key: {"cbv:name": "Depot"}}


def test_a_capture_job_tells_of_its_document_to_its_own_organization(db: sa.Connection) -> None:
    for number in range(3):
        outcome = _store(db, WRONG if number == 1 else SEEN)
        made = AT + timedelta(seconds=number)
        keep_job(
            db, "org-1", f"job-{number}", events=1, outcome=outcome, behaviour=Behaviour.ROLLBACK, created=made,
            finished=made,
        )  # fmt: skip
    job = get_job(db, "org-1", "job-1")
    assert (job.success, job.stored, job.events, job.created_at) == (False, 0, 1, AT + timedelta(seconds=1))
    assert job.errors[0]["path"] == "/epcisBody/eventList/0/action"
    newest = list_jobs(db, "org-1", 2)
    assert [one.id for one in newest] == ["job-2", "job-1"]
    last = (int(newest[-1].created_at.timestamp() * 1000), newest[-1].id)
    assert [one.id for one in list_jobs(db, "org-1", 2, last)] == ["job-0"]
    with pytest.raises(NotFound):
        get_job(db, "org-2", "job-1")
    assert list_jobs(db, "org-2", 5) == []


def test_documents_are_compared_by_content_not_by_bytes(db: sa.Connection) -> None:
    turned = json.loads(json.dumps(dict(reversed(SEEN.items()))))
    turned["epcList"] = ["https://id.gs1.org/00/069012340000000429"]
    assert (_store(db, SEEN).new, _store(db, turned).new) == (1, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("readPoint", 5),
        ("quantityList", [5]),
        ("bizTransactionList", 5),
        ("persistentDisposition", {"set": 5}),
    ],
)
def test_a_standard_field_of_another_form_is_a_fault_of_an_own_types_event(field: str, value: Any) -> None:
    (fault,) = prepare(_document({**SEEN, "type": "https://example.org/Own", field: value})).faults
    assert (fault.rule, fault.pointer) == ("shape", f"/epcisBody/eventList/0/{field}")


@pytest.mark.parametrize("action", [{}, 5, "HANDED_OVER"])
def test_an_own_types_action_of_another_kind_is_stored_and_not_indexed(
    db: sa.Connection, action: Any
) -> None:
    done = _store(db, {**SEEN, "type": "https://example.org/Own", "action": action})
    assert done.new == 1


def test_an_event_that_is_too_large_is_refused_and_the_others_proceed(db: sa.Connection) -> None:
    large = {**SEEN, "example:note": "x" * filing.LARGEST_EVENT}
    outcome = _store(db, large, {**SEEN, "bizStep": "receiving"}, how="proceed")
    (fault,) = outcome.faults
    assert (fault.rule, fault.pointer, outcome.new) == ("too_large", "/epcisBody/eventList/0", 1)
    assert str(filing.LARGEST_EVENT) in fault.zh and str(filing.LARGEST_EVENT) in fault.en
