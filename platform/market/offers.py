"""Many offers at once, whoever asks: for matching, which tells nobody more than may be seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from haoyun.platform.market.auctions_store import auction_terms
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load, PriceMode, Visibility
from haoyun.platform.market.rows import capacity_of, load_of
from haoyun.platform.market.searching import among
from haoyun.platform.market.tables import AUCTION, CAPACITY, LOAD, LOAD_INVITED


def read_loads(db: sa.Connection, load_ids: Iterable[str]) -> dict[str, Load]:
    """Loads by id."""
    rows = list(db.execute(sa.select(LOAD).where(among(db, LOAD.c.id, set(load_ids)))))
    return {load.id: load for load in loads_of_rows(db, rows)}


def read_capacities(db: sa.Connection, capacity_ids: Iterable[str]) -> dict[str, Capacity]:
    """Capacities by id."""
    rows = db.execute(sa.select(CAPACITY).where(among(db, CAPACITY.c.id, set(capacity_ids))))
    return {row.id: capacity_of(row) for row in rows}


def loads_of_rows(db: sa.Connection, rows: Sequence[Any]) -> list[Load]:
    """The loads of rows of mkt_load, with the organizations they are shown to, and their auctions."""
    narrow = [row.id for row in rows if row.visibility != Visibility.PUBLIC.value]
    invited: dict[str, set[str]] = {}
    if narrow:
        for row in db.execute(sa.select(LOAD_INVITED).where(among(db, LOAD_INVITED.c.load_id, narrow))):
            invited.setdefault(row.load_id, set()).add(row.org_id)
    auctioned = [row.id for row in rows if row.price_mode == PriceMode.AUCTION.value]
    auctions = (
        {
            row.load_id: auction_terms(row)
            for row in db.execute(sa.select(AUCTION).where(AUCTION.c.load_id.in_(auctioned)))
        }
        if auctioned
        else {}
    )
    return [load_of(row, frozenset(invited.get(row.id, ())), auctions.get(row.id)) for row in rows]
