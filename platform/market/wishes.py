"""What somebody searches for, as typed: names of places, divisions, a window, a way. Becomes a filter on a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from haoyun.platform.market.areas import (
    Bounds,
    Lanes,
    codes_around,
    codes_in_division,
    codes_in_window,
    lanes_on_the_way,
    lanes_passing,
    within_all,
)
from haoyun.platform.market.capacity_search import CapacityFilter, CapacitySort
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.errors import Checks, FieldErrors
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.search import LoadFilter, Sort
from haoyun.platform.market.values import Body

DETOUR_KM = 50.0  # what a driver going home takes on without being asked twice
_Way = Callable[[MatchContext, str, str, float], Lanes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where: near a place (by code or name; radius as the crow flies), in a division, in a window of the map, along a
    way. Each limits; "" and None do not. `destination_radius_km` None: the same as `radius_km`."""

    origin: str = ""
    destination: str = ""
    radius_km: float = 0
    destination_radius_km: float | None = None
    origin_division: str = ""
    destination_division: str = ""
    bbox: str = ""
    way_from: str = ""
    way_to: str = ""
    detour_km: float = DETOUR_KM
    body: Body | None = None
    min_weight_kg: int | None = None
    max_weight_kg: int | None = None
    min_length_cm: int | None = None
    max_length_cm: int | None = None
    mine: bool = False

    def _where(self, market: MarketContext, now: datetime, lanes: _Way) -> dict[str, Any]:
        known = market.gazetteer
        far_km = self.radius_km if self.destination_radius_km is None else self.destination_radius_km

        def around(field: str, name: str, radius_km: float) -> frozenset[str] | None:
            return codes_around(known, market.site(name, field), radius_km) if name else None

        def inside(field: str, code: str) -> frozenset[str] | None:
            return codes_in_division(known, code, field) if code else None

        window = codes_in_window(known, Bounds.parse(self.bbox)) if self.bbox else None
        return {
            "origin_codes": within_all(
                [
                    around("origin", self.origin, self.radius_km),
                    inside("origin_division", self.origin_division),
                    window,
                ]
            ),
            "destination_codes": within_all(
                [
                    around("destination", self.destination, far_km),
                    inside("destination_division", self.destination_division),
                ]
            ),
            "lanes": self._lanes(market, now, lanes),
        }

    def _lanes(self, market: MarketContext, now: datetime, lanes: _Way) -> Lanes | None:
        if not self.way_from and not self.way_to:
            return None
        for field in ("way_from", "way_to"):
            if not getattr(self, field):
                raise FieldErrors({field: ("way_pair", {})})
        start, end = market.site(self.way_from, "way_from"), market.site(self.way_to, "way_to")
        return lanes(market.snapshot(now), start.code, end.code, self.detour_km)

    def _same(self, *names: str) -> dict[str, Any]:
        both = ("body", "min_weight_kg", "max_weight_kg", "min_length_cm", "max_length_cm", "mine")
        return {name: getattr(self, name) for name in (*both, *names)}

    def _check_ranges(self, *names: str) -> None:
        checks = Checks()
        for name in ("weight_kg", "length_cm", *names):
            _in_order(checks, f"max_{name}", getattr(self, f"min_{name}"), getattr(self, f"max_{name}"))
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadWish(Wish):
    """A search for loads; on the way: pickup and delivery add at most `detour_km` to the way."""

    pickup_from: datetime | None = None
    pickup_to: datetime | None = None
    delivery_from: datetime | None = None
    delivery_to: datetime | None = None
    min_price_fen: int | None = None
    max_price_fen: int | None = None
    min_per_km_fen: int | None = None
    max_per_km_fen: int | None = None
    q: str = ""
    sort: Sort = Sort.POSTED

    def filters(self, market: MarketContext, now: datetime) -> LoadFilter:
        """As the search takes it. Raises FieldErrors, named by the fields of the wish."""
        self._check_ranges("price_fen", "per_km_fen")
        checks = Checks()
        _in_order(checks, "pickup_to", self.pickup_from, self.pickup_to)
        _in_order(checks, "delivery_to", self.delivery_from, self.delivery_to)
        checks.done()
        names = ("pickup_from", "pickup_to", "delivery_from", "delivery_to", "min_price_fen", "max_price_fen")
        plain = self._same(*names, "min_per_km_fen", "max_per_km_fen", "sort")
        return LoadFilter(**self._where(market, now, lanes_on_the_way), **plain, words=self.q)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityWish(Wish):
    """A search for capacities; on the way: taking a load along the way adds at most `detour_km` to theirs."""

    ready_from: datetime | None = None
    ready_to: datetime | None = None
    min_cost_per_km_fen: int | None = None
    max_cost_per_km_fen: int | None = None
    max_price_fen: int | None = None
    sort: CapacitySort = CapacitySort.POSTED

    def filters(self, market: MarketContext, now: datetime) -> CapacityFilter:
        """As the search takes it. Raises FieldErrors, named by the fields of the wish."""
        self._check_ranges("cost_per_km_fen")
        checks = Checks()
        # What is shown to nobody must not be found out by searching either.
        for field in ("min_cost_per_km_fen", "max_cost_per_km_fen"):
            checks.require(self.mine or getattr(self, field) is None, field, "cost_is_private")
        checks.require(self.mine or self.sort is not CapacitySort.COST_KM, "sort", "cost_is_private")
        _in_order(checks, "ready_to", self.ready_from, self.ready_to)
        checks.done()
        names = (
            "ready_from",
            "ready_to",
            "min_cost_per_km_fen",
            "max_cost_per_km_fen",
            "max_price_fen",
            "sort",
        )
        return CapacityFilter(**self._where(market, now, lanes_passing), **self._same(*names))


def _in_order(checks: Checks, field: str, low: Any, high: Any) -> None:
    checks.require(low is None or high is None or low <= high, field, "range_order")
