"""Own fields of an event (prefix:name) and sensor data, as query parameters name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from haoyun.rfid_ingest.epcis.instants import instant_ms
from haoyun.rfid_ingest.epcis.query.criteria import Json, Operator, View, compare

Container = Callable[[Json], Iterator[Json]]


def _events(event: Json) -> Iterator[Json]:
    yield event


def _member(name: str) -> Container:
    def read(event: Json) -> Iterator[Json]:
        found = event.get(name)
        if isinstance(found, Mapping):
            yield found

    return read


def sensor_elements(event: Json) -> Iterator[Json]:
    """The sensor elements of an event."""
    elements = event.get("sensorElementList")
    yield from (
        element
        for element in (elements if isinstance(elements, list) else ())
        if isinstance(element, Mapping)
    )


def sensor_metadata(event: Json) -> Iterator[Json]:
    """The metadata of its sensor elements."""
    for element in sensor_elements(event):
        yield from _member("sensorMetadata")(element)


def sensor_reports(event: Json) -> Iterator[Json]:
    """The reports of its sensor elements."""
    for element in sensor_elements(event):
        reports = element.get("sensorReport")
        yield from (
            report for report in (reports if isinstance(reports, list) else ()) if isinstance(report, Mapping)
        )


# Where a parameter's own field stands; "" is the event itself. Longer words are tried first.
PLACES: dict[str, Container] = {
    "ERROR_DECLARATION": _member("errorDeclaration"),
    "SENSORELEMENT": sensor_elements,
    "SENSORMETADATA": sensor_metadata,
    "SENSORREPORT": sensor_reports,
    "ILMD": _member("ilmd"),
    "readPoint": _member("readPoint"),
    "bizLocation": _member("bizLocation"),
    "": _events,
}


def values_of(view: View, place: str, name: str, *, inner: bool) -> Iterator[Any]:
    """The values of an own field; with `inner`, those that stand within another own field."""
    wanted = expanded(name, view.namespaces)
    for container in PLACES[place](view.event):
        members = {key: value for key, value in container.items() if ":" in key}
        if not inner:
            yield from _items(members, wanted, view.namespaces)
        else:
            for value in members.values():
                yield from _deep(value, wanted, view.namespaces)


def _deep(value: Any, wanted: str, namespaces: Mapping[str, str]) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from _items(value, wanted, namespaces)
        for item in value.values():
            yield from _deep(item, wanted, namespaces)
    elif isinstance(value, list):
        for item in value:
            yield from _deep(item, wanted, namespaces)


def _items(members: Json, wanted: str, namespaces: Mapping[str, str]) -> Iterator[Any]:
    for key, value in members.items():
        if expanded(key, namespaces) == wanted:
            yield from value if isinstance(value, list) else [value]


def expanded(name: str, namespaces: Mapping[str, str]) -> str:
    """The full name of prefix:name; `namespace#name` and full addresses are as they are, without the #."""
    prefix, colon, tail = name.partition(":")
    uri = namespaces.get(prefix)
    if not colon or uri is None:
        return name.replace("#", "").replace("/", "")
    return (uri + tail).replace("#", "").replace("/", "")


def is_equal(value: Any, wanted: frozenset[str]) -> bool:
    """Whether a value is one of the texts, as text, number or instant."""
    text = _text(value)
    if text in wanted:
        return True
    as_number, as_instant = _number(text), _instant(text)
    return any(
        (as_number is not None and _number(one) == as_number)
        or (as_instant is not None and _instant(one) == as_instant)
        for one in wanted
    )


def is_on_side(value: Any, operator: Operator, bound: str) -> bool:
    """Whether a value stands to the bound as the operator says; numbers with numbers, instants with instants."""
    for read in (_number, _instant):
        left, right = read(_text(value)), read(bound)
        if left is not None and right is not None:
            return compare(operator, left, right)
    return False


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("#text", value.get("@value", value.get("@id", "")))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _instant(text: str) -> int | None:
    try:
        return instant_ms(text)
    except ValueError:
        return None
