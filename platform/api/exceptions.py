"""Exceptions of shipments: what somebody should look at, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.problems import not_found
from haoyun.platform.api.resource import Input, Output, PageQuery, resource
from haoyun.platform.services import services
from haoyun.platform.trading.exceptions import OrderException, list_exceptions, settle
from haoyun.tracking.exceptions import ExceptionKind, ExceptionState, RecordedException
from haoyun.tracking.timeline import Source

blueprint = resource("exceptions", "Exceptions")


class ExceptionOut(Output):
    """Something wrong with a shipment. `note` is what the shipper said who settled it."""

    id: int
    kind: ExceptionKind
    subject: str
    source: Source
    state: ExceptionState
    occurred_at: datetime
    raised_at: datetime
    cleared_at: datetime | None
    settled_at: datetime | None
    note: str
    evidence: dict[str, str | float]


class OrderExceptionOut(ExceptionOut):
    """An exception and its order."""

    order_id: str
    tracking_number: str


class ExceptionPage(Output):
    """One page, the newest first."""

    items: list[OrderExceptionOut]
    next: str | None


class ExceptionQuery(PageQuery):
    """What the list is limited to."""

    state: Literal["standing", "all"] = "standing"
    after: Annotated[str | None, Field(pattern=r"^\d{1,18}$", description="`next` of the page before")] = None


class Settlement(Input):
    """What came of it."""

    note: str


@blueprint.get("/exceptions")
@signed_in
@blueprint.input(ExceptionQuery, location="query")
@blueprint.output(ExceptionPage)
@blueprint.doc(summary="List exceptions of own orders", security="bearer", responses=[401, 422])
def list_own(actor: Actor, query_data: ExceptionQuery) -> object:
    """What should be looked at, of all orders that the caller is a side of: reads that are missing, temperatures,
    gaps, damage. `state=all` shows also those that are over."""
    before = int(query_data.after) if query_data.after else None
    found = list_exceptions(
        services().databases,
        actor,
        standing=query_data.state == "standing",
        before=before,
        limit=query_data.limit + 1,
    )
    more = len(found) > query_data.limit
    items = found[: query_data.limit]
    return {
        "items": [_with_order(one) for one in items],
        "next": str(items[-1].recorded.id) if more else None,
    }


@blueprint.post("/exceptions/<exception_id>/settle")
@trading
@blueprint.input(Settlement)
@blueprint.output(OrderExceptionOut)
@blueprint.doc(summary="Settle an exception", security="bearer", responses=[401, 403, 404, 409, 422])
def settle_one(actor: Actor, exception_id: str, json_data: Settlement) -> object:
    """The shipper says what came of it; evidence neither clears nor raises it again. Repeating is harmless."""
    found = services()
    if not exception_id.isdecimal() or len(exception_id) > 18:
        raise not_found()
    return _with_order(settle(found.databases, actor, int(exception_id), json_data.note, found.now()))


def exception_out(recorded: RecordedException) -> dict[str, Any]:
    """An exception as a side of the order sees it."""
    one = recorded.exception
    own = ("id", "state", "raised_at", "cleared_at", "settled_at", "note")
    return {
        **{name: getattr(recorded, name) for name in own},
        **{name: getattr(one, name) for name in ("kind", "subject", "source", "occurred_at")},
        "evidence": dict(one.evidence),
    }


def _with_order(found: OrderException) -> dict[str, Any]:
    return {
        **exception_out(found.recorded),
        "order_id": found.order_id,
        "tracking_number": found.tracking_number,
    }
