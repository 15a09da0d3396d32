"""Auctions of loads: carriers underbid each other until it closes, and the lowest all-in price wins. Pure.

`AuctionTerms` is what the publisher writes; `Auction` is the course of one. A bid is a quote of trading; what stands
here is which prices and instants an auction takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from haoyun.platform.market.errors import Checks
from haoyun.platform.market.lifecycle import check_move
from haoyun.platform.market.values import MAX_PRICE_FEN

MAX_SOFT_CLOSE_MIN = 60
DECIDE_MIN, MAX_DECIDE_MIN = 15, 24 * 60
EXTENSIONS = 6  # of the soft close, where the publisher names no latest end
# What is won has to be awarded before the load expires; the worker may be busy or start anew meanwhile.
AWARD_TIME = timedelta(minutes=15)


class AuctionState(StrEnum):
    """Where an auction is in its course."""

    RUNNING = "RUNNING"  # bids come in
    DECIDING = "DECIDING"  # closed; the publisher chooses a bid
    AWARDED = "AWARDED"  # a bid became an order
    UNSOLD = "UNSOLD"  # closed without a valid bid, or the publisher chose none in time
    VOID = "VOID"  # its load was withdrawn or expired first


NEXT: Mapping[AuctionState, frozenset[AuctionState]] = {
    AuctionState.RUNNING: frozenset(
        {AuctionState.DECIDING, AuctionState.AWARDED, AuctionState.UNSOLD, AuctionState.VOID}
    ),
    AuctionState.DECIDING: frozenset({AuctionState.AWARDED, AuctionState.UNSOLD, AuctionState.VOID}),
    AuctionState.AWARDED: frozenset(),
    AuctionState.UNSOLD: frozenset(),
    AuctionState.VOID: frozenset(),
}
UNDER_WAY = frozenset({AuctionState.RUNNING, AuctionState.DECIDING})


class Award(StrEnum):
    """Who says which bid wins."""

    LOWEST = "lowest"  # nobody: the lowest valid bid, at the closing
    PUBLISHER = "publisher"  # the publisher, within `decide_min` of the closing


class Unsold(StrEnum):
    """What becomes of the load when the auction ends without an award."""

    ASK = "ask"  # on offer again: carriers quote
    EXPIRE = "expire"  # it is taken off the market


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionTerms:
    """What the publisher sets. Money in fen, instants aware. Raises FieldErrors.

    A bid in the last `soft_close_min` minutes moves the end by as many, never beyond `latest_at` (None: room for
    EXTENSIONS of them). No bid is above `ceiling_fen`; with a step each bid is at least so far below the lowest.
    """

    closes_at: datetime
    latest_at: datetime | None = None
    soft_close_min: int = 5
    ceiling_fen: int | None = None
    step_fen: int = 0
    award: Award = Award.LOWEST
    decide_min: int = 120
    unsold: Unsold = Unsold.ASK

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.closes_at.tzinfo is not None, "closes_at", "naive")
        checks.require(self.latest_at is None or self.latest_at.tzinfo is not None, "latest_at", "naive")
        checks.between("soft_close_min", self.soft_close_min, 0, MAX_SOFT_CLOSE_MIN)
        checks.between("decide_min", self.decide_min, DECIDE_MIN, MAX_DECIDE_MIN)
        if self.ceiling_fen is not None:
            checks.require(0 < self.ceiling_fen <= MAX_PRICE_FEN, "ceiling_fen", "price_positive")
        checks.require(0 <= self.step_fen <= MAX_PRICE_FEN, "step_fen", "auction_step")
        if self.ceiling_fen is not None:
            checks.require(self.step_fen < self.ceiling_fen, "step_fen", "auction_step_ceiling")
        checks.done()
        checks.require(
            self.latest_at is None or self.latest_at >= self.closes_at, "latest_at", "auction_latest"
        )
        checks.done()

    @property
    def last_end(self) -> datetime:
        """The latest instant at which it can close."""
        return self.latest_at or self.closes_at + EXTENSIONS * timedelta(minutes=self.soft_close_min)

    @property
    def load_needed_until(self) -> datetime:
        """How long the load must be open, so that what was won can be awarded."""
        decide = timedelta(minutes=self.decide_min) if self.award is Award.PUBLISHER else timedelta()
        return self.last_end + decide + AWARD_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Auction:
    """The course of one load's auction. `bids` counts what was bid, also what no longer counts."""

    load_id: str
    terms: AuctionTerms
    state: AuctionState
    ends_at: datetime
    bids: int
    closed_at: datetime | None = None
    decide_until: datetime | None = None

    def takes_bids(self, now: datetime) -> bool:
        """Whether a bid made now is in time."""
        return self.state is AuctionState.RUNNING and now < self.ends_at

    def is_decided_by_publisher(self, now: datetime) -> bool:
        """Whether the publisher may choose a bid now."""
        deciding = self.state is AuctionState.DECIDING and self.decide_until is not None
        return deciding and self.decide_until is not None and now < self.decide_until


def started(load_id: str, terms: AuctionTerms) -> Auction:
    """The auction of a load that was just posted, or got new terms."""
    return Auction(load_id=load_id, terms=terms, state=AuctionState.RUNNING, ends_at=terms.closes_at, bids=0)


def with_bid(auction: Auction, now: datetime) -> Auction:
    """The auction after a bid: one of the last minutes moves the end."""
    soft = timedelta(minutes=auction.terms.soft_close_min)
    ends_at = auction.ends_at
    if ends_at - now <= soft:
        ends_at = max(ends_at, min(ends_at + soft, auction.terms.last_end))
    return replace(auction, bids=auction.bids + 1, ends_at=ends_at)


def highest_bid(terms: AuctionTerms, lowest_fen: int | None, own_fen: int | None) -> int:
    """The highest price in fen that is a bid now, for one who has bid `own_fen`; below 1 there is none left."""
    most = MAX_PRICE_FEN if terms.ceiling_fen is None else terms.ceiling_fen
    if own_fen is not None:
        most = min(most, own_fen - 1)
    if terms.step_fen and lowest_fen is not None:
        most = min(most, lowest_fen - terms.step_fen)
    return most


def move(auction: Auction, to: AuctionState, now: datetime) -> Auction:
    """The auction in its next state. Raises ForbiddenMove."""
    check_move("auction", NEXT, auction.state, to)
    if to is AuctionState.DECIDING:
        until = now + timedelta(minutes=auction.terms.decide_min)
        return replace(auction, state=to, closed_at=now, decide_until=until)
    return replace(auction, state=to, closed_at=auction.closed_at or now)
