"""Between values and table rows, for loads and capacities."""

from __future__ import annotations

from typing import Any

from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.values import Body, Site, Window
from haoyun.platform.market.vehicles import certificates_json, certificates_of
from haoyun.tracking.instants import from_ms, to_ms

_SITE = ("code", "name_zh", "name_en", "lat", "lon")
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
    return Site(*(getattr(row, f"{end}_{name}") for name in _SITE))


def window_row(name: str, window: Window) -> dict[str, Any]:
    """The columns of a window."""
    return {f"{name}_start_ms": to_ms(window.start), f"{name}_end_ms": to_ms(window.end)}


def window_of(row: Any, name: str) -> Window:
    """The window of these columns."""
    return Window(from_ms(getattr(row, f"{name}_start_ms")), from_ms(getattr(row, f"{name}_end_ms")))


def load_row(load: Load) -> dict[str, Any]:
    """A row of mkt_load; the invited organizations stand in a table of their own."""
    return {
        **{name: getattr(load, name) for name in _LOAD_PLAIN},
        "state": load.state.value,
        "body": ",".join(sorted(load.body)),
        "price_mode": load.price_mode.value,
        "visibility": load.visibility.value,
        "posted_ms": to_ms(load.posted_at),
        "expires_ms": to_ms(load.expires_at),
        **site_row("origin", load.origin),
        **site_row("destination", load.destination),
        **window_row("pickup", load.pickup),
        **window_row("delivery", load.delivery),
    }


def load_of(row: Any, invited: frozenset[str] = frozenset()) -> Load:
    """The load of a row of mkt_load."""
    return Load(
        **{name: getattr(row, name) for name in _LOAD_PLAIN},
        state=LoadState(row.state),
        body=frozenset(Body(name) for name in row.body.split(",") if name),
        price_mode=PriceMode(row.price_mode),
        visibility=Visibility(row.visibility),
        invited=invited,
        posted_at=from_ms(row.posted_ms),
        expires_at=from_ms(row.expires_ms),
        origin=site_of(row, "origin"),
        destination=site_of(row, "destination"),
        pickup=window_of(row, "pickup"),
        delivery=window_of(row, "delivery"),
    )


def capacity_row(capacity: Capacity) -> dict[str, Any]:
    """A row of mkt_capacity."""
    lane = capacity.lane or (None, None)
    return {
        **{name: getattr(capacity, name) for name in _CAPACITY_PLAIN},
        "body": capacity.body.value,
        "certificates": certificates_json(capacity.certificates),
        "lane_origin": lane[0],
        "lane_destination": lane[1],
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
        body=Body(row.body),
        certificates=certificates_of(row.certificates),
        lane=(row.lane_origin, row.lane_destination) if row.lane_origin else None,
        state=CapacityState(row.state),
        posted_at=from_ms(row.posted_ms),
        origin=site_of(row, "origin"),
        destination=site_of(row, "destination") if row.destination_code else None,
        ready=window_of(row, "ready"),
    )
