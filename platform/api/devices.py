"""Devices and tag readers: register, list, revoke, say what a reader's antennas see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.language import text
from haoyun.platform.api.problems import Problem, not_found, wrong_field
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.broker_address import mqtt_url
from haoyun.platform.market.vehicles import get_vehicle
from haoyun.platform.services import Services, services
from haoyun.rfid_ingest import Direction, Mode, ReadPoint, Side, read_points_of, set_read_points
from haoyun.rfid_ingest.errors import InvalidReadPoint
from haoyun.tracking.errors import BadTopic, DeviceExists, UnknownDevice
from haoyun.tracking.store import (
    Device,
    DeviceKind,
    IssuedCredential,
    get_device,
    list_devices,
    register_device,
    revoke_device,
)
from haoyun.tracking.terminals_store import check_phone, register_terminal
from haoyun.tracking.timeline import MilestoneCode

blueprint = resource("devices", "Devices")
MAX_ANTENNAS = 64


class NewDevice(Input):
    """A tracker, phone, tag reader or JT/T 808 terminal to be let in; a terminal is known by its phone number."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{8,40}$")]
    kind: DeviceKind
    vehicle_id: Annotated[str | None, Field(max_length=40)] = None
    phone: Annotated[str | None, Field(max_length=30)] = None


class DeviceCredential(Output):
    """What the device signs in to the broker with; `secret` is shown this once."""

    device: str
    secret: str
    mqtt_url: str
    topic_up: str
    topic_ack: str


class DeviceOut(Output):
    """A registered device."""

    name: str
    kind: DeviceKind
    org_id: str
    vehicle_id: str | None
    created_at: datetime
    revoked_at: datetime | None
    last_seen_at: datetime | None


class DevicePage(Output):
    """All devices of the caller's organization."""

    items: list[DeviceOut]
    next: str | None


class ReadPointIn(Input):
    """What it means when this antenna sees a tag."""

    antenna: Annotated[int, Field(ge=0, le=255)]
    place: Annotated[str, Field(min_length=1, max_length=120)]
    site_key: Annotated[str, Field(min_length=1, max_length=80)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    direction: Direction
    biz_step: Annotated[str, Field(max_length=120)]
    disposition: Annotated[str | None, Field(max_length=120)] = "in_transit"
    milestone_code: MilestoneCode | None = None
    gln: Annotated[str | None, Field(max_length=13)] = None
    mode: Mode = Mode.GATE
    side: Side | None = None
    back_step: Annotated[str | None, Field(max_length=120)] = None
    back_milestone: MilestoneCode | None = None


class ReadPoints(Input):
    """All antennas of one reader."""

    points: Annotated[list[ReadPointIn], Field(max_length=MAX_ANTENNAS)]


class ReadPointsOut(Output):
    """All antennas of one reader."""

    points: list[ReadPointIn]


@blueprint.post("/devices")
@trading
@blueprint.input(NewDevice)
@blueprint.output(DeviceCredential, 201)
@blueprint.doc(summary="Register a device", security="bearer", responses=[401, 403, 404, 409, 422])
def create_device(actor: Actor, json_data: NewDevice) -> object:
    """Register a device; its secret is in this answer and nowhere else."""
    found = services()
    with found.write_tracking() as db:
        issued = register(db, found, actor, json_data)
    return credential_of(issued)


def register(db: sa.Connection, found: Services, actor: Actor, wanted: NewDevice) -> IssuedCredential:
    """Register what a form or a request asks for. Raises Problem with the field that is in the way."""
    owner = {
        "name": wanted.name,
        "org_id": _owner(found, actor, wanted.vehicle_id),
        "vehicle_id": wanted.vehicle_id,
        "shards": found.settings.shards,
        "now": found.now(),
    }
    if (wanted.kind is DeviceKind.TERMINAL) != (wanted.phone is not None):
        raise wrong_field("phone", "field.terminal_phone")
    try:
        if wanted.phone is not None:
            check_phone(wanted.phone)
            return register_terminal(db, phone=wanted.phone, **owner)  # type: ignore[arg-type]
        return register_device(db, kind=wanted.kind, **owner)  # type: ignore[arg-type]
    except DeviceExists as error:
        raise Problem(409, text("device_taken"), errors={"name": text("device_taken")}) from error
    except BadTopic as error:
        raise wrong_field("phone" if wanted.phone else "name", "field.device_words") from error


def credential_of(issued: IssuedCredential) -> dict[str, str]:
    """The credential as the API shows it, once."""
    return {
        "device": issued.device,
        "secret": issued.secret,
        "mqtt_url": mqtt_url(services().settings),
        "topic_up": issued.topic_up,
        "topic_ack": issued.topic_ack,
    }


@blueprint.get("/devices")
@signed_in
@blueprint.output(DevicePage)
@blueprint.doc(summary="List devices", security="bearer", responses=[401])
def list_mine(actor: Actor) -> object:
    """Devices of the caller's organization; the operator and supervisors see all."""
    with services().read_tracking() as db:
        return {"items": list_devices(db, None if actor.sees_all else actor.org_id), "next": None}


@blueprint.post("/devices/<name>/revoke")
@trading
@blueprint.output(DeviceOut)
@blueprint.doc(summary="Revoke a device", security="bearer", responses=[401, 403, 404])
def revoke(actor: Actor, name: str) -> object:
    """Stop believing a device; its session at the broker is cut within seconds."""
    found = services()
    with found.write_tracking() as db:
        own_device(db, actor, name)
        revoke_device(db, name, found.now())
        return get_device(db, name)


@blueprint.put("/devices/<name>/read-points")
@trading
@blueprint.input(ReadPoints)
@blueprint.output(ReadPointsOut)
@blueprint.doc(summary="Configure a reader's antennas", security="bearer", responses=[401, 403, 404, 422])
def put_read_points(actor: Actor, name: str, json_data: ReadPoints) -> object:
    """Replace what the reader's antennas mean."""
    found = services()
    with found.write_tracking() as db:
        device = own_device(db, actor, name)
        try:
            points = [ReadPoint(**point.model_dump()) for point in json_data.points]
            set_read_points(db, name, points, found.now())
        except InvalidReadPoint as error:
            raise Problem(422, errors={"points": str(error)}) from error
        stored = read_points_of(db, [device.id])
    return {"points": [_shown(stored[key]) for key in sorted(stored)]}


def get_device_or_404(db: sa.Connection, name: str) -> Device:
    """The device. Raises the 404 problem."""
    try:
        return get_device(db, name)
    except UnknownDevice as error:
        raise not_found() from error


def own_device(db: sa.Connection, actor: Actor, name: str) -> Device:
    """A device that the actor may change: the own organization's, any for the operator. Raises the 404 problem."""
    device = get_device_or_404(db, name)
    if device.org_id != actor.org_id and not actor.is_operator:
        raise not_found()
    return device


def _owner(found: Services, actor: Actor, vehicle_id: str | None) -> str:
    if vehicle_id is None:
        return actor.org_id
    with found.read() as db:
        return get_vehicle(db, vehicle_id, actor).org_id


def _shown(point: ReadPoint) -> dict[str, object]:
    return {name: getattr(point, name) for name in ReadPointIn.model_fields}
