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
    END = "end"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the vehicle arrives, waits until service may begin, serves, departs with `load` on board."""

    kind: StepKind
    id: Id | None  # None at start and end
    location: int | None  # None: the open start or end of a route
    arrival_s: int
    start_service_s: int
    departure_s: int
    load: tuple[int, ...]

    @property
    def waiting_s(self) -> int:
        """Seconds between arrival and service."""
        return self.start_service_s - self.arrival_s


@dataclass(frozen=True, slots=True)
class Route:
    """The steps of one vehicle, its start and end included."""

    vehicle_id: Id
    steps: tuple[Step, ...]
    distance_m: int
    travel_s: int
    cost: float

    @property
    def stops(self) -> tuple[Step, ...]:
        """The steps between start and end."""
        return self.steps[1:-1]

    @property
    def duration_s(self) -> int:
        """Seconds from departure to the end, waiting and service included."""
        return self.steps[-1].arrival_s - self.steps[0].departure_s


class ReasonCode(StrEnum):
    """Why a task stayed behind."""

    NO_SKILL = "no_skill"
    TOO_LARGE = "too_large"
    OUT_OF_REACH = "out_of_reach"
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

    `cost` is fixed costs + kilometres + hours of travel at the vehicles' rates, whatever the objective.
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
    def duration_s(self) -> int:
        """Seconds on duty, summed over the routes."""
        return sum(route.duration_s for route in self.routes)
