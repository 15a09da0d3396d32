"""Answering queries: what the database can answer by its indexes first, the rest by looking at the events.

Identities lead: where a query names some, their events are taken from the index of identities, sorted here, and only
as many read as the page needs. Else events are read in order, through the index of that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.documents.context import namespaces_of
from haoyun.rfid_ingest.epcis.errors import QueryTooComplex, QueryTooLarge
from haoyun.rfid_ingest.epcis.filing import id_key
from haoyun.rfid_ingest.epcis.query.criteria import (
    ColumnIn,
    ColumnRange,
    IdIn,
    KeyIn,
    Query,
    Resolved,
    Says,
    View,
)
from haoyun.rfid_ingest.epcis.query.own_fields import values_of
from haoyun.rfid_ingest.epcis.repository.contexts import contexts_of
from haoyun.rfid_ingest.epcis.repository.resolve import resolve
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent, stored_of
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY

MOST_CANDIDATES = (
    20_000  # events of the identities of a query that are sorted here rather than by the database
)
MOST_LOOKED_AT = 50_000  # events read for one page; some seconds
MOST_SORTED = 10_000  # events that are ordered by a field of their own
_CHUNK = 500
Position = tuple[Any, int]

_ORDER = {"eventTime": EVENT.c.event_ms, "recordTime": EVENT.c.recorded_ms}
_OPERATORS = {"GE": "__ge__", "GT": "__gt__", "LE": "__le__", "LT": "__lt__", "EQ": "__eq__"}


@dataclass(frozen=True, slots=True)
class Found:
    """A page: its events, and the position after which more may follow (None: nothing does)."""

    events: Sequence[StoredEvent]
    position: Position | None


def search(
    db: sa.Connection, owner: int, query: Query, per_page: int, after: Position | None = None, served: int = 0
) -> Found:
    """One page of the owner's events that the query asks for.

    Raises QueryTooLarge (maxEventCount), QueryTooComplex (too many events to look at).
    """
    resolved = [resolve(db, owner, criterion) for criterion in query.criteria]
    if query.max_count is not None and after is None:
        _check_count(db, owner, query, resolved)
    wanted = per_page if query.count_limit is None else min(per_page, query.count_limit - served)
    if wanted <= 0:
        return Found((), None)
    page = _page(db, owner, query, resolved, wanted, after)
    ended = query.count_limit is not None and served + len(page.events) >= query.count_limit
    return replace(page, position=None) if ended else page


def matches(db: sa.Connection, owner: int, query: Query, after_seq: int, up_to: int) -> Iterator[StoredEvent]:
    """The owner's events numbered above `after_seq` up to `up_to` that the query asks for, by number."""
    resolved = [resolve(db, owner, criterion) for criterion in query.criteria]
    numbered = _base(owner, resolved).where(EVENT.c.seq > after_seq, EVENT.c.seq <= up_to)
    yield from _chosen(db, db.execute(numbered.order_by(EVENT.c.seq)), resolved)


def _page(
    db: sa.Connection,
    owner: int,
    query: Query,
    resolved: Sequence[Resolved],
    wanted: int,
    after: Position | None,
) -> Found:
    if query.order_by not in _ORDER:
        return _by_own_field(db, owner, query, resolved, wanted, after)
    candidates, broad = _candidates(db, owner, resolved)
    others = [criterion for criterion in resolved if not isinstance(criterion, KeyIn)]
    scan = _Scan(query, after)
    rows = (
        _rows_in_order(db, owner, scan, resolved)
        if candidates is None
        else _rows_of_candidates(db, owner, scan, [*others, *broad], candidates)
    )
    events = []
    for event in _chosen(db, _counted(rows, scan), resolved):
        events.append(event)
        if len(events) > wanted:
            return Found(events[:wanted], _position(events[wanted - 1], query))
    return Found(events, scan.last if scan.interrupted else None)


