"""What comes to a dock, as somebody says it: a registered vehicle, or a plate with what a dock must know."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.dock import Purpose, Visit
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.values import Body
from haoyun.platform.market.vehicles import get_vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Either `vehicle_id` (or a trailer's), or `plate`, `body` and `length_cm`."""

    purpose: Purpose
    vehicle_id: str | None = None
    plate: str = ""
    body: Body | None = None
    length_cm: int | None = None
    height_cm: int | None = None
    hazardous: bool = False
    refrigerated: bool = False

    def visit(self, db: sa.Connection, actor: Actor) -> Visit:
        """As docks take it. Raises NotFound for a vehicle that is not the actor's, FieldErrors."""
        plate, body, length_cm = self.plate.strip().upper(), self.body, self.length_cm
        if self.vehicle_id is not None:
            vehicle = get_vehicle(db, self.vehicle_id, actor)
            if vehicle.retired_at is not None:
                raise FieldErrors({"vehicle_id": ("vehicle_retired", {})})
            plate, body, length_cm = vehicle.plate, vehicle.body, vehicle.length_cm
        if not plate or body is None or length_cm is None:
            raise FieldErrors({"plate": ("dock_vehicle_or_plate", {})})
        return Visit(
            plate=plate,
            body=body,
            length_cm=length_cm,
            height_cm=self.height_cm,
            purpose=self.purpose,
            hazardous=self.hazardous,
            refrigerated=self.refrigerated,
        )
