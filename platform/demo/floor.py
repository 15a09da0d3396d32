"""What the demonstration's warehouses and reefers report over the API: lots packed on pallets, logger files."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog

from haoyun.platform.demo.client import Api
from haoyun.platform.demo.errors import ApiRefused
from haoyun.platform.demo.trips import Trip
from haoyun.platform.demo.world import Company, World
from haoyun.rfid_ingest.epc.links import check_digit

log = structlog.get_logger(__name__)
Json = dict[str, Any]

PACKED_BEFORE = timedelta(minutes=40)  # the last pallet is packed so long before loading
PACKED_PALLETS = 6  # of a consignment, so that a picture of a recall stays readable
LOGGED_EVERY = timedelta(minutes=5)
WARM_SHARE = 4  # one chilled trip in so many was too warm for a while


def pack(api: Api, world: World, trip: Trip, now: datetime) -> None:
    """The shipper's warehouse packed lots on the first pallets. Again is harmless: the instants are the trip's."""
    company = next(one for one in world.shippers if one.key == trip.shipper)
    begun = min(trip.loads_at, now) - PACKED_BEFORE
    for number, unit in enumerate(trip.units[:PACKED_PALLETS]):
        at = begun + timedelta(minutes=2 * number)
        body = {
            "step": "pack",
            "at": at.isoformat(),
            "parent": unit,
            "objects": lots(company, at, number),
            "place": world.sites[trip.origin].name_en,
            "lat": world.sites[trip.origin].lat,
            "lon": world.sites[trip.origin].lon,
        }
        _report(api, "/handling", body, trip.shipper)


def log_temperature(api: Api, load: Json, trip: Trip, who: str, now: datetime) -> None:
    """The carrier's logger of a chilled load so far."""
    low, high = load.get("temperature_min_c"), load.get("temperature_max_c")
    if low is None or high is None or now - trip.departs_at < 2 * LOGGED_EVERY:
        return
    readings = temperatures(trip, float(low), float(high), now)
    path = f"/orders/{trip.order_id}/temperature?device=logger-{trip.seed % 1000:03d}"
    _report(api, path, readings, who)


def lots(company: Company, at: datetime, number: int) -> list[str]:
    """What is on a pallet: of two goods of the company, the lot of that day."""
    day = f"{at:%y%m%d}"
    picks = [number % 2] if number % 3 else [0, 1]
    return [f"(01){gtin(company, item)}(10)L{day}-{'AB'[item]}(37){24 // len(picks)}" for item in picks]


def gtin(company: Company, item: int) -> str:
    """A GTIN-14 under the company's prefix."""
    body = "0" + company.company_prefix + str(item + 1).zfill(12 - len(company.company_prefix))
    return body + check_digit(body)


def temperatures(trip: Trip, low: float, high: float, now: datetime) -> list[Json]:
    """A logger's readings of the trip until now; some trips had a door open for too long."""
    rng = Random(f"{trip.seed}/temperature")
    middle, spread = (low + high) / 2, max(0.2, (high - low) / 8)
    warm = trip.departs_at + timedelta(minutes=rng.uniform(15, 60)) if trip.seed % WARM_SHARE == 0 else None
    readings, at = [], trip.departs_at
    while at <= now:
        celsius = middle + rng.gauss(0, spread)
        if warm is not None and warm <= at < warm + timedelta(minutes=25):
            celsius = high + rng.uniform(1, 4)
        readings.append({"time": at.isoformat(), "temperature": round(celsius, 2)})
        at += LOGGED_EVERY
    return readings


def _report(api: Api, path: str, body: object, who: str) -> None:
    """A report that is refused is no reason to stop trading."""
    try:
        api.post(path, body, who=who)
    except ApiRefused as refused:
        log.info("report refused", path=path.partition("?")[0], reason=str(refused))
