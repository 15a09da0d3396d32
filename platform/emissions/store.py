"""Transports in the database: one row an order, totals by index."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from haoyun.platform.emissions.factors import Factors
from haoyun.platform.emissions.shipment import DataQuality, Transport, emission_of
from haoyun.platform.emissions.tables import TRANSPORT
from haoyun.tracking.tables import upsert

_KNOWN = (
    *("weight_kg", "feasible_m", "payload_kg", "on_board_kg", "driven_m", "empty_m", "cooled", "fuel_l"),
)


@dataclass(frozen=True, slots=True)
class OrderTransport:
    """A transport with the order and the sides that it belongs to; `delivered_year` None: on its way."""

    order_id: str
    shipper_org: str
    carrier_org: str
    delivered_year: int | None
    transport: Transport


@dataclass(frozen=True, slots=True)
class Total:
    """What one year's delivered shipments of one side and data quality add up to."""

    year: int
    quality: DataQuality
    shipments: int
    tonne_km: float
    wtw_g: float


def put_transports(
    db: sa.Connection, order_ids: Collection[str], found: Sequence[OrderTransport], factors: Factors
) -> None:
    """Make these be the transports of these orders; orders without one (cancelled) lose theirs.

    What the carrier reported of the fuel stays.
    """
    known = {one.order_id for one in found}
    gone = [order_id for order_id in order_ids if order_id not in known]
    if gone:
        db.execute(sa.delete(TRANSPORT).where(TRANSPORT.c.order_id.in_(gone)))
    if not found:
        return
    measured = sa.select(TRANSPORT.c.order_id, TRANSPORT.c.fuel_l).where(TRANSPORT.c.order_id.in_(known))
    fuels: dict[str, float | None] = {row.order_id: row.fuel_l for row in db.execute(measured)}
    insert = upsert(db, TRANSPORT)
    fresh = {c.name: insert.excluded[c.name] for c in TRANSPORT.columns if c.name != "order_id"}
    statement = insert.on_conflict_do_update(index_elements=["order_id"], set_=fresh)
    db.execute(statement, [_row(one, fuels.get(one.order_id), factors) for one in found])


def put_fuel(db: sa.Connection, order_id: str, fuel_l: float | None, factors: Factors) -> bool:
    """What the carrier measured, None to take it back. Whether there is such a transport."""
    one = find_transport(db, order_id)
    if one is None:
        return False
    db.execute(
        sa.update(TRANSPORT).where(TRANSPORT.c.order_id == order_id).values(_row(one, fuel_l, factors))
    )
    return True


def find_transport(db: sa.Connection, order_id: str) -> OrderTransport | None:
    """The transport of an order; whoever calls knows that the viewer may see it."""
    row = db.execute(sa.select(TRANSPORT).where(TRANSPORT.c.order_id == order_id)).first()
    if row is None:
        return None
    transport = Transport(**{name: getattr(row, name) for name in _KNOWN})
    return OrderTransport(row.order_id, row.shipper_org, row.carrier_org, row.delivered_year, transport)


def totals_of(db: sa.Connection, org_id: str, side: str) -> list[Total]:
    """The yearly totals of an organization as ``shipper`` or ``carrier``, the newest year first."""
    t = TRANSPORT.c
    own = t.shipper_org if side == "shipper" else t.carrier_org
    query = (
        sa.select(t.delivered_year, t.quality, sa.func.count(), sa.func.sum(t.tonne_km), sa.func.sum(t.wtw_g))
        .where(own == org_id, t.delivered_year.is_not(None))
        .group_by(t.delivered_year, t.quality)
        .order_by(t.delivered_year.desc(), t.quality)
    )
    return [Total(y, DataQuality(q), n, float(tkm), float(g)) for y, q, n, tkm, g in db.execute(query)]


def _row(one: OrderTransport, fuel_l: float | None, factors: Factors) -> dict[str, Any]:
    known = {name: getattr(one.transport, name) for name in _KNOWN} | {"fuel_l": fuel_l}
    emission = emission_of(Transport(**known), factors)
    return {
        "order_id": one.order_id,
        "shipper_org": one.shipper_org,
        "carrier_org": one.carrier_org,
        "delivered_year": one.delivered_year,
        **known,
        "wtw_g": emission.wtw_g,
        "tonne_km": emission.tonne_km,
        "quality": emission.quality.value,
    }
