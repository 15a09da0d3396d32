"""GS1's EPCIS example documents, and mutations of them that are drawn from a seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
Slot = tuple[Any, Any]  # a container and the key or index in it

ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", " ", "x", "abc def", "urn:x", "ns:own", "http://", "https://e.org/1", "/a/b", {}, [],
    ["x"], ["urn:a:b", "urn:a:b"], {"id": "urn:a:b"}, {"id": "no uri"}, "2020-02-30T00:00:00Z",
    "2020-02-28T00:00:00", "2020-02-28T23:59:60Z", "2020-02-28T10:00:00.123456789+08:00", "+14:00", "+14:01", "-00:00",
    "ADD", "OBSERVE", "DELETE", "add", "shipping", "in_transit", "po", "owning_party", "did_not_occur", "Temperature",
    "gs1:Temperature", "https://gs1.org/voc/Temperature", "https://www.gs1.org/voc/Mass", "urn:epcglobal:cbv:bizstep:x",
    "https://ns.gs1.org/cbv/BizStep-shipping", "https://ref.gs1.org/cbv/BizStep-shipping", "KGM", "kgm", "K",
    "F0", "G0",
    "2.0", "2", "2.0.", "v2", "ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent",
    "TransformationEvent", "EPCISDocument", "EPCISQueryDocument", "example:OwnEvent",
)  # fmt: skip
ODD_NAMES = ("foo", "ns:foo", "ilmd", "epcList", "action", "persistentDisposition", "parentID", "uom", "@context",
             "transformationID", "exception", "unset", "vocabularyList", "x y", "sensorElementList")  # fmt: skip


def example_paths(shared_data: Path) -> list[Path]:
    """The 47 JSON-LD example documents, by path."""
    return sorted((shared_data / "rfid" / "epcis" / "JSON").rglob("*.jsonld"))


def examples(shared_data: Path) -> list[Any]:
    """The examples, and the bare events of the schema's own tests."""
    bare = sorted((shared_data / "rfid" / "epcis" / "JSON-Schema" / "test").glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in [*example_paths(shared_data), *bare]]


def mutations(documents: list[Any], seed: int, count: int) -> Iterator[Any]:
    """`count` documents, each an example with one to three faults or harmless changes."""
    draw = random.Random(seed)
    for _ in range(count):
        document = copy.deepcopy(draw.choice(documents))
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            _mutate(document, draw)
        yield document


def _mutate(document: Any, draw: random.Random) -> None:
    slots = list(_slots(document))
    container, key = draw.choice(slots)
    change = draw.randrange(8)
    if change == 0:
        del container[key]
    elif change == 1:
        container[key] = copy.deepcopy(draw.choice(ODD_VALUES))
    elif change == 2:
        other, name = draw.choice(slots)
        container[key] = copy.deepcopy(other[name])
    elif change == 3 and isinstance(container, dict):
        container[draw.choice(ODD_NAMES)] = container.pop(key)
    elif change == 4 and isinstance(container, dict):
        container[draw.choice(ODD_NAMES)] = copy.deepcopy(draw.choice(ODD_VALUES))
    elif change == 5 and isinstance(container, list):
        container.append(copy.deepcopy(container[key]))
    elif change == 6 and isinstance(container[key], list):
        container[key] = []
    elif isinstance(container[key], str):
        container[key] = _spoil(container[key], draw)


def _spoil(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(("", " ", ":", "é", "%", "<", "0", "Z")) + text[at + draw.randrange(2) :]


def _slots(value: Any) -> Iterator[Slot]:
    if isinstance(value, dict):
        for key in value:
            yield value, key
            yield from _slots(value[key])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value, index
            yield from _slots(item)


def seen(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A bare event."""
    return {
        "@context": CONTEXT,
        "type": "ObjectEvent",
        "eventTime": f"2026-03-02T08:{number:02}:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"urn:epc:id:sscc:6901234.00000000{number:02}"],
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": "urn:epc:id:sgln:6901234.00001.7"},
        **changes,
    }


def document(*events: dict[str, Any], context: Any = CONTEXT) -> dict[str, Any]:
    """A capture document."""
    bare = [{name: value for name, value in event.items() if name != "@context"} for event in events]
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T08:00:00Z",
        "epcisBody": {"eventList": bare},
    }
