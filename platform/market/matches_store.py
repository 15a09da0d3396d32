"""Matches in the database: the best of each load and of each capacity, and nothing else.

A row stands as long as one of its two offers counts it among its KEPT_PER_OFFER best: the offers bound the table. A new
or changed offer is matched in its own transaction; `refresh` matches again what the world has touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa

from haoyun.platform.database import reading
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.figures import MarketFigures
from haoyun.platform.market.index import View, view_of
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.match import Match, Reason, WhyNot
from haoyun.platform.market.matching import assess, explain
from haoyun.platform.market.offers import loads_of_rows, read_capacities, read_loads
from haoyun.platform.market.ranking import best_capacities_of, best_loads_of
from haoyun.platform.market.replay import inputs_json, inputs_of
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_of
from haoyun.platform.market.searching import among
from haoyun.platform.market.tables import CAPACITY, LOAD, MATCH
from haoyun.platform.market.way import departure
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import upsert

KEPT_PER_OFFER = 20  # a page of matches; whoever wants more searches
AT_ONCE = 100  # offers that are ranked together: reading what they share pays, and writers wait some tenths of a second
_LOCK_KEY = 0x485958  # "HYX": writers of matches queue up, so that they cannot deadlock on PostgreSQL

_Pairs = Mapping[str, Sequence[str]]  # ids of the other side, by those of this one
_Again = Callable[[_Pairs], dict[str, list[Match]]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Side:
    """Which offers the matches are of: their column, the other one's, and the flags of both."""

    own: str
    other: str
    flag: str
    other_flag: str


_LOAD = _Side("load_id", "capacity_id", "of_load", "of_capacity")
_CAPACITY = _Side("capacity_id", "load_id", "of_capacity", "of_load")


@dataclass(frozen=True, slots=True)
class Rankings:
    """The best of some open offers, each beside its own; not stored yet. `closed` are those that are not open."""

    loads: Sequence[Load]
    of_loads: Sequence[Sequence[Match]]
    capacities: Sequence[Capacity]
    of_capacities: Sequence[Sequence[Match]]
    closed: Sequence[str]
    figures: MarketFigures

    def best(self) -> Iterator[tuple[Load | Capacity, Sequence[Match]]]:
        """Each offer with its best."""
        yield from zip(self.loads, self.of_loads, strict=True)
        yield from zip(self.capacities, self.of_capacities, strict=True)

    def without(self, ids: Collection[str]) -> Rankings:
        """All but these offers."""
        loads = [pair for pair in zip(self.loads, self.of_loads, strict=True) if pair[0].id not in ids]
        trucks = [
            pair for pair in zip(self.capacities, self.of_capacities, strict=True) if pair[0].id not in ids
        ]
        return replace(
            self,
            loads=[load for load, _ in loads],
            of_loads=[found for _, found in loads],
            capacities=[truck for truck, _ in trucks],
            of_capacities=[found for _, found in trucks],
        )


def match_load(db: sa.Connection, load: Load, now: datetime, context: MatchContext) -> list[Match]:
    """Match one load with every open capacity, and keep the best."""
    rankings = _ranked(db, view_of(db, now), ([load], [], []), now, context)
    _store(db, rankings, now, context)
    return list(rankings.of_loads[0])


def match_capacity(
    db: sa.Connection, capacity: Capacity, now: datetime, context: MatchContext
) -> list[Match]:
    """Match one capacity with every open load, and keep the best."""
    rankings = _ranked(db, view_of(db, now), ([], [capacity], []), now, context)
    _store(db, rankings, now, context)
    return list(rankings.of_capacities[0])


def refresh(db: sa.Connection, ids: Iterable[str], now: datetime, context: MatchContext) -> None:
    """Match these loads and capacities anew; the matches of those that are no longer open go."""
    _store(db, _read_and_ranked(db, ids, now, context), now, context)


def refresh_apart(platform: sa.Engine, ids: Iterable[str], now: datetime, context: MatchContext) -> None:
    """`refresh` for many: they are ranked while others write, and only then stored, in a transaction of its own.

    An offer that changed meanwhile, or one of whose best did, is matched again in that transaction.
    """
    with reading(platform).connect() as db:
        rankings = _read_and_ranked(db, ids, now, context)
    with platform.begin() as db:
        changed = _changed(db, rankings)
        again = {offer.id for offer, best in rankings.best() if not changed.isdisjoint(_ids_of(offer, best))}
        _store(db, rankings.without(again), now, context)
        if again:
            refresh(db, again, now, context)


