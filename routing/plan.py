"""The answer: who drives where and when, what it costs, and what stayed behind and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from haoyun.routing.problem import Objective, Problem
from haoyun.routing.tasks import Id, Shipment, Task


class StepKind(StrEnum):
    """What happens at a step of a route."""

    START = "start"
    JOB = "job"
    PICKUP = "pickup"
    DELIVERY = "delivery"
    RELOAD = "reload"
    END = "end"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the vehicle arrives, waits until service may begin, serves, is done with `load` on board.

    From `start_service_s` to `departure_s` it is cleaned (`cleaning_s`), set up (`setup_s`) and served, without a gap;
    a pause after that belongs to the leg that follows.
    """

    kind: StepKind
    id: Id | None  # None at start and end
    location: int | None  # None: the open start or end of a route
    arrival_s: int
    start_service_s: int
    departure_s: int
    load: tuple[int, ...]
    setup_s: int = 0
    cleaning_s: int = 0

    @property
    def waiting_s(self) -> int:
        """Seconds between arrival and service, pauses included."""
        return self.start_service_s - self.arrival_s


class PauseKind(StrEnum):
    """What a pause is for; what it counts as depends on its length alone (hours.py)."""

    BREAK = "break"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Pause:
    """The driver pauses on the way to step number `step` of the route, or there before service.

    `driven_s`: how much of the leg to that step is driven by then, 0 to all of it (0: still at the stop before);
    the leg takes longer by the pause. None: between arrival and service, as part of the waiting time.
    """

    kind: PauseKind
    step: int
    driven_s: int | None
    start_s: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class CostParts:
    """What a route costs, in the problem's money: fixed, by distance, by travel, by time on duty, by work at stops."""

    fixed: float = 0.0
    distance: float = 0.0
    travel: float = 0.0
    duty: float = 0.0
    tasks: float = 0.0

    @property
    def total(self) -> float:
        """Their sum."""
        return self.fixed + self.distance + self.travel + self.duty + self.tasks


NOTHING_SPENT = CostParts()


@dataclass(frozen=True, slots=True)
class Route:
    """The steps of one vehicle, its start and end included; `cost` is the sum of `parts`."""

    vehicle_id: Id
    steps: tuple[Step, ...]
    distance_m: int
    travel_s: int
    cost: float
    parts: CostParts = NOTHING_SPENT
    pauses: tuple[Pause, ...] = ()  # in the order of time
    revenue: int = 0  # of the tasks whose last stop is here

    @property
    def stops(self) -> tuple[Step, ...]:
        """The steps at which a task is served."""
        return tuple(step for step in self.steps[1:-1] if step.kind is not StepKind.RELOAD)

    @property
    def trips(self) -> tuple[tuple[Step, ...], ...]:
        """The served steps of each trip: reloads divide them."""
        found: list[list[Step]] = [[]]
        for step in self.steps[1:-1]:
            if step.kind is StepKind.RELOAD:
                found.append([])
            else:
                found[-1].append(step)
        return tuple(map(tuple, found))

    @property
    def duration_s(self) -> int:
        """Seconds from departure to the end: travel, waiting, service, pauses."""
        return self.steps[-1].arrival_s - self.steps[0].departure_s


class ReasonCode(StrEnum):
    """Why a task stayed behind."""

    NO_SKILL = "no_skill"
    TOO_LARGE = "too_large"
    OUT_OF_REACH = "out_of_reach"
    DRIVER_HOURS = "driver_hours"  # in time only if drivers took no breaks and rests
    NO_SINGLE_VEHICLE = "no_single_vehicle"
    NOT_ENOUGH_ROOM = "not_enough_room"
    NOT_ENOUGH_TIME = "not_enough_time"  # the search found no plan at all within its limit


@dataclass(frozen=True, slots=True)
class Reason:
    """One constraint that stands in the way, in words."""

    code: ReasonCode
    text: str


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A job or a shipment that no route serves."""

    kind: Literal["job", "shipment"]
    id: Id
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, task: Task, reasons: tuple[Reason, ...] = ()) -> Unassigned:
        """The entry for a task."""
        return cls("shipment" if isinstance(task, Shipment) else "job", task.id, reasons)


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes of the vehicles that drive, and what is unassigned.

    `cost` is what the routes cost at the vehicles' rates, whatever the objective; `revenue` what they earn.
    """

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    objective: Objective
    cost: float
    distance_m: int
    travel_s: int
    seconds: float = 0.0  # from the call to the answer
    seed: int = 0
    method: str = ""  # the search that found it
    revenue: int = 0

    def left_out(self, problem: Problem) -> list[Task]:
        """The tasks of the problem that the plan lists as unassigned."""
        listed = {(entry.kind, entry.id) for entry in self.unassigned}
        named = ((Unassigned.of(task), task) for task in problem.tasks)
        return [task for entry, task in named if (entry.kind, entry.id) in listed]

    @property
    def vehicles(self) -> int:
        """How many vehicles drive."""
        return len(self.routes)

    @property
    def profit(self) -> float:
        """Revenue minus cost."""
        return self.revenue - self.cost

    @property
    def duration_s(self) -> int:
        """Seconds on duty, summed over the routes."""
        return sum(route.duration_s for route in self.routes)
