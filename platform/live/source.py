"""Where the live process reads: newest positions since the last look, and which vehicles an actor may see."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.maps.crs import Crs, from_wgs84
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.live.feed import Seen
from haoyun.platform.market.vehicles import list_vehicles, plates_of
from haoyun.platform.trading.orders_store import vehicles_under_way
from haoyun.tracking.fixes_store import LatestPosition, received_since

OVERLAP = timedelta(seconds=3)  # between the arrival of a fix and its commit
WIDE_OVERLAP = timedelta(seconds=60)  # looked back now and then, for an intake that was held up
WIDE_EVERY = 40  # looks


class PositionSource:
    """Reads what arrived since the last look; each look costs what is new, not what is there."""

    def __init__(self, engine: sa.Engine, crs: Crs = Crs.WGS84) -> None:
        self._engine = reading(engine)
        self._crs = crs
        self._newest: datetime | None = None
        self._looks = 0

    def look(self) -> list[LatestPosition]:
        """Positions that arrived since shortly before the last look; everything at the first."""
        self._looks += 1
        overlap = WIDE_OVERLAP if self._looks % WIDE_EVERY == 0 else OVERLAP
        since = None if self._newest is None else self._newest - overlap
        with self._engine.connect() as db:
            found = received_since(db, since)
        if found:
            newest = max(one.state.received_at for one in found)
            self._newest = newest if self._newest is None else max(newest, self._newest)
        return found if self._crs is Crs.WGS84 else [self._shifted(one) for one in found]

    def _shifted(self, one: LatestPosition) -> LatestPosition:
        """As a base map in another datum wants it."""
        lat, lon = from_wgs84(one.state.lat, one.state.lon, self._crs)
        return one._replace(state=one.state._replace(lat=float(lat), lon=float(lon)))


def visible_to(databases: Databases, actor: Actor) -> dict[str, Seen]:
    """The vehicles that an actor may see; the same as on the live map's list."""
    with reading(databases.platform).connect() as db:
        orders = vehicles_under_way(db, actor)
        plates = {vehicle.id: vehicle.plate for vehicle in list_vehicles(db, actor)}
        plates |= plates_of(db, set(orders) - set(plates))
    return {vehicle_id: Seen(plate, orders.get(vehicle_id)) for vehicle_id, plate in plates.items()}
