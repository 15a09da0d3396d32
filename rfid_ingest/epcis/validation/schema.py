"""The JSON Schema of EPCIS 2.0, built from the standard's facts: fields.py, vocabulary.py and the rules below.

`x-rule` names the sentence of a refusal (see sentences.py); validators ignore it. The schema has no references, so
that the place of an error in it leads straight to its rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from haoyun.rfid_ingest.epcis import fields as f
from haoyun.rfid_ingest.epcis import vocabulary as words
from haoyun.rfid_ingest.epcis.fields import FIELDS, RECORD, REQUIRED, Kind

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
ACTIONS = ("ADD", "OBSERVE", "DELETE")
URI: Schema = {"type": "string", "format": "uri", "x-rule": "uri"}
TIME: Schema = {"type": "string", "format": "date-time", "x-rule": "time"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
# Values of the CBV stand as bare words in JSON; a URI of one's own lies outside GS1's spaces.
_CBV_SPACE = {"pattern": r"^(urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/)"}
_VOC_SPACE = {"pattern": r"^https?://(www\.)?gs1\.org/voc/"}


def _array(items: Schema, **limits: object) -> Schema:
    return {"type": "array", "items": items, **limits}


def _one_of(allowed: Iterable[str], space: Schema, rule: str) -> Schema:
    own = {"type": "string", "format": "uri", "not": space}
    return {"anyOf": [{"enum": sorted(allowed)}, own], "x-rule": rule, "x-words": sorted(allowed)}


def _word(allowed: Iterable[str], rule: str) -> Schema:
    return _one_of(allowed, _CBV_SPACE, rule)


def _names(known: Iterable[str]) -> Schema:
    """Property names: the known ones, and own ones `prefix:name`."""
    return {
        "anyOf": [{"enum": sorted(known)}, {"type": "string", "format": "uri"}],
        "x-rule": "name",
        "x-words": sorted(known),
    }


def _object(properties: Schema, required: Iterable[str] = (), *, closed: bool = False) -> Schema:
    """An object with these members; `closed` forbids every other, else own ones `prefix:name` may stand."""
    extra: Schema = {"additionalProperties": False} if closed else {"propertyNames": _names(properties)}
    return {"type": "object", "properties": properties, "required": list(required), **extra}


def _present(*names: str) -> Schema:
    return {"required": list(names)}


def _filled(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"minItems": 1}}}


CONTEXT: Schema = {
    "anyOf": [
        {"type": "string", "format": "uri"},
        {"type": "object"},
        {
            "type": "array",
            "uniqueItems": True,
            "items": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "object"}]},
        },
    ],
    "x-rule": "context",
}
BIZ_STEP = _word(words.BIZ_STEPS, "bizStep")
DISPOSITION = _word(words.DISPOSITIONS, "disposition")
_PARTY = _word(words.PARTY_TYPES, "party")
_QUANTITY = _object(
    {
        "epcClass": URI,
        "quantity": NUMBER,
        "uom": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$", "x-rule": "uom"},
    },
    ("epcClass",),
    closed=True,
)
_DECLARATION = _object(
    {
        "declarationTime": TIME,
        "reason": _word(words.ERROR_REASONS, "reason"),
        "correctiveEventIDs": _array(URI),
    },
    ("declarationTime",),
)
_PERSISTENT: Schema = {
    **_object(
        {name: _array(DISPOSITION, minItems=1, uniqueItems=True) for name in ("set", "unset")}, closed=True
    ),
    "anyOf": [_present("set"), _present("unset")],
    "x-rule": "persistent",
}
_METADATA = _object({name: TIME if kind is Kind.TIME else URI for name, kind in f.SENSOR_METADATA.items()})
_REPORT = _object(
    {
        "type": _one_of(words.MEASUREMENTS, _VOC_SPACE, "measurement"),
        "exception": _one_of(words.SENSOR_ALERTS, _VOC_SPACE, "alert"),
        "time": TIME,
        "component": _word(words.COMPONENTS, "component"),
        "booleanValue": {"type": "boolean"},
        "hexBinaryValue": {"type": "string", "pattern": "^[A-Fa-f0-9]+$", "x-rule": "hex"},
        **dict.fromkeys(f.SENSOR_NUMBERS, NUMBER),
        **dict.fromkeys(f.SENSOR_URIS, URI),
        **dict.fromkeys(f.SENSOR_TEXTS, TEXT),
    },
    ("type",),
)
_SENSOR = _object(
    {"sensorMetadata": _METADATA, "sensorReport": _array(_REPORT, minItems=1)}, ("sensorReport",)
)
_VALUES: dict[Kind, Schema] = {
    Kind.TEXT: TEXT,
    Kind.URI: URI,
    Kind.TIME: TIME,
    Kind.OFFSET: {
        "type": "string",
        "pattern": "^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$",
        "x-rule": "offset",
    },
    Kind.ACTION: {"enum": list(ACTIONS), "x-rule": "action"},
    Kind.EPCS: _array(URI),
    Kind.QUANTITIES: _array(_QUANTITY),
    Kind.PLACE: {"type": "object", "properties": {"id": URI}, "required": ["id"]},
    Kind.TRANSACTIONS: _array(
        _object(
            {"type": _word(words.BIZ_TRANSACTION_TYPES, "bizTransaction"), "bizTransaction": URI},
            ("bizTransaction",),
            closed=True,
        )
    ),
    Kind.SOURCES: _array(_object({"type": _PARTY, "source": URI}, ("type", "source"), closed=True)),
    Kind.DESTINATIONS: _array(
        _object({"type": _PARTY, "destination": URI}, ("type", "destination"), closed=True)
    ),
    Kind.SENSORS: _array(_SENSOR),
    Kind.PERSISTENT: _PERSISTENT,
    Kind.ILMD: {
        "type": "object",
        "propertyNames": {"type": "string", "format": "uri", "x-rule": "own_name"},
    },
    Kind.DECLARATION: _DECLARATION,
    Kind.CERTIFICATION: {"anyOf": [URI, _array(URI)], "x-rule": "certification"},
}
_WORDS = {"bizStep": BIZ_STEP, "disposition": DISPOSITION}
# Where the standard says that an EPC stands once in its list.
_UNIQUE = {
    ("ObjectEvent", "epcList"),
    ("TransformationEvent", "inputEPCList"),
    ("TransformationEvent", "outputEPCList"),
}

_IS_DELETE: Schema = {"properties": {"action": {"enum": ["DELETE"]}}}
_ILMD_WITH_ADD: Schema = {
    "anyOf": [{"properties": {"action": {"enum": ["ADD"]}}}, {"properties": {"ilmd": False}}],
    "x-rule": "ilmd",
}
_CHILDREN: Schema = {
    "anyOf": [_filled("childEPCs"), _filled("childQuantityList"), _IS_DELETE],
    "x-rule": "children",
}
_INPUT: Schema = {"anyOf": [_filled("inputEPCList"), _filled("inputQuantityList")]}
_OUTPUT: Schema = {"anyOf": [_filled("outputEPCList"), _filled("outputQuantityList")]}
# What an event must speak of, beyond the fields one by one.
_SUBSTANCE: dict[str, list[Schema]] = {
    "ObjectEvent": [
        {
            "anyOf": [
                _present("epcList"),
                _filled("quantityList"),
                {"allOf": [_filled("sensorElementList"), _present("readPoint")]},
            ],
            "x-rule": "objects",
        },
        _ILMD_WITH_ADD,
    ],
    "AggregationEvent": [_CHILDREN],
    "AssociationEvent": [_CHILDREN],
    "TransactionEvent": [
        {"anyOf": [_present("epcList"), _filled("quantityList"), _IS_DELETE], "x-rule": "transacted"},
        {"properties": {"bizTransactionList": {"minItems": 1, "x-rule": "transaction"}}},
    ],
    "TransformationEvent": [
        {
            "anyOf": [
                {"allOf": [_INPUT, _OUTPUT]},
                {"allOf": [_present("transformationID"), {"anyOf": [_INPUT, _OUTPUT]}]},
            ],
            "x-rule": "transformed",
        }
    ],
}
_RECORD: Schema = {"@context": CONTEXT, **{name: _VALUES[kind] for name, kind in RECORD.items()}}
_RECORD_REQUIRED = ("eventTime", "eventTimeZoneOffset")


def event_schema(event_type: str) -> Schema:
    """The schema of one of the five event types."""
    own = {name: _field(event_type, name, kind) for name, kind in FIELDS[event_type].items()}
    required = ("type", *_RECORD_REQUIRED, *REQUIRED[event_type])
    shape = _object({"type": {"enum": [event_type]}, **_RECORD, **own}, required)
    return {**shape, "allOf": _SUBSTANCE[event_type]}


def _field(event_type: str, name: str, kind: Kind) -> Schema:
    if kind is Kind.WORD:
        return _WORDS[name]
    unique = {"uniqueItems": True, "x-rule": "unique"} if (event_type, name) in _UNIQUE else {}
    return {**_VALUES[kind], **unique}


def own_event_schema() -> Schema:
    """The schema of an event of a type of one's own, which is named by a URI: only its record is known."""
    return {
        "type": "object",
        "properties": {"type": {**URI, "x-rule": "event_type"}, **_RECORD},
        "required": ["type", *_RECORD_REQUIRED],
    }


