"""The rules that a plan can break."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haoyun.routing.tasks import Id


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
    REVENUE = "revenue"
    SETUP = "setup"
    RELEASE = "release"  # a trip begins before the goods of one of its jobs are there
    TRIPS = "trips"  # more trips than allowed, or a reload that the vehicle does not have
    LIFO = "lifo"  # something stands in front of what is to be unloaded
    APART = "apart"  # goods on board together that may not be
    CLEANING = "cleaning"  # goods loaded into a body that is not clean for them
    FIXED = "fixed"  # the stops that are fixed do not come first, in their order
    ON_BOARD = "on_board"  # goods that are on board are picked up again, or delivered by another vehicle
    NOT_LOADED = "not_loaded"  # a job gets goods that the vehicle under way has not loaded
    PAUSE = "pause"  # a pause does not fit between driving and work
    DRIVING = "driving"  # driven too long without a break
    DAILY_DRIVING = "daily_driving"
    DAILY_REST = "daily_rest"  # driving or work too long after the last daily rest


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule, in words; as far as they apply with the vehicle, the stop and by how much.

    `stop` is the kind and id of the step. `excess` is counted in the rule's own unit: seconds for times and hours,
    metres for distances, amounts of the dimension for loads, money for costs.
    """

    rule: Rule
    text: str
    vehicle: Id | None = None
    stop: tuple[str, Id | None] | None = None
    excess: float | None = None