def _read_and_ranked(db: sa.Connection, ids: Iterable[str], now: datetime, context: MatchContext) -> Rankings:
    view = view_of(db, now)  # before the reading, which then sees whatever the index names
    wanted = sorted(set(ids))
    loads = [one for one in read_loads(db, wanted).values() if one.is_open(now)]
    capacities = [one for one in read_capacities(db, wanted).values() if one.is_open(now)]
    still = {load.id for load in loads} | {one.id for one in capacities}
    closed = [key for key in wanted if key not in still]
    return _ranked(db, view, (loads, capacities, closed), now, context)


def _ranked(
    db: sa.Connection,
    view: View,
    offers: tuple[Sequence[Load], Sequence[Capacity], Sequence[str]],
    now: datetime,
    context: MatchContext,
) -> Rankings:
    loads, capacities, closed = offers
    of_loads = best_capacities_of(db, loads, view, now, context, KEPT_PER_OFFER)
    of_capacities = best_loads_of(db, capacities, view, now, context, KEPT_PER_OFFER)
    return Rankings(loads, of_loads, capacities, of_capacities, closed, view.figures)


def _changed(db: sa.Connection, rankings: Rankings) -> set[str]:
    """Offers of these rankings that are no longer the ones that were ranked: whatever a match goes by counts in the
    version."""
    seen: dict[str, int] = {}
    for offer, best in rankings.best():
        seen[offer.id] = offer.version
        for match in best:
            seen[match.load_id] = match.inputs.load_version
            seen[match.capacity_id] = match.inputs.capacity_version
    there: dict[str, int] = {}
    for table in (LOAD, CAPACITY):
        rows = db.execute(sa.select(table.c.id, table.c.version).where(among(db, table.c.id, seen)))
        there.update({row.id: row.version for row in rows})
    return {key for key, version in seen.items() if there.get(key) != version}


def _ids_of(offer: Load | Capacity, best: Sequence[Match]) -> set[str]:
    return {offer.id, *(match.load_id for match in best), *(match.capacity_id for match in best)}


def _store(db: sa.Connection, rankings: Rankings, now: datetime, context: MatchContext) -> None:
    loads = {load.id: load for load in rankings.loads}
    starts = {one.id: (one, departure(one, context, now)) for one in rankings.capacities}

    def again_of_loads(pairs: _Pairs) -> dict[str, list[Match]]:
        def judge(key: str, other: Capacity) -> Match | WhyNot:
            return explain(loads[key], other, context, rankings.figures, now)

        return _judged(pairs, lambda ids: read_capacities(db, ids), judge)

    def again_of_capacities(pairs: _Pairs) -> dict[str, list[Match]]:
        def judge(key: str, other: Load) -> Match | WhyNot:
            return assess(other, *starts[key], context, rankings.figures, now)

        return _judged(pairs, lambda ids: read_loads(db, ids), judge)

    if rankings.closed:
        drop_matches(db, rankings.closed, rankings.closed)
    if loads:
        _keep(db, _LOAD, dict(zip(loads, rankings.of_loads, strict=True)), again_of_loads, now)
    if starts:
        _keep(db, _CAPACITY, dict(zip(starts, rankings.of_capacities, strict=True)), again_of_capacities, now)


def _judged(
    pairs: _Pairs, read: Callable[[set[str]], Mapping[str, T]], judge: Callable[[str, T], Match | WhyNot]
) -> dict[str, list[Match]]:
    """The matches among these pairs, by the id of this side."""
    offers = read({other for others in pairs.values() for other in others})
    verdicts = {
        key: [judge(key, offers[other]) for other in others if other in offers]
        for key, others in pairs.items()
    }
    return {key: [one for one in found if isinstance(one, Match)] for key, found in verdicts.items()}


def rematch(db: sa.Connection, now: datetime, context: MatchContext) -> int:
    """Match the whole market anew, offer by offer. Returns how many matches are kept."""
    loads, capacities = open_offers(db, now)
    drop_closed(db)
    ids = [*(one.id for one in capacities), *(one.id for one in loads)]
    for i in range(0, len(ids), AT_ONCE):
        refresh(db, ids[i : i + AT_ONCE], now, context)
    return db.scalar(sa.select(sa.func.count()).select_from(MATCH)) or 0


def open_offers(db: sa.Connection, now: datetime) -> tuple[list[Load], list[Capacity]]:
    """Everything that can be matched now."""
    load_open = (LOAD.c.state == LoadState.OPEN.value, LOAD.c.expires_ms > to_ms(now))
    loads = list(db.execute(sa.select(LOAD).where(*load_open).order_by(LOAD.c.id)))
    capacity_open = (CAPACITY.c.state.in_([s.value for s in MATCHABLE]), CAPACITY.c.ready_end_ms > to_ms(now))
    capacities = db.execute(sa.select(CAPACITY).where(*capacity_open).order_by(CAPACITY.c.id))
    return loads_of_rows(db, loads), [capacity_of(row) for row in capacities]


