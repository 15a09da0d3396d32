"""The question: vehicles, jobs, shipments and how long the ways between them are.

Times are whole seconds from an origin that the caller chooses (midnight, the epoch), distances whole metres.
Costs are in the minor unit of whatever money the caller thinks in. Every value checks itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from haoyun.routing.errors import require
from haoyun.routing.tasks import LARGEST, Id, Job, Shipment, Stop, Task, Window, check_amounts, stops_of
from haoyun.routing.travel import IntMatrix, Matrices, Plane

# Positions in Problem.stops by vehicle, in the order in which they are served.
Tours = tuple[tuple[int, ...], ...]


class Objective(StrEnum):
    """What a good plan keeps small. Serving more always comes first."""

    DISTANCE = "distance"
    VEHICLES = "vehicles"  # the number of vehicles used, then the distance
    COST = "cost"  # fixed costs, kilometres and hours of travel


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle, one route at most. `start` None: it begins at its first stop; `end` None: stays at its last."""

    id: Id
    start: int | None
    end: int | None
    capacity: tuple[int, ...] = ()
    window: Window | None = None
    skills: frozenset[str] = frozenset()
    fixed_cost: int = 0
    cost_per_km: int = 0
    cost_per_hour: int = 0  # of travel; waiting and service are free
    max_stops: int | None = None
    max_distance_m: int | None = None
    max_travel_s: int | None = None
    profile: str | None = None  # whose matrices it travels by; None: the problem's own

    def __post_init__(self) -> None:
        """Refuse negative capacities, costs and limits."""
        check_amounts(self.label, self.capacity)
        for name in (
            "fixed_cost",
            "cost_per_km",
            "cost_per_hour",
            "max_stops",
            "max_distance_m",
            "max_travel_s",
        ):
            value = getattr(self, name)
            require(value is None or value >= 0, f"{name} of {self.label} is negative ({value})")
            require(value is None or value <= LARGEST, f"{name} of {self.label} is above {LARGEST} ({value})")

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"vehicle {self.id}"


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything a solver needs to know; it cannot be constructed wrong."""

    vehicles: tuple[Vehicle, ...]
    durations_s: IntMatrix
    distances_m: IntMatrix
    jobs: tuple[Job, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    capacity_names: tuple[str, ...] = ()
    objective: Objective = Objective.DISTANCE
    profiles: Mapping[str, Matrices] = field(default_factory=dict)  # for vehicles that travel differently
    plane: Plane | None = None

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

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process: a mapping proxy cannot, a plain dict can."""
        return (
            Problem,
            (
                self.vehicles, self.durations_s, self.distances_m, self.jobs, self.shipments,
                self.capacity_names, self.objective, dict(self.profiles), self.plane,
            ),
        )  # fmt: skip

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Jobs, then shipments."""
        return (*self.jobs, *self.shipments)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Every visit: jobs, then each shipment's pickup and delivery. Its positions number the stops."""
        return tuple(stop for task in self.tasks for stop in stops_of(task))

    def matrices_of(self, vehicle: Vehicle) -> tuple[IntMatrix, IntMatrix]:
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
        for location in (vehicle.start, vehicle.end):
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