def any_event_schema() -> Schema:
    """The schema of an event in a document: by its type, own types included."""
    return _by_type({name: event_schema(name) for name in f.EVENT_TYPES}, own_event_schema())


_CREATED = {
    "@context": CONTEXT,
    "id": URI,
    "schemaVersion": {"type": "string", "pattern": r"^\d+(\.\d+)*$", "x-rule": "version"},
    "creationDate": TIME,
}
_ELEMENT: Schema = {
    "type": "object",
    "properties": {
        "id": URI,
        "attributes": _array(
            {
                "type": "object",
                "properties": {"id": URI, "attribute": {"anyOf": [NUMBER, TEXT, {"type": "object"}]}},
                "required": ["id"],
            }
        ),
        "children": _array(URI),
    },
    "required": ["id"],
}
_VOCABULARIES = _array(
    {
        "type": "object",
        "properties": {"type": URI, "vocabularyElementList": _array(_ELEMENT)},
        "required": ["type"],
    }
)
_HEADER = _object({"epcisMasterData": {"type": "object", "properties": {"vocabularyList": _VOCABULARIES}}})


def document_schema(event: Schema) -> Schema:
    """The schema of an EPCISDocument whose events are checked by `event`."""
    body = {"type": "object", "properties": {"eventList": _array(event)}, "required": ["eventList"]}
    return _object(
        {
            "type": {"enum": ["EPCISDocument"]},
            **_CREATED,
            "instanceIdentifier": TEXT,
            "sender": TEXT,
            "receiver": TEXT,
            "epcisHeader": _HEADER,
            "epcisBody": body,
        },
        ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
    )


