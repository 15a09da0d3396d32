"""How an event is filed: its identity, its columns and its index entries. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import orjson

from haoyun.rfid_ingest.epcis.hash import NO_LINKS, VERSION, content_digest
from haoyun.rfid_ingest.epcis.identity import index_key, keys_of_links, links_of
from haoyun.rfid_ingest.epcis.instants import instant_ms
from haoyun.rfid_ingest.epcis.roles import Role
from haoyun.rfid_ingest.epcis.translate import company_prefixes
from haoyun.rfid_ingest.epcis.vocabulary import bare_word

Json = Mapping[str, Any]
LARGEST_EVENT = 1_000_000  # characters of JSON: an event is read and written as a whole
LONGEST_IDENTIFIER = 500  # characters; an entry of PostgreSQL's index holds some 2,700 bytes


class Filing(NamedTuple):
    """An event ready to be stored, for any owner."""

    event_id: str
    version: bytes
    digest: bytes
    columns: Mapping[str, Any]
    keys: Collection[tuple[str, str]]  # each once: index key and role
    prefixes: Collection[str]  # of the companies that its URNs name
    document: str

    def id_key(self, owner: int) -> bytes:
        """The digest under which this owner's event of this id is found."""
        return id_key(owner, self.event_id)


class Unfit(ValueError):
    """What cannot be kept, by the rule that it breaks: an identifier that is too long, an event that is too large."""

    def __init__(self, rule: str, length: int, most: int) -> None:
        super().__init__(f"{rule}: {length} characters, at most {most} are kept")
        self.rule = rule
        self.length = length
        self.most = most


def id_key(owner: int, event_id: str) -> bytes:
    """The digest under which an owner's event is found."""
    return hashlib.sha256(f"{owner}\0{event_id}".encode()).digest()[:16]


def file_event(event: Json, namespaces: Mapping[str, str]) -> Filing:
    """File a valid event. Raises Unfit, WrongShape, and ValueError for an instant outside the calendar."""
    document = orjson.dumps(event).decode()
    if len(document) > LARGEST_EVENT:
        raise Unfit("too_large", len(document), LARGEST_EVENT)
    links = _links(event)
    digest = content_digest(event, namespaces, links)
    columns = columns_of(event)
    keys = keys_of(event, links)
    if len(document) > LONGEST_IDENTIFIER:
        _check_lengths(keys, columns)
    return Filing(
        event.get("eventID") or f"ni:///sha-256;{digest.hex()}?ver={VERSION}",
        _version(digest, event.get("errorDeclaration")),
        digest,
        columns,
        keys,
        company_prefixes(document),
        document,
    )


def columns_of(event: Json) -> dict[str, Any]:
    """What queries ask of an event most often, each in its one spelling."""
    action = event.get("action")
    return {
        "event_type": event["type"],
        "action": action
        if action in _ACTIONS
        else None,  # an event of one's own type may hold anything there
        "event_ms": instant_ms(event["eventTime"]),
        "biz_step": word_of("bizStep", event.get("bizStep")),
        "disposition": word_of("disposition", event.get("disposition")),
        "read_point": place_of(event.get("readPoint")),
        "biz_location": place_of(event.get("bizLocation")),
    }


def word_of(kind: str, value: object) -> str | None:
    """A vocabulary word as the bare word, or a URI of one's own."""
    return bare_word(kind, value) if isinstance(value, str) else None


def place_of(value: object) -> str | None:
    """The index key of a read point or business location."""
    found = value.get("id") if isinstance(value, dict) else None
    return index_key(found) if isinstance(found, str) else None


