"""Where the vehicles are that somebody may see: all of them, or what a window of the map shows. For API and pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts import Actor
from haoyun.platform.market.areas import Bounds
from haoyun.platform.market.vehicles import list_vehicles, plates_of
from haoyun.platform.services import Services
from haoyun.platform.trading.store import vehicles_under_way
from haoyun.tracking.map_view import map_view
from haoyun.tracking.map_window import Cluster, Dots, MapWindow
from haoyun.tracking.store import LatestPosition, latest_positions


def positions_for(found: Services, actor: Actor) -> list[dict[str, Any]]:
    """The newest position of each vehicle that the actor may see. The live map shows the same."""
    with found.read() as db:
        orders = vehicles_under_way(db, actor)
        plates = _visible_plates(db, actor, set(orders))
    with found.read_tracking() as db:
        newest = _by_vehicle(latest_positions(db, vehicle_ids=plates))
    now = found.now()
    return [_position(newest[key], plates[key], orders.get(key), now) for key in sorted(newest)]


def positions_in(found: Services, actor: Actor, bounds: Bounds, limit: int) -> dict[str, Any]:
    """`items`, `clusters` and `total` of the visible vehicles in a map window; with at most `limit` no clusters.

    Who sees all is answered from the window, whatever the number of vehicles outside of it. There a vehicle with
    several devices counts with each of them in clusters and `total`.
    """
    window = MapWindow(bounds.west, bounds.south, bounds.east, bounds.north)
    if actor.sees_all:
        return _all_in(found, actor, window, limit)
    items = [one for one in positions_for(found, actor) if window.holds(one["lat"], one["lon"])]
    total, clusters = len(items), list[Cluster]()
    if total > limit:
        dots = Dots.of(window, [(one["lat"], one["lon"], one["moving"]) for one in items])
        clusters, single = dots.gathered(window)
        items = [items[number] for number in single]
    return {"items": items, "clusters": clusters, "total": total}


def _all_in(found: Services, actor: Actor, window: MapWindow, limit: int) -> dict[str, Any]:
    now = found.now()
    with found.read_tracking() as db:
        total, positions, clusters = map_view(db, window, now, limit)
    newest = _by_vehicle(one for one in positions if one.vehicle_id is not None)
    with found.read() as db:
        plates = plates_of(db, set(newest))
        orders = vehicles_under_way(db, actor, among=plates)
    items = [_position(newest[key], plates[key], orders.get(key), now) for key in sorted(plates)]
    return {"items": items, "clusters": clusters, "total": total}


def _by_vehicle(positions: Iterable[LatestPosition]) -> dict[str, LatestPosition]:
    """Of several devices in a vehicle the one that reported last."""
    return {str(one.vehicle_id): one for one in sorted(positions, key=lambda one: one.state.fix_time)}


def _visible_plates(db: sa.Connection, actor: Actor, carrying: set[str]) -> dict[str, str]:
    own = {vehicle.id: vehicle.plate for vehicle in list_vehicles(db, actor)}
    return own | plates_of(db, carrying - set(own))


def _position(position: LatestPosition, plate: str, order_id: str | None, now: datetime) -> dict[str, Any]:
    state = position.state
    return {
        "vehicle_id": position.vehicle_id,
        "plate": plate,
        "lat": state.lat,
        "lon": state.lon,
        "speed_kmh": state.speed_kmh,
        "heading_deg": state.heading_deg,
        "fix_time": state.fix_time,
        "moving": position.moves(now),
        "order_id": order_id,
    }
