"""Vehicles of a carrier, and where those are that the caller may see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.schemas import Amount, Celsius, CertificateIn, CertificateOut
from haoyun.platform.market.values import Body
from haoyun.platform.market.vehicles import (
    PlateColour,
    VehicleDraft,
    add_vehicle,
    get_vehicle,
    list_vehicles,
    plates_of,
)
from haoyun.platform.services import Services, services
from haoyun.platform.trading.store import vehicles_under_way
from haoyun.tracking.store import LatestPosition, latest_positions

blueprint = resource("vehicles", "Vehicles")


class NewVehicle(Input):
    """A vehicle to be registered."""

    plate: Annotated[str, Field(max_length=12)]
    plate_colour: PlateColour = PlateColour.YELLOW
    body: Body
    payload_kg: Amount
    volume_dm3: Amount
    length_cm: Amount
    temperature_min_c: Celsius | None = None
    temperature_max_c: Celsius | None = None
    certificates: Annotated[list[CertificateIn], Field(max_length=20)] = Field(default_factory=list)


class VehicleOut(Output):
    """A registered vehicle."""

    id: str
    org_id: str
    plate: str
    plate_colour: PlateColour
    body: Body
    payload_kg: int
    volume_dm3: int
    length_cm: int
    temperature_min_c: int | None
    temperature_max_c: int | None
    certificates: list[CertificateOut]
    created_at: datetime


class VehiclePage(Output):
    """All vehicles that the caller may see."""

    items: list[VehicleOut]
    next: str | None


class PositionOut(Output):
    """Where a vehicle was last seen."""

    vehicle_id: str
    plate: str
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: float | None
    fix_time: datetime
    moving: bool
    order_id: str | None


class PositionPage(Output):
    """The newest position of each vehicle that the caller may see."""

    items: list[PositionOut]
    next: str | None


@blueprint.post("/vehicles")
@trading
@blueprint.input(NewVehicle)
@blueprint.output(VehicleOut, 201)
@blueprint.doc(summary="Register a vehicle", security="bearer", responses=[401, 403, 422])
def create_vehicle(actor: Actor, json_data: NewVehicle) -> object:
    """Register a vehicle of the caller's organization."""
    values = {name: getattr(json_data, name) for name in NewVehicle.model_fields}
    values["certificates"] = tuple(one.certificate() for one in json_data.certificates)
    found = services()
    with found.write() as db:
        return add_vehicle(db, actor, VehicleDraft(**values), found.now())


@blueprint.get("/vehicles")
@signed_in
@blueprint.output(VehiclePage)
@blueprint.doc(summary="List vehicles", security="bearer", responses=[401])
def list_mine(actor: Actor) -> object:
    """Vehicles of the caller's organization; the operator and supervisors see all."""
    with services().read() as db:
        return {"items": list_vehicles(db, actor), "next": None}


@blueprint.get("/vehicles/<vehicle_id>")
@signed_in
@blueprint.output(VehicleOut)
@blueprint.doc(summary="A vehicle", security="bearer", responses=[401, 404])
def get_one(actor: Actor, vehicle_id: str) -> object:
    """One vehicle."""
    with services().read() as db:
        return get_vehicle(db, vehicle_id, actor)


@blueprint.get("/vehicles/positions")
@signed_in
@blueprint.output(PositionPage)
@blueprint.doc(summary="Positions of vehicles", security="bearer", responses=[401])
def positions(actor: Actor) -> object:
    """A carrier sees its own vehicles, a shipper those with its orders, operator and supervisors all."""
    return {"items": positions_for(services(), actor), "next": None}


def positions_for(found: Services, actor: Actor) -> list[dict[str, Any]]:
    """The newest position of each vehicle that the actor may see. The live map shows the same."""
    with found.read() as db:
        orders = vehicles_under_way(db, actor)
        plates = _visible_plates(db, actor, set(orders))
    with found.read_tracking() as db:
        latest = latest_positions(db, vehicle_ids=plates)
    newest: dict[str, LatestPosition] = {}
    for position in sorted(latest, key=lambda one: one.state.fix_time):
        newest[str(position.vehicle_id)] = position
    now = found.now()
    return [_position(newest[key], plates[key], orders.get(key), now) for key in sorted(newest)]


def _visible_plates(db: sa.Connection, actor: Actor, carrying: set[str]) -> dict[str, str]:
    own = {vehicle.id: vehicle.plate for vehicle in list_vehicles(db, actor)}
    return own | plates_of(db, carrying - set(own))


def _position(position: LatestPosition, plate: str, order_id: str | None, now: datetime) -> dict[str, Any]:
    state = position.state
    return {
        "vehicle_id": position.vehicle_id,
        "plate": plate,
        "lat": state.lat,
        "lon": state.lon,
        "speed_kmh": state.speed_kmh,
        "heading_deg": state.heading_deg,
        "fix_time": state.fix_time,
        "moving": position.moves(now),
        "order_id": order_id,
    }
