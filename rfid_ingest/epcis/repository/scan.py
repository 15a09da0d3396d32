"""Reading events in their order, in bites, up to a bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.query.criteria import Query, Resolved
from haoyun.rfid_ingest.epcis.repository.conditions import conditions_of, events_of
from haoyun.rfid_ingest.epcis.repository.tables import EVENT

MOST_LOOKED_AT = 50_000  # events read for one page; some seconds
_CHUNK = 500
_BITE = 32  # pages are small as a rule; a scan that finds little reads on in larger bites
Position = tuple[Any, int]

ORDER = {"eventTime": EVENT.c.event_ms, "recordTime": EVENT.c.recorded_ms}
_OF_NUMBERS = sa.select(EVENT).where(EVENT.c.seq.in_(sa.bindparam("numbers", expanding=True)))


class Scan:
    """How far the reading of events has come."""

    def __init__(self, query: Query, after: Position | None) -> None:
        self.column = ORDER[query.order_by]
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

    def position(self, row: Any) -> Position:
        """Where a row stands in the order."""
        return (getattr(row, self.column.name), row.seq)

    def counted(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The rows, until so many were looked at that the page must end."""
        for row in rows:
            if self.looked_at >= MOST_LOOKED_AT:
                self.interrupted = True
                return
            self.looked_at += 1
            yield row
            self.last = self.position(row)


def rows_in_order(db: sa.Connection, owner: int, scan: Scan, resolved: Sequence[Resolved]) -> Iterator[Any]:
    """The owner's events in the order of the scan, through the index of that order."""
    base = events_of(owner, resolved)
    last = scan.last
    size = _BITE
    while True:
        passed = scan.passed(last)
        query = base if passed is None else base.where(passed)
        rows = db.execute(query.order_by(*scan.order()).limit(size)).all()
        yield from rows
        if len(rows) < size:
            return
        last = scan.position(rows[-1])
        size = min(size * 2, _CHUNK * 2)


def rows_of_candidates(
    db: sa.Connection, owner: int, scan: Scan, resolved: Sequence[Resolved], candidates: Sequence[int]
) -> Iterator[Any]:
    """The rows of these numbers in the order of the scan: sorted by number and time first, then read in bites."""
    # The numbers are the owner's. To say so again would make SQLite read all of the owner's events in an index.
    conditions = conditions_of(owner, resolved)
    passed = scan.passed(scan.last)
    if passed is not None:
        conditions.append(passed)
    if len(candidates) <= _BITE:  # a trace, as a rule: one reading
        rows = db.execute(_OF_NUMBERS.where(*conditions), {"numbers": candidates}).all()
        yield from sorted(rows, key=scan.position, reverse=scan.descending)
        return
    positions: list[Position] = []
    for start in range(0, len(candidates), _CHUNK):
        numbers = candidates[start : start + _CHUNK]
        query = sa.select(scan.column, EVENT.c.seq).where(EVENT.c.seq.in_(numbers), *conditions)
        positions += [tuple(row) for row in db.execute(query)]
    positions.sort(reverse=scan.descending)
    size, start = _BITE, 0
    while start < len(positions):
        numbers = [seq for _value, seq in positions[start : start + size]]
        by_number = {row.seq: row for row in db.execute(_OF_NUMBERS, {"numbers": numbers})}
        yield from (by_number[seq] for seq in numbers)
        start += size
        size = min(size * 2, _CHUNK)
