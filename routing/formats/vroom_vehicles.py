"""Vehicles of a VROOM request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.fields import Fields
from haoyun.routing.formats.vroom_places import Places
from haoyun.routing.formats.vroom_travel import DEFAULT_PROFILE, ProfileTravel, Speeds, speed_percent
from haoyun.routing.formats.vroom_underway import read_underway
from haoyun.routing.problem import Vehicle

# Fields of a vehicle that are not supported, with what each would need of a Problem.
NEEDS = {"breaks": "breaks on a route"}
_COST_NEEDS = {"per_task_hour": "a cost for hours of service"}
_PER_HOUR = 3600  # VROOM's default: an hour of travel costs its seconds
_LEG_COSTS = 1000  # per thousand: costs of legs as they stand in the file


def vehicle_types(vehicles: Iterable[Fields]) -> set[str | None]:
    """The types of all vehicles, None for those without."""
    return {fields.find_text("type") for fields in vehicles}


def read_vehicle(
    fields: Fields, places: Places, travel: Mapping[str, ProfileTravel], speeds: Speeds
) -> Vehicle:
    """One vehicle; BadFormat names the field at fault."""
    profile = _profile(fields, travel)
    own = None if not travel else travel[profile or next(iter(travel))]
    fixed, per_km, per_hour = _costs(fields, own)
    start = places.find(fields, "start")
    if start is not None:
        places.left_from[start] += 1
    max_distance_m = fields.find_whole("max_distance")
    if max_distance_m is not None and own is not None and not own.has_distances:
        raise BadFormat(f"{fields.path('max_distance')} needs matrices of distances for its profile")
    with fields.naming():
        return Vehicle(
            id=fields.id(),
            start=start,
            end=places.find(fields, "end"),
            capacity=fields.amounts("capacity"),
            window=fields.find_window("time_window"),
            skills=fields.skills(),
            fixed_cost=fixed,
            cost_per_km=per_km,
            cost_per_hour=per_hour,
            max_stops=fields.find_whole("max_tasks"),
            max_distance_m=max_distance_m,
            max_travel_s=fields.find_whole("max_travel_time"),
            profile=speeds.profile(profile, speed_percent(fields), fields.path("speed_factor")),
            underway=read_underway(fields, places),
        )


def _profile(fields: Fields, travel: Mapping[str, ProfileTravel]) -> str | None:
    given = fields.find_text("profile")
    if not travel or (given is None and len(travel) == 1):
        return None
    name = given or DEFAULT_PROFILE
    if name not in travel:
        raise BadFormat(f"{fields.path('profile')}: there are no matrices for {name}")
    return name


def _costs(fields: Fields, own: ProfileTravel | None) -> tuple[int, int, int]:
    """(fixed, per km, per hour) of travel by these matrices."""
    costs = fields.find_object("costs") or Fields.of({}, fields.path("costs"))
    fixed = costs.whole("fixed", default=0)
    per_km, per_hour = costs.whole("per_km", default=0), costs.whole("per_hour", default=_PER_HOUR)
    costs.finish(needs=_COST_NEEDS)
    if own is not None and own.has_costs:
        if per_km or per_hour != _PER_HOUR:
            raise BadFormat(
                f"{costs.where}: per_km and per_hour contradict the matrices' own costs of its profile"
            )
        return fixed, _LEG_COSTS, 0
    if per_km and own is not None and not own.has_distances:
        raise BadFormat(f"{costs.path('per_km')} needs matrices of distances for its profile")
    return fixed, per_km, per_hour
