"""Recall: where everything of a lot, pallet or item went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.downloads import CSV, download
from haoyun.platform.api.guard import signed_in
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services
from haoyun.platform.warehouse.recall import recall, trace_csv
from haoyun.rfid_ingest.epcis.identity import uri_of_key
from haoyun.rfid_ingest.trace import Link, Role, Trace

blueprint = resource("recall", "Recall")


class RecallQuery(Input):
    """A lot `(01)…(10)…`, an item, a pallet, a container: as a scanner sends it."""

    what: Annotated[str, Field(min_length=1, max_length=200)]
    output: Literal["json", "csv"] = "json"


class SightingOut(Output):
    """Where something was seen last; `via` is what was read: itself, or what it was in."""

    at: datetime
    place: str
    biz_step: str
    disposition: str
    via: str
    event_id: str


class ThingOut(Output):
    """A thing of the trace; `level` is how far from what was asked for."""

    uri: str
    role: Role
    level: int
    last: SightingOut | None


class EdgeOut(Output):
    """`child` was in `parent` from `since` to `until` (null: still), or `parent` was made of `child`."""

    child: str
    parent: str
    since: datetime
    until: datetime | None
    link: Link
    quantity: float | None
    event_id: str


class TraceOut(Output):
    """The way of what was asked for; `is_cut`: there was more."""

    start: str
    events: int
    is_cut: bool
    things: list[ThingOut]
    edges: list[EdgeOut]


@blueprint.get("/recall")
@signed_in
@blueprint.input(RecallQuery, location="query")
@blueprint.output(TraceOut)
@blueprint.doc(summary="Where everything of a lot went", security="bearer", responses=[401, 422])
def get_recall(actor: Actor, query_data: RecallQuery) -> Any:
    """Up and down the containment over time, with the last place of everything, over the caller's events."""
    found = recall(services().databases, actor, query_data.what)
    if query_data.output == "csv":
        return trace_download(found)
    return trace_out(found)


def trace_download(found: Trace, names: dict[str, str] | None = None) -> Response:
    """The trace as a CSV file."""
    return download(trace_csv(found, names), CSV, "recall.csv")


def trace_out(found: Trace) -> dict[str, Any]:
    """The trace as JSON."""
    return {
        "start": uri_of_key(found.start),
        "events": found.events,
        "is_cut": found.is_cut,
        "things": [
            {"uri": one.uri, "role": one.role, "level": one.level, "last": _sighting(one.last)}
            for one in found.things
        ],
        "edges": [
            {
                "child": uri_of_key(one.child),
                "parent": uri_of_key(one.parent),
                "since": one.since,
                "until": one.until,
                "link": one.link,
                "quantity": one.quantity,
                "event_id": one.event_id,
            }
            for one in found.edges
        ],
    }


def _sighting(seen: Any) -> dict[str, Any] | None:
    if seen is None:
        return None
    names = ("at", "place", "biz_step", "disposition", "event_id")
    return {**{name: getattr(seen, name) for name in names}, "via": uri_of_key(seen.via)}
