"""The emissions of an order as both sides read them: figures with their method, quality and parts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from haoyun.platform.emissions.factors import Factors
from haoyun.platform.emissions.shipment import Transport, emission_of
from haoyun.platform.emissions.store import find_transport

METHOD = (
    "ISO 14083:2023; tonne-kilometres on the shortest feasible distance, allocation by weight, well to wheel"
)


def report_of(db: sa.Connection, order_id: str, plain: Transport, factors: Factors) -> dict[str, Any]:
    """An order's emissions with what is known by now, else with `plain`; whoever calls knows that it may be shown."""
    one = find_transport(db, order_id)
    transport = one.transport if one else plain
    found = emission_of(transport, factors)
    return {
        "order_id": order_id,
        "method": METHOD,
        "quality": found.quality,
        "known": list(found.known),
        "wtw_kg_co2e": round(found.wtw_g / 1000, 2),
        "ttw_kg_co2e": round(found.ttw_g / 1000, 2),
        "tonne_km": round(found.tonne_km, 1),
        "wtw_g_per_tonne_km": round(found.intensity_g_per_tkm, 1),
        "vehicle_class": found.vehicle_class,
        "feasible_km": round(transport.feasible_m / 1000, 1),
        "driven_km": round(found.driven_m / 1000, 1),
        "empty_km": round(found.empty_m / 1000, 1),
        "empty_share": round(found.empty_share, 3),
        "load_share": round(found.load_share, 3),
        "fuel_l": transport.fuel_l,
        "parts": [
            {"part": name, "kg_co2e": round(grams / 1000, 2)} for name, grams in found.parts.items() if grams
        ],
    }
