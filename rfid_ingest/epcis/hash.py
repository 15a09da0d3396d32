"""The event hash of the Core Business Vocabulary 2.0: one name for one event, whoever wrote it down.

The event's fields are written one after the other in a fixed order and in one spelling (UTC milliseconds,
identities as links on id.gs1.org, vocabulary as web addresses, lists sorted), and hashed with SHA-256. Where
the published text and the reference vectors differ (a type stands before its value), the vectors count.
Fields about the record itself (eventID, recordTime, errorDeclaration) are no part of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from haoyun.rfid_ingest.epcis.documents.context import STANDARD
from haoyun.rfid_ingest.epcis.identity import canonical
from haoyun.rfid_ingest.epcis.instants import instant
from haoyun.rfid_ingest.epcis.vocabulary import web_uri

VERSION = "CBV2.0"

Json = Mapping[str, object]
Writer = Callable[[object], str]

_NUMBER = re.compile(r"-?\d+\.\d+\Z")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")


class WrongShape(ValueError):
    """A standard field whose value has another form than the standard's; events of one's own types may try."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has not the form that it has in the standard's events")
        self.field = field


def event_hash(event: Json, namespaces: Mapping[str, str] = STANDARD) -> str:
    """The event's id `ni:///sha-256;…?ver=CBV2.0`; `namespaces` gives the prefixes of its own fields."""
    return f"ni:///sha-256;{content_digest(event, namespaces).hex()}?ver={VERSION}"


def content_digest(event: Json, namespaces: Mapping[str, str] = STANDARD) -> bytes:
    """The 32 bytes of the event hash."""
    return hashlib.sha256(canonical_text(event, namespaces).encode("utf-8", "surrogatepass")).digest()


def canonical_text(event: Json, namespaces: Mapping[str, str] = STANDARD) -> str:
    """The text that is hashed. Raises WrongShape, and ValueError for an instant outside the calendar."""
    text = [f"eventType={event['type']}"]
    text += [_written(name, write, event[name]) for name, write in _FIELDS if name in event]
    ilmd = event.get("ilmd")
    if isinstance(ilmd, Mapping):
        text.append("ilmd" + _own_fields(ilmd, namespaces))
    text += sorted(_sensor_own_fields(event.get("sensorElementList"), namespaces))
    text.append(_own_fields(event, namespaces))
    return "".join(text)


def _written(name: str, write: Writer, given: object) -> str:
    try:
        return write(given)
    except (TypeError, AttributeError, LookupError):
        raise WrongShape(name) from None


# --- values ------------------------------------------------------------------------------------------------


def _instant(value: object) -> str:
    moment = instant(str(value))
    rounded = datetime.fromtimestamp(round(moment.timestamp(), 3), UTC)
    return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip()
    if _INSTANT.match(text):
        with suppress(ValueError):  # it only looks like one: the thirtieth of February
            return _instant(text)
    return text.rstrip("0").rstrip(".") if _NUMBER.match(text) else text


def _link(value: object) -> str:
    return canonical(str(value).strip())


def _measure(value: object) -> str:
    word = str(value).removeprefix("gs1:").removeprefix("https://gs1.org/voc/")
    return word if ":" in word else f"https://ref.gs1.org/voc/{word}"


def _word(kind: str) -> Writer:
    return lambda value: web_uri(kind, str(value).strip())


# --- shapes ------------------------------------------------------------------------------------------------


def _field(name: str, value: Writer = _scalar) -> tuple[str, Writer]:
    return name, lambda given: f"{name}={value(given)}"


def _list(name: str, item: Writer) -> tuple[str, Writer]:
    return name, lambda given: name + "".join(sorted(map(item, _items(given))))


def _group(*fields: tuple[str, Writer]) -> Writer:
    """The named fields of an object, in this order."""
    return lambda given: "".join(write(given[name]) for name, write in fields if name in given)  # type: ignore[index, operator]


