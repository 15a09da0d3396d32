"""How the demonstration's shippers and carriers decide. Pure: they see what the API told them, and a stream."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from haoyun.platform.demo.catalogue import (
    GOODS,
    LEAST_PRICE_FEN,
    PALLET_LDM_CM,
    PRICE_PER_KM_FEN,
    Goods,
    TruckKind,
)
from haoyun.platform.demo.world import Lane, Truck, World
from haoyun.platform.market.roads import SERVICE_S

FIXED_PRICE_SHARE = 0.6
BARGAIN = (0.92, 1.12)  # what carriers ask, as a share of the usual price
DEAREST = 1.10  # what a shipper still accepts, as a share of the usual price
MOST_PALLETS = 16  # a part load each; enough tags for a gate, few enough for a small machine
REACH_KM = {True: 150, False: 8}  # how far around its site a carrier serves: among cities, on streets
BEFORE_DEPARTURE = timedelta(seconds=SERVICE_S + 600)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A load to post: by whom, and the body of the request."""

    shipper: str
    body: Json


def usual_price_fen(kind: TruckKind | None, goods_bodies: Collection[str], distance_m: float) -> int:
    """What moving something so far costs on this market, in whole yuan."""
    bodies = [kind.body] if kind else sorted(goods_bodies) or sorted(PRICE_PER_KM_FEN)
    per_km = min(PRICE_PER_KM_FEN[body] for body in PRICE_PER_KM_FEN if body in bodies)
    return max(LEAST_PRICE_FEN, round(distance_m / 1000 * per_km / 100) * 100)


def market_load(world: World, number: int, now: datetime) -> LoadPlan:
    """Load number `number` of the open market: from any site along any lane, in the next day."""
    rng = world.rng("load", number)
    lane = rng.choice(world.lanes[rng.choice(sorted(world.lanes))])
    opens = _half_hour(now + timedelta(hours=rng.uniform(1, 20) if world.schematic else rng.uniform(0.5, 6)))
    return _load(
        world, rng, rng.choice(GOODS), lane, opens, opens + timedelta(hours=rng.choice((4, 6, 8))), None
    )


def load_for(
    world: World, number: int, truck: Truck, lane: Lane, departs_at: datetime, now: datetime
) -> LoadPlan:
    """Load number `number`: one that this truck can take on this lane, to leave at `departs_at`."""
    rng = world.rng("load", number)
    fitting = [goods for goods in GOODS if can_carry(truck, goods)]
    opens = min(departs_at - BEFORE_DEPARTURE, now)
    return _load(world, rng, rng.choice(fitting), lane, opens, now + timedelta(hours=3), truck.kind)


def can_carry(truck: Truck, goods: Goods) -> bool:
    """Whether the truck's body, temperature and papers suit the goods."""
    if truck.kind.body not in goods.bodies:
        return False
    if goods.temperature_c and not truck.kind.temperature_c:
        return False
    return goods.dg_class is None or f"dg-{goods.dg_class}" in truck.kind.certificates


