"""What may happen while a plan is being driven. Each change checks itself; whether it fits the plan the cut says.

Instants are seconds on the problem's clock, locations indices into its matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from haoyun.routing.errors import require
from haoyun.routing.tasks import LARGEST, Id, StopKind, Task, Window, check_windows
from haoyun.routing.underway import StopKey
from haoyun.routing.vehicle import Vehicle

TaskKind = Literal["job", "shipment"]


@dataclass(frozen=True, slots=True)
class NewTask:
    """A job or a shipment comes in; its locations are covered by the problem's matrices."""

    task: Task


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A task is called off. Goods that are on board already ride along until the trip ends, or go to `bring_to`.

    `bring_to`: a location; the shipment is then delivered there, at any time. A job's goods always ride along.
    """

    kind: TaskKind
    id: Id
    bring_to: int | None = None

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        require(self.kind in ("job", "shipment"), f"a job or a shipment is cancelled, not a {self.kind}")
        require(self.bring_to is None or self.kind == "shipment", "only a shipment's goods are brought back")


@dataclass(frozen=True, slots=True)
class Delayed:
    """A vehicle is behind its plan by so much, as of now. A wait before service makes up for it."""

    vehicle: Id
    late_s: int

    def __post_init__(self) -> None:
        """Refuse delays that are none."""
        require(0 < self.late_s <= LARGEST, f"a delay lasts 1..{LARGEST} s, not {self.late_s}")


@dataclass(frozen=True, slots=True)
class ServiceLonger:
    """Service at a stop takes so much longer than planned."""

    stop: StopKey
    more_s: int

    def __post_init__(self) -> None:
        """Refuse what is not longer."""
        object.__setattr__(self, "stop", _key(self.stop))
        require(0 < self.more_s <= LARGEST, f"service takes 1..{LARGEST} s longer, not {self.more_s}")


@dataclass(frozen=True, slots=True)
class Seen:
    """A vehicle was at a location at an instant, on its way to `next_stop` (None: as its plan says)."""

    vehicle: Id
    time_s: int
    location: int
    next_stop: StopKey | None = None

    def __post_init__(self) -> None:
        """Refuse wild instants and places."""
        require(abs(self.time_s) <= LARGEST, f"vehicle {self.vehicle} is seen beyond {LARGEST} s")
        require(
            self.location >= 0, f"vehicle {self.vehicle} is seen at the negative location {self.location}"
        )
        if self.next_stop is not None:
            object.__setattr__(self, "next_stop", _key(self.next_stop))


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A vehicle is out for the rest of the plan; what it has on board waits for another one where it stands.

    `time_s`: since when, None: now. `location`: where; None: the stop that it last left or serves. Taking the goods
    over takes another vehicle `transfer_s` for each shipment.
    """

    vehicle: Id
    time_s: int | None = None
    location: int | None = None
    transfer_s: int = 0

    def __post_init__(self) -> None:
        """Refuse wild instants, places and durations."""
        require(self.time_s is None or abs(self.time_s) <= LARGEST, f"a breakdown lies beyond {LARGEST} s")
        require(self.location is None or self.location >= 0, f"a breakdown at location {self.location}")
        require(0 <= self.transfer_s <= LARGEST, f"a transfer takes 0..{LARGEST} s, not {self.transfer_s}")


@dataclass(frozen=True, slots=True)
class WindowChanged:
    """Service at a stop that is not done may begin at other times (empty: at any)."""

    stop: StopKey
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        """Refuse windows that overlap."""
        object.__setattr__(self, "stop", _key(self.stop))
        check_windows(f"{self.stop[0]} {self.stop[1]}", self.windows)


@dataclass(frozen=True, slots=True)
class VehicleAdded:
    """One more vehicle; it may leave from now on."""

    vehicle: Vehicle


Change = NewTask | Cancelled | Delayed | ServiceLonger | Seen | Breakdown | WindowChanged | VehicleAdded


def _key(stop: StopKey) -> StopKey:
    kind, name = stop
    return (StopKind(kind), name)
