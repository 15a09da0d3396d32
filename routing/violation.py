"""The rules that a plan can break."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The rules that a plan can break."""

    UNKNOWN_VEHICLE = "unknown_vehicle"
    VEHICLE_TWICE = "vehicle_twice"
    SHAPE = "shape"  # start, stops, end
    ENDS = "ends"  # the vehicle's own start and end
    UNKNOWN_STOP = "unknown_stop"
    PLACE = "place"
    SERVED_TWICE = "served_twice"
    PAIR_SPLIT = "pair_split"
    PAIR_ORDER = "pair_order"
    SKILL = "skill"
    LOAD = "load"  # the loads stated are not those that follow from the stops
    CAPACITY = "capacity"
    TRAVEL_TIME = "travel_time"
    SERVICE_TIME = "service_time"
    WINDOW = "window"
    SHIFT = "shift"
    LIMIT = "limit"
    DISTANCE = "distance"
    COST = "cost"
    TOTAL = "total"
    UNASSIGNED = "unassigned"  # the list of what is left out is not exactly what is left out


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule, in words."""

    rule: Rule
    text: str
