"""Emissions of a shipment by ISO 14083: transport activity, energy, allocation (pure).

Activity is tonne-kilometres on the shortest feasible distance, whatever was driven. Energy is that of the loaded way
and of the empty way that belongs to it; both are shared among what was on board by weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from haoyun.platform.emissions.factors import CLASSES, Factors

_MOST_DRIVEN, _LEAST_DRIVEN = 2.0, 0.7  # of the feasible distance: beyond, the device missed or added a way


class DataQuality(StrEnum):
    """What a figure rests on, in the words of ISO 14083 and the GLEC Framework."""

    DEFAULT = "default"  # nothing known but weight, distance and kind of vehicle
    MODELLED = "modelled"  # with the way, the load or the empty way of this vehicle
    PRIMARY = "primary"  # the fuel that the carrier measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What is known of a shipment's transport; None: not known.

    `on_board_kg` is everything the vehicle carried on this way. `fuel_l` is all the fuel of it, the empty way included.
    """

    weight_kg: int
    feasible_m: float
    payload_kg: int | None = None
    on_board_kg: int | None = None
    driven_m: float | None = None
    empty_m: float | None = None
    cooled: bool = False
    fuel_l: float | None = None


@dataclass(frozen=True, slots=True)
class Emission:
    """Grams of CO2e of one shipment, and how they came about. `parts` sum to `wtw_g`."""

    tonne_km: float
    wtw_g: float
    ttw_g: float
    quality: DataQuality
    vehicle_class: str
    driven_m: float
    empty_m: float
    load_share: float
    known: tuple[str, ...]
    parts: Mapping[str, float]

    @property
    def intensity_g_per_tkm(self) -> float:
        """Grams for a tonne-kilometre, from the well to the wheels."""
        return self.wtw_g / self.tonne_km if self.tonne_km else 0.0

    @property
    def empty_share(self) -> float:
        """The empty part of all kilometres."""
        total = self.driven_m + self.empty_m
        return self.empty_m / total if total else 0.0


def emission_of(transport: Transport, factors: Factors) -> Emission:
    """Work it out with the best that is known; what is not known is a default."""
    known = []
    payload_kg = transport.payload_kg or max(limit for _, limit in CLASSES)
    vehicle_class = next((name for name, limit in CLASSES if payload_kg <= limit), CLASSES[-1][0])
    on_board_kg = max(transport.weight_kg, factors["load_factor"] * payload_kg)
    if transport.on_board_kg is not None and transport.payload_kg is not None:
        known.append("load")
        on_board_kg = max(transport.weight_kg, transport.on_board_kg)
    driven_m = transport.feasible_m * factors["distance_adjustment"]
    if transport.driven_m is not None and _plausible(transport):
        known.append("way")
        driven_m = transport.driven_m
    share = factors["empty_share"]
    empty_m = driven_m * share / (1 - share)
    if transport.empty_m is not None:
        known.append("empty_way")
        empty_m = transport.empty_m
    loaded_l = driven_m / 1000 * factors.fuel_l_per_km(vehicle_class, on_board_kg / payload_kg)
    empty_l = empty_m / 1000 * factors.fuel_l_per_km(vehicle_class, 0.0)
    cooling = factors["cooling_uplift"] - 1 if transport.cooled else 0.0
    quality = DataQuality.MODELLED if known else DataQuality.DEFAULT
    if transport.fuel_l is not None:
        known.append("fuel")
        quality = DataQuality.PRIMARY
        scale = transport.fuel_l / (loaded_l + empty_l) / (1 + cooling)
        loaded_l, empty_l = loaded_l * scale, empty_l * scale
    own = transport.weight_kg / on_board_kg
    litres = {"loaded_way": loaded_l, "empty_way": empty_l, "cooling": (loaded_l + empty_l) * cooling}
    parts = {name: own * amount * factors.wtw_g_per_l for name, amount in litres.items()}
    wtw_g = sum(parts.values())
    return Emission(
        tonne_km=transport.weight_kg / 1000 * transport.feasible_m / 1000,
        wtw_g=wtw_g,
        ttw_g=wtw_g * factors.ttw_g_per_l / factors.wtw_g_per_l,
        quality=quality,
        vehicle_class=vehicle_class,
        driven_m=driven_m,
        empty_m=empty_m,
        load_share=min(1.0, on_board_kg / payload_kg),
        known=tuple(known),
        parts=parts,
    )


def _plausible(transport: Transport) -> bool:
    assert transport.driven_m is not None
    low, high = _LEAST_DRIVEN * transport.feasible_m, _MOST_DRIVEN * transport.feasible_m
    return low <= transport.driven_m <= high
