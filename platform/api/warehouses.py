"""Warehouses and their docks: registered by their organization, found by who may book there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import check_position
from haoyun.platform.accounts import Actor
from haoyun.platform.api.docks import DockOut
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.docks.availability import FIRST_DAY, LAST_DAY, Around, Found, docks_for, find_warehouses
from haoyun.platform.docks.dock import Dock, Purpose, Visit
from haoyun.platform.docks.docks_store import (
    docks_of,
)
from haoyun.platform.docks.hours import read_week, week_texts
from haoyun.platform.docks.warehouse import Warehouse, WarehouseDraft
from haoyun.platform.docks.warehouses_store import (
    add_warehouse,
    change_warehouse,
    end_warehouse,
    get_warehouse,
)
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.values import Body
from haoyun.platform.services import services

blueprint = resource("warehouses", "Warehouses")
DayHours = Annotated[
    str, Field(max_length=120, description="such as 08:00-12:00, 13:00-18:00; empty: closed")
]


class NewWarehouse(Input):
    """A warehouse; its position is WGS-84, its hours are by the clock of its time zone."""

    name: Annotated[str, Field(max_length=80)]
    address: Annotated[str, Field(max_length=200)]
    lat: float
    lon: float
    zone: Annotated[str, Field(max_length=64, description="IANA name")] = "Asia/Shanghai"
    hours: Annotated[list[DayHours], Field(min_length=7, max_length=7, description="Monday first")]
    closed_days: Annotated[list[date], Field(max_length=400)] = Field(default_factory=list)
    note: Annotated[str, Field(max_length=500, description="what drivers should know")] = ""

    def draft(self) -> WarehouseDraft:
        """As docks take it. Raises FieldErrors."""
        plain = {name: getattr(self, name) for name in ("name", "address", "lat", "lon", "zone", "note")}
        return WarehouseDraft(**plain, week=read_week(self.hours), closed_days=frozenset(self.closed_days))


class ChangedWarehouse(NewWarehouse):
    """All of it anew; `version` is the one that was read."""

    version: int


class WarehouseOut(Output):
    """A warehouse with those of its docks that the caller may book."""

    id: str
    org_id: str
    name: str
    address: str
    lat: float
    lon: float
    zone: str
    hours: list[str]
    closed_days: list[date]
    note: str
    version: int
    created_at: datetime
    docks: list[DockOut]


class FoundOut(WarehouseOut):
    """And how far it is from the place asked for, what is free on the day, and the first that is."""

    distance_m: float | None
    free_slots: int
    first_free: datetime | None


class WarehousePage(Output):
    """Warehouses, the nearest first."""

    items: list[FoundOut]
    next: str | None


class WarehouseQuery(Input):
    """Where, on which day, and for which vehicle; `plate` is not needed to look."""

    near: Annotated[str | None, Field(max_length=60, description="a place, or lat,lon in WGS-84")] = None
    radius_km: Annotated[int, Field(ge=1, le=500)] = 50
    day: Annotated[date | None, Field(ge=FIRST_DAY, le=LAST_DAY)] = None
    body: Body | None = None
    length_cm: Annotated[int | None, Field(ge=100, le=2500)] = None
    height_cm: Annotated[int | None, Field(ge=150, le=500)] = None
    purpose: Purpose | None = None
    hazardous: bool = False
    refrigerated: bool = False
    free_only: bool = False
    limit: Annotated[int, Field(ge=1, le=100)] = 50

    @model_validator(mode="after")
    def _whole(self) -> WarehouseQuery:
        given = (self.body, self.length_cm, self.purpose)
        if any(one is not None for one in given) and None in given:
            raise ValueError("body, length_cm and purpose go together")
        return self

    def visit(self) -> Visit | None:
        """What would come, None for any vehicle."""
        if self.body is None or self.length_cm is None or self.purpose is None:
            return None
        return Visit(
            plate="----",
            body=self.body,
            length_cm=self.length_cm,
            height_cm=self.height_cm,
            purpose=self.purpose,
            hazardous=self.hazardous,
            refrigerated=self.refrigerated,
        )


@blueprint.get("/warehouses")
@signed_in
@blueprint.input(WarehouseQuery, location="query")
@blueprint.output(WarehousePage)
@blueprint.doc(summary="Find warehouses", security="bearer", responses=[401, 422])
def find(actor: Actor, query_data: WarehouseQuery) -> object:
    """Warehouses at which the caller may book, near a place, with what is free on a day for a vehicle."""
    found = services()
    around = around_place(query_data.near, query_data.radius_km)
    with found.read() as db:
        items = find_warehouses(
            db,
            actor,
            found.now(),
            around=around,
            day=query_data.day,
            visit=query_data.visit(),
            free_only=query_data.free_only,
            limit=query_data.limit,
        )
    return {"items": [_found_out(one) for one in items], "next": None}


@blueprint.post("/warehouses")
@trading
@blueprint.input(NewWarehouse)
@blueprint.output(WarehouseOut, 201)
@blueprint.doc(summary="Register a warehouse", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewWarehouse) -> object:
    """A warehouse of the caller's organization."""
    found, now, draft = services(), services().now(), json_data.draft()
    with found.write() as db:
        made = once_for(db, actor, "warehouse", now, lambda: add_warehouse(db, actor, draft, now).id)
        return warehouse_out(get_warehouse(db, made, actor), docks_of(db, [made], actor))


