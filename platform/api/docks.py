"""Docks of warehouses: what each takes, who may book it, and when it is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Instant, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.docks.dock import Dock, DockDraft, OpenTo, Purpose
from haoyun.platform.docks.docks_store import (
    Closure,
    add_dock,
    change_dock,
    close_dock,
    closures_of,
    end_dock,
    get_dock,
    open_again,
    own_dock,
)
from haoyun.platform.market.values import Body, window
from haoyun.platform.services import services

blueprint = resource("docks", "Docks")


class NewDock(Input):
    """A dock; at one stands one vehicle at a time. Lengths are of the loading space."""

    name: Annotated[str, Field(max_length=40)]
    bodies: Annotated[list[Body], Field(max_length=20, description="empty: any")] = Field(
        default_factory=list
    )
    purposes: Annotated[list[Purpose], Field(max_length=2)] = Field(default_factory=lambda: list(Purpose))
    max_length_cm: int | None = None
    max_height_cm: int | None = None
    hazardous: bool = False
    refrigerated: bool = False
    slot_min: Annotated[int, Field(description="minutes of a slot, a multiple of 15")] = 60
    open_to: OpenTo = OpenTo.PARTNERS
    lead_min: Annotated[int, Field(description="minutes ahead at which others book at the latest")] = 60
    horizon_days: Annotated[int, Field(description="days ahead at which it is booked at most")] = 14

    def draft(self) -> DockDraft:
        """As docks take it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in NewDock.model_fields}
        sets = {name: frozenset(values[name]) for name in ("bodies", "purposes")}
        return DockDraft(**values | sets)


class ChangedDock(NewDock):
    """All of it anew; `version` is the one that was read."""

    version: int


class NewClosure(Input):
    """From when to when a dock is not booked."""

    start: Instant
    end: Instant
    reason: Annotated[str, Field(max_length=120)] = ""


class DockOut(Output):
    """A dock."""

    id: str
    warehouse_id: str
    name: str
    bodies: list[Body]
    purposes: list[Purpose]
    max_length_cm: int | None
    max_height_cm: int | None
    hazardous: bool
    refrigerated: bool
    slot_min: int
    open_to: OpenTo
    lead_min: int
    horizon_days: int
    version: int


class ClosureOut(Output):
    """A time at which a dock is not booked."""

    id: str
    dock_id: str
    start: datetime
    end: datetime
    reason: str


class ClosurePage(Output):
    """Closures that are not over, by start."""

    items: list[ClosureOut]
    next: str | None


@blueprint.post("/warehouses/<warehouse_id>/docks")
@trading
@blueprint.input(NewDock)
@blueprint.output(DockOut, 201)
@blueprint.doc(summary="Register a dock", security="bearer", responses=[401, 403, 404, 422])
def create_dock(actor: Actor, warehouse_id: str, json_data: NewDock) -> Dock:
    """A dock of an own warehouse."""
    found, now = services(), services().now()
    with found.write() as db:
        made = once_for(
            db,
            actor,
            f"dock:{warehouse_id}",
            now,
            lambda: add_dock(db, actor, warehouse_id, json_data.draft(), now).id,
        )
        return get_dock(db, made, actor)


@blueprint.put("/docks/<dock_id>")
@trading
@blueprint.input(ChangedDock)
@blueprint.output(DockOut)
@blueprint.doc(summary="Change a dock", security="bearer", responses=[401, 403, 404, 409, 422])
def put_dock(actor: Actor, dock_id: str, json_data: ChangedDock) -> Dock:
    """Write all of it anew; bookings that stand stay as they are."""
    with services().write() as db:
        return change_dock(db, actor, dock_id, json_data.draft(), json_data.version)


@blueprint.delete("/docks/<dock_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Take a dock out of use", security="bearer", responses=[401, 403, 404, 409])
def delete_dock(actor: Actor, dock_id: str) -> tuple[str, int]:
    """Not while bookings stand."""
    found = services()
    with found.write() as db:
        end_dock(db, actor, dock_id, found.now())
    return "", 204


@blueprint.get("/docks/<dock_id>/closures")
@signed_in
@blueprint.output(ClosurePage)
@blueprint.doc(summary="Closures of a dock", security="bearer", responses=[401, 403, 404])
def closures(actor: Actor, dock_id: str) -> object:
    """Of an own dock, those that are not over; authorities read those of every dock."""
    found = services()
    with found.read() as db:
        if actor.sees_all:
            get_dock(db, dock_id, actor)
        else:
            own_dock(db, actor, dock_id)
        items = closures_of(db, [dock_id], found.now())
    return {"items": [closure_out(one) for one in items], "next": None}


@blueprint.post("/docks/<dock_id>/closures")
@trading
@blueprint.input(NewClosure)
@blueprint.output(ClosureOut, 201)
@blueprint.doc(summary="Close a dock for a while", security="bearer", responses=[401, 403, 404, 409, 422])
def close(actor: Actor, dock_id: str, json_data: NewClosure) -> object:
    """Nobody books it meanwhile; not over bookings that stand."""
    found, period = services(), window("closure", json_data.start, json_data.end)
    with found.write() as db:
        return closure_out(close_dock(db, actor, dock_id, period, json_data.reason, found.now()))


@blueprint.delete("/docks/<dock_id>/closures/<closure_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Open a dock again", security="bearer", responses=[401, 403, 404])
def reopen(actor: Actor, dock_id: str, closure_id: str) -> tuple[str, int]:
    """It can be booked again."""
    with services().write() as db:
        open_again(db, actor, dock_id, closure_id)
    return "", 204


def closure_out(closure: Closure) -> dict[str, Any]:
    """A closure."""
    named = {name: getattr(closure, name) for name in ("id", "dock_id", "reason")}
    return {**named, "start": closure.window.start, "end": closure.window.end}