def query_document_schema(event: Schema) -> Schema:
    """The schema of an EPCISQueryDocument whose events are checked by `event`."""
    body = _object({"eventList": _array(event), "vocabularyList": _VOCABULARIES}, ("eventList",))
    results = _object(
        {"queryName": TEXT, "subscriptionID": TEXT, "resultsBody": body}, ("queryName", "resultsBody")
    )
    return _object(
        {
            "type": {"enum": ["EPCISQueryDocument"]},
            **_CREATED,
            "epcisBody": _object({"queryResults": results}, ("queryResults",)),
        },
        ("@context", "type", "epcisBody"),
    )


def whole_schema() -> Schema:
    """The schema of everything that EPCIS 2.0 calls a document: capture, query result, or one bare event."""
    event = any_event_schema()
    bare = {name: {"allOf": [event_schema(name), _present("@context")]} for name in f.EVENT_TYPES}
    documents = {"EPCISDocument": document_schema(event), "EPCISQueryDocument": query_document_schema(event)}
    own = {"allOf": [own_event_schema(), _present("@context")]}
    return {"$schema": DIALECT, **_by_type(documents | bare, own)}


def _by_type(schemas: dict[str, Schema], other: Schema) -> Schema:
    chain: Schema = other
    for name, schema in reversed(schemas.items()):
        chain = {"if": {"properties": {"type": {"enum": [name]}}}, "then": schema, "else": chain}
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string"}},
        "allOf": [chain],
    }


def envelope_schema() -> Schema:
    """A document of either kind around events that are checked one by one elsewhere."""
    unchecked: Schema = {}
    return _by_type({"EPCISDocument": document_schema(unchecked)}, query_document_schema(unchecked))
