"""A load for a vehicle that has loads on its way already: what it adds to the way, or what stands against it."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from haoyun.platform.market.booked import Booked
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.insertion import ROOM, Part, Roads, Route, best_route
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import SERVICE_S, MatchContext, pace_m_s
from haoyun.platform.market.values import Mode, Window
from haoyun.platform.market.way import Departure, Trip
from haoyun.platform.market.words import Broken


def take_along(
    load: Load, capacity: Capacity, start: Departure, context: MatchContext, now: datetime
) -> Trip | Broken:
    """The trip of a load beside what is booked, or the constraint that no order of the stops keeps.

    A pickup whose window is over counts as done, and so does a delivery: who drives knows more, the plan does not.
    """
    booked = [one for one in capacity.plan if one.load_id != load.id and one.delivery.end > now]
    parts = [_part(one, context, now) for one in booked]
    roads = _roads(load, capacity, booked, start, context)
    new = _new(load, context)
    known = [part for part in parts if part is not None]
    if roads is None or new is None or len(known) < len(parts):
        return "no_road", {"origin": capacity.origin.name_en, "destination": load.origin.name_en}
    before = best_route(known, roads)
    if before is None:
        return "plan_late", {"booked": len(known)}
    route = best_route([*known, new], roads)
    if route is None:
        return _why_not([*known, new], roads)
    return _trip(route, len(known), max(0.0, route.distance_m - before.distance_m), start)


def _why_not(parts: list[Part], roads: Roads) -> Broken:
    number = len(parts) - 1
    late = best_route(parts, roads, may_be_late=number)
    if late is None:
        return "no_place_in_plan", {"booked": number}
    for key, is_pickup in (("late_at_pickup", True), ("late_at_delivery", False)):
        closes = (parts[number].pickup if is_pickup else parts[number].delivery)[1]
        over_s = late.visit(number, is_pickup).arrives - closes
        if over_s > 0:
            return key, {"late_min": ceil(over_s / 60)}
    return "no_place_in_plan", {"booked": number}  # put in one after the other, it found no place


def _trip(route: Route, number: int, detour_m: float, start: Departure) -> Trip:
    pickup, delivery = route.visit(number, True), route.visit(number, False)
    return Trip(
        start.known,
        start.seen_at,
        0.0,
        _instant(pickup.arrives),
        _instant(pickup.served),
        _instant(delivery.served),
        detour_m,
    )


def _roads(
    load: Load, capacity: Capacity, booked: list[Booked], start: Departure, context: MatchContext
) -> Roads | None:
    if start.distance_m is None or start.duration_s is None:
        return None
    duration_s = context.duration_s
    if load.mode is not Mode.ROAD:
        duration_s = context.distance_m / pace_m_s(load.mode)
    kg, dm3, cm = (getattr(capacity, name) + sum(getattr(one, name) for one in booked) for name in ROOM)
    return Roads(
        context.distance_m,
        duration_s,
        start.distance_m,
        start.duration_s,
        start.leaves_at.timestamp(),
        (kg, dm3, cm),
        context.law_of(load.mode),
        SERVICE_S,
    )


def _part(one: Booked, context: MatchContext, now: datetime) -> Part | None:
    origin, destination = context.places.get(one.origin), context.places.get(one.destination)
    if origin is None or destination is None:
        return None
    amounts = (one.weight_kg, one.volume_dm3, one.ldm_cm)
    return Part(origin, destination, _span(one.pickup), _span(one.delivery), amounts, one.pickup.end <= now)


def _new(load: Load, context: MatchContext) -> Part | None:
    origin, destination = context.places.get(load.origin.code), context.places.get(load.destination.code)
    if origin is None or destination is None:
        return None
    amounts = (load.weight_kg, load.volume_dm3, load.ldm_cm)
    return Part(origin, destination, _span(load.pickup), _span(load.delivery), amounts)


def _span(window: Window) -> tuple[float, float]:
    return window.start.timestamp(), window.end.timestamp()


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
