"""What people tell tracking: duty of a device's driver, milestones from drivers and documents, fences."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.devices import get_device_or_404, own_device
from haoyun.platform.api.guard import reporting, signed_in, trading
from haoyun.platform.api.language import language, text
from haoyun.platform.api.problems import Problem, not_found
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.ids import new_id
from haoyun.platform.services import services
from haoyun.platform.trading.store import consignment_of, get_order
from haoyun.tracking.calendars import Calendar
from haoyun.tracking.context_store import add_fence, end_fence, fences_of, shape_json, shape_of
from haoyun.tracking.duty import find_off_duty, go_off_duty, go_on_duty
from haoyun.tracking.errors import BadFence, UnknownFence
from haoyun.tracking.geofences import Geofence
from haoyun.tracking.instants import to_ms
from haoyun.tracking.store import append_milestones
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

blueprint = resource("watching", "Tracking")


class Duty(Input):
    """Whether the driver is on duty. Off duty nothing of the device is kept, from the next message on."""

    on: bool


class DutyOut(Output):
    """Whether positions of the device are kept; `since` is when the time off duty began."""

    device: str
    on: bool
    since: datetime | None


class Told(Input):
    """A milestone that a driver says, or that a document proves."""

    code: MilestoneCode
    occurred_at: AwareDatetime
    source: Literal["driver", "document"] = "driver"
    place: Annotated[str, Field(max_length=120)] = ""
    document_sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None


class ToldOut(Output):
    """Whether it was new: each source says a milestone once."""

    recorded: bool


class CalendarIn(Input):
    """Hours of days of the week in local time; an `end` that is not after `start` lies in the next day."""

    weekdays: Annotated[list[int], Field(max_length=7, description="1 Monday to 7")]
    start: Annotated[str, Field(max_length=5, description="HH:MM; empty with `end`: the whole day")] = ""
    end: Annotated[str, Field(max_length=5, description="HH:MM, up to 24:00")] = ""
    zone: Annotated[str, Field(max_length=60)] = "Asia/Shanghai"

    def calendar(self) -> Calendar:
        """As tracking takes it. Raises BadFence."""
        return Calendar.of(frozenset(self.weekdays), self.start, self.end, self.zone)


class CalendarOut(Output):
    """The hours in which a fence is watched."""

    weekdays: list[int]
    start: str
    end: str
    zone: str


class NewFence(Input):
    """A fence: a GeoJSON Point or LineString with `radius_m`, or a Polygon without holes, in WGS-84."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    shape: dict[str, Any]
    dwell_s: Annotated[int | None, Field(ge=60)] = None
    speed_limit_kmh: Annotated[float | None, Field(ge=5, le=200)] = None
    calendar: Annotated[CalendarIn | None, Field(description="when it is watched; empty: always")] = None


class FenceOut(Output):
    """A fence that is watched."""

    id: str
    name: str
    shape: dict[str, Any]
    dwell_s: int | None
    speed_limit_kmh: float | None
    calendar: CalendarOut | None


class FencePage(Output):
    """All fences of the caller's organization."""

    items: list[FenceOut]
    next: str | None


@blueprint.get("/devices/<name>/duty")
@signed_in
@blueprint.output(DutyOut)
@blueprint.doc(summary="Whether a driver is on duty", security="bearer", responses=[401, 404])
def duty(actor: Actor, name: str) -> object:
    """Whether positions of the device are kept."""
    with services().read_tracking() as db:
        device = get_device_or_404(db, name)
        if device.org_id != actor.org_id and not actor.sees_all:
            raise not_found()
        off = find_off_duty(db, [device.id]).get(device.id)
    return {"device": name, "on": off is None, "since": off.since if off else None}


@blueprint.post("/devices/<name>/duty")
@reporting
@blueprint.input(Duty)
@blueprint.output(DutyOut)
@blueprint.doc(summary="Go on or off duty", security="bearer", responses=[401, 403, 404, 422])
def switch_duty(actor: Actor, name: str, json_data: Duty) -> object:
    """Off duty nothing of the device is kept, from the next message on; what comes late of that time is dropped."""
    found = services()
    with found.write_tracking() as db:
        device = own_device(db, actor, name)
        (go_on_duty if json_data.on else go_off_duty)(db, device.id, found.now())
        off = find_off_duty(db, [device.id]).get(device.id)
    return {"device": name, "on": off is None, "since": off.since if off else None}


@blueprint.post("/orders/<order_id>/milestones")
@reporting
@blueprint.input(Told)
@blueprint.output(ToldOut)
@blueprint.doc(summary="Say that a milestone was reached", security="bearer", responses=[401, 403, 404, 422])
def tell(actor: Actor, order_id: str, json_data: Told) -> object:
    """A driver's word or a document's date. It stands beside GPS and RFID; contradictions are named."""
    found = services()
    with found.read() as db:
        get_order(db, order_id, actor)
        consignment = consignment_of(db, order_id)
    if json_data.occurred_at > found.now():
        raise Problem(422, errors={"occurred_at": text("milestone_future")})
    proof: dict[str, str | float] = {}
    if json_data.document_sha256:
        proof["document_sha256"] = json_data.document_sha256
    milestone = Milestone(
        consignment.id,
        json_data.code,
        Quality.ACTUAL,
        Source(json_data.source),
        json_data.occurred_at,
        place=json_data.place,
        evidence=proof,
    )
    with found.write_tracking() as db:
        return {"recorded": append_milestones(db, [milestone], found.now()) == 1}


@blueprint.get("/fences")
@signed_in
@blueprint.output(FencePage)
@blueprint.doc(summary="List fences", security="bearer", responses=[401])
def list_fences(actor: Actor) -> object:
    """The fences that the caller's organization watches."""
    with services().read_tracking() as db:
        return {"items": [_shown(fence) for fence in fences_of(db, actor.org_id)], "next": None}


@blueprint.post("/fences")
@trading
@blueprint.input(NewFence)
@blueprint.output(FenceOut, 201)
@blueprint.doc(summary="Watch a fence", security="bearer", responses=[401, 403, 422])
def watch(actor: Actor, json_data: NewFence) -> object:
    """Watch a fence for the vehicles of the caller's organization, from now on."""
    found = services()
    try:
        shape = shape_of(json_data.shape)
        fence = Geofence(
            new_id("fen"),
            json_data.name,
            shape,
            json_data.dwell_s,
            json_data.speed_limit_kmh,
            to_ms(found.now()),
            calendar=None if json_data.calendar is None else json_data.calendar.calendar(),
        )
        with found.write_tracking() as db:
            add_fence(db, actor.org_id, fence)
    except BadFence as error:
        field = "calendar" if error.key in ("weekdays", "hours", "zone") else "shape"
        raise Problem(422, errors={field: error.sentence(language())}) from error
    return _shown(fence)


@blueprint.delete("/fences/<fence_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Stop watching a fence", security="bearer", responses=[401, 403, 404])
def unwatch(actor: Actor, fence_id: str) -> tuple[str, int]:
    """What it told stays."""
    found = services()
    try:
        with found.write_tracking() as db:
            end_fence(db, actor.org_id, fence_id, found.now())
    except UnknownFence as error:
        raise not_found() from error
    return "", 204


def _shown(fence: Geofence) -> dict[str, object]:
    names = ("id", "name", "dwell_s", "speed_limit_kmh")
    hours = None if fence.calendar is None else fence.calendar.to_json()
    return {
        **{name: getattr(fence, name) for name in names},
        "shape": shape_json(fence),
        "calendar": hours,
    }
