"""Consignments: the goods under an order, with a public tracking number and their handling units (SSCC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from haoyun.rfid_ingest import sscc_epc


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """The goods under one order; its id is also the id of its journey.

    `units` are the pure identity URIs of the handling units, one for each pallet and at least one.
    """

    id: str
    order_id: str
    tracking_number: str
    units: tuple[str, ...]
    created_at: datetime
    delivered_at: datetime | None = None
    journey_opened_at: datetime | None = None
    journey_closed_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.units:
            raise ValueError("a consignment has at least one handling unit")


def unit_uris(company_prefix: str, first_serial: int, count: int) -> tuple[str, ...]:
    """The identities of `count` new handling units, numbered on from `first_serial`."""
    return tuple(sscc_epc(company_prefix, first_serial + i).uri for i in range(count))
