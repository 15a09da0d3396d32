"""How an event is filed: its identity, its columns and its index entries. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from haoyun.rfid_ingest.epcis.hash import VERSION, content_digest
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.instants import instant_ms
from haoyun.rfid_ingest.epcis.roles import Role
from haoyun.rfid_ingest.epcis.translate import company_prefixes
from haoyun.rfid_ingest.epcis.vocabulary import bare_word

Json = Mapping[str, Any]
LONGEST_IDENTIFIER = 500  # characters; an entry of PostgreSQL's index holds some 2,700 bytes


@dataclass(frozen=True, slots=True)
class Filing:
    """An event ready to be stored, for any owner."""

    event_id: str
    version: bytes
    digest: bytes
    columns: Mapping[str, Any]
    keys: frozenset[tuple[str, Role]]
    terms: frozenset[tuple[str, str]]
    document: str

    def id_key(self, owner: int) -> bytes:
        """The digest under which this owner's event of this id is found."""
        return id_key(owner, self.event_id)


class UnfitIdentifier(ValueError):
    """An identifier that the index cannot hold."""

    def __init__(self, length: int) -> None:
        super().__init__(f"an identifier has {length} characters, at most {LONGEST_IDENTIFIER} are kept")
        self.length = length


def id_key(owner: int, event_id: str) -> bytes:
    """The digest under which an owner's event is found."""
    return hashlib.sha256(f"{owner}\0{event_id}".encode()).digest()[:16]


def file_event(event: Json, namespaces: Mapping[str, str]) -> Filing:
    """File a valid event. Raises UnfitIdentifier, WrongShape, and ValueError for an instant outside the calendar."""
    digest = content_digest(event, namespaces)
    columns = columns_of(event)
    keys = frozenset(keys_of(event))
    document = orjson.dumps(event).decode()
    terms = {*terms_of(columns), *((prefix, "prefixes") for prefix in company_prefixes(document))}
    _check_lengths(keys, terms)
    return Filing(
        event_id=event.get("eventID") or f"ni:///sha-256;{digest.hex()}?ver={VERSION}",
        version=_version(digest, event.get("errorDeclaration")),
        digest=digest,
        columns=columns,
        keys=keys,
        terms=frozenset(terms),
        document=document,
    )


def columns_of(event: Json) -> dict[str, Any]:
    """What queries ask of an event most often, each in its one spelling."""
    return {
        "event_type": event["type"],
        "action": _action(event.get("action")),
        "event_ms": instant_ms(event["eventTime"]),
        "biz_step": word_of("bizStep", event.get("bizStep")),
        "disposition": word_of("disposition", event.get("disposition")),
        "read_point": place_of(event.get("readPoint")),
        "biz_location": place_of(event.get("bizLocation")),
    }


def _action(value: object) -> str | None:
    """One of the three actions; an event of a type of one's own may hold anything there."""
    return value if isinstance(value, str) and value in _ACTIONS else None


def word_of(kind: str, value: object) -> str | None:
    """A vocabulary word as the bare word, or a URI of one's own."""
    return bare_word(kind, value) if isinstance(value, str) else None


def place_of(value: object) -> str | None:
    """The index key of a read point or business location."""
    found = value.get("id") if isinstance(value, dict) else None
    return index_key(found) if isinstance(found, str) else None


def keys_of(event: Json) -> Iterator[tuple[str, Role]]:
    """Every identity that the event names, as index key and role."""
    for name, role in _LISTS:
        if name in event:
            yield from ((index_key(uri), role) for uri in _texts(event[name]))
    for name, part, role in _PARTS:
        if name in event:
            yield from ((index_key(uri), role) for uri in _parts(event[name], part))
    if "errorDeclaration" in event:
        corrections = _texts(_mapping(event["errorDeclaration"]).get("correctiveEventIDs"))
        yield from ((uri, Role.CORRECTION) for uri in corrections)
    if "sensorElementList" in event:
        yield from ((index_key(uri), Role.DEVICE) for uri in _devices(event["sensorElementList"]))


def terms_of(columns: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the discovery resources list, as (value, kind)."""
    for kind, column in _TERMS:
        if columns[column]:
            yield columns[column], kind


_ACTIONS = ("ADD", "OBSERVE", "DELETE")
_LISTS = (
    ("epcList", Role.EPC),
    ("childEPCs", Role.CHILD),
    ("parentID", Role.PARENT),
    ("inputEPCList", Role.INPUT),
    ("outputEPCList", Role.OUTPUT),
    ("transformationID", Role.TRANSFORMATION),
)
_PARTS = (
    ("quantityList", "epcClass", Role.CLASS),
    ("childQuantityList", "epcClass", Role.CLASS),
    ("inputQuantityList", "epcClass", Role.INPUT_CLASS),
    ("outputQuantityList", "epcClass", Role.OUTPUT_CLASS),
    ("bizTransactionList", "bizTransaction", Role.TRANSACTION),
    ("sourceList", "source", Role.SOURCE),
    ("destinationList", "destination", Role.DESTINATION),
)
_TERMS = (
    ("eventTypes", "event_type"),
    ("bizSteps", "biz_step"),
    ("dispositions", "disposition"),
    ("readPoints", "read_point"),
    ("bizLocations", "biz_location"),
)


def _check_lengths(*pairs: Iterable[tuple[str, Any]]) -> None:
    longest = max((len(value) for some in pairs for value, _what in some), default=0)
    if longest > LONGEST_IDENTIFIER:
        raise UnfitIdentifier(longest)


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


def _parts(value: object, part: str) -> Iterator[str]:
    for entry in value if isinstance(value, list) else ():
        yield from _texts(_mapping(entry).get(part))


def _texts(value: object) -> Iterator[str]:
    """The texts of a value; events of types of one's own may hold anything under the standard's names."""
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, str):
            yield item


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
