"""What the open offers say about places and prices: backhaul chances and a simple price index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load

MIN_LANE_PRICES = 3  # a lane's median of fewer prices would tell one publisher's price


@dataclass(frozen=True, slots=True)
class PriceBasis:
    """A price per kilometre and what it was taken from: ``lane``, ``market`` or ``reference``."""

    per_km_fen: float
    basis: str
    prices: int


@dataclass(frozen=True, slots=True)
class Balance:
    """Open loads and vehicles by place of origin, and the medians of fixed prices in fen per kilometre."""

    loads_from: Mapping[str, int] = field(default_factory=dict)
    vehicles_at: Mapping[str, int] = field(default_factory=dict)
    lane_prices: Mapping[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    market_price: tuple[float, int] | None = None

    def price_per_km(self, load: Load, reference_fen: float) -> PriceBasis:
        """The best known price per kilometre for a load like this."""
        lane = self.lane_prices.get((load.origin.code, load.destination.code))
        if lane is not None:
            return PriceBasis(lane[0], "lane", lane[1])
        if self.market_price is not None:
            return PriceBasis(self.market_price[0], "market", self.market_price[1])
        return PriceBasis(reference_fen, "reference", 0)

    def backhaul_chance(self, place: str) -> float:
        """Open loads at a place for each vehicle that will look for one there, ours included; at most 1."""
        return min(1.0, self.loads_from.get(place, 0) / (self.vehicles_at.get(place, 0) + 1))


def balance_of(loads: Iterable[Load], capacities: Iterable[Capacity]) -> Balance:
    """Count open offers and take the medians of their prices."""
    loads = list(loads)
    prices: dict[tuple[str, str], list[float]] = {}
    for load in loads:
        if load.price_fen is not None and load.distance_m > 0:
            lane = (load.origin.code, load.destination.code)
            prices.setdefault(lane, []).append(load.price_fen * 1000 / load.distance_m)
    every = [price for lane in prices.values() for price in lane]
    return Balance(
        loads_from=Counter(load.origin.code for load in loads),
        vehicles_at=Counter(capacity.origin.code for capacity in capacities),
        lane_prices={
            lane: (median(known), len(known))
            for lane, known in prices.items()
            if len(known) >= MIN_LANE_PRICES
        },
        market_price=(median(every), len(every)) if len(every) >= MIN_LANE_PRICES else None,
    )