@blueprint.get("/warehouses/<warehouse_id>")
@signed_in
@blueprint.output(WarehouseOut)
@blueprint.doc(summary="A warehouse", security="bearer", responses=[401, 404])
def get_one(actor: Actor, warehouse_id: str) -> object:
    """A warehouse at which the caller may book, or the caller's own."""
    with services().read() as db:
        return warehouse_out(*docks_for(db, warehouse_id, actor))


@blueprint.put("/warehouses/<warehouse_id>")
@trading
@blueprint.input(ChangedWarehouse)
@blueprint.output(WarehouseOut)
@blueprint.doc(summary="Change a warehouse", security="bearer", responses=[401, 403, 404, 409, 422])
def change(actor: Actor, warehouse_id: str, json_data: ChangedWarehouse) -> object:
    """Write all of it anew; bookings that stand stay as they are, and keep their day from being closed."""
    found, draft = services(), json_data.draft()
    with found.write() as db:
        after = change_warehouse(db, actor, warehouse_id, draft, json_data.version, found.now())
        return warehouse_out(after, docks_of(db, [after.id], actor))


@blueprint.delete("/warehouses/<warehouse_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="Take a warehouse out of use", security="bearer", responses=[401, 403, 404, 409])
def end(actor: Actor, warehouse_id: str) -> tuple[str, int]:
    """With all its docks; not while bookings stand."""
    found = services()
    with found.write() as db:
        end_warehouse(db, actor, warehouse_id, found.now())
    return "", 204


def around_place(near: str | None, radius_km: float) -> Around | None:
    """The circle around a position or a place of the map. Raises FieldErrors for `near`."""
    if not near:
        return None
    try:
        lat, lon = (float(part) for part in near.split(","))
        check_position(lat, lon)
    except (ValueError, BadCoordinate):
        try:
            site = services().market.site(near, "near")
        except FieldErrors:
            raise FieldErrors({"near": ("dock_near", {})}) from None
        lat, lon = site.lat, site.lon
    return Around(lat, lon, radius_km * 1000)


def warehouse_out(warehouse: Warehouse, docks: list[Dock] | tuple[Dock, ...]) -> dict[str, Any]:
    """A warehouse with the docks that the caller may see."""
    plain = ("id", "org_id", "name", "address", "lat", "lon", "zone", "note", "version", "created_at")
    return {
        **{name: getattr(warehouse, name) for name in plain},
        "hours": week_texts(warehouse.week),
        "closed_days": sorted(warehouse.closed_days),
        "docks": list(docks),
    }


def _found_out(found: Found) -> dict[str, Any]:
    return {
        **warehouse_out(found.warehouse, found.docks),
        "distance_m": found.distance_m,
        "free_slots": found.free_slots,
        "first_free": found.first.slot.start if found.first else None,
    }
