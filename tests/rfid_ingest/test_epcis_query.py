"""Queries: every parameter finds what it names and nothing else; the database and the rules agree."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from epcis_documents import example_paths

from haoyun.rfid_ingest.epcis.documents.capture import read_json, read_value
from haoyun.rfid_ingest.epcis.documents.context import namespaces_of
from haoyun.rfid_ingest.epcis.errors import InvalidQuery, QueryTooComplex, QueryTooLarge
from haoyun.rfid_ingest.epcis.query.criteria import View
from haoyun.rfid_ingest.epcis.query.fixed import FIXED
from haoyun.rfid_ingest.epcis.query.paging import PageToken, fingerprint
from haoyun.rfid_ingest.epcis.query.parse import parse_query
from haoyun.rfid_ingest.epcis.repository import candidates, scan
from haoyun.rfid_ingest.epcis.repository import search as search_module
from haoyun.rfid_ingest.epcis.repository.capture import Behaviour, prepare, store
from haoyun.rfid_ingest.epcis.repository.contexts import contexts_of
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.resolve import resolve
from haoyun.rfid_ingest.epcis.repository.search import search
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent, stored_of
from haoyun.rfid_ingest.epcis.repository.tables import EVENT

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "https://example.org/epcis/"},
]
SSCC = "urn:epc:id:sscc:6901234.0000000042"
CASE = "urn:epc:id:sgtin:6901234.012345.1"
LOT = "urn:epc:class:lgtin:6901234.012345.A7"
DOCK = "urn:epc:id:sgln:6901234.00001.7"
SITE = "urn:epc:id:sgln:6901234.00001.0"
BASE = {"eventTime": "2026-03-02T08:00:00Z", "eventTimeZoneOffset": "+08:00"}
PACKED = {
    **BASE, "type": "AggregationEvent", "action": "ADD", "parentID": SSCC, "childEPCs": [CASE],
    "childQuantityList": [{"epcClass": LOT, "quantity": 12.5, "uom": "KGM"}], "bizStep": "packing",
    "bizLocation": {"id": SITE}, "ex:inner": {"ex:deep": 7},
}  # fmt: skip
SHIPPED = {
    **BASE, "type": "ObjectEvent", "eventTime": "2026-03-02T10:00:00Z", "action": "OBSERVE", "epcList": [SSCC],
    "bizStep": "shipping", "disposition": "in_transit", "readPoint": {"id": DOCK, "ex:lane": "3"},
    "eventID": "urn:uuid:1", "ex:weight": 940, "ex:sealed": "2026-03-02T09:59:00Z",
    "bizTransactionList": [{"type": "bol", "bizTransaction": "urn:x:bol-1"}, {"bizTransaction": "urn:x:po-1"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:6901234.00001"}],
    "destinationList": [{"type": "location", "destination": SITE}],
}  # fmt: skip
MADE = {
    **BASE, "type": "TransformationEvent", "eventTime": "2026-03-02T06:00:00Z",
    "inputEPCList": ["urn:epc:id:sgtin:6901234.054321.9"],
    "outputEPCList": [CASE], "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:6901234.054321.B"}],
    "outputQuantityList": [{"epcClass": LOT, "quantity": 100}], "transformationID": "urn:x:run-1",
    "ilmd": {"cbvmda:lotNumber": "A7", "ex:made": {"ex:oven": "4"}},
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
}  # fmt: skip
SENSED = {
    **BASE, "type": "ObjectEvent", "eventTime": "2026-03-02T11:00:00Z", "action": "OBSERVE", "epcList": [SSCC],
    "readPoint": {"id": "geo:30.1,120.2"}, "disposition": "in_progress",
    "sensorElementList": [{
        "sensorMetadata": {"time": "2026-03-02T10:59:00Z", "startTime": "2026-03-02T10:50:00Z",
                           "endTime": "2026-03-02T10:58:00Z", "deviceID": "urn:epc:id:giai:6901234.111",
                           "dataProcessingMethod": "urn:x:method", "bizRules": "urn:x:rules"},
        "sensorReport": [{"type": "Temperature", "value": 4.5, "minValue": 2, "maxValue": 8, "meanValue": 5,
                          "sDev": 0.5, "percRank": 50, "percValue": 5.5, "uom": "CEL", "stringValue": "cold",
                          "booleanValue": True, "hexBinaryValue": "f0", "uriValue": "urn:x:value",
                          "microorganism": "urn:x:germ", "chemicalSubstance": "urn:x:salt", "ex:probe": "left"}],
    }],
}  # fmt: skip
WRONG = {
    **SHIPPED, "eventID": "urn:uuid:2", "eventTime": "2026-03-02T12:00:00Z",
    "epcList": ["urn:epc:id:sgtin:6901234.099999.1"],
    "type": "ObjectEvent", "bizTransactionList": [], "readPoint": {"id": "urn:x:gate"}, "bizStep": "ex:ownStep",
    "errorDeclaration": {"declarationTime": "2026-03-05T00:00:00Z", "reason": "incorrect_data",
                         "correctiveEventIDs": ["urn:uuid:1"], "ex:by": "Li"},
}  # fmt: skip
OWN = {**BASE, "type": "ex:Weighing", "eventTime": "2026-03-02T13:00:00Z", "ex:weight": "1001.5"}
EVENTS = {"packed": PACKED, "shipped": SHIPPED, "made": MADE, "sensed": SENSED, "wrong": WRONG, "own": OWN}


@pytest.fixture
def db(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.begin() as connection:
        yield connection


def _keep(db: sa.Connection, events: list[Any], org: str = "org-1", **header: Any) -> None:
    document = {
        "@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z",
        "epcisBody": {"eventList": events}, **header,
    }  # fmt: skip
    outcome = store(db, org, prepare(read_value(document)), Behaviour.ROLLBACK, AT)
    assert not outcome.faults, [fault.text("en") for fault in outcome.faults]


def _find(db: sa.Connection, **parameters: Any) -> list[str]:
    page = search(db, find_owner(db, "org-1"), parse_query(parameters), 100)
    assert page.position is None
    names = {json.dumps({"eventTime": e["eventTime"], "type": e["type"]}): name for name, e in EVENTS.items()}
    return [names[json.dumps({k: e.document[k] for k in ("eventTime", "type")})] for e in page.events]


# Each parameter, a value, and what it finds.
CASES: list[tuple[str, Any, str]] = [
    ("eventType", "AggregationEvent|TransformationEvent", "packed made"),
    ("eventType", "ex:Weighing", "own"),
    ("GE_eventTime", "2026-03-02T11:00:00Z", "sensed wrong own"),
    ("LT_eventTime", "2026-03-02T16:00:00+08:00", "made"),
    ("GE_recordTime", "2026-03-02T08:00:00Z", "packed shipped made sensed wrong own"),
    ("LT_recordTime", "2026-03-02T08:00:00Z", ""),
    ("EQ_action", "ADD", "packed"),
    ("EQ_bizStep", "shipping", "shipped"),
    ("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-packing|urn:epcglobal:cbv:bizstep:shipping", "packed shipped"),
    ("EQ_bizStep", "ex:ownStep", "wrong"),
    ("EQ_disposition", "in_transit", "shipped wrong"),
    ("EQ_persistentDisposition_set", "completeness_verified", "made"),
    ("EQ_persistentDisposition_unset", "completeness_verified", ""),
    ("EQ_readPoint", "https://id.gs1.org/414/6901234000016/254/7", "shipped"),
    ("EQ_readPoint", DOCK + "|urn:x:gate", "shipped wrong"),
    ("WD_readPoint", SITE, "shipped"),
    ("EQ_bizLocation", SITE, "packed"),
    ("WD_bizLocation", "urn:x:region", "packed"),
    ("EQ_transformationID", "urn:x:run-1", "made"),
    ("MATCH_epc", SSCC, "shipped sensed"),
    ("MATCH_epc", CASE, "packed"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:6901234.*.*", "packed wrong"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:6901234.012345.*", "packed"),
    ("MATCH_parentID", "https://dl.example.org/00/069012340000000429?x=1", "packed"),
    ("MATCH_parentID", "urn:epc:idpat:sscc:6901234.*", "packed"),
    ("MATCH_inputEPC", "urn:epc:idpat:sgtin:*.*.*", "made"),
    ("MATCH_outputEPC", CASE, "made"),
    ("MATCH_anyEPC", SSCC, "packed shipped sensed"),
    ("MATCH_anyEPC", CASE, "packed made"),
    ("MATCH_epcClass", LOT, "packed"),
    ("MATCH_inputEPCClass", "urn:epc:class:lgtin:6901234.054321.B", "made"),
    ("MATCH_outputEPCClass", LOT, "made"),
    ("MATCH_anyEPCClass", "https://id.gs1.org/01/06901234123456/10/A7", "packed made"),
    ("EQ_quantity", "12.5", "packed"),
    ("EQ_quantity", [100, 7], "made"),
    ("GT_quantity", "12.5", "made"),
    ("GE_quantity", 12.5, "packed made"),
    ("LT_quantity", "100", "packed"),
    ("LE_quantity", "100", "packed made"),
    ("EQ_eventID", "urn:uuid:1|urn:uuid:9", "shipped"),
    ("EXISTS_errorDeclaration", "true", "wrong"),
    ("EXISTS_errorDeclaration", "false", "packed shipped made sensed wrong own"),
    ("GE_errorDeclarationTime", "2026-03-05T00:00:00Z", "wrong"),
    ("LT_errorDeclarationTime", "2026-03-05T00:00:00Z", ""),
    ("EQ_errorReason", "incorrect_data", "wrong"),
    ("EQ_correctiveEventID", "urn:uuid:1", "wrong"),
    ("GE_startTime", "2026-03-02T10:50:00Z", "sensed"),
    ("LT_startTime", "2026-03-02T10:50:00Z", ""),
    ("GE_endTime", "2026-03-02T10:58:00.001Z", ""),
    ("LT_endTime", "2026-03-02T11:00:00Z", "sensed"),
    ("EQ_type", "Temperature", "sensed"),
    ("EQ_type", "gs1:Mass", ""),
    ("EQ_deviceID", "https://id.gs1.org/8004/6901234111", "sensed"),
    ("EQ_dataProcessingMethod", "urn:x:method", "sensed"),
    ("EQ_microorganism", "urn:x:germ", "sensed"),
    ("EQ_chemicalSubstance", "urn:x:salt", "sensed"),
    ("EQ_bizRules", "urn:x:rules", "sensed"),
    ("EQ_stringValue", "cold|hot", "sensed"),
    ("EQ_hexBinaryValue", "f0", "sensed"),
    ("EQ_uriValue", "urn:x:value", "sensed"),
    ("EQ_booleanValue", "true", "sensed"),
    ("EQ_booleanValue", "false", ""),
    # names that carry a type, a unit or a field
    ("EXISTS_sensorElementList", "true", "sensed"),
    ("GE_time", "2026-03-02T10:59:00Z", "sensed"),
    ("LE_percRank", "50", "sensed"),
    ("EQ_bizTransaction_bol", "urn:x:bol-1", "shipped"),
    ("EQ_bizTransaction_po", "urn:x:bol-1", ""),
    ("EQ_source_owning_party", "https://id.gs1.org/417/6901234000016", "shipped wrong"),
    ("EQ_destination_location", SITE, "shipped wrong"),
    ("GE_value_CEL", "4.5", "sensed"),
    ("GT_value_CEL", "4.5", ""),
    ("GE_value_FAH", "1", ""),
    ("LT_minValue_CEL", "3", "sensed"),
    ("EQ_maxValue_CEL", [8], "sensed"),
    ("EQ_ex:weight", "940", "shipped wrong"),
    ("EQ_https://example.org/epcis/#weight", "1001.5", "own"),
    ("GT_ex:weight", "1000", "own"),
    ("LT_ex:sealed", "2026-03-02T18:00:00+08:00", "shipped wrong"),
    ("EXISTS_ex:weight", None, "shipped wrong own"),
    ("EQ_INNER_ex:deep", "7", "packed"),
    ("EXISTS_INNER_ex:weight", "true", ""),
    ("EQ_ILMD_cbvmda:lotNumber", "A7", "made"),
    ("EQ_ILMD_urn:epcglobal:cbv:mda#lotNumber", "A7", "made"),
    ("EQ_INNER_ILMD_ex:oven", "4", "made"),
    ("EXISTS_ILMD_ex:made", "true", "made"),
    ("EQ_ERROR_DECLARATION_ex:by", "Li", "wrong"),
    ("EQ_SENSORREPORT_ex:probe", "left", "sensed"),
    ("EQ_readPoint_ex:lane", "3", "shipped"),
    ("HASATTR_bizLocation", "urn:x:climate", "packed"),
    ("HASATTR_bizLocation", "urn:x:other", ""),
    ("EQATTR_bizLocation_urn:x:climate", "cold|dry", "packed"),
    ("EQATTR_bizLocation_urn:x:climate", "warm", ""),
]  # fmt: skip
MASTER_DATA = {
    "epcisMasterData": {
        "vocabularyList": [
            {
                "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                "vocabularyElementList": [
                    {"id": "urn:x:region", "children": [SITE]},
                    {
                        "id": SITE,
                        "children": [DOCK],
                        "attributes": [{"id": "urn:x:climate", "attribute": "cold"}],
                    },
                ],
            }
        ]
    }
}


def test_every_parameter_finds_what_it_names_and_nothing_else(db: sa.Connection) -> None:
    _keep(db, list(EVENTS.values()), epcisHeader=MASTER_DATA)
    _keep(db, list(EVENTS.values()), org="org-2")
    for name, value, expected in CASES:
        assert _find(db, **{name: value}) == expected.split(), (name, value)


def test_every_fixed_parameter_of_the_interface_is_tried(shared_data: Path) -> None:
    interface = json.loads((shared_data / "rfid" / "gs1" / "openapi.json").read_bytes())
    names = {
        parameter["$ref"].rsplit("/", 1)[-1]
        for parameter in interface["paths"]["/events"]["get"]["parameters"]
        if not parameter["$ref"].rsplit("/", 1)[-1].startswith("GS1")
    } - {"NextPageToken", "PerPage", "orderBy", "orderDirection", "eventCountLimit", "maxEventCount"}
    assert len(names) == 49  # with 4 of order and number, 2 of paging and 6 headers these are the 61
    assert names <= set(FIXED) & {name for name, _value, _found in CASES}


def test_conditions_are_joined(db: sa.Connection) -> None:
    _keep(db, list(EVENTS.values()))
    assert _find(db, MATCH_anyEPC=SSCC, EQ_action="OBSERVE", EXISTS_sensorElementList="true") == ["sensed"]
    assert _find(db, MATCH_anyEPC=SSCC, MATCH_epc="urn:epc:idpat:sgtin:6901234.*.*") == ["packed"]


def test_a_broad_pattern_narrows_a_sharp_one(monkeypatch: pytest.MonkeyPatch, db: sa.Connection) -> None:
    _keep(db, list(EVENTS.values()))
    monkeypatch.setattr(candidates, "MOST_CANDIDATES", 1)
    assert _find(db, MATCH_parentID=SSCC, MATCH_anyEPC="urn:epc:idpat:sgtin:6901234.*.*") == ["packed"]
    assert _find(db, MATCH_parentID=SSCC, MATCH_anyEPC="urn:epc:idpat:sgtin:6901235.*.*") == []
    assert _find(db, MATCH_anyEPC="urn:epc:idpat:sgtin:6901234.*.*") == ["packed", "made", "wrong"]


@pytest.mark.parametrize("order", ["eventTime", "recordTime", "ex:weight"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("narrow", [{}, {"MATCH_anyEPC": "urn:epc:idpat:sscc:6901234.*"}])
@pytest.mark.parametrize("bite", [32, 1])
def test_pages_hold_every_event_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
    db: sa.Connection,
    order: str,
    direction: str,
    narrow: dict[str, str],
    bite: int,
) -> None:
    monkeypatch.setattr(scan, "_BITE", bite)
    _keep(db, list(EVENTS.values()))
    query = parse_query({"orderBy": order, "orderDirection": direction, **narrow})
    whole = search(db, find_owner(db, "org-1"), query, 100).events
    paged: list[StoredEvent] = []
    position: Any = None
    while True:
        page = search(db, find_owner(db, "org-1"), query, 2, position, len(paged))
        paged += page.events
        position = page.position
        if position is None:
            break
    assert [e.seq for e in paged] == [e.seq for e in whole]
    assert len(whole) == (3 if narrow else 6)
    if order == "eventTime":
        times = [e.event_ms for e in whole]
        assert times == sorted(times, reverse=direction == "DESC")
    elif order == "ex:weight" and not narrow:
        weights = [float(e.document["ex:weight"]) for e in whole if "ex:weight" in e.document]
        assert weights == sorted(weights, reverse=direction == "DESC") and len(weights) == 3
        assert all("ex:weight" not in e.document for e in whole[3:])


def test_the_count_limit_ends_the_pages(db: sa.Connection) -> None:
    _keep(db, list(EVENTS.values()))
    owner, query = find_owner(db, "org-1"), parse_query({"eventCountLimit": "3"})
    first = search(db, owner, query, 2)
    second = search(db, owner, query, 2, first.position, 2)
    assert (len(first.events), len(second.events), second.position) == (2, 1, None)


def test_more_events_than_the_query_allows_are_an_error(db: sa.Connection) -> None:
    _keep(db, list(EVENTS.values()))
    owner = find_owner(db, "org-1")
    assert len(search(db, owner, parse_query({"maxEventCount": "6"}), 2).events) == 2
    with pytest.raises(QueryTooLarge, match="more than maxEventCount=5"):
        search(db, owner, parse_query({"maxEventCount": "5"}), 2)


def test_a_page_ends_where_too_many_events_were_looked_at(
    monkeypatch: pytest.MonkeyPatch, db: sa.Connection
) -> None:
    _keep(db, list(EVENTS.values()))
    monkeypatch.setattr(scan, "MOST_LOOKED_AT", 4)
    monkeypatch.setattr(search_module, "MOST_LOOKED_AT", 4)
    owner, query = find_owner(db, "org-1"), parse_query({"EQ_errorReason": "incorrect_data"})
    first = search(db, owner, query, 10)
    assert first.events == [] and first.position is not None
    assert len(search(db, owner, query, 10, first.position).events) == 1
    with pytest.raises(QueryTooComplex):
        search(db, owner, parse_query({"EQ_errorReason": "incorrect_data", "maxEventCount": "2"}), 10)


def test_the_database_answers_as_the_rules_do(db: sa.Connection, shared_data: Path) -> None:
    """Random queries over GS1's examples: what is found equals what the conditions say of every event."""
    for path in example_paths(shared_data):
        store(db, "org-1", prepare(read_json(path.read_bytes())), Behaviour.PROCEED, AT)
    _keep(db, list(EVENTS.values()), epcisHeader=MASTER_DATA)
    owner = find_owner(db, "org-1")
    stored = [stored_of(row) for row in db.execute(sa.select(EVENT).order_by(EVENT.c.seq))]
    contexts = contexts_of(db, {event.context_id for event in stored})
    views = [
        View(e.document, namespaces_of(contexts[e.context_id]), e.event_id, e.recorded_ms) for e in stored
    ]
    draw = random.Random(7)
    found = 0
    for _ in range(150):
        parameters = dict(
            draw.sample([(name, value) for name, value, _found in CASES], draw.choice((1, 1, 2)))
        )
        query = parse_query(parameters)
        criteria = [resolve(db, owner, criterion) for criterion in query.criteria]
        expected = [
            e.seq for e, view in zip(stored, views, strict=True) if all(c.holds(view) for c in criteria)
        ]
        assert [e.seq for e in search(db, owner, query, 1000).events] == expected, parameters
        found += len(expected)
    assert found > 300


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"EQ_bizstep": "shipping"}, "EQ_bizstep is no query parameter"),
        ({"GE_eventTime": "yesterday"}, "GE_eventTime: 'yesterday' is no instant"),
        ({"GE_eventTime": "2026-03-02T08:00:00"}, "no instant with an offset"),
        ({"EQ_action": "SEEN"}, "write ADD, OBSERVE or DELETE"),
        ({"MATCH_epc": "4711"}, "'4711' is no URI"),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:*.012345.1"}, "after the first \\*"),
        ({"GT_quantity": "many"}, "is no number"),
        ({"eventCountLimit": "0"}, "no count from 1 to 2147483647"),
        ({"eventCountLimit": "1", "maxEventCount": "1"}, "exclude each other"),
        ({"orderBy": "bizStep"}, "write eventTime, recordTime"),
        ({"orderBy": "eventTime", "orderDirection": "UP"}, "write ASC or DESC"),
        ({"EXISTS_errorDeclaration": "maybe"}, "neither true nor false"),
        ({"GT_ex:weight": "heavy"}, "neither a number nor an instant"),
        ({"EQ_bizStep": ""}, "at least one value"),
        ({"MATCH_epc": [f"urn:x:{n}" for n in range(1001)]}, "at most 1000 values"),
        ({f"EQ_ex:f{n}": "1" for n in range(101)}, "at most 100 parameters"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        parse_query(parameters)


def test_a_token_serves_its_own_query_until_it_is_too_old() -> None:
    own = fingerprint({"EQ_action": "ADD"})
    token = PageToken((17, 3), 30, AT + timedelta(hours=1), own)
    assert PageToken.parse(token.text(), own, AT) == token
    for text, query, now, says in (
        (token.text(), fingerprint({}), AT, "another query"),
        (token.text(), own, AT + timedelta(hours=2), "too old"),
        ("@@", own, AT, "no token"),
        ("W10", own, AT, "no token"),
    ):
        with pytest.raises(InvalidQuery, match=says):
            PageToken.parse(text, query, now)


def test_a_trace_reads_no_index_from_end_to_end(db: sa.Connection) -> None:
    """Events that identities lead to are read by their numbers: SQLite preferred the index of the owner's events."""
    _keep(db, list(EVENTS.values()))
    if db.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics, which an empty table has none of")
    plans: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[3]) for row in rows)

    sa.event.listen(db.engine, "before_cursor_execute", explain)
    try:
        assert _find(db, MATCH_anyEPC=SSCC, EQ_action="OBSERVE") == ["shipped", "sensed"]
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", explain)
    assert any("rfid_event_key USING PRIMARY KEY (owner=? AND value=?)" in plan for plan in plans)
    assert not [plan for plan in plans if "SCAN" in plan or "ix_rfid_event" in plan]


