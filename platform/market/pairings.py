"""Reading matches: the best for a load or a capacity, and why a pair does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacities_store import find_capacity, get_capacity
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.disclosure import seen_by
from haoyun.platform.market.errors import NotFound
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.loads_store import get_load
from haoyun.platform.market.match import Match, WhyNot
from haoyun.platform.market.matches_store import market_balance, match_of
from haoyun.platform.market.matching import explain
from haoyun.platform.market.offers import read_capacities, read_loads
from haoyun.platform.market.paging import page_size
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.tables import CAPACITY, LOAD, MATCH


@dataclass(frozen=True, slots=True)
class Pairing:
    """A match with its two offers."""

    match: Match
    load: Load
    capacity: Capacity


def matches_of_load(db: sa.Connection, load_id: str, viewer: Actor, limit: int = 20) -> list[Pairing]:
    """The best matches of a load: all of them for its publisher, their own for carriers. Raises NotFound."""
    load = get_load(db, load_id, viewer)
    condition = MATCH.c.load_id == load_id
    if not (viewer.sees_all or viewer.org_id == load.org_id):
        condition = sa.and_(condition, CAPACITY.c.org_id == viewer.org_id)
    return _best(db, condition, limit, viewer)


def matches_of_capacity(db: sa.Connection, capacity_id: str, viewer: Actor, limit: int = 20) -> list[Pairing]:
    """The best matches of a capacity: all for its carrier, their own for shippers. Raises NotFound."""
    capacity = get_capacity(db, capacity_id, viewer)
    condition = MATCH.c.capacity_id == capacity_id
    if not (viewer.sees_all or viewer.org_id == capacity.org_id):
        condition = sa.and_(condition, LOAD.c.org_id == viewer.org_id)
    return _best(db, condition, limit, viewer)


def matches_of_viewer(db: sa.Connection, viewer: Actor, limit: int = 50) -> list[Pairing]:
    """The best matches of the viewer's own loads and capacities (of everybody's, for the operator)."""
    if viewer.sees_all:
        return _best(db, sa.true(), limit, viewer)
    mine = sa.or_(LOAD.c.org_id == viewer.org_id, CAPACITY.c.org_id == viewer.org_id)
    return _best(db, mine, limit, viewer)


def why_not(
    db: sa.Connection, load_id: str, capacity_id: str, viewer: Actor, now: datetime, context: MatchContext
) -> Match | WhyNot:
    """The first constraint that the pair breaks, or its match; one of the two must be the viewer's own.

    Raises NotFound.
    """
    load = get_load(db, load_id, viewer)
    capacity = find_capacity(db, capacity_id)
    if capacity is None or not (viewer.sees_all or viewer.org_id in (load.org_id, capacity.org_id)):
        raise NotFound
    verdict = explain(load, capacity, context, market_balance(db, now), now)
    return seen_by(verdict, viewer, capacity.org_id) if isinstance(verdict, Match) else verdict


def _best(db: sa.Connection, condition: sa.ColumnElement[bool], limit: int, viewer: Actor) -> list[Pairing]:
    query = (
        sa.select(MATCH)
        .join(LOAD, LOAD.c.id == MATCH.c.load_id)
        .join(CAPACITY, CAPACITY.c.id == MATCH.c.capacity_id)
        .where(
            condition,
            LOAD.c.state == LoadState.OPEN.value,
            CAPACITY.c.state.in_([s.value for s in MATCHABLE]),
        )
        .order_by(MATCH.c.score.desc(), MATCH.c.contribution_fen.desc(), MATCH.c.load_id, MATCH.c.capacity_id)
        .limit(page_size(limit))
    )
    matches = [match_of(row) for row in db.execute(query)]
    loads = read_loads(db, {match.load_id for match in matches})
    capacities = read_capacities(db, {match.capacity_id for match in matches})
    found = [Pairing(match, loads[match.load_id], capacities[match.capacity_id]) for match in matches]
    return [replace(one, match=seen_by(one.match, viewer, one.capacity.org_id)) for one in found]
