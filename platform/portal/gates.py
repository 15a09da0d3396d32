"""The gates of the own organization, live: the page asks every few seconds."""

from __future__ import annotations

from typing import Any

from flask import render_template

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.services import services
from haoyun.platform.warehouse.visible import orders_of_journeys
from haoyun.rfid_ingest.gate_watch import GateState, PointState, gate_states

SHOWN = 12  # unknown tags and missing units of a read point on the page; the rest is counted

blueprint = page_group("gates")


@blueprint.get("/warehouse/gates")
@signed_in
def index(actor: Actor) -> str:
    """All own readers with their read points."""
    return render_template("gates.html", **_now(actor))


@blueprint.get("/warehouse/gates/now")
@signed_in
def listed(actor: Actor) -> str:
    """The same without its frame, for the page's refresh."""
    return render_template("gates_now.html", **_now(actor))


def _now(actor: Actor) -> dict[str, Any]:
    found = services()
    with found.read_tracking() as db:
        states = gate_states(db, actor.org_id, found.now())
    journeys = {one.journey_id for state in states for point in state.points for one in point.missing}
    with found.read() as db:
        orders = orders_of_journeys(db, journeys, actor)
    return {
        "is_busy": is_busy,
        "quiet_points": quiet_points,
        "gates": sorted(states, key=_busiest_first),
        "orders": orders,
        "shown": SHOWN,
    }


def is_busy(point: PointState) -> bool:
    """Whether there is something to see: the others are named in one line."""
    return bool(point.tags or point.missing or point.unknown)


def quiet_points(state: GateState) -> list[PointState]:
    """The read points at which nothing is to be seen."""
    return [point for point in state.points if not is_busy(point)]


def _busiest_first(state: GateState) -> tuple[bool, float, float, str]:
    """Trouble first, then where most is read, then who spoke last."""
    last = state.last_message_at.timestamp() if state.last_message_at else 0.0
    missing = any(point.missing for point in state.points)
    return (not missing, -sum(point.reads_per_s for point in state.points), -last, state.reader)
