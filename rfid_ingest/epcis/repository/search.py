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
from haoyun.rfid_ingest.epcis.query.criteria import KeyIn, Query, Resolved, Says, View
from haoyun.rfid_ingest.epcis.repository.candidates import candidates_of
from haoyun.rfid_ingest.epcis.repository.conditions import events_of
from haoyun.rfid_ingest.epcis.repository.contexts import contexts_of
from haoyun.rfid_ingest.epcis.repository.own_order import in_own_order
from haoyun.rfid_ingest.epcis.repository.resolve import resolve
from haoyun.rfid_ingest.epcis.repository.scan import (
    MOST_LOOKED_AT,
    ORDER,
    Position,
    Scan,
    rows_in_order,
    rows_of_candidates,
)
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent, stored_of
from haoyun.rfid_ingest.epcis.repository.tables import EVENT

MOST_SORTED = 10_000  # events that are ordered by a field of their own


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
    numbered = events_of(owner, resolved).where(EVENT.c.seq > after_seq, EVENT.c.seq <= up_to)
    yield from _chosen(db, db.execute(numbered.order_by(EVENT.c.seq)), resolved)


def _page(
    db: sa.Connection,
    owner: int,
    query: Query,
    resolved: Sequence[Resolved],
    wanted: int,
    after: Position | None,
) -> Found:
    if query.order_by not in ORDER:
        return _by_own_field(db, owner, query, resolved, wanted, after)
    candidates, broad = candidates_of(db, owner, resolved)
    others = [criterion for criterion in resolved if not isinstance(criterion, KeyIn)]
    scan = Scan(query, after)
    rows = (
        rows_in_order(db, owner, scan, resolved)
        if candidates is None
        else rows_of_candidates(db, owner, scan, [*others, *broad], candidates)
    )
    events = []
    for event in _chosen(db, scan.counted(rows), resolved):
        events.append(event)
        if len(events) > wanted:
            return Found(events[:wanted], _position(events[wanted - 1], query))
    return Found(events, scan.last if scan.interrupted else None)


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
    ordered = in_own_order(page.events, contexts, query.order_by, descending=query.descending)
    start = int(after[0]) if after is not None else 0
    more = start + wanted < len(ordered)
    return Found(ordered[start : start + wanted], (start + wanted, 0) if more else None)
