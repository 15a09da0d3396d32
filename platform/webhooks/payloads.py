"""What stands under `data` of an event: the object as the REST API shows it. Pure.

The field names are the API's own; a test holds them against its specification.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from haoyun.platform.market.auction import AuctionTerms
from haoyun.platform.market.capacity import CARRIERS_OWN, Capacity
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Match
from haoyun.platform.market.values import Site, Window
from haoyun.platform.trading.auction_events import AuctionEvent
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.quote import Quote

_LOAD = (
    *(
        "id",
        "org_id",
        "goods",
        "weight_kg",
        "volume_dm3",
        "ldm_cm",
        "max_piece_cm",
        "pallets",
        "mode",
        "body",
        "equipment",
    ),
    *("temperature_min_c", "temperature_max_c", "dg_class", "origin", "destination", "pickup", "delivery"),
    *(
        "price_mode",
        "price_fen",
        "auction",
        "currency",
        "visibility",
        "pay_days",
        "distance_m",
        "duration_s",
        "state",
    ),
    *("version", "posted_at", "expires_at", "public_at", "note"),
)
_CAPACITY = (
    *(
        "id",
        "org_id",
        "vehicle_id",
        "mode",
        "body",
        "equipment",
        "weight_kg",
        "volume_dm3",
        "ldm_cm",
        "length_cm",
    ),
    *(
        "temperature_min_c",
        "temperature_max_c",
        "origin",
        "destination",
        "radius_km",
        "ready",
    ),
    *("cost_per_km_fen", "min_price_fen", "note", "state", "version", "posted_at"),
)
_QUOTE = (
    *(
        "id",
        "load_id",
        "capacity_id",
        "shipper_org",
        "carrier_org",
        "side",
        "price_fen",
        "currency",
        "answers",
        "kind",
    ),
    *("state", "version", "valid_until", "created_at", "decided_at"),
)
_ORDER = (
    *("id", "load_id", "capacity_id", "quote_id", "shipper_org", "carrier_org", "vehicle_id", "price_fen"),
    *(
        "currency",
        "goods",
        "weight_kg",
        "pallets",
        "origin",
        "destination",
        "pickup",
        "delivery",
        "distance_m",
    ),
    *("duration_s", "state", "version", "flags", "created_at", "updated_at"),
)


def load_data(load: Load) -> dict[str, Any]:
    """A load."""
    return _plain(load, _LOAD)


def capacity_data(capacity: Capacity, *, own: bool) -> dict[str, Any]:
    """A capacity; what only its own organization knows is empty for others."""
    shown = _plain(capacity, _CAPACITY)
    if not own:
        shown |= dict.fromkeys(CARRIERS_OWN)
    papers = [{"name": one.name, "valid_until": one.valid_until} for one in capacity.certificates]
    return {**shown, "certificates": papers}


def quote_data(quote: Quote) -> dict[str, Any]:
    """A quote, as both its sides see it."""
    return _plain(quote, _QUOTE)


def auction_data(event: AuctionEvent) -> dict[str, Any]:
    """A step of an auction, as everybody who bids may know it."""
    return _plain(event, ("load_id", "state", "lowest_fen", "ends_at", "bids"))


def order_data(order: Order) -> dict[str, Any]:
    """An order, as both its sides see it."""
    return _plain(order, _ORDER)


def match_data(match: Match) -> dict[str, Any]:
    """A pair that fits; the contribution is null where the carrier's books are closed."""
    contribution = match.contribution_fen if match.open_books else None
    return {
        **_plain(match, ("load_id", "capacity_id", "score", "deadhead_m")),
        "contribution_fen": contribution,
    }


def _plain(value: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _json(getattr(value, name)) for name in names}


def _json(value: Any) -> Any:
    if isinstance(value, Site):
        return {name: getattr(value, name) for name in ("code", "name_zh", "name_en", "lat", "lon")}
    if isinstance(value, Window):
        return {"start": value.start, "end": value.end}
    if isinstance(value, AuctionTerms):
        return asdict(value)
    if isinstance(value, frozenset | tuple):
        return sorted(value)
    return value
