"""The fields of the five event types, in the order of the XML binding, and what each of them holds.

One table for the JSON Schema, the XML reader and the XML writer (EPCIS 2.0, section 7.4 and annexes).
"""

from __future__ import annotations

from enum import StrEnum

EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)


class Kind(StrEnum):
    """The shape of a field's value."""

    TEXT = "text"
    URI = "uri"
    TIME = "time"
    OFFSET = "offset"
    ACTION = "action"
    WORD = "word"  # a word of the CBV, or a URI of one's own
    EPCS = "epcs"
    QUANTITIES = "quantities"
    PLACE = "place"
    TRANSACTIONS = "transactions"
    SOURCES = "sources"
    DESTINATIONS = "destinations"
    SENSORS = "sensors"
    PERSISTENT = "persistent"
    ILMD = "ilmd"
    DECLARATION = "declaration"
    CERTIFICATION = "certification"


# Fields of the record, which every event has.
RECORD = {
    "eventTime": Kind.TIME,
    "recordTime": Kind.TIME,
    "eventTimeZoneOffset": Kind.OFFSET,
    "eventID": Kind.URI,
    "errorDeclaration": Kind.DECLARATION,
    "certificationInfo": Kind.CERTIFICATION,
}
_PLACES = {
    "bizStep": Kind.WORD,
    "disposition": Kind.WORD,
    "readPoint": Kind.PLACE,
    "bizLocation": Kind.PLACE,
}
_TRANSACTIONS = {"bizTransactionList": Kind.TRANSACTIONS}
_PARTIES = {
    "sourceList": Kind.SOURCES,
    "destinationList": Kind.DESTINATIONS,
    "sensorElementList": Kind.SENSORS,
}
_LOT = {"persistentDisposition": Kind.PERSISTENT, "ilmd": Kind.ILMD}
_CHILDREN = {
    "parentID": Kind.URI,
    "childEPCs": Kind.EPCS,
    "action": Kind.ACTION,
    **_PLACES,
    **_TRANSACTIONS,
    "childQuantityList": Kind.QUANTITIES,
    **_PARTIES,
}

FIELDS: dict[str, dict[str, Kind]] = {
    "ObjectEvent": {
        "epcList": Kind.EPCS,
        "action": Kind.ACTION,
        **_PLACES,
        **_TRANSACTIONS,
        "quantityList": Kind.QUANTITIES,
        **_PARTIES,
        **_LOT,
    },
    "AggregationEvent": _CHILDREN,
    "TransactionEvent": {
        **_TRANSACTIONS,
        "parentID": Kind.URI,
        "epcList": Kind.EPCS,
        "action": Kind.ACTION,
        **_PLACES,
        "quantityList": Kind.QUANTITIES,
        **_PARTIES,
    },
    "TransformationEvent": {
        "inputEPCList": Kind.EPCS,
        "inputQuantityList": Kind.QUANTITIES,
        "outputEPCList": Kind.EPCS,
        "outputQuantityList": Kind.QUANTITIES,
        "transformationID": Kind.URI,
        **_PLACES,
        **_TRANSACTIONS,
        **_PARTIES,
        **_LOT,
    },
    "AssociationEvent": _CHILDREN,
}
REQUIRED = {
    "ObjectEvent": ("action",),
    "AggregationEvent": ("action",),
    "TransactionEvent": ("bizTransactionList", "action"),
    "TransformationEvent": (),
    "AssociationEvent": ("action", "parentID"),
}

# Sensor data: attributes in XML, members in JSON.
SENSOR_METADATA = {
    "time": Kind.TIME,
    "deviceID": Kind.URI,
    "deviceMetadata": Kind.URI,
    "rawData": Kind.URI,
    "startTime": Kind.TIME,
    "endTime": Kind.TIME,
    "dataProcessingMethod": Kind.URI,
    "bizRules": Kind.URI,
}
SENSOR_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
SENSOR_URIS = (
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
    "microorganism",
    "chemicalSubstance",
    "coordinateReferenceSystem",
    "uriValue",
)
SENSOR_TEXTS = ("stringValue", "uom")
SENSOR_REPORT = (
    "type",
    "exception",
    "time",
    "component",
    "booleanValue",
    "hexBinaryValue",
    *SENSOR_NUMBERS,
    *SENSOR_URIS,
    *SENSOR_TEXTS,
)
