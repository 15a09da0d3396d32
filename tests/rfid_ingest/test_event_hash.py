"""The event hash against the reference values of the standard's own example events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haoyun.rfid_ingest.epcis.documents.context import STANDARD, namespaces_of
from haoyun.rfid_ingest.epcis.filing import file_event
from haoyun.rfid_ingest.epcis.hash import canonical_text, event_hash

# The reference implementation's values for the events with every possible field.
REFERENCE = {
    "object": "9811bfb2672e9c3a0f6151be339d22b60db375c8b23d2740f6137cc6539f0639",
    "aggregation": "41cf5d2be6b6926acc531597e43932eb4b9b23926ccb6ce08c882bda7a74d1a8",
    "transaction": "4a85d64a96409f0c57baed258666b26d83e6690d204a8aaed4c7e2624d8b0c81",
    "transformation": "529cc54b8cf9d8664208cc6c77473274d8c2dd473469920a7d09a814623f52cc",
}
SHIPPING = {
    "type": "ObjectEvent",
    "eventTime": "2022-02-16T12:50:00+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sscc:4012345.1112223334"],
    "action": "OBSERVE",
    "bizStep": "transporting",
    "readPoint": {"id": "geo:47.506694,11.104301"},
}


def _events(path: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return document["epcisBody"]["eventList"], namespaces_of(document["@context"])


@pytest.mark.parametrize("kind", REFERENCE)
def test_an_event_with_every_field_has_the_reference_hash(kind: str, shared_data: Path) -> None:
    folder = shared_data / "rfid" / "epcis" / "JSON" / "WithFullCombinationOfFields"
    (event,), namespaces = _events(folder / f"{kind}_event_all_possible_fields.jsonld")
    for element in event["sensorElementList"]:
        for report in element["sensorReport"]:
            report["component"] = "example:x"  # the one value in which the reference's document differs
    assert event_hash(event, namespaces) == f"ni:///sha-256;{REFERENCE[kind]}?ver=CBV2.0"


def test_the_json_and_the_reordered_json_of_the_hash_examples_agree(shared_data: Path) -> None:
    folder = shared_data / "rfid" / "epcis" / "XML" / "WithEventHashID"
    (event,), namespaces = _events(folder / "event_with_identical_hash_id_7.json")
    again = dict(reversed(event.items())) | {"epcList": event["epcList"][::-1]}
    again |= {"eventTime": "2005-04-04T21:33:31.116-05:00"}
    assert event_hash(again, namespaces) == event_hash(event, namespaces)


def test_the_text_is_in_the_standards_order_and_spelling() -> None:
    text = canonical_text(SHIPPING)
    assert text == (
        "eventType=ObjectEventeventTime=2022-02-16T11:50:00.000ZeventTimeZoneOffset=+01:00"
        "epcListepc=https://id.gs1.org/00/140123451122233341action=OBSERVE"
        "bizStep=https://ref.gs1.org/cbv/BizStep-transportingreadPointid=geo:47.506694,11.104301"
    )


@pytest.mark.parametrize(
    "spelling", ["urn:epcglobal:cbv:bizstep:transporting", "https://ref.gs1.org/cbv/BizStep-transporting"]
)
def test_the_spelling_of_a_vocabulary_word_does_not_change_the_hash(spelling: str) -> None:
    assert event_hash({**SHIPPING, "bizStep": spelling}) == event_hash(SHIPPING)


@pytest.mark.parametrize(
    "change", [{"eventID": "x"}, {"recordTime": "2022-02-17T00:00:00Z"}, {"@context": {}}]
)
def test_facts_about_the_record_do_not_change_the_hash(change: dict[str, object]) -> None:
    assert event_hash({**SHIPPING, **change}) == event_hash(SHIPPING)


@pytest.mark.parametrize(
    "change",
    [
        {"eventTime": "2022-02-16T12:50:00.001+01:00"},
        {"action": "ADD"},
        {"eventTimeZoneOffset": "+02:00"},
        {"x:y": 1},
    ],
)
def test_every_fact_of_the_event_changes_the_hash(change: dict[str, object]) -> None:
    assert event_hash({**SHIPPING, **change}) != event_hash(SHIPPING)


@pytest.mark.parametrize("name", ["epcList", "childEPCs", "inputEPCList", "outputEPCList"])
@pytest.mark.parametrize(
    "listed",
    [
        [],
        ["urn:epc:id:sgtin:4012345.012345.2", "urn:epc:id:sgtin:4012345.012345.1", "geo:1,2"],
        ["urn:epc:id:sscc:4012345.1112223334 ", "urn:epc:id:sscc:4012345.1112223334"],
    ],
)
def test_an_event_is_filed_under_its_hash(name: str, listed: list[str]) -> None:
    event = {**SHIPPING, name: listed}
    assert file_event(event, STANDARD).event_id == event_hash(event)


def test_two_events_of_the_same_members_in_another_order_are_hashed_alike() -> None:
    event = {**SHIPPING, "ex:note": "a", "ilmd": {"ex:lot": "1"}}
    assert event_hash(dict(reversed(event.items()))) == event_hash(event)
