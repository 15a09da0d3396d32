"""Searching capacities on offer: where they stand and go, when, how much room, at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.areas import Lanes
from haoyun.platform.market.capacity import MATCHABLE, Capacity, CapacityState
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.paging import keyset, marker, page_size, whole
from haoyun.platform.market.rows import capacity_of
from haoyun.platform.market.searching import among, count_up_to, is_open, on_lanes, overlapping, within
from haoyun.platform.market.tables import CAPACITY, LOAD, MATCH
from haoyun.platform.market.values import Body, Page

_LAST = 1e18  # sorts what has no value behind everything


class CapacitySort(StrEnum):
    """The order of a list of capacities."""

    POSTED = "posted"  # the newest first
    READY = "ready"  # the soonest first
    COST_KM = "cost_km"  # the cheapest kilometre first
    SCORE = "score"  # the best match with one of the viewer's loads first
    DEADHEAD = "deadhead"  # the nearest to one of the viewer's loads first


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityFilter:
    """What a list of capacities is limited to; None does not limit.

    A capacity without a destination goes anywhere: a destination finds it too, a way (`lanes`) does not. `mine` lists
    the viewer's own in every state.
    """

    origin_codes: frozenset[str] | None = None
    destination_codes: frozenset[str] | None = None
    lanes: Lanes | None = None
    body: Body | None = None
    min_weight_kg: int | None = None
    max_weight_kg: int | None = None
    min_length_cm: int | None = None
    max_length_cm: int | None = None
    ready_from: datetime | None = None
    ready_to: datetime | None = None
    min_cost_per_km_fen: int | None = None
    max_cost_per_km_fen: int | None = None
    max_price_fen: int | None = None  # the least that the carrier takes is at most this, or not named
    states: frozenset[CapacityState] = MATCHABLE
    mine: bool = False
    sort: CapacitySort = CapacitySort.POSTED


def list_capacities(
    db: sa.Connection,
    filters: CapacityFilter,
    viewer: Actor | None,
    limit: int = 50,
    after: str | None = None,
    *,
    count_to: int | None = None,
) -> Page[Capacity]:
    """One page of capacities; open ones are public. Raises FieldErrors for a bad marker.

    With `count_to` a first page says how many there are as `whole`; `count_to` + 1 stands for more than that.
    """
    query = sa.select(CAPACITY.c.id).where(*_found(db, filters, viewer))
    query, key, descending = _sorted(query, filters.sort, viewer)
    paged = keyset(
        query, key, CAPACITY.c.id, descending=descending, limit=limit, after=after, count_to=count_to
    )
    rows = list(db.execute(paged))
    ids = [row.id for row in rows[: page_size(limit)]]
    found = (
        {row.id: row for row in db.execute(sa.select(CAPACITY).where(CAPACITY.c.id.in_(ids)))} if ids else {}
    )
    items = tuple(capacity_of(found[one]) for one in ids)
    return Page(items, marker(rows, limit), whole(rows, count_to, after))


def count_capacities(
    db: sa.Connection, filters: CapacityFilter, viewer: Actor | None, most: int = 1000
) -> int:
    """How many capacities the filter finds; `most` + 1 stands for more than `most`."""
    query = sa.select(CAPACITY.c.id).where(*_found(db, filters, viewer))
    if filters.sort in (CapacitySort.SCORE, CapacitySort.DEADHEAD):
        query = _sorted(query, filters.sort, viewer)[0]
    return count_up_to(db, query, most)


def capacities_by_origin(db: sa.Connection, filters: CapacityFilter, viewer: Actor | None) -> dict[str, int]:
    """How many of the found capacities stand at each place, for a map."""
    code = CAPACITY.c.origin_code
    query = sa.select(code, sa.func.count().label("trucks")).where(*_found(db, filters, viewer))
    return {row.origin_code: row.trucks for row in db.execute(query.group_by(code))}


def _found(db: sa.Connection, filters: CapacityFilter, viewer: Actor | None) -> list[sa.ColumnElement[bool]]:
    if filters.mine:
        states = CAPACITY.c.org_id == (viewer.org_id if viewer else "")
    else:
        shown = filters.states & _shown_to(viewer)
        names = sorted(state.value for state in shown)
        states = is_open(db, CAPACITY.c.state, names) if shown == MATCHABLE else CAPACITY.c.state.in_(names)
    return [states, *_conditions(db, filters)]


def _shown_to(viewer: Actor | None) -> frozenset[CapacityState]:
    """Strangers see only what is on offer."""
    if viewer is not None and viewer.sees_all:
        return frozenset(CapacityState)
    return MATCHABLE


def _conditions(db: sa.Connection, filters: CapacityFilter) -> list[sa.ColumnElement[bool]]:
    c = CAPACITY.c
    found: list[sa.ColumnElement[bool]] = []
    if filters.origin_codes is not None:
        found.append(among(db, c.origin_code, filters.origin_codes))
    if filters.destination_codes is not None:
        there = among(db, c.destination_code, filters.destination_codes)
        found.append(sa.or_(there, c.destination_code.is_(None)))
    if filters.lanes is not None:
        found += on_lanes(db, c.origin_code, c.destination_code, filters.lanes)
    if filters.body is not None:
        found.append(c.body == filters.body.value)
    found += within(c.weight_kg, filters.min_weight_kg, filters.max_weight_kg)
    found += within(c.length_cm, filters.min_length_cm, filters.max_length_cm)
    found += overlapping(c.ready_start_ms, c.ready_end_ms, filters.ready_from, filters.ready_to)
    found += within(c.cost_per_km_fen, filters.min_cost_per_km_fen, filters.max_cost_per_km_fen)
    if filters.max_price_fen is not None:
        found.append(sa.or_(c.min_price_fen.is_(None), c.min_price_fen <= filters.max_price_fen))
    return found


def _sorted(
    query: sa.Select[Any], sort: CapacitySort, viewer: Actor | None
) -> tuple[sa.Select[Any], sa.ColumnElement[Any], bool]:
    """The query, its sort key and whether that descends."""
    if sort is CapacitySort.POSTED:
        return query, CAPACITY.c.posted_ms, True
    if sort is CapacitySort.READY:
        return query, CAPACITY.c.ready_start_ms, False
    if sort is CapacitySort.COST_KM:
        return query, CAPACITY.c.cost_per_km_fen, False
    if viewer is None:
        raise FieldErrors({"sort": ("sort_needs_load", {})})
    best = (
        sa.select(
            MATCH.c.capacity_id,
            sa.func.max(MATCH.c.score).label("score"),
            sa.func.min(MATCH.c.deadhead_m).label("deadhead_m"),
        )
        .join(LOAD, LOAD.c.id == MATCH.c.load_id)
        .where(LOAD.c.org_id == viewer.org_id)
        .group_by(MATCH.c.capacity_id)
        .subquery()
    )
    joined = query.join(best, best.c.capacity_id == CAPACITY.c.id)
    if sort is CapacitySort.SCORE:
        return joined, best.c.score, True
    return joined, sa.func.coalesce(best.c.deadhead_m, sa.literal(_LAST)), False
