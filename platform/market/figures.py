"""What a score takes beside the two offers: the market's figures, and how the two organizations kept their word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import NOTHING_KNOWN, Costs, MatchContext, Standing
from haoyun.platform.market.values import Mode

MarketPlace = tuple[Mode, str]  # a place's code, for one mode
Lane = tuple[Mode, str, str]  # codes of origin and destination, for one mode


@dataclass(frozen=True, slots=True)
class PriceBasis:
    """A price per kilometre and what it was taken from: ``lane``, ``market`` or ``reference``."""

    per_km_fen: float
    basis: str
    prices: int


class MarketFigures(Protocol):
    """What the open offers say: a `Balance` of some offers, or the `BalanceBook` of all."""

    @property
    def loads_from(self) -> Mapping[MarketPlace, int]:
        """Open loads by place of origin."""

    @property
    def vehicles_at(self) -> Mapping[MarketPlace, int]:
        """Open capacities by place of origin."""

    def price_of_lane(self, lane: Lane, reference_fen: float) -> PriceBasis:
        """The best known price per kilometre on a lane."""

    def per_km_of(self, lanes: Sequence[Lane], reference_fen: float) -> list[float]:
        """The same of many lanes: the figures alone, in fen."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures behind one score. `loads` and `vehicles` are those on offer at the load's destination."""

    basis: PriceBasis
    loads: int
    vehicles: int
    costs: Costs
    carrier: Standing
    shipper: Standing

    @property
    def backhaul_chance(self) -> float:
        """Open loads there for each vehicle that will look for one there, ours included; at most 1."""
        return min(1.0, self.loads / (self.vehicles + 1))


def lane_of(load: Load) -> Lane:
    """The lane whose prices a load is compared with."""
    return load.mode, load.origin.code, load.destination.code


def figures_of(load: Load, capacity: Capacity, market: MarketFigures, context: MatchContext) -> Figures:
    """The figures for a pair."""
    place = (load.mode, load.destination.code)
    return Figures(
        basis=market.price_of_lane(lane_of(load), context.costs.price_per_km_fen),
        loads=market.loads_from.get(place, 0),
        vehicles=market.vehicles_at.get(place, 0),
        costs=context.costs,
        carrier=context.standing.get(capacity.org_id, NOTHING_KNOWN),
        shipper=context.standing.get(load.org_id, NOTHING_KNOWN),
    )
