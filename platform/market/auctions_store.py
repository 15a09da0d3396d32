"""Auctions in the database: one row a load. Whoever changes one has locked its load before (`lock_load`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.market.auction import (
    UNDER_WAY,
    Auction,
    AuctionState,
    AuctionTerms,
    Award,
    Unsold,
    started,
)
from haoyun.platform.market.errors import Conflict
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.tables import AUCTION, LOAD
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

_PLAIN = ("soft_close_min", "ceiling_fen", "step_fen", "decide_min")


def start_auction(db: sa.Connection, load: Load) -> None:
    """Begin the auction of a load that is offered by one, in place of an earlier one of the same load.

    A row is never deleted: whoever reads the load a moment earlier still finds its auction.
    """
    same = AUCTION.c.load_id == load.id
    if load.auction is None:
        going_on = AUCTION.c.state.in_([state.value for state in UNDER_WAY])
        db.execute(sa.update(AUCTION).where(same, going_on).values(state=AuctionState.VOID.value))
        return
    row = _row(started(load.id, load.auction))
    if not insert_new(db, AUCTION, row):
        db.execute(sa.update(AUCTION).where(same).values(row))


def find_auction(db: sa.Connection, load_id: str) -> Auction | None:
    """The auction of a load, also one that is over."""
    row = db.execute(sa.select(AUCTION).where(AUCTION.c.load_id == load_id)).one_or_none()
    return _auction(row) if row else None


def save_auction(db: sa.Connection, auction: Auction) -> None:
    """Store the course of an auction whose load is locked."""
    db.execute(sa.update(AUCTION).where(AUCTION.c.load_id == auction.load_id).values(_row(auction)))


def auctions_due(db: sa.Connection, now: datetime, most: int) -> list[str]:
    """Loads whose auction is to be closed, decided or given up, the earliest first."""
    a = AUCTION.c
    over = sa.or_(
        sa.and_(a.state == AuctionState.RUNNING.value, a.ends_ms <= to_ms(now)),
        sa.and_(a.state == AuctionState.DECIDING.value, a.decide_ms <= to_ms(now)),
        LOAD.c.state != LoadState.OPEN.value,
    )
    query = (
        sa.select(a.load_id)
        .join(LOAD, LOAD.c.id == a.load_id)
        .where(a.state.in_([state.value for state in UNDER_WAY]), over)
        .order_by(a.ends_ms, a.load_id)
        .limit(most)
    )
    return list(db.scalars(query))


def must_be_without_bids(db: sa.Connection, load: Load) -> None:
    """Raise Conflict for a load whose auction has bids: they were made for its terms."""
    auction = find_auction(db, load.id) if load.auction is not None else None
    if auction is not None and auction.bids:
        raise Conflict("auction_has_bids", count=auction.bids)


def _row(auction: Auction) -> dict[str, Any]:
    terms = auction.terms
    return {
        **{name: getattr(terms, name) for name in _PLAIN},
        "load_id": auction.load_id,
        "closes_ms": to_ms(terms.closes_at),
        "latest_ms": None if terms.latest_at is None else to_ms(terms.latest_at),
        "award": terms.award.value,
        "unsold": terms.unsold.value,
        "state": auction.state.value,
        "ends_ms": to_ms(auction.ends_at),
        "bids": auction.bids,
        "closed_ms": None if auction.closed_at is None else to_ms(auction.closed_at),
        "decide_ms": None if auction.decide_until is None else to_ms(auction.decide_until),
    }


def _auction(row: Any) -> Auction:
    return Auction(
        load_id=row.load_id,
        terms=auction_terms(row),
        state=AuctionState(row.state),
        ends_at=from_ms(row.ends_ms),
        bids=row.bids,
        closed_at=find_instant(row.closed_ms),
        decide_until=find_instant(row.decide_ms),
    )


def auction_terms(row: Any) -> AuctionTerms:
    """The terms of a row of mkt_auction."""
    return AuctionTerms(
        **{name: getattr(row, name) for name in _PLAIN},
        closes_at=from_ms(row.closes_ms),
        latest_at=find_instant(row.latest_ms),
        award=Award(row.award),
        unsold=Unsold(row.unsold),
    )