def _prefixed(prefix: str, write: Writer) -> Writer:
    return lambda given: prefix + write(given)


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _sensor_element(value: object) -> str:
    element = value if isinstance(value, Mapping) else {}
    metadata = element.get("sensorMetadata")
    reports = sorted("sensorReport" + _REPORT(report) for report in _items(element.get("sensorReport", [])))
    return "sensorElement" + ("sensorMetadata" + _METADATA(metadata) if metadata else "") + "".join(reports)


def _typed(name: str, kind: str) -> Writer:
    return _group(_field("type", _word(kind)), _field(name, _link))


_EPC: Writer = _prefixed("epc=", _link)
_QUANTITY = _prefixed("quantityElement", _group(_field("epcClass", _link), _field("quantity"), _field("uom")))
_METADATA = _group(
    _field("time", _instant),
    _field("startTime", _instant),
    _field("endTime", _instant),
    *(
        _field(n, _link)
        for n in ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
    ),
)
_REPORT = _group(
    _field("type", _measure),
    *(_field(n, _link) for n in ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod")),
    _field("time", _instant),
    *(_field(n, _link) for n in ("microorganism", "chemicalSubstance")),
    _field("value"),
    _field("component", _word("component")),
    *(_field(n) for n in ("stringValue", "booleanValue", "hexBinaryValue")),
    _field("uriValue", _link),
    *(_field(n) for n in ("minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom")),
)


def _persistent(value: object) -> str:
    given = value if isinstance(value, Mapping) else {}
    words = [
        (name, web_uri("disposition", str(word))) for name in ("set", "unset") for word in given.get(name, ())
    ]
    return "persistentDisposition" + "".join(f"{name}={word}" for name, word in sorted(words))


def _place(name: str) -> tuple[str, Writer]:
    return name, _prefixed(name, _group(_field("id", _link)))


_FIELDS: tuple[tuple[str, Writer], ...] = (
    _field("eventTime", _instant),
    _field("eventTimeZoneOffset"),
    _list("epcList", _EPC),
    _field("parentID", _link),
    _list("inputEPCList", _EPC),
    _list("childEPCs", _EPC),
    _list("quantityList", _QUANTITY),
    _list("childQuantityList", _QUANTITY),
    _list("inputQuantityList", _QUANTITY),
    _list("outputEPCList", _EPC),
    _list("outputQuantityList", _QUANTITY),
    _field("action"),
    _field("transformationID", _link),
    _field("bizStep", _word("bizStep")),
    _field("disposition", _word("disposition")),
    ("persistentDisposition", _persistent),
    _place("readPoint"),
    _place("bizLocation"),
    _list("bizTransactionList", _typed("bizTransaction", "bizTransaction")),
    _list("sourceList", _typed("source", "party")),
    _list("destinationList", _typed("destination", "party")),
    ("sensorElementList", lambda given: "".join(sorted(map(_sensor_element, _items(given))))),
)


# --- own fields --------------------------------------------------------------------------------------------


def _own_fields(value: Json, namespaces: Mapping[str, str]) -> str:
    """The fields named prefix:name, at any depth, sorted by what they read as."""
    return "".join(sorted(_own_texts(value, namespaces)))


def _own_texts(value: Json, namespaces: Mapping[str, str]) -> Iterator[str]:
    for name, given in value.items():
        prefix, separator, local = name.partition(":")
        if not separator or name.startswith("@"):
            continue
        label = f"{{{namespaces.get(prefix, prefix)}}}{local}"
        for item in _items(given):
            yield label + (
                _own_fields(item, namespaces) if isinstance(item, Mapping) else f"={_scalar(item)}"
            )


def _sensor_own_fields(elements: object, namespaces: Mapping[str, str]) -> Iterator[str]:
    for element in _items(elements or []):
        if not isinstance(element, Mapping):
            continue
        text = ""
        for name in ("sensorMetadata", "sensorReport"):
            parts = [part for part in _items(element.get(name, [])) if isinstance(part, Mapping)]
            text += "".join(name + own for own in sorted(_own_fields(p, namespaces) for p in parts) if own)
        text += _own_fields(element, namespaces)
        if text:
            yield "sensorElement" + text
