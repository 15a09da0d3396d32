"""The event hash of the Core Business Vocabulary 2.0: one name for one event, whoever wrote it down.

The event's fields are written one after the other in a fixed order and in one spelling (UTC milliseconds,
identities as links on id.gs1.org, vocabulary as web addresses, lists sorted), and hashed with SHA-256. Where
the published text and the reference vectors differ (a type stands before its value), the vectors count.
Fields about the record itself (eventID, recordTime, errorDeclaration) are no part of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from haoyun.rfid_ingest.epcis.documents.context import STANDARD
from haoyun.rfid_ingest.epcis.identity import canonical
from haoyun.rfid_ingest.epcis.instants import instant_text
from haoyun.rfid_ingest.epcis.vocabulary import web_uri

VERSION = "CBV2.0"

Json = Mapping[str, object]
Writer = Callable[[object], str]
NO_LINKS: Mapping[str, Sequence[str]] = {}

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


def content_digest(
    event: Json, namespaces: Mapping[str, str] = STANDARD, links: Mapping[str, Sequence[str]] = NO_LINKS
) -> bytes:
    """The 32 bytes of the event hash; `links` as for `canonical_text`."""
    text = canonical_text(event, namespaces, links)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def canonical_text(
    event: Json, namespaces: Mapping[str, str] = STANDARD, links: Mapping[str, Sequence[str]] = NO_LINKS
) -> str:
    """The text that is hashed. Raises WrongShape, and ValueError for an instant outside the calendar.

    `links` are those of the event's lists of EPCs by the name of the list, from who has worked them out already.
    """
    text = [f"eventType={event['type']}"]
    fields, own = _plans[tuple(event)]
    name = ""
    try:
        for name, write in fields:
            text.append(_epcs_text(name, links[name]) if name in links else write(event[name]))
    except (TypeError, AttributeError, LookupError):
        raise WrongShape(name) from None
    ilmd = event.get("ilmd")
    if isinstance(ilmd, Mapping):
        text.append("ilmd" + _own_fields(ilmd, namespaces))
    if "sensorElementList" in event:
        text += sorted(_sensor_own_fields(event["sensorElementList"], namespaces))
    if own:
        text.append(_own_fields(event, namespaces))
    return "".join(text)


class _Plans(dict[tuple[str, ...], tuple[Sequence[tuple[str, Writer]], bool]]):
    """The names of an event's members -> what is written of them, in the standard's order, and whether there are own
    ones among them. Events of one system all have the same few sets of members.
    """

    def __missing__(self, names: tuple[str, ...]) -> tuple[Sequence[tuple[str, Writer]], bool]:
        present = frozenset(names)
        fields = tuple(field for field in _FIELDS if field[0] in present)
        plan = fields, any(":" in name for name in names)
        if len(self) < _MOST_KNOWN and sum(map(len, names)) <= _LONG_NAMES:
            self[names] = plan
        return plan


_plans = _Plans()


# --- values ------------------------------------------------------------------------------------------------


def _instant(value: object) -> str:
    return instant_text(str(value))


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return _short(text) if len(text) < _LONG_CHARS else _of_text(text)


def _of_text(given: str) -> str:
    text = given.strip()
    if _INSTANT.match(text):
        with suppress(ValueError):  # it only looks like one: the thirtieth of February
            return _instant(text)
    return text.rstrip("0").rstrip(".") if _NUMBER.match(text) else text


_MOST_KNOWN = 4096
_LONG_NAMES = 1000  # characters of all names of an event together
_LONG_CHARS = 64  # what is longer is a text of one's own and hardly comes again
_short = lru_cache(maxsize=8192)(_of_text)  # offsets, actions, amounts


def _link(value: object) -> str:
    return canonical(str(value).strip())


def _measure(value: object) -> str:
    word = str(value).removeprefix("gs1:").removeprefix("https://gs1.org/voc/")
    return word if ":" in word else f"https://ref.gs1.org/voc/{word}"


def _word(kind: str) -> Writer:
    return lambda value: web_uri(kind, str(value).strip())


# --- shapes ------------------------------------------------------------------------------------------------


def _field(name: str, value: Writer = _scalar) -> tuple[str, Writer]:
    label = name + "="
    return name, lambda given: label + value(given)


class _Known(dict[str, str]):
    """Text -> what is written of it, for fields whose values come again in every event."""

    def __init__(self, write: Writer) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, value: str) -> str:
        written = self._write(value)
        if len(value) < _LONG_CHARS and len(self) < _MOST_KNOWN:
            self[value] = written
        return written


def _recurring(name: str, value: Writer = _scalar) -> tuple[str, Writer]:
    """A field of few values."""
    write = _field(name, value)[1]
    known = _Known(write)
    return name, lambda given: known[given] if isinstance(given, str) else write(given)


def _list(name: str, item: Writer) -> tuple[str, Writer]:
    return name, lambda given: name + "".join(sorted(map(item, _items(given))))


def _epcs(name: str) -> tuple[str, Writer]:
    """A list of EPCs: what stands in most events, so it is sorted and joined as a whole."""
    return name, lambda given: _epcs_text(name, [canonical(str(uri).strip()) for uri in _items(given)])


def _epcs_text(name: str, links: Sequence[str]) -> str:
    return f"{name}epc={'epc='.join(sorted(links))}" if links else name


def _group(*fields: tuple[str, Writer]) -> Writer:
    """The named fields of an object, in this order."""
    return lambda given: "".join([write(given[name]) for name, write in fields if name in given])  # type: ignore[index, operator]


def _prefixed(prefix: str, write: Writer) -> Writer:
    return lambda given: prefix + write(given)


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _sensor_element(value: object) -> str:
    element = value if isinstance(value, Mapping) else {}
    metadata = element.get("sensorMetadata")
    reports = sorted("sensorReport" + _REPORT(report) for report in _items(element.get("sensorReport", [])))
    return "sensorElement" + ("sensorMetadata" + _METADATA(metadata) if metadata else "") + "".join(reports)


def _typed(name: str, kind: str) -> Writer:
    word = _recurring("type", _word(kind))[1]
    label = name + "="

    def write(given: Any) -> str:
        text = word(given["type"]) if "type" in given else ""
        return f"{text}{label}{_link(given[name])}" if name in given else text

    return write


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
    label = name + "id="
    return name, lambda given: label + _link(given["id"]) if "id" in given else name


_FIELDS: tuple[tuple[str, Writer], ...] = (
    _field("eventTime", _instant),
    _recurring("eventTimeZoneOffset"),
    _epcs("epcList"),
    _field("parentID", _link),
    _epcs("inputEPCList"),
    _epcs("childEPCs"),
    _list("quantityList", _QUANTITY),
    _list("childQuantityList", _QUANTITY),
    _list("inputQuantityList", _QUANTITY),
    _epcs("outputEPCList"),
    _list("outputQuantityList", _QUANTITY),
    _recurring("action"),
    _field("transformationID", _link),
    _recurring("bizStep", _word("bizStep")),
    _recurring("disposition", _word("disposition")),
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
    own = [name for name in value if ":" in name and name[0] != "@"]
    return "".join(sorted(_own_texts(value, own, namespaces))) if own else ""


def _own_texts(value: Json, names: Sequence[str], namespaces: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        prefix, _colon, local = name.partition(":")
        label = f"{{{namespaces.get(prefix, prefix)}}}{local}"
        for item in _items(value[name]):
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
