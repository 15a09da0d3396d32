"""Events of JSON as EPCIS 2.0 XML: the answer to a query that asks for XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from haoyun.rfid_ingest.epcis.documents.context import namespaces_of
from haoyun.rfid_ingest.epcis.fields import FIELDS, RECORD, Kind
from haoyun.rfid_ingest.epcis.vocabulary import urn_word, web_uri

Json = Mapping[str, Any]
Words = Literal["urn", "web"]

EPCIS = "urn:epcglobal:epcis:xsd:2"
QUERY = "urn:epcglobal:epcis-query:xsd:2"


def query_document(
    events: Sequence[Json],
    context: object,
    created: str,
    *,
    query_name: str,
    subscription_id: str | None,
    words: Words,
) -> bytes:
    """An EPCISQueryDocument around these events; `words` says how the CBV's words are written."""
    writer = _Writer(namespaces_of(context), words)
    root = Element(
        "epcisq:EPCISQueryDocument",
        {"xmlns:epcisq": QUERY, "xmlns:epcis": EPCIS, "schemaVersion": "2.0", "creationDate": created},
    )
    results = SubElement(SubElement(root, "EPCISBody"), "epcisq:QueryResults")
    _leaf(results, "queryName", query_name)
    if subscription_id:
        _leaf(results, "subscriptionID", subscription_id)
    listed = SubElement(SubElement(results, "resultsBody"), "EventList")
    for event in events:
        writer.event(listed, event)
    for prefix, uri in sorted(writer.used.items()):
        root.set(f"xmlns:{prefix}", uri)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def capture_job(job: Json) -> bytes:
    """A capture job as XML."""
    attributes = {name: _text(job[name]) for name in ("captureID", "running", "success")}
    root = Element("epcis:EPCISCaptureJob", {"xmlns:epcis": EPCIS, **attributes})
    for name in ("captureErrorBehaviour", "createdAt", "finishedAt"):
        _leaf(root, name, job[name])
    errors = SubElement(root, "errors")
    for error in job["errors"]:
        entry = SubElement(errors, "error")
        for name, value in error.items():
            _leaf(entry, name, value)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


