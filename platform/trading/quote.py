"""Quotes: priced offers of one side on a load and a capacity, and their life cycle.

A counter-offer is a new quote of the other side that names the one it answers; nothing is ever edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from haoyun.platform.market.errors import Checks
from haoyun.platform.market.lifecycle import check_move
from haoyun.platform.market.values import MAX_PRICE_FEN


class QuoteState(StrEnum):
    """Where a quote is in its life."""

    SUBMITTED = "SUBMITTED"  # the other side may accept, reject or counter it
    COUNTERED = "COUNTERED"  # answered by a newer quote of the other side
    ACCEPTED = "ACCEPTED"  # became an order
    REJECTED = "REJECTED"  # the other side said no
    WITHDRAWN = "WITHDRAWN"  # its maker took it back, or its truck was booked for the same time
    EXPIRED = "EXPIRED"  # nobody answered in time
    VOIDED = "VOIDED"  # another quote on the load was accepted


NEXT: Mapping[QuoteState, frozenset[QuoteState]] = {
    QuoteState.SUBMITTED: frozenset(
        {
            QuoteState.COUNTERED,
            QuoteState.ACCEPTED,
            QuoteState.REJECTED,
            QuoteState.WITHDRAWN,
            QuoteState.EXPIRED,
            QuoteState.VOIDED,
        }
    ),
    # A counter-offer that is withdrawn leaves the quote before it standing.
    QuoteState.COUNTERED: frozenset(
        {QuoteState.SUBMITTED, QuoteState.WITHDRAWN, QuoteState.EXPIRED, QuoteState.VOIDED}
    ),
    QuoteState.ACCEPTED: frozenset(),
    QuoteState.REJECTED: frozenset(),
    QuoteState.WITHDRAWN: frozenset(),
    QuoteState.EXPIRED: frozenset(),
    QuoteState.VOIDED: frozenset(),
}
LIVE = frozenset({QuoteState.SUBMITTED, QuoteState.COUNTERED})


class Side(StrEnum):
    """The two sides of a deal."""

    SHIPPER = "shipper"
    CARRIER = "carrier"

    @property
    def other(self) -> Side:
        """The side that answers."""
        return Side.CARRIER if self is Side.SHIPPER else Side.SHIPPER


class QuoteKind(StrEnum):
    """What a price is an offer of."""

    QUOTE = "quote"  # answered, countered, taken back
    BID = "bid"  # in an auction: binding until it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price of one side. `terms` is the wording of the load that it was made for. Raises FieldErrors."""

    id: str
    load_id: str
    capacity_id: str
    shipper_org: str
    carrier_org: str
    side: Side
    user_id: str
    price_fen: int
    currency: str
    terms: int
    answers: str | None
    state: QuoteState
    version: int
    valid_until: datetime
    created_at: datetime
    decided_at: datetime | None = None
    kind: QuoteKind = QuoteKind.QUOTE

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(0 < self.price_fen <= MAX_PRICE_FEN, "price_fen", "price_positive")
        checks.require(self.valid_until > self.created_at, "valid_until", "past")
        checks.done()

    def org_of(self, side: Side) -> str:
        """The organization on a side."""
        return self.shipper_org if side is Side.SHIPPER else self.carrier_org


def move(quote: Quote, to: QuoteState, now: datetime) -> Quote:
    """The quote in its next state. Raises ForbiddenMove."""
    check_move("quote", NEXT, quote.state, to)
    return replace(quote, state=to, version=quote.version + 1, decided_at=now)
