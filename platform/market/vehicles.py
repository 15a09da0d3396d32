"""Vehicles: the value, its rules and its store. Which device rides in a vehicle is tracking's to know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_offer
from haoyun.platform.market.errors import Checks, FieldErrors, NotFound
from haoyun.platform.market.load import MAX_LDM_CM, MAX_VOLUME_DM3, MAX_WEIGHT_KG
from haoyun.platform.market.tables import VEHICLE
from haoyun.platform.market.values import Body, Certificate
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

_PLATE = re.compile(r"[0-9A-Z\u4e00-\u9fff-]{4,12}")


class VehicleKind(StrEnum):
    """Whether it drives by itself."""

    TRUCK = "truck"
    TRAILER = "trailer"


class PlateColour(StrEnum):
    """The colour of a plate, with its code in the network-freight rules (JT/T 697.7)."""

    BLUE = "blue"
    YELLOW = "yellow"
    BLACK = "black"
    WHITE = "white"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    GRADIENT_GREEN = "gradient_green"
    OTHER = "other"

    @property
    def code(self) -> str:
        """The code that a waybill carries."""
        return _PLATE_CODES[self]


_PLATE_CODES = {
    PlateColour.BLUE: "1",
    PlateColour.YELLOW: "2",
    PlateColour.BLACK: "3",
    PlateColour.WHITE: "4",
    PlateColour.GREEN: "5",
    PlateColour.OTHER: "9",
    PlateColour.YELLOW_GREEN: "93",
    PlateColour.GRADIENT_GREEN: "94",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDraft:
    """What a carrier writes about a vehicle; `length_cm` is the loading length. Raises FieldErrors."""

    plate: str
    body: Body
    payload_kg: int
    volume_dm3: int
    length_cm: int
    plate_colour: PlateColour = PlateColour.YELLOW
    kind: VehicleKind = VehicleKind.TRUCK
    temperature_min_c: int | None = None
    temperature_max_c: int | None = None
    certificates: tuple[Certificate, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(_PLATE.fullmatch(self.plate)), "plate", "plate")
        checks.between("payload_kg", self.payload_kg, 100, MAX_WEIGHT_KG)
        checks.between("volume_dm3", self.volume_dm3, 100, MAX_VOLUME_DM3)
        checks.between("length_cm", self.length_cm, 100, MAX_LDM_CM)
        low, high = self.temperature_min_c, self.temperature_max_c
        pair = (low is None and high is None) or (low is not None and high is not None and low <= high)
        checks.require(pair, "temperature_min_c", "temperature_pair")
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle(VehicleDraft):
    """A registered vehicle."""

    id: str
    org_id: str
    created_at: datetime
    retired_at: datetime | None = None


def add_vehicle(db: sa.Connection, actor: Actor, draft: VehicleDraft, now: datetime) -> Vehicle:
    """Register a vehicle of the actor's organization. Raises NotAllowed, FieldErrors for a taken plate."""
    must_offer(actor)
    vehicle = Vehicle(
        id=new_id("veh"),
        org_id=actor.org_id,
        created_at=now,
        **{name: getattr(draft, name) for name in VehicleDraft.__dataclass_fields__},
    )
    if not insert_new(db, VEHICLE, vehicle_row(vehicle)):
        raise FieldErrors({"plate": ("plate_taken", {})})
    return vehicle


def get_vehicle(db: sa.Connection, vehicle_id: str, viewer: Actor) -> Vehicle:
    """A vehicle of the viewer's organization (of any, for operator and supervisor). Raises NotFound."""
    row = db.execute(sa.select(VEHICLE).where(VEHICLE.c.id == vehicle_id)).one_or_none()
    if row is None or not (viewer.sees_all or row.org_id == viewer.org_id):
        raise NotFound
    return vehicle_of(row)


def list_vehicles(db: sa.Connection, viewer: Actor) -> list[Vehicle]:
    """The vehicles of the viewer's organization (all, for operator and supervisor), in order of registration."""
    query = sa.select(VEHICLE).order_by(VEHICLE.c.id)
    if not viewer.sees_all:
        query = query.where(VEHICLE.c.org_id == viewer.org_id)
    return [vehicle_of(row) for row in db.execute(query)]


def usable_vehicles(db: sa.Connection, viewer: Actor, kind: VehicleKind) -> list[Vehicle]:
    """Those of one kind that are not retired."""
    return [one for one in list_vehicles(db, viewer) if one.kind is kind and one.retired_at is None]


def plates_of(db: sa.Connection, vehicle_ids: set[str]) -> dict[str, str]:
    """Plates by vehicle id, for lists; whoever calls knows that the viewer may see them."""
    query = sa.select(VEHICLE.c.id, VEHICLE.c.plate).where(VEHICLE.c.id.in_(vehicle_ids))
    return {row.id: row.plate for row in db.execute(query)}


def certificates_json(certificates: tuple[Certificate, ...]) -> str:
    """As the tables keep them."""
    return orjson.dumps({c.name: c.valid_until and to_ms(c.valid_until) for c in certificates}).decode()


def certificates_of(text: str) -> tuple[Certificate, ...]:
    """What `certificates_json` wrote."""
    return tuple(Certificate(name, find_instant(ms)) for name, ms in orjson.loads(text).items())


def vehicle_row(vehicle: Vehicle) -> dict[str, Any]:
    """A row of mkt_vehicle."""
    plain = (
        "id",
        "org_id",
        "plate",
        "payload_kg",
        "volume_dm3",
        "length_cm",
        "temperature_min_c",
        "temperature_max_c",
    )
    return {
        **{name: getattr(vehicle, name) for name in plain},
        "plate_colour": vehicle.plate_colour.value,
        "body": vehicle.body.value,
        "certificates": certificates_json(vehicle.certificates),
        "kind": vehicle.kind.value,
        "created_ms": to_ms(vehicle.created_at),
        "retired_ms": None if vehicle.retired_at is None else to_ms(vehicle.retired_at),
    }


def vehicle_of(row: Any) -> Vehicle:
    """The vehicle of a row of mkt_vehicle."""
    return Vehicle(
        id=row.id,
        org_id=row.org_id,
        plate=row.plate,
        plate_colour=PlateColour(row.plate_colour),
        body=Body(row.body),
        payload_kg=row.payload_kg,
        volume_dm3=row.volume_dm3,
        length_cm=row.length_cm,
        temperature_min_c=row.temperature_min_c,
        temperature_max_c=row.temperature_max_c,
        certificates=certificates_of(row.certificates),
        kind=VehicleKind(row.kind),
        created_at=from_ms(row.created_ms),
        retired_at=find_instant(row.retired_ms),
    )