def test_patterns_that_stand_for_more_than_a_statement_holds_are_refused() -> None:
    patterns = [f"urn:epc:idpat:sgtin:{6901000 + n}.*.*" for n in range(200)]
    with pytest.raises(QueryTooComplex, match="MATCH_epc"):
        parse_query({"MATCH_epc": patterns})
    assert parse_query({"MATCH_epc": patterns[:40]}).criteria


def test_as_many_patterns_as_are_taken_are_answered(db: sa.Connection) -> None:
    query = parse_query({"MATCH_epc": [f"urn:epc:idpat:sgtin:{6901000 + n}.*.*" for n in range(40)]})
    assert len(search(db, 1, query, 10).events) == 0


@pytest.mark.parametrize("name", ["EQ_" + ":" * 498, "EQ_ex:a\nb", "EQ_ex:a\x85b"])
def test_a_parameters_name_is_short_and_without_control_characters(name: str) -> None:
    with pytest.raises(InvalidQuery, match="control characters"):
        parse_query({name: "1"})


@pytest.mark.parametrize("count", ["0" * 11 + "1" + "9" * 5000, "9" * 5000, str(2**31)])
def test_a_count_has_few_digits(count: str) -> None:
    with pytest.raises(InvalidQuery, match="maxEventCount"):
        parse_query({"maxEventCount": count})


@pytest.mark.parametrize(
    "body", [[2**63 - 1, 1, 0], [1, -(2**63), 0], [1, 1, -1], ["a", 1, 0], [1.5, 1, 0], [True, 1, 0]]
)
def test_a_token_with_positions_that_no_page_has_is_refused(body: list[Any]) -> None:
    text = base64.urlsafe_b64encode(json.dumps([*body, 1772438400000 + 10**9, "own"]).encode()).decode()
    with pytest.raises(InvalidQuery, match="no token"):
        PageToken.parse(text, "own", AT)
