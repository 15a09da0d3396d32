"""Vehicles of a carrier, and where those are that the caller may see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.positions import positions_for, positions_in
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import Amount, Celsius, CertificateIn, CertificateOut
from haoyun.platform.market.areas import Bounds
from haoyun.platform.market.units import change_vehicle, retire_vehicle
from haoyun.platform.market.values import Body
from haoyun.platform.market.vehicles import (
    PlateColour,
    VehicleDraft,
    VehicleKind,
    add_vehicle,
    get_vehicle,
    list_vehicles,
)
from haoyun.platform.services import services
from haoyun.tracking.map_view import MOST_SHOWN

blueprint = resource("vehicles", "Vehicles")


class NewVehicle(Input):
    """A vehicle to be registered."""

    plate: Annotated[str, Field(max_length=12)]
    plate_colour: PlateColour = PlateColour.YELLOW
    kind: VehicleKind = VehicleKind.TRUCK
    body: Body
    payload_kg: Amount
    volume_dm3: Amount
    length_cm: Amount
    temperature_min_c: Celsius | None = None
    temperature_max_c: Celsius | None = None
    certificates: Annotated[list[CertificateIn], Field(max_length=20)] = Field(default_factory=list)

    def draft(self) -> VehicleDraft:
        """As the market takes it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in NewVehicle.model_fields}
        return VehicleDraft(
            **values | {"certificates": tuple(one.certificate() for one in self.certificates)}
        )


class VehicleOut(Output):
    """A registered vehicle."""

    id: str
    org_id: str
    plate: str
    plate_colour: PlateColour
    kind: VehicleKind
    body: Body
    payload_kg: int
    volume_dm3: int
    length_cm: int
    temperature_min_c: int | None
    temperature_max_c: int | None
    certificates: list[CertificateOut]
    created_at: datetime
    retired_at: datetime | None


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


class ClusterOut(Output):
    """Neighbours on a map that would be too many to draw: their middle, how many, and how many of them move."""

    lat: float
    lon: float
    count: int
    moving: int


class PositionPage(Output):
    """The newest position of each vehicle that the caller may see; `total` counts what is in clusters, too."""

    items: list[PositionOut]
    clusters: list[ClusterOut]
    total: int
    next: str | None


class PositionQuery(Input):
    """Which part of the map is asked for, and how many single positions it can take."""

    bbox: Annotated[
        str, Field(max_length=80, description="a map window: west,south,east,north in degrees")
    ] = ""
    limit: Annotated[
        int, Field(ge=1, le=5000, description="of more vehicles in the window, neighbours are clusters")
    ] = MOST_SHOWN


@blueprint.post("/vehicles")
@trading
@blueprint.input(NewVehicle)
@blueprint.output(VehicleOut, 201)
@blueprint.doc(summary="Register a vehicle", security="bearer", responses=[401, 403, 422])
def create_vehicle(actor: Actor, json_data: NewVehicle) -> object:
    """Register a vehicle of the caller's organization."""
    found, now, draft = services(), services().now(), json_data.draft()
    with found.write() as db:
        made = once_for(db, actor, "vehicle", now, lambda: add_vehicle(db, actor, draft, now).id)
        return get_vehicle(db, made, actor)


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


@blueprint.put("/vehicles/<vehicle_id>")
@trading
@blueprint.input(NewVehicle)
@blueprint.output(VehicleOut)
@blueprint.doc(summary="Change a vehicle", security="bearer", responses=[401, 403, 404, 422])
def change(actor: Actor, vehicle_id: str, json_data: NewVehicle) -> object:
    """Write all of it anew; open offers take its papers over and are matched anew."""
    found = services()
    now = found.now()
    context = found.market.snapshot(now)
    with found.write() as db:
        return change_vehicle(db, actor, vehicle_id, json_data.draft(), now, context)


@blueprint.post("/vehicles/<vehicle_id>/retire")
@trading
@blueprint.output(VehicleOut)
@blueprint.doc(summary="Take a vehicle out of use", security="bearer", responses=[401, 403, 404, 409])
def retire(actor: Actor, vehicle_id: str) -> object:
    """It is offered no more; what it did stays."""
    with services().write() as db:
        return retire_vehicle(db, actor, vehicle_id, services().now())


@blueprint.post("/vehicles/<vehicle_id>/restore")
@trading
@blueprint.output(VehicleOut)
@blueprint.doc(summary="Take a vehicle back into use", security="bearer", responses=[401, 403, 404])
def restore(actor: Actor, vehicle_id: str) -> object:
    """It may be offered again."""
    with services().write() as db:
        return retire_vehicle(db, actor, vehicle_id, services().now(), back=True)


@blueprint.get("/vehicles/positions")
@signed_in
@blueprint.input(PositionQuery, location="query")
@blueprint.output(PositionPage)
@blueprint.doc(summary="Positions of vehicles", security="bearer", responses=[401, 422])
def positions(actor: Actor, query_data: PositionQuery) -> object:
    """A carrier sees its own vehicles, a shipper those with its orders, operator and supervisors all.

    With a map window where more are than `limit`, neighbours come as clusters.
    """
    if query_data.bbox:
        bounds = Bounds.parse(query_data.bbox)
        return {**positions_in(services(), actor, bounds, query_data.limit), "next": None}
    items = positions_for(services(), actor)
    return {"items": items, "clusters": [], "total": len(items), "next": None}
