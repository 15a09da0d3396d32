"""What routes come to, and what a round saves against first come, first served; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from haoyun.platform.rounds.route import Route

# Well-to-wheel greenhouse gases of a heavy truck, as ISO 14083 counts them: fuel used times the fuel's factor.
# The factor is that of diesel in EN 16258:2012, annex A, which ISO 14083 replaced. The consumption of a loaded
# tractor-trailer is the ICCT's measurement on the long-haul cycle (32.6 l/100 km); empty it is our assumption.
DIESEL_KG_CO2E_L = 3.24
LOADED_L_KM = 0.326
EMPTY_L_KM = 0.23


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over routes. `cost_fen`: kilometres and waiting; `contribution_fen`: prices less cost."""

    loads: int = 0
    trucks: int = 0
    pools: int = 0
    empty_m: int = 0
    loaded_m: int = 0
    waits_s: int = 0
    price_fen: int = 0
    cost_fen: int = 0
    contribution_fen: int = 0
    co2e_kg: int = 0

    @property
    def empty_share(self) -> float:
        """Empty metres of all metres."""
        return self.empty_m / (self.empty_m + self.loaded_m) if self.empty_m + self.loaded_m else 0.0

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of_dict(cls, values: dict[str, Any]) -> Figures:
        """What `as_dict` gave."""
        return cls(**values)


def figures_of(routes: Iterable[Route]) -> Figures:
    """The sums over routes."""
    found = list(routes)
    empty_m, loaded_m = sum(r.empty_m for r in found), sum(r.loaded_m for r in found)
    price, contribution = sum(r.price_fen for r in found), sum(r.contribution_fen for r in found)
    units = [unit for route in found for unit in route.units]
    return Figures(
        loads=sum(len(unit.jobs) for unit in units),
        trucks=len(found),
        pools=sum(len(unit.jobs) > 1 for unit in units),
        empty_m=round(empty_m),
        loaded_m=round(loaded_m),
        waits_s=round(sum(r.waits_s for r in found)),
        price_fen=round(price),
        cost_fen=round(price) - round(contribution),
        contribution_fen=round(contribution),
        co2e_kg=round(co2e_kg(empty_m, loaded_m)),
    )


def co2e_kg(empty_m: float, loaded_m: float) -> float:
    """Kilograms of CO2 equivalents, well to wheel."""
    return (empty_m * EMPTY_L_KM + loaded_m * LOADED_L_KM) / 1000 * DIESEL_KG_CO2E_L


def saved_share(before: float, after: float) -> float | None:
    """How much less it is, as a share of what it was; None where it was nothing."""
    return (before - after) / before if before else None
