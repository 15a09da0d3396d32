"""Matches in the database: found when an offer is posted, and again for the whole market in rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.market.balance import Balance, balance_of
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.match import Match, Reason
from haoyun.platform.market.matching import match_loads
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_of, load_of
from haoyun.platform.market.tables import CAPACITY, LOAD, LOAD_INVITED, MATCH
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import upsert

KEPT_PER_LOAD = 50  # nobody scrolls further; a crowded lane must not fill the table
_LOCK_KEY = 0x485958  # "HYX": writers of matches queue up, so that they cannot deadlock on PostgreSQL


def match_load(db: sa.Connection, load: Load, now: datetime, context: MatchContext) -> list[Match]:
    """Match one load with every open capacity, and keep the best."""
    loads, capacities = open_offers(db, now)
    found = match_loads([load], capacities, context, now, balance_of(loads, capacities))[:KEPT_PER_LOAD]
    save_matches(db, found, now)
    return found


def match_capacity(
    db: sa.Connection, capacity: Capacity, now: datetime, context: MatchContext
) -> list[Match]:
    """Match one capacity with every open load, and keep what is found."""
    loads, capacities = open_offers(db, now)
    found = match_loads(loads, [capacity], context, now, balance_of(loads, capacities))[:KEPT_PER_LOAD]
    save_matches(db, found, now)
    return found


def rematch(db: sa.Connection, now: datetime, context: MatchContext) -> int:
    """Match the whole market anew: trucks moved, time passed. Returns how many pairs fit."""
    loads, capacities = open_offers(db, now)
    found = best_per_load(match_loads(loads, capacities, context, now))
    replace_matches(db, loads, capacities, found, now)
    return len(found)


def best_per_load(matches: Sequence[Match]) -> list[Match]:
    """At most KEPT_PER_LOAD of each load, of matches that come best first."""
    taken: dict[str, int] = {}
    kept = []
    for match in matches:
        taken[match.load_id] = taken.get(match.load_id, 0) + 1
        if taken[match.load_id] <= KEPT_PER_LOAD:
            kept.append(match)
    return kept


def open_offers(db: sa.Connection, now: datetime) -> tuple[list[Load], list[Capacity]]:
    """Everything that can be matched now."""
    load_open = (LOAD.c.state == LoadState.OPEN.value, LOAD.c.expires_ms > to_ms(now))
    invited: dict[str, set[str]] = {}
    for row in db.execute(
        sa.select(LOAD_INVITED).join(LOAD, LOAD.c.id == LOAD_INVITED.c.load_id).where(*load_open)
    ):
        invited.setdefault(row.load_id, set()).add(row.org_id)
    loads = db.execute(sa.select(LOAD).where(*load_open).order_by(LOAD.c.id))
    capacity_open = (CAPACITY.c.state.in_([s.value for s in MATCHABLE]), CAPACITY.c.ready_end_ms > to_ms(now))
    capacities = db.execute(sa.select(CAPACITY).where(*capacity_open).order_by(CAPACITY.c.id))
    return (
        [load_of(row, frozenset(invited.get(row.id, ()))) for row in loads],
        [capacity_of(row) for row in capacities],
    )


def market_balance(db: sa.Connection, now: datetime) -> Balance:
    """What the open offers say about places and prices."""
    return balance_of(*open_offers(db, now))


def save_matches(db: sa.Connection, matches: Sequence[Match], now: datetime) -> None:
    """Write matches over what was known of the same pairs."""
    if not matches:
        return
    _own_matches(db)
    insert = upsert(db, MATCH)
    keys = ("load_id", "capacity_id")
    fresh = {c.name: insert.excluded[c.name] for c in MATCH.columns if c.name not in keys}
    db.execute(insert.on_conflict_do_update(index_elements=keys, set_=fresh), [_row(m, now) for m in matches])


def replace_matches(
    db: sa.Connection,
    loads: Sequence[Load],
    capacities: Sequence[Capacity],
    found: Sequence[Match],
    now: datetime,
) -> None:
    """Write what a round over these offers found. Pairs with offers that came later stay; closed ones go."""
    _own_matches(db)
    load_ids, capacity_ids = {load.id for load in loads}, {capacity.id for capacity in capacities}
    fits = {(match.load_id, match.capacity_id) for match in found}
    gone = [
        {"gone_load": row.load_id, "gone_capacity": row.capacity_id}
        for row in db.execute(sa.select(MATCH.c.load_id, MATCH.c.capacity_id))
        if (row.load_id, row.capacity_id) not in fits
        and row.load_id in load_ids
        and row.capacity_id in capacity_ids
    ]
    if gone:
        pair = (
            MATCH.c.load_id == sa.bindparam("gone_load"),
            MATCH.c.capacity_id == sa.bindparam("gone_capacity"),
        )
        db.execute(sa.delete(MATCH).where(*pair), gone)
    save_matches(db, found, now)
    drop_closed(db)


def drop_closed(db: sa.Connection) -> None:
    """Forget matches of offers that are no longer open."""
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
    )


def _row(match: Match, now: datetime) -> dict[str, Any]:
    return {
        "load_id": match.load_id,
        "capacity_id": match.capacity_id,
        "score": match.score,
        "contribution_fen": match.contribution_fen,
        "deadhead_m": match.deadhead_m,
        "pickup_ms": to_ms(match.pickup_at),
        "delivery_ms": to_ms(match.delivery_at),
        "reasons": orjson.dumps([asdict(reason) for reason in match.reasons]).decode(),
        "computed_ms": to_ms(now),
    }


def _own_matches(db: sa.Connection) -> None:
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
