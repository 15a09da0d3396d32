"""The question: vehicles, jobs, shipments and how long the ways between them are.

Times are whole seconds from an origin that the caller chooses (midnight, the epoch), distances whole metres.
Costs are in the minor unit of whatever money the caller thinks in. Every value checks itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.errors import BadProblem

Id = int | str
IntMatrix = NDArray[np.int64]
FloatMatrix = NDArray[np.float64]

# A leg above this (68 years, 2 million km) is a mistake; below it, sums over any fleet stay far inside 64 bits.
LONGEST_LEG = 2**31 - 1
HIGHEST_PRIORITY = 100


class Objective(StrEnum):
    """What a good plan keeps small. Serving more always comes first."""

    DISTANCE = "distance"
    VEHICLES = "vehicles"  # the number of vehicles used, then the distance
    COST = "cost"  # fixed costs, kilometres and hours of travel


class StopKind(StrEnum):
    """What a vehicle does at a stop."""

    JOB = "job"
    PICKUP = "pickup"
    DELIVERY = "delivery"


def _require(rule_holds: bool, message: str) -> None:
    if not rule_holds:
        raise BadProblem(message)


def clock(time_s: int) -> str:
    """Seconds as hh:mm[:ss] within a week of the origin, otherwise as a plain number of seconds."""
    if not 0 <= time_s < 7 * 86400:
        return f"{time_s} s"
    minutes, seconds = divmod(time_s, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """When something may begin: from `start_s` to `end_s`, both included."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        _require(
            self.start_s <= self.end_s,
            f"window ends ({clock(self.end_s)}) before it begins ({clock(self.start_s)})",
        )


def _check_windows(owner: str, windows: Sequence[Window]) -> None:
    for earlier, later in zip(windows, windows[1:], strict=False):
        _require(
            earlier.end_s < later.start_s,
            f"windows of {owner} must follow one another: one ends at {clock(earlier.end_s)}, "
            f"the next begins at {clock(later.start_s)}",
        )


def _check_amounts(owner: str, amounts: Iterable[int]) -> None:
    for amount in amounts:
        _require(amount >= 0, f"{owner} has a negative amount ({amount})")


@dataclass(frozen=True, slots=True)
class Visit:
    """One place to be at: an index into the matrices, how long service takes, when it may begin (any time if empty)."""

    id: Id
    location: int
    service_s: int = 0
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        """Refuse negative service and overlapping or unsorted windows."""
        _require(self.location >= 0, f"stop {self.id} has the negative location {self.location}")
        _require(self.service_s >= 0, f"stop {self.id} has a negative service time ({self.service_s} s)")
        _check_windows(f"stop {self.id}", self.windows)


@dataclass(frozen=True, slots=True)
class Job:
    """One visit: `delivery` amounts come from the route's start, `pickup` amounts go to its end."""

    id: Id
    location: int
    service_s: int = 0
    windows: tuple[Window, ...] = ()
    delivery: tuple[int, ...] = ()
    pickup: tuple[int, ...] = ()
    skills: frozenset[str] = frozenset()
    priority: int = 0

    def __post_init__(self) -> None:
        """Refuse what its visit would refuse, negative amounts and priorities outside 0..100."""
        Visit(self.id, self.location, self.service_s, self.windows)
        _check_amounts(f"job {self.id}", (*self.delivery, *self.pickup))
        _check_priority(f"job {self.id}", self.priority)

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"job {self.id}"

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Its only visit."""
        return (Visit(self.id, self.location, self.service_s, self.windows),)


@dataclass(frozen=True, slots=True)
class Shipment:
    """A pickup and a delivery on the same route, in this order; `amount` is on board in between."""

    id: Id
    pickup: Visit
    delivery: Visit
    amount: tuple[int, ...] = ()
    skills: frozenset[str] = frozenset()
    priority: int = 0

    def __post_init__(self) -> None:
        """Refuse negative amounts and priorities outside 0..100."""
        _check_amounts(self.label, self.amount)
        _check_priority(self.label, self.priority)

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"shipment {self.id}"

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Pickup, then delivery."""
        return (self.pickup, self.delivery)


Task = Job | Shipment