def keys_of(event: Json, links: Mapping[str, Sequence[str]] = NO_LINKS) -> set[tuple[str, str]]:
    """Every identity that the event names, as index key and role; `links` as for the event hash."""
    keys: set[tuple[str, str]] = set()
    for name in _NAMING.intersection(event):
        given = event[name]
        if name in links:
            keys.update(zip(keys_of_links(links[name]), repeat(_LISTS[name])))
        elif name in _LISTS:
            role = _LISTS[name]
            keys.update([(index_key(uri), role) for uri in _texts(given)])
        elif name in _PARTS:
            part, role = _PARTS[name]
            keys.update([(index_key(uri), role) for uri in _parts(given, part)])
        elif name == "errorDeclaration":
            corrections = _texts(_mapping(given).get("correctiveEventIDs"))
            keys.update((uri, Role.CORRECTION.value) for uri in corrections)
        elif name == "sensorElementList":
            keys.update((index_key(uri), Role.DEVICE.value) for uri in _devices(given))
    return keys


def _links(event: Json) -> dict[str, list[str]]:
    """The Digital Links of the event's lists of EPCs, for the hash and for the index."""
    found = {name: links_of(event[name]) for name in _EPC_LISTS if name in event}
    return {name: links for name, links in found.items() if links is not None}


def terms_of(filings: Iterable[Filing]) -> set[tuple[str, str]]:
    """What the discovery resources list of these events: kind and value."""
    listed = list(filings)
    prefixes = set[str]().union(*[filing.prefixes for filing in listed])
    found = {("prefixes", prefix) for prefix in prefixes}
    for column, kind in _KINDS.items():
        values = {filing.columns[column] for filing in listed}
        found.update([(kind, value) for value in values if value])
    return found


_ACTIONS = ("ADD", "OBSERVE", "DELETE")
# Field -> role, and field -> the part of its entries that names something, and role. Plain texts: SQLite's driver
# takes them without a question.
_LISTS = {
    "epcList": Role.EPC.value,
    "childEPCs": Role.CHILD.value,
    "parentID": Role.PARENT.value,
    "inputEPCList": Role.INPUT.value,
    "outputEPCList": Role.OUTPUT.value,
    "transformationID": Role.TRANSFORMATION.value,
}
_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_PARTS = {
    "quantityList": ("epcClass", Role.CLASS.value),
    "childQuantityList": ("epcClass", Role.CLASS.value),
    "inputQuantityList": ("epcClass", Role.INPUT_CLASS.value),
    "outputQuantityList": ("epcClass", Role.OUTPUT_CLASS.value),
    "bizTransactionList": ("bizTransaction", Role.TRANSACTION.value),
    "sourceList": ("source", Role.SOURCE.value),
    "destinationList": ("destination", Role.DESTINATION.value),
}
_NAMING = frozenset({*_LISTS, *_PARTS, "errorDeclaration", "sensorElementList"})
# Column -> what it is listed under.
_KINDS = {
    "event_type": "eventTypes",
    "biz_step": "bizSteps",
    "disposition": "dispositions",
    "read_point": "readPoints",
    "biz_location": "bizLocations",
}


def _check_lengths(keys: Iterable[tuple[str, str]], columns: Mapping[str, Any]) -> None:
    lengths = [len(value) for value, _role in keys]
    lengths += [len(value) for value in columns.values() if isinstance(value, str)]
    longest = max(lengths)  # of the type at least
    if longest > LONGEST_IDENTIFIER:
        raise Unfit("too_long", longest, LONGEST_IDENTIFIER)


def _version(digest: bytes, declaration: object) -> bytes:
    """What tells events of one id apart: the hash, which leaves an error declaration out, and that."""
    if declaration is None:
        return digest[:8]
    written = orjson.dumps(declaration, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(digest + written).digest()[:8]


def _devices(elements: object) -> Iterator[str]:
    for element in elements if isinstance(elements, list) else ():
        found = _mapping(element)
        yield from _texts(_mapping(found.get("sensorMetadata")).get("deviceID"))
        yield from _parts(found.get("sensorReport"), "deviceID")


def _parts(value: object, part: str) -> list[str]:
    found: list[str] = []
    for entry in value if isinstance(value, list) else ():
        named = entry.get(part) if isinstance(entry, dict) else None
        if isinstance(named, str):
            found.append(named)
        elif named is not None:
            found += _texts(named)
    return found


def _texts(value: object) -> list[str]:
    """The texts of a value; events of types of one's own may hold anything under the standard's names."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
