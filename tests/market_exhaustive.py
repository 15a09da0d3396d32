"""Matching once more, written from the rules of the domain alone: plain loops, the constraints in their order.

It shares the values (Load, Capacity, the context's matrices) with the market and none of its logic.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import MatchContext

PAUSES = {"china": (4 * 3600, 20 * 60, None, 0), "eu_561": (4.5 * 3600, 45 * 60, 9 * 3600, 11 * 3600)}
SPEED = {"rail": 50 / 3.6, "water": 20 / 3.6, "air": 500 / 3.6}
HALF_AN_HOUR = 1800.0
BELIEVED = timedelta(minutes=30)
EARTH_M = 6_371_008.8


def verdict(load: Load, truck: Capacity, context: MatchContext, now: datetime) -> str | None:
    """The first rule that the pair breaks, by its key; None if it fits."""
    if load.state != "OPEN":
        return "load_not_open"
    if load.expires_at <= now:
        return "load_expired"
    if truck.state not in {"OPEN", "PART_BOOKED"}:
        return "capacity_not_open"
    if truck.ready.end <= now:
        return "capacity_expired"
    if load.visibility != "public" and truck.org_id != load.org_id and truck.org_id not in load.invited:
        return "not_visible"
    if load.mode != truck.mode:
        return "wrong_mode"
    if load.body and truck.body not in load.body:
        return "wrong_body"
    for thing in load.equipment:
        if thing not in truck.equipment:
            return "lacks_equipment"
    if load.weight_kg > truck.weight_kg:
        return "too_heavy"
    if load.volume_dm3 > truck.volume_dm3:
        return "too_voluminous"
    if load.ldm_cm > truck.ldm_cm:
        return "too_much_floor"
    if load.max_piece_cm > truck.length_cm:
        return "piece_too_long"
    if load.temperature_min_c is not None:
        if truck.temperature_min_c is None:
            return "no_temperature_control"
        settings = range(truck.temperature_min_c, truck.temperature_max_c + 1)  # type: ignore[operator]
        if not any(load.temperature_min_c <= t <= load.temperature_max_c for t in settings):  # type: ignore[operator]
            return "temperature"
    papers = {one.name: one.valid_until for one in truck.certificates}
    wanted = ["insurance"]
    if load.dg_class is not None:
        needed = "dg-" + load.dg_class[0]
        if needed not in papers:
            return "no_certificate"
        wanted.append(needed)
    for name in wanted:
        if papers.get(name) is not None and papers[name] < load.delivery.end:  # type: ignore[operator]
            return "certificate_expires"
    if _crow_m(load.origin, truck.origin) > truck.radius_km * 1000:
        return "outside_origin_area"
    if (
        truck.destination is not None
        and _crow_m(load.destination, truck.destination) > truck.radius_km * 1000
    ):
        return "outside_destination_area"
    return _on_the_road(load, truck, context, now)


def _on_the_road(load: Load, truck: Capacity, context: MatchContext, now: datetime) -> str | None:
    goal = context.places.get(load.origin.code)
    leaves, empty = now, math.inf
    if truck.ready.start > now:
        leaves = truck.ready.start
        empty = _seconds(truck, context, goal, 0.0)
    else:
        seen = context.positions.get(truck.vehicle_id)
        if seen is None or seen.seen_at < now - BELIEVED:
            empty = _seconds(truck, context, goal, truck.radius_km * 1000.0)
        elif goal is not None:
            empty = float(seen.duration_s[goal])
            if truck.mode != "road":
                empty = float(seen.distance_m[goal]) / SPEED[truck.mode]
    if math.isinf(empty) or math.isinf(load.duration_s):
        return "no_road"
    if leaves > load.pickup.end:
        return "not_ready_in_time"
    law = PAUSES[context.law.name] if truck.mode == "road" else (math.inf, 0, None, 0)
    clock, since_pause, today = 0.0, 0.0, 0.0

    def drive(seconds: float) -> None:
        nonlocal clock, since_pause, today
        while seconds > 0:
            if law[2] is not None and today >= law[2]:
                clock, since_pause, today = clock + law[3], 0.0, 0.0
            elif since_pause >= law[0]:
                clock, since_pause = clock + law[1], 0.0
            step = min(seconds, law[0] - since_pause, (law[2] or math.inf) - today)
            clock, since_pause, today, seconds = (
                clock + step,
                since_pause + step,
                today + step,
                seconds - step,
            )

    drive(empty)
    arrives = leaves + timedelta(seconds=clock)
    if arrives > load.pickup.end:
        return "late_at_pickup"
    stands = max(0.0, (load.pickup.start - arrives).total_seconds()) + HALF_AN_HOUR
    clock += stands
    if stands >= law[1]:
        since_pause = 0.0
    if law[2] is not None and stands >= law[3]:
        today = 0.0
    drive(load.duration_s)
    if leaves + timedelta(seconds=clock) > load.delivery.end:
        return "late_at_delivery"
    if (
        load.price_mode == "fixed"
        and truck.min_price_fen is not None
        and load.price_fen < truck.min_price_fen
    ):  # type: ignore[operator]
        return "price_below_floor"
    return None


def _seconds(truck: Capacity, context: MatchContext, goal: int | None, area_m: float) -> float:
    start = context.places.get(truck.origin.code)
    if start is None or goal is None:
        return math.inf
    seconds = float(context.duration_s[start][goal])
    if truck.mode != "road":
        seconds = float(context.distance_m[start][goal]) / SPEED[truck.mode]
    return seconds + area_m / (60 / 3.6)


def _crow_m(a, b) -> float:  # type: ignore[no-untyped-def]
    lat1, lat2 = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))