def _check_priority(owner: str, priority: int) -> None:
    _require(0 <= priority <= HIGHEST_PRIORITY, f"priority of {owner} is {priority}, outside 0..{HIGHEST_PRIORITY}")


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle and one route at most. `start` None: it begins at its first stop; `end` None: it stays at its last."""

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
        _check_amounts(self.label, self.capacity)
        for name in ("fixed_cost", "cost_per_km", "cost_per_hour", "max_stops", "max_distance_m", "max_travel_s"):
            value = getattr(self, name)
            _require(value is None or value >= 0, f"{name} of {self.label} is negative ({value})")

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"vehicle {self.id}"


@dataclass(frozen=True, slots=True, eq=False)
class Matrices:
    """Travel times and distances between all locations, row to column; private copies that cannot change."""

    durations_s: IntMatrix
    distances_m: IntMatrix

    def __post_init__(self) -> None:
        """Refuse matrices that are not square, of one size, whole and within range."""
        for name in ("durations_s", "distances_m"):
            object.__setattr__(self, name, _frozen_matrix(name, getattr(self, name)))
        _require(
            self.durations_s.shape == self.distances_m.shape,
            f"durations_s covers {len(self.durations_s)} locations, distances_m {len(self.distances_m)}",
        )


def _frozen_matrix(name: str, values: IntMatrix) -> IntMatrix:
    given = np.asarray(values)
    _require(given.ndim == 2 and given.shape[0] == given.shape[1], f"{name} must be square, not {given.shape}")
    _require(bool(np.issubdtype(given.dtype, np.integer)) or given.size == 0, f"{name} must hold whole numbers")
    if given.size:
        low, high = int(given.min()), int(given.max())
        _require(0 <= low and high <= LONGEST_LEG, f"{name} has an entry outside 0..{LONGEST_LEG}: {low}..{high}")
    copy = given.astype(np.int64)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Points of an academic instance: its true distances and times are Euclidean decimals of the file's unit.

    The integer matrices then count parts of 1/`scale` of that unit, times rounded up, so that what is
    feasible in integers is feasible in truth; the checker replays with these decimals all the same.
    """

    points: FloatMatrix
    scale: int = 1000

    def between(self, origin: int, destination: int) -> float:
        """Euclidean distance in the file's unit."""
        return float(np.hypot(*(self.points[origin] - self.points[destination])))

    def length(self, path: Sequence[int]) -> float:
        """Length of a path over locations in the file's unit."""
        return sum(self.between(i, j) for i, j in zip(path, path[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit together with the task that it belongs to."""

    kind: StopKind
    task: Task
    visit: Visit


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
        _require(bool(self.vehicles), "a problem needs at least one vehicle")
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
        jobs = (Stop(StopKind.JOB, job, job.visits[0]) for job in self.jobs)
        return (*jobs, *(stop for shipment in self.shipments for stop in _pair(shipment)))

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
            seen: set[Id] = set()
            twice = next((i for i in ids if i in seen or seen.add(i)), None)  # type: ignore[func-returns-value]
            _require(twice is None, f"{what} {twice} appears twice")

    def _check_profiles(self) -> None:
        size = len(self.durations_s)
        for name, own in self.profiles.items():
            _require(
                len(own.durations_s) == size,
                f"the matrices of profile {name} cover {len(own.durations_s)} locations, the problem's {size}",
            )
        if self.plane is not None:
            _require(len(self.plane.points) == size, f"{len(self.plane.points)} points for {size} locations")
            _require(not self.profiles, "an academic instance has one way to travel, not profiles")

    def _check_vehicle(self, vehicle: Vehicle) -> None:
        for location in (vehicle.start, vehicle.end):
            self._check_location(vehicle.label, location)
        self._check_dimensions(vehicle.label, "capacity", vehicle.capacity, needed=True)
        known = vehicle.profile is None or vehicle.profile in self.profiles
        _require(known, f"{vehicle.label} travels by profile {vehicle.profile}, which has no matrices")

    def _check_task(self, task: Task) -> None:
        for visit in task.visits:
            self._check_location(task.label, visit.location)
        given = {"delivery": task.delivery, "pickup": task.pickup} if isinstance(task, Job) else {"amount": task.amount}
        for name, amounts in given.items():
            self._check_dimensions(task.label, name, amounts)

    def _check_location(self, owner: str, location: int | None) -> None:
        size = len(self.durations_s)
        _require(
            location is None or 0 <= location < size,
            f"{owner} is at location {location}, but the matrices cover 0..{size - 1}",
        )

    def _check_dimensions(self, owner: str, name: str, amounts: tuple[int, ...], *, needed: bool = False) -> None:
        wanted = len(self.capacity_names)
        _require(
            len(amounts) == wanted or (not amounts and not needed),
            f"{name} of {owner} has {len(amounts)} values, the problem has {wanted} "
            f"capacities ({', '.join(self.capacity_names) or 'none'})",
        )


def _pair(shipment: Shipment) -> tuple[Stop, Stop]:
    return (
        Stop(StopKind.PICKUP, shipment, shipment.pickup),
        Stop(StopKind.DELIVERY, shipment, shipment.delivery),
    )
