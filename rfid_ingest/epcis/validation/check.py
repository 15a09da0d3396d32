"""Checks documents and events against the schema, compiled once, and says what is wrong in two languages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import jsonschema_rs

from haoyun.rfid_ingest.epcis.fields import EVENT_TYPES
from haoyun.rfid_ingest.epcis.validation import schema as build
from haoyun.rfid_ingest.epcis.validation.fault import Fault, Path

MOST_FAULTS = 20  # a document wrong from end to end need not be told so line by line
_SHOWN_CHARS = 80
_PROPERTY_NAMES = jsonschema_rs.ValidationErrorKind.PropertyNames


def faults(document: object) -> list[Fault]:
    """What is wrong with a document or a bare event; empty when it is right."""
    return _faults("whole", document)


def event_faults(event: object, path: Path = ()) -> list[Fault]:
    """What is wrong with an event of a document; `path` is its place there."""
    if not isinstance(event, Mapping) or not isinstance(event.get("type"), str):
        return _faults("event", event, path)
    return _faults(event["type"] if event["type"] in EVENT_TYPES else "own", event, path)


def envelope_faults(document: object) -> list[Fault]:
    """What is wrong with a document around its events, whatever these are."""
    return _faults("envelope", document)


def is_event(event: Mapping[str, Any]) -> bool:
    """Whether the event is right."""
    kind = event.get("type")
    name = kind if isinstance(kind, str) and kind in EVENT_TYPES else "own"
    return bool(_validator(name).is_valid(event))


def is_document(document: object) -> bool:
    """Whether a document or bare event is right."""
    return bool(_validator("whole").is_valid(document))


@cache
def _schema(name: str) -> dict[str, Any]:
    if name in EVENT_TYPES:
        return build.event_schema(name)
    made = {
        "own": build.own_event_schema,
        "event": build.any_event_schema,
        "whole": build.whole_schema,
        "envelope": build.envelope_schema,
    }
    return made[name]()


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.Draft7Validator(_schema(name), validate_formats=True)


def _faults(name: str, value: object, path: Path = ()) -> list[Fault]:
    validator = _validator(name)
    if validator.is_valid(value):
        return []
    found: list[Fault] = []
    for error in validator.iter_errors(value):
        found += (fault for fault in _explain(_schema(name), error, path) if fault not in found)
        if len(found) >= MOST_FAULTS:
            break
    return found[:MOST_FAULTS]


def _explain(schema: Mapping[str, Any], error: Any, path: Path) -> Iterator[Fault]:
    place = (*path, *error.instance_path)
    rule, words = _rule(schema, error.schema_path)
    keyword = str(error.schema_path[-1]) if error.schema_path else "other"
    kind = error.kind
    names = _names(keyword, kind)
    if names:
        for name in names:
            yield Fault.of(place, keyword, property=name)
        return
    value = kind.error.instance if isinstance(kind, _PROPERTY_NAMES) else error.instance
    expected = _expected(keyword, kind)
    yield Fault.of(place, rule or keyword, value=_shown(value), words=", ".join(words), expected=expected)


def _names(keyword: str, kind: Any) -> Sequence[str]:
    if keyword == "required":
        return [str(kind.property).strip('"')]
    if keyword == "additionalProperties":
        return [str(name) for name in kind.unexpected]
    return ()


def _expected(keyword: str, kind: Any) -> str:
    if keyword == "type":
        return " | ".join(str(name) for name in kind.types)
    if keyword == "enum":
        return ", ".join(str(option) for option in kind.options)
    return str(kind.pattern) if keyword == "pattern" else ""


def _rule(schema: object, steps: Sequence[str | int]) -> tuple[str | None, Sequence[str]]:
    """The rule named nearest to the keyword that failed."""
    rule, words = None, ()
    for step in steps:
        if isinstance(schema, Mapping):
            if schema.get("x-rule"):
                rule, words = schema["x-rule"], schema.get("x-words", ())
            schema = schema.get(step)
        elif isinstance(schema, Sequence) and isinstance(step, int):
            schema = schema[step]
        if step in ("properties", "items"):
            rule, words = None, ()  # a rule speaks of its own value, not of the members of that
    return rule, words


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
