"""Searching open offers: by place, body, weight and time, sorted and paged, within what the viewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load, LoadState, Visibility
from haoyun.platform.market.loads_store import loads_of_rows
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.rows import capacity_of
from haoyun.platform.market.tables import CAPACITY, LOAD, LOAD_INVITED, MATCH
from haoyun.platform.market.values import Body, Page
from haoyun.tracking.instants import to_ms

_LAST = 1e18  # sorts what has no value behind everything


class Sort(StrEnum):
    """The order of a list of loads."""

    POSTED = "posted"  # the newest first
    PICKUP = "pickup"  # the soonest first
    PRICE_KM = "price_km"  # the best paid first
    SCORE = "score"  # the best match with one of the viewer's vehicles first
    DEADHEAD = "deadhead"  # the nearest to one of the viewer's vehicles first


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFilter:
    """What a list of loads is limited to; None and empty do not limit.

    Areas are sets of place codes (`MarketContext.codes_near`). `mine` lists the viewer's own loads in every state.
    """

    origin_codes: frozenset[str] | None = None
    destination_codes: frozenset[str] | None = None
    body: Body | None = None
    max_weight_kg: int | None = None
    pickup_from: datetime | None = None
    pickup_to: datetime | None = None
    states: frozenset[LoadState] = frozenset({LoadState.OPEN})
    mine: bool = False
    sort: Sort = Sort.POSTED


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityFilter:
    """What a list of capacities is limited to."""

    origin_codes: frozenset[str] | None = None
    destination_codes: frozenset[str] | None = None
    body: Body | None = None
    min_weight_kg: int | None = None
    states: frozenset[CapacityState] = frozenset({CapacityState.OPEN, CapacityState.PART_BOOKED})
    mine: bool = False


def list_loads(
    db: sa.Connection, filters: LoadFilter, viewer: Actor | None, limit: int = 50, after: str | None = None
) -> Page[Load]:
    """One page of the loads that the viewer (None: the public) may see. Raises FieldErrors for a bad marker."""
    query = sa.select(LOAD).where(_sees(viewer), *_conditions(filters))
    if filters.mine:
        query = query.where(LOAD.c.org_id == (viewer.org_id if viewer else ""))
    else:
        query = query.where(LOAD.c.state.in_([state.value for state in filters.states]))
    query, key, descending = _sorted(query, filters.sort, viewer)
    rows = list(db.execute(keyset(query, key, LOAD.c.id, descending=descending, limit=limit, after=after)))
    return Page(tuple(loads_of_rows(db, rows[: page_size(limit)])), marker(rows, limit))


def list_capacities(
    db: sa.Connection,
    filters: CapacityFilter,
    viewer: Actor | None,
    limit: int = 50,
    after: str | None = None,
) -> Page[Capacity]:
    """One page of capacities, the newest first; open ones are public."""
    query = sa.select(CAPACITY)
    if filters.mine:
        query = query.where(CAPACITY.c.org_id == (viewer.org_id if viewer else ""))
    else:
        query = query.where(
            CAPACITY.c.state.in_([state.value for state in filters.states & _shown_to(viewer)])
        )
    if filters.origin_codes is not None:
        query = query.where(CAPACITY.c.origin_code.in_(filters.origin_codes))
    if filters.destination_codes is not None:
        query = query.where(CAPACITY.c.destination_code.in_(filters.destination_codes))
    if filters.body is not None:
        query = query.where(CAPACITY.c.body == filters.body.value)
    if filters.min_weight_kg is not None:
        query = query.where(CAPACITY.c.weight_kg >= filters.min_weight_kg)
    paged = keyset(query, CAPACITY.c.posted_ms, CAPACITY.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    return Page(tuple(capacity_of(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def _shown_to(viewer: Actor | None) -> frozenset[CapacityState]:
    """Strangers see only what is on offer."""
    if viewer is not None and viewer.sees_all:
        return frozenset(CapacityState)
    return frozenset({CapacityState.OPEN, CapacityState.PART_BOOKED})


def _sees(viewer: Actor | None) -> sa.ColumnElement[bool]:
    published = LOAD.c.state != LoadState.DRAFT.value
    public = sa.and_(LOAD.c.visibility == Visibility.PUBLIC.value, published)
    if viewer is None:
        return public
    if viewer.sees_all:
        return sa.true()
    invited = sa.select(LOAD_INVITED.c.load_id).where(LOAD_INVITED.c.org_id == viewer.org_id)
    return sa.or_(public, LOAD.c.org_id == viewer.org_id, sa.and_(published, LOAD.c.id.in_(invited)))


def _conditions(filters: LoadFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.origin_codes is not None:
        found.append(LOAD.c.origin_code.in_(filters.origin_codes))
    if filters.destination_codes is not None:
        found.append(LOAD.c.destination_code.in_(filters.destination_codes))
    if filters.body is not None:
        # No body's name is part of another's, so that a substring is a member.
        found.append(sa.or_(LOAD.c.body == "", LOAD.c.body.contains(filters.body.value)))
    if filters.max_weight_kg is not None:
        found.append(LOAD.c.weight_kg <= filters.max_weight_kg)
    if filters.pickup_from is not None:
        found.append(LOAD.c.pickup_end_ms >= to_ms(filters.pickup_from))
    if filters.pickup_to is not None:
        found.append(LOAD.c.pickup_start_ms <= to_ms(filters.pickup_to))
    return found


def _sorted(
    query: sa.Select[Any], sort: Sort, viewer: Actor | None
) -> tuple[sa.Select[Any], sa.ColumnElement[Any], bool]:
    """The query, its sort key and whether that descends."""
    if sort is Sort.POSTED:
        return query, LOAD.c.posted_ms, True
    if sort is Sort.PICKUP:
        return query, LOAD.c.pickup_start_ms, False
    if sort is Sort.PRICE_KM:
        per_m = sa.cast(LOAD.c.price_fen, sa.Double) / LOAD.c.distance_m
        return query, sa.func.coalesce(per_m, sa.literal(-1.0)), True
    if viewer is None:
        raise FieldErrors({"sort": ("sort_needs_capacity", {})})
    best = _best_matches(viewer)
    joined = query.join(best, best.c.load_id == LOAD.c.id)
    if sort is Sort.SCORE:
        return joined, best.c.score, True
    return joined, sa.func.coalesce(best.c.deadhead_m, sa.literal(_LAST)), False


def _best_matches(viewer: Actor) -> sa.Subquery:
    return (
        sa.select(
            MATCH.c.load_id,
            sa.func.max(MATCH.c.score).label("score"),
            sa.func.min(MATCH.c.deadhead_m).label("deadhead_m"),
        )
        .join(CAPACITY, CAPACITY.c.id == MATCH.c.capacity_id)
        .where(CAPACITY.c.org_id == viewer.org_id)
        .group_by(MATCH.c.load_id)
        .subquery()
    )
