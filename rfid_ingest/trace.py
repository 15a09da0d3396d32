"""Where everything of a lot, a pallet or an item went: containment over time, up and down, from EPCIS events. Pure.

Things are *affected* (what is traced, what was inside it, what was made of it) or *holders* (what an affected thing
was in). From a holder the trace goes up only: what else stood on the same pallet is not affected. A containment begins
with ADD and ends with the DELETE that names the child or nobody, or when the child is put into something else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from haoyun.rfid_ingest.epcis.identity import index_key, uri_of_key
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent

MOST_THINGS = 2000
_MOST_DEPTH = 12  # case, pallet, container, vessel …: deeper is a loop in the data

Fetch = Callable[[set[str]], Iterable[StoredEvent]]


class Role(StrEnum):
    """Why a thing is in the trace."""

    AFFECTED = "affected"
    HOLDER = "holder"


class Link(StrEnum):
    """How one thing leads to another."""

    IN = "in"  # child in parent
    MADE = "made"  # output made of input


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where something was seen last. `via` is the key of what was read: itself, or what it was in."""

    at: datetime
    place: str
    biz_step: str
    disposition: str
    via: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Edge:
    """`child` was in `parent` from `since` until `until` (None: still), or `parent` was made of `child`."""

    child: str
    parent: str
    since: datetime
    until: datetime | None
    link: Link
    event_id: str
    quantity: float | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of the trace, by its key; `level` is how far from what was asked for."""

    key: str
    role: Role
    level: int
    last: Sighting | None

    @property
    def uri(self) -> str:
        """Its name in events."""
        return uri_of_key(self.key)


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole way of what was asked for. `is_cut` says that there was more than MOST_THINGS."""

    start: str
    things: tuple[Thing, ...]
    edges: tuple[Edge, ...]
    events: int
    is_cut: bool = False