def market_balance(db: sa.Connection, now: datetime) -> MarketFigures:
    """What the open offers say about places and prices."""
    return view_of(db, now).figures


def drop_closed(db: sa.Connection) -> None:
    """Forget matches of offers that are no longer open."""
    _own_matches(db)
    loads = sa.select(LOAD.c.id).where(LOAD.c.state == LoadState.OPEN.value)
    capacities = sa.select(CAPACITY.c.id).where(CAPACITY.c.state.in_([s.value for s in MATCHABLE]))
    db.execute(
        sa.delete(MATCH).where(sa.or_(MATCH.c.load_id.not_in(loads), MATCH.c.capacity_id.not_in(capacities)))
    )


def drop_matches(db: sa.Connection, load_ids: Sequence[str] = (), capacity_ids: Sequence[str] = ()) -> None:
    """Forget the matches of these offers."""
    _own_matches(db)
    db.execute(
        sa.delete(MATCH).where(sa.or_(MATCH.c.load_id.in_(load_ids), MATCH.c.capacity_id.in_(capacity_ids)))
    )


def match_of(row: Any) -> Match:
    """The match of a row of mkt_match."""
    return Match(
        load_id=row.load_id,
        capacity_id=row.capacity_id,
        score=row.score,
        contribution_fen=row.contribution_fen,
        deadhead_m=row.deadhead_m,
        pickup_at=from_ms(row.pickup_ms),
        delivery_at=from_ms(row.delivery_ms),
        reasons=tuple(Reason(**reason) for reason in orjson.loads(row.reasons)),
        inputs=inputs_of(row.inputs),
    )


def match_row(match: Match) -> dict[str, Any]:
    """What mkt_match keeps of a match."""
    return {
        "load_id": match.load_id,
        "capacity_id": match.capacity_id,
        "score": match.score,
        "contribution_fen": match.contribution_fen,
        "deadhead_m": match.deadhead_m,
        "pickup_ms": to_ms(match.pickup_at),
        "delivery_ms": to_ms(match.delivery_at),
        "reasons": orjson.dumps(match.reasons).decode(),
        "inputs": inputs_json(match.inputs),
    }


def _keep(
    db: sa.Connection, side: _Side, found: Mapping[str, Sequence[Match]], again: _Again, now: datetime
) -> None:
    """Make `found` the best of these offers; what the others count among their best stays if it still fits."""
    _own_matches(db)
    best = {key: {getattr(match, side.other): match for match in matches} for key, matches in found.items()}
    kept: dict[str, dict[str, bool]] = {key: {} for key in found}
    for own, other, counts_there in db.execute(_flags(db, side, found)):
        kept[own][other] = bool(counts_there)
    theirs = {
        key: others
        for key, rows in kept.items()
        if (others := [other for other, counts in rows.items() if counts and other not in best[key]])
    }
    stays: dict[str, dict[str, Match]] = {key: {} for key in found}
    for key, matches in (again(theirs) if theirs else {}).items():
        stays[key] = {getattr(match, side.other): match for match in matches}
    gone = [
        {"own": key, "other": other}
        for key, rows in kept.items()
        for other in rows
        if other not in best[key] and other not in stays[key]
    ]
    if gone:
        own, other = MATCH.c[side.own] == sa.bindparam("own"), MATCH.c[side.other] == sa.bindparam("other")
        db.execute(sa.delete(MATCH).where(own, other), gone)
    rows = [
        {
            **match_row(match),
            "computed_ms": to_ms(now),
            side.flag: other in best[key],
            side.other_flag: kept[key].get(other, False),
        }
        for key in found
        for other, match in {**stays[key], **best[key]}.items()
    ]
    if rows:
        insert = upsert(db, MATCH)
        keys = ("load_id", "capacity_id")
        fresh = {c.name: insert.excluded[c.name] for c in MATCH.columns if c.name not in keys}
        db.execute(insert.on_conflict_do_update(index_elements=keys, set_=fresh), rows)


def _flags(db: sa.Connection, side: _Side, keys: Collection[str]) -> sa.Select[Any]:
    columns = (MATCH.c[side.own], MATCH.c[side.other], MATCH.c[side.other_flag])
    return sa.select(*columns).where(among(db, MATCH.c[side.own], keys))


def _own_matches(db: sa.Connection) -> None:
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
