"""The question: vehicles, jobs, shipments and how long the ways between them are.

Times are whole seconds from an origin that the caller chooses (midnight, the epoch), distances whole metres.
Costs and revenues are in the minor unit of whatever money the caller thinks in. Every value checks itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from haoyun.routing.errors import require
from haoyun.routing.goods import NO_RULES, GoodsRules
from haoyun.routing.tasks import Id, Job, Shipment, Stop, StopKind, Task, stops_of
from haoyun.routing.travel import LegMatrix, Matrices, Plane
from haoyun.routing.underway import StopKey, Underway
from haoyun.routing.vehicle import Reload, Vehicle

__all__ = ["Objective", "Problem", "Reload", "Tours", "Vehicle"]

# Positions in Problem.stops by vehicle, in the order in which they are served; -1 - k: the vehicle's k-th reload.
Tours = tuple[tuple[int, ...], ...]


class Objective(StrEnum):
    """What a good plan keeps small. Serving more always comes first, but for profit (worth.py says it exactly)."""

    DISTANCE = "distance"
    VEHICLES = "vehicles"  # the number of vehicles used, then the distance
    COST = "cost"  # what the routes cost at the vehicles' rates
    PROFIT = "profit"  # cost minus revenue: what is not mandatory is served if it pays


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything a solver needs to know; it cannot be constructed wrong."""

    vehicles: tuple[Vehicle, ...]
    durations_s: LegMatrix
    distances_m: LegMatrix
    jobs: tuple[Job, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    capacity_names: tuple[str, ...] = ()
    objective: Objective = Objective.DISTANCE
    profiles: Mapping[str, Matrices] = field(default_factory=dict)  # for vehicles that travel differently
    plane: Plane | None = None
    goods: GoodsRules = NO_RULES
    _stops: list[tuple[Stop, ...]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a problem that contradicts itself, with the rule it breaks."""
        own = Matrices(self.durations_s, self.distances_m)
        object.__setattr__(self, "durations_s", own.durations_s)
        object.__setattr__(self, "distances_m", own.distances_m)
        object.__setattr__(self, "objective", Objective(self.objective))
        object.__setattr__(self, "profiles", MappingProxyType(dict(self.profiles)))
        require(bool(self.vehicles), "a problem needs at least one vehicle")
        self._check_ids()
        self._check_profiles()
        for vehicle in self.vehicles:
            self._check_vehicle(vehicle)
        for task in self.tasks:
            self._check_task(task)
        self._check_underway()

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process: a mapping proxy cannot, a plain dict can."""
        return (
            Problem,
            (
                self.vehicles, self.durations_s, self.distances_m, self.jobs, self.shipments,
                self.capacity_names, self.objective, dict(self.profiles), self.plane, self.goods,
            ),
        )  # fmt: skip

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Jobs, then shipments."""
        return (*self.jobs, *self.shipments)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Every visit: jobs, then each shipment's pickup and delivery. Its positions number the stops."""
        if not self._stops:
            self._stops.append(tuple(stop for task in self.tasks for stop in stops_of(task)))
        return self._stops[0]

    def matrices_of(self, vehicle: Vehicle) -> tuple[LegMatrix, LegMatrix]:
        """The (durations_s, distances_m) that this vehicle travels by."""
        if vehicle.profile is None:
            return self.durations_s, self.distances_m
        own = self.profiles[vehicle.profile]
        return own.durations_s, own.distances_m

    def amounts(self, given: tuple[int, ...]) -> tuple[int, ...]:
        """Amounts with nothing given meaning zero of everything."""
        return given or (0,) * len(self.capacity_names)

    def _check_ids(self) -> None:
        named: dict[str, list[Id]] = {
            "vehicle": [v.id for v in self.vehicles],
            "job": [j.id for j in self.jobs],
            "shipment": [s.id for s in self.shipments],
            "pickup": [s.pickup.id for s in self.shipments],
            "delivery": [s.delivery.id for s in self.shipments],
        }
        for what, ids in named.items():
            twice = next((i for i, times in Counter(ids).items() if times > 1), None)
            require(twice is None, f"{what} {twice} appears twice")

    def _check_profiles(self) -> None:
        size = len(self.durations_s)
        for name, own in self.profiles.items():
            require(
                len(own.durations_s) == size,
                f"the matrices of profile {name} cover {len(own.durations_s)} locations, the problem's {size}",
            )
        if self.plane is not None:
            require(len(self.plane.points) == size, f"{len(self.plane.points)} points for {size} locations")
            require(not self.profiles, "an academic instance has one way to travel, not profiles")

    def _check_vehicle(self, vehicle: Vehicle) -> None:
        places = (vehicle.start, vehicle.end, *(reload.location for reload in vehicle.reloads))
        for location in (*places, vehicle.begins_at):
            self._check_location(vehicle.label, location)
        self._check_dimensions(vehicle.label, "capacity", vehicle.capacity, needed=True)
        known = vehicle.profile is None or vehicle.profile in self.profiles
        require(known, f"{vehicle.label} travels by profile {vehicle.profile}, which has no matrices")

    def _check_task(self, task: Task) -> None:
        for visit in task.visits:
            self._check_location(task.label, visit.location)
        given = (
            {"delivery": task.delivery, "pickup": task.pickup}
            if isinstance(task, Job)
            else {"amount": task.amount}
        )
        for name, amounts in given.items():
            self._check_dimensions(task.label, name, amounts)

    def _check_underway(self) -> None:
        """What vehicles under way have on board or fixed must exist, once, and fit together."""
        ways = [(v, v.underway) for v in self.vehicles if v.underway is not None]
        if not ways:
            return
        stops = {(stop.kind, stop.visit.id): stop for stop in self.stops}
        jobs = {job.id for job in self.jobs}
        shipments = {s.id: s for s in self.shipments}
        for vehicle, way in ways:
            self._check_dimensions(vehicle.label, "load", way.load)
            _all_known(vehicle, "stop", way.fixed, stops)
            _all_known(vehicle, "shipment", way.on_board, shipments)
            _all_known(vehicle, "job", way.loaded, jobs)
            self._check_fixed(vehicle, way, [stops[key] for key in way.fixed])
        for what in ("fixed", "on_board", "loaded"):
            named = Counter(key for _, way in ways for key in getattr(way, what))
            twice = next((key for key, times in named.items() if times > 1), None)
            require(twice is None, f"two vehicles under way have {_named(twice)} {what.replace('_', ' ')}")

    def _check_fixed(self, vehicle: Vehicle, way: Underway, fixed: list[Stop]) -> None:
        up = set(way.on_board)
        for stop in fixed:
            if stop.kind is StopKind.PICKUP:
                require(stop.task.id not in up, f"{stop.task.label} is on board {vehicle.label} already")
                up.add(stop.task.id)
            elif stop.kind is StopKind.DELIVERY:
                text = f"{vehicle.label} cannot deliver {stop.task.label} first: it is not on board"
                require(stop.task.id in up, text)

    def _check_location(self, owner: str, location: int | None) -> None:
        size = len(self.durations_s)
        require(
            location is None or 0 <= location < size,
            f"{owner} is at location {location}, but the matrices cover 0..{size - 1}",
        )

    def _check_dimensions(
        self, owner: str, name: str, amounts: tuple[int, ...], *, needed: bool = False
    ) -> None:
        wanted = len(self.capacity_names)
        require(
            len(amounts) == wanted or (not amounts and not needed),
            f"{name} of {owner} has {len(amounts)} values, the problem has {wanted} "
            f"capacities ({', '.join(self.capacity_names) or 'none'})",
        )


def _all_known(vehicle: Vehicle, what: str, named: tuple[object, ...], known: Container[object]) -> None:
    unknown = next((key for key in named if key not in known), None)
    require(
        unknown is None, f"{vehicle.label} is under way with {what} {_named(unknown)}, which does not exist"
    )


def _named(key: StopKey | object) -> str:
    return f"{key[0]} {key[1]}" if isinstance(key, tuple) else str(key)