@dataclass(slots=True)
class _Known:
    """Events by the keys they name, each once; wrong ones are left out."""

    fetch: Fetch
    by_key: dict[str, list[StoredEvent]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def of(self, key: str) -> list[StoredEvent]:
        """The events that name the key, by time."""
        self.load([key])
        return self.by_key[key]

    def load_around(self, keys: Sequence[str]) -> None:
        """Ask for things and for what they were in or held, in few questions: a lot may be on hundreds of pallets."""
        self.load(keys)
        self.load({other for key in keys for other in _beside(key, self.by_key[key])})

    def load(self, keys: Iterable[str]) -> None:
        """Ask for many keys at once."""
        asked = set(keys) - set(self.by_key)
        if not asked:
            return
        events = sorted(self.fetch(asked), key=lambda event: (event.event_time, event.seq))
        wrong = {event.event_id for event in events if "errorDeclaration" in event.document}
        self.by_key.update({key: [] for key in asked})
        for event in events:
            if event.event_id not in wrong:
                self.ids.add(event.event_id)
                for key in asked & _names(event.document):
                    self.by_key[key].append(event)


def _beside(key: str, events: Iterable[StoredEvent]) -> set[str]:
    """What a thing was in, and what was in it: what a look at containments asks for next."""
    found: set[str] = set()
    for event in events:
        parent = _parent(event)
        if parent == key:
            found.update(_children(event))
        elif parent:
            found.add(parent)
    return found


def trace(uri: str, fetch: Fetch) -> Trace:
    """Follow a thing or a class of goods. `fetch` gives the visible events that name any of some index keys."""
    start = index_key(uri)
    known = _Known(fetch)
    roles: dict[str, tuple[Role, int]] = {start: (Role.AFFECTED, 0)}
    edges: dict[tuple[str, str, datetime], Edge] = {}
    level = [start]
    while level and len(roles) < MOST_THINGS:
        known.load_around(level)
        following: list[str] = []
        for key in level:
            role, depth = roles[key]
            for edge in _edges(known, key, role):
                edges.setdefault((edge.child, edge.parent, edge.since), edge)
                other, found = _other(edge, key)
                before = roles.get(other)
                if before is None or (before[0] is Role.HOLDER and found is Role.AFFECTED):
                    roles[other] = (found, depth + 1)
                    following.append(other)
        level = following
    ups: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in edges.values():
        if edge.link is Link.IN:
            ups[edge.child].append(edge)
    things = [Thing(key, role, level, last_seen(key, ups, known.of)) for key, (role, level) in roles.items()]
    return Trace(
        start,
        tuple(sorted(things, key=lambda one: (one.level, one.role is Role.HOLDER, one.key))),
        tuple(sorted(edges.values(), key=lambda one: (one.since, one.child, one.parent))),
        len(known.ids),
        is_cut=bool(level),
    )


def containments(
    child: str, events: Sequence[StoredEvent], ends: Callable[[str], Sequence[StoredEvent]]
) -> list[Edge]:
    """In what a thing was, from when to when. `ends` gives the events of a parent: one may empty it whole."""
    found = []
    puts = [e for e in events if _action(e) == "ADD" and child in _children(e) and _parent(e)]
    for event in puts:
        parent = _parent(event)
        until = _until(child, parent, event, ends(parent))
        if _is_object(child):
            moved = [p.event_time for p in puts if p.event_time > event.event_time and _parent(p) != parent]
            until = min([at for at in (until, *moved) if at is not None], default=None)
        found.append(
            Edge(child, parent, event.event_time, until, Link.IN, event.event_id, _children(event)[child])
        )
    return found


def last_seen(
    key: str,
    ups: Mapping[str, Sequence[Edge]],
    events_of: Callable[[str], Sequence[StoredEvent]],
    since: datetime | None = None,
    until: datetime | None = None,
    depth: int = 0,
) -> Sighting | None:
    """The newest sighting of a thing between two instants: of itself, or of what it was in at that time."""
    found = [
        sighting
        for event in events_of(key)
        if _within(event.event_time, since, until) and (sighting := _sighting(event, key)) is not None
    ]
    for edge in ups.get(key, ()) if depth < _MOST_DEPTH else ():
        begin = edge.since if since is None else max(since, edge.since)
        end = until if edge.until is None else edge.until if until is None else min(until, edge.until)
        if end is None or begin < end:
            above = last_seen(edge.parent, ups, events_of, begin, end, depth + 1)
            found += [above] if above else []
    return max(found, key=lambda sighting: sighting.at, default=None)


def _other(edge: Edge, key: str) -> tuple[str, Role]:
    """Where an edge leads from a thing, and why."""
    if edge.link is Link.MADE:
        return edge.parent, Role.AFFECTED
    return (edge.parent, Role.HOLDER) if edge.child == key else (edge.child, Role.AFFECTED)


def _edges(known: _Known, key: str, role: Role) -> list[Edge]:
    """What a thing was in; for an affected one what was in it and what was made of it, too."""
    events = known.of(key)
    edges = containments(key, events, known.of)
    if role is Role.HOLDER:
        return edges
    for event in events:
        if _parent(event) == key and _action(event) == "ADD":
            for child in _children(event):
                edges += [e for e in containments(child, known.of(child), known.of) if e.parent == key]
        if event.document.get("type") == "TransformationEvent" and key in _inputs(event):
            edges += [
                Edge(key, output, event.event_time, None, Link.MADE, event.event_id, quantity)
                for output, quantity in _outputs(event).items()
            ]
    return edges


def _until(child: str, parent: str, put: StoredEvent, events: Sequence[StoredEvent]) -> datetime | None:
    for event in events:
        if event.event_time <= put.event_time or _action(event) != "DELETE" or _parent(event) != parent:
            continue
        children = _children(event)
        if not children or child in children:
            return event.event_time
    return None


def _action(event: StoredEvent) -> str:
    return str(event.document.get("action", ""))


def _parent(event: StoredEvent) -> str:
    parent = event.document.get("parentID")
    contains = event.document.get("type") in ("AggregationEvent", "AssociationEvent")
    return index_key(parent) if contains and isinstance(parent, str) else ""


def _children(event: StoredEvent) -> dict[str, float | None]:
    """The children of an event by key, amounts of classes with their quantity."""
    return _named(event.document, "childEPCs", "childQuantityList")


def _inputs(event: StoredEvent) -> dict[str, float | None]:
    return _named(event.document, "inputEPCList", "inputQuantityList")


def _outputs(event: StoredEvent) -> dict[str, float | None]:
    return _named(event.document, "outputEPCList", "outputQuantityList")


def _named(document: Mapping[str, Any], things: str, classes: str) -> dict[str, float | None]:
    found: dict[str, float | None] = {index_key(epc): None for epc in document.get(things, ())}
    for entry in document.get(classes, ()):
        found[index_key(entry["epcClass"])] = entry.get("quantity")
    return found


def _names(document: Mapping[str, Any]) -> set[str]:
    """Every key that an event names as a thing or a class of things."""
    parent = document.get("parentID")
    return {
        *_named(document, "epcList", "quantityList"),
        *_named(document, "childEPCs", "childQuantityList"),
        *_named(document, "inputEPCList", "inputQuantityList"),
        *_named(document, "outputEPCList", "outputQuantityList"),
        *([index_key(parent)] if isinstance(parent, str) else []),
    }


def _is_object(key: str) -> bool:
    """Whether a key names one thing: a lot may be in many pallets at once."""
    return not key.startswith("/01/") or "/21/" in key


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)


def _sighting(event: StoredEvent, key: str) -> Sighting | None:
    """What an event says of a place; None where it names none."""
    place = event.document.get("readPoint") or event.document.get("bizLocation")
    name = place.get("id") if isinstance(place, Mapping) else None
    if not isinstance(name, str):
        return None
    document = event.document
    return Sighting(
        event.event_time,
        name,
        str(document.get("bizStep", "")),
        str(document.get("disposition", "")),
        key,
        event.event_id,
    )
