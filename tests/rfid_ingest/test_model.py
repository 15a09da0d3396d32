"""The five event types refuse what the standard forbids, and write what its schema accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from haoyun.rfid_ingest.epcis import (
    Action,
    AggregationEvent,
    AssociationEvent,
    BizTransaction,
    Event,
    ObjectEvent,
    Party,
    Quantity,
    TransactionEvent,
    TransformationEvent,
)
from haoyun.rfid_ingest.epcis.model import document, rfc3339
from haoyun.rfid_ingest.epcis.vocabulary import BIZ_STEPS, BIZ_TRANSACTION_TYPES, DISPOSITIONS
from haoyun.rfid_ingest.errors import InvalidEvent

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SSCC = "urn:epc:id:sscc:6901234.0000000042"
CASES = ("urn:epc:id:sgtin:6901234.012345.1", "urn:epc:id:sgtin:6901234.012345.2")
CRATE = "urn:epc:id:grai:6901234.12345.7"
WAYBILL = BizTransaction("urn:haoyun:waybill:1", "bol")
LOT = Quantity("urn:epc:class:lgtin:6901234.012345.A1", 200.5, "KGM")

GATE = "geo:30.590000,114.300000"
OWNER = Party("urn:epc:id:pgln:6901234.00001", "owning_party")
VALID: list[Event] = [
    ObjectEvent(
        event_time=AT,
        action=Action.OBSERVE,
        epc_list=(SSCC,),
        biz_step="departing",
        disposition="in_transit",
        read_point=GATE,
        biz_transactions=(WAYBILL,),
    ),
    ObjectEvent(
        event_time=AT,
        action=Action.ADD,
        epc_list=CASES,
        quantities=(LOT,),
        ilmd={"ext:best": "2026"},
        extensions={"ext:line": 3},
    ),
    AggregationEvent(event_time=AT, action=Action.ADD, parent_id=SSCC, child_epcs=CASES, biz_step="packing"),
    AggregationEvent(event_time=AT, action=Action.DELETE, parent_id=SSCC),
    AssociationEvent(event_time=AT, action=Action.ADD, parent_id=CRATE, child_epcs=(SSCC,)),
    TransactionEvent(
        event_time=AT, action=Action.ADD, biz_transactions=(WAYBILL,), epc_list=(SSCC,), sources=(OWNER,)
    ),
    TransformationEvent(event_time=AT, input_epcs=CASES, output_quantities=(LOT,)),
]


@pytest.mark.parametrize("event", VALID, ids=lambda event: event.type)
def test_a_valid_event_is_accepted_by_the_official_schema(event: Event, shared_data: Path) -> None:
    schema = json.loads((shared_data / "rfid" / "gs1" / "EPCIS-JSON-Schema.json").read_text())
    context = {"ext": "https://example.org/ext/"}
    whole = document([event.to_json()], AT)
    whole["@context"] = [*whole["@context"], context]  # type: ignore[misc]
    jsonschema.Draft7Validator(schema).validate(whole)


def _object(**fields: Any) -> ObjectEvent:
    return ObjectEvent(**{"event_time": AT, "action": Action.OBSERVE, "epc_list": (SSCC,), **fields})


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: _object(event_time=datetime(2026, 1, 1)), "time zone"),  # noqa: DTZ001
        (lambda: _object(tz_offset="8:00"), "±hh:mm"),
        (lambda: _object(tz_offset="+14:30"), "±hh:mm"),
        (lambda: _object(biz_step="driving"), "business step"),
        (lambda: _object(disposition="urn:epcglobal:cbv:disp:lost"), "disposition"),
        (lambda: _object(read_point="gate 4"), "URIs"),
        (lambda: _object(extensions={"colour": 1}), "prefix:name"),
        (lambda: _object(epc_list=()), "EPCs, quantities, or sensor"),
        (lambda: _object(epc_list=(SSCC, SSCC)), "stands once"),
        (lambda: _object(ilmd={"ext:a": 1}), "ADD alone"),
        (lambda: AggregationEvent(event_time=AT, action=Action.ADD, child_epcs=CASES), "names its parent"),
        (lambda: AggregationEvent(event_time=AT, action=Action.OBSERVE, parent_id=SSCC), "DELETE alone"),
        (
            lambda: AssociationEvent(event_time=AT, action=Action.OBSERVE, child_epcs=CASES),
            "names its parent",
        ),
        (lambda: TransactionEvent(event_time=AT, action=Action.ADD, epc_list=CASES), "business transaction"),
        (lambda: TransactionEvent(event_time=AT, action=Action.ADD, biz_transactions=(WAYBILL,)), "DELETE"),
        (lambda: TransformationEvent(event_time=AT, input_epcs=CASES), "inputs and outputs"),
        (lambda: Quantity("lot A1", 1), "URI"),
        (lambda: Quantity("urn:epc:class:lgtin:6901234.012345.A1", uom="KGM"), "quantity"),
        (lambda: BizTransaction("urn:x:1", "waybill"), "transaction type"),
        (lambda: Party("urn:x:1", "driver"), "destination type"),
    ],
)
def test_an_event_that_breaks_a_rule_is_refused_with_the_rule(make: Callable[[], object], rule: str) -> None:
    with pytest.raises(InvalidEvent, match=rule):
        make()


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        VALID[0].biz_step = "arriving"  # type: ignore[misc]


def test_the_vocabulary_is_the_one_of_the_official_schema(shared_data: Path) -> None:
    schema = json.loads((shared_data / "rfid" / "gs1" / "EPCIS-JSON-Schema.json").read_text())["definitions"]
    for name, words in (
        ("bizStep", BIZ_STEPS),
        ("disposition", DISPOSITIONS),
        ("bizTransaction-type", BIZ_TRANSACTION_TYPES),
    ):
        official = next(choice["enum"] for choice in schema[name]["anyOf"] if "enum" in choice)
        assert set(official) == words


def test_the_event_time_is_written_in_the_local_offset() -> None:
    assert rfc3339(AT, "+08:00") == "2026-03-02T16:00:00.000+08:00"
    assert rfc3339(AT) == "2026-03-02T08:00:00.000Z"


def test_each_type_says_which_epcs_it_names_in_which_role() -> None:
    assert VALID[2].epcs == ((SSCC, "parent"), *((case, "child") for case in CASES))
    assert VALID[6].epcs == tuple((case, "input") for case in CASES)
