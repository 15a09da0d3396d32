"""Emissions of the own shipments by ISO 14083: of one order, and by year."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.emissions.factors import read_factors
from haoyun.platform.emissions.report import METHOD, report_of
from haoyun.platform.emissions.shipment import DataQuality, Transport
from haoyun.platform.emissions.store import put_fuel, totals_of
from haoyun.platform.market.errors import Conflict
from haoyun.platform.services import Services, services
from haoyun.platform.trading.access import must_act_for
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.quote import Side
from haoyun.platform.trading.store import get_order

blueprint = resource("emissions", "Emissions")


class PartOut(Output):
    """A part of the emissions."""

    part: Literal["loaded_way", "empty_way", "cooling"]
    kg_co2e: float


class EmissionOut(Output):
    """Emissions of a shipment: kilograms of CO2 equivalents, from the well to the wheels and from the tank on."""

    order_id: str
    method: str
    quality: DataQuality
    known: list[str]
    wtw_kg_co2e: float
    ttw_kg_co2e: float
    tonne_km: float
    wtw_g_per_tonne_km: float
    vehicle_class: str
    feasible_km: float
    driven_km: float
    empty_km: float
    empty_share: float
    load_share: float
    fuel_l: float | None
    parts: list[PartOut]


class FuelIn(Input):
    """The fuel of the whole trip with its empty way, as the carrier measured it; null takes it back."""

    litres: Annotated[float | None, Field(gt=0, le=5_000)]


class SideQuery(Input):
    """As which side."""

    side: Annotated[Literal["shipper", "carrier"], Field(description="as who orders, or who drives")] = (
        "shipper"
    )


class TotalOut(Output):
    """What a year's delivered shipments add up to, by the quality of their data."""

    year: int
    quality: DataQuality
    shipments: int
    tonne_km: float
    wtw_kg_co2e: float
    wtw_g_per_tonne_km: float


class TotalList(Output):
    """All years, the newest first."""

    method: str
    items: list[TotalOut]


@blueprint.get("/orders/<order_id>/emissions")
@signed_in
@blueprint.output(EmissionOut)
@blueprint.doc(summary="Emissions of an order", security="bearer", responses=[401, 404])
def get_emissions(actor: Actor, order_id: str) -> object:
    """CO2e with its method, data quality and parts: an estimate at first, better with what becomes known."""
    found = services()
    with found.read() as db:
        return emissions_of(found, db, get_order(db, order_id, actor))


@blueprint.put("/orders/<order_id>/fuel")
@trading
@blueprint.input(FuelIn)
@blueprint.output(EmissionOut)
@blueprint.doc(summary="Report the fuel of a trip", security="bearer", responses=[401, 403, 404, 409, 422])
def set_fuel(actor: Actor, order_id: str, json_data: FuelIn) -> object:
    """The carrier's measured fuel makes the figure primary data; all goods on board share it by weight."""
    found = services()
    factors = read_factors(found.settings.emission_factors)
    with found.write() as db:
        order = get_order(db, order_id, actor)
        must_act_for(actor, Side.CARRIER, order.shipper_org, order.carrier_org)
        if not put_fuel(db, order_id, json_data.litres, factors):
            raise Conflict("not_yet", state=order.state.value)
        return emissions_of(found, db, order)


@blueprint.get("/emissions")
@signed_in
@blueprint.input(SideQuery, location="query")
@blueprint.output(TotalList)
@blueprint.doc(summary="Emissions by year", security="bearer", responses=[401, 422])
def list_totals(actor: Actor, query_data: SideQuery) -> object:
    """What the own organization's delivered shipments add up to, year by year."""
    with services().read() as db:
        totals = totals_of(db, actor.org_id, query_data.side)
    items = [
        {
            "year": one.year,
            "quality": one.quality,
            "shipments": one.shipments,
            "tonne_km": round(one.tonne_km, 1),
            "wtw_kg_co2e": round(one.wtw_g / 1000, 2),
            "wtw_g_per_tonne_km": round(one.wtw_g / one.tonne_km, 1) if one.tonne_km else 0.0,
        }
        for one in totals
    ]
    return {"method": METHOD, "items": items}


def emissions_of(found: Services, db: sa.Connection, order: Order) -> dict[str, Any]:
    """The report of an order that the viewer was shown; the order's page shows the same."""
    plain = Transport(weight_kg=order.weight_kg, feasible_m=order.distance_m)
    return report_of(db, order.id, plain, read_factors(found.settings.emission_factors))
