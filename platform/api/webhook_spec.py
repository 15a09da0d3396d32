"""The section `webhooks` of the specification: what is posted to receivers, by type of event (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from haoyun.platform.webhooks.event import EventType

_OF_SUBJECT: Mapping[str, tuple[str, str]] = {
    # subject of the type -> (field of `data`, schema of the API that it has)
    "load": ("load", "LoadOut"),
    "capacity": ("capacity", "CapacityOut"),
    "quote": ("quote", "QuoteOut"),
    "order": ("order", "OrderOut"),
    "dock": ("booking", "BookingOut"),
}
_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_DATA: Mapping[str, dict[str, Any]] = {
    "match": {
        "match": {
            "type": "object",
            "required": ["load_id", "capacity_id", "score", "deadhead_m", "contribution_fen"],
            "properties": {
                "load_id": _TEXT,
                "capacity_id": _TEXT,
                "score": {"type": "number"},
                "deadhead_m": {"type": ["number", "null"], "description": "null: the position is unknown"},
                "contribution_fen": {"type": ["integer", "null"], "description": "for the carrier alone"},
            },
        }
    },
    "auction": {
        "auction": {
            "type": "object",
            "required": ["load_id", "state", "lowest_fen", "ends_at", "bids"],
            "properties": {
                "load_id": _TEXT,
                "state": _TEXT,
                "lowest_fen": {"type": ["integer", "null"], "description": "null: no bid counts"},
                "ends_at": {**_TEXT, "format": "date-time", "description": "moved by late bids"},
                "bids": {"type": "integer", "description": "made so far"},
            },
        }
    },
    "tracking": {
        "kind": _TEXT,
        "order_id": _MAYBE,
        "vehicle_id": _MAYBE,
        "details": {"type": "object"},
    },
    "webhook": {"webhook_id": _TEXT, "name": _TEXT},
}
_HEADERS = (
    ("Haoyun-Signature", "t=<seconds>,v1=<hex HMAC-SHA256 of '<seconds>.<body>' under the webhook's secret>"),
    ("Haoyun-Event-Id", "the same in every try; a receiver keeps it to know an event again"),
    ("Haoyun-Event-Type", "as in the body"),
)


@cache
def webhooks_section() -> dict[str, Any]:
    """One path item for each type of event."""
    return {kind.value: {"post": _operation(kind)} for kind in EventType}


def _operation(kind: EventType) -> dict[str, Any]:
    return {
        "summary": f"{kind.value}",
        "description": "Any 2xx within 15 seconds takes it; anything else, redirects too, is tried again.",
        "tags": ["Webhooks"],
        "operationId": "told_" + kind.value.replace(".", "_"),
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": _TEXT}
            for name, words in _HEADERS
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": event_schema(kind)}},
        },
        "responses": {"2XX": {"description": "taken"}},
    }


def event_schema(kind: EventType) -> dict[str, Any]:
    """The JSON schema of an event of this type; references lead into the specification."""
    data = _data(kind)
    properties: dict[str, Any] = {
        "id": {**_TEXT, "description": "stable: the same however often it is told"},
        "type": {"const": kind.value},
        "subject_id": {**_TEXT, "description": "events of one subject come in order"},
        "version": {"type": "integer", "description": "counts the states of the subject"},
        "occurred_at": {**_TEXT, "format": "date-time"},
        "data": {"type": "object", "required": sorted(data), "properties": data},
    }
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _data(kind: EventType) -> dict[str, Any]:
    subject = kind.value.split(".", maxsplit=1)[0]
    if subject not in _OF_SUBJECT:
        return dict(_DATA[subject])
    field, schema = _OF_SUBJECT[subject]
    said = {
        field: {"$ref": f"#/components/schemas/{schema}"},
        "state": {**_TEXT, "description": "that the event led to; the object may be further by now"},
    }
    if subject in ("quote", "order", "dock"):
        said["reason"] = _TEXT
    if subject == "order":
        said["evidence"] = {"type": "object"}
    return said
