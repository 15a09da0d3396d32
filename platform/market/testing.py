"""Offers and roads for tests: five places on a line, 100 km apart at 50 km/h, and drafts with sensible values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from haoyun.maps.geodesy import haversine_m
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.balance import balance_of
from haoyun.platform.market.capacity import Capacity, CapacityDraft
from haoyun.platform.market.figures import MarketFigures
from haoyun.platform.market.load import Load, LoadDraft, Visibility
from haoyun.platform.market.match import Match, ranked
from haoyun.platform.market.matching import assess
from haoyun.platform.market.roads import MatchContext, VehiclePosition
from haoyun.platform.market.rows import capacity_row, load_row
from haoyun.platform.market.sieve import Market
from haoyun.platform.market.values import Body, Site, Window
from haoyun.platform.market.vehicles import VehicleDraft
from haoyun.platform.market.way import departure

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
STEP_M = 100_000.0
SPEED_M_S = 50 / 3.6
_STEP_DEG = 0.9  # of latitude: 100 km
SITES = tuple(
    Site(code, f"地{code}", f"Place {code}", 30.0 + _STEP_DEG * i, 115.0) for i, code in enumerate("ABCDE")
)
A, B, C, D, E = SITES


def road_context(positions: Mapping[str, VehiclePosition] | None = None) -> MatchContext:
    """Roads along the line, and the given live positions."""
    steps = np.arange(len(SITES), dtype=np.float64)
    distance_m = np.abs(steps[:, None] - steps[None, :]) * STEP_M
    places = {site.code: i for i, site in enumerate(SITES)}
    return MatchContext(places, distance_m, distance_m / SPEED_M_S, dict(positions or {}))


def seen_at(lat: float, at: datetime = NOW) -> VehiclePosition:
    """A vehicle on the line at a latitude."""
    distance_m = np.array([float(haversine_m(lat, 115.0, site.lat, site.lon)) for site in SITES])
    return VehiclePosition(lat, 115.0, at, distance_m, distance_m / SPEED_M_S)


def hours(start: float, end: float, now: datetime = NOW) -> Window:
    """A window in hours from `now`."""
    return Window(now + timedelta(hours=start), now + timedelta(hours=end))


def load_draft(**changes: Any) -> LoadDraft:
    """10 t of paper from B to D: pickup within 8 hours, delivery within 24."""
    values: dict[str, Any] = {
        "goods": "paper",
        "weight_kg": 10_000,
        "volume_dm3": 30_000,
        "ldm_cm": 600,
        "pallets": 3,
        "origin": B,
        "destination": D,
        "pickup": hours(0, 8),
        "delivery": hours(4, 24),
    }
    return LoadDraft(**{**values, **changes})


def vehicle_draft(plate: str = "京A12345", **changes: Any) -> VehicleDraft:
    """A 13 m box truck for 30 t."""
    values: dict[str, Any] = {
        "plate": plate,
        "body": Body.BOX,
        "payload_kg": 30_000,
        "volume_dm3": 90_000,
        "length_cm": 1_300,
    }
    return VehicleDraft(**{**values, **changes})


def capacity_draft(vehicle_id: str, **changes: Any) -> CapacityDraft:
    """The whole vehicle, from A on, ready in an hour for two days."""
    values: dict[str, Any] = {"origin": A, "ready": hours(1, 48), "radius_km": 450}
    return CapacityDraft(vehicle_id=vehicle_id, **{**values, **changes})


def actor(org_id: str, *kinds: str, role: str = "dispatcher") -> Actor:
    """Somebody of an organization."""
    return Actor(f"user-{org_id}-{role}", org_id, frozenset({role}), frozenset(kinds))


SHIPPER = actor("org-shipper", "shipper")
OTHER_SHIPPER = actor("org-shipper-2", "shipper")
CARRIER = actor("org-carrier", "carrier")
OTHER_CARRIER = actor("org-carrier-2", "carrier")
OPERATOR = actor("org-operator", "operator", role="operator")
VIEWER = actor("org-shipper", "shipper", role="viewer")


def match_loads(
    loads: Sequence[Load],
    capacities: Sequence[Capacity],
    context: MatchContext,
    now: datetime,
    figures: MarketFigures | None = None,
) -> list[Match]:
    """Every feasible pair of these offers, best first: by the sieve and `assess`, without a database.

    `figures` are the whole market's, if that is larger.
    """
    figures = figures or balance_of(loads, capacities)
    market = Market.empty()
    for capacity in capacities:
        market.capacities.put(capacity_row(capacity))
    by_id = {capacity.id: (capacity, departure(capacity, context, now)) for capacity in capacities}
    for load in loads:
        market.loads.put(load_row(load), load.invited)
    seen_by = [
        None if load.visibility is Visibility.PUBLIC else load.invited | {load.org_id} for load in loads
    ]
    found = []
    every = market.capacities_for(market.loads.whole(), seen_by, figures, context, now)
    for load, survivors in zip(loads, every, strict=True):
        for capacity_id in survivors.ids:
            result = assess(load, *by_id[capacity_id], context, figures, now)
            if isinstance(result, Match):
                found.append(result)
    return ranked(found)
