"""Offers as the market keeps them, made without a database."""

from __future__ import annotations

from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.load import Load, LoadState, terms_of
from haoyun.platform.market.testing import NOW, A, hours, load_draft, road_context
from haoyun.platform.market.values import Body, Mode

HERE = road_context()


def a_load(load_id: str = "load_1", **changes: object) -> Load:
    own = {
        name: changes.pop(name) for name in ("state", "distance_m", "duration_s", "org_id") if name in changes
    }
    draft = load_draft(**changes)
    distance_m, duration_s = HERE.road(draft.origin.code, draft.destination.code)
    system = {
        "id": load_id,
        "org_id": "org-shipper",
        "state": LoadState.OPEN,
        "version": 1,
        "terms": 1,
        "distance_m": distance_m,
        "duration_s": duration_s,
        "posted_at": NOW,
        "expires_at": draft.expires_at or draft.pickup.end,
    }
    return Load(**{**terms_of(draft), **system, **own})


def a_capacity(capacity_id: str = "cap_1", **changes: object) -> Capacity:
    values: dict[str, object] = {
        "id": capacity_id,
        "org_id": "org-carrier",
        "vehicle_id": f"veh_{capacity_id}",
        "mode": Mode.ROAD,
        "body": Body.BOX,
        "equipment": frozenset(),
        "weight_kg": 30_000,
        "volume_dm3": 90_000,
        "ldm_cm": 1_300,
        "length_cm": 1_300,
        "temperature_min_c": None,
        "temperature_max_c": None,
        "certificates": (),
        "origin": A,
        "destination": None,
        "radius_km": 450,
        "ready": hours(1, 48),
        "cost_per_km_fen": 400,
        "min_price_fen": None,
        "note": "",
        "plan": (),
        "booked": 0,
        "state": CapacityState.OPEN,
        "version": 1,
        "posted_at": NOW,
    }
    return Capacity(**{**values, **changes})  # type: ignore[arg-type]
