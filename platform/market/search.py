"""Searching open loads: by area, way, time, size, price and words, sorted and paged, within what the viewer may see.

A page is found in two steps: the ids from an index that holds every column a filter asks for (the partial indexes of
`mkt_load`), then the rows of those ids. However few loads fit, no more than one index is read from end to end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.areas import Lanes
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load, LoadState, Visibility
from haoyun.platform.market.offers import loads_of_rows
from haoyun.platform.market.paging import keyset, marker, page_size, whole
from haoyun.platform.market.searching import (
    among,
    count_up_to,
    is_open,
    on_lanes,
    overlapping,
    within,
    words_in,
)
from haoyun.platform.market.tables import CAPACITY, LOAD, LOAD_INVITED, MATCH
from haoyun.platform.market.values import Body, Page

_LAST = 1e18  # sorts what has no value behind everything


class Sort(StrEnum):
    """The order of a list of loads."""

    POSTED = "posted"  # the newest first
    PICKUP = "pickup"  # the soonest first
    PRICE_KM = "price_km"  # the best paid first
    SCORE = "score"  # the best match with one of the viewer's vehicles first
    DEADHEAD = "deadhead"  # the nearest to one of the viewer's vehicles first


_BY_MATCH = frozenset({Sort.SCORE, Sort.DEADHEAD})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFilter:
    """What a list of loads is limited to; None and empty do not limit.

    Areas are sets of place codes, `lanes` a set of pairs of them (see areas.py). The length of a load is its longest
    piece or the floor it takes, whichever is more. A limit on the price finds loads that name one. `mine` lists the
    viewer's own loads in every state.
    """

    origin_codes: frozenset[str] | None = None
    destination_codes: frozenset[str] | None = None
    lanes: Lanes | None = None
    body: Body | None = None
    min_weight_kg: int | None = None
    max_weight_kg: int | None = None
    min_length_cm: int | None = None
    max_length_cm: int | None = None
    pickup_from: datetime | None = None
    pickup_to: datetime | None = None
    delivery_from: datetime | None = None
    delivery_to: datetime | None = None
    min_price_fen: int | None = None
    max_price_fen: int | None = None
    min_per_km_fen: int | None = None
    max_per_km_fen: int | None = None
    words: str = ""
    states: frozenset[LoadState] = frozenset({LoadState.OPEN})
    mine: bool = False
    sort: Sort = Sort.POSTED


def list_loads(
    db: sa.Connection,
    filters: LoadFilter,
    viewer: Actor | None,
    limit: int = 50,
    after: str | None = None,
    *,
    count_to: int | None = None,
) -> Page[Load]:
    """One page of the loads that the viewer (None: the public) may see. Raises FieldErrors for a bad marker.

    With `count_to` a first page says how many there are as `whole`; `count_to` + 1 stands for more than that.
    """
    query = sa.select(LOAD.c.id).where(*_found(db, filters, viewer))
    query, key, descending = _sorted(query, filters.sort, viewer)
    paged = keyset(query, key, LOAD.c.id, descending=descending, limit=limit, after=after, count_to=count_to)
    rows = list(db.execute(paged))
    ids = [row.id for row in rows[: page_size(limit)]]
    found = {row.id: row for row in db.execute(sa.select(LOAD).where(LOAD.c.id.in_(ids)))} if ids else {}
    items = tuple(loads_of_rows(db, [found[one] for one in ids]))
    return Page(items, marker(rows, limit), whole(rows, count_to, after))


def count_loads(db: sa.Connection, filters: LoadFilter, viewer: Actor | None, most: int = 1000) -> int:
    """How many loads the filter finds; `most` + 1 stands for more than `most`."""
    query = sa.select(LOAD.c.id).where(*_found(db, filters, viewer))
    if filters.sort in _BY_MATCH:
        query = _sorted(query, filters.sort, viewer)[0]
    return count_up_to(db, query, most)


def loads_by_origin(db: sa.Connection, filters: LoadFilter, viewer: Actor | None) -> dict[str, int]:
    """How many of the found loads are picked up at each place, for a map."""
    code, wanted = LOAD.c.origin_code, replace(filters, sort=Sort.POSTED)
    query = sa.select(code, sa.func.count().label("loads")).where(*_found(db, wanted, viewer))
    return {row.origin_code: row.loads for row in db.execute(query.group_by(code))}


def _found(db: sa.Connection, filters: LoadFilter, viewer: Actor | None) -> list[sa.ColumnElement[bool]]:
    wanted = _conditions(db, filters)
    if filters.mine:
        return [LOAD.c.org_id == (viewer.org_id if viewer else ""), *wanted]
    if filters.states == {LoadState.OPEN}:
        scanned = filters.sort not in _BY_MATCH
        open_ = is_open(db, LOAD.c.state, {LoadState.OPEN.value}, scanned=scanned)
        return [open_, _shown_to(viewer), *wanted]
    states = LOAD.c.state.in_([state.value for state in filters.states])
    draft = LOAD.c.state == LoadState.DRAFT.value
    own = LOAD.c.org_id == (viewer.org_id if viewer else "")
    everything = viewer is not None and viewer.sees_all
    published = sa.true() if everything else sa.or_(sa.not_(draft), own)
    return [states, published, _shown_to(viewer), *wanted]


def _shown_to(viewer: Actor | None) -> sa.ColumnElement[bool]:
    """Which published loads the viewer may see: public ones, own ones, those that invite."""
    public = LOAD.c.visibility == Visibility.PUBLIC.value
    if viewer is None:
        return public
    if viewer.sees_all:
        return sa.true()
    invited = sa.select(LOAD_INVITED.c.load_id).where(LOAD_INVITED.c.org_id == viewer.org_id)
    return sa.or_(public, LOAD.c.org_id == viewer.org_id, LOAD.c.id.in_(invited))


def _conditions(db: sa.Connection, filters: LoadFilter) -> list[sa.ColumnElement[bool]]:
    c = LOAD.c
    found: list[sa.ColumnElement[bool]] = []
    if filters.origin_codes is not None:
        found.append(among(db, c.origin_code, filters.origin_codes))
    if filters.destination_codes is not None:
        found.append(among(db, c.destination_code, filters.destination_codes))
    if filters.lanes is not None:
        found += on_lanes(db, c.origin_code, c.destination_code, filters.lanes)
    if filters.body is not None:
        # No body's name is part of another's, so that a substring is a member.
        found.append(sa.or_(c.body == "", c.body.contains(filters.body.value)))
    found += within(c.weight_kg, filters.min_weight_kg, filters.max_weight_kg)
    if filters.min_length_cm is not None:
        found.append(sa.or_(c.ldm_cm >= filters.min_length_cm, c.max_piece_cm >= filters.min_length_cm))
    if filters.max_length_cm is not None:
        found += [c.ldm_cm <= filters.max_length_cm, c.max_piece_cm <= filters.max_length_cm]
    found += overlapping(c.pickup_start_ms, c.pickup_end_ms, filters.pickup_from, filters.pickup_to)
    found += overlapping(c.delivery_start_ms, c.delivery_end_ms, filters.delivery_from, filters.delivery_to)
    found += within(c.price_fen, filters.min_price_fen, filters.max_price_fen)
    if filters.min_per_km_fen is not None or filters.max_per_km_fen is not None:
        found.append(c.per_km_fen >= 0)
        found += within(c.per_km_fen, filters.min_per_km_fen, filters.max_per_km_fen)
    return found + words_in(db, c.goods_folded, filters.words)


def _sorted(
    query: sa.Select[Any], sort: Sort, viewer: Actor | None
) -> tuple[sa.Select[Any], sa.ColumnElement[Any], bool]:
    """The query, its sort key and whether that descends."""
    if sort is Sort.POSTED:
        return query, LOAD.c.posted_ms, True
    if sort is Sort.PICKUP:
        return query, LOAD.c.pickup_start_ms, False
    if sort is Sort.PRICE_KM:
        return query, LOAD.c.per_km_fen, True
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
