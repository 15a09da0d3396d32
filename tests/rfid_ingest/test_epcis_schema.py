"""The schema of our own accepts and refuses what GS1's schema accepts and refuses, and says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from epcis_documents import examples, mutations

from haoyun.rfid_ingest.epcis.validation.check import (
    MOST_FAULTS,
    envelope_faults,
    event_faults,
    faults,
    is_document,
    is_event,
)

MUTATIONS = 6000  # 80,000 of two other seeds agreed as well, but take a minute
SEED = 20260302
EVENT: dict[str, Any] = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T08:00:00.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["urn:epc:id:sscc:6901234.0000000042"],
    "action": "OBSERVE",
    "bizStep": "shipping",
}


@pytest.fixture(scope="module")
def official(shared_data: Path) -> Any:
    path = shared_data / "rfid" / "gs1" / "EPCIS-JSON-Schema.json"
    return jsonschema_rs.Draft7Validator(json.loads(path.read_text()), validate_formats=True)


def test_every_example_is_accepted_as_the_official_schema_accepts_it(
    official: Any, shared_data: Path
) -> None:
    documents = examples(shared_data)
    assert len(documents) == 52
    assert [faults(d) for d in documents if official.is_valid(d)] == [[]] * len(documents)


def test_mutations_are_accepted_and_refused_as_by_the_official_schema(
    official: Any, shared_data: Path
) -> None:
    accepted = 0
    for number, document in enumerate(mutations(examples(shared_data), SEED, MUTATIONS)):
        said = official.is_valid(document)
        accepted += said
        assert is_document(document) == said, (number, [f.text("en") for f in faults(document)], document)
        assert bool(faults(document)) != said
    assert MUTATIONS / 5 < accepted < MUTATIONS / 2  # the draw holds many of both


@pytest.mark.parametrize(
    ("change", "pointer", "says"),
    [
        ({"action": "SEEN"}, "/action", "write ADD, OBSERVE or DELETE"),
        (
            {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
            "/bizStep",
            "write its bare word (such as shipping)",
        ),
        ({"eventTime": "2026-03-02 8:00"}, "/eventTime", "no instant with an offset"),
        ({"eventTimeZoneOffset": "+15:00"}, "/eventTimeZoneOffset", "at most 14:00"),
        ({"epcList": ["4711"]}, "/epcList/0", '"4711" is no URI'),
        ({"epcList": ["urn:a:b", "urn:a:b"]}, "/epcList", "once in its list"),
        ({"ilmd": {"cbvmda:lotNumber": "A"}}, "", "ilmd goes with the action ADD alone"),
        ({"colour": "red"}, "", 'no field is called "colour" here'),
        (
            {"quantityList": [{"epcClass": "urn:a:b", "quantity": "3"}]},
            "/quantityList/0/quantity",
            "should be of type number",
        ),
        ({"quantityList": [{"quantity": 3}]}, "/quantityList/0", "the field epcClass is missing"),
        ({"readPoint": {}}, "/readPoint", "the field id is missing"),
        (
            {"sensorElementList": [{"sensorReport": []}]},
            "/sensorElementList/0/sensorReport",
            "at least one entry",
        ),
    ],
)
def test_a_fault_names_its_place_and_what_would_be_right(
    change: dict[str, object], pointer: str, says: str
) -> None:
    (fault,) = event_faults({**EVENT, **change})
    assert fault.pointer == pointer
    assert says in fault.en
    assert fault.zh != fault.en and fault.text("zh").endswith(fault.zh)


@pytest.mark.parametrize(
    ("event_type", "says"),
    [
        ("AggregationEvent", "childEPCs or childQuantityList"),
        ("AssociationEvent", "the field parentID is missing"),
        ("TransactionEvent", "the field bizTransactionList is missing"),
        ("TransformationEvent", "inputs and outputs"),
    ],
)
def test_what_a_type_needs_is_said(event_type: str, says: str) -> None:
    found = event_faults({k: v for k, v in EVENT.items() if k != "epcList"} | {"type": event_type})
    assert any(says in fault.en for fault in found), found


def test_an_event_without_objects_is_refused_in_the_words_of_the_standard() -> None:
    (fault,) = event_faults({k: v for k, v in EVENT.items() if k != "epcList"}, ("epcisBody", "eventList", 3))
    assert fault.text("en").startswith("/epcisBody/eventList/3: an object event has an epcList")


def test_a_type_of_ones_own_is_checked_by_its_record_alone() -> None:
    assert is_event({**EVENT, "type": "example:Weighing", "anything": 1})
    assert not is_event({**EVENT, "type": "Weighing"})
    assert event_faults(["no object"]) and event_faults({"type": 7})


def test_a_bare_event_needs_a_context_an_event_of_a_document_none() -> None:
    bare = {k: v for k, v in EVENT.items() if k != "@context"}
    assert is_event(bare)
    assert any("@context" in fault.en for fault in faults(bare))


def test_an_envelope_is_checked_without_its_events() -> None:
    document = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T08:00:00Z",
        "epcisBody": {"eventList": [{"type": "wrong"}]},
    }
    assert envelope_faults(document) == []
    assert [fault.rule for fault in envelope_faults({**document, "schemaVersion": "two"})] == ["version"]


def test_a_document_wrong_from_end_to_end_gets_a_bounded_answer() -> None:
    many = {**EVENT, "epcList": [f"no uri {i}" for i in range(500)]}
    assert len(event_faults(many)) == MOST_FAULTS
