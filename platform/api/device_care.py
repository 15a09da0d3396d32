"""What the owner of a device does with it later: look how it is, bind it to vehicles, rotate its credential."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.devices import (
    DeviceCredential,
    DeviceOut,
    blueprint,
    credential_of,
    get_device_or_404,
    own_device,
)
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.language import text
from haoyun.platform.api.problems import Problem, not_found, wrong_field
from haoyun.platform.api.resource import Input, Instant, Output
from haoyun.platform.market.vehicles import get_vehicle
from haoyun.platform.services import Services, services
from haoyun.tracking.device_health import DeviceState, Health, Trouble, device_health
from haoyun.tracking.errors import BadBinding
from haoyun.tracking.store import Device, bind_vehicle, bindings_of, get_device, rotate_secret
from haoyun.tracking.terminals_store import Terminal, find_terminals


class NewBinding(Input):
    """The vehicle that the device rides in from `since` (now, if left out) on; null: in none."""

    vehicle_id: Annotated[str | None, Field(max_length=40)]
    since: Instant | None = None


class BindingOut(Output):
    """A vehicle and when the device rode in it; `until` null: still."""

    vehicle_id: str
    since: datetime
    until: datetime | None


class TerminalOut(Output):
    """What a JT/T 808 terminal said of itself when it paired; `paired_at` null: it may register."""

    phone: str
    paired_at: datetime | None
    manufacturer: str
    model: str
    terminal_id: str
    plate: str


class HealthOut(Output):
    """How the device is doing, out of what it sent in the last hours."""

    state: DeviceState
    troubles: list[Trouble]
    battery_pct: float | None
    clock_ahead_s: float | None
    doubtful_share: float
    rejected_day: int
    last_reject: str | None
    sensors: dict[str, bool | float | str]


class DeviceDetail(Output):
    """A device with its vehicles and its health."""

    device: DeviceOut
    bindings: list[BindingOut]
    terminal: TerminalOut | None
    health: HealthOut


@blueprint.get("/devices/<name>")
@signed_in
@blueprint.output(DeviceDetail)
@blueprint.doc(summary="A device and its health", security="bearer", responses=[401, 404])
def get_one(actor: Actor, name: str) -> object:
    """The device, the vehicles it rode in, and how it is doing."""
    found = services()
    with found.read_tracking() as db:
        device = visible_device(db, actor, name)
        return {
            "device": device,
            "bindings": bindings_of(db, device.id),
            "terminal": terminal_of(db, device),
            "health": shown_health(device_health(db, device, found.now())),
        }


@blueprint.put("/devices/<name>/vehicle")
@trading
@blueprint.input(NewBinding)
@blueprint.output(DeviceOut)
@blueprint.doc(summary="Bind a device to a vehicle", security="bearer", responses=[401, 403, 404, 422])
def put_vehicle(actor: Actor, name: str, json_data: NewBinding) -> object:
    """From an instant on the device rides in another vehicle; its fixes from before stay with the earlier one."""
    return rebind(services(), actor, name, json_data)


@blueprint.post("/devices/<name>/rotate")
@trading
@blueprint.output(DeviceCredential)
@blueprint.doc(summary="Issue a new secret", security="bearer", responses=[401, 403, 404, 409])
def rotate(actor: Actor, name: str) -> object:
    """A new secret; the old one stops to work within seconds. A JT/T 808 terminal may register once more."""
    found = services()
    with found.write_tracking() as db:
        device = own_device(db, actor, name)
        if device.revoked_at is not None:
            raise Problem(409, text("device_revoked"))
        issued = rotate_secret(db, name)
    return credential_of(issued)


def visible_device(db: sa.Connection, actor: Actor, name: str) -> Device:
    """A device that the actor may look at: the own organization's, any for operator and supervisor."""
    device = get_device_or_404(db, name)
    if device.org_id != actor.org_id and not actor.sees_all:
        raise not_found()
    return device


def rebind(found: Services, actor: Actor, name: str, wanted: NewBinding) -> Device:
    """Bind the actor's device to a vehicle of its owner, or to none. Raises Problem naming the field."""
    with found.read_tracking() as db:
        org_id = own_device(db, actor, name).org_id
    if wanted.vehicle_id is not None:
        with found.read() as db:
            if get_vehicle(db, wanted.vehicle_id, actor).org_id != org_id:
                raise not_found()
    try:
        with found.write_tracking() as db:
            bind_vehicle(db, name, wanted.vehicle_id, found.now(), wanted.since)
            return get_device(db, name)
    except BadBinding as error:
        raise wrong_field("since", "field.binding_since") from error


def terminal_of(db: sa.Connection, device: Device) -> Terminal | None:
    """The JT/T 808 side of a device, if it has one."""
    return find_terminals(db, [device.id]).get(device.id)


def shown_health(health: Health) -> dict[str, object]:
    """The health as the API shows it."""
    names = ("state", "battery_pct", "clock_ahead_s", "doubtful_share")
    return {name: getattr(health, name) for name in names} | {
        "troubles": list(health.troubles),
        "rejected_day": health.rejects.count,
        "last_reject": health.rejects.reason or None,
        "sensors": dict(health.sensors),
    }
