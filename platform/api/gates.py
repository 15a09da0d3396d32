"""The own gates now, for pages and for screens beside the gate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in
from haoyun.platform.api.resource import Output, resource
from haoyun.platform.services import services
from haoyun.rfid_ingest.gate_watch import gate_states

blueprint = resource("gates", "Gates")


class UnknownTagOut(Output):
    """A tag that nobody expects: no EPC, or one that is bound to no consignment."""

    text: str
    is_epc: bool


class MissingOut(Output):
    """Units of a consignment that did not pass here although others of it did."""

    journey_id: str
    passed: int
    units: list[str]


class PointOut(Output):
    """A read point."""

    key: str
    place: str
    direction: str
    biz_step: str
    antennas: list[int]
    reads_per_s: float
    tags: int
    last_read_at: datetime | None
    unknown: list[UnknownTagOut]
    missing: list[MissingOut]


class HealthOut(Output):
    """The last that a reader said of itself."""

    kind: str
    antenna: int | None
    detail: str
    received_at: datetime


class GateOut(Output):
    """A reader with its read points; `ahead_ms` is how far its clock runs ahead."""

    reader: str
    last_message_at: datetime | None
    is_silent: bool
    ahead_ms: int
    health: list[HealthOut]
    points: list[PointOut]


class GatePage(Output):
    """The readers of the caller's organization."""

    items: list[GateOut]
    next: str | None


@blueprint.get("/gates")
@signed_in
@blueprint.output(GatePage)
@blueprint.doc(summary="The own gates now", security="bearer", responses=[401])
def list_mine(actor: Actor) -> object:
    """Reads a second, unknown tags, what is missing, and how the readers are; of the own organization only."""
    found = services()
    with found.read_tracking() as db:
        states = gate_states(db, actor.org_id, found.now())
    return {"items": [{**_plain(state), "health": _health(state.health)} for state in states], "next": None}


def _plain(state: Any) -> dict[str, Any]:
    return {
        name: getattr(state, name)
        for name in ("reader", "last_message_at", "is_silent", "ahead_ms", "points")
    }


def _health(states: Any) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.report.kind,
            "antenna": one.report.antenna,
            "detail": one.report.detail,
            "received_at": one.received_at,
        }
        for one in states
    ]
