"""What the open offers say about places and prices: backhaul chances and a simple price index."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.figures import Lane, MarketPlace, PriceBasis
from haoyun.platform.market.load import Load
from haoyun.platform.market.values import Mode

MIN_LANE_PRICES = 3  # a lane's median of fewer prices would tell one publisher's price


def per_km_of(price_fen: int | None, distance_m: float) -> float | None:
    """A fixed price in fen per kilometre; None without a price, or without a way."""
    if price_fen is None or distance_m <= 0 or isinf(distance_m):
        return None
    return price_fen * 1000 / distance_m


@dataclass(frozen=True, slots=True)
class Balance:
    """Open loads and vehicles by place of origin, and the medians of fixed prices in fen per kilometre."""

    loads_from: Mapping[MarketPlace, int] = field(default_factory=dict)
    vehicles_at: Mapping[MarketPlace, int] = field(default_factory=dict)
    lane_prices: Mapping[Lane, tuple[float, int]] = field(default_factory=dict)
    market_price: Mapping[Mode, tuple[float, int]] = field(default_factory=dict)

    def price_of_lane(self, lane: Lane, reference_fen: float) -> PriceBasis:
        """The best known price per kilometre on a lane."""
        known = self.lane_prices.get(lane)
        if known is not None:
            return PriceBasis(known[0], "lane", known[1])
        every = self.market_price.get(lane[0])
        if every is not None:
            return PriceBasis(every[0], "market", every[1])
        return PriceBasis(reference_fen, "reference", 0)

    def per_km_of(self, lanes: Sequence[Lane], reference_fen: float) -> list[float]:
        """The same of many lanes: the figures alone."""
        return [self.price_of_lane(lane, reference_fen).per_km_fen for lane in lanes]


def balance_of(loads: Iterable[Load], capacities: Iterable[Capacity]) -> Balance:
    """Count open offers and take the medians of their prices."""
    book = BalanceBook()
    for load in loads:
        book.add_load(
            load.mode, load.origin.code, load.destination.code, per_km_of(load.price_fen, load.distance_m)
        )
    for capacity in capacities:
        book.add_vehicle(capacity.mode, capacity.origin.code)
    return Balance(
        loads_from=dict(book.loads_from),
        vehicles_at=dict(book.vehicles_at),
        lane_prices={lane: known for lane in book.lanes if (known := median_of(book.lanes[lane]))},
        market_price={mode: known for mode in book.every if (known := median_of(book.every[mode]))},
    )


@dataclass(slots=True)
class BalanceBook:
    """The same, kept up to date offer by offer: prices stand sorted, so that a median is an index away."""

    loads_from: Counter[MarketPlace] = field(default_factory=Counter)
    vehicles_at: Counter[MarketPlace] = field(default_factory=Counter)
    lanes: dict[Lane, list[float]] = field(default_factory=dict)
    every: dict[Mode, list[float]] = field(default_factory=dict)

    def add_load(self, mode: Mode, origin: str, destination: str, per_km_fen: float | None) -> None:
        """An open load more."""
        self.loads_from[mode, origin] += 1
        if per_km_fen is not None:
            insort(self.lanes.setdefault((mode, origin, destination), []), per_km_fen)
            insort(self.every.setdefault(mode, []), per_km_fen)

    def drop_load(self, mode: Mode, origin: str, destination: str, per_km_fen: float | None) -> None:
        """An open load less: what was added with the same figures."""
        self.loads_from[mode, origin] -= 1
        if per_km_fen is not None:
            for prices in (self.lanes[mode, origin, destination], self.every[mode]):
                del prices[bisect_left(prices, per_km_fen)]

    def add_vehicle(self, mode: Mode, origin: str) -> None:
        """An open capacity more."""
        self.vehicles_at[mode, origin] += 1

    def drop_vehicle(self, mode: Mode, origin: str) -> None:
        """An open capacity less."""
        self.vehicles_at[mode, origin] -= 1

    def price_of_lane(self, lane: Lane, reference_fen: float) -> PriceBasis:
        """The best known price per kilometre on a lane."""
        known = median_of(self.lanes.get(lane, []))
        if known is not None:
            return PriceBasis(known[0], "lane", known[1])
        every = median_of(self.every.get(lane[0], []))
        if every is not None:
            return PriceBasis(every[0], "market", every[1])
        return PriceBasis(reference_fen, "reference", 0)

    def per_km_of(self, lanes: Sequence[Lane], reference_fen: float) -> list[float]:
        """The same of many lanes: the figures alone."""
        elsewhere = {mode: known[0] for mode, prices in self.every.items() if (known := median_of(prices))}
        medians = [median_of(self.lanes.get(lane, [])) for lane in lanes]
        return [
            elsewhere.get(lane[0], reference_fen) if known is None else known[0]
            for lane, known in zip(lanes, medians, strict=True)
        ]

    def fill(self, loads: Iterable[tuple[Mode, str, str, float | None]]) -> None:
        """Many open loads at once, into a book that has none."""
        for mode, origin, destination, per_km_fen in loads:
            self.loads_from[mode, origin] += 1
            if per_km_fen is not None:
                self.lanes.setdefault((mode, origin, destination), []).append(per_km_fen)
                self.every.setdefault(mode, []).append(per_km_fen)
        for prices in (*self.lanes.values(), *self.every.values()):
            prices.sort()


def median_of(prices: list[float]) -> tuple[float, int] | None:
    """The median of sorted prices and how many they are; None of too few."""
    if len(prices) < MIN_LANE_PRICES:
        return None
    low = prices[(len(prices) - 1) // 2 : len(prices) // 2 + 1]
    return (low[0] + low[-1]) / 2, len(prices)