def _load(
    world: World,
    rng: Random,
    goods: Goods,
    lane: Lane,
    opens: datetime,
    closes: datetime,
    kind: TruckKind | None,
) -> LoadPlan:
    pallets = rng.randint(4, min(MOST_PALLETS, kind.payload_kg // goods.pallet_kg if kind else MOST_PALLETS))
    arrival = closes + timedelta(seconds=1.25 * lane.duration_s)
    low, high = goods.temperature_c or (None, None)
    usual = usual_price_fen(kind, goods.bodies, lane.distance_m)
    fixed = rng.random() < FIXED_PRICE_SHARE
    return LoadPlan(
        rng.choice(world.shippers).key,
        {
            "goods": goods.name,
            "weight_kg": pallets * goods.pallet_kg,
            "volume_dm3": pallets * goods.pallet_dm3,
            "ldm_cm": pallets * PALLET_LDM_CM,
            "max_piece_cm": 120,
            "pallets": pallets,
            "body": sorted(goods.bodies),
            "temperature_min_c": low,
            "temperature_max_c": high,
            "dg_class": goods.dg_class,
            "origin": lane.origin,
            "destination": lane.destination,
            "pickup": window(opens, closes),
            "delivery": window(opens + timedelta(seconds=lane.duration_s), arrival + timedelta(hours=6)),
            "price_mode": "fixed" if fixed else "ask",
            "price_fen": round(usual * rng.uniform(0.9, 1.2) / 100) * 100 if fixed else None,
            "pay_days": rng.choice((0, 7, 15, 30)),
        },
    )


def capacity_of(
    world: World, truck: Truck, vehicle_id: str, site: str, start: datetime, hours: float
) -> Json:
    """The offer of a whole truck at a site from `start` on."""
    return {
        "vehicle_id": vehicle_id,
        "origin": site,
        "ready": window(start, start + timedelta(hours=hours)),
        "radius_km": REACH_KM[world.schematic],
        "cost_per_km_fen": truck.kind.cost_per_km_fen,
    }


def vehicle_of(truck: Truck, now: datetime) -> Json:
    """The registration of a truck; its insurance and papers hold for another year."""
    low, high = truck.kind.temperature_c or (None, None)
    until = iso(now.replace(microsecond=0) + timedelta(days=365))
    return {
        "plate": truck.plate,
        "body": truck.kind.body,
        "payload_kg": truck.kind.payload_kg,
        "volume_dm3": truck.kind.volume_dm3,
        "length_cm": truck.kind.length_cm,
        "temperature_min_c": low,
        "temperature_max_c": high,
        "certificates": [
            {"name": name, "valid_until": until} for name in ("insurance", *truck.kind.certificates)
        ],
    }


def choose_match(
    matches: Sequence[Json], loads: Mapping[str, Json], site: str, wanted: str | None
) -> Json | None:
    """The match that a carrier goes for: the wanted load, else the best one from where the truck stands.

    Loads that `loads` does not know, and loads from elsewhere, are left to others.
    """
    here = [m for m in matches if (load := loads.get(m["load_id"])) and load["origin"]["code"] == site]
    first = [m for m in here if m["load_id"] == wanted]
    return next(iter(first or sorted(here, key=lambda m: (-m["score"], m["load_id"]))), None)


def carrier_price_fen(load: Json, rng: Random) -> int:
    """What a carrier asks: the fixed price, else about the usual one."""
    if load["price_fen"] is not None:
        return int(load["price_fen"])
    usual = usual_price_fen(None, load["body"], load["distance_m"])
    return round(usual * rng.uniform(*BARGAIN) / 100) * 100


def shipper_takes(load: Json, price_fen: int) -> bool:
    """Whether a shipper agrees with a carrier's price."""
    asked = load["price_fen"] or DEAREST * usual_price_fen(None, load["body"], load["distance_m"])
    return price_fen <= asked


def first_remaining_s(number: int, trip_s: float, rng: Random) -> float:
    """How long truck `number` still has to drive when the demonstration starts.

    The first few arrive within minutes, half a minute apart, so that a visitor sees deliveries; the others
    are somewhere on their way, more of them towards its end.
    """
    if number < SOON:
        return min(FIRST_ARRIVAL_S + number * ARRIVAL_STEP_S, 0.9 * trip_s)
    latest = 0.9 * trip_s
    earliest = min(FIRST_ARRIVAL_S + SOON * ARRIVAL_STEP_S, 0.5 * trip_s)
    return earliest + (latest - earliest) * float(rng.random() ** 1.5)


SOON = 8
FIRST_ARRIVAL_S = 110.0
ARRIVAL_STEP_S = 30.0


def window(start: datetime, end: datetime) -> Json:
    """A time window as the API takes it."""
    return {"start": iso(start), "end": iso(end)}


def iso(instant: datetime) -> str:
    """An instant as the API takes it."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _half_hour(instant: datetime) -> datetime:
    return instant.replace(minute=instant.minute // 30 * 30, second=0, microsecond=0)
