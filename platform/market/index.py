"""The open market in memory, once a process: columns and figures that follow the database by its events.

The database is the truth. The index only proposes: every pair it names is read from the database and assessed there, so
that an index that lags can miss what was offered a moment ago but never show what is not. Every change of an offer is
recorded in mkt_event in the same transaction; `sync` reads what came since. On PostgreSQL a number may commit after a
higher one, so numbers that were skipped are looked for again until GAP_KEPT has passed.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.database import reading, twin
from haoyun.platform.market.balance import BalanceBook, per_km_of
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.columns import CapacityColumns, LoadColumns
from haoyun.platform.market.figures import MarketFigures
from haoyun.platform.market.load import Load, LoadState, Visibility
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_row, load_row
from haoyun.platform.market.sieve import EXACT, Leniency, Market, Survivors
from haoyun.platform.market.tables import CAPACITY, EVENT, LOAD, LOAD_INVITED
from haoyun.platform.market.values import Mode
from haoyun.platform.market.way import Known, departure
from haoyun.tracking.instants import to_ms

GAP_KEPT = timedelta(minutes=10)  # no transaction that writes offers lasts so long
_GAPS_AT_START = 1_000  # numbers before the first sync that may still be under way
_CHUNK = 500
_MATCHABLE = [state.value for state in MATCHABLE]
_EVENTS = sa.select(EVENT.c.seq, EVENT.c.subject_id)
_LoadKey = tuple[Mode, str, str, float | None]


@dataclass(slots=True)
class MarketIndex:
    """Open offers of one database, and the figures that they make. Safe for threads."""

    outside: sa.Engine | None = None
    market: Market = field(default_factory=Market.empty)
    book: BalanceBook = field(default_factory=BalanceBook)
    cursor: int | None = None
    _gaps: dict[int, datetime] = field(default_factory=dict)
    _loads: dict[str, _LoadKey] = field(default_factory=dict)
    _vehicles: dict[str, tuple[Mode, str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def sync(self, now: datetime) -> None:
        """Take in what was committed since the last time."""
        assert self.outside is not None
        # The lock comes first: a snapshot is never older than what the index knows already.
        with self.lock, self.outside.connect() as db:
            self._gaps = {seq: seen for seq, seen in self._gaps.items() if now - seen < GAP_KEPT}
            rows = None if self.cursor is None else _since(db, self.cursor, self._gaps)
            if rows is None:
                self._fill(db, now)
            elif rows:
                self._note_gaps([row.seq for row in rows], now)
                self.apply(db, {row.subject_id for row in rows})

    def apply(self, db: sa.Connection, ids: set[str]) -> None:
        """Read these offers and put them in, or take them out where they are no longer open."""
        for chunk in _chunks(sorted(ids)):
            loads = {row.id: row._mapping for row in db.execute(_open_loads().where(LOAD.c.id.in_(chunk)))}
            found = {
                row.id: row._mapping for row in db.execute(_open_capacities().where(CAPACITY.c.id.in_(chunk)))
            }
            guests = _guests(db, LOAD_INVITED.c.load_id.in_(chunk))
            for key in chunk:
                self.drop(key)
                if key in loads:
                    self.put_load(loads[key], guests.get(key, frozenset()))
                elif key in found:
                    self.put_capacity(found[key])

    def put_load(self, row: Any, guests: frozenset[str]) -> None:
        """An open load, as a row of mkt_load."""
        self.market.loads.put(row, guests)
        key = _load_key(row)
        self._loads[row["id"]] = key
        self.book.add_load(*key)

    def put_capacity(self, row: Any) -> None:
        """An open capacity, as a row of mkt_capacity."""
        self.market.capacities.put(row)
        where = (Mode(row["mode"]), row["origin_code"])
        self._vehicles[row["id"]] = where
        self.book.add_vehicle(*where)

    def drop(self, key: str) -> None:
        """Forget an offer, if it is known."""
        if key in self._loads:
            self.book.drop_load(*self._loads.pop(key))
            self.market.loads.drop(key)
        elif key in self._vehicles:
            self.book.drop_vehicle(*self._vehicles.pop(key))
            self.market.capacities.drop(key)

    def capacities_for(
        self,
        loads: Sequence[Load],
        figures: BalanceBook,
        context: MatchContext,
        now: datetime,
        lenient: Leniency,
    ) -> list[Survivors]:
        """Capacities that may carry each of the loads, which are different ones; the best first."""
        rows = [load_row(load) for load in loads]
        seen_by = [
            None if load.visibility is Visibility.PUBLIC else load.invited | {load.org_id} for load in loads
        ]
        with self.lock:
            columns = LoadColumns(self.market.places, self.market.orgs, self.market.lanes)
            for row in rows:
                columns.put(row)
            return self.market.capacities_for(columns.whole(), seen_by, figures, context, now, lenient)

    def loads_for(
        self,
        capacity: Capacity,
        figures: BalanceBook,
        context: MatchContext,
        now: datetime,
        lenient: Leniency,
    ) -> Survivors:
        """Loads that the capacity may carry, the best first."""
        start = departure(capacity, context, now)
        leaves = (to_ms(start.leaves_at), start.distance_m, start.duration_s, start.known is Known.UNKNOWN)
        with self.lock:
            columns = CapacityColumns(self.market.places, self.market.orgs)
            columns.put(capacity_row(capacity))
            view = columns.one(0)
            return self.market.loads_for(view, capacity.org_id, leaves, figures, context, now, lenient)

    def _fill(self, db: sa.Connection, now: datetime) -> None:
        self.cursor = db.scalar(sa.select(sa.func.max(EVENT.c.seq))) or 0
        lowest = max(0, self.cursor - _GAPS_AT_START)
        there = set(db.scalars(sa.select(EVENT.c.seq).where(EVENT.c.seq > lowest)))
        self._gaps = {seq: now for seq in range(lowest + 1, self.cursor) if seq not in there}
        self.market, self.book = Market.empty(), BalanceBook()
        self._loads, self._vehicles = {}, {}
        guests = _guests(db, LOAD_INVITED.c.load_id.in_(sa.select(LOAD.c.id).where(LOAD.c.state == "OPEN")))
        for row in db.execute(_open_loads()):
            fields: Any = row._mapping
            self.market.loads.put(fields, guests.get(row.id, frozenset()))
            self._loads[row.id] = _load_key(fields)
        self.book.fill(self._loads.values())
        for row in db.execute(_open_capacities()):
            self.put_capacity(row._mapping)

    def _note_gaps(self, seqs: list[int], now: datetime) -> None:
        start, end = self.cursor or 0, max(seqs)
        for seq in seqs:
            self._gaps.pop(seq, None)
        if end > start:
            came = set(seqs)
            self._gaps.update({seq: now for seq in range(start + 1, end) if seq not in came})
            self.cursor = end


@dataclass(frozen=True, slots=True)
class View:
    """The market as one transaction sees it: what is committed, and what the transaction wrote itself."""

    committed: MarketIndex
    own: MarketIndex
    shadowed: frozenset[str]

    @property
    def figures(self) -> MarketFigures:
        """The figures of the committed market: an offer does not count before it is there for all."""
        return self.committed.book

    def capacities_for(
        self, loads: Sequence[Load], context: MatchContext, now: datetime, lenient: Leniency = EXACT
    ) -> list[Iterator[tuple[str, float]]]:
        """Ids of capacities that may carry each of the loads, the best first, each with the score it may have."""
        book = self.committed.book
        found = [index.capacities_for(loads, book, context, now, lenient) for index in self._both()]
        return [self._merged(parts) for parts in zip(*found, strict=True)]

    def loads_for(
        self, capacity: Capacity, context: MatchContext, now: datetime, lenient: Leniency = EXACT
    ) -> Iterator[tuple[str, float]]:
        """Ids of loads that the capacity may carry, the best first, each with the score it may have."""
        book = self.committed.book
        return self._merged(index.loads_for(capacity, book, context, now, lenient) for index in self._both())

    def _both(self) -> tuple[MarketIndex, ...]:
        return (self.committed, self.own) if self.shadowed else (self.committed,)

    def _merged(self, parts: Iterable[Survivors]) -> Iterator[tuple[str, float]]:
        committed, *own = parts
        found = [
            pair
            for pair in zip(committed.ids, committed.score.tolist(), strict=True)
            if pair[0] not in self.shadowed
        ]
        if own:
            found += zip(own[0].ids, own[0].score.tolist(), strict=True)
            found.sort(key=lambda pair: -pair[1])
        return iter(found)


_INDEXES: weakref.WeakKeyDictionary[sa.Pool, MarketIndex] = weakref.WeakKeyDictionary()
_REGISTRY = threading.Lock()
_OWN = "haoyun.market.own"


def index_of(engine: sa.Engine) -> MarketIndex:
    """The index of a database in this process."""
    with _REGISTRY:
        index = _INDEXES.get(engine.pool)
        if index is None:
            outside = twin(engine)
            index = _INDEXES[engine.pool] = MarketIndex(reading(outside))
            weakref.finalize(engine.pool, outside.dispose)
        return index


def view_of(db: sa.Connection, now: datetime) -> View:
    """The market as `db` sees it, up to date."""
    committed = index_of(db.engine)
    committed.sync(now)
    if db.get_execution_options().get("read_only"):
        return View(committed, MarketIndex(), frozenset())
    own = _own(db, committed.cursor or 0, now)
    return View(committed, own.index, frozenset(own.ids))


@dataclass(slots=True)
class _Own:
    """What a transaction wrote so far: kept with its connection, for one that posts many offers."""

    transaction: sa.RootTransaction | None
    cursor: int
    index: MarketIndex = field(default_factory=MarketIndex)
    ids: set[str] = field(default_factory=set)


def _own(db: sa.Connection, cursor: int, now: datetime) -> _Own:
    transaction = db.get_transaction()
    own = db.info.get(_OWN)
    if own is None or own.transaction is not transaction:
        own = db.info[_OWN] = _Own(transaction, cursor)
    rows = _events(db, own.cursor)
    if rows:
        own.cursor = rows[-1].seq
        ids = {row.subject_id for row in rows}
        own.ids |= ids
        own.index.apply(db, ids)
    assert isinstance(own, _Own)
    return own


def _since(db: sa.Connection, cursor: int, gaps: Iterable[int]) -> list[Any] | None:
    """What came after the cursor or into a gap; None where the event at the cursor is gone: a restored or emptied
    database is not the one that was followed so far. All in one question as long as the gaps are few."""
    chunks = list(_chunks(sorted(gaps)))
    late = sa.or_(EVENT.c.seq >= cursor, EVENT.c.seq.in_(chunks[0])) if chunks else EVENT.c.seq >= cursor
    rows = list(db.execute(_EVENTS.where(late).order_by(EVENT.c.seq)))
    if cursor > 0 and all(row.seq != cursor for row in rows):
        return None
    for chunk in chunks[1:]:
        rows += db.execute(_EVENTS.where(EVENT.c.seq.in_(chunk)))
    return [row for row in rows if row.seq != cursor]


def _events(db: sa.Connection, after: int) -> list[Any]:
    return list(db.execute(_EVENTS.where(EVENT.c.seq > after).order_by(EVENT.c.seq)))


def _open_loads() -> sa.Select[Any]:
    return sa.select(LOAD).where(LOAD.c.state == LoadState.OPEN.value)


def _open_capacities() -> sa.Select[Any]:
    return sa.select(CAPACITY).where(CAPACITY.c.state.in_(_MATCHABLE))


def _guests(db: sa.Connection, which: sa.ColumnElement[bool]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in db.execute(sa.select(LOAD_INVITED).where(which)):
        found.setdefault(row.load_id, set()).add(row.org_id)
    return {key: frozenset(orgs) for key, orgs in found.items()}


def _load_key(row: Any) -> _LoadKey:
    per_km = per_km_of(row["price_fen"], row["distance_m"])
    return Mode(row["mode"]), row["origin_code"], row["destination_code"], per_km


def _chunks(values: list[Any]) -> Iterator[list[Any]]:
    for i in range(0, len(values), _CHUNK):
        yield values[i : i + _CHUNK]
