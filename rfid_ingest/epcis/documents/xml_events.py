"""One event element of EPCIS XML as the event of JSON."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from haoyun.rfid_ingest.epcis import fields as f
from haoyun.rfid_ingest.epcis.documents.context import PREFIXES
from haoyun.rfid_ingest.epcis.fields import FIELDS, RECORD, Kind
from haoyun.rfid_ingest.epcis.vocabulary import bare_measurement, bare_word

Json = dict[str, Any]

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}"
_WRAPPERS = ("baseExtension", "extension")
_NUMBER_TYPES = ("integer", "int", "long", "short", "decimal", "double", "float")
_MOST_WHOLE = 2**63 - 1
_KINDS: dict[str, Kind] = {**RECORD, **{name: kind for own in FIELDS.values() for name, kind in own.items()}}


@dataclass(slots=True)
class Prefixes:
    """The prefixes of a document's own namespaces, and those that its events use."""

    declared: dict[str, str]  # namespace -> prefix
    used: dict[str, str] = field(default_factory=dict)  # prefix -> namespace
    made: int = 0  # prefixes that no namespace had declared

    def name(self, tag: str) -> str:
        """`prefix:name` of an own element or attribute; a name without a namespace is unchanged."""
        if not tag.startswith("{"):
            return tag
        uri, name = tag[1:].rsplit("}", 1)
        if uri in PREFIXES:
            return f"{PREFIXES[uri]}:{name}"
        prefix = self.declared.get(uri) or self._made(uri)
        self.used[prefix] = uri
        return f"{prefix}:{name}"

    def _made(self, uri: str) -> str:
        """A prefix for a default namespace, or for one that another namespace uses already."""
        taken = set(self.declared.values())
        prefix = next(p for n in itertools.count(self.made + 1) if (p := f"ns{n}") not in taken)
        self.made += 1
        self.declared[uri] = prefix
        return prefix


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def text(element: Element) -> str:
    """The element's text without the blanks around it."""
    return (element.text or "").strip()


def event_of(element: Element, event_type: str, names: Prefixes) -> Json:
    """The event of an element named `event_type`; a QuantityEvent (1.0) becomes an ObjectEvent."""
    own = names.name(str(element.tag)) if event_type not in (*f.EVENT_TYPES, "QuantityEvent") else event_type
    event: Json = {"type": own}
    for child in _members(element):
        _add(event, child, names)
    return _of_quantity(event) if event_type == "QuantityEvent" else event


def _members(element: Element) -> Iterator[Element]:
    """The fields of an event, those in the wrappers of 1.2 among them."""
    for child in element:
        if child.tag in _WRAPPERS:
            yield from _members(child)
        else:
            yield child


def _add(event: Json, child: Element, names: Prefixes) -> None:
    tag = str(child.tag)
    kind = _KINDS.get(tag)
    if tag.startswith("{"):
        _put(event, names.name(tag), own_value(child, names))
    elif kind is None:
        event[tag] = text(child)
    elif kind is Kind.CERTIFICATION:
        _put(event, tag, text(child))
    elif kind is not Kind.PLACE or text_of_id(child):
        event[tag] = _READERS[kind](child, names) if kind is not Kind.WORD else bare_word(tag, text(child))


def _put(target: Json, name: str, value: object) -> None:
    """Keep a value; a name that comes again becomes a list."""
    if name not in target:
        target[name] = value
    elif isinstance(target[name], list):
        target[name].append(value)
    else:
        target[name] = [target[name], value]


def own_value(element: Element, names: Prefixes) -> Any:
    """The value of an own element: text, number, or an object of its parts."""
    parts: Json = {}
    for name, value in element.attrib.items():
        if not name.startswith(_NIL):
            parts["@" + name if not name.startswith("{") else names.name(name)] = value
    for child in element:
        _put(parts, names.name(str(child.tag)), own_value(child, names))
    if not parts:
        return _typed(text(element), element.get(_TYPE, ""))
    return {**parts, "#text": text(element)} if text(element) else parts


def _typed(value: str, xsi_type: str) -> Any:
    kind = xsi_type.rsplit(":", 1)[-1]
    if kind in _NUMBER_TYPES:
        return number(value)
    return value == "true" if kind == "boolean" and value in ("true", "false") else value


