"""What happened in an auction, written in the transaction of the change: webhooks and the inbox read it after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.market.auction import Auction, AuctionState
from haoyun.platform.market.load import Load
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.tables import AUCTION_EVENT
from haoyun.tracking.instants import from_ms, to_ms


class Happened(StrEnum):
    """The steps of an auction that are told."""

    BID = "bid"  # a bid was made; the end may have moved
    CLOSED = "closed"  # no more bids; the publisher chooses
    AWARDED = "awarded"  # a bid became an order
    UNSOLD = "unsold"  # over without an award
    VOID = "void"  # its load was withdrawn or expired


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionEvent:
    """One step of an auction. `leader` has the lowest bid or has won, `passed` had the lowest before it."""

    seq: int
    load_id: str
    kind: Happened
    state: AuctionState
    lowest_fen: int | None
    ends_at: datetime
    bids: int
    at: datetime
    publisher: str
    bidders: frozenset[str]
    leader: str | None
    passed: str | None


def record_auction(
    db: sa.Connection,
    kind: Happened,
    load: Load,
    auction: Auction,
    bids: Sequence[Quote],
    now: datetime,
    passed: str | None = None,
) -> None:
    """Append a step. `bids` are those that count, the lowest first."""
    db.execute(
        sa.insert(AUCTION_EVENT).values(
            load_id=load.id,
            kind=kind.value,
            state=auction.state.value,
            lowest_fen=bids[0].price_fen if bids else None,
            ends_ms=to_ms(auction.ends_at),
            bids=auction.bids,
            at_ms=to_ms(now),
            publisher=load.org_id,
            bidders=orjson.dumps(sorted({bid.carrier_org for bid in bids})).decode(),
            leader=bids[0].carrier_org if bids else None,
            passed=passed,
        )
    )


def auction_event(row: Any) -> AuctionEvent:
    """The step of a row of trd_auction_event."""
    return AuctionEvent(
        seq=row.seq,
        load_id=row.load_id,
        kind=Happened(row.kind),
        state=AuctionState(row.state),
        lowest_fen=row.lowest_fen,
        ends_at=from_ms(row.ends_ms),
        bids=row.bids,
        at=from_ms(row.at_ms),
        publisher=row.publisher,
        bidders=frozenset(orjson.loads(row.bidders)),
        leader=row.leader,
        passed=row.passed,
    )