class _Writer:
    """Writes events; collects the namespaces that they use."""

    def __init__(self, namespaces: Mapping[str, str], words: Words) -> None:
        self._namespaces = namespaces
        self._words = words
        self.used: dict[str, str] = {}
        self._kinds: dict[Kind, Callable[[Element, str, Any], object]] = {
            **dict.fromkeys((Kind.TEXT, Kind.URI, Kind.TIME, Kind.OFFSET, Kind.ACTION), _leaf),
            Kind.WORD: lambda parent, name, value: _leaf(parent, name, self._word(name, value)),
            Kind.EPCS: _list_of("epc"),
            Kind.QUANTITIES: self._quantities,
            Kind.PLACE: self._place,
            Kind.TRANSACTIONS: self._typed("bizTransaction", "bizTransaction"),
            Kind.SOURCES: self._typed("party", "source"),
            Kind.DESTINATIONS: self._typed("party", "destination"),
            Kind.SENSORS: self._sensors,
            Kind.PERSISTENT: self._persistent,
            Kind.ILMD: lambda parent, name, value: self._own(SubElement(parent, name), value),
            Kind.DECLARATION: self._declaration,
            Kind.CERTIFICATION: self._certification,
        }

    def event(self, parent: Element, event: Json) -> None:
        known = FIELDS.get(event["type"], {})
        namespaces = self._namespaces
        self._namespaces = {**namespaces, **namespaces_of(event.get("@context"))}
        element = SubElement(parent, self._name(event["type"]))
        for name, kind in {**RECORD, **known}.items():
            if name in event:
                self._kinds[kind](element, name, event[name])
        self._own(
            element, {k: v for k, v in event.items() if k not in known and k not in RECORD and k != "type"}
        )
        self._namespaces = namespaces

    def _word(self, kind: str, word: str) -> str:
        return urn_word(kind, word) if self._words == "urn" else web_uri(kind, word)

    def _measurement(self, word: str) -> str:
        """A bare word under the GS1 web vocabulary's prefix, which the value makes used."""
        return self._name(f"gs1:{word}") if ":" not in word else word

    def _name(self, name: str) -> str:
        """The name with its prefix declared; a URI without a declared prefix gets one of its own."""
        prefix, colon, tail = name.partition(":")
        if not colon:
            return name
        if prefix in self._namespaces:
            self.used[prefix] = self._namespaces[prefix]
            return name
        at = max(name.rfind("/"), name.rfind("#"), name.rfind(":")) + 1
        made = next((p for p, uri in self.used.items() if uri == name[:at]), f"ns{len(self.used) + 1}")
        self.used[made] = name[:at]
        return f"{made}:{name[at:] or tail}"

    def _own(self, element: Element, members: Json) -> None:
        for name, value in members.items():
            if name == "#text":
                element.text = _text(value)
            elif name.startswith("@"):
                if name != "@context":
                    element.set(name[1:], _text(value))
            else:
                for item in value if isinstance(value, list) else [value]:
                    self._own_value(SubElement(element, self._name(name)), item)

    def _own_value(self, element: Element, value: Any) -> None:
        if isinstance(value, Mapping):
            self._own(element, value)
        elif value is not None:
            element.text = _text(value)

    def _quantities(self, parent: Element, name: str, value: Sequence[Json]) -> None:
        listed = SubElement(parent, name)
        for entry in value:
            element = SubElement(listed, "quantityElement")
            for part in ("epcClass", "quantity", "uom"):
                if part in entry:
                    _leaf(element, part, entry[part])

    def _place(self, parent: Element, name: str, value: Json) -> None:
        element = SubElement(parent, name)
        _leaf(element, "id", value["id"])
        self._own(element, {k: v for k, v in value.items() if ":" in k})

    def _typed(self, kind: str, part: str) -> Callable[[Element, str, Any], None]:
        def write(parent: Element, name: str, value: Sequence[Json]) -> None:
            listed = SubElement(parent, name)
            for entry in value:
                element = _leaf(listed, part, entry[part])
                if "type" in entry:
                    element.set("type", self._word(kind, entry["type"]))

        return write

    def _persistent(self, parent: Element, name: str, value: Json) -> None:
        element = SubElement(parent, name)
        for what in ("set", "unset"):
            for word in value.get(what, ()):
                _leaf(element, what, self._word("disposition", word))

    def _declaration(self, parent: Element, name: str, value: Json) -> None:
        element = SubElement(parent, name)
        _leaf(element, "declarationTime", value["declarationTime"])
        if "reason" in value:
            _leaf(element, "reason", self._word("error", value["reason"]))
        if "correctiveEventIDs" in value:
            _list_of("correctiveEventID")(element, "correctiveEventIDs", value["correctiveEventIDs"])
        self._own(element, {k: v for k, v in value.items() if ":" in k})

    def _certification(self, parent: Element, name: str, value: Any) -> None:
        for uri in value if isinstance(value, list) else [value]:
            _leaf(parent, name, uri)

    def _sensors(self, parent: Element, name: str, value: Sequence[Json]) -> None:
        listed = SubElement(parent, name)
        for entry in value:
            element = SubElement(listed, "sensorElement")
            if "sensorMetadata" in entry:
                self._attributes(SubElement(element, "sensorMetadata"), entry["sensorMetadata"])
            for report in entry["sensorReport"]:
                self._attributes(SubElement(element, "sensorReport"), report)
            self._own(element, {k: v for k, v in entry.items() if ":" in k})

    def _attributes(self, element: Element, members: Json) -> None:
        for name, value in members.items():
            element.set(self._name(name), _text(self._attribute(element, name, value)))

    def _attribute(self, element: Element, name: str, value: Any) -> Any:
        if name in ("type", "exception") and element.tag == "sensorReport":
            return self._measurement(value)
        return self._word(name, value) if name == "component" else value


def _leaf(parent: Element, name: str, value: object) -> Element:
    element = SubElement(parent, name)
    element.text = _text(value)
    return element


def _list_of(part: str) -> Callable[[Element, str, Any], None]:
    def write(parent: Element, name: str, value: Sequence[str]) -> None:
        listed = SubElement(parent, name)
        for item in value:
            _leaf(listed, part, item)

    return write


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