def number(value: str) -> Any:
    """The number that the text writes; other text, whole numbers beyond 64 bits too, is left to the schema."""
    try:
        found = float(value)
    except ValueError:
        return value
    if not math.isfinite(found):
        return value
    if not value.lstrip("+-").isdigit():
        return found
    return int(value) if abs(int(value)) <= _MOST_WHOLE else value


def text_of_id(element: Element) -> str:
    """The `id` of a read point or business location."""
    found = element.find("id")
    return "" if found is None else text(found)


def _place(element: Element, names: Prefixes) -> Json:
    place: Json = {"id": text_of_id(element)}
    for child in _members(element):
        if str(child.tag).startswith("{"):
            _put(place, names.name(str(child.tag)), own_value(child, names))
    return place


def _texts(element: Element, _names: Prefixes) -> list[str]:
    return [text(child) for child in element]


def _quantities(element: Element, _names: Prefixes) -> list[Json]:
    return [
        {local(part): number(text(part)) if local(part) == "quantity" else text(part) for part in entry}
        for entry in element
    ]


def _typed_list(kind: str, name: str) -> Callable[[Element, Prefixes], list[Json]]:
    def read(element: Element, _names: Prefixes) -> list[Json]:
        return [
            {
                **({"type": bare_word(kind, entry.attrib["type"])} if "type" in entry.attrib else {}),
                name: text(entry),
            }
            for entry in element
        ]

    return read


def _persistent(element: Element, _names: Prefixes) -> Json:
    found: Json = {}
    for child in element:
        found.setdefault(local(child), []).append(bare_word("disposition", text(child)))
    return found


def _ilmd(element: Element, names: Prefixes) -> Json:
    found: Json = {}
    for child in _members(element):
        _put(found, names.name(str(child.tag)), own_value(child, names))
    return found


def _declaration(element: Element, names: Prefixes) -> Json:
    found: Json = {}
    for child in _members(element):
        tag = str(child.tag)
        if tag == "correctiveEventIDs":
            found[tag] = _texts(child, names)
        elif tag == "reason":
            found[tag] = bare_word("error", text(child))
        else:
            _put(found, names.name(tag), own_value(child, names))
    return found


def _sensors(element: Element, names: Prefixes) -> list[Json]:
    return [_sensor(entry, names) for entry in element]


def _sensor(element: Element, names: Prefixes) -> Json:
    found: Json = {}
    for child in _members(element):
        tag = str(child.tag)
        if tag == "sensorMetadata":
            found[tag] = _attributes(child, names)
        elif tag == "sensorReport":
            found.setdefault(tag, []).append(_attributes(child, names))
        else:
            _put(found, names.name(tag), own_value(child, names))
    return found


def _attributes(element: Element, names: Prefixes) -> Json:
    return {names.name(name): _sensor_value(name, value.strip()) for name, value in element.attrib.items()}


def _sensor_value(name: str, value: str) -> Any:
    if name in f.SENSOR_NUMBERS:
        return number(value)
    if name == "booleanValue":
        return {"true": True, "1": True, "false": False, "0": False}.get(value, value)
    if name == "component":
        return bare_word("component", value)
    return bare_measurement(value) if name in ("type", "exception") else value


def _of_quantity(event: Json) -> Json:
    """The QuantityEvent of 1.0: a number of pieces of a class was seen. 2.0 has no such type."""
    element = {"epcClass": event.pop("epcClass", "")}
    if "quantity" in event:
        element["quantity"] = number(str(event.pop("quantity")))
    return {**event, "type": "ObjectEvent", "action": "OBSERVE", "quantityList": [element]}


_READERS: dict[Kind, Callable[[Element, Prefixes], Any]] = {
    **dict.fromkeys((Kind.TEXT, Kind.URI, Kind.TIME, Kind.OFFSET, Kind.ACTION), lambda e, _n: text(e)),
    Kind.EPCS: _texts,
    Kind.QUANTITIES: _quantities,
    Kind.PLACE: _place,
    Kind.TRANSACTIONS: _typed_list("bizTransaction", "bizTransaction"),
    Kind.SOURCES: _typed_list("party", "source"),
    Kind.DESTINATIONS: _typed_list("party", "destination"),
    Kind.SENSORS: _sensors,
    Kind.PERSISTENT: _persistent,
    Kind.ILMD: _ilmd,
    Kind.DECLARATION: _declaration,
}
