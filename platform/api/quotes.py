"""Quotes: name a price, and answer one. Accepting makes the order: one winner, however many try."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.orders import OrderOut
from haoyun.platform.api.resource import Input, Output, PageQuery, resource
from haoyun.platform.api.retries import idempotency_key, once_for
from haoyun.platform.api.schemas import Fen, Identifier
from haoyun.platform.services import services
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.quote import Quote, QuoteKind, QuoteState, Side
from haoyun.platform.trading.store import (
    accept_quote,
    counter,
    get_quote,
    list_quotes,
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


class QuoteQuery(PageQuery):
    """What a list of quotes is limited to."""

    load_id: Identifier | None = None
    capacity_id: Identifier | None = None
    live: Annotated[bool, Field(description="only those that can still be accepted")] = False


class QuoteOut(Output):
    """A price of one side; `answers` is the quote that it counters. A bid is a price in an auction."""

    id: str
    load_id: str
    capacity_id: str
    shipper_org: str
    carrier_org: str
    side: Side
    price_fen: int
    currency: str
    answers: str | None
    kind: QuoteKind
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
def list_mine(actor: Actor, query_data: QuoteQuery) -> Any:
    """The caller's quotes, made and received."""
    query = query_data
    with services().read() as db:
        return list_quotes(
            db,
            actor,
            load_id=query.load_id,
            capacity_id=query.capacity_id,
            live_only=query.live,
            limit=query.limit,
            after=query.after,
        )


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
    """Make the order. With `Idempotency-Key`, a repeated request gets the same order again.

    A bid is accepted once its auction has closed, where the publisher said that it chooses.
    """
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
    found, now, price = services(), services().now(), json_data.price_fen
    with found.write() as db:
        what = f"counter:{quote_id}"
        made = once_for(db, actor, what, now, lambda: counter(db, actor, quote_id, price, now).id)
        return get_quote(db, made, actor)


@blueprint.post("/quotes/<quote_id>/reject")
@trading
@blueprint.output(QuoteOut)
@blueprint.doc(summary="Reject a quote", security="bearer", responses=[401, 403, 404, 409])
def reject_quote(actor: Actor, quote_id: str) -> Quote:
    """Say no to the other side's quote."""
    found, now = services(), services().now()
    with found.write() as db:
        once_for(db, actor, f"reject:{quote_id}", now, lambda: reject(db, actor, quote_id, now).id)
        return get_quote(db, quote_id, actor)


@blueprint.post("/quotes/<quote_id>/withdraw")
@trading
@blueprint.output(QuoteOut)
@blueprint.doc(summary="Withdraw a quote", security="bearer", responses=[401, 403, 404, 409])
def withdraw(actor: Actor, quote_id: str) -> Quote:
    """Take the own quote back."""
    found, now = services(), services().now()
    with found.write() as db:
        once_for(db, actor, f"withdraw:{quote_id}", now, lambda: withdraw_quote(db, actor, quote_id, now).id)
        return get_quote(db, quote_id, actor)
