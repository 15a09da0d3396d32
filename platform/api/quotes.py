"""Quotes: name a price, and answer one. Accepting makes the order: one winner, however many try."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.orders import OrderOut
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import idempotency_key, once_for
from haoyun.platform.api.schemas import Fen, Identifier
from haoyun.platform.services import services
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.quote import Quote, QuoteState, Side
from haoyun.platform.trading.store import (
    accept_quote,
    counter,
    get_quote,
    quotes_of,
    reject,
    submit_quote,
    withdraw_quote,
)

blueprint = resource("quotes", "Quotes")


class NewQuote(Input):
    """A price for moving a load with a capacity; one of the two is the caller's own."""

    load_id: Identifier
    capacity_id: Identifier
    price_fen: Fen


class Counter(Input):
    """Another price, as the answer to a quote."""

    price_fen: Fen


class QuoteQuery(Input):
    """What a list of quotes is limited to."""

    load_id: Identifier | None = None
    live: Annotated[bool, Field(description="only those that can still be accepted")] = False
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class QuoteOut(Output):
    """A price of one side; `answers` is the quote that it counters."""

    id: str
    load_id: str
    capacity_id: str
    shipper_org: str
    carrier_org: str
    side: Side
    price_fen: int
    currency: str
    answers: str | None
    state: QuoteState
    version: int
    valid_until: datetime
    created_at: datetime
    decided_at: datetime | None


class QuotePage(Output):
    """Quotes made and received, the newest first."""

    items: list[QuoteOut]
    next: str | None


@blueprint.post("/quotes")
@trading
@blueprint.input(NewQuote)
@blueprint.output(QuoteOut, 201)
@blueprint.doc(summary="Name a price", security="bearer", responses=[401, 403, 404, 409, 422])
def create_quote(actor: Actor, json_data: NewQuote) -> Quote:
    """A carrier quotes on a load for its capacity, a shipper on a capacity for its load."""
    found, now, new = services(), services().now(), json_data
    with found.write() as db:
        quote_id = once_for(
            db,
            actor,
            "quote",
            now,
            lambda: submit_quote(db, actor, new.load_id, new.capacity_id, new.price_fen, now).id,
        )
        return get_quote(db, quote_id, actor)


@blueprint.get("/quotes")
@signed_in
@blueprint.input(QuoteQuery, location="query")
@blueprint.output(QuotePage)
@blueprint.doc(summary="List quotes", security="bearer", responses=[401, 422])
def list_mine(actor: Actor, query_data: QuoteQuery) -> object:
    """The caller's quotes, made and received."""
    with services().read() as db:
        quotes = quotes_of(
            db, actor, load_id=query_data.load_id, live_only=query_data.live, limit=query_data.limit
        )
    return {"items": quotes, "next": None}


@blueprint.get("/quotes/<quote_id>")
@signed_in
@blueprint.output(QuoteOut)
@blueprint.doc(summary="A quote", security="bearer", responses=[401, 404])
def get_one(actor: Actor, quote_id: str) -> Quote:
    """One quote of the caller's deals."""
    with services().read() as db:
        return get_quote(db, quote_id, actor)


@blueprint.post("/quotes/<quote_id>/accept")
@trading
@blueprint.output(OrderOut, 201)
@blueprint.doc(summary="Accept a quote", security="bearer", responses=[401, 403, 404, 409])
def accept(actor: Actor, quote_id: str) -> Order:
    """Make the order. With `Idempotency-Key`, a repeated request gets the same order again."""
    found = services()
    with found.write() as db:
        return accept_quote(db, actor, quote_id, found.now(), idempotency_key())


@blueprint.post("/quotes/<quote_id>/counter")
@trading
@blueprint.input(Counter)
@blueprint.output(QuoteOut, 201)
@blueprint.doc(summary="Counter a quote", security="bearer", responses=[401, 403, 404, 409, 422])
def counter_quote(actor: Actor, quote_id: str, json_data: Counter) -> Quote:
    """Answer with another price: a new quote of the other side."""
    found = services()
    with found.write() as db:
        return counter(db, actor, quote_id, json_data.price_fen, found.now())


@blueprint.post("/quotes/<quote_id>/reject")
@trading
@blueprint.output(QuoteOut)
@blueprint.doc(summary="Reject a quote", security="bearer", responses=[401, 403, 404, 409])
def reject_quote(actor: Actor, quote_id: str) -> Quote:
    """Say no to the other side's quote."""
    found = services()
    with found.write() as db:
        return reject(db, actor, quote_id, found.now())


@blueprint.post("/quotes/<quote_id>/withdraw")
@trading
@blueprint.output(QuoteOut)
@blueprint.doc(summary="Withdraw a quote", security="bearer", responses=[401, 403, 404, 409])
def withdraw(actor: Actor, quote_id: str) -> Quote:
    """Take the own quote back."""
    found = services()
    with found.write() as db:
        return withdraw_quote(db, actor, quote_id, found.now())
