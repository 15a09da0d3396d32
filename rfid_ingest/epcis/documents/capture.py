"""What a capture document says, whichever way it was written: its events, their context, their master data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from haoyun.rfid_ingest.epcis.errors import MalformedDocument
from haoyun.rfid_ingest.epcis.validation.check import envelope_faults
from haoyun.rfid_ingest.epcis.validation.fault import Fault

Event = dict[str, Any]
MOST_LEVELS = 100  # of a document; answers wrap its events once more, and JSON is written to 254 levels
_CONTAINERS = frozenset((dict, list))  # as parsed JSON has them
_DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")


@dataclass(frozen=True, slots=True)
class Capture:
    """The events as they were written, each with its place in the document.

    `context` is the document's @context; an event's own stays with the event. `vocabularies` is the master data of
    its header.
    """

    events: Sequence[Event]
    paths: Sequence[tuple[str | int, ...]]
    context: object
    vocabularies: Sequence[Mapping[str, Any]] = field(default=())


def read_json(body: bytes) -> Capture:
    """Read a document, a query document, a bare event or a list of bare events; events are not checked yet.

    Raises MalformedDocument with what is wrong.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedDocument.of("no_json", detail=str(error)) from None
    return read_value(value)


def read_value(value: object) -> Capture:
    """`read_json` for JSON that was parsed already."""
    check_depth(value)
    if isinstance(value, list):
        return _bare(value, [(index,) for index in range(len(value))])
    if not isinstance(value, dict):
        raise MalformedDocument.of("no_document", detail=type(value).__name__)
    if value.get("type") not in _DOCUMENTS:
        return _bare([value], [()])
    found = envelope_faults(value)
    if found:
        raise MalformedDocument(found)
    return _document(value)


def check_depth(value: object) -> None:
    """Raises MalformedDocument for JSON of more than MOST_LEVELS levels."""
    if is_deep(value):
        raise MalformedDocument.of("too_deep", expected=str(MOST_LEVELS))


def is_deep(value: object) -> bool:
    """Whether lists and objects stand in one another on more than MOST_LEVELS levels."""
    level: list[Any] = [value] if type(value) in _CONTAINERS else []
    for _ in range(MOST_LEVELS):
        members: list[Any] = []
        for one in level:
            members += one.values() if isinstance(one, dict) else one
        level = [member for member in members if type(member) in _CONTAINERS]
        if not level:
            return False
    return True


def _document(document: Mapping[str, Any]) -> Capture:
    body: Mapping[str, Any] = document["epcisBody"]
    path: tuple[str | int, ...] = ("epcisBody",)
    if document["type"] == "EPCISQueryDocument":
        body = body["queryResults"]["resultsBody"]
        path = ("epcisBody", "queryResults", "resultsBody")
    header = document.get("epcisHeader") or {}
    master = (header.get("epcisMasterData") or {}).get("vocabularyList") or body.get("vocabularyList") or ()
    events = body["eventList"]
    paths = [(*path, "eventList", index) for index in range(len(events))]
    return Capture(events, paths, document["@context"], master)


def _bare(events: Sequence[Any], paths: Sequence[tuple[str | int, ...]]) -> Capture:
    """Events without a document: each carries its context."""
    missing = [
        Fault.of((*path, "@context"), "no_context")
        for event, path in zip(events, paths, strict=True)
        if not isinstance(event, dict) or "@context" not in event
    ]
    if missing:
        raise MalformedDocument(missing)
    contexts = [event["@context"] for event in events]
    if any(context != contexts[0] for context in contexts):
        return Capture(events, paths, None)
    bare = [{name: value for name, value in event.items() if name != "@context"} for event in events]
    return Capture(bare, paths, contexts[0] if contexts else None)