class _Scan:
    """How far the reading of events has come."""

    def __init__(self, query: Query, after: Position | None) -> None:
        self.column = _ORDER[query.order_by]
        self.descending = query.descending
        self.last = after
        self.looked_at = 0
        self.interrupted = False

    def passed(self, last: Position | None) -> sa.ColumnElement[bool] | None:
        """The condition that what was read up to `last` is not read again."""
        if last is None:
            return None
        row, bound = sa.tuple_(self.column, EVENT.c.seq), sa.tuple_(*map(sa.literal, last))
        return row < bound if self.descending else row > bound

    def order(self) -> tuple[sa.ColumnElement[Any], ...]:
        """How the events are ordered."""
        columns: tuple[sa.ColumnElement[Any], ...] = (self.column, EVENT.c.seq)
        return tuple(column.desc() for column in columns) if self.descending else columns


def _counted(rows: Iterator[Any], scan: _Scan) -> Iterator[Any]:
    """The rows, until so many were looked at that the page must end."""
    for row in rows:
        if scan.looked_at >= MOST_LOOKED_AT:
            scan.interrupted = True
            return
        scan.looked_at += 1
        yield row
        scan.last = (getattr(row, scan.column.name), row.seq)


def _rows_in_order(db: sa.Connection, owner: int, scan: _Scan, resolved: Sequence[Resolved]) -> Iterator[Any]:
    base = _base(owner, resolved)
    last = scan.last
    size = 32  # pages are small as a rule; a scan that finds little reads on in larger bites
    while True:
        passed = scan.passed(last)
        query = base if passed is None else base.where(passed)
        rows = db.execute(query.order_by(*scan.order()).limit(size)).all()
        yield from rows
        if len(rows) < size:
            return
        last = (getattr(rows[-1], scan.column.name), rows[-1].seq)
        size = min(size * 2, _CHUNK * 2)


def _rows_of_candidates(
    db: sa.Connection, owner: int, scan: _Scan, resolved: Sequence[Resolved], candidates: Sequence[int]
) -> Iterator[Any]:
    """The rows of these numbers in the order of the scan: sorted by number and time first, then read in bites."""
    # The numbers are the owner's. To say so again would make SQLite read all of the owner's events in an index.
    conditions = _conditions(owner, resolved)
    passed = scan.passed(scan.last)
    if passed is not None:
        conditions.append(passed)
    positions: list[Position] = []
    for start in range(0, len(candidates), _CHUNK):
        numbers = candidates[start : start + _CHUNK]
        query = sa.select(scan.column, EVENT.c.seq).where(EVENT.c.seq.in_(numbers), *conditions)
        positions += [tuple(row) for row in db.execute(query)]
    positions.sort(reverse=scan.descending)
    size = 32
    start = 0
    while start < len(positions):
        numbers = [seq for _value, seq in positions[start : start + size]]
        rows = {row.seq: row for row in db.execute(sa.select(EVENT).where(EVENT.c.seq.in_(numbers)))}
        yield from (rows[seq] for seq in numbers)
        start += size
        size = min(size * 2, _CHUNK)


def _candidates(
    db: sa.Connection, owner: int, resolved: Sequence[Resolved]
) -> tuple[list[int] | None, Sequence[KeyIn]]:
    """The numbers of the events that the identities of the query leave, and the criteria too broad for that.

    None where no identity is a help.
    """
    found: set[int] | None = None
    broad: list[KeyIn] = []
    for criterion in resolved:
        numbers = _numbers(db, owner, criterion)
        if numbers is not None:
            found = numbers if found is None else found & numbers
        elif isinstance(criterion, KeyIn):
            broad.append(criterion)
    return None if found is None else sorted(found), broad


def _numbers(db: sa.Connection, owner: int, criterion: Resolved) -> set[int] | None:
    if isinstance(criterion, IdIn):
        keys = [id_key(owner, event_id) for event_id in criterion.ids]
        return set(db.scalars(sa.select(EVENT.c.seq).where(EVENT.c.id_key.in_(keys))))
    narrowed = criterion.narrowed if isinstance(criterion, Says) else criterion
    if not isinstance(narrowed, KeyIn):
        return None
    numbers = list(db.scalars(_numbers_of_keys(owner, narrowed).limit(MOST_CANDIDATES + 1)))
    return set(numbers) if len(numbers) <= MOST_CANDIDATES else None


def _numbers_of_keys(owner: int, criterion: KeyIn) -> sa.Select[Any]:
    key = EVENT_KEY.c
    ranges = [
        (key.value >= prefix) & (key.value < _after(prefix)) for prefix in sorted(criterion.keys.prefixes)
    ]
    named = [key.value.in_(sorted(criterion.keys.exact))] if criterion.keys.exact else []
    return sa.select(key.event_seq).where(
        key.owner == owner, sa.or_(*named, *ranges), key.role.in_([role.value for role in criterion.roles])
    )


