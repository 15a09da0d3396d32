"""The hard constraints, in the order in which they are checked; the first that fails is the *why not*.

status and visibility; mode; body and equipment; weight, volume, floor, longest piece; temperature; dangerous goods;
certificates through delivery; area; roads, booked stops and windows at legal driving times; price floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, isinf

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.values import VALID_THROUGH_DELIVERY, Site
from haoyun.platform.market.way import Departure, Known, Trip
from haoyun.platform.market.words import Broken


@dataclass(frozen=True, slots=True)
class Pair:
    """What the constraints look at."""

    load: Load
    capacity: Capacity
    start: Departure
    trip: Trip | Broken | None  # or what it breaks beside booked loads; None where a road is missing
    now: datetime


def _status(pair: Pair) -> Broken | None:
    load, capacity = pair.load, pair.capacity
    if load.state != "OPEN":
        return "load_not_open", {"state": load.state.value}
    if pair.now >= load.expires_at:
        return "load_expired", {}
    if capacity.state not in ("OPEN", "PART_BOOKED"):
        return "capacity_not_open", {"state": capacity.state.value}
    if pair.now >= capacity.ready.end:
        return "capacity_expired", {}
    return None if load.sees(capacity.org_id) else ("not_visible", {})


def _mode(pair: Pair) -> Broken | None:
    needed, offered = pair.load.mode, pair.capacity.mode
    return None if needed is offered else ("wrong_mode", {"needed": needed.value, "offered": offered.value})


def _body(pair: Pair) -> Broken | None:
    if not pair.load.body or pair.capacity.body in pair.load.body:
        return None
    return "wrong_body", {"needed": "/".join(sorted(pair.load.body)), "offered": pair.capacity.body.value}


def _equipment(pair: Pair) -> Broken | None:
    missing = pair.load.equipment - pair.capacity.equipment
    return ("lacks_equipment", {"missing": "/".join(sorted(missing))}) if missing else None


def _space(pair: Pair) -> Broken | None:
    load, capacity = pair.load, pair.capacity
    for key, name, over in (
        ("too_heavy", "over_kg", load.weight_kg - capacity.weight_kg),
        ("too_voluminous", "over_dm3", load.volume_dm3 - capacity.volume_dm3),
        ("too_much_floor", "over_cm", load.ldm_cm - capacity.ldm_cm),
        ("piece_too_long", "over_cm", load.max_piece_cm - capacity.length_cm),
    ):
        if over > 0:
            return key, {name: over}
    return None


def _temperature(pair: Pair) -> Broken | None:
    load, capacity = pair.load, pair.capacity
    if load.temperature_min_c is None or load.temperature_max_c is None:
        return None
    if capacity.temperature_min_c is None or capacity.temperature_max_c is None:
        return "no_temperature_control", {}
    # One setting within both ranges is enough.
    if (
        capacity.temperature_min_c <= load.temperature_max_c
        and capacity.temperature_max_c >= load.temperature_min_c
    ):
        return None
    return "temperature", {
        "needed": f"{load.temperature_min_c}..{load.temperature_max_c}",
        "offered": f"{capacity.temperature_min_c}..{capacity.temperature_max_c}",
    }


def dg_certificate(dg_class: str) -> str:
    """The certificate that a class of dangerous goods asks for: the division's class is enough."""
    return f"dg-{dg_class.partition('.')[0]}"


def _dangerous(pair: Pair) -> Broken | None:
    if pair.load.dg_class is None:
        return None
    name = dg_certificate(pair.load.dg_class)
    return None if pair.capacity.certificate(name) else ("no_certificate", {"name": name})


def _certificates(pair: Pair) -> Broken | None:
    """What the load needs must hold through delivery; other papers count wherever they are on record."""
    if not pair.capacity.certificates:
        return None
    needed = VALID_THROUGH_DELIVERY | ({dg_certificate(pair.load.dg_class)} if pair.load.dg_class else set())
    for name in sorted(needed):
        certificate = pair.capacity.certificate(name)
        until = certificate.valid_until if certificate else None
        if until is not None and until < pair.load.delivery.end:
            return "certificate_expires", {"name": name, "on": until.date().isoformat()}
    return None


def _area(pair: Pair) -> Broken | None:
    load, capacity = pair.load, pair.capacity
    ends: tuple[tuple[str, Site | None, Site], ...] = (
        ("outside_origin_area", capacity.origin, load.origin),
        ("outside_destination_area", capacity.destination, load.destination),
    )
    for key, middle, site in ends:
        over_m = middle.distance_m(site) - capacity.radius_km * 1000 if middle else 0.0
        if over_m > 0:
            return key, {"over_km": ceil(over_m / 1000)}
    return None


def _windows(pair: Pair) -> Broken | None:
    load, way = pair.load, pair.trip
    if way is None:
        loaded = isinf(load.duration_s)
        origin = load.origin.name_en if loaded else pair.capacity.origin.name_en
        return "no_road", {
            "origin": origin,
            "destination": (load.destination if loaded else load.origin).name_en,
        }
    if pair.start.leaves_at > load.pickup.end:
        return "not_ready_in_time", {"late_min": _minutes(pair.start.leaves_at - load.pickup.end)}
    if isinstance(way, tuple):
        return way
    if way.arrives_at > load.pickup.end:
        return "late_at_pickup", {"late_min": _minutes(way.arrives_at - load.pickup.end)}
    if way.delivery_at > load.delivery.end:
        return "late_at_delivery", {"late_min": _minutes(way.delivery_at - load.delivery.end)}
    return None


def _price(pair: Pair) -> Broken | None:
    load, floor = pair.load, pair.capacity.min_price_fen
    if load.price_mode is PriceMode.FIXED and floor is not None and load.price_fen is not None:
        short = floor - load.price_fen
        return ("price_below_floor", {"short_fen": short}) if short > 0 else None
    return None


Constraint = Callable[[Pair], Broken | None]
# What can be told from the two offers alone, and what needs roads, positions and the clock.
STANDING: tuple[Constraint, ...] = (
    _status,
    _mode,
    _body,
    _equipment,
    _space,
    _temperature,
    _dangerous,
    _certificates,
    _area,
)
ON_THE_WAY: tuple[Constraint, ...] = (_windows, _price)


def standing_broken(load: Load, capacity: Capacity, now: datetime) -> Broken | None:
    """The first standing constraint that the pair breaks, wherever the vehicle is."""
    nowhere = Departure(Known.UNKNOWN, now, None, None, None)
    return _first(STANDING, Pair(load, capacity, nowhere, None, now))


def way_broken(pair: Pair) -> Broken | None:
    """The first constraint behind the standing ones that fails, with its figures."""
    return _first(ON_THE_WAY, pair)


def _first(constraints: tuple[Constraint, ...], pair: Pair) -> Broken | None:
    for constraint in constraints:
        broken = constraint(pair)
        if broken is not None:
            return broken
    return None


def _minutes(late: timedelta) -> int:
    return ceil(late.total_seconds() / 60)
