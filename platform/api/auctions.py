"""Auctions: how one stands, and bids on it. Choosing a bid is accepting it, as any quote."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.quotes import QuoteOut
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import AuctionTermsOut, Fen, Identifier
from haoyun.platform.market.auction import AuctionState
from haoyun.platform.services import services
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.store import get_quote, place_bid, standing_of

blueprint = resource("auctions", "Auctions")


class NewBid(Input):
    """An all-in price for moving the load with an own capacity."""

    capacity_id: Identifier
    price_fen: Fen


class StandingOut(Output):
    """How an auction stands: nobody but the publisher sees who bids.

    `rank` is the place of the caller's best bid among the organizations, `most_fen` the highest price that it could
    bid now; null where it has none, or cannot. `bids` are all for the publisher and the caller's own for others.
    """

    load_id: str
    state: AuctionState
    terms: AuctionTermsOut
    ends_at: datetime
    closed_at: datetime | None
    decide_until: datetime | None
    lowest_fen: int | None
    bidders: int
    rank: int | None
    own_fen: int | None
    most_fen: int | None
    bids: list[QuoteOut]


@blueprint.get("/loads/<load_id>/auction")
@signed_in
@blueprint.output(StandingOut)
@blueprint.doc(summary="How an auction stands", security="bearer", responses=[401, 404])
def standing(actor: Actor, load_id: str) -> dict[str, Any]:
    """The lowest price and the end for who sees the load; the own rank for who bids; all bids for the publisher."""
    found = services()
    with found.read() as db:
        stands = standing_of(db, load_id, actor, found.now())
    auction = stands.auction
    course = ("load_id", "state", "terms", "ends_at", "closed_at", "decide_until")
    view = ("lowest_fen", "bidders", "rank", "own_fen", "most_fen")
    return {
        **{name: getattr(auction, name) for name in course},
        **{name: getattr(stands, name) for name in view},
        "bids": list(stands.bids),
    }


@blueprint.post("/loads/<load_id>/bids")
@trading
@blueprint.input(NewBid)
@blueprint.output(QuoteOut, 201)
@blueprint.doc(summary="Bid on a load", security="bearer", responses=[401, 403, 404, 409, 422])
def bid(actor: Actor, load_id: str, json_data: NewBid) -> Quote:
    """A bid is binding until the auction is over, and can be lowered by another one; its vehicle must fit the load."""
    found, now, new = services(), services().now(), json_data
    context = found.market.snapshot(now)
    with found.write() as db:
        made = once_for(
            db,
            actor,
            f"bid:{load_id}",
            now,
            lambda: place_bid(db, actor, load_id, new.capacity_id, new.price_fen, now, context).id,
        )
        return get_quote(db, made, actor)