def _after(prefix: str) -> str:
    """The least text behind all that begin with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _base(owner: int, resolved: Sequence[Resolved]) -> sa.Select[Any]:
    return sa.select(EVENT).where(EVENT.c.owner == owner, *_conditions(owner, resolved))


def _conditions(owner: int, resolved: Sequence[Resolved]) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    for criterion in resolved:
        if isinstance(criterion, ColumnIn):
            found.append(EVENT.c[criterion.column].in_(sorted(criterion.values)))
        elif isinstance(criterion, ColumnRange):
            column = EVENT.c[criterion.column]
            found.append(getattr(column, _OPERATORS[criterion.operator])(criterion.bound_ms))
        elif isinstance(criterion, IdIn):
            found.append(EVENT.c.id_key.in_([id_key(owner, event_id) for event_id in criterion.ids]))
        elif isinstance(criterion, KeyIn):
            found.append(EVENT.c.seq.in_(_numbers_of_keys(owner, criterion)))
    return found


def _chosen(db: sa.Connection, rows: Any, resolved: Sequence[Resolved]) -> Iterator[StoredEvent]:
    """The events of the rows that say what the query wants; what the database answered is not asked again."""
    asked = [criterion for criterion in resolved if isinstance(criterion, Says)]
    namespaces: dict[int | None, dict[str, str]] = {}
    for row in rows:
        if asked:
            if row.context_id not in namespaces:
                context = contexts_of(db, [row.context_id])[row.context_id]
                namespaces[row.context_id] = namespaces_of(context)
            event = orjson.loads(row.document)
            own = namespaces[row.context_id]
            if "@context" in event:
                own = {**own, **namespaces_of(event["@context"])}
            view = View(event, own, row.event_id, row.recorded_ms)
            if not all(criterion.holds(view) for criterion in asked):
                continue
        yield stored_of(row)


def _position(event: StoredEvent, query: Query) -> Position:
    instant = event.event_ms if query.order_by == "eventTime" else event.recorded_ms
    return (instant, event.seq)


def _check_count(db: sa.Connection, owner: int, query: Query, resolved: Sequence[Resolved]) -> None:
    assert query.max_count is not None
    counted = replace(query, count_limit=None, max_count=None, order_by="recordTime", descending=False)
    page = _page(db, owner, counted, resolved, query.max_count, None)
    if len(page.events) == query.max_count and page.position is not None:
        raise QueryTooLarge(f"more than maxEventCount={query.max_count} events match")
    if page.position is not None:
        raise QueryTooComplex(f"more than {MOST_LOOKED_AT} events would have to be looked at to count them")


def _by_own_field(
    db: sa.Connection,
    owner: int,
    query: Query,
    resolved: Sequence[Resolved],
    wanted: int,
    after: Position | None,
) -> Found:
    """Ordered by a field of the events' own: all are read and sorted; those without it stand at the end."""
    everything = replace(query, order_by="recordTime", descending=False)
    page = _page(db, owner, everything, resolved, MOST_SORTED, None)
    if page.position is not None:
        raise QueryTooComplex(
            f"at most {MOST_SORTED} events are ordered by a field of their own; name more criteria"
        )
    contexts = contexts_of(db, {event.context_id for event in page.events})
    keyed = [(_own_value(event, query.order_by, contexts[event.context_id]), event) for event in page.events]
    keyed.sort(key=lambda pair: pair[0], reverse=query.descending)
    keyed.sort(key=lambda pair: pair[0][0] == "")
    start = int(after[0]) if after is not None else 0
    events = [event for _key, event in keyed[start : start + wanted]]
    more = start + wanted < len(keyed)
    return Found(events, (start + wanted, 0) if more else None)


def _own_value(event: StoredEvent, name: str, context: object) -> tuple[str, float, str]:
    view = View(event.document, namespaces_of(context), event.event_id, 0)
    value = next(iter(values_of(view, "", name, inner=False)), None)
    if value is None:
        return ("", 0.0, "")
    try:
        return ("number", float(value), "")
    except (TypeError, ValueError):
        return ("text", 0.0, str(value))
