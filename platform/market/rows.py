"""Between values and table rows, for loads and capacities."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from haoyun.platform.market.auction import AuctionTerms
from haoyun.platform.market.booked import plan_json, plan_of
from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.searching import folded
from haoyun.platform.market.values import Body, Equipment, Mode, Site, Window
from haoyun.platform.market.vehicles import certificates_json, certificates_of
from haoyun.tracking.instants import find_instant, from_ms, to_ms

_SITE = ("code", "name_zh", "name_en", "lat", "lon")
_SITE_COLUMNS = {end: [f"{end}_{name}" for name in _SITE] for end in ("origin", "destination")}
_LOAD_PLAIN = [
    "id",
    "org_id",
    "version",
    "terms",
    "goods",
    "weight_kg",
    "volume_dm3",
    "ldm_cm",
    "max_piece_cm",
    "pallets",
    "temperature_min_c",
    "temperature_max_c",
    "dg_class",
    "price_fen",
    "currency",
    "pay_days",
    "note",
    "distance_m",
    "duration_s",
]
_CAPACITY_PLAIN = [
    "id",
    "org_id",
    "vehicle_id",
    "weight_kg",
    "volume_dm3",
    "ldm_cm",
    "length_cm",
    "temperature_min_c",
    "temperature_max_c",
    "radius_km",
    "cost_per_km_fen",
    "min_price_fen",
    "note",
    "booked",
    "version",
]


def site_row(end: str, site: Site | None) -> dict[str, Any]:
    """The columns of a place."""
    return {f"{end}_{name}": getattr(site, name) if site else None for name in _SITE}


def site_of(row: Any, end: str) -> Site:
    """The place of these columns."""
    return _site(*(getattr(row, name) for name in _SITE_COLUMNS[end]))


def window_row(name: str, window: Window) -> dict[str, Any]:
    """The columns of a window."""
    return {f"{name}_start_ms": to_ms(window.start), f"{name}_end_ms": to_ms(window.end)}


def window_of(row: Any, name: str) -> Window:
    """The window of these columns."""
    return Window(from_ms(getattr(row, f"{name}_start_ms")), from_ms(getattr(row, f"{name}_end_ms")))


# A market names the same places, bodies and equipment in every row.
_site = lru_cache(maxsize=20_000)(Site)


@lru_cache(maxsize=1_000)
def _bodies(text: str) -> frozenset[Body]:
    return frozenset(Body(name) for name in text.split(",") if name)


@lru_cache(maxsize=1_000)
def _equipment(text: str) -> frozenset[Equipment]:
    return frozenset(Equipment(name) for name in text.split(",") if name)


def load_row(load: Load) -> dict[str, Any]:
    """A row of mkt_load; the invited organizations and the auction stand in tables of their own."""
    return {
        **{name: getattr(load, name) for name in _LOAD_PLAIN},
        "state": load.state.value,
        "mode": load.mode.value,
        "body": ",".join(sorted(load.body)),
        "equipment": ",".join(sorted(load.equipment)),
        "price_mode": load.price_mode.value,
        "visibility": load.visibility.value,
        "public_ms": None if load.public_at is None else to_ms(load.public_at),
        "posted_ms": to_ms(load.posted_at),
        "expires_ms": to_ms(load.expires_at),
        "per_km_fen": per_km_fen(load),
        "goods_folded": folded(load.goods),
        **site_row("origin", load.origin),
        **site_row("destination", load.destination),
        **window_row("pickup", load.pickup),
        **window_row("delivery", load.delivery),
    }


def per_km_fen(load: Load) -> float:
    """The price for a kilometre of road, -1 where none is named: what lists are sorted and limited by."""
    return -1.0 if load.price_fen is None else load.price_fen * 1000 / load.distance_m


def load_of(row: Any, invited: frozenset[str] = frozenset(), auction: AuctionTerms | None = None) -> Load:
    """The load of a row of mkt_load."""
    return Load(
        **{name: getattr(row, name) for name in _LOAD_PLAIN},
        state=LoadState(row.state),
        mode=Mode(row.mode),
        body=_bodies(row.body),
        equipment=_equipment(row.equipment),
        price_mode=PriceMode(row.price_mode),
        auction=auction,
        visibility=Visibility(row.visibility),
        invited=invited,
        public_at=find_instant(row.public_ms),
        posted_at=from_ms(row.posted_ms),
        expires_at=from_ms(row.expires_ms),
        origin=site_of(row, "origin"),
        destination=site_of(row, "destination"),
        pickup=window_of(row, "pickup"),
        delivery=window_of(row, "delivery"),
    )


def capacity_row(capacity: Capacity) -> dict[str, Any]:
    """A row of mkt_capacity."""
    return {
        **{name: getattr(capacity, name) for name in _CAPACITY_PLAIN},
        "mode": capacity.mode.value,
        "body": capacity.body.value,
        "equipment": ",".join(sorted(capacity.equipment)),
        "certificates": certificates_json(capacity.certificates),
        "plan": plan_json(capacity.plan),
        "state": capacity.state.value,
        "posted_ms": to_ms(capacity.posted_at),
        **site_row("origin", capacity.origin),
        **site_row("destination", capacity.destination),
        **window_row("ready", capacity.ready),
    }


def capacity_of(row: Any) -> Capacity:
    """The capacity of a row of mkt_capacity."""
    return Capacity(
        **{name: getattr(row, name) for name in _CAPACITY_PLAIN},
        mode=Mode(row.mode),
        body=Body(row.body),
        equipment=_equipment(row.equipment),
        certificates=certificates_of(row.certificates),
        plan=plan_of(row.plan),
        state=CapacityState(row.state),
        posted_at=from_ms(row.posted_ms),
        origin=site_of(row, "origin"),
        destination=site_of(row, "destination") if row.destination_code else None,
        ready=window_of(row, "ready"),
    )
