"""Consignments: the goods under an order, with a public tracking number and their handling units (SSCC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """The goods under one order; its id is also the id of its journey.

    `units` are the pure identity URIs of the handling units, one for each pallet and at least one; `equipment` are
    those of what carries them and is followed with them: containers, returnable pallets, seals.
    """

    id: str
    order_id: str
    tracking_number: str
    units: tuple[str, ...]
    created_at: datetime
    delivered_at: datetime | None = None
    journey_opened_at: datetime | None = None
    journey_closed_at: datetime | None = None
    equipment: tuple[str, ...] = ()

    @property
    def followed(self) -> tuple[str, ...]:
        """Every identity whose reads say something of the consignment."""
        return (*self.units, *self.equipment)

    def __post_init__(self) -> None:
        if not self.units:
            raise ValueError("a consignment has at least one handling unit")
